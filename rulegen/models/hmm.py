"""Hidden Markov models whose emissions know the place: hidden functions that emit pitches or chords."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rulegen.models.base import CONDITIONS, Alphabet, Floats

LEAST = -100.0  # nats: no symbol is as good as impossible anywhere
PLACES = 8  # places that emissions tell apart: mode and phrase class; strength is left to the hidden states


@dataclass(frozen=True, eq=False)
class Hidden:
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


def place_of(condition: int) -> int:
    """The place that emissions know, of a condition: mode × 4 + phrase."""
    return condition // 16 * 4 + condition % 4


def is_sound(model: Hidden) -> bool:
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
