"""The codes of chords say what the chords are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rulegen.rules.tables import Tables
from rulegen.style.vocabulary import FACTORS, WORDS
from rulegen.theory.chord import Chord, parse_roman, parse_symbol
from rulegen.theory.scale import Key
from rulegen.theory.symbol import KINDS

KEYS = [Key.parse(name) for name in ("C major", "A minor", "D dorian")]
NUMERALS = ["I", "II", "V", "vi", "vii", "i", "ii", "iv", "V+", "III+", "viio", "iio", "viiø"]
FIGURES = ["", "6", "64", "7", "65", "maj7", "9", "11", "13", "sus4", "sus2", "7sus4", "9sus4", "13sus4"]
SIXTHS = ["It6", "Fr43", "Ger65", "N6", "V7/V", "viio7/vi"]
NAMES = dict(
    zip(
        (1, 2, 3, 4, 5, 6, 7, 9, 11, 13),
        ["root", "second", "third", "fourth", "fifth", "sixth", "seventh", "ninth", "eleventh", "thirteenth"],
        strict=True,
    )
)


def every_chord(key: Key) -> list[Chord]:
    """All that can be written in a key, as far as it is a chord there."""
    found = [parse_symbol(f"{root}{kind}", key) for root in ("C", "F#", "Bb") for kind in KINDS]
    found += [parse_symbol(label, key) for label in ("C/D", "C/F", "C/A", "C7/A")]
    for label in [*(f"{numeral}{figure}" for numeral, figure in product(NUMERALS, FIGURES)), *SIXTHS]:
        try:
            found.append(parse_roman(label, key))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_each_tone_of_each_chord_is_called_by_its_factor(key: Key) -> None:
    chords = every_chord(key)
    assert len(chords) > 150
    factors = Tables(key, (), tuple(chords)).factors
    for place, chord in enumerate(chords):
        for tone, number in zip(chord.tones, chord.factors, strict=True):
            assert WORDS["factor"][factors[place, tone.letter, tone.chroma]] == NAMES[number], (
                chord.label,
                tone,
            )
    assert {name: number for number, name in NAMES.items()} == FACTORS


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_each_chord_has_the_word_of_its_quality(key: Key) -> None:
    chords = every_chord(key)
    column = Tables(key, (), tuple(chords)).chord_columns["quality"]
    assert isinstance(column, np.ndarray)
    for chord, code in zip(chords, column.tolist(), strict=True):
        word = WORDS["quality"][code].replace("_", " ")
        if chord.quality.startswith("suspended"):
            assert word == "suspended"
        else:
            assert word == chord.quality.replace("-", " "), chord.label
