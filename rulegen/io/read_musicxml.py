"""A MusicXML tree as a score: parts, lines, ties, repeats, chords and metadata put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from xml.etree.ElementTree import Element

from rulegen.errors import ScoreReadError
from rulegen.io.form import FIELD, with_form
from rulegen.io.key_guess import LARGEST_SIGNATURE, guessed_key, stated_key
from rulegen.io.lines import joined_lines, line_notes, phrases_by_fermatas, range_of, told_apart
from rulegen.io.parts import PartReader, WrittenBar
from rulegen.io.read_labels import chords_of
from rulegen.io.read_loudness import loudness_of
from rulegen.io.unfold import playing_order, sections_of, signs_of
from rulegen.score.events import Note, Score, Voice
from rulegen.score.timeline import Section, Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

USUAL_TEMPO = 120.0
_COMPOSER = "rulegen"


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The bars as they sound: their places in the file, and when each begins."""

    order: tuple[int, ...]
    starts: tuple[Fraction, ...]
    end: Fraction

    @property
    def sounding(self) -> list[tuple[int, Fraction]]:
        """The place of each bar as it sounds, with its onset."""
        return list(zip(self.order, self.starts, strict=True))


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
    named = list(zip(part_names(root), root.findall("part"), strict=True))
    named = named if only is None else named[only : only + 1]
    if not named:
        raise ScoreReadError(f"{file} has no parts")
    parts = {name: PartReader(file, name).read(part) for name, part in named}
    meter = _meter(list(parts.values()), file)
    lengths = _lengths(list(parts.values()), meter, file)
    first = next(iter(parts.values()))
    timeline = _timeline(_order(first, file), lengths)
    voices, notes, owned = _voices(parts, timeline, file)
    key = _key(
        list(parts.values()), [[note for note in notes if note.voice == voice.name] for voice in voices], file
    )
    sounding = {
        part: [(start, bars[place]) for place, start in timeline.sounding if place < len(bars)]
        for part, bars in parts.items()
    }
    chords, notes = chords_of(chain(*sounding.values()), notes, key, timeline.end)
    dynamics, hairpins = loudness_of(sounding, owned)
    folded = len(timeline.order) > len(set(timeline.order))
    sections = sections_of(timeline.order, signs_of(first), timeline.starts, timeline.end) if folded else []
    fields = _fields(root)
    score = Score(
        title=_title(root),
        voices=tuple(voices),
        timeline=Timeline.plain(
            key,
            meter,
            Tempo(_tempo(list(parts.values()))),
            lengths[0] if lengths[0] < meter.bar_length else Fraction(0),
        ),
        notes=tuple(notes),
        chords=tuple(chords),
        metadata=(*(pair for pair in fields if pair[0] != FIELD), *_departures(parts, key)),
        dynamics=dynamics,
        hairpins=hairpins,
    )
    kept = dict(fields).get(FIELD)
    if kept is not None and only is None:
        return with_form(score, kept)
    return _with_sections(score, sections)


def _order(bars: Sequence[WrittenBar], file: str) -> list[int]:
    try:
        return playing_order(signs_of(bars))
    except ValueError as error:
        raise ScoreReadError(f"{file}: {error}") from None


def _with_sections(score: Score, sections: Sequence[Section]) -> Score:
    phrases = phrases_by_fermatas(score, sections)
    if phrases and not sections:
        sections = [Section("A", Fraction(0), score.end)]
    return replace(score, timeline=replace(score.timeline, sections=tuple(sections), phrases=tuple(phrases)))


def _meter(parts: Sequence[Sequence[WrittenBar]], file: str) -> Meter:
    """The one meter of a piece."""
    found: Meter | None = None
    for bars in parts:
        for bar in bars:
            if bar.meter is None:
                continue
            if found is None:
                found = bar.meter
            elif bar.meter != found:
                raise ScoreReadError(
                    f"{file}, bar {bar.number}: the meter changes from {found} to {bar.meter}, "
                    "and rulegen reads pieces in one meter"
                )
    return found or Meter.parse("4/4")


def _lengths(parts: Sequence[Sequence[WrittenBar]], meter: Meter, file: str) -> list[Fraction]:
    """The length of every bar: a full one, save for a pickup, the end, and bars that a repeat cuts in two."""
    count = max(len(bars) for bars in parts)
    if not count:
        raise ScoreReadError(f"{file} has no bars")
    full = meter.bar_length
    found: list[Fraction] = []
    column = [[bars[place] for bars in parts if place < len(bars)] for place in range(count)]
    said = [max(bar.length for bar in bars) for bars in column]
    for place, bars in enumerate(column):
        if said[place] > full:
            raise ScoreReadError(f"{file}, bar {bars[0].number}: it is longer than a bar of {meter}")
        neighbours = [*said[max(0, place - 1) : place], *said[place + 1 : place + 2]]
        marked = bars[0].is_implicit or (place + 1 < count and column[place + 1][0].is_implicit)
        makes_up = any(said[place] + other == full for other in neighbours)
        is_edge = count > 1 and place in (0, count - 1)
        keeps = said[place] and (marked or makes_up or is_edge)
        found.append(said[place] if keeps else full)
    return found


def _timeline(order: Sequence[int], lengths: Sequence[Fraction]) -> _Timeline:
    starts, clock = [], Fraction(0)
    for place in order:
        starts.append(clock)
        clock += lengths[place]
    return _Timeline(tuple(order), tuple(starts), clock)


def _voices(
    parts: dict[str, list[WrittenBar]], timeline: _Timeline, file: str
) -> tuple[list[Voice], list[Note], dict[str, list[str]]]:
    """The voices, their notes, and the names of the voices in each part."""
    voices, notes = [], []
    owned: dict[str, list[str]] = {}
    for part, bars in parts.items():
        lines = joined_lines(bars)
        if not lines:
            raise ScoreReadError(f"{file}: {part} has no notes")
        for number, line in enumerate(lines, 1):
            name = part if len(lines) == 1 else f"{part} {number}"
            found = line_notes(file, name, bars, line, timeline.sounding)
            low, high = range_of(found)
            voices.append(Voice(name, low, high))
            notes += found
            owned.setdefault(part, []).append(name)
    return voices, notes, owned


def _key(parts: Sequence[Sequence[WrittenBar]], voices: Sequence[Sequence[Note]], file: str) -> Key:
    fifths, mode = next((bar.key for bars in parts for bar in bars[:1] if bar.key is not None), (0, None))
    if abs(fifths) > LARGEST_SIGNATURE:
        raise ScoreReadError(
            f"{file}: a key signature of {abs(fifths)} accidentals is none that rulegen knows"
        )
    return stated_key(fifths, mode) or guessed_key(fifths, voices)


def _tempo(parts: Sequence[Sequence[WrittenBar]]) -> float:
    return next((bar.tempo for bars in parts for bar in bars if bar.tempo), USUAL_TEMPO)


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


def _departures(parts: dict[str, list[WrittenBar]], key: Key) -> list[tuple[str, str]]:
    """Where the signature changes: a score has one key, so it is only told."""
    bars = next(iter(parts.values()))
    found: list[str] = []
    before = key.signature_fifths
    for bar in bars:
        if bar.key is not None and bar.key[0] != before:
            before = bar.key[0]
            shown = f"{abs(before)} {'sharps' if before > 0 else 'flats'}" if before else "no accidentals"
            found.append(f"bar {bar.number}: {shown}")
    return [("key changes", "; ".join(found))] if found else []
