"""Finds chords for a score that has none: the best path of the style's own lattice, with the notes fixed.

A hard rule costs `COST` nats at each place where it is broken, instead of forbidding (an allowance at each
moment where it is passed), and so does a note that is foreign to its chord: a score with faults, or with
ornaments that nobody marked, gets labels all the same. Soft rules cost what they weigh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from rulegen.errors import ScoreReadError
from rulegen.folds.compile import TooWide, compile_use
from rulegen.folds.grid_elements import Unreadable
from rulegen.lattice.best import best
from rulegen.lattice.build import build
from rulegen.lattice.layers import Lattice
from rulegen.lattice.moments import TooLarge
from rulegen.lattice.problem import Factor, IntArray, Layer, LayerSpan, Part, Problem
from rulegen.plan.domains import chords_in
from rulegen.plan.keys import MODULATION, demands, with_drawn_keys
from rulegen.plan.problem import demand
from rulegen.plan.schedule import Schedule, chord_points
from rulegen.rules.draft import Board, Draft
from rulegen.rules.music import Sounding, music_of
from rulegen.rules.tables import Tables
from rulegen.score.events import ChordEvent, Score
from rulegen.style.expression import conjunction, negation
from rulegen.style.foreign import IS_FOREIGN, plain_kinds, use_of
from rulegen.style.model import Style, Use
from rulegen.theory.chord import Chord

COST = 8.0  # nats
ORNAMENT = 1.5  # nats that a foreign note costs at each moment where it is of a known kind
BUDGET = 200_000  # arcs a layer may have: labels need no memory that costs more


def labelled(score: Score, style: Style, ornamented: bool = False) -> Score:
    """The score with the chords that the style best hears in it. Raises ScoreReadError where it has none.

    ornamented: a foreign note of a known kind costs little, and of the rules only those on chords alone are
    heard, unless the style has foreign notes itself.
    """
    assert style.harmony is not None
    chords = chords_in(style, score.timeline.regions)
    if not chords:
        raise ScoreReadError(
            f"{style.title} has no chords for {score.key.name}, so none can be heard in the score"
        )
    points = chord_points(style.harmony.change, score)
    unlabelled = replace(score, timeline=replace(score.timeline, sections=()))
    music = music_of(replace(unlabelled, chords=_events(score, points, [chords[0]] * len(points))))
    tables = Tables.of(score.timeline.regions, music.draft.tables.voices, chords)
    draft = Draft(music.draft.frame, tables)
    schedule = Schedule(score.timeline, draft.frame, None)
    uses = _heard_beside_ornaments(style, score) if ornamented else style.uses
    lattice = _lattice(replace(style, uses=uses), draft, music, schedule, ornamented)
    path = best(lattice)[0].assignment[:, _harmony(draft)]
    heard = [chords[int(path[draft.layer_of[draft.frame.index[point]]])] for point in points]
    events = _events(score, points, heard)
    return replace(score, chords=events, timeline=with_drawn_keys(score.timeline, events))


def _events(score: Score, points: Sequence[Fraction], chords: Sequence[Chord]) -> tuple[ChordEvent, ...]:
    ends = [*points[1:], score.end]
    return tuple(
        ChordEvent(onset, end - onset, chord) for onset, end, chord in zip(points, ends, chords, strict=True)
    )


def _heard_beside_ornaments(style: Style, score: Score) -> tuple[Use, ...]:
    """What is heard of a score with ornaments: what the style asks of it, or of its chords, and that foreign
    notes are of a kind.
    """
    has_own = any(voice.kinds for voice in style.voices)
    uses = [use for use in style.uses if has_own or all(each.kind == "chord" for each in use.rule.bindings)]
    of_no_kind = conjunction(IS_FOREIGN, *map(negation, plain_kinds()))
    uses += [use_of(voice.name, of_no_kind, COST - ORNAMENT) for voice in score.voices]
    return tuple(replace(use, index=number) for number, use in enumerate(uses))


def _lattice(style: Style, draft: Draft, music: Sounding, schedule: Schedule, ornamented: bool) -> Lattice:
    """The lattice of all labellings; without rules where even softened ones are too many to follow."""
    cost = ORNAMENT if ornamented else COST
    try:
        return build(_problem(draft, music, style, schedule, cost), BUDGET)
    except TooLarge:
        return build(_problem(draft, music, replace(style, uses=()), schedule, COST), BUDGET)


def _problem(draft: Draft, music: Sounding, style: Style, schedule: Schedule, foreign: float) -> Problem:
    board = Board()
    for use in style.uses:
        part = Board(slots=board.slots)
        softened = replace(use, hard=False, weight=COST) if use.hard else use
        try:
            compile_use(softened, draft, part)
        except (TooWide, Unreadable):
            continue
        if _hears_chords(part, _harmony(draft)):
            for location, factors in part.places.items():
                board.places.setdefault(location, {}).update(factors)
    layers = tuple(
        _in_its_key(
            _layer(draft, music, board, layer, foreign),
            int(draft.moment_of[layer]),
            style,
            schedule,
            draft.tables,
        )
        for layer in range(draft.layer_count)
    )
    names = tuple(component.name for component in draft.tables.components)
    return Problem(names, tuple(board.slots), layers, (LayerSpan(0, len(layers)),), (0,))


def _harmony(draft: Draft) -> int:
    assert draft.tables.harmony is not None
    return draft.tables.harmony


def _hears_chords(board: Board, harmony: int) -> bool:
    """Whether anything that a use put on a board reads the chord."""
    return any(
        isinstance(read, Part) and harmony in (*read.before, *read.after)
        for factors in board.places.values()
        for factor in factors.values()
        for read in factor.reads
    )


def _in_its_key(layer: Layer, moment: int, style: Style, schedule: Schedule, tables: Tables) -> Layer:
    """The layer with chords of the keys of its moment, which change as a phrase that moves may."""
    assert tables.harmony is not None
    own = [code for code, chord in enumerate(tables.chords) if chord.key in schedule.keys[moment]]
    domains = list(layer.domains)
    domains[tables.harmony] = np.array(own, dtype=np.int32) if own else domains[tables.harmony]
    found = demands(style, schedule, tables, moment)
    steps = [demand(*each) for each in found if each[0][0] == MODULATION]
    return replace(layer, domains=tuple(domains), factors=(*layer.factors, *steps))


def _layer(draft: Draft, music: Sounding, board: Board, layer: int, foreign: float) -> Layer:
    moment = int(draft.moment_of[layer])
    codes = [
        int(music.codes[music.draft.tables.of_voice(voice), moment])
        for voice in range(len(draft.frame.voices))
    ]
    domains = [np.arange(len(draft.tables.chords), dtype=np.int32)] * len(draft.tables.components)
    for voice, code in enumerate(codes):
        domains[draft.tables.of_voice(voice)] = np.array([max(code, 0)], dtype=np.int32)
    factors = [_soft(factor) for factor in board.factors((-1, layer))]
    factors += [
        _chord_tone(draft, voice, foreign)
        for voice, code in enumerate(codes)
        if code >= 0 and draft.tables.voices[voice].has_pitch
    ]
    if layer and moment not in draft.frame.chord_row.layers:
        factors.append(_held(_harmony(draft)))
    return Layer(tuple(domains), tuple(factors))


def _soft(factor: Factor) -> Factor:
    """The factor where it forbids, as an allowance does: a cost instead."""
    forbids = np.isneginf(factor.log_weight)
    if not forbids.any():
        return factor
    return replace(factor, key=("soft", factor.key), log_weight=np.where(forbids, -COST, factor.log_weight))


def _chord_tone(draft: Draft, voice: int, cost: float) -> Factor:
    """What it costs that a voice sounds a note foreign to the chord."""
    symbols, component = draft.tables.voices[voice], draft.tables.of_voice(voice)

    def letter(_: tuple[IntArray, ...], after: tuple[IntArray, ...]) -> IntArray:
        letters, chromas = symbols.diatonic[after[1]] % 7, symbols.midi[after[1]] % 12
        return (draft.tables.factors[after[0], letters, chromas] > 0).astype(np.int32)

    name = ("heard", voice, cost)
    part = Part(name, (), (_harmony(draft), component), 2, letter)
    return Factor(name, name, -1, (part,), np.array([[-cost, 0.0]]))


def _held(harmony: int) -> Factor:
    """A chord goes on until the next point of change."""
    part = Part(
        "goes on", (harmony,), (harmony,), 2, lambda before, after: (before[0] == after[0]).astype(np.int32)
    )
    return Factor("goes on", "goes on", -1, (part,), np.array([[-np.inf, 0.0]]))
