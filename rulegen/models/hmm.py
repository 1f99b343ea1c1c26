"""Hidden Markov models whose emissions know the place: hidden functions that emit pitches or chords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from rulegen.models.base import CONDITIONS, Alphabet, Array, Facts, Floats, Ints, typed
from rulegen.models.laws import HiddenLaw

LEAST = -100.0  # nats: no symbol is as good as impossible anywhere
Place = TypeVar("Place", int, Ints)
_ARRAYS = ("start", "transition", "emissions")
PLACES = 8  # places that emissions tell apart: mode and phrase class; strength is left to the hidden states


@dataclass(frozen=True, eq=False)
class Hidden(HiddenLaw):
    """A hidden Markov model, nats throughout.

    start: float64 (hidden,); transition: float64 (hidden, hidden), from and to; emissions: float64
    (PLACES, hidden, symbols).
    """

    alphabet: Alphabet
    start: Floats
    transition: Floats
    emissions: Floats

    @property
    def hidden(self) -> int:
        """How many hidden states it has."""
        return len(self.start)

    def emission(self, condition: int) -> Floats:
        """float64 (hidden, symbols), nats, at a place of this condition."""
        return np.asarray(self.emissions[place_of(condition)])

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """Its arrays."""
        return {}, {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The model of its arrays; see `Storable`."""
        found = cls(alphabet, *(typed(arrays[name], np.float64) for name in _ARRAYS))
        if not _is_sound(found):
            raise ValueError("rows that are no distributions")
        return found


def place_of(condition: Place) -> Place:
    """The place that emissions know, of a condition or of several: mode × 4 + phrase."""
    return condition // 16 * 4 + condition % 4


def _is_sound(model: Hidden) -> bool:
    """Whether its numbers fit together and every row is a distribution without zeros."""
    hidden, size = model.hidden, len(model.alphabet)
    shapes = model.transition.shape == (hidden, hidden) and model.emissions.shape == (PLACES, hidden, size)
    if not hidden or not shapes or CONDITIONS // 4 != PLACES:
        return False
    tables = (model.start, model.transition, model.emissions)
    if not all(bool(np.all(np.isfinite(table))) for table in tables):
        return False
    if np.any(model.emissions < LEAST):
        return False
    return all(bool(np.allclose(np.logaddexp.reduce(table, axis=-1), 0, atol=1e-6)) for table in tables)
