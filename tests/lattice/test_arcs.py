"""Arcs by moves are the same arcs, in the same order, as those that are written out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rulegen.lattice import advance as advancing
from rulegen.lattice import lookahead as looking
from rulegen.lattice.arcs import Arcs, ArcsByMoves
from rulegen.lattice.best import best
from rulegen.lattice.build import build
from rulegen.lattice.count import count
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.marginals import marginals
from rulegen.lattice.mixed import Mixed
from rulegen.lattice.problem import Problem
from rulegen.lattice.store import load, save
from rulegen.sampling.exact import draw
from tests.lattice.chorale import chorale
from tests.lattice.problems import random_problem

PROBLEMS = (
    *(random_problem(seed, form) for seed in range(12) for form in ("A", "AA", "AAB", "ABAB", "ABA")),
    chorale(6, memories=2),
)


def both(problem: Problem, patch: pytest.MonkeyPatch, budget: int = 2_000_000) -> tuple[Lattice, Lattice]:
    """The lattice with its arcs written out, and by moves wherever they can be."""
    found = []
    for least in (1 << 60, 0):
        patch.setattr(advancing, "_BY_MOVES", least)
        found.append(build(problem, budget))
    return found[0], found[1]


def test_arcs_by_moves_are_those_that_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    by_moves = 0
    for problem in PROBLEMS:
        plain, lattice = both(problem, monkeypatch)
        for one, other in zip(plain.stages, lattice.stages, strict=True):
            assert isinstance(one.arcs, Arcs)
            by_moves += isinstance(other.arcs, ArcsByMoves)
            arcs = other.arcs.written_out
            assert other.arcs.size == arcs.size and other.arcs.left == arcs.left
            for field in ("source", "target", "log_weight", "first", "entered"):
                assert np.array_equal(getattr(one.arcs, field), getattr(arcs, field)), field
            assert np.array_equal(one.moment, other.moment)
    assert by_moves > 50


def test_all_that_is_asked_of_them_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for problem in PROBLEMS:
        plain, lattice = both(problem, monkeypatch)
        ahead = look_ahead(plain)
        assert look_ahead(lattice).total == pytest.approx(ahead.total, abs=1e-9)
        if np.isneginf(ahead.total):
            continue
        uniforms = np.random.default_rng(1).random((20, lattice.layers))
        assert np.array_equal(draw(lattice, uniforms), draw(plain, uniforms, ahead))
        assert count(lattice) == count(plain)
        assert best(lattice)[0].log_weight == best(plain)[0].log_weight
        for one, other in zip(marginals(lattice), marginals(plain), strict=True):
            for left, right in zip(one, other, strict=True):
                assert left.probabilities == pytest.approx(right.probabilities, abs=1e-12)


def test_the_budget_is_passed_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for budget in (150_000, 250_000):
        plain, lattice = both(chorale(8, memories=4), monkeypatch, budget)
        assert lattice.relaxed == plain.relaxed != ()


def test_arcs_by_moves_are_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, lattice = both(chorale(6, memories=2), monkeypatch)
    assert any(isinstance(arcs, ArcsByMoves) for arcs in lattice.distinct_arcs())
    ahead = look_ahead(lattice)
    save(tmp_path / "x", lattice, ahead)
    stored = load(tmp_path / "x")
    assert stored is not None
    uniforms = np.random.default_rng(1).random((5, lattice.layers))
    assert np.array_equal(draw(stored.lattice, uniforms, stored.ahead), draw(lattice, uniforms, ahead))
    assert look_ahead(stored.lattice).total == ahead.total


def test_looking_ahead_from_few_ends_is_looking_ahead_in_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = 0
    for problem in PROBLEMS[:-1]:
        lattice = build(problem)
        monkeypatch.setattr(looking, "_FEWER", 1 << 60)
        plain = look_ahead(lattice).written_out()
        monkeypatch.setattr(looking, "_FEWER", 0)
        found = look_ahead(lattice)
        mixed += any(isinstance(values, Mixed) for block in found.values for values in block)
        for one, other in zip(plain.values, found.written_out().values, strict=True):
            for left, right in zip(one, other, strict=True):
                assert np.allclose(right, left, rtol=0, atol=1e-9)
    assert mixed > 20
