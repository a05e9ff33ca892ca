"""Parts of networks beyond the plain layer: dropout, residual connections, norms, attention."""
