"""Meters: where the beats of a bar lie and how strong each place in it is."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from rulegen.theory.duration import DURATION_NAMES

DOWNBEAT = 1.0
HALF_BAR = 0.5
BEAT = 0.25
HALF_BEAT = 0.125
FINER = 0.0625

MOST_UNITS = 255
"""The highest upper number of a meter: that of MIDI."""

_METER = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})(?:\s*=\s*(\d{1,9}(?:\s*\+\s*\d{1,9})*))?")
_QUARTER = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter and how its units join: 4/4 is 1+1+1+1, 6/8 is 3+3, 7/8 may be 2+2+3.

    Each group is a beat, save where unequal groups are made of quarters or longer (5/4 = 3+2): there each
    unit is a beat, and the groups begin with an accent. Raises ValueError for what is no meter.
    """

    numerator: int
    denominator: int
    groups: tuple[int, ...]

    def __post_init__(self) -> None:
        name = f"{self.numerator}/{self.denominator}"
        if self.numerator < 1:
            raise ValueError(f"{name} is not a meter: a bar has at least one beat")
        if self.numerator > MOST_UNITS:
            raise ValueError(f"{name} is not a meter: a bar has at most {MOST_UNITS} units")
        if self.denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"{name} is not a meter: its lower number is 1, 2, 4, 8, 16, 32 or 64")
        if sum(self.groups) != self.numerator or min(self.groups) < 1:
            shown = "+".join(map(str, self.groups))
            raise ValueError(f"{shown} does not fill a bar of {name}")

    @classmethod
    def parse(cls, text: str) -> "Meter":
        """Reads a meter such as 4/4, 6/8 or 7/8 = 2+2+3; raises ValueError for anything else."""
        found = _METER.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not a meter: write 4/4, 6/8 or 7/8 = 2+2+3")
        numerator, denominator = int(found[1]), int(found[2])
        if found[3] is None:
            usual = _usual_groups(min(numerator, MOST_UNITS), denominator)  # what is longer is refused
            return cls(numerator, denominator, usual)
        return cls(numerator, denominator, tuple(int(part) for part in found[3].split("+")))

    def is_divided_by(self, length: Fraction) -> bool:
        """Whether some of these lengths make a bar, or some bars make one of them."""
        return 1 in (self.bar_length / length).as_integer_ratio()

    def nearest_division(self, length: Fraction) -> Fraction:
        """The length nearest to this one of which some make a bar, or that is made of some bars."""
        bars = max(round(length / self.bar_length), 1) * self.bar_length
        fitting = (each for each in (*DURATION_NAMES, bars) if self.is_divided_by(each))
        return min(fitting, key=lambda each: abs(each - length))

    @property
    def name(self) -> str:
        """The name that `Meter.parse` reads, with its groups where they are not the usual ones."""
        short = f"{self.numerator}/{self.denominator}"
        if self.groups == _usual_groups(self.numerator, self.denominator):
            return short
        return f"{short} = {'+'.join(map(str, self.groups))}"

    @property
    def bar_length(self) -> Fraction:
        """The length of a bar in whole notes."""
        return Fraction(self.numerator, self.denominator)

    @property
    def is_compound(self) -> bool:
        """Whether every beat divides into three."""
        return set(self.groups) == {3}

    @property
    def beats(self) -> tuple[Fraction, ...]:
        """The onset of each beat within the bar."""
        return _beats(self)

    def places(self, change: str | Fraction) -> list[Fraction]:
        """Each `beat`, `half bar` or `bar` within a bar, or the places that are lengths apart."""
        if change == "beat":
            return list(self.beats)
        if change == "half bar":
            return [beat for beat in self.beats if self.is_strong(beat)]
        if change == "bar":
            return [Fraction(0)]
        step = Fraction(change)
        return [step * number for number in range(int(self.bar_length / step))] or [Fraction(0)]

    def beat_length_at(self, offset: Fraction) -> Fraction:
        """The length of the beat in which a place of the bar lies."""
        start, end = self._beat_around(offset)
        return end - start

    def beat_of(self, offset: Fraction) -> Fraction:
        """The beat, counted from 1, at a place of the bar; halfway through the second beat is 5/2."""
        start, end = self._beat_around(offset)
        return self.beats.index(start) + 1 + (offset % self.bar_length - start) / (end - start)

    def strength(self, offset: Fraction) -> float:
        """The metric accent at a place of the bar: 1 on the downbeat, less on lesser beats, never 0."""
        return _strength(self, offset % self.bar_length)

    def strongest_between(self, start: Fraction, end: Fraction) -> float:
        """The greatest strength of the beats and half beats between two places of a bar; 0 where there is
        none.
        """
        return _strongest_between(self, start, end)

    def is_strong(self, offset: Fraction) -> bool:
        """Whether a place carries the accent of the bar or of its other half."""
        return self.strength(offset) >= HALF_BAR

    def _beat_around(self, offset: Fraction) -> tuple[Fraction, Fraction]:
        place = offset % self.bar_length
        start = max(beat for beat in self.beats if beat <= place)
        return start, min((beat for beat in self.beats if beat > place), default=self.bar_length)

    def __str__(self) -> str:
        return self.name


def _usual_groups(numerator: int, denominator: int) -> tuple[int, ...]:
    if numerator > 3 and numerator % 3 == 0:
        return (3,) * (numerator // 3)
    if denominator >= 8 and numerator > 4 and numerator % 2 == 1:
        return (2,) * ((numerator - 3) // 2) + (3,)
    return (1,) * numerator


def _group_starts(meter: Meter) -> tuple[Fraction, ...]:
    places = accumulate(meter.groups[:-1], initial=0)
    return tuple(Fraction(place, meter.denominator) for place in places)


def _counts_units(meter: Meter) -> bool:
    """Whether the groups only accent the units, which are the beats: 5/4 = 3+2."""
    return meter.denominator <= 4 and len(set(meter.groups)) > 1


@lru_cache(maxsize=256)
def _beats(meter: Meter) -> tuple[Fraction, ...]:
    if _counts_units(meter):
        return tuple(Fraction(unit, meter.denominator) for unit in range(meter.numerator))
    return _group_starts(meter)


def _accents(meter: Meter) -> tuple[Fraction, ...]:
    """The places below the downbeat that are strong all the same."""
    if _counts_units(meter):
        return _group_starts(meter)[1:]
    beats = meter.beats
    halves = len(set(meter.groups)) == 1 and (
        len(beats) % 4 == 0 or (len(beats) == 2 and beats[1] > _QUARTER)
    )
    return (meter.bar_length / 2,) if halves else ()


@lru_cache(maxsize=4096)
def _strongest_between(meter: Meter, start: Fraction, end: Fraction) -> float:
    places: list[Fraction] = []
    for beat in meter.beats:
        length, unit = meter.beat_length_at(beat), Fraction(1, meter.denominator)
        part = unit if length > unit else length / 2
        places += [beat + part * number for number in range(int(length / part))]
    return max((meter.strength(place) for place in places if start < place < end), default=0.0)


@lru_cache(maxsize=4096)
def _strength(meter: Meter, place: Fraction) -> float:
    if place == 0:
        return DOWNBEAT
    if place in _accents(meter):
        return HALF_BAR
    if place in meter.beats:
        return BEAT
    length = meter.beat_length_at(place)
    unit = Fraction(1, meter.denominator)
    part = unit if length > unit else length / 2
    start = max(beat for beat in meter.beats if beat <= place)
    return HALF_BEAT if (place - start) % part == 0 else FINER
