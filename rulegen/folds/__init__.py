"""What rules mean, as folds: run over finished music, explored into automata, and laid on a lattice."""
