"""Learning of the models of four voices that count: evidence from all pieces, weights by cross-validation.

The weights of chains are those under which music is likeliest that the counts have not seen: the pieces are
parted in four, and each part is foreseen by what was counted in the others (stacking: Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rulegen.models.base import Floats, Ints, Tokens
from rulegen.models.counted import Counted, chains_of, interval_of, notes_of, odds_of, widths
from rulegen.models.evidence import ContextCounts, Keys, Whole, gathered
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.quartet import ALPHABET, NOTHING, ORDER
from rulegen.models.rows import Sixteenths, rows_of
from rulegen.models.viewpoints import HIDDEN, Seen, links, seen_by

FOLDS = 4
_RIDGE = 1.0  # how strongly weights are drawn to zero, nats for a weight of one
_FIRST_WEIGHT = 0.1
_MOST_ROUNDS = 100
_NEVER = -1e9

Some = NDArray[np.bool_]
Objective = Callable[[Floats], tuple[float, Floats]]


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The model of a lesson."""
    return Taught(learned(lesson.training, progress, lesson.options["least"]))


def learned(grids: Sequence[Tokens], progress: Progress, least: int = 1) -> Counted:
    """The Markov model of pieces: nothing is hidden. least: how often a context is heard that is kept."""
    rows = rows_of(grids)
    changes, notes = weighed(rows, None, progress, least)
    progress("counting")
    nothing, evidence = np.zeros(1), evidence_of(rows, None).without_rare(least)
    return Counted(ALPHABET, evidence, changes, notes, nothing, nothing[:, None])


def evidence_of(rows: Sixteenths, states: Whole | None) -> ContextCounts:
    """What is heard in all contexts; states: the hidden one of each row, or None."""
    return gathered(each for rank in range(4) for each in _heard(rows, states, rank))


def weighed(
    rows: Sixteenths, states: Whole | None, progress: Progress, least: int = 1
) -> tuple[Floats, Floats]:
    """The weights of all chains: of changes, (4, chains + 1), and of notes, (4, chains)."""
    widest = widths(states is not None)
    changes, notes = np.zeros((4, widest[0])), np.zeros((4, widest[1]))
    for rank in range(4):
        progress(f"weighing what foresees voice {rank + 1} of 4")
        odds, signs, shares, chosen = [], [], [], []
        for fold in range(FOLDS):
            inside = rows.piece % FOLDS == fold
            known = gathered(_heard(rows.only(~inside), _only(states, ~inside), rank)).without_rare(least)
            own = _Asked(rows.only(inside), _only(states, inside), rank)
            odds.append(own.odds(known))
            signs.append(own.signs)
            shares.append(own.notes(known))
            chosen.append(own.chosen)
        found = _fitted(_logistic(np.concatenate(odds), np.concatenate(signs)), odds[0].shape[1])
        changes[rank, : len(found) - 1], changes[rank, -1] = found[:-1], found[-1]
        found = _fitted(_choice(np.concatenate(shares), np.concatenate(chosen)), shares[0].shape[2])
        notes[rank, : len(found)] = found
    return changes, notes


