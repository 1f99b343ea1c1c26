"""One step of a recurrent cell in NumPy, batched; the same equations and gate order as torch's cells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Alphabet, Array, Facts, StorableLaw

Weights = NDArray[np.float32]
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
ARRAYS = ("from_input", "from_hidden", "input_bias", "hidden_bias")
LARGEST_WEIGHT = 1e4  # what is larger is not learned, and may go past what float32 holds


@dataclass(frozen=True, eq=False)
class RecurrentCell:
    """A cell of `kind` lstm, gru or rnn (with tanh).

    from_input: float32 (gates · hidden, input); from_hidden: float32 (gates · hidden, hidden); input_bias and
    hidden_bias: float32 (gates · hidden,).
    """

    kind: str
    from_input: Weights
    from_hidden: Weights
    input_bias: Weights
    hidden_bias: Weights

    @property
    def hidden(self) -> int:
        """The size of what it remembers; an lstm remembers it twice."""
        return int(self.from_hidden.shape[1])

    @property
    def is_sound(self) -> bool:
        """Whether the arrays fit together."""
        rows = GATES.get(self.kind, 0) * self.hidden
        return (
            rows > 0
            and self.from_input.ndim == 2
            and self.from_input.shape[0] == self.from_hidden.shape[0] == rows
            and self.input_bias.shape == self.hidden_bias.shape == (rows,)
        )

    def begin(self, count: int) -> Weights:
        """The memory of so many walkers that have heard nothing: (count, hidden), or twice that."""
        width = self.hidden * (2 if self.kind == "lstm" else 1)
        return np.zeros((count, width), dtype=np.float32)

    def output(self, memory: Weights) -> Weights:
        """(count, hidden): what the memory shows of itself."""
        return memory[:, : self.hidden]

    def step(self, memory: Weights, inputs: Weights) -> Weights:
        """The memory after inputs, float32 (count, input)."""
        before = memory[:, : self.hidden]
        heard = inputs @ self.from_input.T + self.input_bias
        recalled = before @ self.from_hidden.T + self.hidden_bias
        if self.kind == "rnn":
            return np.asarray(np.tanh(heard + recalled))
        if self.kind == "gru":
            return self._gru(before, heard, recalled)
        admit, forget, fresh, show = np.split(heard + recalled, 4, axis=1)
        kept = _logistic(forget) * memory[:, self.hidden :] + _logistic(admit) * np.tanh(fresh)
        return np.concatenate([_logistic(show) * np.tanh(kept), kept], axis=1)

    @staticmethod
    def _gru(before: Weights, heard: Weights, recalled: Weights) -> Weights:
        reset, update, fresh = np.split(heard, 3, axis=1)
        own_reset, own_update, own_fresh = np.split(recalled, 3, axis=1)
        keep = _logistic(update + own_update)
        new = np.tanh(fresh + _logistic(reset + own_reset) * own_fresh)
        return np.asarray(keep * before + (1 - keep) * new)


@dataclass(frozen=True, eq=False)
class CellLaw(StorableLaw):
    """A law whose memory is a cell's; weights, float32: by name, those of the cell among them.

    halves: whether its file holds them as float16.
    """

    alphabet: Alphabet
    cell: RecurrentCell
    weights: Mapping[str, Weights]
    halves: ClassVar[bool] = False

    @classmethod
    def of(cls, alphabet: Alphabet, kind: str, weights: Mapping[str, Weights]) -> Self:
        """The law of named weights with a kind of cell; KeyError where one is missing."""
        return cls(alphabet, RecurrentCell(kind, *(weights[name] for name in ARRAYS)), weights)

    @property
    @abstractmethod
    def is_sound(self) -> bool:
        """Whether its weights fit together and hold numbers alone."""

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """The kind of its cell, and all weights."""
        kept = self.weights
        if self.halves:
            return {"cell": self.cell.kind}, {name: each.astype(np.float16) for name, each in kept.items()}
        return {"cell": self.cell.kind}, dict(kept)

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The law of its weights; see `Storable`."""
        found = cls.of(alphabet, str(facts["cell"]), weights_in(arrays))
        if not found.is_sound:
            raise ValueError("weights that do not fit together")
        return found


def weights_in(arrays: Mapping[str, Array]) -> dict[str, Weights]:
    """Arrays of a file as weights; they may be kept as float16. Raises TypeError for others."""
    if any(array.dtype not in (np.float16, np.float32) for array in arrays.values()):
        raise TypeError("weights of another kind")
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def are_bounded(arrays: Iterable[Weights]) -> bool:
    """Whether weights are numbers, and none so large that what is reckoned with them may be none."""
    return all(bool(np.all(np.abs(array) <= LARGEST_WEIGHT)) for array in arrays)


def _logistic(values: Weights) -> Weights:
    """1 / (1 + e^-x), by tanh so that nothing overflows."""
    return np.asarray(0.5 * (np.tanh(0.5 * values) + 1), dtype=np.float32)
