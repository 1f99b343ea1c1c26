"""Pieces in four voices laid out sixteenth by sixteenth, as the models that count are learned and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Ints, Tokens
from rulegen.models.evidence import Whole
from rulegen.models.struck import heard_in
from rulegen.models.viewpoints import Recalled, nothing_recalled

Some = NDArray[np.bool_]
_RECALLED = ("notes", "run", "past", "lasted")


@dataclass(frozen=True, eq=False)
class Sixteenths:
    """All sixteenths of some pieces: what was recalled before each, its place, (rows, 3), what the voices
    sound, int32 (rows, 4), which of them strike, (rows, 4), and the number of its piece, (rows,).
    """

    recalled: Recalled
    places: Ints
    symbols: Ints
    struck: Some
    piece: Whole

    def only(self, some: Some) -> Sixteenths:
        """The rows that are true of `some`."""
        which = np.flatnonzero(some)
        return Sixteenths(
            self.recalled.select(which),
            self.places[which],
            self.symbols[which],
            self.struck[which],
            self.piece[which],
        )

    @property
    def begins(self) -> NDArray[np.bool_]:
        """(rows,): whether a piece begins here."""
        return np.diff(self.piece, prepend=-1) > 0


def rows_of(grids: Sequence[Tokens], tells_strikes: bool = False) -> Sixteenths:
    """The sixteenths of all pieces, piece by piece."""
    recalled: list[Recalled] = []
    found: list[Whole] = []
    heard: list[tuple[Ints, Some]] = []
    for grid in grids:
        state = nothing_recalled(1)
        for step in range(len(grid.symbols)):
            recalled.append(state)
            heard.append(heard_in(tells_strikes, grid.symbols[step : step + 1], state.notes))
            state = state.moved(heard[-1][0], 1, heard[-1][1])
        found.append(np.full(len(grid.symbols), len(found), dtype=np.int64))
    return Sixteenths(
        Recalled(*(np.concatenate([getattr(state, name) for state in recalled]) for name in _RECALLED)),
        np.concatenate([grid.places for grid in grids]),
        np.concatenate([notes for notes, _ in heard]),
        np.concatenate([struck for _, struck in heard]),
        np.concatenate(found),
    )


def joined(parts: Sequence[Sixteenths]) -> Sixteenths:
    """The sixteenths of several pieces, one after another."""
    recalled = {name: [getattr(part.recalled, name) for part in parts] for name in _RECALLED}
    return Sixteenths(
        Recalled(**{name: np.concatenate(own) for name, own in recalled.items()}),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.symbols for part in parts]),
        np.concatenate([part.struck for part in parts]),
        np.repeat(np.arange(len(parts)), [len(part.piece) for part in parts]),
    )
