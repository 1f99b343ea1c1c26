"""rulegen composes music from files of rules."""

__version__ = "0.1.0"
