"""Small corpora to learn from, made up: enough to learn something, nothing to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models.base import CONDITIONS, Tokens
from rulegen.models.harmony import number_of
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key


def line(symbols: Sequence[int], conditions: Sequence[int]) -> Tokens:
    """Tokens of one voice at places of these conditions."""
    return Tokens(np.array(symbols, dtype=np.int32)[:, None], np.array(conditions, dtype=np.int32))


def walks(count: int, length: int, size: int, seed: int = 0) -> list[Tokens]:
    """Random walks by step over an alphabet of `size`, with random conditions."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        steps = generator.choice([-1, 1], length).cumsum() + generator.integers(0, size)
        conditions = generator.integers(0, CONDITIONS, length).tolist()
        found.append(line([int(step) % size for step in steps], conditions))
    return found


def chord_walks(count: int, seed: int) -> list[Tokens]:
    """Lines over eight pitches in which each note is a tone of its chord, I or V, drawn at random."""
    generator = np.random.default_rng(seed)
    key = Key.parse("C major")
    chords = [(number_of(parse_chord("I", key)), (0, 4, 7)), (number_of(parse_chord("V", key)), (2, 7))]
    found = []
    for _ in range(count):
        own = [chords[int(place)] for place in generator.integers(0, 2, 15)]
        symbols = [int(generator.choice(tones)) for _, tones in own]
        places = generator.integers(0, CONDITIONS, 15).tolist()
        numbers = [place + CONDITIONS * number for place, (number, _) in zip(places, own, strict=True)]
        found.append(line(symbols, numbers))
    return found


def chorale(name: str, seed: int, bars: int = 4) -> CorpusPiece:
    """A piece of four voices in C major that mostly move by step, with a phrase every two bars."""
    generator = np.random.default_rng(seed)
    scale = [0, 2, 4, 5, 7, 9, 11]
    voices = []
    for voice, low in (("soprano", 67), ("alto", 60), ("tenor", 55), ("bass", 43)):
        degree, notes = 0, []
        for beat in range(4 * bars):
            degree = int(np.clip(degree + generator.integers(-1, 2), 0, 6))
            onset = Fraction(beat, 4)
            notes.append(Sung(onset, Fraction(1, 4), low + scale[degree], onset % 1))
        voices.append((voice, tuple(notes)))
    ends = tuple(Fraction(bar) for bar in range(2, bars + 1, 2))
    return CorpusPiece(name, 0, False, Meter.parse("4/4"), Fraction(0), tuple(voices), ends)


def write_tunes(folder: Path, count: int, notes: int = 32, seed: int = 0) -> None:
    """ABC files of random tunes in G, two voices' worth of nothing: one voice each."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    letters = "GABcdefg"
    for number in range(count):
        place, line = 3, []
        for note in range(notes):
            place = int(np.clip(place + generator.choice([-2, -1, 1, 2]), 0, 7))
            line.append(letters[place] + ("|" if note % 4 == 3 else ""))
        text = f"X:1\nT:Tune {number}\nM:4/4\nL:1/4\nK:G\n" + "".join(line)[:-1] + "|]\n"
        (folder / f"tune{number:02}.abc").write_text(text, encoding="utf-8")
