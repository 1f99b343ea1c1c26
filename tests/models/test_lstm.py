"""Recurrent models of one voice: NumPy against torch, training, interruption, and what goes wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rulegen.errors import ModelError
from rulegen.models.base import CONDITIONS, Alphabet
from rulegen.models.learn.loop import TrainingPlan, seeded, train
from rulegen.models.learn.lstm import Size, VoiceTask
from rulegen.models.lstm import Recurrent
from rulegen.models.measure import untold
from rulegen.models.store import Card, Model, load, save
from tests.models import laws
from tests.models.music import chord_walks, walks

EIGHT = Alphabet("pitch", tuple(range(8)))
TINY = Size("lstm", 12, 16, 20, 0.1)
PLAN = TrainingPlan(epochs=4, batch=4, seed=3)
NONE = np.zeros((3, 0), dtype=np.int32)
CARD = Card("lstm", "soprano", "made up", "free", "rulegen learn lstm", 3, {})


def task(size: Size = TINY, seed: int = 3) -> VoiceTask:
    seeded(seed)
    return VoiceTask(EIGHT, walks(12, 15, 8, seed=1) + walks(4, 11, 8, seed=2), 12, size)


def trained(plan: TrainingPlan, checkpoint: Path, said: list[str] | None = None) -> Recurrent:
    own = task(seed=plan.seed)
    network, _ = train(own, plan, checkpoint, "tiny", (said if said is not None else []).append)
    return own.model(network)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_numpy_step_equals_torch(cell: str) -> None:
    own = task(replace(TINY, cell=cell))
    model = own.model(own.network.eval())
    laws.is_a_law_of_a_voice(model)
    lines = walks(3, 20, 8, seed=5)
    rows = (
        np.array([each.symbols[:, 0] for each in lines], dtype=np.int64),
        np.array([each.places for each in lines], dtype=np.int64),
    )
    with torch.no_grad():
        by_torch = own.network(*(torch.from_numpy(row) for row in rows)).numpy()
    state = model.begin(3)
    for step in range(20):
        where = rows[1][:, step].astype(np.int32)
        np.testing.assert_allclose(model.log_probs(state, where, NONE), by_torch[:, step], atol=1e-5)
        state = model.advance(state, where, rows[0][:, step, None].astype(np.int32))


def test_one_that_hears_chords_equals_torch_and_can_do_without() -> None:
    seeded(5)
    own = VoiceTask(EIGHT, chord_walks(12, seed=1), 10, TINY, hears_chords=True)
    model = own.model(own.network.eval())
    assert model.hears_chords
    laws.is_a_law_of_a_voice(model)
    lines = chord_walks(3, seed=5)
    told = (
        np.array([each.symbols[:, 0] for each in lines], dtype=np.int64),
        np.array([each.places for each in lines], dtype=np.int64),
    )
    by_torch = {}
    for name, where in (("told", told[1]), ("untold", told[1] % CONDITIONS)):
        with torch.no_grad():
            by_torch[name] = own.network(torch.from_numpy(told[0]), torch.from_numpy(where)).numpy()
        state = model.begin(3)
        for step in range(15):
            at = where[:, step].astype(np.int32)
            np.testing.assert_allclose(model.log_probs(state, at, NONE), by_torch[name][:, step], atol=1e-5)
            state = model.advance(state, at, told[0][:, step, None].astype(np.int32))
    assert np.abs(by_torch["told"] - by_torch["untold"]).max() > 0.01


def test_what_the_chord_tells_is_learned_and_kept_in_the_file(tmp_path: Path) -> None:
    lines = chord_walks(40, seed=1)
    seeded(3)
    own = VoiceTask(EIGHT, lines, 30, TINY, hears_chords=True)
    network, _ = train(own, replace(PLAN, epochs=30, rate=0.02), tmp_path / "c", "tiny", lambda _: None)
    model = own.model(network)
    told, without = sum(model.losses(lines[30:])), sum(model.losses(untold(lines[30:])))
    assert told < 0.8 * without
    save(tmp_path / "a.model", Model(CARD, model))
    found = load(tmp_path / "a.model").law
    assert found.hears_chords and sum(found.losses(lines[30:])) == pytest.approx(told, abs=1e-4)


@pytest.mark.parametrize("lost", ["heard_over", "asked_over"])
def test_a_file_that_lost_half_of_what_hears_chords_is_damaged(lost: str, tmp_path: Path) -> None:
    own = VoiceTask(EIGHT, chord_walks(2, seed=1), 1, TINY, hears_chords=True)
    model = own.model(own.network)
    weights = {name: array for name, array in model.weights.items() if name != lost}
    save(tmp_path / "a.model", Model(CARD, replace(model, weights=weights)))
    with pytest.raises(ModelError, match="is damaged"):
        load(tmp_path / "a.model")
    weights[lost] = model.weights[lost][:-1]
    save(tmp_path / "a.model", Model(CARD, replace(model, weights=weights)))
    with pytest.raises(ModelError, match="is damaged"):
        load(tmp_path / "a.model")


def test_training_learns_and_its_losses_are_those_of_the_model(tmp_path: Path) -> None:
    own = task()
    network, epochs = train(own, replace(PLAN, epochs=12, rate=0.02), tmp_path / "c", "tiny", lambda _: None)
    best = min(epoch.validation for epoch in epochs)
    assert best < 0.9 * epochs[0].validation
    mean = sum(own.model(network).losses(walks(4, 11, 8, seed=2))) / 44
    assert mean == pytest.approx(best, abs=1e-4)


def test_training_ends_where_it_gets_no_better(tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=200, patience=2, rate=0.05)
    _, epochs = train(task(), plan, tmp_path / "c", "tiny", lambda _: None)
    judged = [epoch.validation for epoch in epochs]
    assert len(judged) < 200
    assert judged.index(min(judged)) == len(judged) - 1 - 2


def test_the_same_seed_gives_the_same_model_and_another_one_another(tmp_path: Path) -> None:
    first, second, other = (
        trained(replace(PLAN, seed=seed), tmp_path / name) for seed, name in ((3, "a"), (3, "b"), (4, "c"))
    )
    assert all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)
    assert not np.array_equal(first.weights["show"], other.weights["show"])


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = trained(PLAN, tmp_path / "whole")

    def interrupt(text: str) -> None:
        if text.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(task(), PLAN, tmp_path / "cut", "tiny", interrupt)
    assert [path.name for path in tmp_path.iterdir()].count("cut") == 1
    said: list[str] = []
    resumed = trained(PLAN, tmp_path / "cut", said)
    assert said[0].startswith("epoch 3")
    assert all(np.array_equal(whole.weights[name], resumed.weights[name]) for name in whole.weights)


def test_a_checkpoint_of_another_training_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    train(task(), replace(PLAN, epochs=1), tmp_path / "c", "tiny", lambda _: None)
    with pytest.raises(ModelError, match=r"left by a training with other options .* --afresh"):
        train(task(), PLAN, tmp_path / "c", "another", lambda _: None)
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:500])
    with pytest.raises(ModelError, match="is damaged: give --afresh"):
        train(task(), PLAN, tmp_path / "c", "tiny", lambda _: None)


def test_a_loss_that_is_no_number_ends_the_training_with_advice(tmp_path: Path) -> None:
    own = task()
    with torch.no_grad():
        next(iter(own.network.parameters())).fill_(float("nan"))
    with pytest.raises(ModelError, match=r"no number any more in epoch 1: .* try --rate 0\.00075"):
        train(own, PLAN, tmp_path / "c", "tiny", lambda _: None)
    assert not (tmp_path / "c").exists()


def test_a_recurrent_model_comes_back_from_its_file(tmp_path: Path) -> None:
    own = task(replace(TINY, cell="gru"))
    model = own.model(own.network)
    save(tmp_path / "a.model", Model(replace(CARD, kind="gru"), model))
    found = load(tmp_path / "a.model").law
    assert isinstance(found, Recurrent) and found.cell.kind == "gru"
    where = np.array([4], dtype=np.int32), NONE[:1]
    np.testing.assert_array_equal(
        found.log_probs(found.begin(1), *where), model.log_probs(model.begin(1), *where)
    )


@pytest.mark.parametrize("name", ["embedding", "middle", "show_bias", "from_hidden", "hidden_bias"])
def test_weights_that_do_not_fit_are_refused(name: str, tmp_path: Path) -> None:
    own = task()
    model = own.model(own.network)
    for weights in (
        {key: array for key, array in model.weights.items() if key != name},
        {**model.weights, name: model.weights[name][..., :-1]},
        {**model.weights, name: np.full_like(model.weights[name], np.nan)},
        {**model.weights, name: model.weights[name].astype(np.float64)},
    ):
        save(tmp_path / "a.model", Model(CARD, Recurrent(model.alphabet, model.cell, weights)))
        with pytest.raises(ModelError, match="numbers do not fit together"):
            load(tmp_path / "a.model")
