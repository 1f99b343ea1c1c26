"""How likely each value is, at each layer, for each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.layers import Lattice, LayerArcs
from rulegen.lattice.lookahead import Ahead, look_ahead, use_sparse
from rulegen.lattice.mixed import written_out
from rulegen.lattice.problem import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """The probability of each value of one component at one layer;
    values that cannot occur may be missing."""

    values: IntArray  # (values,), ascending
    probabilities: FloatArray  # (values,)


def marginals(lattice: Lattice, ahead: Ahead | None = None) -> tuple[tuple[Marginal, ...], ...]:
    """By layer and component, exactly; raises ValueError where nothing is legal.

    The probability of a state flows forward along its arcs in proportion to arc weight × look-ahead.
    """
    ahead = (look_ahead(lattice) if ahead is None else ahead).written_out()
    if np.isneginf(ahead.total):
        raise ValueError("the lattice has no legal assignment")
    lattice = lattice.written_out()
    found: list[tuple[Marginal, ...]] = [()] * lattice.layers
    starts = {0: np.ones((1, 1))}
    flow = _Flow(use_sparse(lattice))
    for i, block in enumerate(lattice.blocks):
        mass = starts.pop(i)
        for j, stage in enumerate(block.stages):
            sides = written_out(ahead.values[i][j]), written_out(ahead.entered(i, j, stage))
            entered = flow(stage, mass, *sides)
            found[stage.layer] = _by_component(stage, entered.sum(axis=1))
            mass = _spread(stage, entered)
        for child in block.children:
            following = lattice.blocks[child.block]
            shape = following.starts, following.columns
            flat: FloatArray = mass.reshape(-1)
            if child.start is not None:
                flat = np.bincount(child.start, flat, shape[0] * shape[1]).astype(np.float64)
            starts[child.block] = flat.reshape(shape)
    return tuple(found)


class _Flow:
    """Carries probabilities of (state, column) over a stage's arcs."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse
        self.matrices: dict[int, Callable[[FloatArray], FloatArray]] = {}

    def __call__(
        self, stage: LayerArcs, mass: FloatArray, left: FloatArray, entered: FloatArray
    ) -> FloatArray:
        """Probabilities of the states entered, (states entered, columns)."""
        arcs = stage.arcs.written_out
        result = np.zeros(entered.shape)
        if self.sparse and mass.shape[1] > 1:
            result = self._multiply(arcs, mass, left, entered)
        total = mass.sum(axis=0)
        for k in np.flatnonzero(abs(result.sum(axis=0) - total) > 1e-12 * total):
            result[:, k] = _flow_column(arcs, mass[:, k], left[:, k], entered[:, k])
        return result

    def _multiply(self, arcs: Arcs, mass: FloatArray, left: FloatArray, entered: FloatArray) -> FloatArray:
        """As a sparse product; a column in which something underflowed loses probability,
        and is done again."""
        if id(arcs) not in self.matrices:
            self.matrices[id(arcs)] = _transposed(arcs)
        with np.errstate(divide="ignore", invalid="ignore"):
            reached = np.where(mass > 0, np.log(mass) - left, -np.inf)
        greatest = reached.max(axis=0)
        greatest[np.isneginf(greatest)] = 0.0
        carried = self.matrices[id(arcs)](np.exp(reached - greatest))
        with np.errstate(divide="ignore"):
            flowed: FloatArray = np.exp(np.log(carried) + entered + greatest)
        return flowed


def _transposed(arcs: Arcs) -> Callable[[FloatArray], FloatArray]:
    from scipy.sparse import csc_matrix

    weight = np.exp(arcs.log_weight)
    matrix = csc_matrix((weight, arcs.target, arcs.first), shape=(arcs.entered, arcs.left))
    return lambda value: np.asarray(matrix @ value)


def _flow_column(arcs: Arcs, mass: FloatArray, left: FloatArray, entered: FloatArray) -> FloatArray:
    alive = np.flatnonzero(mass[arcs.source] > 0)
    source, target = arcs.source[alive], arcs.target[alive]
    share = np.exp(arcs.log_weight[alive] + entered[target] - left[source])
    return np.bincount(target, mass[source] * share, arcs.entered).astype(np.float64)


def _spread(stage: LayerArcs, entered: FloatArray) -> FloatArray:
    spread = stage.spread
    if spread is None:
        return entered
    wide = np.zeros((spread.states, entered.shape[1], spread.columns))
    np.add.at(wide.transpose(0, 2, 1), (spread.state, spread.column), entered)
    return wide.reshape(spread.states, -1)


def _by_component(stage: LayerArcs, mass: FloatArray) -> tuple[Marginal, ...]:
    moments = np.bincount(stage.moment, mass, minlength=stage.moments.shape[0])
    found = []
    for column in stage.moments.T:
        values, code = np.unique(column, return_inverse=True)
        found.append(Marginal(values, np.bincount(code.reshape(-1), moments, values.size).astype(np.float64)))
    return tuple(found)
