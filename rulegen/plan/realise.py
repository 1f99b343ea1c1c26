"""Writes a draw of the lattice as a score."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rulegen.plan.keys import with_drawn_keys
from rulegen.plan.problem import Plan
from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.marks import MARKS
from rulegen.style.model import Marking
from rulegen.style.vocabulary import WORDS
from rulegen.theory.pitch import Pitch


def realise(
    plan: Plan,
    values: NDArray[np.integer],
    metadata: tuple[tuple[str, str], ...] = (),
    bare: bool = False,
) -> Score:
    """The score of a draw. values: int (layers, components). bare: with what is given as it is harmonised,
    without its ornaments.
    """
    style = plan.style
    sounded = values[plan.draft.layer_of]
    closes = _fermatas(plan)
    notes = [
        note for voice in range(len(style.voices)) for note in _notes(plan, voice, sounded, closes, bare)
    ]
    chords = _chords(plan, sounded)
    score = Score(
        style.title,
        tuple(voice.voice for voice in style.voices),
        with_drawn_keys(plan.schedule.timeline, chords),
        tuple(notes),
        tuple(chords),
        metadata,
        style.form.repeats,
    )
    for component, marking in enumerate(style.markings, len(plan.components)):
        words = _words(plan, marking, score, sounded[:, component])
        score = MARKS[marking.facet].write(score, marking.voices, words)
    return score


def _words(
    plan: Plan, marking: Marking, score: Score, codes: NDArray[np.integer]
) -> dict[tuple[str, Fraction], str]:
    """What each note of a marking's voices bears."""
    index, words = plan.schedule.frame.index, WORDS[marking.kind]
    return {
        (note.voice, note.onset): words[int(codes[index[note.onset]])]
        for voice in marking.voices
        for note in score.notes_of(voice)
        if not (note.is_rest or note.ornament)
    }


Timed = tuple[Fraction, Fraction, Pitch | None]  # onset, duration, pitch; None for a rest


def notes_of(plan: Plan, voice: int, sounded: NDArray[np.integer]) -> list[Timed]:
    """The notes and rests of a voice, those apart that are given. sounded: int (moments, components)."""
    symbols = plan.tables.voices[voice]
    tune = plan.tunes.get(plan.style.voices[voice].name)
    column = sounded[:, plan.tables.of_voice(voice)]
    if voice in plan.schedule.free:
        return plan.notes(voice, sounded)
    pitches = [symbols.pitches[code] for code in column.tolist()]
    return [
        (onset, length, None if moment < 0 else pitches[moment])
        for onset, length, moment in plan.schedule.spans[voice]
        if tune is None or not tune.gives(onset)
    ]


def _notes(
    plan: Plan, voice: int, sounded: NDArray[np.integer], closes: set[Fraction], bare: bool
) -> list[Note]:
    plan_of_voice = plan.style.voices[voice]
    tune = plan.tunes.get(plan_of_voice.name)
    composed = [
        Note(
            plan_of_voice.name,
            onset,
            length,
            pitch,
            False,
            bool(closes) and pitch is not None and onset + length in closes,
        )
        for onset, length, pitch in notes_of(plan, voice, sounded)
    ]
    given = () if tune is None else tune.skeleton if bare else tune.written()
    return sorted([*given, *composed], key=lambda note: note.onset)


def _fermatas(plan: Plan) -> set[Fraction]:
    """Where notes end under a fermata: where those of the tune do, or at the end of each phrase where the
    style holds them.
    """
    leader = plan.tunes.get(plan.style.form.from_voice or "")
    if leader is not None:
        return {note.end for note in leader.notes if note.fermata}
    return {end for _, end, _ in plan.schedule.frame.phrases} if plan.style.form.fermatas else set()


def _chords(plan: Plan, sounded: NDArray[np.integer]) -> list[ChordEvent]:
    harmony = plan.tables.harmony
    if harmony is None:
        return []
    return [
        ChordEvent(onset, length, plan.tables.chords[int(sounded[moment, harmony])])
        for onset, length, moment in plan.schedule.chord_spans
    ]
