"""Four voices together: NumPy against torch, laws, grids, and the loss of a piece of unknown key."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rulegen.models.base import Tokens
from rulegen.models.grids import changes_of, grid_of, symbols_of
from rulegen.models.learn.loop import TrainingPlan, seeded, train
from rulegen.models.learn.lstm import Size
from rulegen.models.learn.quartet import QuartetTask
from rulegen.models.measure import blind_loss, mean_loss, untold
from rulegen.models.quartet import FAR, LOWEST, NOTHING, ORDER, SILENCE, SYMBOLS, Quartet, places_of
from rulegen.models.store import Card, Model, load, save
from tests.models import laws
from tests.models.music import chorale

CARD = Card("lstm", "four voices", "made up", "free", "rulegen learn lstm", 0, {})
COUNT = 5


def grids(count: int, first: int = 0) -> list[Tokens]:
    found = [grid_of(chorale(f"piece {seed}", seed)) for seed in range(first, first + count)]
    return [grid for grid in found if grid is not None]


def task(cell: str = "lstm", size: int = 12) -> QuartetTask:
    seeded(1)
    return QuartetTask(grids(5), 3, Size(cell, size, size, 16, 0.1))


@pytest.fixture(scope="module")
def model() -> Quartet:
    own = task()
    return own.model(own.network)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_numpy_steps_equal_torch(cell: str) -> None:
    own = task(cell)
    with torch.no_grad():
        summed, count = own.loss(own.network.eval(), range(5), False)
    assert count == 4 * 5 * 64
    assert mean_loss(own.model(own.network), untold(own.grids)) == pytest.approx(
        float(summed) / count, abs=1e-5
    )


def test_every_voice_has_a_distribution_and_batches_are_each_walker_by_itself(model: Quartet) -> None:
    generator = np.random.default_rng(0)
    state, alone = model.begin(COUNT), [model.begin(1) for _ in range(COUNT)]
    for step in range(6):
        places = np.tile(np.array(places_of(step, 16, None, 2), dtype=np.int32), (COUNT, 1))
        symbols = generator.integers(20, 24, (COUNT, 4)).astype(np.int32)
        symbols[0, 1] = SILENCE
        for rank in range(4):
            placed = symbols[:, list(ORDER[:rank])]
            found = model.log_probs(state, places, placed)
            assert found.shape == (COUNT, SYMBOLS)
            laws.rows_sum_to_one(found)
            for walker, own in enumerate(alone):
                one = model.log_probs(own, places[:1], placed[walker : walker + 1])
                np.testing.assert_allclose(one[0], found[walker], atol=1e-5)
        which = np.array([3, 3, 0])
        later = model.advance(state, places, symbols)
        first = model.advance(model.select(state, which), places[which], symbols[which])
        np.testing.assert_array_equal(first.notes, model.select(later, which).notes)
        np.testing.assert_allclose(first.memory, later.memory[which], atol=1e-6)
        alone = [model.advance(own, places[:1], symbols[w : w + 1]) for w, own in enumerate(alone)]
        state = later


def test_holding_for_several_steps_is_one_step_after_another(model: Quartet) -> None:
    places = np.array([places_of(0, 16, 12, 0)] * COUNT, dtype=np.int32)
    symbols = np.full((COUNT, 4), 30, dtype=np.int32)
    at_once = model.advance(model.begin(COUNT), places, symbols, steps=3)
    by_step = model.begin(COUNT)
    for _ in range(3):
        by_step = model.advance(by_step, places, symbols)
    np.testing.assert_array_equal(at_once.run, by_step.run)
    np.testing.assert_array_equal(at_once.since, by_step.since)
    np.testing.assert_array_equal(at_once.memory, by_step.memory)


def test_a_grid_holds_each_sixteenth_above_the_tonic() -> None:
    grid = grid_of(chorale("one", 3))
    assert grid is not None
    assert grid.symbols.shape == (64, 4)
    assert grid.symbols[0].tolist() == [note - 60 - LOWEST for note in _first_chord(3)]
    assert np.all(grid.symbols[0:4] == grid.symbols[0])
    assert grid.places[5].tolist() == [5, (32 - 5 - 1) // 4, 0]
    assert set(untold([grid])[0].places[:, 1].tolist()) == {FAR}


def _first_chord(seed: int) -> list[int]:
    return [notes[0].midi for _, notes in chorale("one", seed).voices]


def test_moves_say_what_each_voice_held_and_how_long() -> None:
    symbols = np.array([[1, 1, 1, 1], [1, 1, 1, 2], [1, 1, 1, 2], [3, 1, 1, 2]], dtype=np.int32)
    found = changes_of(Tokens(symbols, np.zeros((4, 3), dtype=np.int32)), 2)
    assert found.before[0].tolist() == [NOTHING] * 4
    assert found.at.tolist() == [0, 1, 3]
    assert found.changes.tolist() == [15, 8, 1]
    assert found.gap.tolist() == [0, 1, 2]
    assert found.state.tolist() == [0, 1, 2, 2]
    assert found.run[3].tolist() == [2, 2, 2, 2]
    assert found.run[2].tolist() == [2, 2, 2, 1]


def test_places_tell_apart_meters_and_closes() -> None:
    assert places_of(17, 16, 9, 3) == (1, 2, 3)
    assert places_of(13, 12, None, 3) == (17, FAR, 3)
    assert places_of(7, 10, 4000, 3) == (31, FAR - 1, 3)


def test_a_piece_of_unknown_key_is_no_likelier_than_in_its_own(model: Quartet) -> None:
    grid = grids(1, first=9)[0]
    midi = (grid.symbols + LOWEST + 60).astype(np.int32)
    restored = symbols_of(midi, 0)
    assert restored is not None and np.array_equal(restored, grid.symbols)
    found = blind_loss(model, midi, most_keys=24)
    own = mean_loss(model, untold([grid])) * grid.symbols.size
    assert found.steps == 256
    assert found.nats <= own + np.log(24 * 7) + 1e-6  # one of the guesses is the truth
    assert blind_loss(model, midi, most_keys=2).nats >= found.nats - 1e-9
    assert 0 < found.changing < found.steps and 0 < found.changing_nats < found.nats


def test_training_learns_and_the_model_comes_back_from_its_file(tmp_path: Path) -> None:
    own = task(size=24)
    plan = TrainingPlan(epochs=8, batch=1, rate=0.02)
    network, epochs = train(own, plan, tmp_path / "c", "tiny", lambda _: None)
    assert min(epoch.validation for epoch in epochs) < 0.9 * epochs[0].validation
    trained = own.model(network)
    assert mean_loss(trained, untold(own.grids[3:])) == pytest.approx(
        min(epoch.validation for epoch in epochs), abs=1e-4
    )
    save(tmp_path / "a.model", Model(CARD, trained))
    found = load(tmp_path / "a.model").law
    rounded = pytest.approx(mean_loss(trained, untold(own.grids[:1])), abs=1e-3)
    assert mean_loss(found, untold(own.grids[:1])) == rounded
