"""Directions between the notes of MusicXML: tempo marks."""

from xml.etree.ElementTree import Element

from rulegen.io.measures import put
from rulegen.io.note_values import NoteValue
from rulegen.theory.meter import Meter


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
