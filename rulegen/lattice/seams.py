"""What a seam still sees of what lies before it: what an end, and then an opening so far, means to it.

From one end of a section a seam may be in one memory, from another in another. What an opening has come to is
therefore a row: for each end the seam's memory and the nats so far. Openings with equal rows are one to
whatever of the seam is still to come, whichever notes they had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.arcs import AnyArcs
from rulegen.lattice.codes import IndexArray, distinct
from rulegen.lattice.form import Coupling
from rulegen.lattice.liveness import live_on_seam
from rulegen.lattice.moments import TooMany
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import FloatArray, IntArray, Output, Part, Slot
from rulegen.lattice.reading import Reader
from rulegen.lattice.scopes import by_scope
from rulegen.lattice.states import States, Stepped, step_memories

MOST_PLACES = 1 << 27  # (state, column) places of a section, 8 bytes each when looking ahead
_MOST_CASES = 1 << 27  # memories × pairs of moments × slots that a layer of a seam is stepped on
_TOGETHER = 1 << 20  # memories × pairs stepped together


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A section's layer as built without openings: its arcs and the states entered."""

    arcs: AnyArcs
    states: States


@dataclass(frozen=True, slots=True, eq=False)
class OpeningRows:
    """What openings have come to, by end: `memory` (rows, ends) row of `memories`, `weight` (rows, ends)
    nats; -inf: the seam forbids it, and its memory is 0.
    """

    memories: IntArray  # (memories, live slots)
    memory: IntArray
    weight: FloatArray
    end: IntArray  # (end states,): each one's column, those that come to the same being one

    def merged(self) -> OpeningRows:
        """The same with ends that come to the same in every row as one."""
        columns = np.ascontiguousarray(self.memory.T), np.ascontiguousarray(self.weight.T)
        firsts, code = alike(*columns)
        return OpeningRows(self.memories, self.memory[:, firsts], self.weight[:, firsts], code[self.end])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A layer of a seam stepped: for each memory before and each pair of moments, (memories before, pairs),
    the row of `memories` after and the nats.
    """

    memories: IntArray
    following: IntArray
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
        readers = tuple(Reader.of(factors, facts=universe.facts) for factors in coupling.factors)
        live = tuple(tuple(sorted(each)) for each in live_on_seam(readers))
        read = sorted({c for scope in readers[0].scopes.values() for c in scope.before})
        if ends.moments is None:
            raise ValueError("a seam leaves from a section's end")
        columns = [ends.moments.columns[c][ends.moment] for c in read]
        columns += [ends.memories[ends.memory, i] for i, s in enumerate(ends.slots) if s in live[0]]
        firsts, code = distinct(columns, len(ends))
        few = States(ends.moments, ends.moment[firsts], ends.memory[firsts], ends.memories, ends.slots)
        return cls(universe, slots, coupling, readers, live, few, code)

    def begin(self) -> OpeningRows:
        """The one row before anything is entered: each end with what it holds."""
        held = held_at(self.ends, self.slots, frozenset(self.live[0]))
        count = len(self.ends)
        memories = np.stack([held[s] for s in self.live[0]] or [np.zeros(count, dtype=np.int32)], axis=1)
        memory = np.arange(count, dtype=np.int32)[None, :]
        return OpeningRows(memories[:, : len(self.live[0])], memory, np.zeros((1, count)), self.end_code)

    def step(self, layer: int, memories: IntArray, pairs: Pairs) -> Table:
        """What each of some memories comes to on each pair; at the first layer the memories are those of the
        ends, whose moments stand before. Raises `TooMany`.
        """
        held, count = memories.shape[0], len(pairs)
        shape = held, count
        if layer >= len(self.readers):
            return Table(memories, np.zeros(shape, dtype=np.int32), np.zeros(shape))
        if held * count * max(1, len(self.live[layer + 1])) > _MOST_CASES:
            raise TooMany(held * count, "openings")
        before = pairs.before if layer else self._moments_before()
        weights, kept = [], []
        for cases in np.array_split(np.arange(held * count), max(1, held * count // _TOGETHER)):
            place, which = np.divmod(cases, max(1, count))
            source = pairs.source[which] if layer else place
            wide = Pairs(self.universe, before, pairs.after, source, pairs.target[which])
            memory = {slot: memories[place, i] for i, slot in enumerate(self.live[layer])}
            stepped = cross(self.readers[layer], self.slots, memory, wide)
            weights.append(stepped.log_weight)
            kept.append([stepped.memory[s] for s in self.live[layer + 1]])
        weight = np.concatenate(weights)
        after, code = _packed([np.concatenate(column) for column in zip(*kept, strict=True)], weight)
        return Table(after, code.reshape(shape), weight.reshape(shape))

    def _moments_before(self) -> Nodes:
        assert self.ends.moments is not None
        return Nodes(np.ascontiguousarray(self.ends.moments.columns[:, self.ends.moment]))


def _packed(columns: Sequence[IntArray], weight: FloatArray) -> tuple[IntArray, IntArray]:
    """The distinct memories, and each case's: the first where it is forbidden."""
    good = np.flatnonzero(~np.isneginf(weight))
    columns = [column[good] for column in columns]
    firsts, code = distinct(columns, good.size)
    memories = np.zeros((max(1, firsts.size), len(columns)), dtype=np.int32)
    for i, column in enumerate(columns):
        memories[: firsts.size, i] = column[firsts]
    found = np.zeros(weight.size, dtype=np.int32)
    found[good] = code
    return memories, found


def alike(*tables: IntArray | FloatArray) -> tuple[IndexArray, IntArray]:
    """Which rows of some tables side by side are equal: an index of each distinct one, and each one's rank in
    order of appearance.
    """
    rows = tables[0].shape[0]
    words = np.hstack([_words(table) for table in tables])
    hashes = words @ np.random.default_rng(0).integers(1, 1 << 63, words.shape[1], dtype=np.uint64)
    order = np.argsort(hashes, kind="stable")
    fresh = np.append(True, hashes[order][1:] != hashes[order][:-1])[:rows]
    kind = np.empty(rows, dtype=np.int64)
    kind[order] = np.cumsum(fresh) - 1
    firsts = order[fresh]
    if not np.array_equal(words, words[firsts[kind]]):  # two rows of one hash
        known: dict[bytes, int] = {}
        kind = np.array([known.setdefault(row.tobytes(), len(known)) for row in words], dtype=np.int64)
        _, firsts = np.unique(kind, return_index=True)
    appearing = np.argsort(firsts, kind="stable")
    rank = np.empty(firsts.size, dtype=np.int32)
    rank[appearing] = np.arange(firsts.size, dtype=np.int32)
    return firsts[appearing], rank[kind]


def _words(table: IntArray | FloatArray) -> NDArray[np.uint64]:
    """The rows of a table, their bits as numbers."""
    bits = np.ascontiguousarray(table).view(np.uint32 if table.itemsize == 4 else np.uint64)
    return bits.reshape(table.shape[0], int(np.prod(table.shape[1:]))).astype(np.uint64)


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
    total, place = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.int64)
    for group in by_scope([(reader, reader.weights)]):
        total += group.weight(pairs, place)
    for group in by_scope([(reader, (*reader.of_moments, *reader.of_pairs))]):
        total[~group.allowed(pairs, place)] = -np.inf
    return total
