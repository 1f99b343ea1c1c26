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

from rulegen.lattice.problem import Columns, Factor, IntArray, Part, Slot, intern
from rulegen.models.base import StandIn
from rulegen.models.laws import FiniteLaw
from rulegen.plan.consulted import Consulted
from rulegen.plan.problem import Plan
from rulegen.plan.token_columns import Column, scope_of
from rulegen.rules.draft import Board, Location


@dataclass(frozen=True, slots=True)
class _At:
    """Where tokens begin: a layer or a place on a seam. left: the key before it, or DRAWN."""

    location: Location
    layer: int
    left: int
    is_first: bool = False


def lay(each: Consulted, law: FiniteLaw, plan: Plan, board: Board) -> None:
    """Puts a finite model on the board: at all it hears, and where a seam is among what it last heard."""
    splits = each.heard.is_unbroken
    needs_memory = law.order > 1 or (law.order == 1 and not splits)
    slot = board.slot(Slot(law.contexts, law.start, each.line, each.use.title)) if needs_memory else None
    for at in _locations(each, plan, law.order):
        if splits or slot is None:
            board.put(at.location, _pair(each, law, 0, at))
        if slot is not None:
            board.put(at.location, _rest(each, law, at.layer, slot))


def lay_stand_in(each: Consulted, ahead: StandIn, plan: Plan, board: Board) -> None:
    """Puts in what tokens after one another make likely, in place of a model that the lattice cannot hold."""
    made: dict[tuple[object, ...], Factor] = {}
    for at in _locations(each, plan, 0):
        for rank in range(len(each.view.order)):
            key = (rank, _told(each, at), *_places(each, at.layer))
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
            left = int(each.keys.at[moment - 1])
            yield _At((statement, moment - begins.start), int(draft.layer_of[moment]), left)


def _told(each: Consulted, at: _At) -> tuple[bool, int, int]:
    """Whether nothing lies before a place, and the keys before it and at it."""
    return at.is_first, at.left, int(each.entered[at.layer])


def _places(each: Consulted, layer: int) -> list[int]:
    """The places of a layer, in each key that it may have."""
    return [each.place(key, layer) for key in each.keys.possible(int(each.entered[layer]))]


def _singles(law: FiniteLaw) -> IntArray:
    """(contexts,): the context that knows only the last token of each."""
    single = np.full(law.contexts, law.start, dtype=np.int32)
    for token in range(len(law.alphabet)):
        single[law.following[:, token]] = law.following[law.start, token]
    single[law.start] = law.start
    return single


def _pair(each: Consulted, ahead: StandIn, rank: int, at: _At) -> Factor:
    """What the token before, or nothing, and one that is placed already make of the one of a rank."""
    order, heard, told = each.view.order, each.heard, _told(each, at)
    (is_first, left, entered), component = told, heard.components[order[rank]]
    old = Column.of(each, heard.sounds[order[rank]], component, left)
    now = Column.of(each, heard.enters[order[rank]], component, entered)
    other, partner = None, ahead.partners[rank]
    if partner >= 0:
        other = Column.of(each, heard.sounds[order[partner]], heard.components[order[partner]], entered)
    before = np.array([-1]) if is_first else old.tokens
    beside = np.array([0]) if other is None else other.tokens
    places = _places(each, at.layer)
    foreseen = [ahead.foreseen(place, rank)[np.ix_(before, beside, now.tokens)] for place in places]
    weights = each.use.weight * np.stack(foreseen, axis=2)
    weights[..., now.tokens < 0] = 0.0  # nothing begins
    _, others, keys, tokens = weights.shape
    was = () if is_first else scope_of(old)
    scope = scope_of(now) if other is None else scope_of(other, now)

    def letter(left: Columns, entered: Columns) -> IntArray:
        held = 0 if is_first else old.number(dict(zip(was, left, strict=True)))
        own = dict(zip(scope, entered, strict=True))
        with_it = 0 if other is None else other.number(own)
        found = ((held * others + with_it) * keys + now.key(own)) * tokens + now.number(own)
        return np.asarray(found, dtype=np.int32)

    part = Part(("pair", each.line, rank, *told), was, scope, weights.size, letter)
    name = (each.line, "model", f"pair {rank}")
    key = intern((name, *places, told, each.use))
    return Factor(key, name, each.line, (part,), weights.reshape(1, -1))


def _rest(each: Consulted, law: FiniteLaw, layer: int, slot: int) -> Factor:
    """What a longer memory makes of it beyond that."""
    entered, size = int(each.entered[layer]), len(law.alphabet) + 1
    now = Column.of(each, each.heard.enters[0], each.heard.components[0], entered)
    places, single = _places(each, layer), _singles(law)
    held, nothing = np.arange(law.contexts, dtype=np.int32)[:, None], np.zeros((law.contexts, 1))
    weights, following = [], []
    for place in places:
        known = each.use.weight * law.table(place)
        weights += [nothing, known - known[single] if each.heard.is_unbroken else known]
        following += [held, law.following]

    scope = scope_of(now)

    def letter(_: Columns, after: Columns) -> IntArray:
        own = dict(zip(scope, after, strict=True))
        return np.asarray(now.key(own) * size + now.tokens[now.number(own)] + 1, dtype=np.int32)

    part = Part(("entering", each.line, entered), (), scope, size * len(places), letter)
    name = (each.line, "model", "rest")
    key = intern((name, *places, entered, each.use))
    moves = np.hstack(following).astype(np.int32)
    return Factor(key, name, each.line, (part,), np.hstack(weights), slot, moves)
