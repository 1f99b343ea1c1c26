"""The laws of learned models, as functions that the test of every kind calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from rulegen.models.base import CONDITIONS, Law
from rulegen.models.laws import FiniteLaw, HiddenLaw

_COUNT = 5


def rows_sum_to_one(log_probs: Any) -> None:
    """Each row is a distribution in which nothing is impossible."""
    assert log_probs.dtype == np.float64
    assert np.all(np.isfinite(log_probs))
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=-1), 1, atol=1e-9)


def is_a_finite_law(prior: FiniteLaw) -> None:
    assert prior.following.shape == (prior.contexts, len(prior.alphabet))
    assert prior.following.dtype == np.int32
    assert prior.following.min() >= 0 and prior.following.max() < prior.contexts
    assert 0 <= prior.start < prior.contexts
    for condition in range(CONDITIONS):
        assert prior.table(condition).shape == (prior.contexts, len(prior.alphabet))
        rows_sum_to_one(prior.table(condition))


def is_a_hidden_law(prior: HiddenLaw) -> None:
    rows_sum_to_one(prior.start)
    rows_sum_to_one(prior.transition)
    for condition in range(CONDITIONS):
        assert prior.emission(condition).shape == (prior.hidden, len(prior.alphabet))
        rows_sum_to_one(prior.emission(condition))


def is_a_law_of_a_voice(prior: Law, seed: int = 0) -> None:
    """Rows sum to one; a batch is each walker by itself; select and advance commute; states are not written to."""
    generator = np.random.default_rng(seed)
    state, none = prior.begin(_COUNT), np.zeros((_COUNT, 0), dtype=np.int32)
    alone = [prior.begin(1) for _ in range(_COUNT)]
    for _ in range(6):
        conditions = generator.integers(0, CONDITIONS, _COUNT).astype(np.int32)
        tokens = generator.integers(0, len(prior.alphabet), (_COUNT, 1)).astype(np.int32)
        log_probs = prior.log_probs(state, conditions, none)
        assert log_probs.shape == (_COUNT, len(prior.alphabet))
        rows_sum_to_one(log_probs)
        for walker, own in enumerate(alone):
            one = prior.log_probs(own, conditions[walker : walker + 1], none[:1])
            np.testing.assert_allclose(one[0], log_probs[walker], atol=1e-5)
        which = generator.integers(0, _COUNT, 8)
        later = prior.advance(state, conditions, tokens)
        np.testing.assert_array_equal(prior.log_probs(state, conditions, none), log_probs)
        chosen_first = prior.advance(prior.select(state, which), conditions[which], tokens[which])
        chosen_last = prior.select(later, which)
        asked = conditions[which], np.zeros((len(which), 0), dtype=np.int32)
        np.testing.assert_allclose(
            prior.log_probs(chosen_first, *asked), prior.log_probs(chosen_last, *asked), atol=1e-5
        )
        alone = [
            prior.advance(own, conditions[walker : walker + 1], tokens[walker : walker + 1])
            for walker, own in enumerate(alone)
        ]
        state = later
