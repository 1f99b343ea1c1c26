"""Clashing sets cannot be made smaller, and reachability copes with rules gone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.lattice import conflict as conflict_module
from rulegen.lattice.build import build
from rulegen.lattice.conflict import clash, irreducible, without
from rulegen.lattice.depth_first import ReachReport, reach_depth_first
from rulegen.lattice.lookahead import log_mass
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Factor, Layer, LayerSpan, Output, Part, Problem, Slot
from rulegen.lattice.reach import reach
from tests.lattice import oracle
from tests.lattice.chorale import chorale, hard
from tests.lattice.problems import random_problem


@given(st.integers(1, 12), st.data())
def test_any_clashing_set_found_is_irreducible(count: int, data: st.DataObject) -> None:
    families = data.draw(
        st.lists(st.frozensets(st.integers(0, count - 1), min_size=1), min_size=1, max_size=4)
    )

    def feasible(kept: list[int]) -> bool:
        return not any(family <= set(kept) for family in families)

    found = irreducible(range(count), feasible)
    if feasible(list(range(count))):
        return
    assert not feasible(found)
    assert all(feasible([i for i in found if i != left_out]) for left_out in found)


def test_few_questions_find_a_small_clash_among_many() -> None:
    asked = 0

    def feasible(kept: list[int]) -> bool:
        nonlocal asked
        asked += 1
        return not {3, 41} <= set(kept)

    assert irreducible(range(64), feasible) == [3, 41]
    assert asked <= 26


def numbered(problem: Problem) -> tuple[Problem, dict[str, int]]:
    """The problem with a use of its own for each rule."""
    numbers: dict[str, int] = {}

    def renumber(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        return tuple(replace(f, use=numbers.setdefault(str(f.name), len(numbers))) for f in factors)

    layers = tuple(replace(layer, factors=renumber(layer.factors)) for layer in problem.layers)
    seams = tuple(replace(s, factors=tuple(renumber(f) for f in s.factors)) for s in problem.seams)
    return replace(problem, layers=layers, seams=seams), numbers


def asking(extra: dict[int, list[Factor]], memories: int = 0) -> tuple[Problem, dict[str, int]]:
    """A chorale of which some layers ask more."""
    problem = chorale(10, memories=memories)
    layers = list(problem.layers)
    for layer, factors in extra.items():
        layers[layer] = replace(layers[layer], factors=(*layers[layer].factors, *factors))
    return numbered(replace(problem, layers=tuple(layers)))


HIGH = hard("soprano high", (), (1,), lambda before, after: after[0] >= 79)
LOW = hard("alto low", (), (2,), lambda before, after: after[0] <= 56)
UP = hard("soprano leaps up", (1,), (1,), lambda before, after: after[0] - before[0] >= 5)


@pytest.mark.parametrize(
    ("extra", "memories", "expected"),
    [
        ({6: [HIGH, LOW]}, 0, {"soprano high", "alto low", "spacing 1"}),
        ({6: [UP], 7: [UP]}, 1, {"soprano leaps up", "recover 1"}),
    ],
)
def test_the_rules_that_clash_are_named(
    extra: dict[int, list[Factor]], memories: int, expected: set[str]
) -> None:
    problem, numbers = asking(extra, memories)
    report = reach(problem)
    assert not report.feasible
    assert report.dead_layer in (6, 7)
    names = {number: name for name, number in numbers.items()}
    assert {names[use] for use in clash(problem, sorted(numbers.values()))} == expected


def test_a_clash_in_a_long_piece_is_looked_for_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole is asked three times: that all clash, that two do, and that one alone does not, for each."""
    lengths: list[int] = []

    def asked(problem: Problem, universe: Universe | None = None) -> ReachReport:
        lengths.append(len(problem.layers))
        return reach(problem, universe)

    monkeypatch.setattr(conflict_module, "reach", asked)
    short, _ = asking({6: [UP], 7: [UP]}, 1)
    long = replace(short, layers=short.layers + short.layers[2:6] * 20, sections=(LayerSpan(0, 90),))
    problem, numbers = numbered(long)
    found = clash(problem, sorted(numbers.values()))
    names = {number: name for name, number in numbers.items()}
    assert {names[use] for use in found} == {"soprano leaps up", "recover 1"}
    assert lengths.count(90) == 4
    assert max(length for length in lengths if length < 90) <= 8


def test_a_stretch_that_forgets_what_was_before_it_leads_nobody_astray() -> None:
    """From the third layer on the count is one short, so that the few layers before the end clash alone."""
    value = Part("value", (), (0,), 2, lambda before, after: after[0])
    count = np.array([[0, 1], [1, 2], [2, 2]], dtype=np.int32)
    never = np.array([[0.0, 0.0], [0.0, 0.0], [-np.inf, -np.inf]])
    held = Factor("count", "count", 0, (value,), np.zeros((3, 2)), 0, count, count)
    short_of = Factor("two", "two", 1, (Output("count", 3),), np.array([[-np.inf, -np.inf, 0.0]]))
    no_more = Factor("none", "none", 2, (value,), np.array([[0.0, -np.inf]]))
    most = Factor("most", "most", 3, (value,), never, 0, count)
    domain = (np.arange(2, dtype=np.int32),)
    layers = [Layer(domain, (held,))] * 3 + [Layer(domain, (held, no_more))] * 9
    layers.append(Layer(domain, (held, no_more, short_of)))
    free = Problem(("only",), (Slot(3, 0, 0, "count"),), tuple(layers), (LayerSpan(0, 13),), (0,))
    assert reach(free).feasible and clash(free, [0, 1, 2]) == []
    stopped = replace(free, layers=(*free.layers, Layer(domain, (most,))))
    stopped = replace(stopped, sections=(LayerSpan(0, 14),))
    assert set(clash(stopped, [0, 1, 2, 3])) == {1, 3}


@pytest.mark.parametrize("order", ["A", "AAB"])
def test_leaving_a_use_out_leaves_the_rest_of_the_law(order: str) -> None:
    problems = (random_problem(seed, order, hard=0.05) for seed in range(20))
    small = [p for p in problems if np.prod([d.size for layer in p.layers for d in layer.domains]) <= 2000]
    assert len(small) >= 12
    looser = 0
    for problem, numbers in map(numbered, small[:12]):
        whole = oracle.mass(oracle.laws(problem))
        for use in numbers.values():
            thinner = without(problem, {use})
            mass = oracle.mass(oracle.laws(_silenced(problem, use)))
            assert log_mass(build(thinner)) == pytest.approx(mass, abs=1e-9)
            looser += mass != whole
    assert looser > 12


def _silenced(problem: Problem, use: int) -> Problem:
    """The use's weights all 0, by plain means."""

    def silence(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        return tuple(
            replace(f, log_weight=np.zeros_like(f.log_weight)) if f.use == use else f for f in factors
        )

    layers = tuple(replace(layer, factors=silence(layer.factors)) for layer in problem.layers)
    seams = tuple(replace(s, factors=tuple(silence(f) for f in s.factors)) for s in problem.seams)
    return replace(problem, layers=layers, seams=seams)


def test_the_end_is_reached_among_millions_of_joint_moments() -> None:
    problem, numbers = asking({6: [UP]})
    moments = [n for name, n in numbers.items() if name.startswith(("member", "spacing", "complete"))]
    assert reach_depth_first(without(problem, set(moments))).feasible


def test_both_searches_name_the_same_dead_layer_of_a_chorale() -> None:
    problem, _ = asking({2: [HIGH, LOW]})
    assert reach(problem) == reach_depth_first(problem)
    assert reach(problem).dead_layer == 2
