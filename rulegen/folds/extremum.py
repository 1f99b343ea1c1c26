"""Aggregates that compare with an extremum of the same stretch: how many notes are as high as the highest.

While the stretch runs its extremum is not known. The automaton keeps the running extremum and, for every
value at which it may yet end, what would be counted then; what can no longer be the end is forgotten, and
states with one future are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor, inf, prod

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.window import TooWide
from rulegen.lattice.problem import Columns, IntArray, Part, intern
from rulegen.rules.choices import is_row
from rulegen.rules.decomposition import (
    LARGEST_TABLE,
    all_cases,
    codes_of,
    scope_of,
    scope_size,
    shifted,
)
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.tables import Tables
from rulegen.style.expression import (
    FALSE,
    TRUE,
    Aggregated,
    Apply,
    Cell,
    Literal,
    Typed,
    children,
    walk,
)

MOST_STATES = 20_000
_COMPARISONS = ("<", "<=", ">", ">=", "==")
UNKNOWN = Cell("number", "value", -1, 1)  # stands for the extremum in what is counted

Row = tuple[int, tuple[bool, ...]]  # the rank of the value (0: none), and whether it counts for each extremum


def inner_extremum(aggregate: Aggregated) -> Aggregated | None:
    """The extremum over a row that an aggregate compares with. Raises TooWide for more than one."""
    parts = [part for part in (aggregate.where, aggregate.value) if part is not None]
    found = {each for part in parts for each in walk(part) if isinstance(each, Aggregated)}
    over_rows = [each for each in found if any(is_row(binding) for binding in each.bindings)]
    if not over_rows:
        return None
    if (
        len(over_rows) > 1
        or over_rows[0].operation not in ("max", "min")
        or aggregate.operation not in ("count", "exists", "all")
    ):
        raise TooWide
    return over_rows[0]


def is_of_one_row(aggregate: Aggregated) -> bool:
    """Whether it compares with nothing, or with the extremum of just the row that it goes over itself."""
    parts = [part for part in (aggregate.where, aggregate.value) if part is not None]
    inner = [each for part in parts for each in walk(part) if isinstance(each, Aggregated)]
    rows = [[each for each in one.bindings if is_row(each)] for one in (aggregate, *inner)]
    first, *others = [tuple((e.kind, e.voice, e.scope, len(e.variables)) for e in row) for row in rows if row]
    return not others or (all(each == first for each in others) and first[0][3] == 1)


def told_apart(skeleton: Typed, place: int) -> float:
    """The count from which on an event cannot tell counts apart, by the numbers that it compares aggregate
    `place` with; infinite where it does more than compare."""
    if isinstance(skeleton, Cell):
        return inf if _is_aggregate(skeleton, place) else 0
    if not isinstance(skeleton, Apply):
        return 0
    compared = [each for each in skeleton.arguments if not _is_aggregate(each, place)]
    if skeleton.operation in _COMPARISONS and len(compared) == 1 and isinstance(compared[0], Literal):
        number = compared[0].value
        return max(0, floor(number)) + 1 if isinstance(number, (int, float, Fraction)) else inf
    return max((told_apart(each, place) for each in skeleton.arguments), default=0)


def _is_aggregate(expression: Typed, place: int) -> bool:
    return isinstance(expression, Cell) and expression.facet == "value" and expression.component == place


def joint(aggregate: Aggregated, inner: Aggregated) -> Typed:
    """Both aggregates as one expression on the element of the outer one: (inner condition, inner value, outer
    condition).
    """
    outer_name, inner_name = _variable(aggregate), _variable(inner)
    renamed = {inner_name: outer_name}
    condition = _renamed(inner.where or TRUE, renamed)
    assert inner.value is not None
    value = _renamed(inner.value, renamed)
    counted = _with_unknown(aggregate.where or TRUE, inner)
    if aggregate.operation == "all":
        counted = Apply("truth", "not", (counted,))
    return Apply(
        "truth", "both", (condition, Apply("truth", "both", (Apply("truth", "known", (counted,)), value)))
    )


def _variable(aggregate: Aggregated) -> str:
    row = [binding for binding in aggregate.bindings if binding.kind != "voice"]
    if len(row) != 1 or len(row[0].variables) != 1:
        raise TooWide
    return row[0].variables[0].name


def _renamed(expression: Typed, names: dict[str, str]) -> Typed:
    from rulegen.style.expression import Variable

    if isinstance(expression, Variable):
        return replace(expression, name=names.get(expression.name, expression.name))
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(_renamed(each, names) for each in expression.arguments))
    return expression


def _with_unknown(expression: Typed, inner: Aggregated) -> Typed:
    if expression == inner:
        return UNKNOWN
    if isinstance(expression, Apply):
        return replace(
            expression, arguments=tuple(_with_unknown(each, inner) for each in children(expression))
        )
    return expression


@dataclass(frozen=True)
class Nested:
    """The accumulator: letter 0 is nothing, letter i+1 is rows[i]. `cap`: counts from there on are alike. min
    counts ranks downward.
    """

    operation: str
    rows: tuple[Row, ...]
    ranks: int
    cap: int
    downward: bool

    @property
    def letters(self) -> int:
        """How many letters it reads."""
        return len(self.rows) + 1

    @property
    def counts(self) -> bool:
        """Its letters are rows, not numbers of events."""
        return False

    def raw(self) -> tuple[NDArray[np.float64], IntArray]:
        """The count of each raw state (nan: no extremum yet), and (states, letters) → the state that follows.
        Raises TooWide.
        """
        ranks = np.array([rank for rank, _ in self.rows], dtype=np.int64)
        truths = np.array([truth for _, truth in self.rows], dtype=np.int64).reshape(
            len(self.rows), self.ranks
        )
        start = np.zeros(1 + self.ranks, dtype=np.int64)  # the extremum, and what would be counted for each
        states = {start.tobytes(): 0}
        following: list[list[int]] = []
        reached = [start]
        for state in reached:
            after = self._after(state, ranks, truths)
            row = [len(following)]
            for each in after:
                place = states.setdefault(each.tobytes(), len(states))
                if place == len(reached):
                    reached.append(each)
                    if len(reached) > MOST_STATES:
                        raise TooWide
                row.append(place)
            following.append(row)
        values = [self._value(state) for state in reached]
        return np.array(values), np.array(following, dtype=np.int32)

    def _after(
        self, state: NDArray[np.int64], ranks: NDArray[np.int64], truths: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The states after each row."""
        extremum = np.maximum(state[0], ranks)[:, None]
        counts = np.minimum(state[1:] + truths, self.cap) * (np.arange(1, self.ranks + 1) >= extremum)
        return np.hstack([extremum, counts])

    def _value(self, state: NDArray[np.int64]) -> float:
        if not state[0]:
            return float("nan")
        count = int(state[state[0]])
        return float({"count": count, "exists": count > 0, "all": count == 0}[self.operation])


