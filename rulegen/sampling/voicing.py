"""Choosing a case voice by voice, where a model says what each voice does once those before it are placed.

With M the mass of the cases that agree with the voices placed so far, the next voice is drawn in proportion
to (M after it / M before it) × what the model says of it; what these come to in sum is the walker's weight.
So the model is asked once a voice, not once a case, and no voice is placed where no case goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import IndexArray
from rulegen.lattice.problem import FloatArray, IntArray


def choose_by_voices(
    log: FloatArray,
    owner: IndexArray,
    symbols: IntArray,
    ask: Callable[[IntArray], FloatArray],
    uniforms: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The cases' nats, -inf for those that do not agree with the voices drawn; each walker's sum; and what
    the model says of its voices, nats.

    log, owner: (cases,), `owner` ascending. symbols: (cases, voices), in the order of placing. ask: placed
    (walkers, k) -> float64 (walkers, symbols), nats of the next voice. uniforms: (walkers, voices).
    """
    walkers = len(uniforms)
    greatest = np.full(walkers, -np.inf)
    np.maximum.at(greatest, owner, log)
    with np.errstate(invalid="ignore"):
        weights = np.where(np.isneginf(log), 0.0, np.exp(log - greatest[owner]))
    total = greatest + _log(np.bincount(owner, weights, walkers))
    placed = np.zeros((walkers, 0), dtype=np.int32)
    heard = np.zeros(walkers)
    for voice in range(symbols.shape[1]):
        said = ask(placed)
        mass = np.zeros(said.shape)
        np.add.at(mass, (owner, symbols[:, voice]), weights)
        before = mass.sum(axis=1, keepdims=True)
        chances = np.cumsum(mass / np.where(before > 0, before, 1.0) * np.exp(said), axis=1)
        total = total + _log(chances[:, -1])
        threshold = (uniforms[:, voice] * chances[:, -1])[:, None]
        drawn = np.minimum((chances <= threshold).sum(axis=1), (chances < chances[:, -1:]).sum(axis=1))
        heard += said[np.arange(walkers), drawn]
        weights = np.where(symbols[:, voice] == drawn[owner], weights, 0.0)
        placed = np.hstack([placed, drawn[:, None].astype(np.int32)])
    return _log(weights), total, heard


def _log(values: NDArray[Any]) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))
