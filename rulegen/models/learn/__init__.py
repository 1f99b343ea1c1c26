"""Training: the only place for torch and hmmlearn."""
