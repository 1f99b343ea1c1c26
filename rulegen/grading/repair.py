"""The fewest changed notes after which a score keeps all hard rules of a style, proved.

The score's rhythm, its labels and what is kept are laid down; a memory counts the notes that differ from
those of the score, and no path may have more than so many. The first number for which there is a path is the
smallest: with fewer, the lattice has none. Of the paths that are left, the best by the style's own weights
comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from rulegen.errors import Diagnostic, ScoreReadError, StyleError
from rulegen.grading.finding import Finding
from rulegen.grading.grade import Music, music_of
from rulegen.grading.obligations import out_of_range
from rulegen.lattice.best import Ranked, best
from rulegen.lattice.build import build
from rulegen.lattice.problem import Factor, Part, Problem, Slot
from rulegen.plan.casting import cast, in_key_of
from rulegen.plan.likely_forms import forms_like
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.plan.tune import Tune
from rulegen.score.events import FORM, Note, Score
from rulegen.score.given import HARMONY
from rulegen.style.model import Given, PatternItem, Rhythm, Style
from rulegen.style.open_forms import MOST_FORMS
from rulegen.style.vacuous import reads_time_alone
from rulegen.theory.scale import Key

MOST_CHANGES = 12
_CHANGES = "changes"
_BUDGET = 2_000_000  # arcs of a layer


@dataclass(frozen=True, slots=True)
class NoteChange:
    """A note of the score and what stands in its place."""

    before: Note
    after: Note

    def as_finding(self, score: Score) -> Finding:
        """The change as what is marked in a score: the note, and what it was."""
        onset, voice = self.before.onset, self.before.voice
        bar, beat = score.timeline.bar_number(onset), score.timeline.beat(onset)
        said = f"was {self.before.pitch}"
        return Finding(
            said, "repair", False, 0.0, bar, beat, onset, (voice,), (f"{voice} {self.after.pitch}",), said
        )


@dataclass(frozen=True, slots=True)
class Repair:
    """A corrected score, with what was changed in the order of time. log_weight: by the style, in nats;
    is_proved: whether no fewer changes would do.
    """

    score: Score
    changes: tuple[NoteChange, ...]
    log_weight: float
    is_proved: bool


def repairs(
    score: Score,
    style: Style,
    keep: Collection[str] = (),
    count: int = 1,
    voices: Mapping[str, str] | None = None,
    key: Key | None = None,
) -> list[Repair]:
    """The repairs with the fewest changes, the best by the style's weights first; none where no score with
    that rhythm keeps all hard rules with at most `MOST_CHANGES` changes.

    keep: voices that stay as they are, beside those that the style gives; voices and key: as in `grade`.
    Raises ScoreReadError where the score is not laid out as the style is, and StyleError for a style of
    several stages.
    """
    music = _formed(music_of(score, style, voices, key), style)
    _check(music, keep)
    keep = {*keep, *_given(music.style)}
    plan = plan_of(_laid(music, keep, bool(score.chords)), _kept(music, keep))
    if plan.schedule.timeline.end != music.score.end:
        raise ScoreReadError("the score is not as long as the style's form: it can be graded, not repaired")
    problem = compiled(plan)
    for most in range(MOST_CHANGES + 1):
        lattice = build(_counting(problem, plan, music, most), _BUDGET)
        found = best(lattice, count)
        if found:
            proved = not lattice.relaxed
            labelled, _ = in_key_of(cast(score, style, voices).score, style, key)
            return [_repair(plan, each, replace(music, score=labelled), proved) for each in found]
    return []


def _given(style: Style) -> set[str]:
    """The voices that a style gives, or takes as given."""
    said: set[str | None] = {each.subject for each in style.givens}
    said |= {style.key_from} if style.key is None else set()
    said |= {style.form.from_voice} if not style.form.sections else set()
    return {voice.name for voice in style.voices if voice.name in said}


def _check(music: Music, keep: Collection[str]) -> None:
    names = [voice.name for voice in music.style.voices]
    for name in keep:
        if name not in names:
            raise ScoreReadError(f"the style has no voice {name!r}: its voices are {', '.join(names)}")
    for each in out_of_range(music.score, music.style):
        if each.voices[0] in keep:
            raise ScoreReadError(f"{each.voices[0]} is kept, and {each.message}")
    if music.style.embellishments:
        said = "a style that embellishes decides notes and ornaments in stages, and repair knows one stage"
        raise StyleError((Diagnostic("not-repairable", said, help="repair the skeleton by a style without"),))


def _formed(music: Music, style: Style) -> Music:
    """The music with the style in the form that the score says, where the style has several."""
    said = dict(music.score.metadata).get(FORM)
    if style.alternatives is None or said is None:
        return music
    clock = replace(music.score.timeline, phrases=(), sections=())
    forms = forms_like(replace(music.score, timeline=clock), style, MOST_FORMS)
    return replace(music, style=next((each for each in forms if each.form_taken == said), music.style))


def _laid(music: Music, keep: Collection[str], labelled: bool) -> Style:
    """The style with the rhythm and the labels of the score, without the rules that time alone keeps."""
    style, score = music.style, music.score
    voices = tuple(
        voice
        if voice.name in keep
        else replace(voice, rhythm=_rhythm(score.notes_of(voice.name), score.end), local_rhythms=())
        for voice in style.voices
    )
    givens = tuple(each for each in style.givens if each.subject not in (HARMONY, *(v.name for v in voices)))
    if labelled and style.harmony is not None:
        labels = tuple((each.chord.label, each.duration) for each in score.chords)
        givens = (*givens, Given(HARMONY, labels=labels))
    uses = tuple(use for use in style.uses if not reads_time_alone(use.rule))
    return replace(style, voices=voices, givens=givens, uses=uses, models=())


def _rhythm(notes: Collection[Note], end: Fraction) -> Rhythm:
    """The lengths of a voice's notes and rests, laid down."""
    items = [PatternItem(note.duration, "rest" if note.is_rest else "note") for note in notes]
    return Rhythm(drawn=tuple(items))


