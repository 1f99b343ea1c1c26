"""What building shares, reaches, drops and relaxes."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rulegen.lattice import assemble as assemble_module
from rulegen.lattice import build as build_module
from rulegen.lattice import openings as openings_module
from rulegen.lattice.assemble import KeptApart, TooManyOpenings
from rulegen.lattice.best import best
from rulegen.lattice.build import Construction, LatticeTooLarge, build
from rulegen.lattice.codes import distinct, expand, gather_ranges
from rulegen.lattice.form import Register, form_of
from rulegen.lattice.lookahead import log_mass, look_ahead, look_ahead_max, use_sparse
from rulegen.lattice.moments import Limits
from rulegen.lattice.problem import Factor, Layer, LayerSpan, Output, Part, Problem, Slot
from rulegen.lattice.relax import relax, slots_to_relax
from rulegen.lattice.states import States, start_state
from rulegen.lattice.workshop import Workshop
from rulegen.sampling.exact import draw
from tests.lattice.chorale import chorale
from tests.lattice.problems import random_problem


def test_a_chorale_has_the_states_and_arcs_it_should() -> None:
    lattice = build(chorale(64, memories=4))
    sizes = [(arcs.left, arcs.entered, arcs.size) for arcs in lattice.distinct_arcs()]
    assert sizes == [
        (1, 31, 31),
        (31, 1886, 3933),
        (1886, 6343, 94856),
        (6343, 7642, 242576),
        (7642, 7665, 272324),
        (7665, 7665, 272583),
        (7665, 655, 272583),
    ]


def test_equal_layers_share_their_arcs() -> None:
    short, long = build(chorale(16, memories=1)), build(chorale(64, memories=1))
    assert len(long.distinct_arcs()) == len(short.distinct_arcs())
    assert len(long.stages) == 64


def test_arcs_are_sorted_by_source_and_typed_as_promised() -> None:
    for each in build(chorale(6, memories=2)).distinct_arcs():
        arcs = each.written_out
        assert (arcs.source.dtype, arcs.target.dtype, arcs.log_weight.dtype) == (
            np.int32,
            np.int32,
            np.float64,
        )
        assert (np.diff(arcs.source) >= 0).all()
        assert np.array_equal(np.repeat(np.arange(arcs.left), np.diff(arcs.first)), arcs.source)
        assert np.isfinite(arcs.log_weight).all()


def test_an_immediate_repeat_is_columns_of_one_set_of_arcs() -> None:
    once, twice = build(chorale(32, memories=2)), build(chorale(32, memories=2, repeats=True))
    largest = [max(arcs.size for arcs in lattice.distinct_arcs()) for lattice in (once, twice)]
    assert largest[0] == largest[1]
    assert [block.stages[0].spread.columns for block in twice.blocks if block.stages[0].spread] == [31, 31]


def test_a_memory_nobody_reads_any_more_is_forgotten() -> None:
    problem = chorale(8, memories=2)
    without = tuple(f for f in problem.layers[-1].factors if f.slot is None)
    later = tuple(replace(layer, factors=without) for layer in problem.layers[4:])
    lattice = build(replace(problem, layers=problem.layers[:4] + later))
    assert lattice.stages[2].arcs.entered > 655
    assert lattice.stages[3].arcs.entered == 655


def test_a_memory_surely_at_its_start_is_not_remembered_however_long_it_is_awaited() -> None:
    """It stands at 1 until the third layer moves it, and again once the fourth has heard it."""
    value = Part("value", (), (0,), 2, lambda before, after: after[0])
    domain = (np.arange(2, dtype=np.int32),)
    moved = np.array([[0, 1], [0, 1]], dtype=np.int32)
    moves = Factor("moves", "a", 0, (value,), np.zeros((2, 2)), 0, moved)
    hears = Factor("hears", "a", 0, (value,), np.array([[0.0, -1.0], [0.0, 0.0]]), 0, np.ones_like(moved))
    layers = tuple(Layer(domain, factors) for factors in ((), (), (moves,), (hears,), (), (hears,)))
    problem = Problem(("only",), (Slot(2, 1, 0, "a"),), layers, (LayerSpan(0, 6),), (0,))
    live = Construction(problem, Workshop.of(problem), 1_000).live
    assert [sorted(slots) for slots in live] == [[], [], [0], [], [], []]
    assert log_mass(build(problem)) == pytest.approx(np.log(16 * (3 + np.exp(-1.0))))


def test_a_layer_over_budget_relaxes_the_costliest_memory_and_says_so() -> None:
    problem = chorale(8, memories=2)
    full = build(problem)
    most = max(arcs.size for arcs in full.distinct_arcs())
    lattice = build(problem, budget=most - 1)
    assert len(lattice.relaxed) == 1
    relaxed = lattice.relaxed[0]
    assert relaxed.name in {"recover 1", "recover 2"}
    assert relaxed.use == problem.slots[relaxed.slot].use
    assert relaxed.arcs > most - 1
    assert relaxed.without < relaxed.states
    assert log_mass(lattice) == pytest.approx(log_mass(build(relax(problem, {relaxed.slot}))))
    assert max(arcs.size for arcs in lattice.distinct_arcs()) < most


def canon(delay: int, values: int = 4, layers: int = 12) -> Problem:
    """Two voices, the second what the first was `delay` layers before: a shift register of that many slots."""
    held = np.tile(np.arange(values, dtype=np.int32)[:, None], (1, values))
    zero = np.zeros((values, values))
    register: list[Factor] = []
    source: Part | Output = Part("leader", (0,), (), values, lambda before, after: before[0])
    for place in range(delay):
        key = ("register", place)
        register.append(Factor(key, key, 0, (source,), zero, place, np.ascontiguousarray(held.T), held))
        source = Output(key, values)
    follower = Part("follower", (), (1,), values, lambda before, after: after[0])
    same = np.where(np.eye(values, dtype=bool), 0.0, -np.inf).reshape(1, -1)
    factors = (*register, Factor("canon", "canon", 0, (source, follower), same))
    domain = np.arange(values, dtype=np.int32)
    slots = tuple(Slot(values, 0, 0, f"register {place}") for place in range(delay))
    layer = Layer((domain, domain), factors)
    return Problem(("leader", "follower"), slots, (layer,) * layers, (LayerSpan(0, layers),), (0,))


def test_what_only_a_relaxed_memory_heard_is_forgotten_with_it() -> None:
    lattice = build(canon(3), budget=600)
    assert lattice.relaxed
    assert max(stage.arcs.entered for stage in lattice.stages) == 16  # two voices of four values, no queue


def test_a_queue_is_kept_as_long_as_its_end_is_heard_and_no_longer() -> None:
    problem = canon(2)
    states = [stage.arcs.entered for stage in build(problem).stages]
    free = replace(problem.layers[-1], factors=problem.layers[-1].factors[:-1])
    ending = replace(problem, layers=(*problem.layers[:-3], free, free, free))
    assert states[-4:] == [256, 256, 64, 16]  # both voices now, and what of the queue comes out yet
    assert [stage.arcs.entered for stage in build(ending).stages][-3:] == [16, 16, 16]


def test_moves_over_budget_by_themselves_are_refused() -> None:
    with pytest.raises(LatticeTooLarge) as caught:
        build(chorale(4, memories=1), budget=1000)
    assert caught.value.layer == 1


@pytest.mark.parametrize(
    ("limits", "what"), [(Limits(moments=50), "joint moments"), (Limits(moves=500), "moves")]
)
def test_what_passes_the_limits_is_named_with_its_layer(limits: Limits, what: str) -> None:
    problem = chorale(4, memories=1)
    with pytest.raises(LatticeTooLarge) as caught:
        Construction(problem, Workshop.of(problem, limits), 1_000_000).lattice()
    assert (caught.value.layer, caught.value.what) == (1, what)  # the first one begins on one chord


def test_the_limits_grow_with_the_budget_and_stay_near_it() -> None:
    assert Limits.of(1000) == Limits.of(2_000_000) == Limits()
    assert Limits.of(10_000_000) == Limits(20_000_000, 40_000_000)
    assert Limits().moves <= 4 * 2_000_000


def test_moves_that_nothing_makes_any_more_are_let_go() -> None:
    problem = chorale(6, memories=2)
    workshop = Workshop.of(problem)
    Construction(problem, workshop, 1_000_000).lattice()
    made = dict(workshop.moves.values)
    workshop.forget_but(problem)
    assert workshop.moves.values == made
    workshop.forget_but(relax(problem, {0}))
    assert set(workshop.moves.values) == {key for key in made if key[0] is None}  # into the first layer
    assert len(workshop.moves.values) < len(made)


def test_openings_beyond_the_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = chorale(6, memories=1, repeats=True)
    ways = [block.stages[0].arcs.entered for block in build(problem).blocks]
    monkeypatch.setattr(assemble_module, "MOST_PLACES", 1000)
    with pytest.raises(TooManyOpenings) as caught:
        build(problem)
    assert caught.value.section == 0
    assert caught.value.kept == (KeptApart(0, 1, ways[0]),)
    monkeypatch.setattr(openings_module, "MOST_PLACES", 1000)
    with pytest.raises(TooManyOpenings) as caught:
        build(problem)
    assert caught.value.kept == (KeptApart(0, 1, ways[0]),)


def test_openings_are_not_gathered_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = next(
        p
        for seed in range(40)
        if (p := random_problem(seed, "ABA", hard=0.05, width=2)).sections[0].stop > 1
        and build(p).distinct_arcs()
    )
    monkeypatch.setattr(openings_module, "MOST_ARCS", 0)
    with pytest.raises(TooManyOpenings) as caught:
        build(problem)
    [kept] = caught.value.kept
    assert (kept.section, kept.layers) == (0, 2)
    assert kept.ways > 0


def test_a_memory_moved_by_what_is_relaxed_is_relaxed_with_it() -> None:
    value = Part("value", (), (0,), 2, lambda before, after: after[0])
    table = np.zeros((2, 2), dtype=np.int32)
    first = Factor("a", "a", 0, (value,), np.zeros((2, 2)), 0, table, table)
    second = Factor("b", "b", 1, (Output("a", 2),), np.zeros((2, 2)), 1, table)
    apart = Factor("c", "b", 1, (value,), np.zeros((2, 2)), 1, table)
    domain = (np.arange(2, dtype=np.int32),)
    layers = (Layer(domain, (first, second)), Layer(domain, (apart,)))
    slots = (Slot(2, 0, 0, "a"), Slot(2, 0, 1, "b"))
    problem = Problem(("only",), slots, layers, (LayerSpan(0, 2),), (0,))
    assert slots_to_relax(problem, {0}) == {0, 1}
    assert slots_to_relax(problem, {1}) == {1}
    assert [layer.factors for layer in relax(problem, {0, 1}).layers] == [(), ()]


def test_states_that_layers_were_entered_from_are_held_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers are known by the identity of these, which another object could get otherwise."""
    made: list[weakref.ref[States]] = []

    class Watched(States):
        __slots__ = ("__weakref__",)

    def watched(slots: Sequence[Slot], remembered: tuple[int, ...]) -> States:
        plain = start_state(slots, remembered)
        found = Watched(plain.moments, plain.moment, plain.memory, plain.memories, plain.slots)
        made.append(weakref.ref(found))
        return found

    monkeypatch.setattr(build_module, "start_state", watched)
    problem = chorale(4, memories=1)
    construction = Construction(problem, Workshop.of(problem), 1_000_000)
    construction.lattice()
    assert [each() is not None for each in made] == [True]


