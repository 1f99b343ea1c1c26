"""A finished score as rules read it: its frame, and its notes and chords as codes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.draft import Draft
from rulegen.rules.tables import Component, Tables
from rulegen.score.events import Note, Score
from rulegen.score.frame import Frame
from rulegen.score.given import given_in
from rulegen.score.marks import MARKS
from rulegen.score.timeline import Event
from rulegen.style.model import Marking
from rulegen.style.vocabulary import WORDS
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

MOST_KEPT = 16  # frames that are kept bound: where rhythms are drawn, no two pieces are alike in time


@dataclass(frozen=True)
class Sounding:
    """Finished music as codes: int64 (components, moments), -1 where a voice rests or there are no chords.

    Pieces of one frame may stand together, along a first axis.
    """

    draft: Draft
    codes: NDArray[np.int64]

    @property
    def stacked(self) -> Sounding:
        """The same with the axis of pieces, where it is one piece."""
        return self if self.codes.ndim == 3 else Sounding(self.draft, self.codes[None])


def music_of(score: Score, markings: Sequence[Marking] = ()) -> Sounding:
    """The codes of a score. Ornaments are left out: the note before one is read as if it went on.

    markings: what is read of its marks.
    """
    rows = [_line(score.notes_of(voice.name)) for voice in score.voices]
    pitches = [sorted({note.pitch for note in row if note.pitch is not None}) for row in rows]
    chords = tuple(dict.fromkeys(event.chord for event in score.chords))
    names = [voice.name for voice in score.voices]
    struck = [voice.kit is not None for voice in score.voices]
    book = Codebook.of(score.timeline.regions, pitches, chords, struck, marks_read(markings, names))
    return book.music_of(score)


@dataclass(eq=False)
class Codebook:
    """The codes of many scores: pitches and chords numbered once, frames that are equal bound once."""

    tables: Tables
    drafts: list[Draft] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        regions: Sequence[Key],
        pitches: Sequence[Sequence[Pitch]],
        chords: tuple[Chord, ...],
        struck: Sequence[bool],
        marks: Sequence[Component] = (),
    ) -> Codebook:
        """A book of the pitches of each voice, in order, or of its strokes, of chords, and of marks."""
        voices = [
            (Component.of_strokes if is_struck else Component.of_pitches)(
                "", number, each or [Pitch(0, 0, 4)]
            )
            for number, (each, is_struck) in enumerate(zip(pitches, struck, strict=True))
        ]
        return cls(Tables.of(regions, voices, chords, marks))

    def music_of(self, score: Score) -> Sounding:
        """The codes of a score in the book's key. Raises KeyError for a pitch or chord not in the book."""
        rows = [_line(score.notes_of(voice.name)) for voice in score.voices]
        timing = self._timing(score, rows)
        codes = np.full((len(self.tables.components), len(timing.draft.frame.onsets)), -1, dtype=np.int64)
        for voice, (row, owners) in enumerate(zip(rows, timing.owners, strict=True)):
            code = self.tables.voices[voice].code
            notes = [-1 if note.pitch is None else code[note.pitch] for note in row]
            codes[self.tables.of_voice(voice)] = np.array([*notes, -1])[owners]
        if self.tables.harmony is not None and score.chords:
            chords = {chord: code for code, chord in enumerate(self.tables.chords)}
            heard = np.array([chords[event.chord] for event in score.chords])
            codes[self.tables.harmony] = heard[timing.governing]
        for place, component in enumerate(self.tables.marks, len(self.tables.skeleton)):
            (facet,) = component.columns
            word = {each: code for code, each in enumerate(WORDS[facet])}
            for voice in component.voices:
                owners = timing.owners[voice]
                borne = np.array([*(word[MARKS[facet].read(score, note)] for note in rows[voice]), -1])
                codes[place] = np.where(owners >= 0, borne[owners], codes[place])
        return Sounding(timing.draft, codes)

    def _timing(self, score: Score, rows: Sequence[Sequence[Note]]) -> Timing:
        chords = [(event.onset, event.duration) for event in score.chords]
        notes = [[(note.onset, note.duration, note.pitch is None) for note in row] for row in rows]
        given = given_in(score)
        shape = (score.timeline.as_judged(), chords, notes, given)
        for timing in self.timings:
            if timing.shape == shape:
                return timing
        frame = _frame(score, rows)
        draft = next((each for each in self.drafts if (each.frame, each.given) == (frame, given)), None)
        if draft is None:
            draft = Draft(frame, self.tables, given=given)
            self.drafts = [*self.drafts[-MOST_KEPT:], draft]
        starts = np.array([frame.index[event.onset] for event in score.chords], dtype=np.int64)
        governing = np.maximum(np.searchsorted(starts, np.arange(len(frame.onsets)), side="right") - 1, 0)
        timing = Timing(shape, draft, [_owners(row, frame) for row in rows], governing)
        self.timings = [*self.timings[-MOST_KEPT:], timing]
        return timing


@dataclass(frozen=True, eq=False)
class Timing:
    """Scores alike in time: their draft, each moment's note in each voice (-1: none), and its chord."""

    shape: object
    draft: Draft
    owners: list[NDArray[np.int64]]
    governing: NDArray[np.int64]


def marks_read(markings: Sequence[Marking], names: Sequence[str]) -> list[Component]:
    """The marks of each voice by itself: a score that was written may differ from voice to voice."""
    return [
        Component.of_marks(each.facet, each.kind, [name], [names.index(name)])
        for each in markings
        for name in each.voices
        if name in names
    ]


def _line(notes: Sequence[Note]) -> list[Note]:
    """A voice's notes with its ornaments taken into the note before them."""
    found: list[Note] = []
    for note in notes:
        if note.ornament and found:
            last = found[-1]
            found[-1] = replace(last, duration=note.end - last.onset, ornament=False)
        else:
            found.append(note)
    return found


def _frame(score: Score, rows: Sequence[Sequence[Note]]) -> Frame:
    clock = score.timeline.as_judged()
    onsets = {note.onset for row in rows for note in row} | {event.onset for event in score.chords}
    onsets |= {phrase.onset for phrase in clock.phrases}
    return Frame(
        clock,
        tuple(sorted(onset for onset in onsets if onset < clock.end)),
        tuple(voice.name for voice in score.voices),
        tuple(tuple(Event(note.onset, note.end, note.pitch is not None) for note in row) for row in rows),
        tuple(Event(event.onset, event.end) for event in score.chords),
    )


def _owners(row: Sequence[Note], frame: Frame) -> NDArray[np.int64]:
    found = np.full(len(frame.onsets), -1, dtype=np.int64)
    for number, note in enumerate(row):
        if note.pitch is not None:
            found[frame.index[note.onset] : bisect_left(frame.onsets, note.end)] = number
    return found
