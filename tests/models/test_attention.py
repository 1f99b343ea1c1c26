"""The model of four voices that attends: NumPy against torch, its laws, and its window; strikes told or not."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rulegen.models.attention import Attended, Attention
from rulegen.models.base import Tokens, each_array
from rulegen.models.events import WINDOW
from rulegen.models.grids import grid_of, struck_grid_of
from rulegen.models.learn.attention import AttentionSize, AttentionTask
from rulegen.models.learn.loop import TrainingPlan, seeded, train
from rulegen.models.measure import mean_loss, untold
from rulegen.models.quartet import ALPHABET, NOTHING, ORDER, SILENCE, places_of
from rulegen.models.store import Card, Model, load, save
from rulegen.models.struck import HOLD, STRUCK
from tests.models import laws
from tests.models.music import chorale

CARD = Card("attention", "four voices", "made up", "free", "rulegen learn attention", 0, {})
COUNT = 5
ALPHABETS = pytest.mark.parametrize("alphabet", [ALPHABET, STRUCK], ids=lambda own: str(own.kind))


def grids(alphabet: object, count: int, bars: int = 4, first: int = 0) -> list[Tokens]:
    made = struck_grid_of if alphabet == STRUCK else grid_of
    found = [made(chorale(f"piece {seed}", seed, bars)) for seed in range(first, first + count)]
    return [grid for grid in found if grid is not None]


def task(alphabet: object = ALPHABET, bars: int = 4, heads: int = 4, layers: int = 2) -> AttentionTask:
    seeded(1)
    known = STRUCK if alphabet == STRUCK else ALPHABET
    own = AttentionTask(known, grids(alphabet, 5, bars), 3, AttentionSize(8 * heads, layers, heads, 10, 0.1))
    with torch.no_grad():  # as far from its first state as training takes it
        for weights in own.network.parameters():
            weights.add_(torch.randn_like(weights) * 0.1)
    return own


def settled(state: Attended) -> tuple[object, ...]:
    """All that a state holds, as arrays; of its events, those that there are."""
    events = state.events
    there = np.nonzero(events.is_there)
    rows = events.row[there]
    kept = events.store.keys[:, rows], events.store.values[:, rows], events.when[there], events.then[there]
    return state.recalled, state.event, *kept, events.is_there.sum(axis=1), state.clock, state.last


def model_of(own: AttentionTask) -> Attention:
    return own.model(own.network)


@ALPHABETS
@pytest.mark.parametrize(("heads", "layers"), [(1, 1), (2, 3), (6, 2)])
def test_the_numpy_steps_equal_torch_beyond_the_window_too(alphabet: object, heads: int, layers: int) -> None:
    own = task(alphabet, 20, heads, layers)
    events = [len(np.flatnonzero((grid.symbols[1:] != grid.symbols[:-1]).any(axis=1))) for grid in own.grids]
    assert min(events) > WINDOW
    with torch.no_grad():
        summed, count = own.loss(own.network.eval(), range(5), False)
    assert count == 4 * 5 * 320
    found = mean_loss(model_of(own), untold(own.grids))
    assert found == pytest.approx(float(summed) / count, abs=1e-5)


@ALPHABETS
def test_every_voice_has_a_distribution_and_batches_are_each_walker_by_itself(alphabet: object) -> None:
    model = model_of(task(alphabet))
    generator, size = np.random.default_rng(0), len(model.alphabet)
    state, alone = model.begin(COUNT), [model.begin(1) for _ in range(COUNT)]
    for step in range(6):
        places = np.tile(np.array(places_of(step, 16, None, 2), dtype=np.int32), (COUNT, 1))
        symbols = generator.integers(20, 24, (COUNT, 4)).astype(np.int32)
        symbols[0, 1] = SILENCE
        if alphabet == STRUCK and step:
            symbols[1:3] = HOLD  # walkers at different numbers of events
        for rank in range(4):
            placed = symbols[:, list(ORDER[:rank])]
            found = model.log_probs(state, places, placed)
            assert found.shape == (COUNT, size)
            laws.rows_sum_to_one(found)
            for token in (symbols[:, ORDER[rank]], np.full(COUNT, size - 1, dtype=np.int32)):
                told = model.told(state, places, placed, token)
                np.testing.assert_allclose(told, found[np.arange(COUNT), token], atol=1e-6)
            for walker, own in enumerate(alone):
                one = model.log_probs(own, places[:1], placed[walker : walker + 1])
                np.testing.assert_allclose(one[0], found[walker], atol=1e-5)
        which = np.array([3, 3, 0, 1])
        later = model.advance(state, places, symbols)
        first = model.advance(model.select(state, which), places[which], symbols[which])
        each_array(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5) or a,
            settled(first),
            settled(model.select(later, which)),
        )
        alone = [model.advance(own, places[:1], symbols[w : w + 1]) for w, own in enumerate(alone)]
        state = later


@ALPHABETS
def test_holding_for_several_steps_is_one_step_after_another(alphabet: object) -> None:
    model = model_of(task(alphabet))
    places = np.array([places_of(0, 16, 12, 0)] * COUNT, dtype=np.int32)
    symbols = np.full((COUNT, 4), 30, dtype=np.int32)
    at_once = model.advance(model.begin(COUNT), places, symbols, steps=3)
    by_step = model.advance(model.begin(COUNT), places, symbols)
    for _ in range(2):
        by_step = model.advance(
            by_step, places, np.full_like(symbols, HOLD) if alphabet == STRUCK else symbols
        )
    each_array(
        lambda one, other: np.testing.assert_array_equal(one, other) or one,
        settled(at_once),
        settled(by_step),
    )


def test_a_state_is_never_written_to() -> None:
    model = model_of(task())
    places = np.array([places_of(0, 16, None, 0)] * 2, dtype=np.int32)
    state = model.advance(model.begin(2), places, np.array([[30] * 4, [31] * 4], dtype=np.int32))
    before = each_array(np.copy, settled(state))
    model.advance(state, places, np.array([[30] * 4, [33] * 4], dtype=np.int32))
    each_array(lambda one, other: np.testing.assert_array_equal(one, other) or one, settled(state), before)


def test_what_is_struck_again_is_told_from_what_is_held() -> None:
    piece = chorale("one", 3)
    plain, struck = grid_of(piece), struck_grid_of(piece)
    assert plain is not None and struck is not None
    assert struck.symbols[0].tolist() == plain.symbols[0].tolist()
    begins = np.arange(len(plain.symbols)) % 4 == 0  # a note a beat
    assert np.all(struck.symbols[~begins] == HOLD) and np.all(struck.symbols[begins] == plain.symbols[begins])
    again = begins[1:, None] & (plain.symbols[1:] == plain.symbols[:-1])
    assert again.any()  # a repeated note, which the plain tokens do not tell


def test_a_struck_note_moves_the_memory_and_a_held_one_does_not() -> None:
    model = model_of(task(STRUCK))
    places = np.array([places_of(0, 16, None, 0)] * 2, dtype=np.int32)
    state = model.advance(model.begin(2), places, np.full((2, 4), 30, dtype=np.int32))
    later = model.advance(state, places, np.array([[HOLD] * 4, [30] * 4], dtype=np.int32))
    np.testing.assert_array_equal(later.event[0], state.event[0])
    assert not np.allclose(later.event[1], state.event[1])
    assert later.recalled.run.tolist() == [[2] * 4, [1] * 4]
    assert later.recalled.past[:, :, 0].tolist() == [[NOTHING] * 4, [30] * 4]


@ALPHABETS
def test_training_learns_and_the_model_comes_back_from_its_file(alphabet: object, tmp_path: Path) -> None:
    seeded(1)
    known = STRUCK if alphabet == STRUCK else ALPHABET
    own = AttentionTask(known, grids(alphabet, 5), 3, AttentionSize(16, 1, 2, 16, 0.1))
    network, epochs = train(
        own, TrainingPlan(epochs=8, batch=1, rate=0.01), tmp_path / "c", "t", lambda _: None
    )
    assert min(epoch.validation for epoch in epochs) < 0.9 * epochs[0].validation
    trained = own.model(network)
    least = min(epoch.validation for epoch in epochs)
    assert mean_loss(trained, untold(own.grids[3:])) == pytest.approx(least, abs=1e-4)
    save(tmp_path / "a.model", Model(CARD, trained))
    found = load(tmp_path / "a.model").law
    rounded = pytest.approx(mean_loss(trained, untold(own.grids[:1])), abs=2e-3)
    assert mean_loss(found, untold(own.grids[:1])) == rounded
