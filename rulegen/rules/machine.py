"""Machines that read a window step by step and remember no more of it than can still matter.

A window of k elements is read in k-1 steps, step j from element j-1 to element j. After step j the machine
is in a class: windows whose continuations all have the same verdict are in one class (Myhill and Nerode,
by comparing rows). Class 0 holds those that can come to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Columns, IntArray, Part
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.leaves import LARGEST_TABLE, cut, part_of, scope_size, shifted, value_count
from rulegen.rules.tables import Tables
from rulegen.style.expression import Cell, Typed

LARGEST_WINDOW = 3_000_000  # cases for which a leaf that spans more than two elements is tabulated

SMALL_WINDOW = 200_000  # cases up to which a whole event is tabulated, since that remembers least

Classes = NDArray[np.int32]


@dataclass(frozen=True)
class Step:
    """One step: what it reads, and (class before, letter) → class after; in the last step → 1 where the
    window is an event.

    After the parts the letter reads the verdicts of `inner`: the machines of leaves that span more than
    two elements and end here.
    """

    parts: tuple[Part, ...]
    inner: tuple[Machine, ...]
    table: Classes


@dataclass(frozen=True)
class Machine:
    """A window's steps, from its element `first` on."""

    steps: tuple[Step, ...]
    first: int = 0

    @property
    def memories(self) -> tuple[int, ...]:
        """How many classes there are after each step but the last."""
        return tuple(step.table.shape[0] for step in self.steps[1:])


class TooWide(Exception):
    """A leaf reads so much of a window that it cannot be tabulated."""


def machine_of(event: Typed, size: int, tables: Tables, held: bool = False) -> Machine:
    """The machine of a window of `size` elements whose event is a bound statement. Raises TooWide.

    `held`: the elements are notes that may be held while the chord changes.
    """
    last = size - 1 if held else None
    cases = _cases(cells(event), tables)
    if _span(cells(event)) > 1 and cases <= LARGEST_WINDOW and (cases <= SMALL_WINDOW or _is_wide(event)):
        return _padded(_dense(event, tables, last), size)

    def is_wide(read: frozenset[Cell]) -> bool:
        return _span(read) > 1 or (_span(read) == 1 and _is_known_late(read, last))

    def fits(read: frozenset[Cell]) -> bool:
        return not is_wide(read) and (_span(read) == 0 or scope_size(read, tables) <= LARGEST_TABLE)

    found = cut(event, fits, lambda read: is_wide(read) and _cases(read, tables) <= LARGEST_WINDOW)
    wide = [leaf for leaf in found.leaves if is_wide(cells(leaf))]
    plain = [leaf for leaf in found.leaves if leaf not in wide]
    steps = range(1, max(size - 1, 1) + 1)
    by_step = [
        [leaf for kind in (plain, wide) for leaf in kind if _step(leaf, size, last) == step] for step in steps
    ]
    order = [found.leaves.index(leaf) for leaves in by_step for leaf in leaves]
    verdicts = np.transpose(found.table(tables), order)
    shape = [prod(value_count(leaf) for leaf in leaves) for leaves in by_step]
    classes = _classes(verdicts.reshape(shape))
    parts = [
        tuple(part_of(leaf, step, tables) for leaf in leaves if leaf in plain)
        for step, leaves in enumerate(by_step, start=1 if size > 1 else 0)
    ]
    inner = [tuple(_dense(leaf, tables, last) for leaf in leaves if leaf in wide) for leaves in by_step]
    return Machine(tuple(Step(*each) for each in zip(parts, inner, classes, strict=True)))


def _is_known_late(read: frozenset[Cell], last: int | None) -> bool:
    """Whether the chord of the latest element is read, and known only when that element is left."""
    latest = max((cell.element for cell in read), default=0)
    return (
        last is not None
        and latest != last
        and any(cell.facet == "chord" and cell.element == latest for cell in read)
    )


def _span(read: frozenset[Cell]) -> int:
    elements = [cell.element for cell in read]
    return max(elements) - min(elements) if elements else 0


def _is_wide(event: Typed) -> bool:
    """Whether some comparison reads elements that are not neighbours."""
    found = cut(event, lambda read: _span(read) <= 1, lambda read: _span(read) > 1)
    return any(_span(cells(leaf)) > 1 for leaf in found.leaves)


def _padded(machine: Machine, size: int) -> Machine:
    """The machine of an event that does not read its window's ends, with steps there that read nothing."""
    missing = size - 1 - machine.first - len(machine.steps)
    kept = Step((), (), np.array([[0], [1]], dtype=np.int32))
    steps = list(machine.steps)
    if machine.first:  # class 0 comes to nothing here too, so that a window is under way in class 1
        begun = steps[0].table
        steps[0] = replace(steps[0], table=np.vstack([begun * 0, begun]))
        steps = [Step((), (), np.ones((1, 1), dtype=np.int32)), *[kept] * (machine.first - 1), *steps]
    return Machine((*steps, *[kept] * missing))


def _step(leaf: Typed, size: int, last: int | None) -> int:
    """The step in which a leaf is read: as soon as it is known, so that little is remembered; but a held note
    is read with the chord over which it is left."""
    read = cells(leaf)
    if not read:
        return max(size - 1, 1)
    latest = max(cell.element for cell in read) + _is_known_late(read, last)
    return min(max(latest, 1), max(size - 1, 1))


