"""Durations as fractions of a whole note, and their names."""

import re
from fractions import Fraction

_BASES = {
    "breve": Fraction(2),
    "whole": Fraction(1),
    "half": Fraction(1, 2),
    "quarter": Fraction(1, 4),
    "eighth": Fraction(1, 8),
    "sixteenth": Fraction(1, 16),
    "thirty-second": Fraction(1, 32),
    "sixty-fourth": Fraction(1, 64),
}
_MODIFIERS = {
    "": Fraction(1),
    "dotted": Fraction(3, 2),
    "double dotted": Fraction(7, 4),
    "triplet": Fraction(2, 3),
}
_BY_NAME = {
    f"{modifier} {base}".strip(): length * factor
    for modifier, factor in _MODIFIERS.items()
    for base, length in _BASES.items()
}
DURATION_NAMES: dict[Fraction, str] = {}
"""The durations that have a name, each with its shortest."""
for _name, _length in _BY_NAME.items():
    DURATION_NAMES.setdefault(_length, _name)
_RATIO = re.compile(r"(\d+)\s*(?:/\s*(\d+))?")


def parse_duration(text: str) -> Fraction:
    """Reads a duration such as 1/8, 3/4, quarter or double dotted half, in whole notes.

    Raises ValueError for what is no duration, and for one of no length.
    """
    words = " ".join(text.split())
    if words in _BY_NAME:
        return _BY_NAME[words]
    found = _RATIO.fullmatch(words)
    if found is None:
        raise ValueError(
            f"{text!r} is not a duration: write a part of a whole note, as in 1/8, or a name, "
            "as in dotted quarter"
        )
    if int(found[1]) == 0 or int(found[2] or 1) == 0:
        raise ValueError(f"{text!r} is not a duration: it has no length")
    return Fraction(int(found[1]), int(found[2] or 1))


def duration_name(duration: Fraction) -> str:
    """The name of a duration, such as dotted quarter, or its fraction where it has none."""
    return DURATION_NAMES.get(duration) or str(duration)
