"""What each operation of an expression computes, on arrays.

Values: numbers and durations are float or int arrays, truths bool arrays, words their place in
vocabulary.WORDS; a pitch is (diatonic, midi), a class (letter, chroma), an interval (steps, semitones),
each a pair of int arrays; chords and keys are indices into `Tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np

from rulegen.models.quoted import pieces_with, quotable
from rulegen.rules.tables import Tables, stem
from rulegen.style.facets import ATTRIBUTES, TIMED
from rulegen.style.vocabulary import CHORD, KEY, WORDS
from rulegen.theory.pitch import LETTER_CHROMA

Operation = Callable[..., Any]

_NATURAL = np.array(LETTER_CHROMA, dtype=np.int16)
_MOTION = {word: place for place, word in enumerate(WORDS["motion"])}


def _motion_of(together: str, above: int, below: int) -> str:
    """The motion of two voices: how they move if both go one way, and which way each goes (-1, 0, 1)."""
    if above and below:
        return together if above == below else "contrary"
    return "oblique" if above or below else "still"


# by whether the interval keeps its number, then whether the upper and the lower voice fall, stay or rise
_MOTIONS = np.array(
    [
        _MOTION[_motion_of(together, above, below)]
        for together in ("similar", "parallel")
        for above in (-1, 0, 1)
        for below in (-1, 0, 1)
    ],
    dtype=np.int8,
)
_CONSONANT = frozenset({(0, 0), (2, 3), (2, 4), (4, 7), (5, 8), (5, 9)})
_TRIADS = {(2, 3, 4, 7), (2, 4, 4, 7), (2, 3, 4, 6)}  # steps and semitones of third and fifth above the root


def _consonance() -> np.ndarray[Any, np.dtype[np.bool_]]:
    table = np.zeros((7, 12), dtype=bool)
    for steps, semitones in _CONSONANT:
        table[steps, semitones] = True
    return table


_CONSONANCES = _consonance()


def _interval(_: Tables, a: Any, b: Any) -> Any:
    return b[0] - a[0], b[1] - a[1]


def _upward(interval: Any) -> Any:
    sign = np.where((interval[0] < 0) | ((interval[0] == 0) & (interval[1] < 0)), -1, 1)
    return interval[0] * sign, interval[1] * sign


def _simple(interval: Any) -> Any:
    """Without octaves and direction: an octave less a semitone is a unison taken down by one, an A1."""
    steps, semitones = _upward(interval)
    return _upward((steps % 7, semitones - 12 * (steps // 7)))


def _consonant(_: Tables, a: Any, b: Any) -> Any:
    steps, semitones = _upward((b[0] - a[0], b[1] - a[1]))
    return _CONSONANCES[steps % 7, semitones % 12] & ((steps % 7 != 0) | (semitones % 12 == 0))


def _step(_: Tables, a: Any, b: Any) -> Any:
    semitones = np.abs(b[1] - a[1])
    return (np.abs(b[0] - a[0]) == 1) & (semitones >= 1) & (semitones <= 2)


def _leap(_: Tables, a: Any, b: Any) -> Any:
    return (np.abs(b[0] - a[0]) > 1) | (np.abs(b[1] - a[1]) > 2)


def _direction(_: Tables, a: Any, b: Any) -> Any:
    return np.sign(b[1] - a[1]) + 1


def _motion(_: Tables, upper: Any, lower: Any, later_upper: Any, later_lower: Any) -> Any:
    """Pitches of two voices before, then after."""
    above, below = np.sign(later_upper[1] - upper[1]), np.sign(later_lower[1] - lower[1])
    same_number = np.asarray((later_upper[0] - later_lower[0]) == (upper[0] - lower[0]))
    return np.take(_MOTIONS, same_number * np.int8(9) + ((above + 1) * 3 + below + 1).astype(np.int8))


def _outlines_triad(_: Tables, a: Any, b: Any, c: Any) -> Any:
    letters = [note[0] % 7 for note in (a, b, c)]
    chromas = [note[1] % 12 for note in (a, b, c)]
    found = np.zeros(np.broadcast(a[0], b[0], c[0]).shape, dtype=bool)
    for root, third, fifth in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        for third_steps, third_size, fifth_steps, fifth_size in _TRIADS:
            found |= (
                ((letters[third] - letters[root]) % 7 == third_steps)
                & ((chromas[third] - chromas[root]) % 12 == third_size)
                & ((letters[fifth] - letters[root]) % 7 == fifth_steps)
                & ((chromas[fifth] - chromas[root]) % 12 == fifth_size)
            )
    return found


def _degree(tables: Tables, pitch: Any, key: Any) -> Any:
    tonic = tables.key_columns["tonic"][0]
    return (pitch[0] - tonic[key]) % 7 + 1


def _accidental(_: Tables, pitch: Any) -> Any:
    return pitch[1] - 12 * (pitch[0] // 7 + 1) - _NATURAL[pitch[0] % 7]


def _alteration(tables: Tables, pitch: Any, key: Any) -> Any:
    return _accidental(tables, pitch) - tables.key_scales[key, pitch[0] % 7]


def _same_pair(_: Tables, a: Any, b: Any) -> Any:
    return (a[0] == b[0]) & (a[1] == b[1])


def _alike_interval(_: Tables, a: Any, b: Any) -> Any:
    return _same_pair(_, _simple(a), _simple(b))


def _factor(tables: Tables, chord: Any, pitch: Any) -> Any:
    return tables.factors[chord, pitch[0] % 7, pitch[1] % 12]


def _is_leading_tone(tables: Tables, pitch: Any, key: Any) -> Any:
    letter, chroma = tables.key_columns["leading_tone"]
    return (pitch[0] % 7 == letter[key]) & (pitch[1] % 12 == chroma[key])


def _same_chord(tables: Tables, chord: Any, other: Any) -> Any:
    if isinstance(other, str):
        return np.array([each.label == other for each in tables.chords] or [False])[chord]
    return (chord == other) | _in_another_key(tables, tables.sounds, chord, other)


def _in_another_key(tables: Tables, sounds: Any, chord: Any, other: Any) -> Any:
    """Whether two chords of different keys sound alike."""
    if len(tables.regions) < 2:
        return False
    regions = tables.chord_columns["region"]
    return (regions[chord] != regions[other]) & (sounds[chord] == sounds[other])


def _alike_chord(tables: Tables, chord: Any, other: Any) -> Any:
    stems = np.array(tables.stems() or ("",))
    if isinstance(other, str):
        return stems[chord] == stem(other)
    if len(tables.regions) < 2:
        return stems[chord] == stems[other]
    regions = tables.chord_columns["region"]
    alike = (regions[chord] == regions[other]) & (stems[chord] == stems[other])
    return alike | _in_another_key(tables, tables.triads, chord, other)


def _lowest(midis: Any, axis: int) -> Any:
    """Which is lowest of those that sound: a rest is -1."""
    return np.argmin(np.where(midis < 0, np.iinfo(np.int16).max, midis), axis=axis)


def _extreme_pitch(choose: Callable[..., Any]) -> Operation:
    def extreme(_: Tables, *pitches: Any) -> Any:
        midis = np.stack(np.broadcast_arrays(*(pitch[1] for pitch in pitches)))
        diatonics = np.stack(np.broadcast_arrays(*(pitch[0] for pitch in pitches)))
        chosen = choose(midis, axis=0)[None]
        return np.take_along_axis(diatonics, chosen, 0)[0], np.take_along_axis(midis, chosen, 0)[0]

    return extreme


def _of_intervals(choose: Callable[..., Any]) -> Operation:
    def chosen(_: Tables, a: Any, b: Any) -> Any:
        if not isinstance(a, tuple):
            return np.where(choose(a, b), a, b)
        first = choose(a[1], b[1])
        return np.where(first, a[0], b[0]), np.where(first, a[1], b[1])

    return chosen


def _lookup(_: Tables, length: Any, table: Any) -> Any:
    """The value that belongs to each length; table: ((length, value), …) in the order of lengths."""
    lengths, values = np.array([each for each, _ in table]), np.array([value for _, value in table])
    return values[np.minimum(np.searchsorted(lengths, length), len(lengths) - 1)]


def _attribute(column: str) -> Operation:
    def of_chord(tables: Tables, chord: Any) -> Any:
        values = tables.chord_columns[column]
        if isinstance(values, tuple):
            return values[0][chord], values[1][chord]
        found = values[chord]
        return found.astype(bool) if column.startswith("is_") else found

    return of_chord


def _key_attribute(column: str) -> Operation:
    def of_key(tables: Tables, key: Any) -> Any:
        values = tables.key_columns[column]
        return (values[0][key], values[1][key]) if isinstance(values, tuple) else values[key]

    return of_key


def _of_extreme(choose: Callable[..., Any]) -> Operation:
    """Another facet of the note whose pitch is chosen: pitches of all notes, then that facet of each."""

    def value(_: Tables, *read: Any) -> Any:
        half = len(read) // 2
        columns = np.broadcast_arrays(*(pitch[1] for pitch in read[:half]), *read[half:])
        chosen = choose(np.stack(columns[:half]), axis=0)[None]
        return np.take_along_axis(np.stack(columns[half:]), chosen, 0)[0]

    return value


def _quoted(_: Tables, file: str, digest: str, *midi: Any) -> Any:
    """The number of the piece that has the run among those that a model was learned from, or -1."""
    notes = np.stack(np.broadcast_arrays(*midi), axis=-1)
    return pieces_with(quotable(file, digest), notes)


def _among(_: Tables, *arguments: Any) -> Any:
    """Whether values are together those of one of the rows, which come last."""
    *values, rows = arguments
    found: Any = np.False_
    for row in rows:
        pairs = zip(values, row, strict=True)
        found = found | reduce(np.logical_and, (_is(value, wanted) for value, wanted in pairs), np.True_)
    return found


def _is(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, tuple):
        return (value[0] == wanted[0]) & (value[1] == wanted[1])
    return np.asarray(value) == wanted


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "interval": _interval,
        "abs": lambda _, a: _upward(a) if isinstance(a, tuple) else np.abs(a),
        "number": lambda _, a: np.abs(a[0]) + 1,
        "semitones": lambda _, a: a[1],
        "step": _step,
        "leap": _leap,
        "direction": _direction,
        "motion": _motion,
        "moves": lambda _, a, b: (a[0] != b[0]) | (a[1] != b[1]),
        "consonant": _consonant,
        "dissonant": lambda tables, a, b: ~_consonant(tables, a, b),
        "outlines_triad": _outlines_triad,
        "min": _of_intervals(np.less_equal),
        "max": _of_intervals(np.greater_equal),
        "pitch.class": lambda _, a: (a[0] % 7, a[1] % 12),
        "pitch.midi": lambda _, a: a[1],
        "pitch.octave": lambda _, a: a[0] // 7,
        "pitch.accidental": _accidental,
        "degree": _degree,
        "alteration": _alteration,
        "factor": _factor,
        "is_chord_tone": lambda tables, chord, pitch: _factor(tables, chord, pitch) != 0,
        "is_foreign": lambda tables, chord, pitch: _factor(tables, chord, pitch) == 0,
        "is_leading_tone": _is_leading_tone,
        "lowest": _extreme_pitch(_lowest),
        "highest": _extreme_pitch(np.argmax),
        "of_lowest": _of_extreme(_lowest),
        "of_highest": _of_extreme(np.argmax),
        "+": lambda _, a, b: a + b,
        "-": lambda _, a, b: a - b,
        "*": lambda _, a, b: a * b,
        "/": lambda _, a, b: np.divide(
            a, b, out=np.full(np.broadcast(a, b).shape, np.inf), where=np.asarray(b) != 0
        ),
        "negate": lambda _, a: (-a[0], -a[1]) if isinstance(a, tuple) else -a,
        "<": lambda _, a, b: a < b,
        "<=": lambda _, a, b: a <= b,
        ">": lambda _, a, b: a > b,
        ">=": lambda _, a, b: a >= b,
        "==": lambda _, a, b: a == b,
        "!=": lambda _, a, b: a != b,
        "same_pitch": _same_pair,
        "same_class": _same_pair,
        "same_interval": _same_pair,
        "alike_interval": _alike_interval,
        "same_chord": _same_chord,
        "alike_chord": _alike_chord,
        "and": lambda _, a, b: a & b,
        "or": lambda _, a, b: a | b,
        "truth.number": lambda _, a: np.asarray(a).astype(np.int64),
        "lookup": _lookup,
        "among": _among,
        "quoted": _quoted,
        "quotes": lambda tables, *run: _quoted(tables, *run) >= 0,
        "not": lambda _, a: ~np.asarray(a, dtype=bool),
        "chord.region": _attribute("region"),
        "region": lambda _, region: region,
        **{f"chord.{name}": _attribute(name) for name in ATTRIBUTES[CHORD] if name not in (*TIMED, "label")},
        **{f"key.{name}": _key_attribute(name) for name in ATTRIBUTES[KEY]},
    }
)
"""Operation → its function of (tables, *values); all of them broadcast."""
