"""A seam weighed along the opening it enters, where the section begins for the first time from that same end.

In A B A B the second B is entered from the end of A that the first B began from. Nothing need be kept of
that end: the seam's own memories are carried beside the others through the few layers that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.codes import distinct
from rulegen.lattice.form import Coupling
from rulegen.lattice.liveness import live_on_seam
from rulegen.lattice.pairs import Pairs, Universe
from rulegen.lattice.problem import IntArray, Slot
from rulegen.lattice.reading import Reader
from rulegen.lattice.seams import Passage, cross, held_at
from rulegen.lattice.states import States


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """States that carry a seam's memories beside their own."""

    state: IntArray  # (places,) the state without them
    memory: dict[int, IntArray]  # slot -> (places,)


def weigh_along(
    universe: Universe, slots: Sequence[Slot], coupling: Coupling, start: States, passages: Sequence[Passage]
) -> list[Passage]:
    """The passages of a section begun from `start`,
    their first layers weighed by the coupling's seam as well."""
    readers = [Reader.of(factors, facts=universe.facts) for factors in coupling.factors]
    live = live_on_seam(readers)
    memory = held_at(start, slots, live[0])
    beside = _Beside(np.arange(len(start), dtype=np.int32), memory)
    before, weighed = start, []
    for i, (passage, reader) in enumerate(zip(passages, readers, strict=False)):
        last = i + 1 == len(readers)
        owner, target, weight = passage.arcs.out_of(beside.state)
        pairs = _pairs(universe, (before, before.moment[beside.state[owner]]), (passage.states, target))
        held = {s: m[owner] for s, m in beside.memory.items()}
        stepped = cross(reader, slots, held, pairs)
        weight = weight + stepped.log_weight
        good = np.flatnonzero(~np.isneginf(weight))
        kept = {s: stepped.memory[s][good] for s in sorted(live[i + 1])}
        places, following = _enter(target[good], kept, len(passage.states), keep_all=last)
        first = np.searchsorted(owner[good], np.arange(beside.state.size + 1))
        count = following.state.size
        arcs = Arcs(owner[good].astype(np.int32), places, weight[good], first, count)
        weighed.append(Passage(arcs, passage.states if last else _states(passage.states, following.state)))
        before, beside = passage.states, following
    return [*weighed, *passages[len(weighed) :]]


def _pairs(universe: Universe, before: tuple[States, IntArray], after: tuple[States, IntArray]) -> Pairs:
    (left, left_moment), (right, target) = before, after
    if left.moments is None or right.moments is None:
        raise ValueError("a seam leaves from a section's end and enters a layer")
    sides = left.moments.levels()[-1].nodes, right.moments.levels()[-1].nodes
    return Pairs(universe, *sides, left_moment, right.moment[target])


def _enter(
    target: IntArray, memory: dict[int, IntArray], states: int, *, keep_all: bool
) -> tuple[IntArray, _Beside]:
    """Each arc's place entered, and the places: all states alike where the memories are no longer needed."""
    if keep_all:
        return target, _Beside(np.arange(states, dtype=np.int32), {})
    firsts, places = distinct([target, *memory.values()], target.size)
    return places, _Beside(target[firsts], {s: m[firsts] for s, m in memory.items()})


def _states(states: States, chosen: IntArray) -> States:
    """States told apart by what they carry beside: some may stand more than once."""
    return States(states.moments, states.moment[chosen], states.memory[chosen], states.memories, states.slots)
