"""Looking ahead: for every state the log mass, or the greatest log weight, of all that may follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import IndexArray, Integers, gather_ranges
from rulegen.lattice.layers import Arcs, Block, Lattice, LayerArcs
from rulegen.lattice.problem import FloatArray

_WEAK = (
    1e-280  # a mass below this, of its layer's greatest, is summed again by itself: underflow forbids nothing
)
_SURELY = -620.0  # nats below a layer's greatest: what weighs more than this is not so weak
_WORTH_IMPORTING = 1 << 26  # arcs × columns beyond which importing scipy.sparse pays for itself
_BLOCK = 1 << 22  # arcs × columns gathered together

Values = TypeVar("Values", FloatArray, NDArray[np.int64])
Step = Callable[[Arcs, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What may follow: `values[block][i]`, float64 (states, columns), nats, at the places that stage i
    leaves from.

    The last entry of a block is at its end, with its seams and all that follows it. -inf: nothing legal
    follows.
    """

    values: tuple[tuple[FloatArray, ...], ...]

    @property
    def total(self) -> float:
        """The log mass (or the greatest log weight) of the whole lattice, nats;
        -inf where nothing is legal."""
        return float(self.values[0][0][0, 0])

    def entered(self, block: int, index: int, stage: LayerArcs) -> FloatArray:
        """The values at the states that a stage's arcs enter, before any spread:
        (states entered, columns)."""
        return before_spread(stage, self.values[block][index + 1])


def look_ahead(lattice: Lattice) -> Ahead:
    """The log mass of all futures of every state: exact sums, each layer scaled to its greatest."""
    return Ahead(_backward(lattice, _Summing(use_sparse(lattice))))


def look_ahead_max(lattice: Lattice) -> Ahead:
    """The greatest log weight of all futures of every state."""
    return Ahead(_backward(lattice, step_max))


def log_mass(lattice: Lattice) -> float:
    """The log of the sum of exp(log weight) over all assignments, nats; -inf where none is legal."""
    return look_ahead(lattice).total


def use_sparse(lattice: Lattice) -> bool:
    """Whether sparse products are worth importing scipy.sparse for. Size alone decides: the two ways of
    summing differ in their last bits, and the same lattice shall always be summed in the same way.
    """
    work, columns = 0, 1
    for block in lattice.blocks:
        width = block.columns
        for stage in block.stages:
            work += stage.arcs.source.size * width
            width *= stage.spread.columns if stage.spread else 1
        columns = max(columns, width)
    return columns > 1 and work > _WORTH_IMPORTING


def _backward(lattice: Lattice, step: Step) -> tuple[tuple[FloatArray, ...], ...]:
    values: list[tuple[FloatArray, ...]] = [()] * len(lattice.blocks)
    starts: list[FloatArray] = [np.zeros((0, 0))] * len(lattice.blocks)
    for i in range(len(lattice.blocks) - 1, -1, -1):
        block = lattice.blocks[i]
        current = end_value(block, starts)
        found = [current]
        for stage in reversed(block.stages):
            current = step(stage.arcs, before_spread(stage, current))
            found.append(current)
        values[i] = tuple(reversed(found))
        starts[i] = current
    return tuple(values)


def end_shape(block: Block) -> tuple[int, int]:
    """States and columns at a block's end."""
    states, columns = block.starts, block.columns
    for stage in block.stages:
        states = stage.arcs.entered
        if stage.spread is not None:
            states, columns = stage.spread.states, columns * stage.spread.columns
    return states, columns


def end_value(block: Block, starts: list[FloatArray]) -> FloatArray:
    """At a block's end: its seams and the values at the beginnings of its children, (states, columns)."""
    shape = end_shape(block)
    value = np.zeros(shape) if block.seam is None else block.seam.copy()
    for child in block.children:
        ahead = starts[child.block].reshape(-1)
        value += (ahead if child.start is None else ahead[child.start]).reshape(shape)
    return value


