"""Particles keep relaxed rules in full, and come nearer to the law the more of them there are."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from rulegen.lattice.build import build
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.problem import Factor, Layer, LayerSpan, Part, Problem, Slot
from rulegen.sampling.particles import PopulationDied, choose, effective_size, walk
from tests.lattice import oracle
from tests.lattice.problems import random_problem

RELAXED = [("A", 19), ("AAB", 23), ("AAB", 31), ("ABA", 31)]


def relaxed(order: str, seed: int) -> tuple[Problem, Lattice, dict[oracle.Assignment, float]]:
    """A problem, its lattice with some memory relaxed, and its law."""
    problem = random_problem(seed, order, hard=0.05)
    most = max(arcs.size for arcs in build(problem).distinct_arcs())
    lattice = build(problem, budget=max(6, most // 2))
    assert lattice.relaxed
    return problem, lattice, oracle.laws(problem)


@pytest.mark.parametrize(("order", "seed"), RELAXED)
def test_relaxed_rules_are_never_broken(order: str, seed: int) -> None:
    problem, lattice, law = relaxed(order, seed)
    generator = np.random.default_rng(1)
    for _ in range(30):
        assignment = walk(lattice, problem, generator, 8).assignment.tolist()
        assert tuple(map(tuple, assignment)) in law


@pytest.mark.parametrize(("order", "seed"), RELAXED)
def test_the_mass_is_estimated_without_bias(order: str, seed: int) -> None:
    problem, lattice, law = relaxed(order, seed)
    ahead, generator = look_ahead(lattice), np.random.default_rng(2)
    walks = [walk(lattice, problem, generator, 16, ahead) for _ in range(300)]
    ratios = np.array([math.exp(w.log_mass - oracle.mass(law)) for w in walks if w.returns == 0])
    assert ratios.size == 300
    assert abs(ratios.mean() - 1) < 4 * ratios.std() / math.sqrt(ratios.size)


def leaning() -> Problem:
    """Two symbols a layer; how often one of them stood is asked, and paid for, at the end alone."""
    begin = Part("began", (), (0,), 2, lambda before, after: after[0])
    keep = Slot(4, 0, 0, "ones")
    counting = np.array([[0, 1], [1, 2], [2, 3], [3, 3]], dtype=np.int32)
    step = Factor("step", "step", 0, (begin,), np.zeros((4, 2)), 0, counting)
    reward = np.repeat(np.array([[0.0], [-1.0], [2.0], [4.0]]), 2, axis=1)
    last = Factor("last", "step", 0, (begin,), reward, 0, counting)
    domain = (np.arange(2, dtype=np.int32),)
    layers = (*(Layer(domain, (step,)) for _ in range(4)), Layer(domain, (last,)))
    return Problem(("only",), (keep,), layers, (LayerSpan(0, 5),), (0,))


def test_more_particles_come_nearer_to_the_law() -> None:
    problem = leaning()
    law = oracle.laws(problem)
    lattice = build(problem, budget=4)
    assert [r.name for r in lattice.relaxed] == ["ones"]
    exact = {a: math.exp(w - oracle.mass(law)) for a, w in law.items()}
    errors = []
    for particles in (1, 16, 64, 256):
        generator, draws = np.random.default_rng(7), 300
        found = Counter(
            tuple(map(tuple, walk(lattice, problem, generator, particles).assignment.tolist()))
            for _ in range(draws)
        )
        errors.append(0.5 * sum(abs(found[a] / draws - p) for a, p in exact.items()))
    assert errors[0] > 0.3
    assert errors[1] < errors[0] / 2
    noise = 0.5 * sum(math.sqrt(2 * p / (math.pi * 300)) for p in exact.values())
    assert errors[2] < noise + 0.03
    assert errors[3] < noise + 0.02


def trap(layers: int) -> Problem:
    """One symbol of two; the first must be remembered to the end, where only a 1 will do."""
    value = Part("value", (), (0,), 2, lambda before, after: after[0])
    slot = Slot(2, 0, 0, "first")
    noting = Factor("note", "note", 0, (value,), np.zeros((2, 2)), 0, np.array([[0, 1]] * 2, dtype=np.int32))
    asking = Factor(
        "ask", "ask", 0, (value,), np.array([[-np.inf] * 2, [0.0] * 2]), 0, np.array([[0, 0], [1, 1]])
    )
    domain = (np.arange(2, dtype=np.int32),)
    middle = tuple(Layer(domain, ()) for _ in range(layers - 2))
    every = (Layer(domain, (noting,)), *middle, Layer(domain, (asking,)))
    return Problem(("only",), (slot,), every, (LayerSpan(0, layers),), (0,))


def test_a_population_that_dies_goes_back_until_it_lives() -> None:
    problem = trap(6)
    lattice = build(problem, budget=4)
    assert lattice.relaxed
    walks = [walk(lattice, problem, np.random.default_rng(seed), 1) for seed in range(20)]
    assert all(w.assignment[0, 0] == 1 for w in walks)
    assert any(w.returns > 0 for w in walks)


@pytest.mark.parametrize("seed", range(8))
def test_the_least_effective_size_is_that_before_resampling(seed: int) -> None:
    """In the trap only the particles live that began with a 1; they weigh the same, the others nothing."""
    problem = trap(6)
    walked = walk(build(problem, budget=4), problem, np.random.default_rng(seed), 16)
    living = (np.random.default_rng(seed).random(16) >= 0.5).sum()  # the first choice is a fair one
    assert 0 < living < 16
    assert walked.returns == 0
    assert walked.effective_size == pytest.approx(living)


def test_uneven_weights_tell_their_effective_size() -> None:
    """The last layer weighs each particle by how many ones it has, as `leaning` says."""
    problem, reward = leaning(), np.exp([0.0, -1.0, 2.0, 4.0])
    walked = walk(build(problem, budget=4), problem, np.random.default_rng(5), 16)
    generator = np.random.default_rng(5)
    ones = sum((generator.random(16) >= 0.5).astype(int) for _ in range(4))  # all choices before are fair
    weights = reward[np.minimum(ones, 3)]
    assert walked.effective_size == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_a_population_that_cannot_live_is_reported_with_its_layer() -> None:
    problem = trap(4)
    only = (np.zeros(1, dtype=np.int32),)
    problem = replace(problem, layers=(replace(problem.layers[0], domains=only), *problem.layers[1:]))
    lattice = build(trap(4), budget=4)
    with pytest.raises(PopulationDied) as caught:
        walk(_beginning_with_zero(lattice), problem, np.random.default_rng(0), 4)
    assert caught.value.layer == 3


def _beginning_with_zero(lattice: Lattice) -> Lattice:
    block = lattice.blocks[0]
    first = block.stages[0]
    weights = np.where(first.moments[first.moment[first.arcs.target], 0] == 0, 0.0, -np.inf)
    stage = replace(first, arcs=replace(first.arcs, log_weight=weights))
    return replace(lattice, blocks=(replace(block, stages=(stage, *block.stages[1:])), *lattice.blocks[1:]))


def test_effective_size_counts_equal_weights_fully() -> None:
    assert effective_size(np.zeros(8)) == pytest.approx(8)
    assert effective_size(np.array([0.0, -np.inf])) == pytest.approx(1)
    assert effective_size(np.full(3, -np.inf)) == 0


def test_a_choice_without_possibilities_is_told_by_its_sum() -> None:
    log = np.array([0.0, -np.inf, -np.inf, np.log(3.0)])
    chosen, total = choose(log, np.array([0, 0, 1, 2]), np.array([0.99, 0.5, 0.5]))
    assert chosen[0] == 0
    assert np.isneginf(total[1])
    assert total[[0, 2]] == pytest.approx([0.0, np.log(3.0)])
