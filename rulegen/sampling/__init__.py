"""Drawing from a lattice: exactly, and with particles where memories were relaxed."""
