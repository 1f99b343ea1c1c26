"""The greatest log weight, proved, and the next ones after it:
best first, under the exact greatest look-ahead."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.codes import IndexArray
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import Ahead, look_ahead_max
from rulegen.lattice.mixed import written_out
from rulegen.lattice.problem import IntArray

_GRAIN = 1e-9  # bounds closer than this count as equal, so that rounding sends no search astray


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """An assignment, int32 (layers, components), and its log weight in nats."""

    assignment: IntArray
    log_weight: float


def best(lattice: Lattice, count: int = 1, ahead: Ahead | None = None) -> list[Ranked]:
    """The `count` assignments of greatest weight, fewer where there are fewer; empty where nothing is legal.

    Weights within 1e-9 nats of one another count as equal; among equals the order is fixed by the lattice.
    `ahead` is from `look_ahead_max`.
    """
    found = []
    for ranked in ranking(lattice, ahead):
        found.append(ranked)
        if len(found) == count:
            break
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """A partial assignment: the arcs chosen so far, linked backward, and where that leads."""

    depth: int  # stages done
    place: int  # (state, column) before the next stage, flat
    waiting: tuple[tuple[int, int], ...]  # (block, place): blocks not begun whose beginning is known
    log_weight: float
    later: float  # the greatest that the waiting blocks can add
    before: _Path | None
    arc: int


def ranking(lattice: Lattice, ahead: Ahead | None = None) -> Iterator[Ranked]:
    """All assignments, from the greatest weight down; each costs about as many steps as there are layers."""
    lattice = lattice.written_out()
    search = _Search(lattice, look_ahead_max(lattice) if ahead is None else ahead)
    if np.isneginf(search.ahead.total):
        return
    start = _Path(0, 0, (), 0.0, 0.0, None, -1)
    heap: list[tuple[int, int, int, _Path, int]] = []
    pushed = 0
    item = search.bound(start, 0)
    heapq.heappush(heap, (item, 0, pushed, start, 0))
    while heap:
        _, depth, _, path, rank = heapq.heappop(heap)
        longer = search.extend(path, rank)
        if rank + 1 < len(search.ranked(path)[0]):
            pushed += 1
            heapq.heappush(heap, (search.bound(path, rank + 1), depth, pushed, path, rank + 1))
        if longer.depth == len(search.plan):
            yield Ranked(search.assignment(longer), longer.log_weight)
            continue
        pushed += 1
        heapq.heappush(heap, (search.bound(longer, 0), -longer.depth, pushed, longer, 0))


@dataclass(slots=True, eq=False)
class _Search:
    lattice: Lattice
    ahead: Ahead
    plan: list[tuple[int, int]] = field(init=False)  # (block, stage) in the order of deciding
    columns: list[int] = field(init=False)  # columns before each of the plan's stages
    known: dict[tuple[int, int], tuple[IndexArray, IndexArray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        blocks = self.lattice.blocks
        self.plan = [(b, s) for b, block in enumerate(blocks) for s in range(len(block.stages))]
        self.columns = [self.ahead.values[b][s].shape[1] for b, s in self.plan]

    def ranked(self, path: _Path) -> tuple[IndexArray, IndexArray]:
        """The legal arcs out of a path's place, the best first, and what weight and look-ahead come to."""
        key = path.depth, path.place
        if key not in self.known:
            (b, s), width = self.plan[path.depth], self.columns[path.depth]
            stage = self.lattice.blocks[b].stages[s]
            state, column = divmod(path.place, width)
            every = stage.arcs.written_out
            arcs = np.arange(every.first[state], every.first[state + 1])
            target = every.target[arcs]
            following = written_out(self.ahead.values[b][s + 1])
            if stage.spread is None:
                value = following[target, column]
            else:
                spread = stage.spread
                value = following[spread.state[target], column * spread.columns + spread.column[target]]
            score = every.log_weight[arcs] + value
            order = np.argsort(-score, kind="stable")
            order = order[~np.isneginf(score[order])]
            self.known[key] = arcs[order], score[order]
        return self.known[key]

    def bound(self, path: _Path, rank: int) -> int:
        """Minus the greatest weight of what goes on by the arc of this rank, in grains."""
        return -round((path.log_weight + path.later + float(self.ranked(path)[1][rank])) / _GRAIN)

    def extend(self, path: _Path, rank: int) -> _Path:
        """The path gone on by the arc of this rank, over the end of its block where that is reached."""
        arc = int(self.ranked(path)[0][rank])
        (b, s), width = self.plan[path.depth], self.columns[path.depth]
        block = self.lattice.blocks[b]
        stage, column = block.stages[s], path.place % width
        arcs = stage.arcs.written_out
        state, weight = int(arcs.target[arc]), path.log_weight + float(arcs.log_weight[arc])
        if stage.spread is not None:
            spread = stage.spread
            state, column = int(spread.state[state]), column * spread.columns + int(spread.column[state])
            width *= spread.columns
        place = state * width + column
        if s + 1 < len(block.stages):
            return _Path(path.depth + 1, place, path.waiting, weight, path.later, path, arc)
        if block.seam is not None:
            weight += float(block.seam.reshape(-1)[place])
        waiting = path.waiting + tuple(
            (c.block, place if c.start is None else int(c.start[place])) for c in block.children
        )
        return self._begin(path, arc, weight, tuple(sorted(waiting)))

    def _begin(self, path: _Path, arc: int, weight: float, waiting: tuple[tuple[int, int], ...]) -> _Path:
        place, rest = (waiting[0][1], waiting[1:]) if waiting else (0, ())
        later = sum(float(written_out(self.ahead.values[b][0]).reshape(-1)[p]) for b, p in rest)
        return _Path(path.depth + 1, place, rest, weight, later, path, arc)

    def assignment(self, path: _Path) -> IntArray:
        """The values along a complete path."""
        values = np.empty((self.lattice.layers, len(self.lattice.components)), dtype=np.int32)
        link: _Path | None = path
        while link is not None and link.before is not None:
            b, s = self.plan[link.before.depth]
            stage = self.lattice.blocks[b].stages[s]
            values[stage.layer] = stage.moments[stage.moment[stage.arcs.written_out.target[link.arc]]]
            link = link.before
        return values
