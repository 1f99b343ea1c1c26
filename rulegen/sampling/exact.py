"""Exact draws: all walkers at once, each step in proportion to arc weight × look-ahead."""

from __future__ import annotations

import numpy as np

from rulegen.lattice.arcs import AnyArcs
from rulegen.lattice.codes import IndexArray, Integers, begins, distinct_keys
from rulegen.lattice.layers import Lattice, LayerArcs
from rulegen.lattice.lookahead import Ahead, end_shape, look_ahead
from rulegen.lattice.mixed import Values, at
from rulegen.lattice.problem import FloatArray, IntArray

_BLOCK = 1 << 20  # walkers × arcs looked at together


def draw(lattice: Lattice, uniforms: FloatArray, ahead: Ahead | None = None) -> IntArray:
    """Assignments in proportion to their weight, int32 (pieces, layers, components).

    `uniforms`: float64 (pieces, layers) in [0, 1). Piece i depends on row i alone: it is the same in any
    batch. Give `ahead` (from `look_ahead`) to draw again without looking ahead again. Raises ValueError
    where nothing is legal.
    """
    ahead = look_ahead(lattice) if ahead is None else ahead
    if np.isneginf(ahead.total):
        raise ValueError("the lattice has no legal assignment")
    pieces = np.empty((uniforms.shape[0], lattice.layers, len(lattice.components)), dtype=np.int32)
    starts = {0: np.zeros(uniforms.shape[0], dtype=np.int64)}
    for i, block in enumerate(lattice.blocks):
        state, column = np.divmod(starts.pop(i), block.columns)
        columns = block.columns
        for j, stage in enumerate(block.stages):
            left, entered = ahead.values[i][j], ahead.entered(i, j, stage)
            state = _step(stage.arcs, (state, column), left, entered, uniforms[:, stage.layer])
            pieces[:, stage.layer] = stage.moments[stage.moment[state]]
            state, column, columns = _spread(stage, state, column, columns)
        place = state * end_shape(block)[1] + column
        for child in block.children:
            starts[child.block] = place if child.start is None else child.start[place]
    return pieces


def _spread(
    stage: LayerArcs, state: IndexArray, column: IndexArray, columns: int
) -> tuple[IndexArray, IndexArray, int]:
    spread = stage.spread
    if spread is None:
        return state, column, columns
    return (
        spread.state[state].astype(np.int64),
        column * spread.columns + spread.column[state],
        columns * spread.columns,
    )


def _step(
    arcs: AnyArcs,
    place: tuple[IndexArray, IndexArray],
    left: Values,
    entered: Values,
    uniform: FloatArray,
) -> IndexArray:
    """The state each walker enters."""
    state, column = place
    firsts, row = distinct_keys(state * left.shape[1] + column, left.shape[0] * left.shape[1])
    chosen = np.empty(state.size, dtype=np.int64)
    step = max(1, _BLOCK // arcs.widest(state))
    for begin in range(0, firsts.size, step):
        rows = firsts[begin : begin + step]
        sums, first, target = _cumulate(arcs, (state[rows], column[rows]), left, entered)
        here = np.flatnonzero((row >= begin) & (row < begin + step))
        for part in range(0, here.size, step):
            walkers = here[part : part + step]
            own = row[walkers] - begin
            chosen[walkers] = target[first[own] + _choose(sums, own, uniform[walkers])]
    return chosen


def _cumulate(
    arcs: AnyArcs, place: tuple[IndexArray, IndexArray], left: Values, entered: Values
) -> tuple[FloatArray, IndexArray, IntArray]:
    """Cumulative probabilities of each place's arcs, a row each; beyond its arcs a row stays level. And the
    states that its arcs enter, from where its own begin.
    """
    state, column = place
    owner, target, weight = arcs.out_of(state)
    first = begins(owner, state.size)
    count = np.diff(first)
    logs = np.full((state.size, max(1, int(count.max()))), -np.inf)
    across = np.arange(owner.size) - first[owner]
    logs[owner, across] = weight + at(entered, target, column[owner]) - at(left, state, column)[owner]
    sums: FloatArray = np.cumsum(np.exp(logs), axis=1)
    return sums, first, target


def _choose(sums: FloatArray, row: Integers, uniform: FloatArray) -> IndexArray:
    """The first arc whose cumulative probability passes the uniform; never one of probability zero."""
    own = sums[row]
    threshold = (uniform * own[:, -1])[:, None]
    chosen = (own <= threshold).sum(axis=1)
    last = (own < own[:, -1:]).sum(axis=1)
    kept: IndexArray = np.minimum(chosen, last)
    return kept