def test_an_impossible_problem_has_no_mass_and_no_best() -> None:
    problem = chorale(5)
    too_far_apart = tuple(np.array([pitch], dtype=np.int32) for pitch in (79, 55))
    domains = problem.layers[2].domains
    layer = replace(problem.layers[2], domains=(domains[0], *too_far_apart, *domains[3:]))
    lattice = build(replace(problem, layers=(*problem.layers[:2], layer, *problem.layers[3:])))
    assert log_mass(lattice) == -np.inf
    assert best(lattice, 3) == []


def test_weights_so_far_apart_that_they_underflow_forbid_nothing() -> None:
    value = Part("value", (), (0,), 2, lambda before, after: after[0])
    stay = Part("stay", (0,), (0,), 2, lambda before, after: (before[0] != after[0]).astype(np.int32))
    keep = Factor("keep", "keep", 0, (stay,), np.array([[0.0, -np.inf]]))
    cost = Factor("cost", "cost", 0, (value,), np.array([[0.0, -50.0]]))
    layer = Layer((np.arange(2, dtype=np.int32),), (keep, cost))
    problem = Problem(("only",), (), (layer,) * 40, (LayerSpan(0, 40),), (0,))
    ahead = look_ahead(build(problem))
    assert ahead.values[0][1][:, 0] == pytest.approx([0.0, -50.0 * 39])
    assert look_ahead_max(build(problem)).values[0][1][:, 0] == pytest.approx([0.0, -50.0 * 39])


