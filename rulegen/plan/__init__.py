"""From a style to a problem for the lattice, and from a draw back to a score."""
