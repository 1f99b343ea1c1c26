"""Bound expressions as plain data, parts that are equal once, so that they can be kept in a file."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import astuple, dataclass, field
from fractions import Fraction

from rulegen.lattice.arrays import Json
from rulegen.style.expression import Apply, Cell, Literal, Typed, Value
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass

_VALUES = {each.__name__: each for each in (Pitch, PitchClass, Interval)}


class NotStorable(Exception):
    """Something has no form in a file."""


@dataclass(slots=True, eq=False)
class Expressions:
    """Collects expressions; each node stands behind those inside it, which it names by their numbers."""

    nodes: list[Json] = field(default_factory=list)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    def add(self, expression: Typed) -> int:
        """The number of an expression. Raises NotStorable for one that is not bound."""
        if isinstance(expression, Cell):
            node = [expression.kind, expression.facet, expression.component, expression.element]
        elif isinstance(expression, Literal):
            node = [expression.kind, _plain(expression.value)]
        elif isinstance(expression, Apply):
            node = [expression.kind, expression.operation, [self.add(each) for each in expression.arguments]]
        else:
            raise NotStorable
        key = repr(node)  # 1, 1.0 and True are equal, and not the same
        if key not in self._numbers:
            self._numbers[key] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[key]


def read_expressions(nodes: Sequence[Json]) -> list[Typed]:
    """The expressions of a file, by number; equal ones are one object."""
    found: list[Typed] = []
    for kind, *rest in nodes:
        if len(rest) == 3:
            found.append(Cell(kind, *rest))
        elif len(rest) == 2:
            found.append(Apply(kind, rest[0], tuple([found[number] for number in rest[1]])))
        else:
            found.append(Literal(kind, _value(rest[0])))
    return found


def _plain(value: Value) -> Json:
    if isinstance(value, Fraction):
        return ["Fraction", value.numerator, value.denominator]
    if isinstance(value, Pitch | PitchClass | Interval):
        return [type(value).__name__, *astuple(value)]
    if value is None or isinstance(value, str | int | float):
        return value
    raise NotStorable


def _value(stored: Json) -> Value:
    if not isinstance(stored, list):
        found: Value = stored
        return found
    name, *parts = stored
    return Fraction(*parts) if name == "Fraction" else _VALUES[name](*parts)
