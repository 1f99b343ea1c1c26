"""The codes of a piece: its components, and what their codes stand for, as arrays."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Part
from rulegen.style.expression import Cell, Typed
from rulegen.style.model import Rule
from rulegen.style.vacuous import later_asked
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


HARMONY, VOICE, TIME, MARK = "harmony", "voice", "time", "mark"  # roles of components
STROKE = "stroke"  # the column that an instrument has in place of pitches

Column = NDArray[Any] | tuple[Small, Small]


@dataclass(frozen=True, eq=False)
class Component:
    """A coordinate of the joint moment: a column for each facet says what its codes stand for.

    columns: facet → (codes,), or the two arrays of a pitch (diatonic, midi; -1 for a rest). Where the rhythm
    is drawn, a code tells how many steps are `remaining`, itself included, whether its note `ends` with it,
    and what is remembered of its beginning. voices: those whose facets it holds, by their place.
    """

    name: str
    role: str
    columns: Mapping[str, Column]
    voices: tuple[int, ...] = ()

    @classmethod
    def of_pitches(cls, name: str, voice: int, pitches: Sequence[Pitch | None]) -> Component:
        """A voice whose codes are pitches alone, None for a rest: its rhythm is fixed."""
        columns: dict[str, Column] = {
            "pitch": (
                np.array([-1 if each is None else each.diatonic for each in pitches], dtype=np.int16),
                np.array([-1 if each is None else each.midi for each in pitches], dtype=np.int16),
            ),
            "ends": np.ones(len(pitches), dtype=bool),
            "remaining": np.ones(len(pitches), dtype=np.int64),
        }
        return cls(name, VOICE, columns, (voice,))

    @classmethod
    def of_strokes(cls, name: str, voice: int, strokes: Sequence[Pitch | None]) -> Component:
        """An instrument that is struck: its codes stand for pitches too, which no rule can ask for."""
        found = cls.of_pitches(name, voice, strokes)
        columns = {STROKE if facet == "pitch" else facet: of for facet, of in found.columns.items()}
        return cls(name, VOICE, columns, (voice,))

    @classmethod
    def of_chords(cls, chords: Sequence[Chord]) -> Component:
        """The harmony."""
        return cls("harmony", HARMONY, {"chord": np.arange(len(chords))})

    @classmethod
    def of_marks(cls, facet: str, kind: str, names: Sequence[str], voices: Sequence[int]) -> Component:
        """The marks of notes, by the words of their kind, which these voices share."""
        return cls(
            f"{facet} of {', '.join(names)}", MARK, {facet: np.arange(len(WORDS[kind]))}, tuple(voices)
        )

    @property
    def has_pitch(self) -> bool:
        """Whether rules can ask for its pitches."""
        return "pitch" in self.columns

    @property
    def diatonic(self) -> Small:
        """How many steps each code's pitch lies above C0; -1 for a rest."""
        return self.columns["pitch" if self.has_pitch else STROKE][0]

    @property
    def midi(self) -> Small:
        """The key of each code's pitch; -1 for a rest."""
        return self.columns["pitch" if self.has_pitch else STROKE][1]

    @property
    def length(self) -> NDArray[np.float64]:
        """Of each code's note, in whole notes, where that is remembered."""
        return np.asarray(self.columns.get("duration", np.zeros(len(self))))

    @property
    def begins(self) -> NDArray[np.bool_]:
        """Whether a note or rest begins with each code, where lengths are remembered or fixed."""
        return np.asarray(self.columns.get("begins", np.ones(len(self), dtype=bool)))

    @property
    def ends(self) -> NDArray[np.bool_]:
        """Whether a note or rest ends with each code."""
        return np.asarray(self.columns["ends"])

    @property
    def remaining(self) -> Ints:
        """How many steps each code's note has still to sound."""
        return np.asarray(self.columns["remaining"])

    @cached_property
    def pitches(self) -> tuple[Pitch | None, ...]:
        """The pitch of every code, None for a rest."""
        parts = zip(self.diatonic.tolist(), self.midi.tolist(), strict=True)
        return tuple(None if diatonic < 0 else Pitch.from_parts(diatonic, midi) for diatonic, midi in parts)

    @cached_property
    def code(self) -> Mapping[Pitch | None, int]:
        """The code of each pitch, where codes are pitches alone."""
        return {pitch: code for code, pitch in enumerate(self.pitches)}

    def __len__(self) -> int:
        column = next(iter(self.columns.values()))
        return len(column[0] if isinstance(column, tuple) else column)


def _spelled(names: Sequence[PitchClass | None]) -> tuple[Small, Small]:
    letters = np.array([ABSENT if name is None else name.letter for name in names], dtype=np.int16)
    chromas = np.array([ABSENT if name is None else name.chroma for name in names], dtype=np.int16)
    return letters, chromas


