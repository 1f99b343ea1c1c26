"""The arcs between two layers of states: written out, or as moves of moments and what memories do to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers, begins, distinct_keys, gather_ranges
from rulegen.lattice.problem import FloatArray, IntArray

Out = tuple[IndexArray, IntArray, FloatArray]  # of arcs: which of the states asked for, target, nats


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The arcs between two layers of states, sorted by source; a forbidden arc is absent."""

    source: IntArray  # (arcs,)
    target: IntArray  # (arcs,)
    log_weight: FloatArray  # (arcs,), nats
    first: IndexArray = field(repr=False)  # (states left + 1,): where each state's arcs begin
    entered: int  # states entered

    @property
    def left(self) -> int:
        """How many states the arcs leave from."""
        return int(self.first.size) - 1

    @property
    def size(self) -> int:
        """How many arcs there are."""
        return int(self.source.size)

    @property
    def nbytes(self) -> int:
        """What its arrays take of memory."""
        return self.source.nbytes + self.target.nbytes + self.log_weight.nbytes + self.first.nbytes

    def widest(self, states: Integers) -> int:
        """At most so many arcs leave one of some states."""
        return max(1, int(np.diff(self.first)[states].max()))

    @property
    def written_out(self) -> Arcs:
        """Itself."""
        return self

    def out_of(self, states: Integers) -> Out:
        """The arcs out of some states, state by state."""
        owner, arc = gather_ranges(self.first, states)
        return owner, self.target[arc], self.log_weight[arc]

    def unweighted(self) -> Arcs:
        """The same arcs, each of weight 0."""
        return replace(self, log_weight=np.zeros_like(self.log_weight))

    def without_any(self) -> Arcs:
        """The states that they left and entered alone: what is left where arcs are not asked for."""
        return Arcs(self.source[:0].copy(), self.target[:0].copy(), np.zeros(0), self.first * 0, self.entered)


