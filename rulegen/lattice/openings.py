"""The openings of a section, told apart only as far as the seams that enter it later can tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.codes import IndexArray, begins, distinct, gather_ranges
from rulegen.lattice.layers import Arcs, Spread
from rulegen.lattice.moments import BLOCK, TooMany
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.lattice.reading import Nodes, Pairs
from rulegen.lattice.seams import MOST_PLACES, Crossing, Passage, Rows

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
    first = passages[0].arcs
    nowhere = np.zeros(first.left, dtype=np.int32)
    last = Path(np.arange(first.left, dtype=np.int32), nowhere, first)
    paths: list[Path] = []
    rows: list[Rows] = []
    for layer, passage in enumerate(passages):
        telling = _Telling(crossings, layer, rows)
        before = None if layer == 0 else passages[layer - 1]
        last, rows = telling.enter(before, last, passage)
        paths.append(last)
    columns = max(1, rows[0].weight.shape[0])
    spread = Spread(last.state, last.row, len(passages[-1].states), columns)
    weights = (_columns(each.weight, columns)[c.end_code] for each, c in zip(rows, crossings, strict=True))
    return Openings(tuple(paths), spread, tuple(weights))


def _columns(weight: FloatArray, columns: int) -> FloatArray:
    """(rows, ends) as (ends, columns)."""
    return weight.T if weight.shape[0] else np.zeros((weight.shape[1], columns))


@dataclass(frozen=True, slots=True, eq=False)
class _Telling:
    """One layer of an opening: the rows before it, by crossing."""

    crossings: Sequence[Crossing]
    layer: int
    rows: Sequence[Rows]

    def enter(self, before: Passage | None, last: Path, passage: Passage) -> tuple[Path, list[Rows]]:
        """The states of the layer that `passage` enters, and the rows after it."""
        arcs = passage.arcs
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
        firsts, case = distinct([last.row[owner], left[owner], right[entered]], owner.size)
        cases = last.row[owner[firsts]], left[owner[firsts]], right[entered[firsts]]
        row, offset, rows = self._rows(cases, nodes, after)
        return _path(passage, (last, owner, arc), row[case], offset[case]), rows

    def _rows(
        self, cases: tuple[IntArray, IntArray, IntArray], before: Nodes | None, after: Nodes
    ) -> tuple[IntArray, FloatArray, list[Rows]]:
        """Each case's row (-1: nothing may begin so), the nats that its ends have in common, and the rows. A
        case is a row before, a moment before and one entered, as far as the seams read these.
        """
        steps = [self._stepped(c, r, cases, before, after) for c, r in self._each()]
        width = max(1, BLOCK // max(1, *(len(c.ends) for c in self.crossings)))
        gathering = _Gathering(self.crossings, [step.after for step in steps])
        for begin in range(0, cases[0].size, width):
            chosen = np.arange(begin, min(begin + width, cases[0].size))
            if not gathering.add([step.rows_of(chosen) for step in steps]):
                raise TooManyWays(cases[0].size, self.layer + 1, self._costliest(gathering.rows()))
        return gathering.row(), gathering.offset(), gathering.rows()

    def _each(self) -> list[tuple[Crossing, Rows | None]]:
        return [(c, self.rows[i] if self.rows else None) for i, c in enumerate(self.crossings)]

    def _stepped(
        self,
        crossing: Crossing,
        rows: Rows | None,
        cases: tuple[IntArray, IntArray, IntArray],
        before: Nodes | None,
        after: Nodes,
    ) -> _Step:
        row, left, right = cases
        if rows is None:
            return _Step(crossing.enter(after), right, None)
        if self.layer >= len(crossing.readers):
            return _Step(rows, row, None)
        firsts, pair = distinct([left, right], row.size)
        pairs = Pairs(crossing.universe, before, after, left[firsts], right[firsts])
        following, memory, weight = crossing.step(self.layer, rows, pairs)
        return _Step(rows, row, (pair, memory, weight), following)

    def _costliest(self, rows: Sequence[Rows] = ()) -> int | None:
        """The use of the slot without which fewest rows would be told apart."""
        found: list[tuple[int, int]] = []
        layer = self.layer + (1 if rows else 0)
        for crossing, each in zip(self.crossings, rows or self.rows, strict=False):
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


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """What cases come to for one crossing: rows as they are, or each memory of a row stepped by a pair."""

    before: Rows
    row: IntArray  # (cases,)
    by_pair: tuple[IntArray, IntArray, FloatArray] | None
    following: Rows | None = None

    @property
    def after(self) -> IntArray:
        """The memories after."""
        return self.before.memories if self.following is None else self.following.memories

    def rows_of(self, cases: IndexArray) -> tuple[IntArray, FloatArray]:
        """(cases, ends): memories and nats."""
        memory, weight = self.before.memory[self.row[cases]], self.before.weight[self.row[cases]]
        if self.by_pair is not None:
            pair, following, nats = self.by_pair
            chosen = pair[cases][:, None]
            memory, weight = following[memory, chosen], weight + nats[memory, chosen]
        return np.where(np.isneginf(weight), 0, memory).astype(np.int32), weight


class _Gathering:
    """Rows as they are found, each once."""

    def __init__(self, crossings: Sequence[Crossing], memories: Sequence[IntArray]) -> None:
        self.memories = memories
        self.ends = [len(c.ends) for c in crossings]
        self.most = MOST_PLACES // max(1, *(c.end_code.size for c in crossings))  # a row is so wide at last
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

    def rows(self) -> list[Rows]:
        """The rows, by crossing."""
        found = []
        for memories, kept, ends in zip(self.memories, self.kept, self.ends, strict=True):
            memory = np.array([m for m, _ in kept], dtype=np.int32).reshape(len(kept), ends)
            found.append(Rows(memories, memory, np.array([w for _, w in kept]).reshape(len(kept), ends)))
        return found


def _path(
    passage: Passage, found: tuple[Path, IndexArray, IndexArray], row: IntArray, offset: FloatArray
) -> Path:
    """The states entered, told apart by their rows; what may not begin so is left out."""
    last, owner, arc = found
    alive = np.flatnonzero(row >= 0)
    owner, arc, row, offset = owner[alive], arc[alive], row[alive], offset[alive]
    entered = passage.arcs.target[arc]
    place, target = distinct([entered, row], owner.size)
    state, weight = entered[place], passage.arcs.log_weight[arc] + offset
    same = np.array_equal(target, passage.arcs.target) and np.array_equal(weight, passage.arcs.log_weight)
    if same and last.state.size == passage.arcs.left:
        return Path(state, row[place], passage.arcs)
    arcs = Arcs(owner.astype(np.int32), target, weight, begins(owner, last.state.size), place.size)
    return Path(state, row[place], arcs)
