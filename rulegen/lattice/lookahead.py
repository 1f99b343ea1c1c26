"""Looking ahead: for every state the log mass, or the greatest log weight, of all that may follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.arcs import AnyArcs, Arcs, Summed
from rulegen.lattice.codes import IndexArray, Integers
from rulegen.lattice.layers import Block, Lattice, LayerArcs
from rulegen.lattice.mixed import Mixed, Values, written_out
from rulegen.lattice.problem import FloatArray, IntArray

_WEAK = (
    1e-280  # a mass below this, of its layer's greatest, is summed again by itself: underflow forbids nothing
)
_SURELY = -620.0  # nats below a layer's greatest: what weighs more than this is not so weak
_WORTH_IMPORTING = 1 << 26  # arcs × columns beyond which importing scipy.sparse pays for itself
_BLOCK = 1 << 22  # arcs × columns gathered together
_FEWER = 2  # where columns are so many times the states at a section's end, these are looked ahead from

Numbers = TypeVar("Numbers", FloatArray, NDArray[np.int64])
Step = Callable[[AnyArcs, FloatArray], FloatArray]
Product = Callable[[FloatArray], FloatArray]  # (states entered, columns) -> (states left, columns)


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What may follow: `values[block][i]`, float64 (states, columns), nats, at the places that stage i
    leaves from.

    The last entry of a block is at its end, with its seams and all that follows it. -inf: nothing legal
    follows.
    """

    values: tuple[tuple[Values, ...], ...]

    @property
    def total(self) -> float:
        """The log mass (or the greatest log weight) of the whole lattice, nats;
        -inf where nothing is legal."""
        return float(written_out(self.values[0][0])[0, 0])

    @property
    def nbytes(self) -> int:
        """How much memory its values take."""
        return sum(values.nbytes for block in self.values for values in block)

    def entered(self, block: int, index: int, stage: LayerArcs) -> Values:
        """The values at the states that a stage's arcs enter, before any spread:
        (states entered, columns)."""
        return entered(stage, self.values[block][index + 1])

    def written_out(self) -> Ahead:
        """The same, with an array of all columns everywhere."""
        return Ahead(tuple(tuple(map(written_out, block)) for block in self.values))


def look_ahead(lattice: Lattice) -> Ahead:
    """The log mass of all futures of every state: exact sums, each layer scaled to its greatest."""
    summing = _Summing(use_sparse(lattice, by_ends=True))
    return Ahead(_backward(lattice, summing, by_ends=True))


def look_ahead_max(lattice: Lattice) -> Ahead:
    """The greatest log weight of all futures of every state."""
    return Ahead(_backward(lattice, step_max))


def log_mass(lattice: Lattice) -> float:
    """The log of the sum of exp(log weight) over all assignments, nats; -inf where none is legal."""
    return look_ahead(lattice).total


def use_sparse(lattice: Lattice, *, by_ends: bool = False) -> bool:
    """Whether sparse products are worth importing scipy.sparse for. Size alone decides: the two ways of
    summing differ in their last bits, and the same lattice shall always be summed in the same way.

    by_ends: where the ends of sections are fewer than their columns, so many are summed.
    """
    work, columns = 0, 1
    for block in lattice.blocks:
        width, (ends, last) = block.columns, end_shape(block)
        for stage in block.stages:
            few = by_ends and width == last and _FEWER * ends <= width
            work += stage.arcs.size * (ends if few else width)
            width *= stage.spread.columns if stage.spread else 1
        columns = max(columns, width)
    return columns > 1 and work > _WORTH_IMPORTING


def _backward(lattice: Lattice, step: Step, *, by_ends: bool = False) -> tuple[tuple[Values, ...], ...]:
    values: list[tuple[Values, ...]] = [()] * len(lattice.blocks)
    starts: list[FloatArray] = [np.zeros((0, 0))] * len(lattice.blocks)
    for i in range(len(lattice.blocks) - 1, -1, -1):
        block = lattice.blocks[i]
        value = end_value(block, starts)
        current = _by_ends(block, value) if by_ends else value
        found = [current]
        for stage in reversed(block.stages):
            before = entered(stage, current)
            if isinstance(before, Mixed):
                current = Mixed(step(stage.arcs, before.by_end), before.end)
            else:
                current = step(stage.arcs, before)
            found.append(current)
        values[i] = tuple(reversed(found))
        starts[i] = written_out(current)
    return tuple(values)


def _by_ends(block: Block, value: FloatArray) -> Values:
    """Values at a block's end, as those of few ends where columns are many and layers lie before."""
    if _FEWER * value.shape[0] > value.shape[1] or block.stages[-1].spread is not None:
        return value
    ends = np.flatnonzero(~np.isneginf(value).all(axis=1))
    by_end = np.full((value.shape[0], ends.size), -np.inf)
    by_end[ends, np.arange(ends.size)] = 0.0
    return Mixed(by_end, value[ends])


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


