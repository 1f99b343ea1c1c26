"""Voices drawn one after another are drawn from just what all cases weigh together."""

from __future__ import annotations

import numpy as np
import pytest

from rulegen.sampling.voicing import choose_by_voices


def _problem(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log (cases,), symbols (cases, 3), and what a model says: said[voice][prefix] -> nats of four symbols."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(4, size=(12, 3)).astype(np.int32)
    return rng.normal(size=12) * 2, symbols, np.log(rng.dirichlet(np.full(4, 0.6), size=(3, 4, 4)))


def _said(table: np.ndarray, placed: np.ndarray) -> np.ndarray:
    """The model's nats, which hear the last two voices placed."""
    last = [placed[:, -back] if placed.shape[1] >= back else np.zeros(len(placed), int) for back in (1, 2)]
    return table[placed.shape[1], last[0], last[1]]


@pytest.mark.parametrize("seed", range(5))
def test_cases_are_drawn_by_weight_times_model_without_bias(seed: int) -> None:
    log, symbols, table = _problem(seed)
    model = np.array([
        sum(_said(table, case[None, :voice])[0, case[voice]] for voice in range(3)) for case in symbols
    ])  # fmt: skip
    law = np.exp(log + model)
    walkers = 40_000
    owner = np.repeat(np.arange(walkers), len(log))
    rng = np.random.default_rng(seed + 100)
    agreeing, total, heard = choose_by_voices(
        np.tile(log, walkers), owner, np.tile(symbols, (walkers, 1)),
        lambda placed: _said(table, placed), rng.random((walkers, 3)),
    )  # fmt: skip
    masses = np.exp(total)
    error = masses.std() / np.sqrt(walkers)
    assert abs(masses.mean() - law.sum()) < 5 * error
    rows = np.exp(agreeing.reshape(walkers, -1))
    weighted = (rows / rows.sum(axis=1, keepdims=True) * masses[:, None]).mean(axis=0)
    assert np.abs(weighted - law).max() < 0.03 * law.sum()
    chosen = symbols[(rows > 0).argmax(axis=1)]
    told = [sum(_said(table, case[None, :v])[0, case[v]] for v in range(3)) for case in chosen[:50]]
    assert heard[:50] == pytest.approx(told)
    for kept, voices in zip(rows > 0, chosen, strict=True):
        assert (symbols[kept] == voices).all()


def test_a_walker_with_no_case_left_weighs_nothing() -> None:
    log, symbols, table = _problem(1)
    both = np.concatenate([log, np.full(12, -np.inf)])
    owner = np.repeat([0, 1], 12)
    agreeing, total, _ = choose_by_voices(
        both, owner, np.tile(symbols, (2, 1)), lambda placed: _said(table, placed), np.full((2, 3), 0.5)
    )
    assert np.isneginf(total[1]) and np.isfinite(total[0])
    assert np.isneginf(agreeing[12:]).all()
