"""MusicXML out, plain or compressed: music21 writes the notes, and the same score gives the same bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rulegen.errors import OutputError
from rulegen.io.bars import printed_bars
from rulegen.io.files import write_whole
from rulegen.io.form import FIELD, form_text
from rulegen.io.labels import fill_harmony
from rulegen.io.music21_score import labelled_part, printed_chords, to_music21
from rulegen.score.events import ChordEvent, Score

PLAIN, COMPRESSED = (".musicxml", ".xml"), ".mxl"
SOFTWARE = "rulegen"

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
    """The MusicXML of a score; `labels` shows its chords."""
    root = _exported(score, labels)
    _strip_comments(root)
    if labels and score.voices:
        part = root.findall("part")[labelled_part(score)]
        _name_harmonies(part, [event for _, event in printed_chords(score, printed_bars(score))], score)
    for sound in root.iter("sound"):
        if sound.get("tempo"):
            sound.set("tempo", f"{score.tempo_quarter_bpm:.15g}")
    _identify(root, score)
    _coarsen(root)
    indent(root)
    return _HEADER + tostring(root, encoding="unicode") + "\n"


def _exported(score: Score, labels: bool) -> Element:
    """What music21 makes of the score, without its own makeNotation, which is most of its cost."""
    from music21.musicxml.m21ToXml import ScoreExporter

    exporter = ScoreExporter(to_music21(score, labels), makeNotation=False)
    root: Element = exporter.parse()
    return root


def _strip_comments(root: Element) -> None:
    for parent in [root, *root.findall("part")]:
        for child in list(parent):
            if callable(child.tag):  # so ElementTree marks a comment
                parent.remove(child)


def _name_harmonies(part: Element, chords: Sequence[ChordEvent], score: Score) -> None:
    """Turns the texts that music21 wrote for chords into harmonies, which keep their meaning."""
    texts = [
        direction
        for direction in part.iter("direction")
        if direction.find("direction-type/words") is not None
    ]
    for direction, event in zip(texts, chords, strict=True):
        offset, placement = direction.findtext("offset"), direction.get("placement", "below")
        direction.clear()
        direction.tag = "harmony"
        direction.set("placement", placement)
        fill_harmony(direction, event, score.key)
        if offset is not None:
            SubElement(direction, "offset").text = offset


def _identify(root: Element, score: Score) -> None:
    """Who made the score and from what: no date, so that the bytes stay the same."""
    identification = root.find("identification")
    encoding = root.find("identification/encoding")
    if identification is None or encoding is None:
        return
    for element in [*encoding.findall("encoding-date"), *encoding.findall("software")]:
        encoding.remove(element)
    for element in encoding.findall("supports[@element='stem']"):
        encoding.remove(element)  # the program that shows the score turns the stems
    for element in root.findall("movement-title"):
        root.remove(element)
    software = Element("software")
    software.text = SOFTWARE
    encoding.insert(0, software)
    for element in identification.findall("miscellaneous"):
        identification.remove(element)
    fields = SubElement(identification, "miscellaneous")
    for name, value in (*score.metadata, (FIELD, form_text(score))):
        SubElement(fields, "miscellaneous-field", name=name).text = value


def _coarsen(root: Element) -> None:
    """Counts time in the longest unit that divides every length, where music21 takes 1/10080 quarter."""
    tags = ("divisions", "duration", "offset")
    counts = [element for tag in tags for element in root.iter(tag)]
    unit = gcd(*(int(element.text or "0") for element in counts))
    for element in counts:
        element.text = str(int(element.text or "0") // unit)


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