@dataclass(frozen=True, eq=False)
class Tables:
    """The components of a piece, with all that expressions ask of their codes."""

    home: Key
    components: tuple[Component, ...]
    chords: tuple[Chord, ...] = ()
    regions: tuple[Key, ...] = ()  # the keys of its places, beside home

    @classmethod
    def of(
        cls,
        regions: Sequence[Key],
        voices: Sequence[Component],
        chords: tuple[Chord, ...] = (),
        marks: Sequence[Component] = (),
    ) -> Tables:
        """The tables of voices and, where there are any, of chords, which come first; times that are not in
        the voices' symbols follow, and marks, which come last: they are decided at a stage of their own.
        regions: the keys of its places, home first.
        """
        harmony = (Component.of_chords(chords),) if chords else ()
        return cls(regions[0], (*harmony, *voices, *marks), chords, tuple(regions))

    @cached_property
    def bound(self) -> dict[Hashable, Typed | None]:
        """Expressions that were bound for these tables, by all that they depend on; None: not there."""
        return {}

    @cached_property
    def parts(self) -> dict[Typed, Part]:
        """What reads an expression on two elements after one another, as far as it was asked for."""
        return {}

    def counts(self, scope: tuple[tuple[int, ...], tuple[int, ...]]) -> list[int]:
        """How many codes each component has that is read before, and after."""
        return [len(self.components[component]) for side in scope for component in side]

    @cached_property
    def content(self) -> Hashable:
        """Equal for tables whose codes stand for the same."""
        columns = (
            (each.name, each.role, each.voices, *((facet, _bytes(of)) for facet, of in each.columns.items()))
            for each in self.components
        )
        return (self.home, self.regions, self.chords, tuple(columns))

    @cached_property
    def harmony(self) -> int | None:
        """The component that holds the chord."""
        return next((place for place, each in enumerate(self.components) if each.role == HARMONY), None)

    @cached_property
    def voices(self) -> tuple[Component, ...]:
        """The components that hold the voices' pitches, in the order of the voices."""
        return tuple(each for each in self.components if each.role == VOICE)

    @property
    def skeleton(self) -> tuple[Component, ...]:
        """The components that the first stage decides."""
        return tuple(each for each in self.components if each.role != MARK)

    @property
    def marks(self) -> tuple[Component, ...]:
        """The components of marks, which follow those of the skeleton."""
        return tuple(each for each in self.components if each.role == MARK)

    @property
    def after_voices(self) -> tuple[Component, ...]:
        """What follows the voices: times that are not in their symbols, and marks."""
        return tuple(each for each in self.components if each.role in (TIME, MARK))

    def bears(self, rule: Rule) -> bool:
        """Whether there are all the marks that a rule speaks of: else it has no place."""
        return later_asked(rule) <= {facet for each in self.marks for facet in each.columns}

    def holder(self, facet: str, voice: int) -> int | None:
        """The component that holds a facet of a voice; None where none does."""
        return self._holders.get((facet, voice))

    def cell(self, kind: str, facet: str, voice: int, element: int) -> Cell:
        """What reads a facet of a voice, which some component holds."""
        return Cell(kind, facet, self._holders[facet, voice], element)

    def of_voice(self, voice: int) -> int:
        """The component that holds what a voice sounds."""
        return self._of_voices[voice]

    @cached_property
    def _of_voices(self) -> Mapping[int, int]:
        return {each.voices[0]: place for place, each in enumerate(self.components) if each.role == VOICE}

    def of_time(self, voice: int) -> int:
        """The component that holds when a voice's notes begin and how long they last."""
        return self._holders["remaining", voice]

    def times(self, voice: int) -> Component:
        """What holds when a voice's notes begin and how long they last."""
        return self.components[self.of_time(voice)]

    @cached_property
    def _holders(self) -> Mapping[tuple[str, int], int]:
        return {
            (facet, voice): place
            for place, each in enumerate(self.components)
            for voice in each.voices
            for facet in each.columns
        }

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The keys that occur, home first; a key's value is its place here."""
        of_chords = (key for chord in self.chords for key in (chord.key, chord.local_key))
        return tuple(dict.fromkeys((self.home, *self.regions, *of_chords)))

    @cached_property
    def sounding_in_keys(self) -> dict[tuple[int, tuple[Key, ...]], NDArray[np.bool_]]:
        """Of voices and keys, as far as they were asked for: the codes that sound a note of them."""
        return {}

    @cached_property
    def sounds(self) -> Ints:
        """(chords,): a number that chords of different keys share where they are the same tones."""
        numbers: dict[object, int] = {}
        return _ints(
            numbers.setdefault((chord.bass, frozenset(chord.tones)), len(numbers)) for chord in self.chords
        )

    @cached_property
    def triads(self) -> Ints:
        """(chords,): a number that chords of different keys share where they differ in the bass alone."""
        numbers: dict[object, int] = {}
        return _ints(numbers.setdefault(frozenset(chord.tones), len(numbers)) for chord in self.chords)

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
            "is_pivot": _ints(map(self._is_pivot, chords)),
            "key": _ints(self.keys.index(chord.local_key) for chord in chords),
            "region": _ints(self.keys.index(chord.key) for chord in chords),
        }
        return columns

    def _is_pivot(self, chord: Chord) -> bool:
        others = (key.collection for key in self.regions if key != chord.key)
        return any(set(chord.tones) <= set(notes) for notes in others)

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


def _bytes(column: Column) -> Hashable:
    if isinstance(column, tuple):
        return tuple(map(_bytes, column))
    return (column.dtype.str, column.tobytes())


def _ints(values: object) -> Ints:
    return np.array([int(value) for value in values], dtype=np.int64)  # type: ignore[attr-defined]
