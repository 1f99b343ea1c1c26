"""Beams: which short notes are joined, by the beats of the meter."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from rulegen.theory.meter import Meter

Flagged = tuple[Fraction, Fraction, int]
_HALF = Fraction(1, 2)


def beams_of(meter: Meter, notes: Sequence[Flagged]) -> list[tuple[str, ...]]:
    """The beams of each note of a bar, given as place in the bar, duration and number of flags.

    The words are music21's: start, continue, stop, partial-left and partial-right.
    """
    found: list[tuple[str, ...]] = []
    whole = _whole_halves(meter, notes)
    for (_, flagged), group in groupby(notes, key=lambda note: (_span(meter, note[0], whole), note[2] > 0)):
        members = list(group)
        if not flagged or len(members) < 2:
            found += [()] * len(members)
        else:
            found += [_words(members, place) for place in range(len(members))]
    return found


def _whole_halves(meter: Meter, notes: Sequence[Flagged]) -> set[Fraction]:
    """The half bars of 4/4, by where they begin, that eighths alone fill: they are joined in fours."""
    if (meter.numerator, meter.denominator) != (4, 4):
        return set()
    found = set()
    for start in (Fraction(0), _HALF):
        inside = [(length, flags) for onset, length, flags in notes if start <= onset < start + _HALF]
        if len(inside) == 4 and set(inside) == {(Fraction(1, 8), 1)}:
            found.add(start)
    return found


def _span(meter: Meter, onset: Fraction, whole: set[Fraction]) -> int:
    """The number of the stretch of the bar whose short notes are joined."""
    if meter.denominator >= 8 and set(meter.groups) == {1}:
        return 0
    half = _HALF if onset >= _HALF else Fraction(0)
    onset = half if half in whole else onset
    return sum(beat <= onset for beat in meter.beats)


def _words(members: Sequence[Flagged], place: int) -> tuple[str, ...]:
    return tuple(_word(members, place, level) for level in range(1, members[place][2] + 1))


def _word(members: Sequence[Flagged], place: int, level: int) -> str:
    before = place > 0 and members[place - 1][2] >= level
    after = place + 1 < len(members) and members[place + 1][2] >= level
    if before and after:
        return "continue"
    if before or after:
        return "stop" if before else "start"
    onset, duration, _ = members[place]
    leads = (onset / duration).denominator == 1 and (onset / duration).numerator % 2 == 0
    if place == 0 or (leads and place + 1 < len(members)):
        return "partial-right"
    return "partial-left"
