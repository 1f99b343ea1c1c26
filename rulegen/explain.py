"""What a style's rules come to, in figures: for `rulegen inspect`, and for what `compose` tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from rulegen.compose import Prepared
from rulegen.errors import Diagnostic, Label, Source
from rulegen.folds.cases import with_defaults
from rulegen.folds.compile import TooWide, compile_uses
from rulegen.folds.grid_elements import Unreadable
from rulegen.language.parser import parse
from rulegen.lattice.build import build
from rulegen.lattice.conflict import without
from rulegen.lattice.count import count_log2
from rulegen.lattice.layers import Lattice, LayerArcs
from rulegen.lattice.marginals import Marginal, marginals
from rulegen.lattice.moments import TooLarge
from rulegen.lattice.problem import Problem
from rulegen.plan.problem import Plan, plan_of
from rulegen.rules.draft import Board
from rulegen.style.check import check
from rulegen.style.model import ModelUse, Rule, Use
from rulegen.style.vocabulary import ROWS
from rulegen.theory.chord import Chord


@dataclass(frozen=True, slots=True)
class LayerGroup:
    """Layers first .. last, which follow one another and are equally large."""

    first: int
    last: int
    states: int  # entered, by each layer
    arcs: int  # of each layer
    columns: int  # openings that a later seam must still know apart: every state and arc counts once for each


@dataclass(frozen=True, slots=True)
class Taken:
    """What the style would gain without a use: scores, as bits (None: not measured), and arcs spared."""

    use: Use
    bits: float | None
    arcs: int | None


def layer_groups(lattice: Lattice) -> list[LayerGroup]:
    """The layers in order, equal neighbours together."""
    columns = {id(stage): width for stage, width in _with_columns(lattice)}
    sizes = [(stage.arcs.entered, stage.arcs.size, columns[id(stage)]) for stage in lattice.stages]
    found, layer = [], 0
    for size, run in groupby(sizes):
        length = len(list(run))
        found.append(LayerGroup(layer, layer + length - 1, *size))
        layer += length
    return found


def _with_columns(lattice: Lattice) -> Iterator[tuple[LayerArcs, int]]:
    for block in lattice.blocks:
        columns = block.columns
        for stage in block.stages:
            yield stage, columns
            columns *= stage.spread.columns if stage.spread is not None else 1


def memories(problem: Problem) -> dict[int, list[int]]:
    """Use → the classes that each of its memories tells apart, largest first; only uses that have any."""
    found: dict[int, list[int]] = {}
    for slot in problem.slots:
        if slot.size > 1:
            found.setdefault(slot.use, []).append(slot.size)
    return {use: sorted(sizes, reverse=True) for use, sizes in found.items()}


def bits_taken(prepared: Prepared, problem: Problem, budget: int, seconds: float) -> Iterator[Taken]:
    """What each hard use of the first stage takes away, leave-one-out: log2 of how many times more scores
    there were without it.

    Each costs a lattice. Past `seconds`, and where a rule has left a lattice, nothing is measured.
    """
    limit = time.monotonic() + seconds
    here, arcs = count_log2(prepared.lattice), total_arcs(prepared.lattice)
    for use in prepared.plan.uses:
        if use.hard:
            measured = prepared.is_exact and time.monotonic() < limit
            other = _built(without(problem, {use.index}), budget) if measured else None
            if other is None:
                yield Taken(use, None, None)
            else:
                yield Taken(use, max(count_log2(other) - here, 0.0), total_arcs(other) - arcs)


def _built(problem: Problem, budget: int) -> Lattice | None:
    try:
        lattice = build(problem, budget)
    except TooLarge:
        return None
    return None if lattice.relaxed else lattice


def total_arcs(lattice: Lattice) -> int:
    """The arcs of all layers."""
    return sum(stage.arcs.size for stage in lattice.stages)


def moment_at(plan: Plan, bar: int, beat: Fraction) -> int | None:
    """The last moment that has begun by a beat of a bar; None where the piece has no such bar."""
    frame = plan.schedule.frame
    found = None
    for moment, onset in enumerate(frame.onsets):
        if frame.timeline.bar_number(onset) == bar and frame.timeline.beat(onset) <= beat:
            found = moment
    return found


def chances(prepared: Prepared, moment: int) -> dict[str, list[tuple[str, float]]]:
    """Component → what may stand at a moment with its probability, the likeliest first."""
    plan = prepared.plan
    found = marginals(prepared.lattice, prepared.ahead)[int(plan.draft.layer_of[moment])]
    labels = [_label(chord, len(plan.tables.regions) > 1) for chord in plan.tables.chords]
    named: list[Callable[[int], str]] = [lambda value: labels[value]] if labels else []
    for voice in plan.tables.voices:
        named.append(lambda value, voice=voice: str(voice.pitches[value] or "rest"))  # type: ignore[misc]
    known = zip(plan.components, found, named, strict=False)  # times come after all voices
    return {name: _ranked(each, say) for name, each, say in known}


def _label(chord: Chord, with_key: bool) -> str:
    """How a chord is named: with its key where a piece has several, `d: V7`."""
    return f"{chord.key.short_name}: {chord.label}" if with_key else chord.label


def _ranked(marginal: Marginal, say: Callable[[int], str]) -> list[tuple[str, float]]:
    sums: dict[str, float] = {}
    for value, probability in zip(marginal.values.tolist(), marginal.probabilities.tolist(), strict=True):
        sums[say(value)] = sums.get(say(value), 0.0) + probability
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


def relaxation(prepared: Prepared) -> Diagnostic | None:
    """A warning that names the rules whose memory left the lattice; None where all are in it."""
    relaxed = prepared.lattice.relaxed
    if not relaxed:
        return None
    style = prepared.plan.style
    gone = [style.lines[line] for line in dict.fromkeys(held.use for held in relaxed)]
    first = relaxed[0]
    passed = f"{first.arcs:,} arcs at {prepared.plan.place_of(first.layer)} pass the budget"
    return Diagnostic(
        "relaxed",
        f"`{gone[0].title}` costs most and left the look-ahead: {passed}",
        _labels(gone),
        (f"with its memory there are {first.states:,} states there, without it {first.without:,}",),
        "the rule is kept all the same, by particles; a larger --budget keeps it exactly, --exact stops here",
        severity="warning",
    )


def _labels(lines: Sequence[Use | ModelUse]) -> tuple[Label, ...]:
    return tuple(
        Label(line.place.span, f"`{line.title}`", line.place.source)
        for line in lines
        if line.place is not None
    )


def consultations(prepared: Prepared) -> Iterator[tuple[ModelUse, str]]:
    """Each model that a style consults, and how: in the lattice, or by particles on their way."""
    relaxed = {held.use for held in prepared.lattice.relaxed}
    walked = {companion.use for companion in prepared.companions}
    for number, use in enumerate(prepared.plan.style.models, len(prepared.plan.style.uses)):
        if use in walked:
            yield use, "consulted by particles on their way"
        elif number in relaxed:
            yield use, "in the lattice as far as the note before tells; the rest is kept by particles"
        else:
            yield use, "in the lattice, exactly"


_TYPICAL = """style "Typical"  meter 4/4  key C major
voices {{ {voices} }}
form {{ A = 2 bars, cadence half, 2 bars, cadence authentic  piece = A }}
harmony {{ chords I ii6 IV V V7 vi  change every beat }}
"""
_TYPICAL_VOICES = {"soprano": "C4..E5", "bass": "C3..C4"}
_WIDE_VOICES = {"soprano": "C4..C6", "bass": "C2..C4"}


def memory_of(rule: Rule) -> tuple[int, ...] | None:
    """The classes of each memory that a rule needs by itself, for one voice, or for the two that it binds.

    Measured in C major, on a range of a tenth, and if it needs none there on two octaves, where a span may be
    too wide; None where it cannot be compiled at all.
    """
    found = _memory_on(rule, _TYPICAL_VOICES)
    return _memory_on(rule, _WIDE_VOICES) if found == () and _binds_stretch(rule) else found


def _binds_stretch(rule: Rule) -> bool:
    """Whether a rule speaks of a stretch of time as a whole."""
    return not any(binding.kind in ROWS for binding in rule.bindings)


def _memory_on(rule: Rule, ranges: Mapping[str, str]) -> tuple[int, ...] | None:
    bound = sum(len(binding.variables) for binding in rule.bindings if binding.kind == "voice")
    names = list(ranges)[: max(1, min(bound, 2))]
    source = Source("typical.rules", _TYPICAL.format(voices="  ".join(f"{n} {ranges[n]}" for n in names)))
    style, faults = check(parse(source), source)
    assert style is not None, faults
    use = Use(0, rule.manner, rule.hard, rule.weight, with_defaults(rule))
    board = Board()
    try:
        compile_uses([use], plan_of(style, {}).draft, board)
    except (TooWide, Unreadable):
        return None
    return tuple(sorted((slot.size for slot in board.slots if slot.size > 1), reverse=True))
