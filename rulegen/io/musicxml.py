"""MusicXML out, plain or compressed: written straight from the score, the same bytes for the same score."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from math import lcm
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rulegen.errors import OutputError
from rulegen.io.bars import Bar, printed_bars
from rulegen.io.directions import loudness_marks, tempo_marks
from rulegen.io.form import FIELD, form_text
from rulegen.io.labels import harmony_of, labelled_part, printed_chords
from rulegen.io.layout import written_bars
from rulegen.io.measures import Mark, PartWriter, put
from rulegen.io.staves import Staff, staves_of
from rulegen.score.events import Score
from rulegen.storage import write_whole

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
    write_whole(target, _compressed(text) if suffix == COMPRESSED else text.encode())


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
    _list_parts(root, staves_of(score))
    _write_parts(root, score, labels)
    indent(root)
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


def _list_parts(root: Element, staves: Sequence[Staff]) -> None:
    """The part list, a bracket around it where there are several parts."""
    listed = SubElement(root, "part-list")
    if len(staves) > 1:
        group = SubElement(listed, "part-group", type="start", number="1")
        put(group, "group-symbol", "bracket")
        put(group, "group-barline", "yes")
    for place, staff in enumerate(staves):
        part, player = f"P{place + 1}", f"I{place + 1}"
        entry = SubElement(listed, "score-part", id=part)
        put(entry, "part-name", staff.name)
        put(entry, "part-abbreviation", staff.abbreviation)
        put(SubElement(entry, "score-instrument", id=player), "instrument-name", staff.name)
        sound = SubElement(entry, "midi-instrument", id=player)
        channel = place % 15 + 1
        put(sound, "midi-channel", channel + (channel >= _DRUMS))
        put(sound, "midi-program", staff.program + 1)
    if len(staves) > 1:
        SubElement(listed, "part-group", type="stop", number="1")


def _write_parts(root: Element, score: Score, labels: bool) -> None:
    bars = printed_bars(score)
    music = [written_bars(score, voice.name, bars) for voice in score.voices]
    marks = _marks(score, bars, labels)
    times = [note.duration for part in music for bar in part for note in bar]
    times += [onset for part in marks for bar in part.values() for onset, _ in bar]
    divisions = lcm(*{(4 * time).denominator for time in times})
    for place, (staff, part) in enumerate(zip(staves_of(score), music, strict=True)):
        writer = PartWriter(divisions, staff.clef)
        element = put(root, "part", id=f"P{place + 1}")
        for number, (bar, notes) in enumerate(zip(bars, part, strict=True)):
            element.append(writer.measure(bar, notes, marks[place].get(number, ())))


def _marks(score: Score, bars: Sequence[Bar], labels: bool) -> list[dict[int, list[Mark]]]:
    """What stands between the notes of each part, by the place of the bar, in order of time."""
    found: list[dict[int, list[Mark]]] = [defaultdict(list) for _ in score.voices]
    if not found:
        return found
    for place, onset, mark in tempo_marks(score, bars):
        found[0][place].append((onset - bars[place].start, mark))
    for at, voice in enumerate(score.voices):
        for place, onset, mark in loudness_marks(score, voice.name, bars):
            found[at][place].append((onset - bars[place].start, mark))
    if labels:
        part = found[labelled_part(score)]
        for place, event, label in printed_chords(score, bars):
            part[place].append((event.onset - bars[place].start, harmony_of(event.chord, label)))
    for part in found:
        for marks in part.values():
            marks.sort(key=lambda mark: mark[0])
    return found


def _compressed(text: str) -> bytes:
    """The files of a .mxl, with one fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER), ("score.musicxml", text)):
            entry = zipfile.ZipInfo(name, _FIRST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content.encode())
    return buffer.getvalue()
