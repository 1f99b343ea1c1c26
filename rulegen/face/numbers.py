"""Numbers that are asked for: seeds and counts."""

import os
from operator import index

_FRESH_BELOW = 1_000_000_000


def fresh_seed() -> int:
    """A seed by chance."""
    return int.from_bytes(os.urandom(8), "big") % _FRESH_BELOW


def whole(number: int, what: str, least: int) -> int:
    """A whole number. Raises TypeError, ValueError."""
    try:
        found = index(number)
    except TypeError:
        raise TypeError(f"{what} is a whole number, and {number!r} is none") from None
    if found < least:
        raise ValueError(f"{what} is {least} or more, and {number} is less")
    return found
