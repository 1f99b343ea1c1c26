"""The checked meaning of a style file: typed expressions, rules, uses, and the style itself."""