@dataclass(frozen=True, eq=False)
class _Asked:
    """The questions that rows ask of the voice of a rank: all but first notes, and those where it changes."""

    rows: Sixteenths
    states: Whole | None
    rank: int

    @cached_property
    def _before(self) -> Ints:
        return np.asarray(self.rows.recalled.notes[:, ORDER[self.rank]])

    @cached_property
    def _after(self) -> Ints:
        return np.asarray(self.rows.symbols[:, ORDER[self.rank]])

    @property
    def signs(self) -> Floats:
        """(questions,): 1 where it changes, −1 where it goes on."""
        asked = self._before != NOTHING
        return np.asarray(np.where(self._before != self._after, 1.0, -1.0)[asked])

    @property
    def chosen(self) -> Ints:
        """(changes,): the note that comes."""
        return np.asarray(self._after[self._before != self._after])

    def odds(self, known: ContextCounts) -> Floats:
        """(questions, chains + 1): the log odds of each, and 1 for the bias."""
        some = self._before != NOTHING
        seen = _seen(self.rows.only(some), _only(self.states, some), self.rank)
        each = [own[:, 0] for own in odds_of(known, self.rank, seen, self.states is not None)]
        return np.stack([*each, np.ones(int(some.sum()))], axis=1)

    def notes(self, known: ContextCounts) -> NDArray[np.float32]:
        """(changes, symbols, chains), nats; the own note, which cannot come, is as good as impossible."""
        some = self._before != self._after
        seen = _seen(self.rows.only(some), _only(self.states, some), self.rank)
        before = self._before[some]
        each = notes_of(known, self.rank, seen, before, self.states is not None)
        found = np.stack([own[:, 0].astype(np.float32) for own in each], axis=2)
        had = np.flatnonzero(before != NOTHING)
        found[had, before[had]] = _NEVER
        return found


def _heard(rows: Sixteenths, states: Whole | None, rank: int) -> Iterator[tuple[Keys, Whole]]:
    """Contexts with what was heard in them, link by link of every chain."""
    before, after = rows.recalled.notes[:, ORDER[rank]], rows.symbols[:, ORDER[rank]]
    chains, notes, intervals = chains_of(rank, states is not None)
    some = before != NOTHING
    asked, changed = _seen(rows.only(some), _only(states, some), rank), (before != after).astype(np.int64)
    yield from _told(chains, asked, changed[some])
    some = before != after
    asked = _seen(rows.only(some), _only(states, some), rank)
    yield from _told(notes, asked, after[some].astype(np.int64))
    yield from _told(intervals, asked, interval_of(before, after)[some])


def _told(
    chains: Sequence[tuple[int, tuple[str, ...]]], seen: Seen, outcomes: Whole
) -> Iterator[tuple[Keys, Whole]]:
    for mark, chain in chains:
        for link in links(chain, seen, mark):
            yield np.broadcast_to(link[:, 0], outcomes.shape), outcomes


def _seen(rows: Sixteenths, states: Whole | None, rank: int) -> Seen:
    placed = rows.symbols[:, list(ORDER[:rank])]
    seen = seen_by(rank, rows.recalled, rows.places, placed)
    return seen if states is None else seen | {HIDDEN: states[:, None]}


def _only(states: Whole | None, some: Some) -> Whole | None:
    return None if states is None else states[some]


def _fitted(objective: Objective, size: int) -> Floats:
    begun = np.full(size, _FIRST_WEIGHT)
    return np.asarray(
        minimize(objective, begun, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_ROUNDS}).x
    )


def _logistic(odds: Floats, signs: Floats) -> Objective:
    def objective(weights: Floats) -> tuple[float, Floats]:
        pulled = signs * (odds @ weights)
        gradient = odds.T @ (-signs * 0.5 * (1 - np.tanh(0.5 * pulled)))
        loss = np.logaddexp(0, -pulled).sum() + _RIDGE * weights @ weights
        return float(loss), gradient + 2 * _RIDGE * weights

    return objective


def _choice(shares: NDArray[np.float32], chosen: Ints) -> Objective:
    rows, impossible = np.arange(len(chosen)), shares[:, :, 0] <= _NEVER / 2
    known = np.where(impossible[:, :, None], np.float32(0), shares)
    right = known[rows, chosen].sum(axis=0, dtype=np.float64)

    def objective(weights: Floats) -> tuple[float, Floats]:
        summed = (known @ weights.astype(np.float32)).astype(np.float64)
        summed[impossible] = -np.inf
        total = np.logaddexp.reduce(summed, axis=1)
        likely = np.exp(summed - total[:, None])
        expected = np.einsum("ns,nsc->c", likely.astype(np.float32), known, dtype=np.float64)
        loss = (total - summed[rows, chosen]).sum() + _RIDGE * weights @ weights
        return float(loss), expected - right + 2 * _RIDGE * weights

    return objective