def test_sparse_products_and_plain_sums_agree() -> None:
    from rulegen.lattice.lookahead import _backward, _Summing

    lattice = build(chorale(8, memories=1, repeats=True))
    plain, sparse = (_backward(lattice, _Summing(use)) for use in (False, True))
    for one, other in zip(plain, sparse, strict=True):
        for a, b in zip(one, other, strict=True):
            assert np.allclose(a, b, rtol=0, atol=1e-9)


def test_what_is_imported_changes_no_bit_of_a_look_ahead() -> None:
    lattice = build(chorale(8, memories=1, repeats=True))
    before = look_ahead(lattice)
    import scipy.sparse  # noqa: F401

    assert not use_sparse(lattice)
    after = look_ahead(lattice)
    for one, other in zip(before.values, after.values, strict=True):
        assert all(map(np.array_equal, one, other))


@pytest.mark.parametrize(
    ("order", "parents", "registers"),
    [
        ("ABC", (-1, 0, 1), 0),
        ("AABB", (-1, 0), 0),
        ("ABA", (-1, 0), 1),
        ("ABACA", (-1, 0, 0), 2),
        ("ABAB", (-1, 0), 1),
        ("ABACB", (-1, 0, 1), 3),
    ],
)
def test_sections_independent_given_an_end_hang_side_by_side(
    order: str, parents: tuple[int, ...], registers: int
) -> None:
    form = form_of(random_problem(1, order, width=1))
    assert form.parent == parents
    assert sum(len(incoming) for incoming in form.incoming) == registers
    assert all(isinstance(r, Register) for incoming in form.incoming for r in incoming)


