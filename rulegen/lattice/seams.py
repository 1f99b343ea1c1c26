"""What a seam weighs: from every end of one section into every opening of another,
openings alike taken as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.codes import IndexArray, distinct, gather_ranges
from rulegen.lattice.form import Coupling
from rulegen.lattice.layers import Arcs, Spread
from rulegen.lattice.moments import BLOCK, TooMany
from rulegen.lattice.problem import FloatArray, IntArray, Output, Part, Slot
from rulegen.lattice.reading import Nodes, Pairs, Reader, Universe
from rulegen.lattice.states import States, step_memories


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A section's layer as built without openings: its arcs and the states entered."""

    arcs: Arcs
    states: States


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """The distinct openings of a section: `moments[i]` (openings,) joint moment at its layer i;
    and arcs that tell them apart."""

    moments: tuple[IntArray, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """States of one layer that know their opening so far:
    base state, prefix, and the arcs from the layer before."""

    state: IntArray
    prefix: IntArray
    arcs: Arcs


MOST_ARCS = 8_000_000  # of a layer in which openings are told apart
MOST_PLACES = 1 << 27  # (state, column) places of a section, 8 bytes each when looking ahead


def find_openings(passages: Sequence[Passage]) -> Openings:
    """All openings over the first layers of a section, as its arcs reach them. Raises `TooMany`."""
    first = passages[0]
    fresh, prefix = distinct([first.states.moment], len(first.states))
    moments = [first.states.moment[fresh]]
    paths = [Path(np.arange(len(first.states), dtype=np.int32), prefix, first.arcs)]
    for passage in passages[1:]:
        last = paths[-1]
        ways = int(np.diff(passage.arcs.first)[last.state].sum())
        if ways > MOST_ARCS:
            raise TooMany(ways, "openings")
        owner, arc = gather_ranges(passage.arcs.first, last.state)
        entered = passage.arcs.target[arc]
        moment = passage.states.moment[entered]
        longer, code = distinct([last.prefix[owner], moment], owner.size)
        moments = [m[last.prefix[owner[longer]]] for m in moments] + [moment[longer]]
        paths.append(_path(passage.arcs, (owner, arc), entered, code, len(last.state)))
    return Openings(tuple(moments), tuple(paths))


def _path(
    arcs: Arcs, found: tuple[IndexArray, IndexArray], entered: IntArray, code: IntArray, left: int
) -> Path:
    owner, arc = found
    place, target = distinct([entered, code], owner.size)
    first = np.searchsorted(owner, np.arange(left + 1))
    fresh = Arcs(owner.astype(np.int32), target, arcs.log_weight[arc], first, place.size)
    return Path(entered[place], code[place], fresh)


def spread_openings(openings: Openings, classes: IntArray, states: int) -> tuple[list[Path], Spread]:
    """The opening's layers, the last telling apart only classes, and where each of its states goes."""
    columns = int(classes.max()) + 1 if classes.size else 1
    *paths, last = openings.paths
    place, target = distinct([last.state, classes[last.prefix]], len(last.state))
    entered = target[last.arcs.target]
    arcs = Arcs(last.arcs.source, entered, last.arcs.log_weight, last.arcs.first, place.size)
    state, column = last.state[place], classes[last.prefix[place]]
    if np.array_equal(entered, last.arcs.target):
        arcs = last.arcs
    return [*paths, Path(state, column, arcs)], Spread(state, column, states, columns)


@dataclass(slots=True, eq=False)
class Crossing:
    """One coupling ready to be weighed."""

    universe: Universe
    slots: Sequence[Slot]
    coupling: Coupling
    readers: tuple[Reader, ...]
    ends: States  # distinct ends, as far as the seam reads them
    end_code: IntArray  # each end state's row in them

    @classmethod
    def of(cls, universe: Universe, slots: Sequence[Slot], coupling: Coupling, ends: States) -> Crossing:
        """A coupling with the end states it leaves from, those alike to it taken as one."""
        readers = tuple(Reader.of(factors) for factors in coupling.factors)
        read = sorted({c for scope in readers[0].scopes.values() for c in scope.before})
        moved = {f.slot for reader in readers for f in reader.factors}
        if ends.moments is None:
            raise ValueError("a seam leaves from a section's end")
        columns = [ends.moments.columns[c][ends.moment] for c in read]
        columns += [ends.memories[ends.memory, i] for i, s in enumerate(ends.slots) if s in moved]
        firsts, code = distinct(columns, len(ends))
        few = States(ends.moments, ends.moment[firsts], ends.memory[firsts], ends.memories, ends.slots)
        return cls(universe, slots, coupling, readers, few, code)

    def weigh(self, openings: Sequence[Nodes]) -> FloatArray:
        """Nats from every distinct end into every opening, (ends, openings);
        `openings[i]`: their moments at layer i."""
        count, ends = len(openings[0]), len(self.ends)
        owner = np.repeat(np.arange(ends), count)
        column = np.tile(np.arange(count), ends)
        memory = {s: np.full(owner.size, slot.start, dtype=np.int32) for s, slot in enumerate(self.slots)}
        for i, slot in enumerate(self.ends.slots):
            memory[slot] = self.ends.memories[self.ends.memory[owner], i]
        total = np.zeros(owner.size)
        before, source = Nodes(_end_columns(self.ends)), owner
        for reader, after in zip(self.readers, openings, strict=False):
            pairs = Pairs(self.universe, before, after, source, column)
            total += weigh_pairs(reader, pairs)
            stepped = step_memories(reader, memory, read_pairs(reader, pairs), owner.size)
            total += stepped.log_weight
            memory, before, source = stepped.memory, after, column
        return total.reshape(ends, count)


def read_pairs(reader: Reader, pairs: Pairs) -> Callable[[Part | Output], IntArray]:
    """What the pairs alone give, as `step_memories` asks for it."""
    return lambda read: reader.column(read, pairs)


def _end_columns(ends: States) -> IntArray:
    if ends.moments is None:
        raise ValueError("a seam leaves from a section's end")
    return np.ascontiguousarray(ends.moments.columns[:, ends.moment])


def weigh_pairs(reader: Reader, pairs: Pairs) -> FloatArray:
    """Nats of all factors without memory on pairs that nothing has filtered yet, (pairs,)."""
    total = reader.weigh(pairs)
    for factor in reader.filters:
        total[reader.forbidden(factor, pairs)] = -np.inf
    return total


def classify(crossings: Sequence[Crossing], columns: Sequence[IntArray]) -> tuple[IntArray, list[FloatArray]]:
    """Classes of openings that no seam tells apart, and for each crossing nats (end states, classes).

    `columns[i]`: int32 (components, openings), the moments at layer i of the opening. Raises `TooMany`.
    """
    few, code = _as_read(crossings, columns)
    width = max(1, BLOCK // max(1, *(len(c.ends) for c in crossings)))
    most = max(c.end_code.size for c in crossings)
    classes = np.empty(few.size, dtype=np.int32)
    known: dict[bytes, int] = {}
    kept: list[list[FloatArray]] = [[] for _ in crossings]
    for begin in range(0, few.size, width):
        chosen = few[begin : begin + width]
        nodes = [Nodes(np.ascontiguousarray(c[:, chosen])) for c in columns]
        weights = [np.ascontiguousarray(crossing.weigh(nodes).T) for crossing in crossings]
        for i in range(chosen.size):
            row = b"".join(w[i].tobytes() for w in weights)
            if row not in known:
                known[row] = len(known)
                if len(known) * most > MOST_PLACES:
                    raise TooMany(few.size, "openings")
                for rows, w in zip(kept, weights, strict=True):
                    rows.append(w[i])
            classes[begin + i] = known[row]
    if not known:
        return classes[code], [np.zeros((c.end_code.size, 1)) for c in crossings]
    return classes[code], [
        np.stack(rows, axis=1)[c.end_code] for rows, c in zip(kept, crossings, strict=True)
    ]


def _as_read(crossings: Sequence[Crossing], columns: Sequence[IntArray]) -> tuple[IndexArray, IntArray]:
    """One opening for each distinct reading by any of the crossings, and each opening's reading."""
    read = []
    for i, column in enumerate(columns):
        seen: set[int] = set()
        for crossing in crossings:
            for layer, reader in enumerate(crossing.readers):
                for scope in reader.scopes.values():
                    seen.update(scope.after if layer == i else scope.before if layer == i + 1 else ())
        read += [column[c] for c in sorted(seen)]
    return distinct(read, columns[0].shape[1])