def split(event: Typed) -> tuple[Typed, Typed, Typed]:
    """(inner condition, inner value, outer condition) out of what was bound together, with a sampled rhythm's
    condition in both.
    """
    if isinstance(event, Apply) and event.operation == "and":
        begins, pair = event.arguments
        condition, value, counted = split(pair)
        return Apply("truth", "and", (begins, condition)), value, Apply("truth", "and", (begins, counted))
    assert isinstance(event, Apply)
    condition, rest = event.arguments
    assert isinstance(rest, Apply)
    known, value = rest.arguments
    counted = known.arguments[0] if isinstance(known, Apply) and known.operation == "known" else known
    return condition, value, counted


def extremes(event: Typed, tables: Tables) -> set[float]:
    """All values that the extremum can take."""
    _, value, _ = split(event)
    return (
        {float(number) for holds, number in _cases(event, tables) if holds for number in [number]}
        if value != FALSE
        else set()
    )


def _cases(event: Typed, tables: Tables) -> Iterator[tuple[bool, float]]:
    condition, value, _ = split(event)
    reading, size = _whole(event, tables)
    yield from zip(
        reading.truth(condition, size), np.broadcast_to(reading.evaluate(value), (size,)), strict=True
    )


def _whole(event: Typed, tables: Tables) -> tuple[Reading, int]:
    read = frozenset(cell for cell in cells(event) if cell.facet != "value")
    if scope_size(read, tables) > LARGEST_TABLE:
        raise TooWide
    return all_cases(read, tables)


def rows_of(
    event: Typed, values: tuple[float, ...], downward: bool, reading: Reading, size: int
) -> list[Row]:
    """The row of each case that a reading holds."""
    condition, value, counted = split(event)
    order = values[::-1] if downward else values
    place = {each: rank for rank, each in enumerate(order, start=1)}
    numbers = np.broadcast_to(np.asarray(reading.evaluate(value), dtype=float), (size,))
    holds = reading.truth(condition, size)
    ranks = np.array([place.get(float(number), 0) for number in numbers]) * holds
    truths = []
    for each in order:
        fresh = Reading(
            reading.tables, {**reading.codes, (UNKNOWN.component, UNKNOWN.element): np.float64(each)}
        )
        truths.append(fresh.truth(counted, size))
    return [
        (int(rank), tuple(bool(t) for t in column))
        for rank, column in zip(ranks, np.array(truths).T, strict=True)
    ]


def all_rows(event: Typed, values: tuple[float, ...], downward: bool, tables: Tables) -> set[Row]:
    """The rows of all cases."""
    return set(rows_of(event, values, downward, *_whole(event, tables)))


def row_part(event: Typed, values: tuple[float, ...], nested: Nested, tables: Tables) -> Part:
    """Reads the row of one element as a letter."""
    local = shifted(
        event, 1 - max((cell.element for cell in cells(event) if cell.facet != "value"), default=1)
    )
    local = _unknown_again(local)
    known = {row: number for number, row in enumerate(nested.rows, start=1)}
    readable = _without_unknown(local)
    scope = scope_of(readable)

    def letter(*columns: Columns) -> IntArray:
        alike = np.broadcast_arrays(*(column for side in columns for column in side))
        flat, split = [each.reshape(-1) for each in alike], len(scope[0])
        reading = Reading(tables, codes_of(readable, tuple(flat[:split]), tuple(flat[split:])))
        shape = alike[0].shape if alike else (1,)
        rows = rows_of(local, values, nested.downward, reading, prod(shape))
        return np.array([known[row] for row in rows], dtype=np.int32).reshape(shape)

    key = intern(("row", local, values, nested.rows))
    return Part.of(key, scope, nested.letters, letter, tables.counts(scope))


def _unknown_again(expression: Typed) -> Typed:
    """`shifted` renumbers the unknown too: set it right."""
    if isinstance(expression, Cell) and expression.facet == "value":
        return UNKNOWN
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(_unknown_again(each) for each in expression.arguments))
    return expression


def _without_unknown(expression: Typed) -> Typed:
    if isinstance(expression, Cell) and expression.facet == "value":
        return Literal("number", 0)
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(_without_unknown(each) for each in expression.arguments))
    return expression
