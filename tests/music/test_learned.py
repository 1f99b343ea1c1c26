"""The ready styles that consult learned models: they compose, rules bind them, and walkers neither die nor fall into one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from rulegen.compose import Composition, Prepared, compose, prepare
from rulegen.resources import style_names, style_path
from rulegen.style.check import load_style

LEARNED = ("chorale_learned", "folk_tune_learned")
PARTICLES = 32


@cache
def ready(name: str) -> Prepared:
    """A ready style, prepared once for all tests here."""
    found = prepare(load_style(style_path(name)), {})
    assert isinstance(found, Prepared)
    return found


@pytest.fixture(params=LEARNED)
def prepared(request: pytest.FixtureRequest) -> Prepared:
    return ready(request.param)


def test_all_rules_stay_in_the_lattice_and_only_models_are_consulted(prepared: Prepared) -> None:
    assert not prepared.lattice.relaxed
    assert prepared.companions


def test_pieces_keep_every_rule_and_walkers_live(prepared: Prepared) -> None:
    first, second = compose(prepared, [1, 2], PARTICLES)
    for piece in (first, second):
        assert piece.grade.is_clean
        assert piece.returns == 0
        assert piece.effective_size is not None and 1.5 < piece.effective_size <= PARTICLES
    assert first.score.notes != second.score.notes


def test_a_piece_does_not_depend_on_those_before_it(prepared: Prepared) -> None:
    alone = compose(prepared, [2], PARTICLES)[0]
    assert alone.score.notes == compose(prepared, [1, 2], PARTICLES)[1].score.notes


def test_models_make_voices_step_more_often_than_the_rules_alone() -> None:
    style = load_style(style_path("chorale_learned"))
    bare = compose(prepare(replace(style, models=()), {}), range(4))
    heard = compose(ready("chorale_learned"), range(4), PARTICLES)
    assert _steps(heard) > _steps(bare) + 0.05


def _steps(pieces: Sequence[Composition]) -> float:
    """The share of outer voices' moves that are steps or repeats."""
    lines = [piece.score.notes_of(voice) for piece in pieces for voice in ("soprano", "bass")]
    moves = [np.abs(np.diff([n.pitch.midi for n in line if n.pitch is not None])) for line in lines]
    return float((np.concatenate(moves) <= 2).mean())


def test_each_ready_style_with_models_is_tried_here() -> None:
    with_models = {name for name in style_names() if load_style(style_path(name)).models}
    assert with_models == set(LEARNED)
