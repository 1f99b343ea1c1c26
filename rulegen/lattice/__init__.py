"""Layers of states and weighted arcs: building, look-ahead, best, count, marginals, seams. Knows no music."""
