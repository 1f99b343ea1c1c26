"""Learning the weights of a style's preferences from music: the most likely ones under a Gaussian prior."""
