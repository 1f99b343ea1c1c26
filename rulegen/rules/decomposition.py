"""Cuts a bound expression into leaves that read little, and a skeleton that joins their values.

A factor is evaluated on its own scope: each leaf is tabulated over the few codes it reads, and the whole
expression over the leaves' values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Columns, IntArray, Part, intern
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.tables import Tables
from rulegen.style.expression import Apply, Cell, Literal, Typed
from rulegen.style.vocabulary import TRUTH, WORDS

Scope = Callable[[frozenset[Cell]], bool]

LARGEST_TABLE = 250_000  # cases for which a leaf is tabulated whole


@dataclass(frozen=True)
class Cut:
    """An expression as a skeleton over leaves; in the skeleton, leaf i is Cell(kind, "value", i, 0)."""

    skeleton: Typed
    leaves: tuple[Typed, ...]

    def table(self, tables: Tables) -> NDArray[np.bool_]:
        """The truth of the expression for all values of its leaves, shape (size of leaf 0, size of leaf 1,
        …).
        """
        sizes = [value_count(leaf) for leaf in self.leaves]
        grids = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=np.int64)
        codes = {
            (place, 0): grid.astype(bool) if leaf.kind == TRUTH else grid
            for place, (leaf, grid) in enumerate(zip(self.leaves, grids, strict=True))
        }
        found = Reading(tables, codes).truth(self.skeleton, prod(sizes))
        return np.array(found).reshape(sizes)


class _NotCut(Exception):
    """A cell stands outside any leaf."""


def cut(expression: Typed, fits: Scope, last_resort: Scope) -> Cut:
    """The largest leaves that fit; what cannot be cut so is a leaf if it passes as a last resort, else the
    whole expression is one.
    """
    leaves: list[Typed] = []

    def leaf(part: Typed) -> Typed:
        if part not in leaves:
            leaves.append(part)
        return Cell(part.kind, "value", leaves.index(part), 0)

    def visit(part: Typed) -> Typed:
        if isinstance(part, Literal):
            return part
        if _is_small(part) and fits(cells(part)):
            return leaf(part)
        if not isinstance(part, Apply):
            raise _NotCut
        known = len(leaves)
        try:
            return Apply(part.kind, part.operation, tuple(visit(argument) for argument in part.arguments))
        except _NotCut:
            del leaves[known:]
            if part.kind == TRUTH and last_resort(
                cells(part)
            ):  # a statement: its verdict is all that is kept
                return leaf(part)
            raise

    try:
        return Cut(visit(expression), tuple(leaves))
    except _NotCut:
        return Cut(Cell(expression.kind, "value", 0, 0), (expression,))


def _is_small(expression: Typed) -> bool:
    return expression.kind == TRUTH or expression.kind in WORDS


def value_count(leaf: Typed) -> int:
    """How many values a leaf can take."""
    return 2 if leaf.kind == TRUTH else len(WORDS[leaf.kind])


def scope_size(read: frozenset[Cell], tables: Tables) -> int:
    """How many cases there are of what is read."""
    return prod(len(tables.components[component]) for component, _ in _places(read))


def all_cases(read: Iterable[Cell], tables: Tables) -> tuple[Reading, int]:
    """A reading of all cases of what is read, and how many they are."""
    places = sorted(_places(read))
    sizes = [len(tables.components[component]) for component, _ in places]
    grids = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=np.int64)
    return Reading(tables, dict(zip(places, grids, strict=True))), grids.shape[1]


def _places(read: Iterable[Cell]) -> set[tuple[int, int]]:
    return {(cell.component, cell.element) for cell in read}


def shifted(expression: Typed, by: int) -> Typed:
    """The expression with its elements renumbered, so that what reads alike is equal wherever it stands in a
    window.
    """
    return _shifted(expression, by, {})


def _shifted(expression: Typed, by: int, known: dict[Hashable, Typed]) -> Typed:
    """Equal parts become one object, which is then evaluated once."""
    if isinstance(expression, Cell):
        cell = Cell(expression.kind, expression.facet, expression.component, expression.element + by)
        return known.setdefault(cell, cell)
    if isinstance(expression, Apply):
        arguments = tuple(_shifted(each, by, known) for each in expression.arguments)
        key = (expression.kind, expression.operation, *map(id, arguments))
        return known.setdefault(key, Apply(expression.kind, expression.operation, arguments))
    return known.setdefault((expression.kind, expression), expression)


def scope_of(local: Typed) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The components that an expression on elements 0 and 1 reads before and after."""
    read = _read(local)
    return tuple(tuple(component for element, component in read if element == side) for side in (0, 1))  # type: ignore[return-value]


def codes_of(local: Typed, before: Columns, after: Columns) -> dict[tuple[int, int], Any]:
    """The codes for `Reading` from the columns of an expression's scope."""
    columns = [*before, *after]
    return {
        (component, element): column
        for (element, component), column in zip(_read(local), columns, strict=True)
    }


def _read(local: Typed) -> list[tuple[int, int]]:
    return sorted({(cell.element, cell.component) for cell in cells(local)})


def part_of(leaf: Typed, step: int, tables: Tables) -> Part:
    """The part that reads a leaf in the step from element step-1 (before) to element step (after)."""
    return leaf_part(shifted(leaf, 1 - step), tables)


def leaf_part(local: Typed, tables: Tables) -> Part:
    """The part that reads an expression on elements 0 and 1."""
    if local not in tables.parts:
        scope, letter = scope_of(local), Leaf(local, tables)
        part = Part.of(intern(local), scope, value_count(local), letter, tables.counts(scope))
        tables.parts[local] = part
    return tables.parts[local]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """Letters that are the values of an expression on elements 0 and 1."""

    local: Typed
    tables: Tables

    def __call__(self, before: Columns, after: Columns) -> IntArray:
        """The letters of some cases."""
        value = Reading(self.tables, codes_of(self.local, before, after)).evaluate(self.local)
        shape = np.broadcast_shapes(*(column.shape for column in (*before, *after))) or (1,)
        return np.broadcast_to(np.asarray(value).astype(np.int32), shape)
