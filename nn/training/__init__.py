"""What `fit` needs around its loop: history, progress, compiling."""
