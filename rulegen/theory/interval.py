"""Spelled intervals: an augmented fourth is not a diminished fifth."""

import re
from dataclasses import dataclass

from rulegen.theory.pitch import LETTER_CHROMA, Pitch, PitchClass

_PERFECT_STEPS = frozenset({0, 3, 4})
_NAME = re.compile(r"(P|M|m|A{1,3}|d{1,3}|(?:aug){1,3}|(?:dim){1,3})([1-9]\d?)")
_ORDINALS = ("unison", "second", "third", "fourth", "fifth", "sixth", "seventh")


@dataclass(frozen=True, slots=True)
class Interval:
    """A distance between two pitches in letter steps and in semitones, both negative when it falls."""

    steps: int
    semitones: int

    @classmethod
    def between(cls, start: Pitch, end: Pitch) -> "Interval":
        """The interval from one pitch to another, rising or falling."""
        return cls(end.diatonic - start.diatonic, end.midi - start.midi)

    @classmethod
    def between_classes(cls, lower: PitchClass, upper: PitchClass) -> "Interval":
        """The interval less than an octave from one note name up to another."""
        octave = 4 if upper.letter >= lower.letter else 5
        return cls.between(lower.in_octave(4), upper.in_octave(octave))

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """Reads a rising interval such as P5, m3, M10, aug4 (A4) or dim5 (d5).

        Raises ValueError for what is no interval, and for one that does not exist, such as P3.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r} is not an interval: write P, M, m, aug or dim and a number, as in P5 or m3"
            )
        steps = int(found[2]) - 1
        return cls(steps, _natural(steps) + _deviation(found[1], steps, text))

    @property
    def number(self) -> int:
        """The number that names it: 1 for a unison, 3 for a third, 10 for a tenth."""
        return abs(self.steps) + 1

    @property
    def name(self) -> str:
        """The name of its absolute value, such as P5, m3, aug4, dim5 or M10."""
        size = abs(self)
        return _quality(size.steps, size.semitones - _natural(size.steps)) + str(size.number)

    @property
    def simple(self) -> "Interval":
        """The same interval without whole octaves, so that a tenth is a third and an octave a unison."""
        octaves, steps = divmod(abs(self.steps), 7)
        sign = -1 if self.steps < 0 else 1
        return Interval(sign * steps, self.semitones - sign * 12 * octaves)

    def matches(self, other: "Interval") -> bool:
        """Whether both are one interval but for octaves and direction; an octave matches a unison."""
        return abs(abs(self).simple) == abs(abs(other).simple)

    def above(self, pitch: Pitch) -> Pitch:
        """The pitch that lies this interval above another, or below where the interval falls."""
        return Pitch.from_parts(pitch.diatonic + self.steps, pitch.midi + self.semitones)

    def above_class(self, name: PitchClass) -> PitchClass:
        """The note name that lies this interval above another."""
        return self.above(name.in_octave(4)).pitch_class

    def __abs__(self) -> "Interval":
        return -self if (self.steps, self.semitones) < (0, 0) else self

    def __neg__(self) -> "Interval":
        return Interval(-self.steps, -self.semitones)

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.steps + other.steps, self.semitones + other.semitones)

    def __str__(self) -> str:
        return self.name


def looks_like_interval(text: str) -> bool:
    """Whether a word has the shape of an interval's name, so that `Interval.parse` should judge it."""
    return _NAME.fullmatch(text) is not None


def _natural(steps: int) -> int:
    octaves, rest = divmod(steps, 7)
    return 12 * octaves + LETTER_CHROMA[rest]


def _quality(steps: int, deviation: int) -> str:
    if deviation > 0:
        return "aug" * deviation
    if steps % 7 in _PERFECT_STEPS:
        return "dim" * -deviation or "P"
    return ("M", "m")[-deviation] if deviation >= -1 else "dim" * (-deviation - 1)


def _deviation(quality: str, steps: int, text: str) -> int:
    """Semitones by which a quality departs from the perfect or major interval on these steps."""
    perfect = steps % 7 in _PERFECT_STEPS
    if steps == 0 and quality[0] == "d":
        raise ValueError(f"{text!r} is not an interval: a unison cannot be diminished")
    if quality[0] in "Aa":
        return len(quality.replace("aug", "A"))
    if quality[0] == "d":
        times = len(quality.replace("dim", "d"))
        return -times if perfect else -times - 1
    if perfect != (quality == "P"):
        kind = "perfect, not major or minor" if perfect else "major or minor, not perfect"
        ordinal = "octave" if steps and steps % 7 == 0 else _ORDINALS[steps % 7]
        raise ValueError(f"{text!r} is not an interval: the {ordinal} is {kind}")
    return -1 if quality == "m" else 0
