"""More optimisers beside SGD and Adam, and gradients made shorter before a step."""
