"""The notes of a finished score that are foreign to their chords: each named by its kind, and the score as it
is without those that a style does not use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from rulegen.folds.run import run
from rulegen.rules.music import Sounding
from rulegen.rules.places import event_of
from rulegen.score.events import Note, Score
from rulegen.style.expression import Typed
from rulegen.style.foreign import IS_FOREIGN, common_kinds, use_of
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch


@dataclass(frozen=True, slots=True)
class Ornament:
    """What a voice sounds over a chord that has it not. onset, end: whole notes from the first sound.

    kind: None where it is of none that is known. is_allowed: whether the style lets the voice have it there.
    """

    voice: str
    onset: Fraction
    end: Fraction
    pitch: Pitch
    chord: Chord
    kind: str | None
    is_allowed: bool


def ornaments_of(music: Sounding, style: Style) -> tuple[Ornament, ...]:
    """All notes of a piece that are foreign to their chords, in the order of time."""
    if music.draft.tables.harmony is None or not music.draft.frame.chords:
        return ()
    found = [each for number, voice in enumerate(style.voices) for each in _of_voice(music, voice, number)]
    return tuple(sorted(found, key=lambda each: each.onset))


def _of_voice(music: Sounding, voice: VoicePlan, number: int) -> Iterable[Ornament]:
    foreign = _moments(music, voice, IS_FOREIGN)
    if not foreign:
        return
    kinds = [(each.name, each.fits, True) for each in voice.kinds]
    kinds += [(name, fits, False) for name, fits in common_kinds()]
    named: dict[int, tuple[str, bool]] = {}
    for name, fits, is_allowed in kinds:
        if len(named) < len(foreign):
            for moment in _moments(music, voice, fits) & foreign:
                named.setdefault(moment, (name, is_allowed))
    frame, tables = music.draft.frame, music.draft.tables
    row, codes = frame.tone_rows[number], music.codes
    ends = dict(zip(row.layers.tolist(), row.ends.tolist(), strict=True))
    for moment in sorted(foreign):
        pitch = tables.voices[number].pitches[int(codes[tables.of_voice(number), moment])]
        assert pitch is not None and tables.harmony is not None
        kind, is_allowed = named.get(moment, (None, False))
        yield Ornament(
            voice.name,
            frame.onsets[moment],
            frame.ends_at(ends[moment]),
            pitch,
            tables.chords[int(codes[tables.harmony, moment])],
            kind,
            is_allowed or voice.notes.kind != "chord",
        )


def _moments(music: Sounding, voice: VoicePlan, asked: Typed) -> set[int]:
    """Where a statement holds of what a voice sounds over a chord: the moment where that begins."""
    use = use_of(voice.name, asked)
    found: set[int] = set()
    for places in run(use, event_of(use), music):
        found |= set(places.moments[np.flatnonzero(places.holds[0]), places.instance.last].tolist())
    return found


def without(score: Score, ornaments: Sequence[Ornament]) -> Score:
    """The score as it is without some of its ornaments: what leans on the note behind it gives its time to
    that, another to the note before. What cannot be given away stays.
    """
    if not ornaments:
        return score
    lines = {voice.name: list(score.notes_of(voice.name)) for voice in score.voices}
    points = {event.onset for event in score.chords}
    for each in ornaments:
        if each.kind is not None:
            _take_out(lines[each.voice], each, _leans(each, score), points)
    return replace(score, notes=tuple(note for voice in score.voices for note in lines[voice.name]))


def _leans(each: Ornament, score: Score) -> bool:
    """Whether it is heavier than what follows it."""
    if each.end >= score.end:
        return False
    clock = score.timeline
    here, behind = (clock.meter_at(at).strength(clock.position(at)) for at in (each.onset, each.end))
    return here > behind


def _take_out(line: list[Note], each: Ornament, leans: bool, points: set[Fraction]) -> None:
    place = next((n for n, note in enumerate(line) if note.onset <= each.onset < note.end), None)
    if place is None:
        return
    note = line[place]
    before = line[place - 1] if place and line[place - 1].end == note.onset else None
    behind = line[place + 1] if place + 1 < len(line) and line[place + 1].onset == note.end else None
    begins, ends = each.onset == note.onset, each.end == note.end
    hangs_over = not begins or (before is not None and before.pitch == note.pitch)
    if ends and (leans or hangs_over) and behind is not None and behind.pitch is not None:
        line[place + 1] = replace(behind, onset=each.onset, duration=behind.end - each.onset)
        line[place : place + 1] = [] if begins else [replace(note, duration=each.onset - note.onset)]
    elif begins and before is not None and before.pitch is not None:
        line[place - 1] = replace(before, duration=each.end - before.onset)
        line[place : place + 1] = (
            [] if ends else [replace(note, onset=each.end, duration=note.end - each.end)]
        )
        if ends and behind is not None and behind.pitch == before.pitch and behind.onset not in points:
            line[place - 1 : place + 1] = [replace(before, duration=behind.end - before.onset)]


def spoken(kind: str) -> str:
    """The name of a kind with its article: `an escape tone`, `a passing note`."""
    words = kind.replace("_", " ")
    words += " note" if words.endswith(("passing", "neighbour")) else ""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