def entered(stage: LayerArcs, value: Values) -> Values:
    """Values after a stage as values of the states that its arcs enter."""
    if not isinstance(value, Mixed):
        return before_spread(stage, value)
    if stage.spread is None:
        return value
    columns = np.arange(value.shape[1] // stage.spread.columns) * stage.spread.columns
    return value.at(stage.spread.state[:, None], columns + stage.spread.column[:, None])


def before_spread(stage: LayerArcs, value: Numbers) -> Numbers:
    """Values (states, columns, …) after a stage as values of the states its arcs enter."""
    spread = stage.spread
    if spread is None:
        return value
    wide = value.reshape(spread.states, value.shape[1] // spread.columns, spread.columns, *value.shape[2:])
    return np.ascontiguousarray(wide[spread.state, :, spread.column])


def step_max(arcs: AnyArcs, after: FloatArray) -> FloatArray:
    """The greatest arc weight + value ahead out of every state, (states, columns)."""
    arcs = arcs.written_out
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
        self.known: dict[int, tuple[float, float, Product]] = {}

    def __call__(self, arcs: AnyArcs, after: FloatArray) -> FloatArray:
        """Nats ahead of every state the arcs leave, (states, columns),
        from those ahead of the states entered."""
        if not arcs.size:
            return np.full((arcs.left, after.shape[1]), -np.inf)
        if isinstance(arcs, Arcs):
            return self._summed(arcs, after)
        for known in arcs.summed:
            if known.sparse == self.sparse and np.array_equal(known.after, after):
                return known.before
        arcs.summed[:] = [Summed(self.sparse, after, self._summed(arcs, after))]
        return arcs.summed[0].before

    def _summed(self, arcs: AnyArcs, after: FloatArray) -> FloatArray:
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

    def _prepare(self, arcs: AnyArcs) -> tuple[float, float, Product]:
        """The greatest weight of arcs, by how much it is above the least, and what sums over them."""
        if isinstance(arcs, Arcs):
            scale, spread, weight = _scaled(arcs.log_weight)
            return scale, spread, self._product(weight, arcs.target, arcs.first, arcs.entered)
        halves, steps = arcs.halves, arcs.steps.log_weight
        allowed = np.flatnonzero(arcs.steps.following >= 0)
        of_steps = np.zeros(steps.size)
        scale, spread, of_steps[allowed] = _scaled(steps.reshape(-1)[allowed])
        of_moves = _scaled(arcs.log_weight)
        nodes = halves.node_first.size - 1
        onward = self._product(of_moves[2][halves.move], halves.target, halves.node_first, arcs.entered)
        out = self._product(of_steps[halves.cell], halves.node, halves.first, nodes)
        return scale + of_moves[0], spread + of_moves[1], lambda value: out(onward(value))

    def _product(self, weight: FloatArray, target: IntArray, first: IndexArray, entered: int) -> Product:
        """Sums over terms, of which each row's begin at `first`."""
        if self.sparse:
            from scipy.sparse import csr_matrix

            matrix = csr_matrix((weight, target, first), shape=(first.size - 1, entered))
            return lambda value: np.asarray(matrix @ value)
        rows = np.flatnonzero(np.diff(first))
        return lambda value: _reduce((weight, target, first), rows, value)


def _scaled(nats: FloatArray) -> tuple[float, float, FloatArray]:
    """The greatest of some weights, by how much it is above the least, and all relative to it."""
    scale = float(nats.max())
    return scale, scale - float(nats.min()), np.exp(nats - scale)


def _reduce(
    terms: tuple[FloatArray, IntArray, IndexArray], rows: IndexArray, value: FloatArray
) -> FloatArray:
    weight, target, first = terms
    result = np.zeros((first.size - 1, value.shape[1]))
    step = max(1, _BLOCK // weight.size)
    for k in range(0, value.shape[1], step):
        if value.shape[1] == 1:
            result[rows, 0] = np.add.reduceat(weight * value[:, 0][target], first[rows])
        else:
            wide = weight[:, None] * value[target, k : k + step]
            result[rows, k : k + step] = np.add.reduceat(wide, first[rows], axis=0)
    return result


def _sum_weak(arcs: AnyArcs, after: FloatArray, result: FloatArray, weak: tuple[Integers, Integers]) -> None:
    """Places whose mass all but underflowed, summed relative to their own greatest term;
    legality is decided here."""
    step = max(1, _BLOCK // max(1, arcs.size // max(1, arcs.left)))
    for begin in range(0, weak[0].size, step):
        rows, columns = weak[0][begin : begin + step], weak[1][begin : begin + step]
        owner, target, weight = arcs.out_of(rows)
        terms = weight + after[target, columns[owner]]
        greatest = np.full(rows.size, -np.inf)
        np.maximum.at(greatest, owner, terms)
        alive = np.flatnonzero(~np.isneginf(greatest))
        result[rows, columns] = -np.inf
        kept = ~np.isneginf(greatest[owner])
        sums = np.bincount(owner[kept], np.exp(terms[kept] - greatest[owner[kept]]), minlength=rows.size)
        result[rows[alive], columns[alive]] = greatest[alive] + np.log(sums[alive])
