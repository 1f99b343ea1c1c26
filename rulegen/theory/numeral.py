"""How a Roman numeral is written: its accidental, degree, case, mark and figures, before any key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")

_SHAPE = re.compile(r"([b#]?)([IV]+|[iv]+)(o|°|ø|h|\+)?(.*)")
_MARKS = {None: "", "°": "o", "h": "ø"}


@dataclass(frozen=True, slots=True)
class Figure:
    """What the figures after a numeral say: the chord's highest factor, its inversion, what it suspends."""

    top: int
    inversion: int = 0
    suspends: int | None = None
    seventh: str | None = None  # "M7" or "m7" where it is said; None: the key's own


_OF_SEVENTHS = (("7", 7, 0), ("65", 7, 1), ("43", 7, 2), ("42", 7, 3), ("9", 9, 0))

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "": Figure(5),
        "53": Figure(5),
        "6": Figure(5, 1),
        "63": Figure(5, 1),
        "64": Figure(5, 2),
        "7": Figure(7),
        "65": Figure(7, 1),
        "43": Figure(7, 2),
        "42": Figure(7, 3),
        "2": Figure(7, 3),
        **{
            f"{word}{figures}": Figure(top, inversion, seventh=seventh)
            for word, seventh in (("maj", "M7"), ("dom", "m7"))
            for figures, top, inversion in _OF_SEVENTHS
        },
        "9": Figure(9),
        "11": Figure(11),
        "13": Figure(13),
        "sus4": Figure(5, suspends=4),
        "sus2": Figure(5, suspends=2),
        "7sus4": Figure(7, suspends=4),
    }
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A Roman numeral as written; `accidental` is -1 for b and 1 for #, `mark` is "", "o", "ø" or "+"."""

    text: str
    accidental: int
    degree: int
    is_upper: bool
    mark: str
    figure: Figure

    @property
    def triad(self) -> str:
        """The quality of the triad that case and mark ask for."""
        if self.mark in ("o", "ø"):
            return "diminished"
        if self.mark == "+":
            return "augmented"
        return "major" if self.is_upper else "minor"


@lru_cache(maxsize=4096)
def read_numeral(text: str) -> Numeral:
    """Reads one numeral, such as V65, bVI, iiø7 or #ivo7; raises ValueError for what is none."""
    found = _SHAPE.fullmatch(text)
    if found is None or found[2].upper() not in DEGREES:
        raise ValueError(f"{text!r} is not a Roman numeral: write I to VII, or i to vii, as in V7 or ii6")
    if found[4] not in FIGURES:
        known = ", ".join(figures for figures, figure in FIGURES.items() if figures and not figure.seventh)
        raise ValueError(
            f"{text!r} has no figures that name an inversion: they are {known}; "
            "maj or dom may stand before a 7, 65, 43, 42 or 9"
        )
    numeral = Numeral(
        text=text,
        accidental={"": 0, "b": -1, "#": 1}[found[1]],
        degree=DEGREES.index(found[2].upper()) + 1,
        is_upper=found[2].isupper(),
        mark=_MARKS.get(found[3], found[3]),
        figure=FIGURES[found[4]],
    )
    _check_case(numeral, found[2] + numeral.mark)
    return numeral


def _check_case(numeral: Numeral, stem: str) -> None:
    if numeral.triad == "diminished" and numeral.is_upper:
        why = f"a diminished chord is written in lower case, as in {stem.lower()}"
    elif numeral.mark == "+" and not numeral.is_upper:
        why = f"an augmented chord is written in upper case, as in {stem.upper()}"
    elif numeral.mark == "ø" and numeral.figure.top < 7:
        why = f"a half-diminished chord has a seventh, as in {stem}7 or {stem}65"
    elif numeral.triad == "diminished" and (numeral.figure.seventh or numeral.figure.suspends):
        why = "a diminished chord takes neither maj, dom nor sus"
    elif numeral.figure.seventh == "m7" and numeral.triad != "major":
        why = f"dom makes a dominant seventh of a major triad, as in {stem.rstrip('+').upper()}dom7"
    else:
        return
    raise ValueError(f"{numeral.text!r}: {why}")
