"""Training of hidden Markov models: hmmlearn finds the hidden states, then emissions learn the place.

hmmlearn's CategoricalHMM (Baum-Welch) is begun several times at random for each number of states, on symbols
told apart by mode. Then expectation maximisation goes on with emissions that know mode and phrase as well:
their counts are drawn towards those of the mode, and those towards what the corpus has at all, by `_PULL`
imagined symbols each. What is best on the validation sequences is kept.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Alphabet, Floats, Tokens, normalised
from rulegen.models.hmm import PLACES, Hidden, place_of
from rulegen.models.learn.lesson import Lesson, Progress, Taught

_PULL = 4.0
_FLOOR = 1e-3  # imagined transitions
_ROUNDS = 12  # of expectation maximisation with places, at most
_MINOR = 4  # the first place in minor


@dataclass(frozen=True, slots=True)
class Search:
    """What is tried: numbers of hidden states, and how often each is begun."""

    states: tuple[int, ...] = (4, 8, 12, 16)
    starts: int = 4
    seed: int = 0
    rounds: int = 40  # of Baum-Welch


@dataclass(frozen=True, slots=True)
class _ExpectedCounts:
    """Expected counts. first: (hidden,); moves: (hidden, hidden); heard: (PLACES, hidden, symbols)."""

    first: Floats
    moves: Floats
    heard: Floats


def search_of(lesson: Lesson) -> Search:
    """What a lesson's options try."""
    return Search(lesson.options["states"], lesson.options["starts"], lesson.seed)


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The model of a lesson."""
    return Taught(train(lesson.training, lesson.validation, lesson.alphabet, search_of(lesson), progress))


def train(training: Sequence[Tokens], validation: Sequence[Tokens], alphabet: Alphabet, search: Search,
          progress: Progress) -> Hidden:  # fmt: skip
    """The best model of all that was tried, by its loss on the validation sequences."""
    best: tuple[float, Hidden] | None = None
    tries = [(states, start) for states in search.states for start in range(search.starts)]
    for number, (states, start) in enumerate(tries, 1):
        progress(f"hidden states: {states}, try {number} of {len(tries)}")
        model = _begun(training, alphabet, states, search, start)
        loss = sum(model.losses(validation))
        for _ in range(_ROUNDS):
            better = _estimated(_expected(model, training), alphabet)
            improved = sum(better.losses(validation))
            if improved > loss - 1e-3 * abs(loss):
                model, loss = (better, improved) if improved < loss else (model, loss)
                break
            model, loss = better, improved
        if best is None or loss < best[0]:
            best = loss, model
    assert best is not None
    return best[1]


def _begun(training: Sequence[Tokens], alphabet: Alphabet, states: int, search: Search, start: int) -> Hidden:
    """What Baum-Welch finds without places, from a random start."""
    from hmmlearn.hmm import CategoricalHMM

    size = len(alphabet)
    told = [each.symbols[:, 0] + size * (each.places >= 16) for each in training]
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    found: Any = CategoricalHMM(
        states, n_features=2 * size, n_iter=search.rounds, tol=1.0, random_state=search.seed * 1009 + start
    )
    column = np.concatenate(told)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few data: some states may stay empty, and smoothing fills them
        found.fit(column, [len(each) for each in told])
    emitted = found.emissionprob_.reshape(states, 2, size)
    occupancy = np.maximum(found.get_stationary_distribution(), 1e-6) * len(column)
    heard = np.zeros((PLACES, states, size))
    for place in range(PLACES):
        heard[place] = emitted[:, place // _MINOR] * occupancy[:, None] / _MINOR
    moves = found.transmat_ * occupancy[:, None]
    return _estimated(_ExpectedCounts(found.startprob_ * len(training), moves, heard), alphabet)


def _expected(model: Hidden, sequences: Sequence[Tokens]) -> _ExpectedCounts:
    """The expected counts of all sequences, by forward and backward passes scaled at each step."""
    states, size = model.hidden, len(model.alphabet)
    first, moves = np.zeros(states), np.zeros((states, states))
    heard = np.zeros((PLACES, states, size))
    transition, start, emissions = np.exp(model.transition), np.exp(model.start), np.exp(model.emissions)
    for sequence in sequences:
        symbols, places = sequence.symbols[:, 0], place_of(sequence.places)
        emitted = emissions[places, :, symbols]
        forward, backward, scales = _passes(start, transition, emitted)
        posterior = forward * backward
        first += posterior[0]
        if len(symbols) > 1:
            arriving = emitted[1:] * backward[1:] / scales[1:, None]
            moves += transition * (forward[:-1].T @ arriving)
        for step, (place, symbol) in enumerate(zip(places.tolist(), symbols.tolist(), strict=True)):
            heard[place, :, symbol] += posterior[step]
    return _ExpectedCounts(first, moves, heard)


def _passes(start: Floats, transition: Floats, emitted: Floats) -> tuple[Floats, Floats, NDArray[np.float64]]:
    steps = len(emitted)
    forward, backward, scales = np.empty_like(emitted), np.ones_like(emitted), np.empty(steps)
    ahead = start
    for step in range(steps):
        reached = ahead * emitted[step]
        scales[step] = reached.sum()
        forward[step] = reached / scales[step]
        ahead = forward[step] @ transition
    for step in range(steps - 2, -1, -1):
        backward[step] = transition @ (emitted[step + 1] * backward[step + 1]) / scales[step + 1]
    return forward, backward, scales


def _estimated(counts: _ExpectedCounts, alphabet: Alphabet) -> Hidden:
    """The model of expected counts, drawn towards vaguer knowledge."""
    total = counts.heard.sum(axis=(0, 1))
    anywhere = (total + 1 / len(alphabet)) / (total.sum() + 1)
    emissions = np.empty_like(counts.heard)
    for first in (0, _MINOR):
        own = counts.heard[first : first + _MINOR]
        in_mode = own.sum(axis=0) + _PULL * anywhere
        in_mode /= in_mode.sum(axis=1, keepdims=True)
        emissions[first : first + _MINOR] = own + _PULL * in_mode
    return Hidden(
        alphabet,
        normalised(np.log(counts.first + _FLOOR)),
        normalised(np.log(counts.moves + _FLOOR)),
        normalised(np.log(emissions)),
    )
