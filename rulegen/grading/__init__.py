"""Grades scores by a style: where rules are broken, what was assumed of the score, and how it is told."""
