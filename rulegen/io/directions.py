"""Directions between the notes of MusicXML: tempo marks, dynamics and hairpins."""

from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from rulegen.io.bars import Bar, bar_at
from rulegen.io.loudness import velocity_of_level
from rulegen.io.measures import put
from rulegen.io.note_values import NoteValue
from rulegen.score.events import DYNAMICS, Score
from rulegen.theory.meter import Meter

_FORTE = 90  # the velocity that MusicXML counts loudness from


def tempo_mark(quarters: float, meter: Meter) -> Element:
    """A metronome mark above the staff, and the tempo that sounds."""
    beat, number = NoteValue("quarter"), quarters
    dotted = quarters * 2 / 3
    if meter.is_compound and meter.denominator == 8 and dotted.is_integer():
        beat, number = NoteValue("quarter", 1), dotted
    mark = Element("direction", placement="above")
    metronome = put(put(mark, "direction-type"), "metronome", parentheses="no")
    put(metronome, "beat-unit", beat.type)
    for _ in range(beat.dots):
        put(metronome, "beat-unit-dot")
    put(metronome, "per-minute", f"{number:.15g}")
    put(mark, "sound", tempo=f"{quarters:.15g}")
    return mark


def loudness_marks(score: Score, voice: str, bars: Sequence[Bar]) -> list[tuple[int, Fraction, Element]]:
    """The dynamics and hairpins of a voice, each with the place of its bar and its onset.

    What holds for all voices stands in every part, so that other programs play it.
    """
    found: list[tuple[int | None, Fraction, Element]] = []
    for hairpin in score.hairpins:
        if hairpin.voice in (None, voice):
            last = bar_at(bars, hairpin.end, is_end=True)
            found.append((last, hairpin.end, _wedge("stop")))
    for dynamic in score.dynamics:
        if dynamic.voice in (None, voice):
            found.append((bar_at(bars, dynamic.onset), dynamic.onset, _dynamic(dynamic.level)))
    for hairpin in score.hairpins:
        if hairpin.voice in (None, voice):
            found.append((bar_at(bars, hairpin.onset), hairpin.onset, _wedge(hairpin.kind)))
    return [(place, onset, mark) for place, onset, mark in found if place is not None]


def _dynamic(level: str) -> Element:
    """A dynamic below the staff, and how loud it sounds, in percent of the usual forte."""
    mark = Element("direction", placement="below")
    put(put(put(mark, "direction-type"), "dynamics"), level)
    put(mark, "sound", dynamics=f"{100 * velocity_of_level(DYNAMICS.index(level)) / _FORTE:.4g}")
    return mark


def _wedge(kind: str) -> Element:
    """Where a hairpin begins, by its kind, or where it stops."""
    mark = Element("direction", placement="below")
    put(put(mark, "direction-type"), "wedge", type=kind)
    return mark
