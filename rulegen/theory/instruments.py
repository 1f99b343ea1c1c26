"""The instruments that play pitches: their names in three languages, programs, ranges, clefs, transpositions.

All of it stands in `instruments.txt` beside this file; percussion is in `stroke.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch

_TABLE = Path(__file__).with_name("instruments.txt")
_COLUMNS = 8
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument. names: the English one, then the others, Italian, German and what else it is called.
    program: General MIDI's, counted from 0. low, high: the lowest and the highest note that sounds.
    clef: that of its staff; `grand` is a treble and a bass staff. transposition: from what is written to
    what sounds.
    """

    names: tuple[str, ...]
    program: int
    low: Pitch
    high: Pitch
    clef: str
    transposition: Interval

    @property
    def name(self) -> str:
        """Its English name."""
        return self.names[0]


def instrument_of(name: str) -> Instrument | None:
    """The instrument of a name in any of the languages, whatever its capitals and signs between words."""
    return _by_key().get(_key(name))


def instrument_in(name: str) -> Instrument | None:
    """The instrument whose name stands in that of a voice or part, as in `first_violin` or `Flute 2`; the one
    with most words where there are several, then the first.
    """
    words = _key(name).split()
    stretches = ((start, end) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    for start, end in sorted(stretches, key=lambda stretch: (stretch[0] - stretch[1], stretch[0])):
        found = _by_key().get(" ".join(words[start:end]))
        if found is not None:
            return found
    return None


@cache
def instruments() -> tuple[Instrument, ...]:
    """All instruments, by families."""
    return tuple(_read(_TABLE.read_text(encoding="utf-8")))


@cache
def instrument_names() -> Mapping[str, Instrument]:
    """All names, English ones first."""
    every = instruments()
    first = {each.name: each for each in every}
    others = {name: each for each in every for name in each.names[1:]}
    return first | {name: each for name, each in others.items() if name not in first}


@cache
def _by_key() -> Mapping[str, Instrument]:
    return {_key(name): found for name, found in reversed(list(instrument_names().items()))}


def _key(name: str) -> str:
    """A name as it is looked up: small letters, one space between words."""
    return " ".join(re.split(r"[\W_]+", name.lower().translate(_UMLAUTS))).strip()


def _read(text: str) -> Iterator[Instrument]:
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        cells += [""] * (_COLUMNS - len(cells))
        english, italian, german, others, program, span, clef, sounds = cells
        names = (english, italian, german, *(name.strip() for name in others.split(",")))
        low, _, high = span.partition("..")
        yield Instrument(
            tuple(dict.fromkeys(name for name in names if name)),
            int(program),
            Pitch.parse(low),
            Pitch.parse(high),
            clef,
            _transposition(sounds),
        )


def _transposition(text: str) -> Interval:
    name, _, direction = text.partition(" ")
    found = Interval.parse(name or "P1")
    return -found if direction == "down" else found
