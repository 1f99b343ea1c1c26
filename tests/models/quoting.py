"""Made-up models that have lines which can be quoted, as files."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models.base import Alphabet
from rulegen.models.lines import TrainingLines, lines_for
from rulegen.models.markov import counted
from rulegen.models.store import Card, Model, save
from rulegen.theory.meter import Meter
from tests.models.music import line

PITCHES = Alphabet("pitch", tuple(range(-12, 25)))


def tune(name: str, midi: Sequence[int]) -> CorpusPiece:
    """A piece of one voice in quarter notes."""
    notes = [Sung(Fraction(place, 4), Fraction(1, 4), each, Fraction(0)) for place, each in enumerate(midi)]
    end = Fraction(len(midi), 4)
    return CorpusPiece(name, 0, False, Meter.parse("4/4"), Fraction(0), (("v", tuple(notes)),), (end,))


def lines_of_tunes(tunes: Sequence[Sequence[int]]) -> TrainingLines:
    """The lines of tunes called `tune 1`, `tune 2`, …"""
    pieces = [tune(f"tune {number}", midi) for number, midi in enumerate(tunes, 1)]
    return lines_for(pieces, [[piece.voices[0][1]] for piece in pieces])


def write_quotable(path: Path, tunes: Sequence[Sequence[int]], with_lines: bool = True) -> Path:
    """A Markov model of tunes, MIDI numbers, that says of itself what it was learned from."""
    heard = [line([each - 60 + 12 for each in midi], [0] * len(midi)) for midi in tunes]
    card = Card("markov", "v", "made up", "free", "rulegen learn markov", 0, {})
    save(path, Model(card, counted(heard, PITCHES, 1), lines=lines_of_tunes(tunes) if with_lines else None))
    return path
