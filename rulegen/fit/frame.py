"""A phrase as a frame of its own, which still knows where in its piece it stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rulegen.score.frame import Array, Frame, Stretch
from rulegen.score.timeline import Event


@dataclass(frozen=True)
class PhraseFrame(Frame):
    """The frame of one phrase; its times begin with it, its bars are counted as in the piece."""

    bars_before: int = 0
    opens_piece: bool = True
    closes_piece: bool = True

    def bar_number(self, onset: Fraction) -> int:
        """As in the piece."""
        return super().bar_number(onset) + self.bars_before

    def is_end(self, end: Fraction) -> bool:
        """Whether the piece ends there."""
        return self.closes_piece and super().is_end(end)

    def _found(self, kind: str) -> tuple[Stretch, ...]:
        return tuple(
            replace(
                each,
                is_first=each.is_first and self.opens_piece,
                is_last=each.is_last and self.closes_piece,
            )
            for each in super()._found(kind)
        )

    def _attributes(self, events: Sequence[Event], layers: NDArray[np.int64]) -> dict[str, Array]:
        found = super()._attributes(events, layers)
        found["is_first"] = found["is_first"] & self.opens_piece
        found["is_last"] = found["is_last"] & self.closes_piece
        return found
