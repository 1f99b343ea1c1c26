"""A law for walkers of whom many have heard the same: what they share is asked, kept and moved on once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rulegen.models.base import Alphabet, Array, Floats, Ints, Law, Which


@dataclass(frozen=True, eq=False)
class Histories:
    """What walkers have heard: of each its row, int64 (count,), and the state of all rows."""

    row: Which
    state: Any


@dataclass(frozen=True, eq=False)
class SharedLaw(Law):
    """Another law, word for word; walkers start alike, and part where their tokens or places do.

    Particles that were resampled come of a few, and stay alike until they strike different notes.
    """

    law: Law

    @property
    def alphabet(self) -> Alphabet:  # type: ignore[override]
        """That of the law."""
        return self.law.alphabet

    @property
    def hears_chords(self) -> bool:
        """Whether the law does."""
        return self.law.hears_chords

    def begin(self, count: int) -> Histories:
        """Nobody has heard anything: one row."""
        return Histories(np.zeros(count, dtype=np.int64), self.law.begin(1))

    def log_probs(self, state: Histories, places: Ints, placed: Ints) -> Floats:
        """float64 (count, symbols), nats: asked once of those that are alike in all that counts."""
        first, which = alike((state.row, *_columns(places), *placed.T))
        rows = self.law.select(state.state, state.row[first])
        return self.law.log_probs(rows, places[first], placed[first])[which]

    def advance(self, state: Histories, places: Ints, tokens: Ints, steps: int = 1) -> Histories:
        """The state after all tokens of a moment; rows that nobody stands on any more are left behind."""
        first, which = alike((state.row, *_columns(places), *tokens.T))
        rows = self.law.select(state.state, state.row[first])
        return Histories(which, self.law.advance(rows, places[first], tokens[first], steps))

    def select(self, state: Histories, which: Which) -> Histories:
        """The same rows, and who stands on them."""
        return Histories(state.row[which], state.state)

    def either(self, which: Array, one: Histories, other: Histories) -> Histories:
        """The state that is `one` for walkers that are true of `which`, else `other`."""
        first, row = alike((which, np.where(which, one.row, other.row)))
        rows = [
            self.law.select(each.state, np.where(own, each.row, 0)[first])
            for each, own in ((one, which), (other, ~which))
        ]
        return Histories(row, self.law.either(which[first], *rows))


def _columns(places: Ints) -> Iterable[Ints]:
    return places.reshape(len(places), -1).T


def alike(columns: Iterable[Array]) -> tuple[Which, Which]:
    """Rows that are alike in all columns, int (count,) each: the first of each kind, and of which kind each
    row is.
    """
    kind: Array | None = None
    first = np.zeros(1, dtype=np.int64)
    for column in columns:
        if kind is not None and (column == column[:1]).all():
            continue
        own = column.astype(np.int64)
        width = int(own.max(initial=0)) + 2  # tokens may be −1
        _, first, kind = np.unique(
            own if kind is None else kind * width + own, return_index=True, return_inverse=True
        )
    assert kind is not None
    return first, kind
