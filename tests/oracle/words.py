"""The functions, attributes and literals of the vocabulary (docs/vocabulary.md), of notes and chords that are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rulegen.style.expression import Literal
from rulegen.style.vocabulary import WORDS
from rulegen.theory.chord import Chord
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass
from tests.oracle.pieces import STRUCK, Sound


@dataclass(frozen=True, slots=True)
class Element:
    """A note, a moment or a chord as a rule sees it; `voice` where it is a note."""

    kind: str
    onset: float
    end: float
    place: int  # in its row
    sound: Sound | None = None
    voice: str | None = None
    is_left: bool = False  # it is not the last of its window: its chord is the one over which it is left
    among: Element | None = None  # the moment of which it is the lowest or the highest
    at: float | None = None  # the moment at which it is heard, under the chord that sounds there


TIMED = (
    "onset", "duration", "beat", "strength", "is_strong", "bar", "opens_phrase", "closes_phrase", "before_close",
    "cadence", "is_first", "is_last", "held_over", "after_rest", "before_rest", "since_rest",
)  # fmt: skip
OF_CHORDS = (
    "root", "bass", "third", "fifth", "seventh", "degree", "quality", "inversion", "function", "is_applied", "is_pivot",
    "is_seventh",
)  # fmt: skip
FACTORS = {
    None: "none", 1: "root", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 9: "ninth",
    11: "eleventh", 13: "thirteenth",
}  # fmt: skip
MARKS = ("articulation", "dynamic", "hairpin")
LEVELS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
_LETTERS = (0, 2, 4, 5, 7, 9, 11)


def literal(x: Literal) -> Any:
    """The value of a literal, words by name and intervals as (steps, semitones)."""
    if isinstance(x.value, Interval):
        return x.value.steps, x.value.semitones
    if x.kind == "dynamic":  # which have an order
        return LEVELS.index(WORDS["dynamic"][int(x.value)])  # type: ignore[arg-type]
    if x.kind in WORDS:
        assert isinstance(x.value, int)
        return WORDS[x.kind][x.value]
    return float(x.value) if isinstance(x.value, Fraction) else x.value


class Absent(Exception):
    """What is spoken of is not there."""


def pitch_of(note: Any) -> Pitch:
    """The pitch of a note, or the pitch itself; a stroke has none."""
    if isinstance(note, Element) and note.sound is not None and note.sound.marks == STRUCK:
        raise Absent
    found = note if isinstance(note, Pitch) else note.sound.what
    assert isinstance(found, Pitch)
    return found


def of_pitch(pitch: Pitch, name: str) -> Any:
    """An attribute of a pitch."""
    values = {
        "class": pitch.pitch_class,
        "midi": pitch.midi,
        "octave": pitch.octave,
        "accidental": pitch.alter,
    }
    return values[name]


def of_chord(chord: Chord, name: str) -> Any:
    """An attribute of a chord."""
    if name in ("third", "fifth", "seventh"):
        return chord.tone_of({"third": 3, "fifth": 5, "seventh": 7}[name])
    if name == "quality":
        return (
            "suspended" if "suspended" in chord.quality else chord.quality.replace(" ", "_").replace("-", "_")
        )
    if name == "function":
        return {"T": "tonic", "S": "subdominant", "D": "dominant"}[chord.function]
    return getattr(chord, name)


def _interval(a: Any, b: Any) -> tuple[int, int]:
    one, other = pitch_of(a), pitch_of(b)
    return other.diatonic - one.diatonic, other.midi - one.midi


def _upward(i: tuple[int, int]) -> tuple[int, int]:
    return (-i[0], -i[1]) if i < (0, 0) else i


def _simple(i: tuple[int, int]) -> tuple[int, int]:
    """Modulo octaves and direction: turned upward, whole octaves taken off, and turned upward again."""
    steps, semitones = _upward(i)
    return _upward((steps % 7, semitones - 12 * (steps // 7)))


def direction(a: Any, b: Any) -> str:
    """Up, down or level."""
    change = _interval(a, b)[1]
    return "up" if change > 0 else "down" if change < 0 else "level"


def _consonant(a: Any, b: Any) -> bool:
    return _simple(_interval(a, b)) in {(0, 0), (2, 3), (2, 4), (4, 7), (5, 8), (5, 9)}


def _step(a: Any, b: Any) -> bool:
    return _upward(_interval(a, b)) in {(1, 1), (1, 2)}


def _leap(a: Any, b: Any) -> bool:
    steps, semitones = _interval(a, b)
    return abs(steps) > 1 or abs(semitones) > 2


def _outlines_triad(*notes: Any) -> bool:
    classes = [pitch_of(note).pitch_class for note in notes]
    for root in classes:
        above = {((c.letter - root.letter) % 7, (c.chroma - root.chroma) % 12) for c in classes}
        if above in ({(0, 0), (2, 4), (4, 7)}, {(0, 0), (2, 3), (4, 7)}, {(0, 0), (2, 3), (4, 6)}):
            return True
    return False


def _stem(label: str) -> str:
    head, slash, target = label.partition("/")
    seventh = "7" if re.search(r"(65|43|42|7|[^4]2)$", head) else ""
    return re.sub(r"(65|64|43|42|2|6|7)$", "", head) + seventh + slash + target


def _label(chord: Any) -> str:
    chord = chord.sound.what if isinstance(chord, Element) else chord
    return chord if isinstance(chord, str) else str(chord.label)


def _same_class(a: PitchClass | None, b: PitchClass | None) -> bool:
    return a is not None and b is not None and (a.letter, a.chroma) == (b.letter, b.chroma)


def _extreme(choose: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: choose(a, b, key=height)


def height(value: Any) -> Any:
    """What is compared of a value: the semitones of an interval."""
    return value[1] if isinstance(value, tuple) else value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "interval": _interval,
    "abs": lambda a: _upward(a) if isinstance(a, tuple) else abs(a),
    "number": lambda i: abs(i[0]) + 1,
    "semitones": lambda i: i[1],
    "step": _step,
    "leap": _leap,
    "direction": direction,
    "consonant": _consonant,
    "dissonant": lambda a, b: not _consonant(a, b),
    "outlines_triad": _outlines_triad,
    "degree": lambda pitch, key: (pitch.letter - key.tonic.letter) % 7 + 1,
    "min": _extreme(min),
    "max": _extreme(max),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negate": lambda a: -a,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "same_pitch": lambda a, b: pitch_of(a) == pitch_of(b),
    "same_class": _same_class,
    "same_interval": lambda a, b: a == b,
    "alike_interval": lambda a, b: _simple(a) == _simple(b),
    "same_chord": lambda a, b: _sound_alike(a, b, a, b) if _differ(a, b) else _label(a) == _label(b),
    "alike_chord": lambda a, b: _sound_alike(a, b) if _differ(a, b) else _stem(_label(a)) == _stem(_label(b)),
}


def _differ(a: object, b: object) -> bool:
    """Whether two chords are of different keys."""
    chords = [each.sound.what if isinstance(each, Element) and each.sound else each for each in (a, b)]
    return len({each.key for each in chords if isinstance(each, Chord)}) > 1


def _sound_alike(a: object, b: object, *with_bass: object) -> bool:
    """Whether two chords have the same tones, and the same bass where that is asked."""
    one, other = (each.sound.what if isinstance(each, Element) and each.sound else each for each in (a, b))
    assert isinstance(one, Chord) and isinstance(other, Chord)
    return set(one.tones) == set(other.tones) and (not with_bass or one.bass == other.bass)
