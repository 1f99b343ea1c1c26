"""A law for walkers of whom many have heard the same says what the law itself says of each."""

import numpy as np
import pytest

from rulegen.models.attention import Attention
from rulegen.models.base import Ints, Law
from rulegen.models.events import WINDOW
from rulegen.models.laws import Mixture
from rulegen.models.quartet import ORDER, places_of
from rulegen.models.shared import SharedLaw, alike
from rulegen.models.store import load
from rulegen.models.struck import HOLD, STRUCK
from rulegen.resources import model_path
from tests.models.test_attention import model_of, task

COUNT = 6


def law_of(kind: str) -> Law:
    if kind == "attention":
        return model_of(task(STRUCK))
    parts = [load(model_path(f"bach-soprano.{own}")).law for own in ("lstm", "hmm")]
    return Mixture(tuple(parts), (0.6, 0.4))


def drawn(law: Law, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """Tokens and places of a moment, of which some walkers' are alike."""
    if not isinstance(law, Attention):
        return generator.integers(5, 8, (COUNT, 1)).astype(np.int32), generator.integers(0, 3, COUNT).astype(
            np.int32
        )
    tokens = np.where(generator.random((COUNT, 4)) < 0.3, HOLD, generator.integers(20, 23, (COUNT, 4)))
    places = np.tile(np.array(places_of(int(generator.integers(16)), 16, 5, 2), dtype=np.int32), (COUNT, 1))
    return tokens.astype(np.int32), places


@pytest.mark.parametrize("kind", ["attention", "mixture"])
def test_what_is_shared_is_what_each_would_hear(kind: str) -> None:
    law = law_of(kind)
    shared, generator = SharedLaw(law), np.random.default_rng(2)
    states = law.begin(COUNT), shared.begin(COUNT)
    for step in range(WINDOW + 20):
        tokens, places = drawn(law, generator)
        before, states = (
            states,
            tuple(each.advance(own, places, tokens) for each, own in zip((law, shared), states, strict=True)),
        )
        if step % 3 == 1:  # some pause
            which = generator.random(COUNT) < 0.5
            states = tuple(
                each.either(which, now, old)
                for each, now, old in zip((law, shared), states, before, strict=True)
            )
        if step % 5 == 0:  # a few have all descendants
            chosen = np.sort(generator.integers(0, 3, COUNT))
            states = tuple(each.select(own, chosen) for each, own in zip((law, shared), states, strict=True))
            assert len(np.unique(states[1].row)) <= 3
        if step % 12 == 0:
            for rank in range(tokens.shape[1]):
                placed = tokens[:, list(ORDER[:rank])]
                said = [
                    each.log_probs(own, places, placed)
                    for each, own in zip((law, shared), states, strict=True)
                ]
                np.testing.assert_allclose(said[1], said[0], atol=2e-5)


def test_rows_are_alike_where_all_columns_are() -> None:
    columns = np.array([[3, 3, 3, 3, 3], [-1, 0, -1, 2, 0], [1, 1, 1, 1, 4]])
    first, kind = alike(columns)
    assert kind.tolist() == [0, 1, 0, 3, 2] and first.tolist() == [0, 1, 4, 3]
