"""The phrases of a score, read as a style speaks: who sounds what at each of its moments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from rulegen.fit.frame import PhraseFrame
from rulegen.plan.schedule import chord_points
from rulegen.plan.tune import Tune
from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.timeline import Event, Phrase, Section, Timeline
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key


@dataclass(frozen=True)
class Heard:
    """A phrase of a piece: what each voice sounds at each moment of its frame, and the chord (none where the
    style has no harmony).
    """

    piece: str
    key: Key
    frame: PhraseFrame
    pitches: tuple[tuple[Pitch | None, ...], ...]  # of each voice
    chords: tuple[Chord, ...]

    @property
    def units(self) -> int:
        """How many chords it has, or notes where there is no harmony: what counts are related to."""
        if self.frame.chords:
            return len(self.frame.chords)
        return sum(event.sounds for row in self.frame.notes for event in row)


def meters_of(style: Style) -> frozenset[Meter]:
    """The meters that phrases of a style are in; none where any will do, since it takes a tune's own."""
    if style.form.from_voice is not None:
        return frozenset()
    found = {style.meter}
    for section in style.form.sections:
        own = section.meter or style.meter
        found |= {phrase.meter or own for phrase in section.phrases}
    return frozenset(found)


def phrases_of(score: Score, style: Style, name: str) -> list[Heard]:
    """The phrases of a score that has the style's voices, and chords where the style has harmony; without
    those that are only stated again, and those in a meter that the style does not speak of or in several.

    Phrases are those that the score marks, else what ends under a fermata of the top voice, else its
    sections, else the whole. A voice that moves with the harmony, or evenly, sounds one note at each of its
    points: the note that begins or goes on there, or where that is foreign to the chord, the first that is
    not before the next point. A voice whose rhythm is sampled keeps its own.
    """
    score = replace(score, timeline=replace(score.timeline, phrases=_marked(score)))
    again = [(part.onset, part.end) for part in score.sections if part.repeat_of is not None]
    lines = [_Line.of(score, voice) for voice in style.voices]
    meters = meters_of(style)
    found = []
    for phrase in score.phrases:
        if any(start <= phrase.onset < end for start, end in again):
            continue
        changed = any(phrase.onset < change.onset < phrase.end for change in score.timeline.meters)
        if changed or (meters and score.timeline.meter_at(phrase.onset) not in meters):
            continue
        chords = [event for event in score.chords if phrase.onset <= event.onset < phrase.end]
        if (not chords and style.harmony is not None) or not any(line.sounds(phrase) for line in lines):
            continue
        found.append(_heard(score, phrase, chords, lines, name))
    return found


def _marked(score: Score) -> tuple[Phrase, ...]:
    """The phrases of a score, in the order of time."""
    if score.phrases:
        return score.phrases
    for voice in score.voices[:1]:
        line = replace(score, voices=(voice,), notes=score.notes_of(voice.name))
        if any(note.fermata for note in line.notes):
            spans = Tune.of_score(line, voice.name, False).phrases
            if len(spans) > 1:
                return tuple(Phrase(onset, end, "A", 1) for onset, end, _ in spans)
    if len(score.sections) > 1:
        return tuple(Phrase(part.onset, part.end, "A", 1) for part in score.sections)
    return (Phrase(Fraction(0), score.end, "A", 1),)


