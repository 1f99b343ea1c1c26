"""Sums of what lies ahead, also where masses underflow beside others that do not."""

import numpy as np
import pytest

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.lookahead import _Summing


def arcs_of(weights: np.ndarray) -> Arcs:
    """The arcs of a table (states left, states entered) of nats."""
    source, target = np.nonzero(~np.isneginf(weights))
    first = np.searchsorted(source, np.arange(len(weights) + 1))
    own = source.astype(np.int32), target.astype(np.int32), weights[source, target]
    return Arcs(*own, first, weights.shape[1])


@pytest.mark.parametrize("depth", [1.0, 300.0, 700.0, 2000.0])
@pytest.mark.parametrize("sparse", [False, True])
def test_sums_ahead_are_those_of_each_state_by_itself(depth: float, sparse: bool) -> None:
    rng = np.random.default_rng(int(depth))
    weights = np.where(rng.random((30, 20)) < 0.2, rng.normal(0, depth / 3, (30, 20)), -np.inf)
    weights[3] = -np.inf  # a state that nothing leaves
    after = rng.normal(0, 2.0, (20, 5))
    after[:, 1] -= depth * rng.random(20)
    after[:, 2] = np.where(rng.random(20) < 0.7, -np.inf, after[:, 2])
    after[:, 3] = -np.inf
    expected = np.logaddexp.reduce(weights[:, :, None] + after[None], axis=1)
    found = _Summing(sparse)(arcs_of(weights), after)
    assert np.array_equal(np.isneginf(found), np.isneginf(expected))
    finite = ~np.isneginf(expected)
    assert finite.any(axis=0).tolist() == [True, True, True, False, True]
    assert np.allclose(found[finite], expected[finite], rtol=1e-12, atol=1e-9)
