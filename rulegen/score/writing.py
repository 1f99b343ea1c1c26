"""Writes a score in the short notation, in systems of four bars with the bars aligned."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rulegen.score.events import Note, Phrase, Score, Section
from rulegen.score.tokens import GAP, HOLD, REST

HARMONY = "harmony"
BARE_WORD = r"[^\W\d][\w'+-]*"
HEADER_WORDS = frozenset(
    {"title", "key", "meter", "tempo", "pickup", "repeats", "voice", "section", "phrase", "meta"}
)

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
    lines = [(voice.name, _note_items(score.notes_of(voice.name))) for voice in score.voices]
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
    yield f"key {score.key.name}"
    yield f"meter {score.meter.name}"
    yield f"tempo quarter = {_number(score.tempo_quarter_bpm)}"
    if score.pickup:
        yield f"pickup {score.pickup}"
    if score.repeat_style != "signs":
        yield f"repeats {score.repeat_style}"
    for name, value in score.metadata:
        yield f"meta {word(name)} {json.dumps(value, ensure_ascii=False)}"
    for voice in score.voices:
        yield f"voice {word(voice.name)} {voice.low}..{voice.high}"
    yield from map(_section_line, score.sections)
    yield from map(_phrase_line, score.phrases)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _section_line(section: Section) -> str:
    statement = f" statement {section.statement}" if section.statement != 1 else ""
    repeat = f" repeats {section.repeat_of}" if section.repeat_of is not None else ""
    return f"section {word(section.name)} {section.onset}..{section.end}{statement}{repeat}"


def _phrase_line(phrase: Phrase) -> str:
    statement = f" statement {phrase.statement}" if phrase.statement != 1 else ""
    cadence = f" cadence {word(phrase.cadence)}" if phrase.cadence is not None else ""
    return f"phrase {phrase.onset}..{phrase.end} section {word(phrase.section)}{statement}{cadence}"


def _note_items(notes: Iterable[Note]) -> Iterator[_Item]:
    for note in notes:
        marks = "*" * note.ornament + "!" * note.fermata
        if note.lyric is not None:
            marks += json.dumps(note.lyric, ensure_ascii=False)
        yield _Item(note.pitch.name if note.pitch else REST, note.onset, note.end, marks)


def _chord_items(score: Score) -> Iterator[_Item]:
    key = score.key
    for event in score.chords:
        change = f"[{event.chord.key.name}] " if event.chord.key != key else ""
        key = event.chord.key
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
    first = score.bar_of(Fraction(0))
    last = score.bar_of(score.end)
    if score.bar_start(last) == score.end:
        last -= 1
    cells: list[list[str]] = [[] for _ in range(first, last + 1)]
    duration: Fraction | None = None
    for item in _filled(items):
        onset = item.onset
        while onset < item.end:
            bar = score.bar_of(onset)
            end = min(item.end, score.bar_start(bar + 1))
            cell = cells[bar - first]
            restate = end - onset != duration or (not cell and (bar - first) % _BARS_A_LINE == 0)
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