@dataclass(frozen=True)
class _Line:
    """A voice of the score, and where it may begin its notes as the style has it move."""

    plan: VoicePlan
    notes: tuple[Note, ...]
    points: tuple[Fraction, ...] | None  # None: where its own notes begin, or with the chords

    @cached_property
    def onsets(self) -> list[Fraction]:
        """Where its notes and rests begin, and the end of the last."""
        return [*(note.onset for note in self.notes), *(note.end for note in self.notes[-1:])]

    def within(self, onset: Fraction, end: Fraction) -> tuple[Note, ...]:
        """The notes and rests that sound from one time to another."""
        first = max(bisect_right(self.onsets, onset) - 1, 0)
        found = self.notes[first : bisect_left(self.onsets, end)]
        return found[1:] if found and found[0].end <= onset else found

    @classmethod
    def of(cls, score: Score, plan: VoicePlan) -> _Line:
        """The line of a voice."""
        notes = score.notes_of(plan.name)
        is_own = plan.has_own_lengths
        moves_evenly = not is_own and (plan.rhythm.every is not None or not score.chords)
        if not moves_evenly:
            return cls(plan, notes, None)
        every = plan.rhythm.every or "bar"
        alone = replace(score, voices=(score.voice(plan.name),), notes=notes, chords=())
        return cls(plan, notes, tuple(chord_points(every, alone)))

    def sounds(self, phrase: Phrase) -> bool:
        """Whether it has a note in a phrase."""
        return any(note.pitch is not None for note in self.within(phrase.onset, phrase.end))

    def spans(self, phrase: Phrase, chords: Sequence[ChordEvent]) -> list[tuple[Fraction, Fraction]]:
        """When its notes begin and end in a phrase."""
        if self.plan.has_own_lengths:
            inner = self.within(phrase.onset, phrase.end)
            cuts = {time for note in inner for time in (note.onset, note.end)}
        else:
            cuts = {event.onset for event in chords} if self.points is None else set(self.points)
        inside = [cut for cut in sorted(cuts) if phrase.onset < cut < phrase.end]
        return list(pairwise([phrase.onset, *inside, phrase.end]))

    def pitch(self, onset: Fraction, end: Fraction, chord: Chord | None) -> Pitch | None:
        """What it sounds from one point to the next."""
        sounding = self.within(onset, end)
        first = sounding[0].pitch if sounding and sounding[0].onset <= onset else None
        if chord is None or first is None or self.plan.notes.kind != "chord":
            return first
        own = (note.pitch for note in sounding if note.pitch is not None)
        return next((pitch for pitch in own if pitch.pitch_class in chord.tones), first)


def _heard(
    score: Score, phrase: Phrase, chords: Sequence[ChordEvent], lines: Sequence[_Line], name: str
) -> Heard:
    start, length = phrase.onset, phrase.end - phrase.onset
    starts = [event.onset for event in chords]
    rows: list[tuple[Event, ...]] = []
    sung: list[list[tuple[Fraction, Pitch | None]]] = []
    for line in lines:
        row: list[Event] = []
        sung.append([])
        for onset, end in line.spans(phrase, chords):
            chord = chords[max(bisect_right(starts, onset) - 1, 0)].chord if chords else None
            pitch = line.pitch(onset, end, chord)
            row.append(Event(onset - start, end - start, pitch is not None))
            sung[-1].append((onset - start, pitch))
        rows.append(tuple(row))
    harmony = _harmony(phrase, chords)
    onsets = sorted({event.onset for row in (*rows, harmony) for event in row})
    clock = score.timeline.from_onset(start, phrase.end).in_key(score.timeline.key_at(start))
    form = Phrase(Fraction(0), length, "A", 1, phrase.cadence), Section("A", Fraction(0), length)
    frame = PhraseFrame(
        replace(clock, tempi=Timeline.tempi, phrases=form[:1], sections=form[1:]),
        tuple(onsets),
        tuple(line.plan.name for line in lines),
        tuple(rows),
        harmony,
        opens_piece=start == 0,
        closes_piece=phrase.end == score.end,
    )
    frame = replace(frame, bars_before=score.timeline.bar_number(start) - frame.bar_number(Fraction(0)))
    return Heard(
        name,
        score.timeline.key_at(start),
        frame,
        tuple(tuple(_at(onset, line) for onset in onsets) for line in sung),
        tuple(chords[max(bisect_right(starts, start + onset) - 1, 0)].chord for onset in onsets if chords),
    )


def _harmony(phrase: Phrase, chords: Sequence[ChordEvent]) -> tuple[Event, ...]:
    """When each chord begins, the first with the phrase, and ends, the last with it."""
    cuts = [phrase.onset, *(event.onset for event in chords[1:]), phrase.end] if chords else []
    return tuple(Event(onset - phrase.onset, end - phrase.onset) for onset, end in pairwise(cuts))


def _at(onset: Fraction, line: Sequence[tuple[Fraction, Pitch | None]]) -> Pitch | None:
    return line[bisect_right([begin for begin, _ in line], onset) - 1][1]