def test_a_leap_is_recovered_in_every_piece_drawn() -> None:
    lattice = build(chorale(12, memories=1))
    soprano = np.diff(draw(lattice, np.random.default_rng(0).random((200, 12)))[:, :, 1], axis=1)
    leap, following = soprano[:, :-1], soprano[:, 1:]
    assert (abs(leap) > 4).any()
    assert (following[leap > 4] < 0).all()
    assert (following[leap < -4] > 0).all()


def test_alternating_sections_need_no_columns_for_where_they_end() -> None:
    problem = chorale(16, memories=1, repeats=True)
    seams = (replace(problem.seams[0], statement=2), replace(problem.seams[1], statement=3))
    lattice = build(replace(problem, order=(0, 1, 0, 1), seams=seams))
    assert [block.columns for block in lattice.blocks] == [1, 31]
    assert lattice.blocks[1].stages[0].spread is None
    assert log_mass(lattice) > 0


def test_distinct_rows_are_numbered_in_order_however_large_their_product() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 1 << 30, 500) // (1 << 28) * (1 << 28) for _ in range(4)]
    firsts, codes = distinct(columns, 500)
    rows = np.stack(columns, axis=1)
    assert np.array_equal(rows[firsts], np.unique(rows, axis=0))
    assert np.array_equal(rows[firsts][codes], rows)


def test_ranges_expand_in_order() -> None:
    owner, place = expand(np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 1, 0, 1, 2]
    owner, element = gather_ranges(np.array([0, 2, 2, 5]), np.array([2, 0]))
    assert owner.tolist() == [0, 0, 0, 1, 1]
    assert element.tolist() == [2, 3, 4, 0, 1]