def _classes(verdicts: NDArray[np.bool_]) -> list[Classes]:
    """The tables of all steps from the verdicts, shape (letters of step 1, letters of step 2, …)."""
    tables = []
    rows = verdicts.reshape(1, *verdicts.shape)
    while rows.ndim > 2:
        count, letters, rest = rows.shape[0], rows.shape[1], rows.shape[2:]
        flat = np.vstack([np.zeros((1, prod(rest)), dtype=bool), rows.reshape(count * letters, -1)])
        unique, inverse = _distinct(flat)
        tables.append(inverse[1:].reshape(count, letters))
        rows = unique.reshape(-1, *rest)
    tables.append(rows.astype(np.int32))
    return tables


def _distinct(rows: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Classes]:
    """The distinct rows in order of appearance, and which of them each row is."""
    packed = np.packbits(rows, axis=1)
    width, content = packed.shape[1], packed.tobytes()
    seen: dict[bytes, int] = {}
    ranks = [
        seen.setdefault(content[place : place + width], len(seen)) for place in range(0, len(content), width)
    ]
    found = np.array(ranks, dtype=np.int32)
    return rows[_first_of_each(found, len(seen))], found


def _first_of_each(ranks: Classes, count: int) -> NDArray[np.int64]:
    first = np.empty(count, dtype=np.int64)
    first[ranks[::-1]] = np.arange(len(ranks) - 1, -1, -1)
    return first


def _codes(read: frozenset[Cell], tables: Tables) -> tuple[list[int], list[int]]:
    """The components that are read at any element, and how many codes each has."""
    components = sorted({cell.component for cell in read})
    return components, [len(tables.components[each]) for each in components]


def _cases(read: frozenset[Cell], tables: Tables) -> float:
    _, counts = _codes(read, tables)
    return float(prod(counts)) ** (_span(read) + 1)


def _dense(leaf: Typed, tables: Tables, last: int | None) -> Machine:
    """The machine of a leaf over whole codes: after each step its class is local to the code of the last
    element.

    `last`: the window's last element, where notes may be held while the chord changes; then each is read
    as it is left.
    """
    read = cells(leaf)
    first = min(cell.element for cell in read)
    length = max(cell.element for cell in read) - first + 1
    scope, counts = _codes(read, tables)
    total = prod(counts)
    if _cases(read, tables) > LARGEST_WINDOW:
        raise TooWide
    grids = np.indices((total,) * length).reshape(length, -1)
    codes = {}
    for place in range(length):
        for component, digit in zip(scope, np.unravel_index(grids[place], counts), strict=True):
            codes[component, place] = digit
    verdicts = Reading(tables, codes).truth(shifted(leaf, -first), total**length).reshape((total,) * length)
    pair = _pair_part(tuple(scope), counts)
    if last is None or not any(cell.facet == "chord" for cell in read):
        return Machine(tuple(Step((pair,), (), table) for table in _local_classes(np.array(verdicts))), first)
    left = _left_part(tuple(scope), counts)
    paired = first + length - 1 == last  # the last element is entered, not left
    parts = [left] * (length - 2) + [pair] if paired else [left] * length
    tables_by_step = _classes(np.array(verdicts).reshape([part.size for part in parts]))
    return Machine(
        tuple(Step((part,), (), table) for part, table in zip(parts, tables_by_step, strict=True)), first
    )


def _local_classes(verdicts: NDArray[np.bool_]) -> list[Classes]:
    total, tables = verdicts.shape[0], []
    rows = verdicts.reshape(
        total, 1, *verdicts.shape[1:]
    )  # (code of the last element, class, codes to come …)
    while rows.ndim > 3:
        count, rest = rows.shape[1], rows.shape[3:]
        found = np.zeros((count, total, total), dtype=np.int32)
        kept = []
        for code in range(total):
            flat = np.vstack(
                [np.zeros((1, prod(rest)), dtype=bool), rows[:, :, code].reshape(total * count, -1)]
            )
            unique, inverse = _distinct(flat)
            found[:, :, code] = inverse[1:].reshape(total, count).T
            kept.append(unique.reshape(-1, *rest))
        tables.append(found.reshape(count, total * total))
        most = max(len(each) for each in kept)
        rows = np.zeros((total, most, *rest), dtype=bool)
        for code, unique in enumerate(kept):
            rows[code, : len(unique)] = unique
    count = rows.shape[1]
    tables.append(np.transpose(rows, (1, 0, 2)).reshape(count, total * total).astype(np.int32))
    return tables


def _pair_part(scope: tuple[int, ...], counts: list[int]) -> Part:
    total = prod(counts)

    def letter(before: Columns, after: Columns) -> IntArray:
        one = np.ravel_multi_index(tuple(before), counts)
        other = np.ravel_multi_index(tuple(after), counts)
        return (one * total + other).astype(np.int32)

    return Part(("codes", scope, tuple(counts)), scope, scope, total * total, letter)


def _left_part(scope: tuple[int, ...], counts: list[int]) -> Part:
    def letter(before: Columns, _: Columns) -> IntArray:
        return np.ravel_multi_index(tuple(before), counts).astype(np.int32)

    return Part(("codes left", scope, tuple(counts)), scope, (), prod(counts), letter)
