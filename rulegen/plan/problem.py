"""Makes the problem that a style sets: its layers with their domains, what the score's structure demands, and
the factors of all rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import Diagnostic, Label, StyleError
from rulegen.folds.compile import TooWide, compile_uses
from rulegen.folds.grid_elements import Unreadable
from rulegen.lattice.codes import Integers
from rulegen.lattice.problem import Factor, IntArray, Layer, LayerSpan, Part, Problem, Seam
from rulegen.plan.agreement import check_given, given_stretches
from rulegen.plan.domains import tables_of
from rulegen.plan.drawn import STRUCTURE, DrawnVoice, memories, shared
from rulegen.plan.given_harmony import given_chords
from rulegen.plan.keys import demands, sounds_in_key
from rulegen.plan.schedule import Schedule, schedule_of
from rulegen.plan.tune import Tune
from rulegen.rules.draft import Board, Draft
from rulegen.rules.places import instances
from rulegen.rules.tables import HARMONY, TIME, Tables
from rulegen.style.facets import SKELETON, SOUND, SURFACE
from rulegen.style.model import Style, Use
from rulegen.style.narrowings import CROWD, voice_count
from rulegen.style.stages import stages_of
from rulegen.theory.pitch import Pitch


@dataclass(frozen=True)
class Plan:
    """A style laid out in time: all that is needed to make its problem, and to read a draw as a score."""

    style: Style
    tunes: Mapping[str, Tune]
    schedule: Schedule
    tables: Tables
    draft: Draft
    stage: str = SKELETON

    @cached_property
    def drawn(self) -> Mapping[int, DrawnVoice]:
        """The voices whose rhythms are drawn."""
        grid, frame, tables = self.schedule.grid, self.schedule.frame, self.tables
        if grid is None:
            return {}
        memory = memories(self.style, frame, grid.lines)
        return {
            voice: DrawnVoice(
                grid.line(voice),
                grid,
                tables.times(voice),
                tables.of_time(voice),
                shared(memory, grid.line(voice)),
                frame,
                tables,
            )
            for voice in grid.voices
        }

    @property
    def components(self) -> tuple[str, ...]:
        """The names of the components that the first stage decides."""
        return tuple(component.name for component in self.tables.skeleton)

    def begins(self, voice: int, sounded: Integers) -> NDArray[np.bool_]:
        """(moments,): whether a voice whose rhythm is drawn begins a note or rest there. sounded: a draw, int
        (moments, components).
        """
        ends = self.tables.times(voice).ends[sounded[:, self.tables.of_time(voice)]]
        return np.concatenate([np.ones(1, dtype=bool), ends[:-1]])

    def notes(self, voice: int, sounded: Integers) -> list[tuple[Fraction, Fraction, Pitch | None]]:
        """What a voice whose rhythm is drawn sounds: onset, duration and pitch of each note and rest."""
        assert self.schedule.grid is not None
        step, onsets = self.schedule.grid.step, self.schedule.frame.onsets
        pitches, remaining = self.tables.voices[voice].pitches, self.tables.times(voice).remaining
        codes, times = (sounded[:, of] for of in (self.tables.of_voice(voice), self.tables.of_time(voice)))
        return [
            (onsets[moment], step * int(remaining[times[moment]]), pitches[int(codes[moment])])
            for moment in np.flatnonzero(self.begins(voice, sounded)).tolist()
        ]

    @property
    def has_surface(self) -> bool:
        """Whether any voice may sound more than its skeleton."""
        return bool(self.style.embellishments) or any(tune.has_ornaments for tune in self.tunes.values())

    @property
    def uses(self) -> tuple[Use, ...]:
        """The uses that are read at its stage."""
        return tuple(use for use in self.style.uses if self.stage in stages_of(use, self.has_surface))

    def onset_of(self, layer: int) -> Fraction:
        """When a layer of the lattice first sounds."""
        return self.schedule.frame.onsets[int(self.draft.moment_of[layer])]

    def place_of(self, layer: int) -> str:
        """Where a layer of the lattice first sounds: `bar 3, beat 2`."""
        return self.schedule.timeline.place_name(self.onset_of(layer))


def plan_of(style: Style, tunes: Mapping[str, Tune]) -> Plan:
    """Lays a style out in time."""
    schedule = schedule_of(style, tunes)
    check_given(style, tunes, schedule)
    tables = tables_of(style, schedule, tunes)
    draft = Draft.of(schedule.frame, tables, schedule.free, given_stretches(style, tunes, schedule.timeline))
    return Plan(style, tunes, schedule, draft.tables, draft)


def compiled(plan: Plan) -> Problem:
    """The problem of a plan's first stage with all its uses; a use of any stage that cannot be compiled is
    reported at its place. Raises StyleError.
    """
    if len(plan.style.voices) > CROWD and (faults := refusals(plan, plan.style.uses)):
        raise StyleError(tuple(faults))
    try:
        later = [use for use in plan.style.uses if SOUND in stages_of(use, plan.has_surface)]
        compile_uses(later, plan.draft, Board())
        return problem_of(plan)
    except (TooWide, Unreadable):
        raise StyleError(tuple(refusals(plan, plan.style.uses))) from None


def refusals(plan: Plan, uses: Sequence[Use]) -> list[Diagnostic]:
    """Why uses cannot be composed with at the stage of a plan. Where one is refused that has few choices of
    voices, those of many are not tried: for all pairs of forty voices each takes a second.
    """
    frame = plan.schedule.frame
    many = [len(instances(use, frame)) > CROWD**2 // 2 for use in uses]
    for late in (False, True):
        own = [use for use, is_late in zip(uses, many, strict=True) if is_late == late]
        faults = [fault for use in own for fault in uncompiled(plan, use)]
        if faults:
            return faults
    return []


def uncompiled(plan: Plan, use: Use) -> list[Diagnostic]:
    """Why a use cannot be composed with at the stage of a plan; nothing where it can."""
    try:
        compile_uses([use], plan.draft, Board())
    except (TooWide, Unreadable) as error:
        labels = (Label(use.place.span, "asked for here", use.place.source),) if use.place is not None else ()
        reason = str(error) or "it compares more notes at once than can be tabulated"
        fewer = "voices or notes" if voice_count(use.rule) > 1 else "notes"
        help = (
            f"say it of fewer {fewer} at a time, or give the voices narrower ranges"
            if isinstance(error, TooWide)
            else "say it of less: of a phrase or a section, or of fewer notes at a time"
        )
        if plan.stage == SURFACE:
            help = "say it of the skeleton alone, `on skeleton`"
        return [
            Diagnostic("too-wide", f"`{use.rule.name}` cannot be composed with: {reason}", labels, help=help)
        ]
    return []


def problem_of(plan: Plan, uses: Sequence[Use] | None = None) -> Problem:
    """The problem of a plan's first stage, with all its uses or only some. Raises Unreadable and TooWide for
    rules that cannot be compiled.
    """
    board, draft = Board(), plan.draft
    compile_uses(plan.uses if uses is None else uses, draft, board)
    chords = _chord_domains(plan)
    layers = []
    for layer in range(draft.layer_count):
        moment = int(draft.moment_of[layer])
        structure = _structure(plan, moment)
        layers.append(
            Layer(_domains(plan, chords[moment], moment), (*structure, *board.factors((-1, layer))))
        )
    sections, order, seams = sections_of(draft, board)
    return Problem(plan.components, tuple(board.slots), tuple(layers), sections, order, seams)


def with_use(plan: Plan, problem: Problem, use: Use) -> Problem:
    """The problem with one more use. Raises Unreadable and TooWide where it cannot be compiled."""
    board = Board(list(problem.slots))
    compile_uses([use], plan.draft, board)
    return joined(plan, problem, board)


def joined(plan: Plan, problem: Problem, board: Board) -> Problem:
    """The problem with the factors of a board that began with its slots."""
    layers = [
        replace(layer, factors=(*layer.factors, *board.factors((-1, number))))
        for number, layer in enumerate(problem.layers)
    ]
    seams = {seam.statement: seam.factors for seam in problem.seams}
    for statement in np.flatnonzero(plan.draft.repeats >= 0).tolist():
        pairs = zip_longest(seams.get(statement, ()), board.seam(statement), fillvalue=())
        seams[statement] = tuple((*old, *new) for old, new in pairs)
    found = tuple(Seam(statement, factors) for statement, factors in sorted(seams.items()) if factors)
    return replace(problem, slots=tuple(board.slots), layers=tuple(layers), seams=found)


def sections_of(
    draft: Draft, board: Board
) -> tuple[tuple[LayerSpan, ...], tuple[int, ...], tuple[Seam, ...]]:
    """The sections of a problem, the order in which they are stated, and the seams where they come again."""
    sections: list[LayerSpan] = []
    order: list[int] = []
    seams: list[Seam] = []
    numbers: dict[int, int] = {}
    stops = [*draft.starts[1:], len(draft.frame.onsets)]
    for statement, repeated in enumerate(draft.repeats):
        if repeated < 0:
            numbers[statement] = len(sections)
            first = int(draft.layer_of[draft.starts[statement]])
            sections.append(LayerSpan(first, first + int(stops[statement] - draft.starts[statement])))
        order.append(numbers[int(repeated) if repeated >= 0 else statement])
        factors = board.seam(statement)
        if repeated >= 0 and factors:
            seams.append(Seam(statement, factors))
    return tuple(sections), tuple(order), tuple(seams)


def _domains(plan: Plan, chords: Sequence[int], moment: int) -> tuple[IntArray, ...]:
    found = (
        chords
        if component.role == HARMONY
        else plan.drawn[component.voices[0]].domains[moment]
        if component.role == TIME
        else _voice_domain(plan, component.voices[0], moment)
        for component in plan.tables.skeleton
    )
    return tuple(np.asarray(each, dtype=np.int32) for each in found)


def _chord_domains(plan: Plan) -> list[list[int]]:
    """The chords that may stand at each moment."""
    chords, harmony, onsets = plan.tables.chords, plan.style.harmony, plan.schedule.frame.onsets
    if harmony is None:
        return [[]] * len(onsets)
    given = given_chords(plan.style, plan.schedule.timeline)
    starts = [onset for onset, _, _ in given]
    keys = plan.schedule.keys
    found: dict[object, list[int]] = {}
    domains = []
    for onset, regions in zip(onsets, keys, strict=True):
        start, length, label = given[bisect_right(starts, onset) - 1] if given else (onset, Fraction(0), "")
        label = label if start <= onset < start + length else ""
        if (regions, label) not in found:
            found[regions, label] = [
                place
                for place, chord in enumerate(chords)
                if chord.key in regions
                and (chord.label == label if label else chord.label in harmony.labels(chord.key.mode))
            ]
        domains.append(found[regions, label])
    return domains


def _voice_domain(plan: Plan, voice: int, moment: int) -> IntArray:
    symbols, frame = plan.tables.voices[voice], plan.schedule.frame
    if voice in plan.schedule.free:
        return _drawn_domain(plan, voice, moment)
    every: IntArray = np.arange(len(symbols), dtype=np.int32)
    if not frame.sounding[voice, moment]:
        return every[symbols.diatonic < 0]
    tune = plan.tunes.get(plan.style.voices[voice].name)
    if tune is None or not tune.gives(frame.onsets[moment]):
        return every[sounds_in_key(plan.style, plan.schedule, plan.tables, voice, moment)]
    pitch = tune.pitch_at(frame.onsets[moment])
    assert pitch is not None
    fits = (symbols.diatonic == pitch.diatonic) & (symbols.midi == pitch.midi)
    return np.flatnonzero(fits).astype(np.int32)


def _drawn_domain(plan: Plan, voice: int, moment: int) -> IntArray:
    """Symbols that can stand at a step: of the notes that lie in the keys of its place."""
    symbols, drawn = plan.tables.voices[voice], plan.drawn[voice]
    every: IntArray = np.arange(len(symbols), dtype=np.int32)
    found = every if drawn.line.together else drawn.domains[moment]
    if len(plan.tables.regions) == 1:
        return found
    sounds = sounds_in_key(plan.style, plan.schedule, plan.tables, voice, moment)
    return found[(sounds | (symbols.diatonic < 0))[found]]


def _structure(plan: Plan, moment: int) -> list[Factor]:
    draft, frame = plan.draft, plan.schedule.frame
    layer, harmony = int(draft.layer_of[moment]), plan.tables.harmony
    found = []
    for voice, each in enumerate(plan.style.voices):
        component = plan.tables.of_voice(voice)
        if voice in plan.schedule.free:
            found += _drawn_structure(plan, voice, moment)
        elif moment not in frame.note_rows[voice].layers and frame.sounding[voice, moment] and layer:
            found.append(_held(("held", voice), component))
        if (
            harmony is not None
            and each.notes.kind == "chord"
            and not each.kinds
            and frame.sounding[voice, moment]
        ):
            found.append(_chord_tone(plan, voice, (harmony, component)))
    if harmony is not None and moment not in frame.chord_row.layers and layer:
        found.append(_held(("held", -1), harmony))
    found += [demand(*each) for each in demands(plan.style, plan.schedule, plan.tables, moment)]
    return found


def _drawn_structure(plan: Plan, voice: int, moment: int) -> list[Factor]:
    """How a voice whose rhythm is drawn goes on. Of voices that move together the first says how time goes
    on; each has a rest where they rest, else a note, which goes on while theirs do.
    """
    drawn = plan.drawn[voice]
    found = [drawn.factor(moment)] if drawn.line.leads else []
    if not drawn.line.together:
        return found
    sounds, left = drawn.sounds, drawn.symbols.remaining
    is_note = plan.tables.voices[voice].diatonic >= 0
    opens = plan.schedule.frame.onsets[moment] in drawn.opens

    def fits(before: Sequence[IntArray], after: Sequence[IntArray]) -> NDArray[np.bool_]:
        agrees: NDArray[np.bool_] = sounds[after[0]] == is_note[after[1]]
        return agrees if opens else agrees & ((left[before[0]] == 1) | (before[1] == after[1]))

    scope = (drawn.component, plan.tables.of_voice(voice))
    name = ("opened together" if opens else "together", voice)
    return [*found, demand(name, () if opens else scope, scope, fits)]


def _held(name: tuple[str, int], component: int) -> Factor:
    return demand(name, (component,), (component,), lambda before, after: before[0] == after[0])


def _chord_tone(plan: Plan, voice: int, components: tuple[int, int]) -> Factor:
    symbols, factors = plan.tables.voices[voice], plan.tables.factors

    def is_tone(
        _: Sequence[IntArray], after: Sequence[IntArray]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        pitch = after[1]
        is_in = factors[after[0], symbols.diatonic[pitch] % 7, symbols.midi[pitch] % 12] > 0
        return is_in | (symbols.diatonic[pitch] < 0)

    return demand(("chord tone", voice), (), components, is_tone)


def demand(
    name: tuple[str, int], before: tuple[int, ...], after: tuple[int, ...], holds: Callable[..., object]
) -> Factor:
    """What the score's structure demands of components before and after."""

    def letter(left: tuple[IntArray, ...], entered: tuple[IntArray, ...]) -> IntArray:
        return np.asarray(holds(left, entered)).astype(np.int32)

    part = Part((STRUCTURE, name), before, after, 2, letter)
    return Factor((STRUCTURE, name), name, STRUCTURE, (part,), np.array([[-np.inf, 0.0]]))
