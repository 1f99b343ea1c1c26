"""A recurrent model of one voice: what it heard so far, and the place of the note to come.

    memory ← cell(memory, embedding[symbol] + heard_at[place])
    p(next) = softmax(show · relu(middle · output(memory) + asked_at[place of the next]) + show_bias)

One that hears chords adds heard_over · chord to what the cell hears, and asked_over · chord of the next to
what is asked; `harmony` says what of a chord is heard.

Trained by `learn.lstm` with torch; run here in NumPy, equal to torch to 1e-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rulegen.models.base import CONDITIONS, Floats, Ints, normalised
from rulegen.models.cells import CellLaw, Weights, are_bounded
from rulegen.models.harmony import HEARD, chord_in, features

OVER = ("heard_over", "asked_over")  # only of one that hears chords


@dataclass(frozen=True, eq=False)
class Recurrent(CellLaw):
    """weights, float32: embedding (symbols, input), heard_at (CONDITIONS, input), middle (width, hidden),
    asked_at (CONDITIONS, width), show (symbols, width), show_bias (symbols,), and the four of the cell; where
    it hears chords, heard_over (HEARD, input) and asked_over (HEARD, width) too.

    A state is the memory of the cell, float32 (count, memory).
    """

    @property
    def hears_chords(self) -> bool:
        """Whether it was taught what chord sounds under a note."""
        return OVER[0] in self.weights

    def begin(self, count: int) -> Weights:
        """The state of so many walkers that have heard nothing."""
        return self.cell.begin(count)

    def log_probs(self, state: Weights, places: Ints, placed: Ints) -> Floats:
        """float64 (count, symbols), nats."""
        own = self.weights
        asked = self.cell.output(state) @ own["middle"].T + own["asked_at"][places % CONDITIONS]
        if self.hears_chords:
            asked = asked + features(chord_in(places)) @ own["asked_over"]
        shown = np.maximum(asked, 0) @ own["show"].T + own["show_bias"]
        return normalised(shown.astype(np.float64))

    def advance(self, state: Weights, places: Ints, tokens: Ints, steps: int = 1) -> Weights:
        """The state after a token of each walker."""
        inputs = self.weights["embedding"][tokens[:, 0]] + self.weights["heard_at"][places % CONDITIONS]
        if self.hears_chords:
            inputs = inputs + features(chord_in(places)) @ self.weights["heard_over"]
        return self.cell.step(state, inputs)

    @property
    def is_sound(self) -> bool:
        """Whether its weights fit together and hold numbers alone."""
        own, size, hidden = self.weights, len(self.alphabet), self.cell.hidden
        if not self.cell.is_sound or any(array.ndim not in (1, 2) for array in own.values()):
            return False
        width, inputs = own["middle"].shape[0], self.cell.from_input.shape[1]
        shapes = {
            "embedding": (size, inputs),
            "heard_at": (CONDITIONS, inputs),
            "middle": (width, hidden),
            "asked_at": (CONDITIONS, width),
            "show": (size, width),
            "show_bias": (size,),
        }
        if any(name in own for name in OVER):
            shapes |= {"heard_over": (HEARD, inputs), "asked_over": (HEARD, width)}
        fits = all(own[name].shape == shape for name, shape in shapes.items())
        return fits and are_bounded(own.values())
