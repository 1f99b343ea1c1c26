"""Learned models: how likely music is, learned from bodies of it; rules bind whatever a model would like."""
