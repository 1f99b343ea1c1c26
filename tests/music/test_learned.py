"""The ready styles that consult learned models: they compose, rules bind them, and walkers neither die nor fall into one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from rulegen.compose import Composition, Prepared, compose, prepare
from rulegen.resources import style_names, style_path
from rulegen.style.check import load_style
from rulegen.style.model import Style
from rulegen.style.open_forms import forms_that_cover

LEARNED = ("chorale_learned", "folk_tune_learned")
PARTICLES = 32


def in_one_form(name: str) -> Style:
    return next(iter(forms_that_cover(load_style(style_path(name)))))


@cache
def ready(name: str) -> Prepared:
    """A ready style in one of its forms, prepared once for all tests here."""
    found = prepare(in_one_form(name), {})
    assert isinstance(found, Prepared)
    return found


@cache
def composed(name: str) -> Sequence[Composition]:
    return compose(ready(name), [1, 2], PARTICLES)


@pytest.fixture(params=LEARNED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_rules_stay_in_the_lattice_and_only_models_are_consulted(name: str) -> None:
    assert not ready(name).lattice.relaxed
    assert ready(name).companions


def test_pieces_keep_every_rule_and_walkers_live(name: str) -> None:
    first, second = composed(name)
    for piece in (first, second):
        assert piece.grade.is_clean
        assert piece.returns == 0
        assert piece.effective_size is not None and 1.5 < piece.effective_size <= PARTICLES
    assert first.score.notes != second.score.notes


def test_a_piece_does_not_depend_on_those_before_it(name: str) -> None:
    alone = compose(ready(name), [2], PARTICLES)[0]
    assert alone.score.notes == composed(name)[1].score.notes


def test_models_make_voices_step_more_often_than_the_rules_alone() -> None:
    style = in_one_form("chorale_learned")
    bare = compose(prepare(replace(style, models=()), {}), [1, 2])
    assert _steps(composed("chorale_learned")) > _steps(bare) + 0.05


def _steps(pieces: Sequence[Composition]) -> float:
    """The share of outer voices' moves that are steps or repeats."""
    lines = [piece.score.notes_of(voice) for piece in pieces for voice in ("soprano", "bass")]
    moves = [np.abs(np.diff([n.pitch.midi for n in line if n.pitch is not None])) for line in lines]
    return float((np.concatenate(moves) <= 2).mean())


def test_each_ready_style_with_models_is_tried_here() -> None:
    with_models = {name for name in style_names() if load_style(style_path(name)).models}
    assert with_models == set(LEARNED)
