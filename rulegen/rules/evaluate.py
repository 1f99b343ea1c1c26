"""Evaluates expressions that are bound to a window, on whole arrays of windows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from rulegen.errors import InternalError
from rulegen.rules.operations import OPERATIONS
from rulegen.rules.tables import Tables
from rulegen.style.expression import Apply, Cell, Literal, Typed
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass


@dataclass(eq=False)
class Reading:
    """What the components of an expression's cells hold: (component, element) → an array of codes, of the
    cells of a skeleton their values; all arrays broadcast together.
    """

    tables: Tables
    codes: Mapping[tuple[int, int], Any]
    done: dict[int, tuple[Typed, Any]] = field(
        default_factory=dict
    )  # by identity: equal expressions are best one object

    def evaluate(self, expression: Typed) -> Any:
        """The value of an expression, coded as `operations` says."""
        if isinstance(expression, Literal):
            return literal_value(expression)
        known = self.done.get(id(expression))
        if known is not None:
            return known[1]
        if isinstance(expression, Cell):
            value = self._cell(expression)
        elif isinstance(expression, Apply):
            value = self._apply(expression)
        else:
            raise InternalError(f"{expression} was not bound before it was evaluated")
        self.done[id(expression)] = expression, value
        return value

    def truth(self, expression: Typed, size: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """The value of a statement, as a bool array of the given size."""
        return np.broadcast_to(np.asarray(self.evaluate(expression), dtype=bool), (size,))

    def _apply(self, expression: Apply) -> Any:
        if expression.operation in ("and", "or"):
            first = np.asarray(self.evaluate(expression.arguments[0]))
            if first.all() if expression.operation == "or" else not first.any():
                return first
        arguments = [self.evaluate(argument) for argument in expression.arguments]
        return OPERATIONS[expression.operation](self.tables, *arguments)

    def _cell(self, cell: Cell) -> Any:
        codes = self.codes[cell.component, cell.element]
        if cell.facet in ("value", "chord"):  # a code is its own value
            return codes
        column = self.tables.components[cell.component].columns[cell.facet]
        if isinstance(column, tuple):
            return column[0][codes], column[1][codes]
        return column[codes]


def literal_value(literal: Literal) -> Any:
    """A literal's value as evaluation codes it."""
    value = literal.value
    if isinstance(value, Pitch):
        return value.diatonic, value.midi
    if isinstance(value, PitchClass):
        return value.letter, value.chroma
    if isinstance(value, Interval):
        return value.steps, value.semitones
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, Fraction):
        return np.float64(value)
    return value


@lru_cache(maxsize=1 << 14)
def cells(expression: Typed) -> frozenset[Cell]:
    """The cells that an expression reads."""
    if isinstance(expression, Apply):
        return frozenset().union(*map(cells, expression.arguments))
    return frozenset((expression,)) if isinstance(expression, Cell) else frozenset()