@dataclass(frozen=True, slots=True, eq=False)
class MemorySteps:
    """What each memory before, a row, makes of each kind of move, a column."""

    log_weight: FloatArray  # (memories, kinds), nats
    following: IntArray  # (memories, kinds), row of the memories after; -1: forbidden
    after: int  # memories after


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Arcs in two steps: from a state to a *node*, which is a moment left, a kind of move and the memory
    after it, and from there by each such move. States of one moment share what follows a node.
    """

    first: IndexArray  # (states left + 1,): where each state's first halves begin
    node: IntArray  # (first halves,)
    cell: IndexArray  # (first halves,): place in the tables of steps
    node_first: IndexArray  # (nodes + 1,): where each node's second halves begin
    move: IntArray  # (second halves,)
    target: IntArray  # (second halves,)

    @property
    def nbytes(self) -> int:
        """What its arrays take of memory."""
        arrays = self.first, self.node, self.cell, self.node_first, self.move, self.target
        return sum(array.nbytes for array in arrays)


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """What looking ahead over arcs came to: how it was summed, from which values, to which."""

    sparse: bool
    after: FloatArray
    before: FloatArray


@dataclass(frozen=True, eq=False)
class ArcsByMoves:
    """Arcs as moves of moments: one leaves each state by each move of its moment that its memory allows, in
    the order of the moves. Written out they are many times the moves, since many memories share a moment.
    """

    move_first: IndexArray = field(repr=False)  # (moments left + 1,): where each moment's moves begin
    after: IntArray  # (moves,): the moment entered
    kind: IntArray  # (moves,): column of `steps`
    log_weight: FloatArray  # (moves,), nats, without those of the memories
    steps: MemorySteps
    moment: IntArray  # (states left,)
    memory: IntArray  # (states left,): row of `steps`
    keys: IndexArray  # (states entered,): moment × steps.after + memory, ascending
    size: int  # arcs
    summed: list[Summed] = field(
        default_factory=list, init=False, repr=False
    )  # what looking ahead came to last

    @classmethod
    def of(
        cls,
        moves: tuple[IndexArray, IntArray, IntArray, FloatArray],
        steps: MemorySteps,
        states: tuple[IntArray, IntArray],
    ) -> ArcsByMoves:
        """The arcs of states (moments, memories), with all states that they enter. moves: first of each
        moment, moments after, kinds, nats.
        """
        move_first, after, kind, log_weight = moves
        first, node, cell, node_first, move, memory, arcs = _halved(move_first, kind, steps, *states)
        keys = after[move].astype(np.int64) * steps.after + memory
        place, target = distinct_keys(keys, (int(after.max(initial=0)) + 1) * steps.after)
        found = cls(move_first, after, kind, log_weight, steps, *states, keys[place], arcs)
        found.__dict__["halves"] = Halves(first, node, cell, node_first, move, target)
        return found

    @property
    def left(self) -> int:
        """How many states the arcs leave from."""
        return int(self.moment.size)

    @property
    def entered(self) -> int:
        """How many states they enter."""
        return int(self.keys.size)

    @property
    def nbytes(self) -> int:
        """What its arrays take of memory."""
        moves = self.after, self.kind, self.log_weight, self.steps.log_weight
        states = self.moment, self.memory, self.keys
        halves = self.__dict__.get("halves")  # not made only to be measured
        return sum(array.nbytes for array in (*moves, *states)) + (0 if halves is None else halves.nbytes)

    @cached_property
    def halves(self) -> Halves:
        """The arcs in two steps."""
        first, node, cell, node_first, move, memory, _ = _halved(
            self.move_first, self.kind, self.steps, self.moment, self.memory
        )
        return Halves(first, node, cell, node_first, move, self._entered(move, memory))

    def widest(self, states: Integers) -> int:
        """At most so many arcs leave one of some states."""
        return max(1, int(np.diff(self.move_first)[self.moment[states]].max()))

    @property
    def written_out(self) -> Arcs:
        """The same arcs, each by itself."""
        owner, target, log_weight = self.out_of(np.arange(self.left))
        first = begins(owner, self.left)
        return Arcs(owner.astype(np.int32), target, log_weight, first, self.entered)

    def out_of(self, states: Integers) -> Out:
        """The arcs out of some states, state by state."""
        owner, move = gather_ranges(self.move_first, self.moment[states])
        cell = self.memory[states][owner].astype(np.int64) * self.steps.following.shape[1] + self.kind[move]
        memory = np.take(self.steps.following, cell)
        good = np.flatnonzero(memory >= 0)
        owner, move, memory = owner[good], move[good], memory[good]
        weight = self.log_weight[move] + np.take(self.steps.log_weight, cell[good])
        return owner, self._entered(move, memory), weight

    def weighing(self, log_weight: FloatArray) -> ArcsByMoves:
        """The same arcs by moves of other weights."""
        found = replace(self, log_weight=log_weight)
        found.__dict__["halves"] = self.halves
        return found

    def unweighted(self) -> ArcsByMoves:
        """The same arcs, each of weight 0."""
        steps = replace(self.steps, log_weight=np.where(np.isneginf(self.steps.log_weight), -np.inf, 0.0))
        found = replace(self, log_weight=np.zeros_like(self.log_weight), steps=steps)
        found.__dict__["halves"] = self.halves
        return found

    def without_any(self) -> Arcs:
        """The states that they left and entered alone."""
        nothing = np.zeros(0, dtype=np.int32)
        first = np.zeros(self.left + 1, dtype=np.int64)
        return Arcs(nothing, nothing, np.zeros(0), first, self.entered)

    def _entered(self, move: Integers, memory: IntArray) -> IntArray:
        """The states that moves enter with some memories after."""
        keys = self.after[move].astype(np.int64) * self.steps.after + memory
        return np.searchsorted(self.keys, keys).astype(np.int32)


AnyArcs = Arcs | ArcsByMoves


def _halved(
    move_first: IndexArray, kind: IntArray, steps: MemorySteps, moment: IntArray, memory: IntArray
) -> tuple[IndexArray, IntArray, IndexArray, IndexArray, IntArray, IntArray, int]:
    """The halves of arcs but for the states that they enter: as in `Halves`, with the memory after each
    second half in place of its target; and how many arcs there are.
    """
    moments, kinds = move_first.size - 1, steps.following.shape[1]
    before = np.repeat(np.arange(moments), np.diff(move_first))
    firsts, pair = distinct_keys(before * kinds + kind, moments * kinds)  # of a moment and a kind
    order = np.argsort(pair, kind="stable")
    owner, which = gather_ranges(begins(before[firsts], moments), moment)
    cell = memory[owner].astype(np.int64) * kinds + kind[firsts][which]
    following = np.take(steps.following, cell)
    good = np.flatnonzero(following >= 0)
    owner, which, following = owner[good], which[good], following[good]
    places, node = distinct_keys(which * steps.after + following, firsts.size * steps.after)
    move_of_pair = begins(pair, firsts.size)
    lead, place = gather_ranges(move_of_pair, which[places])
    arcs = int(np.diff(move_of_pair)[which].sum())
    return (
        begins(owner, moment.size),
        node,
        cell[good],
        begins(lead, places.size),
        order[place].astype(np.int32),
        following[places][lead],
        arcs,
    )
