"""Rules at work: from a use in a style to places in a score, and to automata on a lattice."""
