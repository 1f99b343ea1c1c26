"""The models that ship: each loads, keeps its laws, says where it comes from, and is better than counting."""

import shlex

import numpy as np
import pytest

from rulegen.cli import program
from rulegen.models.registry import FOUR_VOICES
from rulegen.models.store import Model, load
from rulegen.resources import model_names, model_path
from tests.models import laws

LARGEST_TOGETHER = 12 * 1024 * 1024


def shipped(name: str) -> Model:
    return load(model_path(name))


@pytest.mark.parametrize("name", model_names())
def test_a_model_that_ships_says_where_it_comes_from_and_how_to_make_it(name: str) -> None:
    card = shipped(name).card
    assert "public domain" in card.terms and "music21" in card.terms
    assert name.rsplit(".", 1)[1] == card.kind
    words = shlex.split(card.command)
    assert words[:3] == ["rulegen", "learn", card.kind] and words[-1] == f"{name}.model"
    learn = program.get_command(None, "learn")  # type: ignore[arg-type]
    assert learn is not None
    learn.make_context("learn", words[2:])  # raises where the command is none any more


@pytest.mark.parametrize("name", model_names())
def test_a_model_that_ships_keeps_its_laws(name: str) -> None:
    model = shipped(name)
    if len(model.view.order) == 1:
        laws.is_a_law_of_a_voice(model.law)
        return
    state = model.law.begin(2)
    places = np.zeros((2, 3), dtype=np.int32)
    laws.rows_sum_to_one(model.law.log_probs(state, places, np.zeros((2, 0), dtype=np.int32)))


@pytest.mark.parametrize("name", model_names())
def test_a_model_that_ships_foresees_better_than_counting(name: str) -> None:
    figures = shipped(name).card.held_out
    if shipped(name).view is FOUR_VOICES:
        most = {"surface": 0.38, "beats": 0.37}.get(shipped(name).card.level, 0.37)
        most = most if shipped(name).card.kind == "attention" else 0.41
        assert figures["test, nats a voice and sixteenth, key and bar given"] <= most
        return
    assert figures["test, nats a symbol"] < 0.8 * figures["test by counting alone, nats a symbol"]


def test_models_are_small_together() -> None:
    assert sum(model_path(name).stat().st_size for name in model_names()) < LARGEST_TOGETHER
