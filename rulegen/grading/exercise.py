"""Worksheets made of composed pieces: with voices left to be filled in, or with mistakes to be found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import fmean

import numpy as np

from rulegen.errors import ScoreReadError
from rulegen.grading.alternatives import Alternative, explained
from rulegen.grading.finding import Finding
from rulegen.grading.grade import grade, music_of
from rulegen.score.events import Note, Score
from rulegen.score.given import CHECK, HARMONY, as_given, digest_of_given
from rulegen.style.model import Style

_APART = Fraction(1)  # whole notes between mistakes, at least, so that none hides another


@dataclass(frozen=True, slots=True)
class Exercise:
    """A worksheet and its key. mistakes: those that were planted, each one place against one hard rule, in
    the order of time; choices: how many pitches each note that is to be found could be, on average.
    """

    sheet: Score
    key: Score
    mistakes: tuple[Finding, ...] = ()
    choices: float | None = None


def to_fill(score: Score, style: Style, give: Collection[str]) -> Exercise:
    """A piece with some voices (or `harmony`) given, and rests for all others. Raises ScoreReadError for a
    voice that the piece has not, and where nothing is left to be filled in.
    """
    names = [voice.name for voice in score.voices]
    strange = next((name for name in give if name not in (*names, HARMONY)), None)
    if strange is not None:
        raise ScoreReadError(f"the piece has no voice {strange!r}: its voices are {', '.join(names)}")
    free = [name for name in names if name not in give]
    if not free:
        raise ScoreReadError("all voices are given: leave one to be filled in")
    kept = [note for note in score.notes if note.voice in give]
    bars = score.timeline.spans("bar")
    rests = [Note(name, bar.onset, bar.end - bar.onset, None) for name in free for bar in bars]
    bare = replace(score, notes=(*kept, *rests), chords=score.chords if HARMONY in give else ())
    sheet = as_given(bare, give)
    music = music_of(score, style)
    notes = [note for note in music.score.notes if note.voice in free and note.pitch is not None]
    found = explained(music, notes, with_faults=False)
    checked = (*sheet.metadata, (CHECK, digest_of_given(sheet)))
    choices = fmean(len(each.possible) for each in found)
    return Exercise(replace(sheet, metadata=checked), score, choices=choices)


def with_mistakes(score: Score, style: Style, count: int, rng: np.random.Generator) -> Exercise:
    """A piece with so many wrong notes, each of which breaks one hard rule at one place. Raises
    ScoreReadError where the piece has no room for so many.
    """
    spoiled, planted = score, list[Note]()
    notes = [note for note in score.notes if note.pitch is not None]
    for place in rng.permutation(len(notes)).tolist():
        note = notes[place]
        if len(planted) == count:
            break
        if all(abs(each.onset - note.onset) > _APART for each in planted):
            changed = _spoiled(spoiled, style, note, len(planted) + 1, rng)
            if changed is not None:
                spoiled = changed
                planted.append(note)
    if len(planted) < count:
        raise ScoreReadError(f"the piece has room for {len(planted)} mistakes, and {count} were asked for")
    mistakes = tuple(each for each in grade(spoiled, style).findings if each.hard)
    return Exercise(spoiled, score, mistakes)


def _spoiled(score: Score, style: Style, note: Note, mistakes: int, rng: np.random.Generator) -> Score | None:
    """The score with a wrong note in the place of one, so that it has just so many mistakes; None where no
    wrong note does that.
    """
    [found] = explained(music_of(score, style), [note])
    wrong = [each for each in found.alternatives if len(each.broken) == 1]
    for place in rng.permutation(len(wrong)).tolist():
        changed = _with(score, note, wrong[place])
        if sum(each.hard for each in grade(changed, style).findings) == mistakes:
            return changed
    return None


def _with(score: Score, note: Note, wrong: Alternative) -> Score:
    notes = tuple(replace(each, pitch=wrong.pitch) if each == note else each for each in score.notes)
    return replace(score, notes=notes)
