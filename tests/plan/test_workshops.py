"""A style that was edited is built from what was made for it before, and is what it is when it is built alone."""

from __future__ import annotations

import numpy as np
import pytest

from rulegen.lattice import advance, workshop
from rulegen.lattice.build import build
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.moments import Limits
from rulegen.lattice.workshop import Workshop
from rulegen.plan.problem import compiled, plan_of
from rulegen.plan.workshops import workshop_of
from tests.oracle.brute import style_of

HYMN = """style "Hymn"  meter 4/4  key C major  use common_practice
voices { soprano C4..C5  alto G3..G4  bass C3..A3 }
harmony { chords I ii IV V vi  change every beat }
form { A = 1 bars  B = 2 bars  piece = A A B }
prefer leap in alto  weight 0.25
avoid  repeated_note in bass  in section B  weight 0.5
require leap_recovery in soprano  weight 2
"""
BUDGET = 2_000_000


@pytest.fixture(autouse=True)
def _as_if_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_ALONE", 64)
    monkeypatch.setattr(advance, "_BY_MOVES", 0)


def built(text: str, *, alone: bool = False) -> Lattice:
    """The lattice of a style, from what is kept of others or by itself."""
    plan = plan_of(style_of(text), {})
    problem = compiled(plan)
    own = Workshop.of(problem, Limits.of(BUDGET)) if alone else workshop_of(plan, problem, BUDGET)
    return build(problem, BUDGET, own)


def assert_equal(one: Lattice, other: Lattice) -> None:
    """Whether two lattices are the same to the last bit."""
    for left, right in zip(one.stages, other.stages, strict=True):
        arcs, others = left.arcs.written_out, right.arcs.written_out
        for name in ("source", "target", "log_weight", "first"):
            assert np.array_equal(getattr(arcs, name), getattr(others, name)), name
        assert np.array_equal(left.moments[left.moment], right.moments[right.moment])
    for mine, theirs in zip(look_ahead(one).values, look_ahead(other).values, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("weight 0.25", "weight 0.75"),  # of a rule that reads pairs
        ("section B  weight 0.5", "section B  weight 1"),
        ("weight 2", "weight 3"),  # of a memory
        ("prefer leap in alto  weight 0.25", "forbid unison_by_leap"),
    ],
)
def test_an_edited_style_is_what_it_is_alone(said: str, instead: str) -> None:
    edited = HYMN.replace(said, instead)
    assert edited != HYMN
    look_ahead(built(HYMN))
    assert_equal(built(edited), built(edited, alone=True))
    assert_equal(built(HYMN), built(HYMN, alone=True))


def test_a_weight_that_was_changed_joins_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    first = built(HYMN)
    joined = workshop.allowed_pairs
    calls = list[object]()
    monkeypatch.setattr(workshop, "allowed_pairs", lambda *asked: calls.append(asked) or joined(*asked))
    edited = built(HYMN.replace("section B  weight 0.5", "section B  weight 1"))
    assert not calls
    same = [one.arcs is other.arcs for one, other in zip(first.stages, edited.stages, strict=True)]
    assert same[2:4] == [True] * 2  # of section A, behind its seam
    assert not all(same)


def test_what_is_not_asked_for_any_more_is_let_go() -> None:
    plan = plan_of(style_of(HYMN), {})
    problem = compiled(plan)
    own = workshop_of(plan, problem, BUDGET)
    build(problem, BUDGET, own)
    many = len(own.moves.values)
    bare = plan_of(style_of(HYMN.replace("avoid  repeated_note in bass  in section B  weight 0.5", "")), {})
    for _ in range(2):
        other = workshop_of(bare, compiled(bare), BUDGET)
        assert other is own
        build(compiled(bare), BUDGET, other)
    own.renew()
    assert 0 < len(own.moves.values) < many
