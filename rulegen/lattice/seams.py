"""What a seam still sees of what lies before it: what an end, and then an opening so far, means to it.

From one end of a section a seam may be in one memory, from another in another. What an opening has come to is
therefore a row: for each end the seam's memory and the nats so far. Openings with equal rows are one to
whatever of the seam is still to come, whichever notes they had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.codes import distinct
from rulegen.lattice.form import Coupling
from rulegen.lattice.layers import Arcs
from rulegen.lattice.liveness import live_on_seam
from rulegen.lattice.moments import TooMany
from rulegen.lattice.problem import FloatArray, IntArray, Output, Part, Slot
from rulegen.lattice.reading import Nodes, Pairs, Reader, Universe
from rulegen.lattice.states import States, Stepped, step_memories

MOST_PLACES = 1 << 27  # (state, column) places of a section, 8 bytes each when looking ahead
_MOST_CASES = 1 << 25  # memories × pairs of moments that are stepped together


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A section's layer as built without openings: its arcs and the states entered."""

    arcs: Arcs
    states: States


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What openings have come to, by end: `memory` (rows, ends) row of `memories`, `weight` (rows, ends)
    nats; -inf: the seam forbids it, and its memory is 0.
    """

    memories: IntArray  # (memories, live slots)
    memory: IntArray
    weight: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """One coupling with the ends that it leaves from, those alike to it taken as one."""

    universe: Universe
    slots: Sequence[Slot]
    coupling: Coupling
    readers: tuple[Reader, ...]
    live: tuple[tuple[int, ...], ...]  # the slots that matter before each layer, and after the last
    ends: States
    end_code: IntArray  # each end state's row in them

    @classmethod
    def of(cls, universe: Universe, slots: Sequence[Slot], coupling: Coupling, ends: States) -> Crossing:
        """A coupling ready to be crossed."""
        readers = tuple(Reader.of(factors) for factors in coupling.factors)
        live = tuple(tuple(sorted(each)) for each in live_on_seam(readers))
        read = sorted({c for scope in readers[0].scopes.values() for c in scope.before})
        if ends.moments is None:
            raise ValueError("a seam leaves from a section's end")
        columns = [ends.moments.columns[c][ends.moment] for c in read]
        columns += [ends.memories[ends.memory, i] for i, s in enumerate(ends.slots) if s in live[0]]
        firsts, code = distinct(columns, len(ends))
        few = States(ends.moments, ends.moment[firsts], ends.memory[firsts], ends.memories, ends.slots)
        return cls(universe, slots, coupling, readers, live, few, code)

    def enter(self, entered: Nodes) -> Rows:
        """The rows of openings of one moment each."""
        count, ends = len(entered), len(self.ends)
        owner, column = np.repeat(np.arange(ends), count), np.tile(np.arange(count), ends)
        held = held_at(self.ends, self.slots, frozenset(self.live[0]))
        assert self.ends.moments is not None
        before = Nodes(np.ascontiguousarray(self.ends.moments.columns[:, self.ends.moment]))
        pairs = Pairs(self.universe, before, entered, owner, column)
        stepped = cross(self.readers[0], self.slots, {s: m[owner] for s, m in held.items()}, pairs)
        memories, code = self._packed(stepped, 0)
        weight = np.ascontiguousarray(stepped.log_weight.reshape(ends, count).T)
        return Rows(memories, np.ascontiguousarray(code.reshape(ends, count).T), weight)

    def step(self, layer: int, rows: Rows, pairs: Pairs) -> tuple[Rows, IntArray, FloatArray]:
        """What each memory comes to on each pair: the memories after as rows without any row yet, and
        (memories, pairs) their numbers and nats. Raises `TooMany`.
        """
        held, count = rows.memories.shape[0], len(pairs)
        if held * count > _MOST_CASES:
            raise TooMany(held * count, "openings")
        place, which = np.repeat(np.arange(held), count), np.tile(np.arange(count), held)
        wide = Pairs(self.universe, pairs.before, pairs.after, pairs.source[which], pairs.target[which])
        memory = {slot: rows.memories[place, i] for i, slot in enumerate(self.live[layer])}
        stepped = cross(self.readers[layer], self.slots, memory, wide)
        memories, code = self._packed(stepped, layer)
        none = Rows(memories, np.zeros((0, len(self.ends)), dtype=np.int32), np.zeros((0, len(self.ends))))
        return none, code.reshape(held, count), stepped.log_weight.reshape(held, count)

    def _packed(self, stepped: Stepped, layer: int) -> tuple[IntArray, IntArray]:
        """The distinct memories that matter after a layer, and each case's: the first where forbidden."""
        kept = self.live[layer + 1]
        good = np.flatnonzero(~np.isneginf(stepped.log_weight))
        columns = [stepped.memory[s][good] for s in kept]
        firsts, code = distinct(columns, good.size)
        memories = np.zeros((max(1, firsts.size), len(kept)), dtype=np.int32)
        for i, column in enumerate(columns):
            memories[: firsts.size, i] = column[firsts]
        found = np.zeros(stepped.log_weight.size, dtype=np.int32)
        found[good] = code
        return memories, found


def held_at(states: States, slots: Sequence[Slot], live: frozenset[int]) -> dict[int, IntArray]:
    """What the slots `live` hold in each of some states, (states,) each."""
    columns = {slot: i for i, slot in enumerate(states.slots)}
    return {
        slot: states.memories[states.memory, columns[slot]]
        if slot in columns
        else np.full(len(states), slots[slot].start, dtype=np.int32)
        for slot in sorted(live)
    }


def cross(reader: Reader, slots: Sequence[Slot], held: dict[int, IntArray], pairs: Pairs) -> Stepped:
    """One layer of a seam stepped on pairs, with all that its factors weigh. held: the slots that matter."""
    moved = {factor.slot for factor in reader.factors if factor.slot is not None}
    idle = {s: np.full(len(pairs), slots[s].start, dtype=np.int32) for s in moved - held.keys()}
    stepped = step_memories(reader, held | idle, read_pairs(reader, pairs), len(pairs))
    return Stepped(stepped.log_weight + weigh_pairs(reader, pairs), stepped.memory)


def read_pairs(reader: Reader, pairs: Pairs) -> Callable[[Part | Output], IntArray]:
    """What the pairs alone give, as `step_memories` asks for it."""
    return lambda read: reader.column(read, pairs)


def weigh_pairs(reader: Reader, pairs: Pairs) -> FloatArray:
    """Nats of all factors without memory on pairs that nothing has filtered yet, (pairs,)."""
    total = reader.weigh(pairs)
    for factor in reader.filters:
        total[reader.forbidden(factor, pairs)] = -np.inf
    return total
