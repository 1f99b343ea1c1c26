"""The openings of a section, told apart only as far as the seams that enter it later can tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.codes import IndexArray, begins, distinct, gather_ranges
from rulegen.lattice.layers import Spread
from rulegen.lattice.moments import BLOCK, TooMany
from rulegen.lattice.pairs import Nodes, Pairs
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.lattice.seams import MOST_PLACES, Crossing, OpeningRows, Passage, Table, alike

MOST_ARCS = 8_000_000  # of a layer in which openings are told apart
_DIGITS = 12  # nats are compared to so many: what differs by rounding is one


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """States of one layer that know what their opening has come to so far: the base state, the row, and the
    arcs from the layer before.
    """

    state: IntArray
    row: IntArray
    arcs: Arcs


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """The layers of a section's opening, where each of the last one's states goes, and by crossing the nats
    from each end state into each class of openings, (end states, classes).
    """

    paths: tuple[Path, ...]
    spread: Spread
    weights: tuple[FloatArray, ...]


class TooManyWays(TooMany):
    """More `ways` through the first `layers` than can be told apart; `use` keeps most of them apart."""

    def __init__(self, ways: int, layers: int, use: int | None) -> None:
        super().__init__(ways, "openings")
        self.layers = layers
        self.use = use


def tell_apart(crossings: Sequence[Crossing], passages: Sequence[Passage]) -> Openings:
    """The openings over a section's first layers, as its arcs reach them. Raises `TooManyWays`."""
    passages = [Passage(passage.arcs.written_out, passage.states) for passage in passages]
    first = passages[0].arcs.written_out
    nowhere = np.zeros(first.left, dtype=np.int32)
    last = Path(np.arange(first.left, dtype=np.int32), nowhere, first)
    paths: list[Path] = []
    rows = [crossing.begin() for crossing in crossings]
    for layer, passage in enumerate(passages):
        telling = _Telling(crossings, layer, rows)
        last, rows = telling.enter(passages[layer - 1] if layer else None, last, passage)
        paths.append(last)
    columns = max(1, rows[0].weight.shape[0])
    spread = Spread(last.state, last.row, len(passages[-1].states), columns)
    return Openings(tuple(paths), spread, tuple(_columns(each.weight, columns)[each.end] for each in rows))


def _columns(weight: FloatArray, columns: int) -> FloatArray:
    """(rows, ends) as (ends, columns)."""
    return weight.T if weight.shape[0] else np.zeros((weight.shape[1], columns))


