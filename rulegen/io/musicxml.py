"""MusicXML out, plain or compressed: written straight from the score, the same bytes for the same score."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from math import lcm
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rulegen.errors import OutputError
from rulegen.io.bars import Bar, printed_bars
from rulegen.io.directions import loudness_marks, tempo_marks
from rulegen.io.form import FIELD, form_text
from rulegen.io.labels import harmony_of, labelled_staff, printed_chords
from rulegen.io.layout import WrittenNote, written_staff
from rulegen.io.measures import Mark, PartWriter, StaffBar, Stem, instrument_id, put
from rulegen.io.staves import Player, Staff, parts_of
from rulegen.score.events import Score
from rulegen.storage import write_whole
from rulegen.theory.stroke import Stroke

PLAIN, COMPRESSED = (".musicxml", ".xml"), ".mxl"
SOFTWARE = COMPOSER = "rulegen"

_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" \
"http://www.musicxml.org/dtds/partwise.dtd">
"""
_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container>
  <rootfiles>
    <rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>
  </rootfiles>
</container>
"""
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DRUMS = 10  # the channel of MIDI that has no pitches


def write_musicxml(score: Score, target: str | os.PathLike[str] | BinaryIO, labels: bool = True) -> None:
    """Writes a score as MusicXML, compressed where the name ends in .mxl; a stream gets it plain.

    Raises OutputError for another ending, and for a place that cannot be written.
    """
    if not isinstance(target, str | os.PathLike):
        target.write(musicxml_text(score, labels).encode())
        return
    suffix = Path(target).suffix.lower()
    if suffix not in (*PLAIN, COMPRESSED):
        raise OutputError(f"{os.fspath(target)}: a MusicXML file ends in .musicxml, .xml or .mxl")
    text = musicxml_text(score, labels)
    write_whole(target, compressed(text) if suffix == COMPRESSED else text.encode())


def musicxml_text(score: Score, labels: bool = True) -> str:
    """The MusicXML of a score; `labels` shows its chords.

    Raises ValueError where a length has no notation, or where notes of one voice overlap.
    """
    root = Element("score-partwise", version="4.0")
    put(SubElement(root, "work"), "work-title", score.title)
    _identify(root, score)
    scaling = SubElement(SubElement(root, "defaults"), "scaling")
    put(scaling, "millimeters", 7)
    put(scaling, "tenths", 40)
    _list_parts(root, parts_of(score))
    _write_parts(root, score, labels)
    indent(root)
    return text_of_tree(root)


def text_of_tree(root: Element) -> str:
    """The file of a tree of MusicXML."""
    # What XML cannot hold, control characters and halves of a surrogate pair, would make the file unreadable.
    return _HEADER + _FORBIDDEN.sub("\ufffd", tostring(root, encoding="unicode")) + "\n"


def _identify(root: Element, score: Score) -> None:
    """Who made the score and from what: no date, so that the bytes stay the same."""
    said = dict(score.metadata)
    identification = SubElement(root, "identification")
    put(identification, "creator", said.get("composer", COMPOSER), type="composer")
    encoding = SubElement(identification, "encoding")
    put(encoding, "software", SOFTWARE)
    for element in ("beam", "accidental"):
        SubElement(encoding, "supports", element=element, type="yes")
    fields = SubElement(identification, "miscellaneous")
    for name, value in (*score.metadata, (FIELD, form_text(score))):
        put(fields, "miscellaneous-field", value, name=name)


def _list_parts(root: Element, parts: Sequence[Player]) -> None:
    """The part list, a bracket around it where there are several parts."""
    listed = SubElement(root, "part-list")
    if len(parts) > 1:
        group = SubElement(listed, "part-group", type="start", number="1")
        put(group, "group-symbol", "bracket")
        put(group, "group-barline", "yes")
    for place, own in enumerate(parts):
        part, player = f"P{place + 1}", f"I{place + 1}"
        entry = SubElement(listed, "score-part", id=part)
        put(entry, "part-name", own.name)
        put(entry, "part-abbreviation", own.abbreviation)
        if own.staves[0].strokes:
            _list_strokes(entry, own.staves[0].strokes, part)
            continue
        put(SubElement(entry, "score-instrument", id=player), "instrument-name", own.name)
        sound = SubElement(entry, "midi-instrument", id=player)
        channel = place % 15 + 1
        put(sound, "midi-channel", channel + (channel >= _DRUMS))
        put(sound, "midi-program", own.program + 1)
    if len(parts) > 1:
        SubElement(listed, "part-group", type="stop", number="1")


def _list_strokes(entry: Element, strokes: Sequence[Stroke], part: str) -> None:
    """The instruments of a kit, each with its key on MIDI's channel of drums."""
    for stroke in strokes:
        instrument = SubElement(entry, "score-instrument", id=instrument_id(part, stroke))
        put(instrument, "instrument-name", stroke.name)
    for stroke in strokes:
        sound = SubElement(entry, "midi-instrument", id=instrument_id(part, stroke))
        put(sound, "midi-channel", _DRUMS)
        put(sound, "midi-unpitched", stroke.key + 1)


