"""Which tokens codes are, as factors read it: by the key that holds, or by the chord where it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import IntArray
from rulegen.plan.consulted import DRAWN, Consulted

Values = Mapping[int, IntArray]  # of components


@dataclass(frozen=True, eq=False)
class Column:
    """Numbers of the tokens of a component on one side of a move, by the key that holds there.

    tokens: those that there are, ascending. scope: the components that are read, the last of them the harmony
    where the key is drawn.
    """

    tokens: IntArray
    scope: tuple[int, ...]
    numbers: NDArray[np.int64]  # (keys, codes)
    of_chord: IntArray | None  # None where the key is known

    @classmethod
    def of(cls, each: Consulted, table: IntArray, component: int, key: int) -> Column:
        """Of a table of tokens, (keys, codes)."""
        tokens, numbers = np.unique(table[each.keys.possible(key)], return_inverse=True)
        numbers = numbers.reshape(-1, table.shape[1])
        if key != DRAWN:
            return cls(tokens, (component,), numbers, None)
        assert each.keys.harmony is not None
        return cls(tokens, (component, each.keys.harmony), numbers, each.keys.of_chord)

    def key(self, values: Values) -> IntArray | int:
        """The place among the keys that there may be."""
        return 0 if self.of_chord is None else self.of_chord[values[self.scope[-1]]]

    def number(self, values: Values) -> NDArray[np.int64]:
        """The place of the token among those that there are."""
        return np.asarray(self.numbers[self.key(values), values[self.scope[0]]])


def scope_of(*columns: Column) -> tuple[int, ...]:
    """The components that some columns read, each once."""
    return tuple(dict.fromkeys(component for column in columns for component in column.scope))
