"""Why a note stands where it stands: what else could, how likely, and what rules each other pitch out.

All else in the score stays. Each pitch that the voice may sound is put in the place of the note, and the
rules are run on all these scores at once: what breaks a hard rule is ruled out, and the others are as likely
as the exponentials of their weights, as in the lattice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.run import Found, judge, places_of
from rulegen.grading.finding import Finding, finding_of
from rulegen.grading.grade import Music
from rulegen.plan.domains import chords_of, pitches_of
from rulegen.rules.music import Sounding
from rulegen.rules.places import event_of
from rulegen.score.events import Note
from rulegen.style.model import Use
from rulegen.theory.pitch import Pitch

_MOST_AT_ONCE = 4096  # scores that are judged at once
_NOTHING = 1e-9  # nats

Place = tuple[Mapping[str, int], tuple[int, ...]]  # the voices of a finding and the moments of its elements


@dataclass(frozen=True, slots=True)
class Alternative:
    """A pitch in the place of a note. chance: given all else, None where a hard rule forbids it; costs: the
    nats that soft rules take from it, beside the pitch that each likes best, the dearest first; broken: which
    hard rules it breaks, and where.
    """

    pitch: Pitch
    chance: float | None
    costs: tuple[tuple[str, float], ...] = ()
    broken: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteExplained:
    """A note and all that could stand in its place, the likeliest first, then what is ruled out from low to
    high.
    """

    note: Note
    bar: str
    beat: Fraction
    chord: str | None
    alternatives: tuple[Alternative, ...]

    @property
    def possible(self) -> tuple[Alternative, ...]:
        """What breaks no hard rule."""
        return tuple(each for each in self.alternatives if each.chance is not None)

    @property
    def chance(self) -> float | None:
        """How likely the note is, given all else; None where it breaks a hard rule."""
        return next((each.chance for each in self.alternatives if each.pitch == self.note.pitch), None)


def explained(music: Music, notes: Sequence[Note], with_faults: bool = True) -> list[NoteExplained]:
    """Some notes of a score, each with its alternatives. with_faults: whether it is said what rules out."""
    tried = [_tried(music, note) for note in notes]
    pieces = [codes for each in tried for codes in each.codes]
    counts = np.concatenate(
        [
            _counts(music, pieces[first : first + _MOST_AT_ONCE])
            for first in range(0, len(pieces), _MOST_AT_ONCE)
        ]
    )
    found, start = [], 0
    for each in tried:
        own = counts[start : start + len(each.pitches)]
        start += len(each.pitches)
        found.append(_explained(music, each, own, with_faults))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """A note, the pitches in its place, and the codes of the scores that these make."""

    note: Note
    pitches: tuple[Pitch, ...]
    codes: list[NDArray[np.int64]]


def _tried(music: Music, note: Note) -> _Tried:
    style, score = music.style, music.score
    plan = style.voice(note.voice)
    key = score.timeline.key_at(note.onset)
    allowed = {*pitches_of(plan, key, chords_of(style, key))}
    if plan.notes.kind == "chord" and not plan.kinds:  # which the lattice demands without a rule
        over = [each.chord for each in score.chords if each.onset < note.end and note.onset < each.end]
        allowed = {pitch for pitch in allowed if all(chord.factor_of(pitch.pitch_class) for chord in over)}
    if note.pitch is not None:
        allowed.add(note.pitch)
    pitches = tuple(sorted(allowed))
    place = [voice.name for voice in score.voices].index(note.voice)
    tables, frame = music.sounding.draft.tables, music.sounding.draft.frame
    onsets = {each.onset for each in _statements(music, note)}
    moments = [
        moment
        for event in frame.notes[place]
        if event.onset in onsets
        for moment in range(frame.index[event.onset], len(frame.onsets))
        if frame.onsets[moment] < event.end
    ]
    codes = []
    for pitch in pitches:
        changed = music.sounding.codes.copy()
        changed[tables.of_voice(place), moments] = tables.voices[place].code[pitch]
        codes.append(changed)
    return _Tried(note, pitches, codes)


def _statements(music: Music, note: Note) -> Iterator[Note]:
    """The note wherever its section is stated again."""
    sections = music.score.sections
    home = next((each for each in sections if each.onset <= note.onset < each.end), None)
    if home is None:
        yield note
        return
    first = sections[home.repeat_of] if home.repeat_of is not None else home
    starts = {each.onset for each in sections if each == first or each.repeat_of == sections.index(first)}
    for each in music.score.notes_of(note.voice):
        if each.onset - note.onset + home.onset in starts and each.pitch == note.pitch:
            yield each


def _counts(music: Music, pieces: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """(pieces, uses): at how many places each use has what it speaks of."""
    together = Sounding(music.sounding.draft, np.stack(pieces))
    return np.stack([places_of(use, event_of(use), together) for use in music.style.uses], axis=1)


def _explained(music: Music, tried: _Tried, counts: NDArray[np.int64], with_faults: bool) -> NoteExplained:
    uses = music.style.uses
    hard = np.array([use.hard for use in uses], dtype=bool)
    signs = np.array(
        [0.0 if use.hard else use.weight if use.verb == "prefer" else -use.weight for use in uses]
    )
    beyond = (counts - counts.min(axis=0)) * hard  # what is broken elsewhere is broken whatever stands here
    allowed = ~(beyond > 0).any(axis=1)
    weights = counts * signs
    chances = _shares(weights.sum(axis=1), allowed)
    best = weights[allowed].max(axis=0) if allowed.any() else weights.max(axis=0)
    found, stands = [], dict[int, list[Place]]()
    for place, pitch in enumerate(tried.pitches):
        if allowed[place]:
            lost = zip((use.rule.name for use in uses), (best - weights[place]).tolist(), strict=True)
            found.append(Alternative(pitch, float(chances[place]), _summed(lost)))
        else:
            broken = [use for use, count in zip(uses, beyond[place], strict=True) if count]
            told = _faults(music, tried.codes[place], broken, stands) if with_faults else ()
            found.append(Alternative(pitch, None, broken=told))
    found.sort(key=lambda each: (each.chance is None, -(each.chance or 0.0), each.pitch))
    onset, score = tried.note.onset, music.score
    chord = next((each.chord.label for each in score.chords if each.onset <= onset < each.end), None)
    return NoteExplained(tried.note, score.bar_name(onset), score.timeline.beat(onset), chord, tuple(found))


def _shares(weights: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(pieces,): their probabilities, by log weights in nats."""
    if not allowed.any():
        return np.zeros(len(weights))
    shares = np.where(allowed, np.exp(np.minimum(weights - weights[allowed].max(), 0.0)), 0.0)
    found: NDArray[np.float64] = shares / shares.sum()
    return found


def _summed(costs: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """The costs of each rule together, the dearest first."""
    sums: dict[str, float] = {}
    for rule, cost in costs:
        sums[rule] = sums.get(rule, 0.0) + cost
    return tuple(
        sorted(((rule, cost) for rule, cost in sums.items() if cost > 1e-9), key=lambda each: -each[1])
    )


def _faults(
    music: Music, codes: NDArray[np.int64], broken: Sequence[Use], stands: dict[int, list[Place]]
) -> tuple[Finding, ...]:
    """What rules find where a pitch stands that they do not let stand, each once. stands: what each use, by
    its index, finds in the score as it is; filled on the way.
    """
    changed, found = Sounding(music.sounding.draft, codes), []
    for use in broken:
        if use.index not in stands:
            stands[use.index] = [_place(each) for each in judge(use, music.sounding).found]
        judged = judge(use, changed)
        fresh = [each for each in judged.found if _place(each) not in stands[use.index]]
        found += [finding_of(judged, each, changed) for each in (fresh or judged.found)[:1]]
    return tuple(found)


def _place(found: Found) -> Place:
    return found.instance.voices, found.moments
