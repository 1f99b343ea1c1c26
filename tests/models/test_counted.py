"""Four voices by counting: Witten-Bell by hand, laws, hidden states by brute force, training, files."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy as tensors

from rulegen.errors import ModelError
from rulegen.models.base import Law, Tokens
from rulegen.models.counted import Counted, Filtered
from rulegen.models.evidence import ContextCounts, gathered, interpolated, is_sound, longer, started
from rulegen.models.grids import grid_of
from rulegen.models.learn.counted import learned
from rulegen.models.learn.hidden_counted import learned_hidden
from rulegen.models.learn.hmm import Search
from rulegen.models.measure import blind_loss, blind_losses, mean_loss
from rulegen.models.quartet import LOWEST, ORDER, SILENCE, SYMBOLS, places_of
from rulegen.models.rows import rows_of
from rulegen.models.store import Card, Model, from_bytes, load, save, to_bytes
from tests.models import laws
from tests.models.music import chorale

CARD = Card("hmm", "four voices", "made up", "free", "rulegen learn hmm", 0, {})
COUNT = 4


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def grids(count: int, first: int = 0, bars: int = 4) -> list[Tokens]:
    found = [grid_of(chorale(f"piece {seed}", seed, bars)) for seed in range(first, first + count)]
    return [grid for grid in found if grid is not None]


@pytest.fixture(scope="module")
def markov() -> Counted:
    return learned(grids(6), quiet)


@pytest.fixture(scope="module")
def hidden() -> Counted:
    return learned_hidden(grids(6), grids(2, first=6), Search((3,), 1, 0), quiet)


@pytest.fixture(scope="module", params=["markov", "hidden"])
def model(request: pytest.FixtureRequest) -> Counted:
    found: Counted = request.getfixturevalue(request.param)
    return found


def test_witten_bell_is_as_by_hand_and_passes_over_what_heard_nothing() -> None:
    vague = started(7)
    near, far = (longer(vague, np.array([[place]]))[:, 0] for place in (1, 2))
    anywhere = np.repeat(vague[:, 0], 4)
    known = gathered([(anywhere, np.array([0, 0, 1, 2])), (np.repeat(near, 2), np.array([0, 0]))])
    first = np.array([(2 + 3 / 4), (1 + 3 / 4), (1 + 3 / 4), 3 / 4]) / 7
    again = (np.array([2.0, 0, 0, 0]) + first) / 3
    np.testing.assert_allclose(interpolated(known, [vague[:, 0], near], 4)[0], again)
    np.testing.assert_allclose(interpolated(known, [vague[:, 0], far], 4)[0], first)


def walk(model: Counted, steps: int = 6) -> list[tuple[Filtered, np.ndarray, np.ndarray]]:
    """States of some walkers, with the places and the symbols that come there."""
    generator, state, found = np.random.default_rng(0), model.begin(COUNT), []
    for step in range(steps):
        places = np.tile(np.array(places_of(step, 16, None, 2), dtype=np.int32), (COUNT, 1))
        symbols = generator.integers(35, 39, (COUNT, 4)).astype(np.int32)
        symbols[0, 1] = SILENCE
        found.append((state, places, symbols))
        state = model.advance(state, places, symbols)
    return found


def test_every_voice_has_a_distribution_and_what_is_told_is_of_it(model: Counted) -> None:
    for state, places, symbols in walk(model):
        for rank in range(4):
            placed, sounds = symbols[:, list(ORDER[:rank])], symbols[:, ORDER[rank]]
            found = model.log_probs(state, places, placed)
            assert found.shape == (COUNT, SYMBOLS)
            laws.rows_sum_to_one(found)
            told = model.told(state, places, placed, sounds)
            np.testing.assert_allclose(told, found[np.arange(COUNT), sounds], atol=1e-9)


def test_a_batch_is_each_walker_by_itself(model: Counted) -> None:
    which = np.array([2, 2, 0])
    none = np.zeros((3, 0), dtype=np.int32)
    for state, places, symbols in walk(model):
        chosen = model.select(state, which)
        own = np.concatenate(
            [model.log_probs(model.select(state, which[n : n + 1]), places[:1], none[:1]) for n in range(3)]
        )
        np.testing.assert_allclose(model.log_probs(chosen, places[which], none), own, atol=1e-9)
        later = model.advance(chosen, places[which], symbols[which])
        other = model.select(model.advance(state, places, symbols), which)
        np.testing.assert_array_equal(later.recalled.lasted, other.recalled.lasted)
        np.testing.assert_allclose(later.hidden, other.hidden, atol=1e-9)


def test_holding_for_several_steps_moves_the_hidden_state_on_at_each_beat(hidden: Counted) -> None:
    symbols = np.full((COUNT, 4), 37, dtype=np.int32)
    places = np.array([places_of(2, 16, None, 0)] * COUNT, dtype=np.int32)
    short = hidden.advance(hidden.begin(COUNT), places, symbols)
    long = hidden.advance(hidden.begin(COUNT), places, symbols, steps=6)  # over two beats
    assert long.recalled.run[0, 0] == 6
    moves = np.exp(hidden.transition)
    np.testing.assert_allclose(np.exp(long.hidden), np.exp(short.hidden) @ moves @ moves, atol=1e-9)


def test_hidden_states_are_summed_out_as_by_trying_all_paths(hidden: Counted) -> None:
    grid = Tokens(*(array[:12] for array in (grids(1, 9)[0].symbols, grids(1, 9)[0].places)))
    rows = rows_of([grid])
    heard = hidden.emitted(rows.recalled, rows.places, rows.symbols).reshape(3, 4, -1).sum(axis=1)
    paths = [
        hidden.start[path[0]]
        + sum(hidden.transition[one, other] for one, other in pairwise(path))
        + sum(heard[beat, state] for beat, state in enumerate(path))
        for path in product(range(hidden.hidden), repeat=3)
    ]
    whole = -np.logaddexp.reduce(paths) / grid.symbols.size
    assert mean_loss(hidden, [grid]) == pytest.approx(whole, abs=1e-9)


def test_the_quick_loss_is_the_loss(model: Counted) -> None:
    own = grids(2, first=7, bars=2)
    assert model.losses(own) == pytest.approx(Law.losses(model, own), abs=1e-9)


def test_counting_learns_more_than_the_last_note(markov: Counted) -> None:
    plain = replace(markov, changes=np.zeros_like(markov.changes), notes=np.zeros_like(markov.notes))
    new = grids(3, first=20)
    assert mean_loss(markov, new) < 0.5 * mean_loss(plain, new)


def test_pieces_are_blindly_measured_together_as_each_by_itself(markov: Counted) -> None:
    midi = [(grid.symbols + LOWEST + 60).astype(np.int32) for grid in grids(2, first=11, bars=2)]
    midi[1] = midi[1][:20]
    together = blind_losses(markov, midi, most_keys=2)
    alone = [blind_loss(markov, piece, most_keys=2) for piece in midi]
    assert [loss.nats for loss in together] == pytest.approx([loss.nats for loss in alone], abs=1e-9)
    assert [loss.steps for loss in together] == [len(piece) * 4 for piece in midi]


def test_the_same_pieces_give_the_same_model_and_it_comes_back(hidden: Counted, tmp_path: Path) -> None:
    again = learned_hidden(grids(6), grids(2, first=6), Search((3,), 1, 0), quiet)
    for place, each in (("a", hidden), ("b", again)):
        save(tmp_path / place, Model(CARD, each))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = load(tmp_path / "a").law
    assert isinstance(found, Counted)
    assert found.losses(grids(1)) == hidden.losses(grids(1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contexts", 0),
        ("lengths", 0),
        ("lengths", 255),
        ("outcomes", 255),
        ("counts", 0),
        ("counts", 255),  # and none stands beside
        ("large", -5),
        ("changes", np.nan),
        ("notes", np.inf),
        ("transition", 0.0),
        ("start", -np.inf),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(hidden: Counted, name: str, value: float) -> None:
    arrays = {each: own.copy() for each, own in hidden.taken_apart()[1].items()}
    content = to_bytes(Model(CARD, hidden))
    assert tensors.save(arrays, metadata_of(content)) == content
    arrays[name][len(arrays[name]) // 2] = value
    with pytest.raises(ModelError, match="numbers do not fit together"):
        from_bytes(tensors.save(arrays, metadata_of(content)), "a.model")


def metadata_of(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return found


def test_contexts_that_are_rarely_heard_are_left_out(markov: Counted) -> None:
    own = markov.evidence
    often = own.without_rare(3)
    heard = np.add.reduceat(own.counts, own.first[:-1])
    assert often.contexts.tolist() == own.contexts[heard >= 3].tolist() and 0 < len(often.contexts) < len(
        heard
    )
    keys = own.contexts << np.uint64(16)
    np.testing.assert_array_equal(
        often.heard(keys[heard >= 3], SYMBOLS * 2), own.heard(keys[heard >= 3], SYMBOLS * 2)
    )
    assert not often.heard(keys[heard < 3], SYMBOLS * 2).any()
    assert is_sound(often) and own.without_rare(1).counts.tolist() == own.counts.tolist()


def test_evidence_of_nothing_is_not_sound() -> None:
    nothing = gathered([])
    assert isinstance(nothing, ContextCounts) and not is_sound(nothing)
