"""The bars of one part as MusicXML: what the bar changes, its notes, the marks between them, its lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from rulegen.io.bars import Bar
from rulegen.io.layout import WrittenNote
from rulegen.io.note_values import NoteValue
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import LETTERS, Pitch
from rulegen.theory.scale import Key
from rulegen.theory.stroke import Stroke

Mark = tuple[Fraction, Element]
"""A harmony or a direction, with its distance from the start of the bar."""

Stem = Sequence[Sequence[WrittenNote]]
"""The lines of a bar that share a stem, from the top; of several, all have the same rhythm."""

_MOST_VOICES = 4  # of a staff, as programs number them

_CLEFS = {"treble": ("G", 2, 0), "treble8vb": ("G", 2, -1), "alto": ("C", 3, 0), "bass": ("F", 4, 0)}
_NO_CLEF = ("percussion", 2, 0)
_ACCIDENTALS = ("triple-flat", "flat-flat", "flat", "natural", "sharp", "double-sharp", "triple-sharp")
_BEAMS = {
    "start": "begin",
    "continue": "continue",
    "stop": "end",
    "partial-left": "backward hook",
    "partial-right": "forward hook",
}
_ARTICULATIONS = {
    "staccato": "staccato",
    "tenuto": "tenuto",
    "accent": "accent",
    "marcato": "strong-accent",
}
_LINES = {"double": "light-light", "final": "light-heavy"}


def put(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """Adds an element, with its text where it has one."""
    child = SubElement(parent, tag, attributes)
    if text is not None:
        child.text = str(text)
    return child


@dataclass(frozen=True, slots=True)
class StaffBar:
    """A bar of a staff: its stems from the top, and what stands between the notes, in order."""

    stems: tuple[Stem, ...]
    marks: Sequence[Mark]
    strokes: tuple[Stroke, ...] = ()  # of each stem, where it is the staff of a kit

    @property
    def shown_rests(self) -> frozenset[tuple[int, Fraction]]:
        """The rests of a kit that are printed, by stem and onset: those in which nothing is struck, once."""
        lines = [line for stem in self.stems for line in stem]
        sounding = [(note.onset, note.onset + note.duration) for line in lines for note in line if note.pitch]
        found = set()
        for number, line in enumerate(lines):
            for note in line:
                end = note.onset + note.duration
                if not note.pitch and not any(start < end and note.onset < stop for start, stop in sounding):
                    found.add((number, note.onset))
                    sounding.append((note.onset, end))
        return frozenset(found)


@dataclass(slots=True)
class PartWriter:
    """Writes the measures of a part in order; key and meter are printed where they change.

    Time is counted in `divisions` of a quarter. `clefs` has one for each staff.
    """

    divisions: int
    clefs: tuple[str, ...]
    part: str = "P1"
    key: Key | None = None
    meter: Meter | None = None

    def measure(self, bar: Bar, staves: Sequence[StaffBar]) -> Element:
        """One measure; a mark stands before the note that sounds at its place."""
        measure = Element("measure", number=f"{bar.number}b" if bar.continues else str(bar.number))
        if not bar.is_counted:
            measure.set("implicit", "yes")
        if bar.opens_repeat:
            put(put(measure, "barline", location="left"), "repeat", direction="forward")
        self._print_changes(measure, bar)
        for place, staff in enumerate(staves):
            for number, stem in enumerate(staff.stems):
                if place or number:
                    put(put(measure, "backup"), "duration", self._count(bar.end - bar.start))
                where = _Where(place, number, len(staves), len(staff.stems))
                if staff.strokes:
                    where = replace(where, stroke=staff.strokes[number], shown_rests=staff.shown_rests)
                self._write(measure, stem, staff.marks if number == 0 else (), where)
        if bar.repeats_to > 1:
            times = {"times": str(bar.repeats_to)} if bar.repeats_to > 2 else {}
            put(put(measure, "barline", location="right"), "repeat", direction="backward", **times)
        elif bar.line != "regular":
            put(put(measure, "barline", location="right"), "bar-style", _LINES[bar.line])
        return measure

    def _write(self, measure: Element, stem: Stem, marks: Sequence[Mark], where: _Where) -> None:
        waiting = deque(marks)
        for together in zip(*stem, strict=True):
            note = together[0]
            while waiting and waiting[0][0] < note.onset + note.duration:
                onset, mark = waiting.popleft()
                measure.append(where.placed(self._shifted(mark, onset - note.onset)))
            if note.pitch is None:
                measure.append(self._note(note, where))
                continue
            for place, each in enumerate(reversed(together)):  # a chord is written from its lowest note
                measure.append(self._note(each, where, is_chord=place > 0))
        measure.extend(
            where.placed(mark) for _, mark in waiting
        )  # such as the end of a hairpin, at the bar line

    def _count(self, time: Fraction) -> int:
        return int(4 * time * self.divisions)

    def _print_changes(self, measure: Element, bar: Bar) -> None:
        """Divisions and clef at the start; the key and the meter where they are new."""
        is_start = self.meter is None
        if bar.key == self.key and bar.meter == self.meter:
            return
        attributes = put(measure, "attributes")
        if is_start:
            put(attributes, "divisions", self.divisions)
        if bar.key != self.key:
            key = put(attributes, "key")
            put(key, "fifths", bar.key.signature_fifths)
            put(key, "mode", bar.key.mode)
        if bar.meter != self.meter:
            time = put(attributes, "time")
            put(time, "beats", bar.meter.numerator)
            put(time, "beat-type", bar.meter.denominator)
        if is_start:
            if len(self.clefs) > 1:
                put(attributes, "staves", len(self.clefs))
            for number, name in enumerate(self.clefs, start=1):
                sign, line, octaves = _CLEFS.get(name, _NO_CLEF)
                clef = put(attributes, "clef", **({"number": str(number)} if len(self.clefs) > 1 else {}))
                put(clef, "sign", sign)
                put(clef, "line", line)
                if octaves:
                    put(clef, "clef-octave-change", octaves)
        self.key, self.meter = bar.key, bar.meter

    def _shifted(self, mark: Element, distance: Fraction) -> Element:
        """The mark, with its distance from the note that it stands before."""
        if distance:
            offset = Element("offset")
            offset.text = str(self._count(distance))
            last = len(mark) - (mark.find("sound") is not None)  # the schema has the sound after the offset
            mark.insert(last, offset)
        return mark

    def _note(self, written: WrittenNote, where: _Where, is_chord: bool = False) -> Element:
        note = Element("note", {"print-object": "no"} if written.is_hidden else {})
        if is_chord:
            put(note, "chord")
        if written.pitch is None:
            put(note, "rest", **({"measure": "yes"} if written.value is None else {}))
            if where.stroke is not None and (where.number, written.onset) not in where.shown_rests:
                note.set("print-object", "no")
        elif where.stroke is not None:
            _put_place(note, where.stroke)
        else:
            _put_pitch(note, written.pitch)
        put(note, "duration", self._count(written.duration))
        if written.tied_from:
            put(note, "tie", type="stop")
        if written.tied_to:
            put(note, "tie", type="start")
        if where.stroke is not None and written.pitch is not None:
            put(note, "instrument", id=instrument_id(self.part, where.stroke))
        if where.voice:
            put(note, "voice", where.voice)
        if written.value is not None:
            _put_value(note, written, shows_accidental=where.stroke is None and written.shows_accidental)
        if where.stem and written.pitch is not None:
            put(note, "stem", where.stem)
        if where.stroke is not None and written.pitch is not None and where.stroke.head != "normal":
            put(note, "notehead", where.stroke.head)
        if where.staff:
            put(note, "staff", where.staff)
        for level, word in enumerate(() if is_chord else written.beams, 1):
            put(note, "beam", _BEAMS[word], number=str(level))
        _put_notations(note, written, is_chord)
        if written.lyric is not None and not is_chord:
            lyric = put(note, "lyric", number="1", name="1")
            put(lyric, "syllabic", "single")
            put(lyric, "text", written.lyric)
        return note


@dataclass(frozen=True, slots=True)
class _Where:
    """Which stem of which staff of a part, each counted from 0; nothing is said of what is alone."""

    place: int
    number: int
    staves: int
    stems: int
    stroke: Stroke | None = None
    shown_rests: frozenset[tuple[int, Fraction]] = frozenset()

    @property
    def staff(self) -> str:
        return str(self.place + 1) if self.staves > 1 else ""

    @property
    def voice(self) -> str:
        is_alone = self.staves == self.stems == 1
        return "" if is_alone else str(self.place * _MOST_VOICES + self.number + 1)

    @property
    def stem(self) -> str:
        if self.stroke is not None:
            return "down" if self.stroke.is_low else "up"
        if self.stems == 1:
            return ""
        return "down" if self.number == self.stems - 1 else "up"

    def placed(self, mark: Element) -> Element:
        """The mark, with its staff."""
        if self.staff:
            staff = Element("staff")
            staff.text = self.staff
            mark.insert(len(mark) - (mark.find("sound") is not None), staff)
        return mark


def instrument_id(part: str, stroke: Stroke) -> str:
    """What a part calls an instrument that is struck."""
    return f"{part}-{stroke.name}"


def _put_place(note: Element, stroke: Stroke) -> None:
    """Where a stroke stands on the staff."""
    place = Pitch.parse(stroke.place)
    unpitched = put(note, "unpitched")
    put(unpitched, "display-step", LETTERS[place.letter])
    put(unpitched, "display-octave", place.octave)


def _put_pitch(note: Element, written: Pitch) -> None:
    pitch = put(note, "pitch")
    put(pitch, "step", LETTERS[written.letter])
    if written.alter:
        put(pitch, "alter", written.alter)
    put(pitch, "octave", written.octave)


def _put_value(note: Element, written: WrittenNote, shows_accidental: bool) -> None:
    value = written.value
    assert value is not None
    put(note, "type", value.type)
    for _ in range(value.dots):
        put(note, "dot")
    if written.pitch is not None and shows_accidental:
        put(note, "accidental", _ACCIDENTALS[written.pitch.alter + 3])
    if value.actual > 1:
        ratio = put(note, "time-modification")
        put(ratio, "actual-notes", value.actual)
        put(ratio, "normal-notes", value.normal)
        put(ratio, "normal-type", value.type)


def _put_notations(note: Element, written: WrittenNote, is_chord: bool) -> None:
    """What a note bears; of the notes of a chord the first bears what is said of all."""
    notations = Element("notations")
    if written.tied_from:
        put(notations, "tied", type="stop")
    if written.tied_to:
        put(notations, "tied", type="start")
    if is_chord:
        if len(notations):
            note.append(notations)
        return
    if written.slur:
        put(notations, "slur", type=written.slur, number="1")
    if written.tuplet in ("start", "startStop") and written.value is not None:
        _open_tuplet(notations, written.value)
    if written.tuplet in ("stop", "startStop"):
        put(notations, "tuplet", type="stop", number="1")
    if written.articulations:
        articulations = put(notations, "articulations")
        for mark in written.articulations:
            put(articulations, _ARTICULATIONS[mark])
    if written.fermata:
        put(notations, "fermata", type="upright")
    if len(notations):
        note.append(notations)


def _open_tuplet(notations: Element, value: NoteValue) -> None:
    tuplet = put(notations, "tuplet", type="start", number="1", bracket="yes", placement="above")
    for side, number in (("actual", value.actual), ("normal", value.normal)):
        share = put(tuplet, f"tuplet-{side}")
        put(share, "tuplet-number", number)
        put(share, "tuplet-type", value.type)
