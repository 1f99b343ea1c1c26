"""Model files made to do harm: each is refused with a sentence before it costs time or memory."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save as tensors

from rulegen.errors import ModelError
from rulegen.models import attention, hmm, lstm, quartet
from rulegen.models.base import CONDITIONS, Alphabet, normalised
from rulegen.models.grids import grid_of
from rulegen.models.learn.counted import learned
from rulegen.models.markov import counted
from rulegen.models.quartet import ALPHABET
from rulegen.models.store import Card, Model, from_bytes, to_bytes
from tests.models.music import chorale, walks

if TYPE_CHECKING:
    from collections.abc import Callable

Network = lstm.Recurrent | quartet.Quartet | attention.Attention
PITCHES = Alphabet("pitch", (0, 2, 4))
UNFIT = "a.model is damaged: its numbers do not fit together"


def card(kind: str) -> Card:
    return Card(kind, "soprano", "made up", "free", "rulegen learn", 0, {})


def cells(inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    return {
        "from_input": (4 * hidden, inputs),
        "from_hidden": (4 * hidden, hidden),
        "input_bias": (4 * hidden,),
        "hidden_bias": (4 * hidden,),
    }


def some(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    return {name: np.full(shape, 0.1, dtype=np.float32) for name, shape in shapes.items()}


def one_voice() -> lstm.Recurrent:
    own = {"embedding": (3, 5), "heard_at": (CONDITIONS, 5), "middle": (6, 4), "asked_at": (CONDITIONS, 6)}
    weights = some({**own, "show": (3, 6), "show_bias": (3,), **cells(5, 4)})
    return lstm.Recurrent.of(PITCHES, "lstm", weights)


def four_voices() -> quartet.Quartet:
    weights = some(quartet.shapes(5, 4, 6) | cells(5, 4))
    return quartet.Quartet.of(ALPHABET, "lstm", weights)


def attending() -> attention.Attention:
    return attention.Attention(ALPHABET, 2, some(attention.shapes(6, 2, 2, 5)))


KINDS = {"lstm": one_voice, "four voices": four_voices, "attention": attending}


def told(made: Callable[[], Network]) -> tuple[Network, Card]:
    model = made()
    return model, card("attention" if isinstance(model, attention.Attention) else "lstm")


def hidden(least: float) -> hmm.Hidden:
    emissions = np.zeros((hmm.PLACES, 2, 3))
    emissions[:, :, 0] = least
    return hmm.Hidden(PITCHES, np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5)), normalised(emissions))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e4])
@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_weights_that_are_no_numbers_or_past_all_bounds_are_refused(
    made: Callable[[], Network], value: float
) -> None:
    model, own = told(made)
    assert from_bytes(to_bytes(Model(own, model)), "a.model")
    for array in model.weights.values():
        before = array.flat[-1]
        array.flat[-1] = value
        with pytest.raises(ModelError, match=UNFIT):
            from_bytes(to_bytes(Model(own, model)), "a.model")
        array.flat[-1] = before


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_each_array_of_weights_has_its_shape_and_is_there(made: Callable[[], Network]) -> None:
    model, own = told(made)
    content, arrays = to_bytes(Model(own, model)), model.taken_apart()[1]
    for name, array in arrays.items():
        others = {other: one for other, one in arrays.items() if other != name}
        for wrong in ({}, {name: array[:-1]}, {name: array[None]}, {name: array.astype(np.float64)}):
            with pytest.raises(ModelError, match=UNFIT):
                from_bytes(tensors(others | wrong, _metadata(content)), "a.model")


@pytest.mark.parametrize("heads", [0, -2, 3, 2**62, 2.0, "2", None, True])
def test_heads_that_do_not_part_the_size_of_an_event_are_refused(heads: object) -> None:
    content = to_bytes(Model(card("attention"), attending()))
    facts = json.loads(_metadata(content)["rulegen"])
    arrays = dict(attending().taken_apart()[1])
    assert from_bytes(tensors(arrays, {"rulegen": json.dumps(facts)}), "a.model")
    facts["prior"]["heads"] = heads
    with pytest.raises(ModelError, match=UNFIT):
        from_bytes(tensors(arrays, {"rulegen": json.dumps(facts)}), "a.model")


@pytest.mark.parametrize("scale", [np.nan, np.inf, -np.inf, 6e4])
def test_scales_that_are_no_numbers_or_past_all_bounds_are_refused(scale: float) -> None:
    content, arrays = to_bytes(Model(card("attention"), attending())), attending().taken_apart()[1]
    for name in (name for name in arrays if name.endswith(".scale")):
        wrong = arrays[name].copy()
        wrong.flat[-1] = scale
        with pytest.raises(ModelError, match=UNFIT), np.errstate(invalid="ignore", over="ignore"):
            from_bytes(tensors({**arrays, name: wrong}, _metadata(content)), "a.model")


def test_a_hidden_state_that_emits_a_symbol_as_good_as_never_is_refused() -> None:
    assert from_bytes(to_bytes(Model(card("hmm"), hidden(-90))), "a.model")
    for least in (-1e3, -1e300):
        with pytest.raises(ModelError, match=UNFIT):
            from_bytes(to_bytes(Model(card("hmm"), hidden(least))), "a.model")


def test_what_four_voices_cannot_do_is_refused_where_it_is_met() -> None:
    grids = [grid for seed in range(3) if (grid := grid_of(chorale("a", seed))) is not None]
    model = learned(grids, lambda _: None)
    wrong = replace(model.evidence, outcomes=np.full_like(model.evidence.outcomes, 127))
    read = from_bytes(to_bytes(Model(card("markov"), replace(model, evidence=wrong))), "a.model").law
    state, places = read.begin(1), np.zeros((1, 3), dtype=np.int32)
    with pytest.raises(ModelError, match="the model of four voices is damaged"):
        read.log_probs(
            read.advance(state, places, np.full((1, 4), 30, np.int32)), places, np.zeros((1, 0), np.int32)
        )


@pytest.mark.parametrize(
    "length", ["1e999999999", "1" * 4000, "1/" + "9" * 4000, "0.25", "-1/4", "1/0", 0.25, None, "¼"]
)
@pytest.mark.parametrize("pitch", [0, "0", 0.5, True])
def test_lengths_that_take_for_ever_or_are_none_are_refused(length: object, pitch: object) -> None:
    told = {"kind": "pitch+length", "symbols": [[0, "1/4"], [0, "1/2"], [pitch, length]]}
    with pytest.raises(ModelError, match="its card is not whole"):
        from_bytes(_with_alphabet(told), "a.model")


@pytest.mark.parametrize(
    "text", ["[" * 60_000, '{"card": ' * 60_000, '{"card": {"format": ' + "9" * 60_000 + "}}"]
)
def test_a_card_nested_deeper_or_numbers_longer_than_can_be_read_are_refused(text: str) -> None:
    with pytest.raises(ModelError, match=r"a\.model is no model of rulegen"):
        from_bytes(tensors({"a": np.zeros(3, dtype=np.float32)}, {"rulegen": text}), "a.model")


def test_a_header_larger_than_any_model_needs_is_not_read() -> None:
    content = to_bytes(Model(card("markov"), counted(walks(4, 20, 3), PITCHES, 1)))
    length = int.from_bytes(content[:8], "little")
    padding = b" " * 2**20
    whole = (
        (length + len(padding)).to_bytes(8, "little")
        + content[8 : 8 + length]
        + padding
        + content[8 + length :]
    )
    with pytest.raises(ModelError, match=r"a\.model is no model of rulegen"):
        from_bytes(whole, "a.model")


def _metadata(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return found


def _with_alphabet(told: dict[str, object]) -> bytes:
    """A Markov model of three pairs with another alphabet on its card."""
    alphabet = Alphabet("pitch+length", tuple((0, Fraction(1, place)) for place in (1, 2, 4)))
    model = counted(walks(4, 20, 3), alphabet, 1)
    metadata = json.loads(_metadata(to_bytes(Model(card("markov"), model)))["rulegen"])
    arrays = {name: getattr(model, name) for name in ("suffix", "prefix", "newest", "counts")}
    return tensors(arrays, {"rulegen": json.dumps(metadata | {"alphabet": told})})
