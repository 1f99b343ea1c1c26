"""Pieces in four voices laid out sixteenth by sixteenth, as the models that count are learned and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Ints, Tokens
from rulegen.models.evidence import Whole
from rulegen.models.viewpoints import Recalled, nothing_recalled

Some = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sixteenths:
    """All sixteenths of some pieces: what was recalled before each, its place, (rows, 3), what the voices
    sound, int32 (rows, 4), and the number of its piece, (rows,).
    """

    recalled: Recalled
    places: Ints
    symbols: Ints
    piece: Whole

    def only(self, some: Some) -> Sixteenths:
        """The rows that are true of `some`."""
        which = np.flatnonzero(some)
        return Sixteenths(
            self.recalled.select(which), self.places[which], self.symbols[which], self.piece[which]
        )

    @property
    def begins(self) -> NDArray[np.bool_]:
        """(rows,): whether a piece begins here."""
        return np.diff(self.piece, prepend=-1) > 0


def rows_of(grids: Sequence[Tokens]) -> Sixteenths:
    """The sixteenths of all pieces, piece by piece, without their phrases' closes."""
    recalled: list[Recalled] = []
    found: list[Whole] = []
    for grid in grids:
        state = nothing_recalled(1)
        for step in range(len(grid.symbols)):
            recalled.append(state)
            state = state.moved(grid.symbols[step : step + 1], 1)
        found.append(np.full(len(grid.symbols), len(found), dtype=np.int64))
    return Sixteenths(
        Recalled(
            *(
                np.concatenate([getattr(state, name) for state in recalled])
                for name in ("notes", "run", "past", "lasted")
            )
        ),
        np.concatenate([grid.places for grid in grids]),
        np.concatenate([grid.symbols for grid in grids]),
        np.concatenate(found),
    )
