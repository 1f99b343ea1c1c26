"""Writes a score in the short notation, in systems of four bars with the bars aligned."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rulegen.score.events import Note, Score
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.score.tokens import ARTICULATION_SIGNS, FERMATA, GAP, HOLD, ORNAMENT, REST, SLURRED, STRUCK
from rulegen.theory.scale import Key

HARMONY = "harmony"
BARE_WORD = r"[^\W\d][\w'+-]*"
OF_TIME = frozenset({"key", "signature", "meter", "tempo", "pickup"})
HEADER_WORDS = OF_TIME | {
    "title",
    "at",
    "repeats",
    "voice",
    "section",
    "phrase",
    "meta",
    "dynamic",
    "hairpin",
}

_BARS_A_LINE = 4


@dataclass(frozen=True, slots=True)
class _Item:
    """What a line says at one place: the word, the marks that follow its duration, the key before it."""

    word: str
    onset: Fraction
    end: Fraction
    marks: str = ""
    key: str = ""


def format_score(score: Score) -> str:
    """Writes a score in the short notation, header and systems, so that `parse_score` gives it back.

    Raises ValueError where notes of one voice overlap, which a line of text cannot say.
    """
    lines = [
        (voice.name, _note_items(score.notes_of(voice.name), voice.kit is not None)) for voice in score.voices
    ]
    rows = [(word(name), _cells(score, items)) for name, items in lines]
    if score.chords:
        rows.append((HARMONY, _cells(score, _chord_items(score))))
    return "\n".join([*_header(score), *_systems(rows)]) + "\n"


def word(text: str) -> str:
    """A name as it stands, or in quotes where it has spaces or means something else to the notation."""
    bare = re.fullmatch(BARE_WORD, text) and text != HARMONY and text not in HEADER_WORDS
    return text if bare else json.dumps(text, ensure_ascii=False)


def _header(score: Score) -> Iterator[str]:
    yield f"title {json.dumps(score.title, ensure_ascii=False)}"
    yield from sorted(_changes(score.timeline), key=lambda line: line.startswith("at "))
    if score.repeat_style != "signs":
        yield f"repeats {score.repeat_style}"
    for name, value in score.metadata:
        yield f"meta {word(name)} {json.dumps(value, ensure_ascii=False)}"
    for voice in score.voices:
        said = f"{voice.low}..{voice.high}" if voice.kit is None else f"percussion {word(voice.kit)}"
        yield f"voice {word(voice.name)} {said}"
    yield from map(_section_line, score.sections)
    yield from map(_phrase_line, score.phrases)
    for dynamic in score.dynamics:
        yield f"dynamic {dynamic.onset} {dynamic.level}{_of_voice(dynamic.voice)}"
    for hairpin in score.hairpins:
        yield f"hairpin {hairpin.onset}..{hairpin.end} {hairpin.kind}{_of_voice(hairpin.voice)}"


def _of_voice(voice: str | None) -> str:
    return f" voice {word(voice)}" if voice is not None else ""


def _changes(timeline: Timeline) -> Iterator[str]:
    """The keys, meters, tempi and upbeats, each from when it holds; a signature where it is not the key's."""

    def at(onset: Fraction, said: object) -> str:
        return f"at {onset} {said}" if onset else str(said)

    yield from (at(onset, f"key {key.name}") for onset, key in timeline.keys)
    if timeline.signatures != timeline.keys[:1]:
        yield from (at(onset, f"signature {key.name}") for onset, key in timeline.signatures)
    yield from (at(onset, f"meter {meter.name}") for onset, meter, _ in timeline.meters)
    yield from (at(onset, f"tempo {tempo}") for onset, tempo in timeline.tempi)
    yield from (at(onset, f"pickup {upbeat}") for onset, _, upbeat in timeline.meters if upbeat)


def _section_line(section: Section) -> str:
    statement = f" statement {section.statement}" if section.statement != 1 else ""
    repeat = f" repeats {section.repeat_of}" if section.repeat_of is not None else ""
    return f"section {word(section.name)} {section.onset}..{section.end}{statement}{repeat}"


def _phrase_line(phrase: Phrase) -> str:
    statement = f" statement {phrase.statement}" if phrase.statement != 1 else ""
    cadence = f" cadence {word(phrase.cadence)}" if phrase.cadence is not None else ""
    return f"phrase {phrase.onset}..{phrase.end} section {word(phrase.section)}{statement}{cadence}"


def _note_items(notes: Iterable[Note], is_struck: bool) -> Iterator[_Item]:
    for note in notes:
        marks = ORNAMENT * note.ornament + FERMATA * note.fermata
        marks += "".join(ARTICULATION_SIGNS[mark] for mark in note.articulations) + SLURRED * note.slurred
        if note.lyric is not None:
            marks += json.dumps(note.lyric, ensure_ascii=False)
        sounded = STRUCK if is_struck else note.pitch.name if note.pitch else ""
        yield _Item(sounded if note.pitch else REST, note.onset, note.end, marks)


def _chord_items(score: Score) -> Iterator[_Item]:
    timeline = score.timeline
    before: tuple[Fraction, Key] | None = None
    for event in score.chords:
        key = timeline.key_at(event.onset)
        changed = max(onset for onset, _ in timeline.keys if onset <= event.onset)
        if before is not None and before[0] >= changed:
            key = before[1]
        change = ""
        if event.chord.key != key:
            change = f"[{event.chord.key.name}] "
            before = event.onset, event.chord.key
        yield _Item(event.chord.label, event.onset, event.end, key=change)


def _filled(items: Iterable[_Item]) -> Iterator[_Item]:
    """The items with a gap item wherever time passes between them."""
    clock = Fraction(0)
    for item in items:
        if item.onset < clock or item.end <= item.onset:
            raise ValueError(f"{item.word} at {item.onset} overlaps what stands before it, or has no length")
        if item.onset > clock:
            yield _Item(GAP, clock, item.onset)
        yield item
        clock = item.end


def _cells(score: Score, items: Iterable[_Item]) -> list[str]:
    """One text for each bar; what sounds across a bar line is held over it."""
    timeline = score.timeline
    lines = [Fraction(0)]
    while lines[-1] < score.end:
        lines.append(timeline.bar_end(lines[-1]))
    places = {line: place for place, line in enumerate(lines)}
    cells: list[list[str]] = [[] for _ in lines[1:]]
    duration: Fraction | None = None
    for item in _filled(items):
        onset = item.onset
        while onset < item.end:
            line = timeline.bar_end(onset)
            end, bar = min(item.end, line), places[line] - 1
            cell = cells[bar]
            restate = end - onset != duration or (not cell and bar % _BARS_A_LINE == 0)
            duration = end - onset
            length = f":{duration.numerator}/{duration.denominator}" if restate else ""
            starts = onset == item.onset
            cell.append(f"{item.key}{item.word}{length}{item.marks}" if starts else f"{HOLD}{length}")
            onset = end
    return [" ".join(cell) for cell in cells]


def _systems(rows: list[tuple[str, list[str]]]) -> Iterator[str]:
    names = max((len(name) for name, _ in rows), default=0)
    bars = max((len(cells) for _, cells in rows), default=0)
    for start in range(0, bars, _BARS_A_LINE):
        yield ""
        system = [(name, cells[start : start + _BARS_A_LINE]) for name, cells in rows]
        widths = [max(map(len, column)) for column in zip(*(cells for _, cells in system), strict=True)]
        for name, cells in system:
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            yield f"{name.ljust(names)} | {' | '.join(padded)} |"
