"""What a finite table makes of four voices, in place of a network that no lattice can hold.

Of each voice, in the order in which a model of four voices places them, the chances of its next note know the
note before and one voice that is already placed:

    p(note) = softmax over notes (own[place, note before] + beside[note of the voice placed before])

It looks ahead where the network is consulted, which alone says what is likely in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rulegen.models.base import Alphabet, Array, Facts, Floats, Ints, StorableStandIn, normalised
from rulegen.models.cells import Weights, weights_in
from rulegen.models.quartet import ALPHABET, ANY_KEY, NOTHING, SYMBOLS

PARTNERS = (-1, 0, 0, 1)  # the rank of the voice that each rank looks at: bass and alto soprano, tenor bass
PLACES = 4  # on and off the beat, in major and in minor
_BEAT = 4  # sixteenths


def place_of(places: Ints) -> Ints:
    """int32 (…,): the place in a table of (…, 3), from `quartet.places_of`."""
    minor = (places[..., 2] >= 12) & (places[..., 2] != ANY_KEY)
    off_beat = places[..., 0] % _BEAT != 0
    return np.asarray(2 * minor + off_beat, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class VoicingTable(StorableStandIn):
    """own: float32 (PLACES, 4, NOTHING + 1, SYMBOLS), by the note before; beside: float32 (4, SYMBOLS,
    SYMBOLS), by the partner's note, of rank 0 all zero. The second axis and the first are the rank."""

    own: Weights
    beside: Weights

    @property
    def partners(self) -> tuple[int, ...]:
        """Those of all tables."""
        return PARTNERS

    def foreseen(self, place: int, rank: int) -> Floats:
        """float64 (NOTHING + 1, partner's symbols, SYMBOLS), nats; without a partner (NOTHING + 1, 1, …)."""
        own = self.own[place, rank].astype(np.float64)[:, None, :]
        if PARTNERS[rank] < 0:
            return normalised(own)
        return normalised(own + self.beside[rank].astype(np.float64)[None, :, :])

    def place_of(self, places: Ints) -> Ints:
        """int32 (…,): the place in the table of (…, 3)."""
        return place_of(places)

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """Its arrays, rounded."""
        return {}, {"own": self.own.astype(np.float16), "beside": self.beside.astype(np.float16)}

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The table of its arrays; see `Storable`."""
        weights = weights_in(arrays)
        found = cls(weights["own"], weights["beside"])
        shapes = ((PLACES, 4, NOTHING + 1, SYMBOLS), (4, SYMBOLS, SYMBOLS))
        fits = alphabet == ALPHABET and (found.own.shape, found.beside.shape) == shapes
        if not fits or not all(np.isfinite(array).all() for array in (found.own, found.beside)):
            raise ValueError("a table that does not fit its model")
        return found
