"""Rules bound to time: from a use in a style to its places in a score, and what is asked there."""
