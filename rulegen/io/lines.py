"""The lines of a part: which of its voices are lines, and their notes with ties joined."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple
from xml.etree.ElementTree import Element

from rulegen.errors import ScoreReadError
from rulegen.io.parts import LineName, WrittenBar, WrittenPiece
from rulegen.score.events import Note, Score
from rulegen.score.timeline import Phrase, Section
from rulegen.theory.pitch import Pitch
from rulegen.theory.stroke import BY_KEY, Stroke

Line = frozenset[LineName]


class Written(NamedTuple):
    """A note as it stands in the file, from when to when it sounds in whole notes."""

    onset: Fraction
    end: Fraction
    element: Element


def told_apart(names: Sequence[str]) -> list[str]:
    """Names with a number after each that stands more than once."""
    counts, seen = Counter(names), Counter[str]()
    found: list[str] = []
    for name in names:
        seen[name] += 1
        shown = f"{name} {seen[name]}" if counts[name] > 1 else name
        while shown in found:
            shown += "'"
        found.append(shown)
    return found


def joined_lines(bars: Sequence[WrittenBar]) -> list[Line]:
    """The lines of a part, by staff and voice, top first; voices that take turns are one line."""
    names = sorted(
        {name for bar in bars for name, pieces in bar.lines.items() if any(piece.pitch for piece in pieces)},
        key=lambda name: (name[0], len(name[1]), *name[1:]),
    )
    together = frozenset(names)
    if is_kit(bars):
        return [frozenset({name}) for name in names if name[0] == 0]
    if len(names) > 1 and not any(_overlap(list(_pieces(bar, together))) for bar in bars):
        return [together]
    return [frozenset({name}) for name in names]


class NamedLine(NamedTuple):
    """The line of a part that is a voice, and what is struck where it is an instrument of a kit."""

    part: str
    voice: str
    line: Line
    stroke: Stroke | None = None


def named_lines(
    parts: Mapping[str, Sequence[WrittenBar]], shared: Mapping[str, Sequence[str]]
) -> Iterator[NamedLine]:
    """The voices of all parts, in their order; `shared` has the names of those in parts that say them. A part
    without a note is one voice.
    """
    for part, bars in parts.items():
        lines = joined_lines(bars)
        if is_kit(bars):
            for line in lines:
                pitch = next(piece.pitch for bar in bars for piece in _pieces(bar, line) if piece.pitch)
                stroke = BY_KEY[pitch.midi]
                yield NamedLine(part, stroke.name, line, stroke)
            continue
        if not lines:
            yield NamedLine(part, part, frozenset())
        names = [part] if len(lines) == 1 else [f"{part} {number}" for number in range(1, len(lines) + 1)]
        said = shared.get(part, ())
        for name, line in zip(said if len(said) == len(lines) else names, lines, strict=True):
            yield NamedLine(part, name, line)


def is_kit(bars: Sequence[WrittenBar]) -> bool:
    """Whether a part is struck: what it says beside strokes is rests."""
    return any(piece.is_struck for bar in bars for pieces in bar.lines.values() for piece in pieces)


def with_rests(notes: Sequence[Note], end: Fraction, voice: str) -> list[Note]:
    """The notes of a voice with a rest wherever nothing sounds, up to an end."""
    found: list[Note] = []
    now = Fraction(0)
    for note in notes:
        if note.onset > now:
            found.append(Note(voice, now, note.onset - now, None))
        found.append(note)
        now = note.end
    if now < end:
        found.append(Note(voice, now, end - now, None))
    return found


def line_notes(
    file: str, voice: str, line: Line, sounding: Sequence[tuple[Fraction, WrittenBar]]
) -> list[Note]:
    """The notes of a line as they sound, ties joined, rests that follow each other one rest.

    `sounding` has the bars as they sound, each with its onset. Raises ScoreReadError where notes sound
    together.
    """
    found: list[Note] = []
    goes_on = False
    for start, bar in sounding:
        pieces = sorted(_pieces(bar, line), key=lambda piece: piece.onset)
        if _overlap(pieces):
            raise ScoreReadError(
                f"{file}: {voice}, bar {bar.number}: two notes sound together, "
                "and a voice has one note at a time; give each note its own voice"
            )
        for piece in pieces:
            note = _note(voice, start, piece)
            if found and _joins(found[-1], goes_on, note):
                held = found[-1]
                found[-1] = replace(
                    held,
                    duration=held.duration + note.duration,
                    fermata=held.fermata or note.fermata,
                    slurred=note.slurred,
                )
            else:
                found.append(note)
            goes_on = piece.tied_to
    return found


def written(line: Line, sounding: Sequence[tuple[Fraction, WrittenBar]]) -> Iterator[Written]:
    """The notes and rests of a line as they are written, each time that they sound."""
    for start, bar in sounding:
        for piece in _pieces(bar, line):
            if piece.element is not None:
                onset = start + piece.onset
                yield Written(onset, onset + piece.duration, piece.element)


def range_of(notes: Sequence[Note]) -> tuple[Pitch, Pitch]:
    """The lowest and the highest note."""
    pitches = [note.pitch for note in notes if note.pitch is not None]
    return min(pitches), max(pitches)


def phrases_by_fermatas(score: Score, sections: Sequence[Section]) -> list[Phrase]:
    """The phrases that fermatas end, in the voice that has most of them; none where there is no fermata."""
    ends = {
        voice.name: [note.end for note in score.notes_of(voice.name) if note.fermata]
        for voice in score.voices
    }
    stops = max(ends.values(), key=len, default=[])
    if not stops:
        return []
    stops = sorted({*stops, score.end, *(section.end for section in sections)})
    found, start = [], Fraction(0)
    for stop in stops:
        home = next((part for part in sections if part.onset <= start < part.end), None)
        name, statement = (home.name, home.statement) if home else ("A", 1)
        found.append(Phrase(start, stop, name, statement))
        start = stop
    return found


def _pieces(bar: WrittenBar, line: Line) -> Iterator[WrittenPiece]:
    """What a line says in a bar; rests only where the line is a single voice."""
    for name in line:
        for piece in bar.lines.get(name, ()):
            if len(line) == 1 or piece.pitch is not None:
                yield piece


def _overlap(pieces: Sequence[WrittenPiece]) -> bool:
    clock = Fraction(0)
    for piece in sorted(pieces, key=lambda piece: piece.onset):
        if piece.onset < clock:
            return True
        clock = piece.onset + piece.duration
    return False


def _note(voice: str, start: Fraction, piece: WrittenPiece) -> Note:
    return Note(
        voice,
        start + piece.onset,
        piece.duration,
        piece.pitch,
        fermata=piece.fermata,
        lyric=piece.lyric,
        articulations=piece.articulations,
        slurred=piece.slurred and piece.pitch is not None,
    )


def _joins(held: Note, goes_on: bool, note: Note) -> bool:
    """Whether a piece is the rest of the note, or of the rest, before it."""
    if held.end != note.onset or held.pitch != note.pitch:
        return False
    return goes_on or note.is_rest
