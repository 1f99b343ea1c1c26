"""Draws follow the law, and a piece is the same alone or among others."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chi2

from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.problem import Factor, Layer, LayerSpan, Part, Problem
from rulegen.sampling import exact
from rulegen.sampling.exact import draw
from tests.lattice import oracle
from tests.lattice.chorale import chorale
from tests.lattice.problems import random_problem

DRAWS = 20_000
LEVEL = 1e-4  # of each test, that a right sampler fails it; the seeds are fixed


def chi_square_passes(drawn: np.ndarray, law: dict[oracle.Assignment, float]) -> bool:
    """Pearson's test; cells expecting fewer than 5 are put together."""
    counts = Counter(tuple(map(tuple, a)) for a in drawn.tolist())
    assert counts.keys() <= law.keys()
    total = oracle.mass(law)
    cells, rest = [], [0.0, 0.0]
    for assignment, weight in law.items():
        expected = math.exp(weight - total) * len(drawn)
        if expected < 5:
            rest = [rest[0] + counts[assignment], rest[1] + expected]
        else:
            cells.append((counts[assignment], expected))
    if rest[1] > 0:
        cells.append((rest[0], max(rest[1], 1e-9)))
    statistic = sum((n - e) ** 2 / e for n, e in cells)
    return bool(len(cells) == 1 or statistic < chi2.isf(LEVEL, len(cells) - 1))


@pytest.mark.parametrize(
    ("order", "seed"),
    [("A", 2), ("A", 5), ("AA", 1), ("AA", 3), ("AAB", 3), ("ABA", 2), ("AABB", 2), ("ABAC", 3), ("ABAB", 3)],
)
def test_twenty_thousand_draws_follow_the_law(order: str, seed: int) -> None:
    while not (1 < len(law := oracle.laws(problem := random_problem(seed, order, hard=0.05))) < 4000):
        seed += 10
    uniforms = np.random.default_rng(11).random((DRAWS, len(problem.layers)))
    assert chi_square_passes(draw(build(problem), uniforms), law)


@pytest.mark.parametrize("repeats", [False, True])
def test_a_piece_is_the_same_alone_and_in_a_batch(repeats: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    lattice = build(chorale(6, memories=1, repeats=repeats))
    ahead = look_ahead(lattice)
    uniforms = np.random.default_rng(5).random((70, lattice.layers))
    together = draw(lattice, uniforms, ahead)
    alone = np.concatenate([draw(lattice, row[None], ahead) for row in uniforms])
    assert np.array_equal(together, alone)
    monkeypatch.setattr(exact, "_BLOCK", 200)
    assert np.array_equal(together, draw(lattice, uniforms, ahead))


def test_weights_far_apart_draw_nothing_that_is_forbidden() -> None:
    part = Part("value", (), (0,), 4, lambda before, after: after[0])
    weigh = Factor("weigh", "weigh", 0, (part,), np.array([[-45.0, 0.0, -np.inf, -700.0]]))
    layer = Layer((np.arange(4, dtype=np.int32),), (weigh,))
    lattice = build(Problem(("only",), (), (layer,) * 5, (LayerSpan(0, 5),), (0,)))
    uniforms = np.random.default_rng(0).random((2000, 5))
    uniforms[0], uniforms[1] = 0.0, np.nextafter(1.0, 0.0)
    values = draw(lattice, uniforms)
    assert not (values == 2).any()
    assert (values == 1).mean() > 0.999