def _kept(music: Music, keep: Collection[str]) -> Mapping[str, Tune]:
    """The voices that stay, as given tunes."""
    return {name: Tune(music.score.timeline, music.score.notes_of(name)) for name in keep}


def _counting(problem: Problem, plan: Plan, music: Music, most: int) -> Problem:
    """The problem with a memory of how many notes differ from the score's, of which there may be so many."""
    slot = len(problem.slots)
    layers = []
    for number, layer in enumerate(problem.layers):
        moments = np.flatnonzero(plan.draft.layer_of == number)
        onsets = [plan.schedule.frame.onsets[moment] for moment in moments.tolist()]
        found = (_differing(plan, music, place, onsets) for place in range(len(plan.style.voices)))
        parts = tuple(part for part in found if part is not None)
        layers.append(replace(layer, factors=(*layer.factors, *_counted(parts, slot, most))))
    return replace(problem, slots=(*problem.slots, Slot(most + 1, 0, -1, _CHANGES)), layers=tuple(layers))


def _differing(plan: Plan, music: Music, voice: int, onsets: Sequence[Fraction]) -> Part | None:
    """How many notes of the score that a voice begins at some times, those of a section each time that it is
    stated, another pitch would change; None where it begins none.
    """
    name = plan.style.voices[voice].name
    own = [note.pitch for note in music.score.notes_of(name) if note.onset in onsets and note.pitch]
    if not own or name in plan.tunes:
        return None
    differ = [sum(pitch != each for each in own) for pitch in plan.tables.voices[voice].pitches]
    return Part.table((), (plan.tables.of_voice(voice),), len(own) + 1, np.array(differ, dtype=np.uint8))


def _counted(parts: tuple[Part, ...], slot: int, most: int) -> tuple[Factor, ...]:
    """How the memory goes on where some voices begin notes."""
    if not parts:
        return ()
    changed = np.indices([part.size for part in parts]).sum(axis=0).ravel()
    after = np.arange(most + 1)[:, None] + changed
    weight = np.where(after > most, -np.inf, 0.0)
    return (Factor.of(_CHANGES, -1, parts, weight, slot, np.minimum(after, most).astype(np.int32)),)


def _repair(plan: Plan, found: Ranked, music: Music, is_proved: bool) -> Repair:
    made = realise(plan, found.assignment)
    changes = []
    for voice in music.score.voices:
        pairs = zip(music.score.notes_of(voice.name), made.notes_of(voice.name), strict=True)
        changes += [NoteChange(before, after) for before, after in pairs if before.pitch != after.pitch]
    changes.sort(key=lambda each: each.before.onset)
    pitches = {(each.before.voice, each.before.onset): each.after.pitch for each in changes}
    notes = tuple(
        replace(note, pitch=pitches.get((note.voice, note.onset), note.pitch)) for note in music.score.notes
    )
    score = replace(music.score, notes=notes, chords=music.score.chords or made.chords)
    return Repair(score, tuple(changes), found.log_weight, is_proved)
