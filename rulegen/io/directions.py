"""Directions between the notes of MusicXML: tempo marks, dynamics and hairpins."""

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from rulegen.io.bars import Bar, bar_at
from rulegen.io.measures import put
from rulegen.io.note_values import NoteValue, undotted_or_dotted
from rulegen.perform.loudness import velocity_of_level
from rulegen.score.events import DYNAMICS, Score
from rulegen.score.timeline import Tempo

_FORTE = 90  # the velocity that MusicXML counts loudness from


def tempo_marks(score: Score, bars: Sequence[Bar]) -> Iterator[tuple[int, Fraction, Element]]:
    """The tempo marks where they change what the bars before them say, each with its bar and its onset."""
    clock, said = score.timeline, None
    for place, bar in enumerate(bars):
        inside = (onset for onset, _ in clock.tempi if bar.start < onset < bar.end)
        for onset in (bar.start, *inside):
            tempo = clock.tempo_at(onset)
            if tempo != said:
                yield place, onset, _metronome(tempo)
            said = tempo


def _metronome(tempo: Tempo) -> Element:
    """A metronome mark above the staff, in the beats of the tempo, and the tempo that sounds."""
    beat, number = undotted_or_dotted(tempo.beat), tempo.beats_a_minute
    if beat is None:  # such as five sixteenths, which no one note stands for
        beat, number = NoteValue("quarter"), tempo.quarter_bpm
    mark = Element("direction", placement="above")
    metronome = put(put(mark, "direction-type"), "metronome", parentheses="no")
    put(metronome, "beat-unit", beat.type)
    for _ in range(beat.dots):
        put(metronome, "beat-unit-dot")
    put(metronome, "per-minute", _shown(number))
    put(mark, "sound", tempo=_shown(tempo.quarter_bpm))
    return mark


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))


def loudness_marks(
    score: Score, voices: Collection[str | None], bars: Sequence[Bar]
) -> list[tuple[int, Fraction, Element]]:
    """The dynamics and hairpins of voices, and (None) of all, each with the place of its bar and its onset.

    What holds for all voices stands in every part, so that other programs play it.
    """
    found: list[tuple[int | None, Fraction, Element]] = []
    for hairpin in score.hairpins:
        if hairpin.voice in voices:
            last = bar_at(bars, hairpin.end, is_end=True)
            found.append((last, hairpin.end, _wedge("stop")))
    for dynamic in score.dynamics:
        if dynamic.voice in voices:
            found.append((bar_at(bars, dynamic.onset), dynamic.onset, _dynamic(dynamic.level)))
    for hairpin in score.hairpins:
        if hairpin.voice in voices:
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