def before_spread(stage: LayerArcs, value: Values) -> Values:
    """Values (states, columns, …) after a stage as values of the states its arcs enter."""
    spread = stage.spread
    if spread is None:
        return value
    wide = value.reshape(spread.states, value.shape[1] // spread.columns, spread.columns, *value.shape[2:])
    return np.ascontiguousarray(wide[spread.state, :, spread.column])


def step_max(arcs: Arcs, after: FloatArray) -> FloatArray:
    """The greatest arc weight + value ahead out of every state, (states, columns)."""
    result = np.full((arcs.left, after.shape[1]), -np.inf)
    rows = np.flatnonzero(np.diff(arcs.first))
    if rows.size:
        for k, column in enumerate(np.ascontiguousarray(after.T)):
            result[rows, k] = np.maximum.reduceat(arcs.log_weight + column[arcs.target], arcs.first[rows])
    return result


class _Summing:
    """Log-sum-exp over the arcs out of every state; an arcs object used again keeps its exponentials."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse
        self.known: dict[int, tuple[float, float, Callable[[FloatArray], FloatArray]]] = {}

    def __call__(self, arcs: Arcs, after: FloatArray) -> FloatArray:
        """Nats ahead of every state the arcs leave, (states, columns),
        from those ahead of the states entered."""
        if not arcs.source.size:
            return np.full((arcs.left, after.shape[1]), -np.inf)
        if id(arcs) not in self.known:
            self.known[id(arcs)] = self._prepare(arcs)
        scale, spread, product = self.known[id(arcs)]
        greatest = after.max(axis=0)
        greatest[np.isneginf(greatest)] = 0.0
        mass: FloatArray = product(np.exp(after - greatest))
        with np.errstate(divide="ignore"):
            result: FloatArray = np.log(mass) + (greatest + scale)
        least = np.min(after, axis=0, where=~np.isneginf(after), initial=np.inf)
        deep = np.flatnonzero(least - greatest - spread < _SURELY)  # elsewhere what has no mass is not legal
        if deep.size:
            rows, columns = np.nonzero(mass[:, deep] < _WEAK)
            _sum_weak(arcs, after, result, (rows, deep[columns]))
        return result

    def _prepare(self, arcs: Arcs) -> tuple[float, float, Callable[[FloatArray], FloatArray]]:
        scale = float(arcs.log_weight.max())
        spread = scale - float(arcs.log_weight.min())
        weight = np.exp(arcs.log_weight - scale)
        if self.sparse:
            from scipy.sparse import csr_matrix

            matrix = csr_matrix((weight, arcs.target, arcs.first), shape=(arcs.left, arcs.entered))
            return scale, spread, lambda value: np.asarray(matrix @ value)
        rows = np.flatnonzero(np.diff(arcs.first))
        return scale, spread, lambda value: _reduce(arcs, weight, rows, value)


def _reduce(arcs: Arcs, weight: FloatArray, rows: IndexArray, value: FloatArray) -> FloatArray:
    result = np.zeros((arcs.left, value.shape[1]))
    step = max(1, _BLOCK // weight.size)
    for k in range(0, value.shape[1], step):
        if value.shape[1] == 1:
            result[rows, 0] = np.add.reduceat(weight * value[:, 0][arcs.target], arcs.first[rows])
        else:
            terms = weight[:, None] * value[arcs.target, k : k + step]
            result[rows, k : k + step] = np.add.reduceat(terms, arcs.first[rows], axis=0)
    return result


def _sum_weak(arcs: Arcs, after: FloatArray, result: FloatArray, weak: tuple[Integers, Integers]) -> None:
    """Places whose mass all but underflowed, summed relative to their own greatest term;
    legality is decided here."""
    step = max(1, _BLOCK // max(1, arcs.source.size // max(1, arcs.left)))
    for begin in range(0, weak[0].size, step):
        rows, columns = weak[0][begin : begin + step], weak[1][begin : begin + step]
        owner, arc = gather_ranges(arcs.first, rows)
        terms = arcs.log_weight[arc] + after[arcs.target[arc], columns[owner]]
        greatest = np.full(rows.size, -np.inf)
        np.maximum.at(greatest, owner, terms)
        alive = np.flatnonzero(~np.isneginf(greatest))
        result[rows, columns] = -np.inf
        kept = ~np.isneginf(greatest[owner])
        sums = np.bincount(owner[kept], np.exp(terms[kept] - greatest[owner[kept]]), minlength=rows.size)
        result[rows[alive], columns[alive]] = greatest[alive] + np.log(sums[alive])
