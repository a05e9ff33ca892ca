"""What `fit` needs around its loop: history, progress, steps that can be undone, compiling."""
