"""Models as factors of the lattice: finite ones whole, in place of others what two tokens tell.

A model with finitely many contexts is a weighted automaton, and joins the lattice at any weight. What it
knows of the token before alone needs no memory beside the state, so its weight is split: a factor that reads
two tokens, and one with a memory for what more it knows. If the memory passes the budget, the first stays in
the look-ahead. What stands in for a model that no lattice holds steers where a walker goes, and is divided
out again where the model itself is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.problem import Columns, Factor, IntArray, Part, Slot
from rulegen.models.base import Floats, StandIn
from rulegen.models.laws import FiniteLaw
from rulegen.plan.consulted import Consulted
from rulegen.plan.problem import Plan
from rulegen.rules.draft import Board, Location
from rulegen.rules.leaves import intern


@dataclass(frozen=True, slots=True)
class _At:
    """Where tokens begin: a layer or a place on a seam. left: the row of tonics before it."""

    location: Location
    layer: int
    left: int
    is_first: bool = False


def lay(each: Consulted, law: FiniteLaw, plan: Plan, board: Board) -> None:
    """Puts a finite model on the board: at all it hears, and where a seam is among what it last heard."""
    splits, single = each.heard.is_unbroken, _singles(law)
    needs_memory = law.order > 1 or (law.order == 1 and not splits)
    slot = board.slot(Slot(law.contexts, law.start, each.line, each.use.title)) if needs_memory else None
    for at in _locations(each, plan, law.order):
        if splits or slot is None:
            board.put(at.location, _pair(each, law, 0, at))
        if slot is not None:
            known = each.use.weight * law.table(int(each.heard.places[at.layer]))
            board.put(at.location, _rest(each, known - known[single] if splits else known, law, at, slot))


def lay_stand_in(each: Consulted, ahead: StandIn, plan: Plan, board: Board) -> None:
    """Puts in what tokens after one another make likely, in place of a model that the lattice cannot hold."""
    made: dict[tuple[object, ...], Factor] = {}
    for at in _locations(each, plan, 0):
        for rank in range(len(each.view.order)):
            key = (rank, int(ahead.place_of(each.heard.places[at.layer])), *_tonics(each, at), at.is_first)
            if key not in made:
                made[key] = _pair(each, ahead, rank, at)
            board.put(at.location, made[key])


def _locations(each: Consulted, plan: Plan, order: int) -> Iterator[_At]:
    """Where something begins that is heard, and the first `order` of them after each seam."""
    for layer in each.layers.tolist():
        yield _At((-1, layer), layer, int(each.left[layer]), layer == 0)
    draft, heard = plan.draft, set(each.layers.tolist())
    stops = [*draft.starts[1:].tolist(), len(draft.frame.onsets)]
    for statement in np.flatnonzero(draft.repeats >= 0).tolist():
        begins = range(int(draft.starts[statement]), stops[statement])
        for moment in [moment for moment in begins if int(draft.layer_of[moment]) in heard][:order]:
            left = int(each.heard.tonic[moment - 1])
            yield _At((statement, moment - begins.start), int(draft.layer_of[moment]), left)


def _tonics(each: Consulted, at: _At) -> tuple[int, int]:
    """The rows of tonics that hold before a place and at it."""
    return at.left, int(each.entered[at.layer])


def _singles(law: FiniteLaw) -> IntArray:
    """(contexts,): the context that knows only the last token of each."""
    single = np.full(law.contexts, law.start, dtype=np.int32)
    for token in range(len(law.alphabet)):
        single[law.following[:, token]] = law.following[law.start, token]
    single[law.start] = law.start
    return single


def _pair(each: Consulted, ahead: StandIn, rank: int, at: _At) -> Factor:
    """What the token before, or nothing, and one that is placed already make of the one of a rank."""
    order, heard, (left, entered) = each.view.order, each.heard, _tonics(each, at)
    component = heard.components[order[rank]]
    place = int(ahead.place_of(heard.places[at.layer]))
    partner = None if ahead.partners[rank] < 0 else order[ahead.partners[rank]]
    before, was = np.unique(heard.sounds[order[rank]][left], return_inverse=True)
    if at.is_first:
        before, was = np.array([-1]), np.zeros_like(was)
    beside, with_it = np.array([0]), np.zeros(1, dtype=np.int64)
    if partner is not None:
        beside, with_it = np.unique(heard.sounds[partner][entered], return_inverse=True)
    own, now = np.unique(heard.enters[order[rank]][entered], return_inverse=True)
    weights = each.use.weight * ahead.foreseen(place, rank)[np.ix_(before, beside, own)]
    weights[..., own < 0] = 0.0  # nothing begins

    def letter(held: Columns, after: Columns) -> IntArray:
        old = 0 if at.is_first else was[held[0]]
        other = 0 if partner is None else with_it[after[0]]
        found: IntArray = ((old * len(beside) + other) * len(own) + now[after[-1]]).astype(np.int32)
        return found

    scope = (component,) if partner is None else (heard.components[partner], component)
    told = (each.line, rank, at.is_first, left, entered)
    part = Part(("pair", *told), () if at.is_first else (component,), scope, weights.size, letter)
    name = (each.line, "model", f"pair {rank}")
    return Factor(intern((name, place, told, each.use)), name, each.line, (part,), weights.reshape(1, -1))


def _rest(each: Consulted, more: Floats, law: FiniteLaw, at: _At, slot: int) -> Factor:
    """What a longer memory makes of it beyond that."""
    entered, place = int(each.entered[at.layer]), int(each.heard.places[at.layer])
    enters, component = each.heard.enters[0][entered], each.heard.components[0]

    def letter(_: Columns, after: Columns) -> IntArray:
        found: IntArray = (enters[after[0]] + 1).astype(np.int32)
        return found

    part = Part(("entering", each.line, entered), (), (component,), len(law.alphabet) + 1, letter)
    held = np.arange(law.contexts, dtype=np.int32)[:, None]
    weights = np.hstack([np.zeros((law.contexts, 1)), more])
    following = np.hstack([held, law.following]).astype(np.int32)
    name = (each.line, "model", "rest")
    key = intern((name, place, entered, each.use))
    return Factor(key, name, each.line, (part,), weights, slot, following)
