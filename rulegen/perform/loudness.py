"""How loud and how long notes sound: by dynamic, place in the bar, articulation, and place in the phrase."""

from fractions import Fraction
from math import sqrt

from rulegen.perform.manner import Manner
from rulegen.score.events import DYNAMICS, Note, Score

_USUAL = DYNAMICS.index("mf")
_STEP = 14  # velocities from one dynamic to the next
_SOFTEST_MF, _DOWNBEAT = 68, 20
_ORNAMENT = -6
_LOUDER = {"accent": 14, "marcato": 20}
_SHORTER = ("staccato", "tenuto", "marcato")
_PEAK = 0.6  # where in its course a phrase is at its loudest


def velocity_of_level(level: float) -> int:
    """The velocity of a dynamic on a downbeat; `level` is a place in `DYNAMICS`."""
    return round(within(_SOFTEST_MF + _DOWNBEAT + _STEP * (level - _USUAL)))


def velocity(score: Score, note: Note) -> float:
    """By the dynamic, mezzo forte where there is none; a little louder, the stronger the place in the bar."""
    level = score.level_at(note.voice, note.onset)
    strength = score.timeline.strength(note.onset)
    found = _SOFTEST_MF + _DOWNBEAT * sqrt(strength) + _STEP * ((_USUAL if level is None else level) - _USUAL)
    return found + sum(_LOUDER.get(mark, 0) for mark in note.articulations) + _ORNAMENT * note.ornament


def shape(place: float, fall: Fraction) -> float:
    """The share of its loudness that a note keeps by its place in a phrase, from 0 at its first onset to 1 at
    its last: whole at three fifths, `fall` is lost at its end, and half of that at its beginning.
    """
    away = (_PEAK - place) / _PEAK / 2 if place < _PEAK else (place - _PEAK) / (1 - _PEAK)
    return 1 - float(fall) * away


def sounding_length(note: Note, manner: Manner) -> Fraction:
    """The time for which it sounds, in whole notes: by its marks, between those of two; slurred or plain."""
    shares = [getattr(manner, mark) for mark in note.articulations if mark in _SHORTER]
    if shares:
        return note.duration * (sum(shares, Fraction(0)) / len(shares))
    return note.duration * (manner.slurred if note.slurred else manner.plain)


def within(velocity: float) -> float:
    """A velocity as near as MIDI has it."""
    return min(127.0, max(1.0, velocity))