@dataclass(frozen=True, slots=True, eq=False)
class _Telling:
    """One layer of an opening: the rows before it, by crossing."""

    crossings: Sequence[Crossing]
    layer: int
    rows: Sequence[OpeningRows]

    def enter(self, before: Passage | None, last: Path, passage: Passage) -> tuple[Path, list[OpeningRows]]:
        """The states of the layer that `passage` enters, and the rows after it."""
        arcs = passage.arcs.written_out
        ways = int(np.diff(arcs.first)[last.state].sum())
        if before is not None and ways > MOST_ARCS:
            raise TooManyWays(ways, self.layer + 1, self._costliest())
        owner, arc = gather_ranges(arcs.first, last.state)
        entered = arcs.target[arc]
        right, after = _as_read(self.crossings, self.layer, passage, after=True)
        left, nodes = np.zeros(last.state.size, dtype=np.int32), None
        if before is not None:
            code, nodes = _as_read(self.crossings, self.layer, before, after=False)
            left = code[last.state]
        firsts, pair = distinct([left[owner], right[entered]], owner.size)
        try:
            tables = self._stepped(nodes, after, (left[owner[firsts]], right[entered[firsts]]))
        except TooMany:
            raise TooManyWays(ways, self.layer + 1, self._costliest()) from None
        kinds, kind = alike(*(t for each in tables for t in (each.following.T, each.weight.T)))
        lines, line = self._lines(tables)
        firsts, case = distinct([line[last.row[owner]], kind[pair]], owner.size)
        cases = lines[line[last.row[owner[firsts]]]], kinds[kind[pair[firsts]]]
        row, offset, rows = self._rows(tables, cases)
        return _path(passage, (last, owner, arc), row[case], offset[case]), rows

    def _stepped(self, before: Nodes | None, after: Nodes, pairs: tuple[IntArray, IntArray]) -> list[Table]:
        found = []
        for crossing, rows in zip(self.crossings, self.rows, strict=True):
            wide = Pairs(crossing.universe, before, after, *pairs)
            found.append(crossing.step(self.layer, rows.memories, wide))
        return found

    def _lines(self, tables: Sequence[Table]) -> tuple[IndexArray, IntArray]:
        """Which rows come to the same on every pair: one of each kind, and each one's kind."""
        spelled: list[IntArray | FloatArray] = []
        for rows, table in zip(self.rows, tables, strict=True):
            spelled += [alike(table.following, table.weight)[1][rows.memory], rows.weight]
        return alike(*spelled)

    def _rows(
        self, tables: Sequence[Table], cases: tuple[IndexArray, IndexArray]
    ) -> tuple[IntArray, FloatArray, list[OpeningRows]]:
        """Each case's row (-1: nothing may begin so), the nats that its ends have in common, and the rows. A
        case is a row before and a pair of moments.
        """
        width = max(1, BLOCK // max(1, *(rows.memory.shape[1] for rows in self.rows)))
        gathering = _Gathering(self.rows, [table.memories for table in tables])
        for begin in range(0, cases[0].size, width):
            line, pair = (each[begin : begin + width, None] for each in cases)
            found = []
            for rows, table in zip(self.rows, tables, strict=True):
                memory = rows.memory[line[:, 0]]
                weight = rows.weight[line[:, 0]] + table.weight[memory, pair]
                following = np.where(np.isneginf(weight), 0, table.following[memory, pair])
                found.append((following.astype(np.int32), weight))
            if not gathering.add(found):
                raise TooManyWays(cases[0].size, self.layer + 1, self._costliest(gathering.rows()))
        return gathering.row(), gathering.offset(), [rows.merged() for rows in gathering.rows()]

    def _costliest(self, rows: Sequence[OpeningRows] = ()) -> int | None:
        """The use of the slot without which fewest rows would be told apart."""
        found: list[tuple[int, int]] = []
        layer = self.layer + (1 if rows else 0)
        for crossing, each in zip(self.crossings, rows or self.rows, strict=True):
            live = crossing.live[min(layer, len(crossing.readers))]
            for i, slot in enumerate(live):
                _, code = distinct(list(np.delete(each.memories, i, axis=1).T), each.memories.shape[0])
                known = {row.tobytes() for row in code[each.memory]}
                found.append((len(known), crossing.slots[slot].use))
        last = [f.use for c in self.crossings for f in c.readers[-1].factors]
        return min(found)[1] if found else next(iter(last), None)


def _as_read(
    crossings: Sequence[Crossing], layer: int, passage: Passage, *, after: bool
) -> tuple[IntArray, Nodes]:
    """A layer's moments as far as seams read them: what each state has, and a moment of each."""
    states = passage.states
    if states.moments is None:
        raise ValueError("a section begins with a layer")
    read: set[int] = set()
    for crossing in crossings:
        if layer < len(crossing.readers):
            for scope in crossing.readers[layer].scopes.values():
                read.update(scope.after if after else scope.before)
    columns = [states.moments.columns[c] for c in sorted(read)]
    firsts, code = distinct(columns, len(states.moments))
    return code[states.moment], Nodes(np.ascontiguousarray(states.moments.columns[:, firsts]))


class _Gathering:
    """Rows as they are found, each once."""

    def __init__(self, before: Sequence[OpeningRows], memories: Sequence[IntArray]) -> None:
        self.before = before
        self.memories = memories
        self.most = MOST_PLACES // max(1, *(rows.end.size for rows in before))  # a row is so wide at last
        self.known: dict[bytes, int] = {}
        self.kept: list[list[tuple[IntArray, FloatArray]]] = [[] for _ in memories]
        self.numbers: list[int] = []
        self.offsets: list[FloatArray] = []

    def add(self, found: Sequence[tuple[IntArray, FloatArray]]) -> bool:
        """Take in the rows of some cases, by crossing; whether they are not too many."""
        greatest = [weight.max(axis=1, initial=-np.inf) for _, weight in found]
        dead = np.isneginf(np.min(greatest, axis=0))
        shift = [np.where(dead, 0.0, each) for each in greatest]
        self.offsets.append(np.sum(shift, axis=0))
        level = [(m, w - s[:, None]) for (m, w), s in zip(found, shift, strict=True)]
        spelled = [(m, np.round(w, _DIGITS) + 0.0) for m, w in level]
        for i in range(dead.size):
            if dead[i]:
                self.numbers.append(-1)
                continue
            key = b"".join(m[i].tobytes() + w[i].tobytes() for m, w in spelled)
            number = self.known.setdefault(key, len(self.known))
            self.numbers.append(number)
            if number == len(self.kept[0]):
                for kept, (m, w) in zip(self.kept, level, strict=True):
                    kept.append((m[i], w[i]))
        return len(self.known) <= self.most

    def row(self) -> IntArray:
        """The row of each case."""
        return np.array(self.numbers, dtype=np.int32)

    def offset(self) -> FloatArray:
        """The nats of each case that stand apart from its row."""
        return np.concatenate(self.offsets) if self.offsets else np.zeros(0)

    def rows(self) -> list[OpeningRows]:
        """The rows, by crossing."""
        found = []
        for memories, kept, before in zip(self.memories, self.kept, self.before, strict=True):
            shape = len(kept), before.memory.shape[1]
            memory = np.array([m for m, _ in kept], dtype=np.int32).reshape(shape)
            weight = np.array([w for _, w in kept]).reshape(shape)
            found.append(OpeningRows(memories, memory, weight, before.end))
        return found


def _path(
    passage: Passage, found: tuple[Path, IndexArray, IndexArray], row: IntArray, offset: FloatArray
) -> Path:
    """The states entered, told apart by their rows; what may not begin so is left out."""
    last, owner, arc = found
    alive = np.flatnonzero(row >= 0)
    owner, arc, row, offset = owner[alive], arc[alive], row[alive], offset[alive]
    arcs = passage.arcs.written_out
    entered = arcs.target[arc]
    place, target = distinct([entered, row], owner.size)
    state, weight = entered[place], arcs.log_weight[arc] + offset
    same = np.array_equal(target, arcs.target) and np.array_equal(weight, arcs.log_weight)
    if same and last.state.size == arcs.left:
        return Path(state, row[place], arcs)
    apart = Arcs(owner.astype(np.int32), target, weight, begins(owner, last.state.size), place.size)
    return Path(state, row[place], apart)