def _write_parts(root: Element, score: Score, labels: bool) -> None:
    bars, parts = printed_bars(score), parts_of(score)
    staves = [staff for part in parts for staff in part.staves]
    alone = [len(part.staves) > 1 for part in parts for _ in part.staves]
    music = [
        written_staff(score, staff.voices, bars, for_one_player)
        for staff, for_one_player in zip(staves, alone, strict=True)
    ]
    marks = _marks(score, bars, labels)
    times = [note.duration for staff in music for bar in staff for line in bar for note in line]
    times += [onset for staff in marks for bar in staff.values() for onset, _ in bar]
    divisions = lcm(*{(4 * time).denominator for time in times})
    first = 0
    for place, part in enumerate(parts):
        name = f"P{place + 1}"
        writer = PartWriter(divisions, tuple(staff.clef for staff in part.staves), name)
        element = put(root, "part", id=name)
        own = range(first, first + len(part.staves))
        for number, bar in enumerate(bars):
            written = [
                StaffBar(
                    _stems(staves[each], music[each][number]),
                    marks[each].get(number, ()),
                    staves[each].strokes,
                )
                for each in own
            ]
            element.append(writer.measure(bar, written))
        first = own.stop


def _stems(staff: Staff, lines: Sequence[Sequence[WrittenNote]]) -> tuple[Stem, ...]:
    """The lines of a bar by the stems that they share."""
    left = iter(lines)
    return tuple(tuple(islice(left, len(voices))) for voices in staff.stems)


def _marks(score: Score, bars: Sequence[Bar], labels: bool) -> list[dict[int, list[Mark]]]:
    """What stands between the notes of each staff, by the place of the bar, in order of time."""
    owners = [(part, staff) for part in parts_of(score) for staff in part.staves]
    found: list[dict[int, list[Mark]]] = [defaultdict(list) for _ in owners]
    if not found:
        return found
    for place, onset, mark in tempo_marks(score, bars):
        found[0][place].append((onset - bars[place].start, mark))
    for at, (part, staff) in enumerate(owners):
        heard = (None, *staff.voices) if staff is part.staves[0] else staff.voices
        for place, onset, mark in loudness_marks(score, heard, bars):
            found[at][place].append((onset - bars[place].start, mark))
    if labels:
        lowest = found[labelled_staff(score)]
        for place, event, label in printed_chords(score, bars):
            lowest[place].append((event.onset - bars[place].start, harmony_of(event.chord, label)))
    for own in found:
        for marks in own.values():
            marks.sort(key=lambda mark: mark[0])
    return found


def compressed(text: str) -> bytes:
    """The files of a .mxl, with one fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER), ("score.musicxml", text)):
            entry = zipfile.ZipInfo(name, _FIRST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content.encode())
    return buffer.getvalue()
