"""How loud and how long notes sound in MIDI: by dynamic, place in the bar, and articulation."""

from fractions import Fraction
from math import sqrt

from rulegen.score.events import DYNAMICS, Note, Score

_USUAL = DYNAMICS.index("mf")
_STEP = 14  # velocities from one dynamic to the next
_SOFTEST_MF, _DOWNBEAT = 68, 20
_ORNAMENT = -6
_LOUDER = {"accent": 14, "marcato": 20}
_SHORTER = {
    "staccato": Fraction(1, 2),
    "marcato": Fraction(3, 4),
    "tenuto": Fraction(1),
}


def velocity_of_level(level: float) -> int:
    """The velocity of a dynamic on a downbeat; `level` is a place in `DYNAMICS`."""
    return _within(_SOFTEST_MF + _DOWNBEAT + _STEP * (level - _USUAL))


def velocity(score: Score, note: Note) -> int:
    """By the dynamic, mezzo forte where there is none; a little louder, the stronger the place in the bar."""
    level = score.level_at(note.voice, note.onset)
    strength = score.timeline.strength(note.onset)
    found = _SOFTEST_MF + _DOWNBEAT * sqrt(strength) + _STEP * ((_USUAL if level is None else level) - _USUAL)
    found += sum(_LOUDER.get(mark, 0) for mark in note.articulations) + _ORNAMENT * note.ornament
    return _within(found)


def sounding_length(note: Note) -> Fraction:
    """The time for which it sounds: staccato half of what is written, portato three quarters."""
    shares = [_SHORTER[mark] for mark in note.articulations if mark in _SHORTER]
    return note.duration * (sum(shares, Fraction(0)) / len(shares) if shares else 1)


def _within(velocity: float) -> int:
    return min(127, max(1, round(velocity)))
