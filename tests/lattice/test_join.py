"""Joint moments and moves against the plain product of their domains."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rulegen.lattice import join as join_module
from rulegen.lattice import moments as moments_module
from rulegen.lattice import workshop as workshop_module
from rulegen.lattice.build import Construction, build
from rulegen.lattice.join import LayerStep, Moves, join
from rulegen.lattice.moments import Limits, TooLarge, choose_order
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import Factor, Layer, LayerSpan, Part, Problem
from rulegen.lattice.reading import ReadComponents, Reader
from rulegen.lattice.workshop import Workshop
from tests.lattice import oracle
from tests.lattice.chorale import chorale, hard
from tests.lattice.problems import random_problem


def plain(problem: Problem) -> Problem:
    """The problem without its memories, two layers long."""
    layers = tuple(
        replace(layer, factors=tuple(f for f in layer.factors if f.slot is None and not _reads_output(f)))
        for layer in problem.layers[:2]
    )
    return replace(problem, layers=layers, sections=(LayerSpan(0, 2),), slots=())


def _reads_output(factor: Factor) -> bool:
    return any(not isinstance(read, Part) for read in factor.reads)


def found_moves(
    problem: Problem, order: tuple[int, ...] | None = None
) -> dict[tuple[oracle.Moment, ...], float]:
    """The moves from the first layer to the second, with their weight."""
    workshop = Workshop.of(problem)
    workshop = replace(workshop, order=order or workshop.order)
    readers = [
        Reader.of(problem.layers[0].factors, nothing_before=True),
        Reader.of(problem.layers[1].factors),
    ]
    before, after = (
        workshop.moments_of(workshop.kind(la, r)) for la, r in zip(problem.layers, readers, strict=False)
    )
    moves = workshop.moves_of(LayerStep(before, after, readers[1]))
    left, right = (m.values(workshop.universe)[i] for m, i in ((before, moves.before), (after, moves.after)))
    pairs = [(tuple(a), tuple(b)) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    assert len(set(pairs)) == len(pairs)
    return dict(zip(pairs, moves.log_weight.tolist(), strict=True))


def expected_moves(problem: Problem) -> dict[tuple[oracle.Moment, ...], float]:
    first, second = ([*itertools.product(*(d.tolist() for d in la.domains))] for la in problem.layers)
    alive = [m for m in first if oracle.enter(problem.layers[0].factors, [], None, m) > -np.inf]
    weights = {(b, a): oracle.enter(problem.layers[1].factors, [], b, a) for b in alive for a in second}
    return {pair: weight for pair, weight in weights.items() if weight > -np.inf}


def test_moves_are_those_of_the_plain_product() -> None:
    problems = [plain(p) for seed in range(40) if len((p := random_problem(seed)).layers) > 1]
    expected = [expected_moves(problem) for problem in problems]
    assert len(problems) >= 25
    assert sum(map(bool, expected)) >= 15
    for problem, moves in zip(problems, expected, strict=True):
        assert found_moves(problem) == pytest.approx(moves)


def test_pairs_that_repeat_cases_are_looked_at_once_a_case() -> None:
    values = np.arange(40, dtype=np.int32)
    universe, random = Universe((values, values, values)), np.random.default_rng(3)
    nodes = [Nodes(random.integers(0, 40, (3, 200)).astype(np.int32)) for _ in range(2)]
    few = random.integers(0, 200, (2, 50))
    source, target = few[:, random.integers(0, 50, 400)]
    pairs, scope = Pairs(universe, *nodes, source, target), ReadComponents((0, 1), (0, 1))
    found = pairs.on(scope)
    assert found is not None
    key, cases, case = found
    assert key is None
    assert len(cases) <= 50
    assert len(set(case.tolist())) == len(cases)
    part = Part("differs", (0, 1), (1,), 40, lambda before, after: (before[0] * before[1] + after[0]) % 40)
    assert (cases.letters(part)[case] == pairs.letters(part)).all()
    every = Pairs(universe, *nodes, np.arange(200), np.arange(200))
    assert every.on(scope) is None


def test_neither_order_nor_blocks_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = plain(
        next(p for s in range(99) if len((p := random_problem(s)).components) == 3 and len(p.layers) > 2)
    )
    expected = found_moves(problem)
    for order in itertools.permutations(range(3)):
        assert found_moves(problem, order) == expected
    monkeypatch.setattr(join_module, "BLOCK", 3)
    monkeypatch.setattr(moments_module, "BLOCK", 8)
    assert found_moves(problem) == expected


def test_components_that_promise_the_same_are_joined_in_the_order_in_which_they_stand() -> None:
    """The densities of 0 and of 1, in 2048ths, are the same three, whose logs sum to less, by a rounding, for 1."""
    densities = [3, 5, 7]
    domains = [np.arange(4, dtype=np.int32)] * 3
    universe = Universe(tuple(domains))
    filters = []
    for component, order in ((0, densities), (1, densities[::-1])):
        for place, density in enumerate(order):
            value = Part((component, place), (), (component,), 4, lambda before, after: after[0])
            weights = np.array([[0.0, 0.0, 0.0, -np.inf]])
            factor = Factor((component, place), (component, place), -1, (value,), weights)
            universe.densities[factor.key] = density
            filters.append(factor)
    for row in (filters, filters[::-1], filters[1::2] + filters[::2]):
        assert choose_order(universe, [Reader.of(tuple(row))], domains) == (0, 1, 2)


def test_limits_stop_what_would_grow_too_large() -> None:
    problem = chorale(2)
    workshop = Workshop.of(problem, Limits(moments=50))
    with pytest.raises(TooLarge):
        workshop.moments_of(workshop.kind(problem.layers[1], Reader.of(problem.layers[1].factors)))
    workshop = Workshop.of(problem, Limits(moves=50))
    reader = Reader.of(problem.layers[1].factors)
    moments = workshop.moments_of(workshop.kind(problem.layers[1], reader))
    with pytest.raises(TooLarge):
        workshop.moves_of(LayerStep(moments, moments, reader))


def test_components_that_do_not_matter_are_told_apart_no_longer() -> None:
    problem = chorale(2)
    reader = Reader.of(problem.layers[1].factors)
    workshop = Workshop.of(problem)
    full = workshop.moments_of(workshop.kind(problem.layers[1], reader))
    soprano = workshop.moments_of(workshop.kind(problem.layers[1], reader, frozenset({1})))
    assert set(soprano.columns[1]) == set(full.columns[1])
    assert len(soprano) == len(set(full.columns[1]))
    assert not soprano.columns[[0, 2, 3, 4]].any()


def test_a_memory_that_forbids_a_letter_always_is_a_filter() -> None:
    value = Part("value", (), (0,), 3, lambda before, after: after[0])
    weights = np.array([[0.0, -np.inf, 0.0], [0.0, -np.inf, -np.inf]])
    factor = Factor("f", "f", 0, (value,), weights, 0, np.zeros((2, 3), dtype=np.int32))
    layer = Layer((np.arange(3, dtype=np.int32),), (factor,))
    reader = Reader.of(layer.factors)
    assert reader.filters == (factor,)
    assert reader.remembering == {"f"}


def unlike(layers: int) -> Problem:
    """A chorale of which every layer asks for something of its own."""
    problem = chorale(layers, memories=1)
    own = [hard(f"own {i}", (1,), (1,), lambda b, a, i=i: a[0] != 60 + i % 7) for i in range(layers)]
    made = (replace(layer, factors=(*layer.factors, own[i])) for i, layer in enumerate(problem.layers))
    few = (np.arange(3, dtype=np.int32),)  # three chords
    return replace(problem, layers=tuple(replace(la, domains=(*few, *la.domains[1:])) for la in made))


def test_layers_that_are_all_unlike_are_joined_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    joined: list[int] = []

    def counted(universe: Universe, steps: Sequence[LayerStep], most: int) -> list[Moves | None]:
        joined.append(len(steps))
        return join(universe, steps, most)

    monkeypatch.setattr(workshop_module, "join", counted)
    problem = unlike(9)
    lattice = build(problem)
    assert joined == [8]
    monkeypatch.setattr(workshop_module, "_SIDE_BY_SIDE", 0)
    alone = build(problem)
    assert joined == [8] + [1] * 8
    for one, other in zip(lattice.stages, alone.stages, strict=True):
        assert np.array_equal(one.arcs.source, other.arcs.source)
        assert np.array_equal(one.arcs.target, other.arcs.target)
        assert np.allclose(one.arcs.log_weight, other.arcs.log_weight, rtol=0, atol=1e-12)


def test_a_layer_that_is_too_much_is_told_when_it_is_entered_and_not_before() -> None:
    problem = chorale(4, memories=1)
    never = hard("never", (), (1,), lambda before, after: after[0] < 0)
    wide = replace(problem.layers[3], factors=())  # far too many moments
    dead = replace(problem.layers[1], factors=(*problem.layers[1].factors, never))
    both = replace(problem, layers=(problem.layers[0], dead, problem.layers[2], wide))
    workshop = Workshop.of(both, Limits(moments=5000))
    assert Construction(both, workshop, 1_000_000).dead_layer() == 1
    with pytest.raises(TooLarge, match="joint moments"):
        workshop.moments_of(workshop.kind(wide, Reader.of(())))
