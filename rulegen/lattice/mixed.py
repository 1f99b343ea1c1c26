"""What may follow from many states in many columns, where few ends lie between: a sum over these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rulegen.lattice.codes import Integers
from rulegen.lattice.problem import FloatArray

_TOGETHER = 1 << 22  # terms that are summed together
_FEW = 4  # so many times fewer values than states are summed each by itself
_WEAK = 1e-280  # a mass below this is summed again by itself


@dataclass(frozen=True, eq=False)
class Mixed:
    """Values (states, columns), nats: log Σ over ends of exp(`by_end`[state, end] + `end`[end, column]).

    A section's columns matter at its end alone: to look ahead as far as that, few columns are enough.
    """

    by_end: FloatArray  # (states, ends)
    end: FloatArray  # (ends, columns)

    @property
    def shape(self) -> tuple[int, int]:
        """States and columns."""
        return self.by_end.shape[0], self.end.shape[1]

    @property
    def nbytes(self) -> int:
        """What its own arrays take of memory."""
        return self.by_end.nbytes

    @cached_property
    def _states(self) -> tuple[FloatArray, FloatArray]:
        return _scaled(self.by_end)

    @cached_property
    def _columns(self) -> tuple[FloatArray, FloatArray]:
        return _scaled(np.ascontiguousarray(self.end.T))

    def at(self, states: Integers, columns: Integers) -> FloatArray:
        """Some values: arrays of one shape, or of shapes that broadcast."""
        wide = np.broadcast_arrays(states, columns)
        flat = wide[0].reshape(-1), wide[1].reshape(-1)
        step = max(1, _TOGETHER // max(1, self.by_end.shape[1]))
        parts = [
            self._some(flat[0][i : i + step], flat[1][i : i + step]) for i in range(0, flat[0].size, step)
        ]
        found: FloatArray = np.concatenate(parts) if parts else np.zeros(0)
        return found.reshape(wide[0].shape)

    def _some(self, states: Integers, columns: Integers) -> FloatArray:
        if _FEW * states.size < self.by_end.shape[0]:  # not worth the exponentials of all
            return _log_sum(self.by_end[states] + self.end.T[columns])
        (of_state, high), (of_column, top) = self._states, self._columns
        mass = np.einsum("ie,ie->i", of_state[states], of_column[columns])
        with np.errstate(divide="ignore"):
            found: FloatArray = np.log(mass) + high[states] + top[columns]
        weak = np.flatnonzero(mass < _WEAK)  # underflow forbids nothing
        if weak.size and self.end.size:
            found[weak] = _log_sum(self.by_end[states[weak]] + self.end.T[columns[weak]])
        return found

    def written_out(self) -> FloatArray:
        """All values, (states, columns)."""
        rows, columns = np.indices(self.shape)
        return self.at(rows, columns)


Values = FloatArray | Mixed


def at(values: Values, states: Integers, columns: Integers) -> FloatArray:
    """Some of the values of states and columns."""
    if isinstance(values, Mixed):
        return values.at(states, columns)
    found: FloatArray = values[states, columns]
    return found


def written_out(values: Values) -> FloatArray:
    """The values as one array, (states, columns)."""
    return values.written_out() if isinstance(values, Mixed) else values


def _log_sum(terms: FloatArray) -> FloatArray:
    """The log of the summed exp of each row."""
    relative, greatest = _scaled(terms)
    with np.errstate(divide="ignore"):
        found: FloatArray = np.log(relative.sum(axis=1)) + greatest
    return found


def _scaled(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """exp of each row relative to its greatest, and the greatest; 0 where nothing is legal."""
    greatest = values.max(axis=1, initial=-np.inf)
    greatest = np.where(np.isneginf(greatest), 0.0, greatest)
    return np.exp(values - greatest[:, None]), greatest
