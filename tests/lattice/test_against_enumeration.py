"""Every question a lattice answers, against the law written out, on small random problems of every form."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from rulegen.lattice.best import best
from rulegen.lattice.build import build
from rulegen.lattice.count import count, count_log2
from rulegen.lattice.depth_first import reach_depth_first
from rulegen.lattice.lookahead import log_mass, look_ahead_max
from rulegen.lattice.marginals import marginals
from rulegen.lattice.problem import Problem
from rulegen.lattice.reach import reach
from rulegen.sampling.exact import draw
from tests.lattice import oracle
from tests.lattice.problems import ORDERS, random_problem

MOST = 1000  # assignments written out for one problem
TOLERANCE = 1e-9


def size(problem: Problem) -> int:
    return math.prod(d.size for layer in problem.layers for d in layer.domains)


@cache
def cases(order: str, hard: float = 0.08) -> list[tuple[Problem, dict[oracle.Assignment, float]]]:
    """Problems of this form small enough to write out: half of them, about, can be done."""
    problems = (random_problem(seed, order, hard=hard) for seed in range(24))
    small = [p for p in problems if size(p) <= MOST][:8]
    found = [(problem, oracle.laws(problem)) for problem in small]
    assert len(found) == 8
    assert any(law for _, law in found) and (hard < 0.1 or not all(law for _, law in found))
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_mass_and_optimum_equal_enumeration(order: str) -> None:
    for problem, law in cases(order):
        lattice = build(problem)
        assert log_mass(lattice) == pytest.approx(oracle.mass(law), abs=TOLERANCE)
        greatest = max(law.values(), default=-math.inf)
        assert look_ahead_max(lattice).total == pytest.approx(greatest, abs=TOLERANCE)


@pytest.mark.parametrize("order", ORDERS)
def test_counts_equal_enumeration(order: str) -> None:
    for problem, law in cases(order):
        lattice = build(problem)
        assert count(lattice) == len(law)
        expected = math.log2(len(law)) if law else -math.inf
        assert count_log2(lattice) == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("order", ORDERS)
def test_the_best_dozen_are_the_best_dozen(order: str) -> None:
    for problem, law in cases(order):
        ranked = best(build(problem), 12)
        expected = sorted(law.values(), reverse=True)[:12]
        assert [r.log_weight for r in ranked] == pytest.approx(expected, abs=2 * TOLERANCE)
        assignments = [tuple(map(tuple, r.assignment.tolist())) for r in ranked]
        assert len(set(assignments)) == len(ranked)
        for assignment, r in zip(assignments, ranked, strict=True):
            assert law[assignment] == pytest.approx(r.log_weight, abs=TOLERANCE)


@pytest.mark.parametrize("order", ORDERS)
def test_marginals_equal_enumeration(order: str) -> None:
    for problem, law in cases(order):
        if not law:
            continue
        expected = oracle.marginals(problem, law)
        for layer, row in enumerate(marginals(build(problem))):
            for component, marginal in enumerate(row):
                found = dict(zip(marginal.values.tolist(), marginal.probabilities.tolist(), strict=True))
                for value, probability in expected[layer][component].items():
                    assert found.get(value, 0.0) == pytest.approx(probability, abs=TOLERANCE)


@pytest.mark.parametrize("order", ORDERS)
def test_only_legal_assignments_are_drawn(order: str) -> None:
    for problem, law in cases(order):
        lattice = build(problem)
        uniforms = np.random.default_rng(3).random((40, len(problem.layers)))
        if not law:
            with pytest.raises(ValueError, match="no legal assignment"):
                draw(lattice, uniforms)
            continue
        for assignment in draw(lattice, uniforms).tolist():
            assert tuple(map(tuple, assignment)) in law


@pytest.mark.parametrize("order", ORDERS)
def test_both_ways_of_reaching_the_end_agree_with_enumeration(order: str) -> None:
    for problem, law in cases(order, 0.15):
        reports = [reach(problem), reach_depth_first(problem)]
        assert [r.feasible for r in reports] == [bool(law)] * 2
        assert all((r.dead_layer is None) == r.feasible for r in reports)
        if not problem.seams:
            assert reports[0] == reports[1]


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("order", ["AA", "ABA", "ABAB", "ABACB", "ABCAC"])
def test_seams_of_any_width_weigh_what_they_should(order: str, width: int) -> None:
    problems = (random_problem(seed, order, hard=0.05, width=width) for seed in range(30))
    small = [problem for problem in problems if size(problem) <= MOST][:10]
    assert len(small) == 10
    laws = [oracle.laws(problem) for problem in small]
    assert sum(map(bool, laws)) >= 3
    for problem, law in zip(small, laws, strict=True):
        assert log_mass(build(problem)) == pytest.approx(oracle.mass(law), abs=TOLERANCE)


def test_the_first_layer_that_nothing_reaches_is_named() -> None:
    found = 0
    for seed in range(60):
        problem = random_problem(seed, hard=0.35)
        report = reach(problem)
        if report.feasible or report.dead_layer is None or size(problem) > MOST:
            continue
        found += 1
        for layers in range(1, len(problem.layers) + 1):
            assert prefix_is_possible(problem, layers) == (layers <= report.dead_layer)
    assert found > 10


def prefix_is_possible(problem: Problem, layers: int) -> bool:
    """Whether the first so many layers can be gone through."""
    from dataclasses import replace

    from rulegen.lattice.problem import LayerSpan

    shorter = replace(problem, layers=problem.layers[:layers], sections=(LayerSpan(0, layers),))
    return bool(oracle.laws(shorter))
