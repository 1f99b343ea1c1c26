"""How a length is written at its place in the bar: note values, dots, tuplets, and ties between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rulegen.theory.meter import BEAT, HALF_BAR, HALF_BEAT, Meter

TYPES: dict[Fraction, str] = {
    Fraction(4): "long",
    Fraction(2): "breve",
    Fraction(1): "whole",
    Fraction(1, 2): "half",
    Fraction(1, 4): "quarter",
    Fraction(1, 8): "eighth",
    Fraction(1, 16): "16th",
    Fraction(1, 32): "32nd",
    Fraction(1, 64): "64th",
    Fraction(1, 128): "128th",
    Fraction(1, 256): "256th",
}
"""The lengths of undotted notes, in whole notes, and what MusicXML calls them."""

_NORMAL = {3: 2, 5: 4, 7: 4, 9: 8, 11: 8, 13: 8, 15: 8}
_DOTS = {Fraction(1): 0, Fraction(3, 2): 1, Fraction(7, 4): 2}


@dataclass(frozen=True, slots=True)
class NoteValue:
    """A written note: its type, its dots, and the tuplet: `actual` notes in the time of `normal`."""

    type: str
    dots: int = 0
    actual: int = 1
    normal: int = 1

    @property
    def flags(self) -> int:
        """The beams or flags that it has: 1 for an eighth, 2 for a 16th."""
        names = list(TYPES.values())
        return max(0, names.index(self.type) - names.index("quarter"))


@dataclass(frozen=True, slots=True)
class TiedPart:
    """A part of a note that one written note can stand for; `onset` is its place in the bar."""

    onset: Fraction
    duration: Fraction
    value: NoteValue


def split(meter: Meter, onset: Fraction, duration: Fraction, is_rest: bool = False) -> tuple[TiedPart, ...]:
    """The written notes that make up a length within one bar, to be tied; rests show every beat.

    Raises ValueError for a length that no common tuplet can write.
    """
    actual = _odd_part(onset.denominator, duration.denominator)
    if actual not in _NORMAL and actual != 1:
        raise ValueError(f"a length of {duration} of a whole note has no notation")
    return _split(meter, onset, duration, actual, is_rest)


@lru_cache(maxsize=4096)
def _split(
    meter: Meter, onset: Fraction, duration: Fraction, actual: int, is_rest: bool
) -> tuple[TiedPart, ...]:
    value = _value(duration, actual)
    if value is not None and _reads_well(meter, onset, duration, actual, is_rest):
        return (TiedPart(onset, duration, value),)
    cut = _best_cut(meter, onset, duration, actual)
    if cut is None:
        if value is not None:
            return (TiedPart(onset, duration, value),)
        raise ValueError(f"a length of {duration} of a whole note has no notation")
    left = split(meter, onset, cut - onset, is_rest)
    return (*left, *split(meter, cut, onset + duration - cut, is_rest))


def undotted_or_dotted(length: Fraction) -> NoteValue | None:
    """The note of a length that stands in no tuplet, or None where there is no such note."""
    return _value(length, 1)


def _value(duration: Fraction, actual: int) -> NoteValue | None:
    normal = _NORMAL.get(actual, 1)
    written = duration * actual / normal
    for ratio, dots in _DOTS.items():
        if written / ratio in TYPES and (dots < 2 or written == Fraction(7, 16)):
            return NoteValue(TYPES[written / ratio], dots, actual, normal)
    return None


def _reads_well(meter: Meter, onset: Fraction, duration: Fraction, actual: int, is_rest: bool) -> bool:
    """Whether one written note hides no beat that a reader wants to see."""
    end = onset + duration
    inner = [beat for beat in meter.beats if onset < beat < end]
    if not inner:
        return not is_rest or actual > 1 or _is_aligned(meter, onset, duration)
    if actual > 1:
        return False
    if is_rest:
        return _is_aligned(meter, onset, duration)
    if meter.is_compound or len(set(meter.groups)) > 1:
        return onset in meter.beats and (end in meter.beats or end == meter.bar_length)
    strength = meter.strength(onset)
    if strength >= BEAT or onset.denominator <= 4:
        return True
    middle = any(meter.strength(beat) >= HALF_BAR for beat in inner)
    return strength >= HALF_BEAT and not middle and duration <= 2 * meter.beat_length_at(onset)


def _is_aligned(meter: Meter, onset: Fraction, duration: Fraction) -> bool:
    """Whether a rest stands where a rest of its length is looked for."""
    if meter.is_compound and (onset in meter.beats or duration.numerator == 3):
        beat = meter.beat_length_at(onset)
        whole_beats = (duration / beat).denominator == 1
        return whole_beats if duration >= beat else duration.numerator == 1
    place = onset - max(beat for beat in meter.beats if beat <= onset) if meter.is_compound else onset
    return duration.numerator == 1 and (place / duration).denominator == 1


def _best_cut(meter: Meter, onset: Fraction, duration: Fraction, actual: int) -> Fraction | None:
    """The place within a length where a tie hides least: the strongest one, then the latest."""
    end = onset + duration
    strong = [beat for beat in meter.beats if onset < beat < end]
    if strong:
        return max(strong, key=lambda beat: (meter.strength(beat), beat))
    places = [place for place in _grid(onset, end, 1) if onset < place < end]
    if not places and actual > 1:
        places = [place for place in _grid(onset, end, actual) if onset < place < end]
    return min(places, key=lambda place: (place.denominator, -place), default=None)


def _grid(onset: Fraction, end: Fraction, actual: int) -> Iterator[Fraction]:
    """The places of the coarsest even grid that has one between two times."""
    for power in range(9):
        step = Fraction(1, 2**power * actual)
        first = (onset // step + 1) * step
        if first < end:
            while first < end:
                yield first
                first += step
            return


def _odd_part(*denominators: int) -> int:
    """The odd number that divides a beat: 3 for triplets, 1 for plain values."""
    odd = 1
    for denominator in denominators:
        while denominator % 2 == 0:
            denominator //= 2
        odd = max(odd, denominator)
    return odd
