"""Learning of the hidden Markov models of four voices: hmmlearn finds the states, counting does the rest.

The hidden states are found by Baum-Welch on the sets of pitch classes that sound at the beats, above the
tonic, told apart by mode. Each beat then gets its state of the likeliest path (Viterbi), and what is heard is
counted in contexts that know the state, beside those that do not.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from rulegen.models.base import Floats, Tokens, normalised
from rulegen.models.counted import BEAT, MOST_HIDDEN, Counted
from rulegen.models.evidence import Whole
from rulegen.models.learn.counted import evidence_of, weighed
from rulegen.models.learn.hmm import Search, search_of
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.quartet import ALPHABET, LOWEST, SILENCE
from rulegen.models.rows import Sixteenths, Some, rows_of

_MOST_SETS = 200  # of pitch classes; rarer ones are as one
_FLOOR = 0.1  # imagined moves from each state to each


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The model of a lesson."""
    return Taught(learned_hidden(lesson.training, lesson.validation, search_of(lesson), progress))


def learned_hidden(
    training: Sequence[Tokens], validation: Sequence[Tokens], search: Search, progress: Progress
) -> Counted:
    """The best model of all numbers of hidden states that are tried, by its loss on the validation pieces."""
    rows = rows_of(training)
    best: tuple[float, Counted] | None = None
    for states in search.states:
        progress(f"finding {states} hidden states")
        model = _counted(rows, min(states, MOST_HIDDEN), search, progress)
        progress(f"judging {states} hidden states")
        loss = sum(model.losses(validation))
        if best is None or loss < best[0]:
            best = loss, model
    assert best is not None
    return best[1]


def _counted(rows: Sixteenths, states: int, search: Search, progress: Progress) -> Counted:
    beats = rows.begins | (rows.places[:, 0] % BEAT == 0)
    path = _path(rows, beats, states, search) if states > 1 else np.zeros(int(beats.sum()), dtype=np.int64)
    spread = path[np.cumsum(beats) - 1] if states > 1 else None
    changes, notes = weighed(rows, spread, progress)
    begins = rows.begins[beats]
    first = np.bincount(path[begins], minlength=states).astype(np.float64) + _FLOOR
    moves = np.full((states, states), _FLOOR)
    inside = ~begins[1:]
    np.add.at(moves, (path[:-1][inside], path[1:][inside]), 1)
    start, transition = _nats(first), _nats(moves)
    return Counted(ALPHABET, evidence_of(rows, spread), changes, notes, start, transition)


def _path(rows: Sixteenths, beats: Some, states: int, search: Search) -> Whole:
    """(beats,): the hidden state of each, by the likeliest of several models that hmmlearn begins at
    random.
    """
    from hmmlearn.hmm import CategoricalHMM

    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    heard = _sets(rows, beats)[:, None]
    lengths = np.bincount(rows.piece[beats])
    found: list[tuple[float, Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few data: some states may stay empty, and are left so
        for start in range(search.starts):
            model: Any = CategoricalHMM(
                states,
                n_features=_MOST_SETS + 1,
                n_iter=search.rounds,
                tol=1.0,
                random_state=search.seed * 1009 + start,
            )
            model.fit(heard, lengths)
            found.append((float(model.score(heard, lengths)), model))
        best = max(found, key=lambda each: each[0])[1]
        return np.asarray(best.decode(heard, lengths)[1], dtype=np.int64)


def _sets(rows: Sixteenths, beats: Some) -> Whole:
    """(beats,): the mode and the set of pitch classes that sound, numbered from the commonest."""
    symbols, minor = rows.symbols[beats], rows.places[beats, 2] >= 12
    classes = np.where(symbols < SILENCE, (symbols + LOWEST) % 12, 12)
    sounds = np.bitwise_or.reduce(1 << classes, axis=1) * 2 + minor
    _, place, counts = np.unique(sounds, return_inverse=True, return_counts=True)
    ranks = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
    return np.minimum(ranks[place], _MOST_SETS).astype(np.int64)


def _nats(counts: Floats) -> Floats:
    return normalised(np.log(counts))
