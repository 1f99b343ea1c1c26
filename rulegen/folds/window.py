"""Machines that read a window step by step and remember no more of it than can still matter.

A window of k elements is read in k-1 steps, step j from element j-1 to element j. After step j the machine
is in a class: windows whose continuations all have the same verdict are in one class (Myhill and Nerode,
by comparing rows). Class 0 holds those that can come to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Part
from rulegen.rules.decomposition import LARGEST_TABLE, Cut, cut, part_of, scope_size, shifted, value_count
from rulegen.rules.elements import BEGIN, END, Undecided
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.tables import Tables
from rulegen.style.expression import Apply, Cell, Typed

LARGEST_WINDOW = 3_000_000  # cases for which a leaf that spans more than two elements is tabulated

SMALL_WINDOW = 200_000  # cases up to which a whole event is tabulated, since that remembers least

Classes = NDArray[np.int32]


@dataclass(frozen=True)
class Ground:
    """What an event is tabulated on. `last`: the window's last element, where notes may be held while the
    chord changes.
    """

    tables: Tables
    last: int | None = None

    def count(self, component: int) -> int:
        """How many codes a component has."""
        return len(self.tables.components[component])

    def is_known_late(self, read: frozenset[Cell]) -> bool:
        """Whether the chord of the latest element is read, and known only when that element is left."""
        latest = max((cell.element for cell in read), default=0)
        return (
            self.last is not None
            and latest != self.last
            and any(cell.facet == "chord" and cell.element == latest for cell in read)
        )

    def spans_steps(self, read: frozenset[Cell]) -> bool:
        """Whether no single step sees all that is read."""
        if is_sided(read):
            within = [self.steps_of(cell) for cell in read]
            return max(first for first, _ in within) > min(last for _, last in within)
        return _span(read) > 1 or (_span(read) == 1 and self.is_known_late(read))

    def step(self, leaf: Typed, size: int) -> int:
        """The step in which a leaf is read: as soon as it is known, so that little is remembered; but a held
        note is read with the chord over which it is left.
        """
        read = cells(leaf)
        if not read:
            return max(size - 1, 1)
        if is_sided(read):
            return max(max(self.steps_of(cell)[0] for cell in read), 1)
        latest = max(cell.element for cell in read) + self.is_known_late(read)
        return min(max(latest, 1), max(size - 1, 1))

    def steps_of(self, cell: Cell) -> tuple[int, int]:
        """The first and the last step that see a cell: where its element is entered, or left."""
        element, side = cell.element % BEGIN, cell.element - cell.element % BEGIN
        is_late = side == END or (not side and cell.facet == "chord" and element != self.last)
        return element + is_late, element + (side != BEGIN)

    def whole_cases(self, read: frozenset[Cell]) -> float:
        """How many cases a window has where each element is read whole."""
        return float(prod(map(self.count, _components(read)))) ** (_span(read) + 1)

    def cases(self, read: frozenset[Cell]) -> float:
        """How many cases there are of what is read of each element."""
        return float(prod(self.count(component) for component, _ in {(x.component, x.element) for x in read}))

    def verdicts(self, leaf: Typed, components: list[list[int]]) -> NDArray[np.bool_]:
        """The truth of a leaf for all codes of some components of each of its elements, from the first on."""
        places = [(each, element) for element, own in enumerate(components) for each in own]
        sizes = [self.count(component) for component, _ in places]
        grids = np.indices(sizes).reshape(len(sizes), -1)
        first = min(cell.element for cell in cells(leaf))
        reading = Reading(self.tables, dict(zip(places, grids, strict=True)))
        return np.array(reading.truth(shifted(leaf, -first), grids.shape[1]))


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
    ground = Ground(tables, size - 1 if held else None)
    cases = ground.whole_cases(cells(event))
    sided = is_sided(cells(event))
    if any(ground.steps_of(cell)[0] > max(size - 1, 1) for cell in cells(event) if sided):
        raise Undecided("what another voice sounds when the last note of several ends is not known in time")
    if (
        not sided
        and _span(cells(event)) > 1
        and cases <= LARGEST_WINDOW
        and (cases <= SMALL_WINDOW or _is_wide(event))
    ):
        return _padded(_dense(event, ground), size)

    def fits(read: frozenset[Cell]) -> bool:
        is_small = _span(read) == 0 or scope_size(read, tables) <= LARGEST_TABLE
        return is_small and not ground.spans_steps(read)

    is_one_step = not ground.spans_steps(cells(event))

    def last_resort(read: frozenset[Cell]) -> bool:
        return is_one_step or (ground.spans_steps(read) and ground.cases(read) <= LARGEST_WINDOW)

    found = cut(event, fits, last_resort)
    if not sided and len(found.leaves) == 1 and _span(cells(event)) > 1:
        return _padded(_dense(event, ground), size)
    return _joined(found, size, ground)


def _joined(found: Cut, size: int, ground: Ground) -> Machine:
    """The machine of an expression that is cut: steps read leaves, and remember what the skeleton needs."""
    if prod(value_count(leaf) for leaf in found.leaves) > LARGEST_WINDOW:
        raise TooWide(f"it joins {len(found.leaves)} comparisons, more than can be tabulated together")
    wide = [leaf for leaf in found.leaves if ground.spans_steps(cells(leaf))]
    plain = [leaf for leaf in found.leaves if leaf not in wide]
    steps = range(1, max(size - 1, 1) + 1)
    by_step = [
        [leaf for kind in (plain, wide) for leaf in kind if ground.step(leaf, size) == step] for step in steps
    ]
    order = [found.leaves.index(leaf) for leaves in by_step for leaf in leaves]
    verdicts = np.transpose(found.table(ground.tables), order)
    shape = [prod(value_count(leaf) for leaf in leaves) for leaves in by_step]
    classes = _classes(verdicts.reshape(shape))
    parts = [
        tuple(_leaf_part(leaf, step, ground) for leaf in leaves if leaf in plain)
        for step, leaves in enumerate(by_step, start=1 if size > 1 else 0)
    ]
    inner = [tuple(_dense(leaf, ground) for leaf in leaves if leaf in wide) for leaves in by_step]
    return Machine(tuple(Step(*each) for each in zip(parts, inner, classes, strict=True)))


def _leaf_part(leaf: Typed, step: int, ground: Ground) -> Part:
    if is_sided(cells(leaf)):
        return part_of(_on_sides(leaf, step), 1, ground.tables)
    return part_of(leaf, step, ground.tables)


def is_sided(read: Iterable[Cell]) -> bool:
    """Whether it is asked what sounds where an element begins or ends, where that may not be one."""
    return any(cell.element >= BEGIN for cell in read)


def _on_sides(leaf: Typed, step: int) -> Typed:
    """A leaf that one step sees, on element 0 as it is left and element 1 as it is entered."""
    if isinstance(leaf, Cell):
        entered = leaf.element % BEGIN == step and leaf.element < END
        return replace(leaf, element=int(entered))
    if isinstance(leaf, Apply):
        return replace(leaf, arguments=tuple(_on_sides(each, step) for each in leaf.arguments))
    return leaf


def _span(read: frozenset[Cell]) -> int:
    elements = [cell.element % BEGIN for cell in read]
    return max(elements) - min(elements) if elements else 0


def _components(read: frozenset[Cell]) -> list[int]:
    return sorted({cell.component for cell in read})


def _by_element(read: frozenset[Cell]) -> list[frozenset[Cell]]:
    """What is read of each element, from the first that is read to the last."""
    elements = [cell.element for cell in read]
    return [
        frozenset(cell for cell in read if cell.element == element)
        for element in range(min(elements), max(elements) + 1)
    ]


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


def _dense_on_sides(leaf: Typed, ground: Ground) -> Machine:
    """The machine of a leaf that asks what sounds where elements begin and end. Raises TooWide."""
    if ground.cases(cells(leaf)) > LARGEST_WINDOW:
        raise TooWide
    seen: dict[int, tuple[list[Cell], list[Cell]]] = {}  # step → what it reads of what is left, and entered
    for cell in sorted(cells(leaf), key=lambda each: (each.element, each.component)):
        step = max(ground.steps_of(cell)[0], 1)
        entered = cell.element % BEGIN == step and cell.element < END
        own = seen.setdefault(step, ([], []))[entered]
        if all((cell.component, cell.element) != (each.component, each.element) for each in own):
            own.append(cell)
    first, last = min(seen), max(seen)
    order = [seen.get(step, ([], [])) for step in range(first, last + 1)]
    places = [(cell.component, cell.element) for left, entered in order for cell in (*left, *entered)]
    sizes = [ground.count(component) for component, _ in places]
    grids = np.indices(sizes).reshape(len(sizes), -1)
    reading = Reading(ground.tables, dict(zip(places, grids, strict=True)))
    verdicts = np.array(reading.truth(leaf, grids.shape[1]))
    parts = [
        _code_parts([each.component for each in left], ground, entered=False)
        + _code_parts([each.component for each in entered], ground, entered=True)
        for left, entered in order
    ]
    classes = _classes(verdicts.reshape([prod(part.size for part in own) for own in parts]))
    steps = tuple(Step(own, (), table) for own, table in zip(parts, classes, strict=True))
    return Machine(steps, first - 1)


def _dense(leaf: Typed, ground: Ground) -> Machine:
    """The machine of a leaf over whole codes. Raises TooWide."""
    read = cells(leaf)
    if is_sided(read):
        return _dense_on_sides(leaf, ground)
    held = ground.last is not None and any(cell.facet == "chord" for cell in read)
    if not held and ground.whole_cases(read) <= LARGEST_WINDOW:
        return _local(leaf, ground)
    if ground.cases(read) > LARGEST_WINDOW:
        raise TooWide
    first, components = min(cell.element for cell in read), [_components(own) for own in _by_element(read)]
    steps = [_code_parts(own, ground, entered=False) for own in components]
    if not held or first + len(components) - 1 == ground.last:  # the last element is entered, not left
        steps = [*steps[:-2], (*steps[-2], *_code_parts(components[-1], ground, entered=True))]
    shape = [prod(part.size for part in step) for step in steps]
    classes = _classes(ground.verdicts(leaf, components).reshape(shape))
    return Machine(tuple(Step(own, (), table) for own, table in zip(steps, classes, strict=True)), first)


def _local(leaf: Typed, ground: Ground) -> Machine:
    """The machine of a leaf that is tabulated over whole elements: after each step its class is local to the
    code of the last element.
    """
    read = cells(leaf)
    components, length = _components(read), _span(read) + 1
    total = prod(map(ground.count, components))
    verdicts = ground.verdicts(leaf, [components] * length).reshape((total,) * length)
    pair = _code_parts(components, ground, entered=False) + _code_parts(components, ground, entered=True)
    steps = tuple(Step(pair, (), table) for table in _local_classes(verdicts))
    return Machine(steps, min(cell.element for cell in read))


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


def _code_parts(components: list[int], ground: Ground, entered: bool) -> tuple[Part, ...]:
    """Reads an element whole, as it is left or as it is entered; nothing where nothing of it is read."""
    if not components:
        return ()
    scope, counts = tuple(components), tuple(map(ground.count, components))
    return (Part.whole(() if entered else scope, scope if entered else (), counts),)
