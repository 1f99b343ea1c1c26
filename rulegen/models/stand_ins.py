"""What a finite table makes of four voices, in place of a network that no lattice can hold.

Of each voice, in the order in which a model of four voices places them, the chances of its next note know the
note before and one voice that is already placed:

    p(note) = softmax over notes (own[place, note before] + beside[note of the voice placed before])

It looks ahead where the network is consulted, which alone says what is likely in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rulegen.models.base import Floats, Ints, normalised
from rulegen.models.cells import Weights
from rulegen.models.quartet import ANY_KEY, NOTHING, SYMBOLS

PARTNERS = (-1, 0, 0, 1)  # the rank of the voice that each rank looks at: bass and alto soprano, tenor bass
PLACES = 4  # on and off the beat, in major and in minor
_BEAT = 4  # sixteenths


@dataclass(frozen=True, eq=False)
class VoicingTable:
    """own: float32 (PLACES, 4, NOTHING + 1, SYMBOLS), by the note before; beside: float32 (4, SYMBOLS,
    SYMBOLS), by the partner's note, of rank 0 all zero. The second axis and the first are the rank."""

    own: Weights
    beside: Weights

    def log_probs(self, place: int, rank: int) -> Floats:
        """float64 (NOTHING + 1, partner's symbols, SYMBOLS), nats; without a partner (NOTHING + 1, 1, …)."""
        own = self.own[place, rank].astype(np.float64)[:, None, :]
        if PARTNERS[rank] < 0:
            return normalised(own)
        return normalised(own + self.beside[rank].astype(np.float64)[None, :, :])


def place_of(places: Ints) -> Ints:
    """int32 (…,): the place in a table of (…, 3), from `quartet.places_of`."""
    minor = (places[..., 2] >= 12) & (places[..., 2] != ANY_KEY)
    off_beat = places[..., 0] % _BEAT != 0
    return np.asarray(2 * minor + off_beat, dtype=np.int32)


def from_weights(arrays: Mapping[str, Weights]) -> VoicingTable:
    """The table of named arrays; KeyError where one is missing."""
    return VoicingTable(arrays["own"], arrays["beside"])


def is_sound(table: VoicingTable) -> bool:
    """Whether its arrays have their shapes and hold numbers alone."""
    shapes = ((PLACES, 4, NOTHING + 1, SYMBOLS), (4, SYMBOLS, SYMBOLS))
    arrays = (table.own, table.beside)
    fits = all(array.shape == shape for array, shape in zip(arrays, shapes, strict=True))
    return fits and all(bool(np.isfinite(array).all()) for array in arrays)
