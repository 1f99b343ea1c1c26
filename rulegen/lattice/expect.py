"""The log mass of a tallied lattice under given weights, and how much of each use is then expected: exactly,
by one pass back and one forward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rulegen.lattice.codes import IndexArray
from rulegen.lattice.problem import FloatArray
from rulegen.lattice.tally import ArcTally, Chain


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What a chain comes to under some weights."""

    log_mass: float  # nats
    amounts: FloatArray  # (uses,): expected, which is the gradient of the log mass


def expect(chain: Chain, weights: FloatArray) -> Expectation:
    """The log mass and the expected amounts. weights: (uses,), nats. Raises ValueError for a chain without
    any legal path.

    Masses are scaled layer by layer; one that falls more than 700 nats below the greatest of its layer
    counts as none.
    """
    weighed: dict[int, _Weighed] = {}
    for tally in chain.tallies:
        if id(tally) not in weighed:
            weighed[id(tally)] = _Weighed.of(tally, weights)
    layers = [weighed[id(tally)] for tally in chain.tallies]
    log_mass, terms, masses = 0.0, [], []
    value = np.ones(chain.tallies[-1].arcs.entered)
    for layer in reversed(layers):
        terms.append(layer.factor * value[layer.tally.arcs.target])
        value = layer.summed(terms[-1])
        masses.append(value)
        greatest = float(value.max(initial=0.0))
        if not greatest > 0.0:
            raise ValueError("the chain has no legal path")
        log_mass += layer.scale + np.log(greatest)
        value = value / greatest
    share: FloatArray = np.ones(1)
    amounts = np.zeros(weights.size)
    for layer, term, mass in zip(layers, reversed(terms), reversed(masses), strict=True):
        arcs = layer.tally.arcs
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(share > 0, share / mass, 0.0)
        flow = term * rate[arcs.source]
        carried = layer.tally.amounts
        shares = np.bincount(layer.tally.row, flow, carried.rows).astype(np.float64)
        amounts += carried.gather(shares)
        share = np.bincount(arcs.target, flow, arcs.entered).astype(np.float64)
    return Expectation(float(log_mass), amounts)


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """A tally under given weights: exp(log weight - scale) of every arc."""

    tally: ArcTally
    factor: FloatArray
    scale: float
    rows: IndexArray  # the states that have arcs

    @classmethod
    def of(cls, tally: ArcTally, weights: FloatArray) -> _Weighed:
        by_row = tally.amounts.weigh(weights)
        if tally.fixed is None:
            scale = float(by_row.max(initial=-np.inf))
            factor = np.exp(by_row - scale)[tally.row] if by_row.size else np.zeros(0)
        else:
            log_weight = tally.fixed + by_row[tally.row]
            scale = float(log_weight.max(initial=-np.inf))
            factor = np.exp(log_weight - scale)
        return cls(tally, factor, scale, np.flatnonzero(np.diff(tally.arcs.first)))

    def summed(self, terms: FloatArray) -> FloatArray:
        """Terms of the arcs summed by the states they leave."""
        found = np.zeros(self.tally.arcs.left)
        if self.rows.size:
            found[self.rows] = np.add.reduceat(terms, self.tally.arcs.first[self.rows])
        return found
