"""A MusicXML tree as a score: parts, lines, ties, repeats, chords and metadata put together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from xml.etree.ElementTree import Element

from rulegen.errors import ScoreReadError
from rulegen.io.form import FIELD, with_form
from rulegen.io.lines import (
    NamedLine,
    Written,
    line_notes,
    named_lines,
    phrases_by_fermatas,
    range_of,
    told_apart,
    with_rests,
    written,
)
from rulegen.io.parts import PartReader, WrittenBar
from rulegen.io.read_labels import chords_of
from rulegen.io.read_loudness import loudness_of
from rulegen.io.read_timeline import PlayedBars, played_bars
from rulegen.io.staves import shared_voices
from rulegen.io.unfold import sections_of, signs_of
from rulegen.score.events import LEFT_OUT, Note, Score, Voice
from rulegen.score.timeline import Section, Timeline

_COMPOSER = "rulegen"


def part_names(root: Element) -> list[str]:
    """The names of the parts, in order, told apart by numbers where the file does not."""
    named = {
        entry.get("id"): entry.findtext("part-name") or "" for entry in root.findall("part-list/score-part")
    }
    raw = [" ".join(named.get(part.get("id"), "").split()).lower() for part in root.findall("part")]
    return told_apart([name or "part" for name in raw])


def score_of(root: Element, file: str, only: int | None = None) -> Score:
    """The score that a tree says; `only` reads the part of that place alone.

    Raises ScoreReadError, naming part and bar, for what our scores cannot hold.
    """
    named = _named_parts(root, file, only)
    parts = {name: reader.read(part) for name, (reader, part) in named}
    played = played_bars(parts, file)
    fields = _fields(root)
    unnamed = {name: reader.unnamed for name, (reader, _) in named if reader.unnamed}
    if unnamed and len(unnamed) < len(parts):
        fields.append((LEFT_OUT, "; ".join(f"{name}, whose strokes have no names" for name in unnamed)))
        parts = {name: bars for name, bars in parts.items() if name not in unnamed}
    for name, bar in unnamed.items() if len(unnamed) == len(parts) else ():
        said = "a note of percussion does not say what is struck, by a key of General MIDI"
        raise ScoreReadError(f"{file}: {name}, bar {bar}: {said}")
    lines = [*named_lines(parts, shared_voices(dict(fields)))]
    voices, notes = _voices(lines, parts, played, file)
    if all(note.is_rest for note in notes):
        raise ScoreReadError(
            f"{file} has no notes" if only is None else f"{file}: {named[0][0]} has no notes"
        )
    pitched = [voice.name for voice in voices if voice.kit is None]
    keys = played.keys([[note for note in notes if note.voice == name] for name in pitched])
    timeline = Timeline(keys, played.meters, played.tempi, keys, end=played.end)
    sounding = {part: played.of(bars) for part, bars in parts.items()}
    labels = chords_of(chain(*sounding.values()), notes, timeline)
    dynamics, hairpins = loudness_of(
        sounding, {part: [each.voice for each in lines if each.part == part] for part in parts}
    )
    score = Score(
        title=_title(root),
        voices=tuple(voices),
        timeline=replace(timeline, keys=labels.keys),
        notes=labels.notes,
        chords=labels.chords,
        metadata=tuple(pair for pair in fields if pair[0] != FIELD),
        dynamics=dynamics,
        hairpins=hairpins,
        printed=played.names(next(iter(parts.values())), timeline),
    )
    kept = dict(fields).get(FIELD)
    if kept is not None and only is None:
        return with_form(score, kept)
    return _with_sections(score, played, next(iter(parts.values())))


def _with_sections(score: Score, played: PlayedBars, bars: Sequence[WrittenBar]) -> Score:
    """The score with the sections that its repeats cut it into, and the phrases that its fermatas end."""
    folded = len(played.order) > len(set(played.order))
    sections = sections_of(played.order, signs_of(bars), played.starts, played.end) if folded else []
    phrases = phrases_by_fermatas(score, sections)
    if phrases and not sections:
        sections = [Section("A", Fraction(0), score.end)]
    return replace(score, timeline=replace(score.timeline, sections=tuple(sections), phrases=tuple(phrases)))


def _voices(
    lines: Sequence[NamedLine], parts: Mapping[str, Sequence[WrittenBar]], played: PlayedBars, file: str
) -> tuple[list[Voice], list[Note]]:
    """The voices and their notes."""
    voices, notes = [], []
    for part, name, line, stroke in lines:
        found = line_notes(file, name, line, played.of(parts[part]))
        if stroke is not None:
            voices.append(Voice.of_stroke(stroke, part))
            found = with_rests(found, played.end, name)
        elif line:
            voices.append(Voice(name, *range_of(found)))
        else:
            voices.append(Voice.silent(name))
            found = with_rests((), played.end, name)
        notes += found
    return voices, notes


def written_notes(root: Element, file: str) -> dict[str, list[Written]]:
    """The notes and rests of each voice as they are written, in the order of time. Raises ScoreReadError."""
    parts = dict(_named_parts(root, file))
    read = {name: reader.read(part) for name, (reader, part) in parts.items()}
    played = played_bars(read, file)
    lines = named_lines(read, shared_voices(dict(_fields(root))))
    return {voice: [*written(line, played.of(read[part]))] for part, voice, line, _ in lines}


def _named_parts(
    root: Element, file: str, only: int | None = None
) -> list[tuple[str, tuple[PartReader, Element]]]:
    """The parts by their names, each with its reader. Raises ScoreReadError where there are none."""
    named = list(zip(part_names(root), root.findall("part"), strict=True))
    named = named if only is None else named[only : only + 1]
    if not named:
        raise ScoreReadError(f"{file} has no parts")
    kits = _kits(root)
    return [(name, (PartReader(file, name, kits.get(part.get("id", ""), {})), part)) for name, part in named]


def _kits(root: Element) -> dict[str, dict[str, int]]:
    """The keys of General MIDI that the instruments of each part strike, by part and instrument."""
    found: dict[str, dict[str, int]] = {}
    for part in root.findall("part-list/score-part"):
        for sound in part.findall("midi-instrument"):
            key = (sound.findtext("midi-unpitched") or "").strip()
            if key.isdecimal():
                found.setdefault(part.get("id", ""), {})[sound.get("id", "")] = int(key) - 1
    return found


def _title(root: Element) -> str:
    found = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    return found.strip()


def _fields(root: Element) -> list[tuple[str, str]]:
    """The metadata of a file, its composer among it where rulegen is not the one."""
    found = [
        (field.get("name", ""), field.text or "")
        for field in root.findall("identification/miscellaneous/miscellaneous-field")
        if field.get("name")
    ]
    for creator in root.findall("identification/creator"):
        role, name = creator.get("type", "composer"), (creator.text or "").strip()
        if name and name != _COMPOSER and role not in dict(found):
            found.append((role, name))
    return found
