"""The codes of a piece: what each symbol of a voice and each chord index stands for, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen.style.vocabulary import FACTOR_NUMBERS, WORDS, quality_word
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key

Ints = NDArray[np.int64]
Small = NDArray[
    np.int16
]  # diatonic and chromatic steps: narrow, since whole tables of them are computed with

ABSENT = -10_000  # the letter of a tone that a chord has not; equal to no note's
_FUNCTIONS = {"T": "tonic", "S": "subdominant", "D": "dominant"}


@dataclass(frozen=True, eq=False)
class Symbols:
    """What the symbols of one voice sound: arrays (symbols,).

    `length` is the note's duration in whole notes and `begins` whether it begins there, where the rhythm
    is sampled; a symbol whose note goes on has `remaining` steps to sound, itself included. A rest has
    diatonic -1.
    """

    diatonic: Small
    midi: Small
    length: NDArray[np.float64]
    begins: NDArray[np.bool_]
    remaining: Ints

    @classmethod
    def of_pitches(cls, pitches: Sequence[Pitch | None]) -> Symbols:
        """Symbols that are pitches alone: the rhythm is fixed."""
        count = len(pitches)
        return cls(
            np.array([-1 if each is None else each.diatonic for each in pitches], dtype=np.int16),
            np.array([-1 if each is None else each.midi for each in pitches], dtype=np.int16),
            np.zeros(count),
            np.ones(count, dtype=bool),
            np.ones(count, dtype=np.int64),
        )

    def pitch(self, symbol: int) -> Pitch | None:
        """The pitch of a symbol, None for a rest."""
        return self.pitches[symbol]

    @cached_property
    def pitches(self) -> tuple[Pitch | None, ...]:
        """The pitch of every symbol."""
        parts = zip(self.diatonic.tolist(), self.midi.tolist(), strict=True)
        return tuple(None if diatonic < 0 else Pitch.from_parts(diatonic, midi) for diatonic, midi in parts)

    def __len__(self) -> int:
        return len(self.midi)


def _spelled(names: Sequence[PitchClass | None]) -> tuple[Small, Small]:
    letters = np.array([ABSENT if name is None else name.letter for name in names], dtype=np.int16)
    chromas = np.array([ABSENT if name is None else name.chroma for name in names], dtype=np.int16)
    return letters, chromas


@dataclass(frozen=True, eq=False)
class Tables:
    """The symbols of each voice and the chords of a piece, with all that expressions ask of them."""

    home: Key
    symbols: tuple[Symbols, ...]
    chords: tuple[Chord, ...] = ()

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The keys that occur, home first; a key's value is its place here."""
        return tuple(dict.fromkeys((self.home, *(chord.local_key for chord in self.chords))))

    @cached_property
    def chord_columns(self) -> dict[str, Ints | tuple[Small, Small]]:
        """Attribute → (chords,) values, coded as evaluation codes them."""
        chords = self.chords
        functions, qualities = WORDS["function"], WORDS["quality"]
        columns: dict[str, Ints | tuple[Small, Small]] = {
            "root": _spelled([chord.root for chord in chords]),
            "bass": _spelled([chord.bass for chord in chords]),
            "third": _spelled([chord.tone_of(3) for chord in chords]),
            "fifth": _spelled([chord.tone_of(5) for chord in chords]),
            "seventh": _spelled([chord.tone_of(7) for chord in chords]),
            "degree": _ints(chord.degree for chord in chords),
            "quality": _ints(qualities.index(quality_word(chord.quality)) for chord in chords),
            "function": _ints(functions.index(_FUNCTIONS[chord.function]) for chord in chords),
            "inversion": _ints(chord.inversion for chord in chords),
            "is_applied": _ints(chord.is_applied for chord in chords),
            "is_seventh": _ints(chord.is_seventh for chord in chords),
            "key": _ints(self.keys.index(chord.local_key) for chord in chords),
        }
        return columns

    @cached_property
    def factors(self) -> Small:
        """(chords, 7, 12): the factor that a letter and chroma is in each chord; 0 for a foreign note."""
        found = np.zeros((max(len(self.chords), 1), 7, 12), dtype=np.int16)
        for place, chord in enumerate(self.chords):
            for tone in chord.tones:
                found[place, tone.letter, tone.chroma] = FACTOR_NUMBERS.index(chord.factor_of(tone) or 0)
        return found

    @cached_property
    def key_columns(self) -> dict[str, Ints | tuple[Small, Small]]:
        """Attribute → (keys,) values."""
        return {
            "tonic": _spelled([key.tonic for key in self.keys]),
            "final": _spelled([key.tonic for key in self.keys]),
            "leading_tone": _spelled([key.leading_tone for key in self.keys]),
            "mode": _ints(WORDS["mode"].index(key.mode) for key in self.keys),
        }

    @cached_property
    def key_scales(self) -> Small:
        """(keys, 7): by how much the key's own note on each letter differs from that letter's natural."""
        found = np.zeros((len(self.keys), 7), dtype=np.int16)
        for place, key in enumerate(self.keys):
            for tone in key.scale:
                found[place, tone.letter] = tone.alter
        return found

    def stems(self) -> tuple[str, ...]:
        """Each chord's label without its inversion."""
        return tuple(stem(chord.label) for chord in self.chords)


_FIGURES = (("65", "7"), ("43", "7"), ("42", "7"), ("64", ""), ("6", ""), ("2", "7"))


def stem(label: str) -> str:
    """A label without its inversion: V65/V becomes V7/V, I6 becomes I."""
    head, slash, target = label.partition("/")
    for figure, root_position in _FIGURES:
        if head.endswith(figure) and not head.startswith(("It", "Fr", "Ger")):
            head = head[: -len(figure)] + root_position
            break
    return head + slash + target


def _ints(values: object) -> Ints:
    return np.array([int(value) for value in values], dtype=np.int64)  # type: ignore[attr-defined]
