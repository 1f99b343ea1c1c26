"""The admissible pairs of joint moments, of many layers at once: prefix tries joined level by level, each
filter as early as it can be.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from rulegen.lattice.classed import Classed
from rulegen.lattice.codes import BoolArray, IndexArray, begins, distinct
from rulegen.lattice.moments import BLOCK, Level, Moments, children_pairs, trie
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import FloatArray, IntArray, Output, Part
from rulegen.lattice.reading import Reader
from rulegen.lattice.scopes import ScopeGroup, by_level, by_scope


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Admissible pairs of joint moments, sorted by `before`, with what the memories read of them."""

    entered: Moments
    before: IntArray  # (moves,)
    after: IntArray  # (moves,)
    log_weight: FloatArray  # (moves,), nats, of the factors without memory
    combination: IntArray  # (moves,) row of `classes`: what the factors with memory read
    classes: IntArray  # (combinations, factors), columns as in `factors`; see `Classed`
    factors: tuple[Hashable, ...]  # `Reader.identity` of each factor with memory
    first: IndexArray = field(repr=False)  # (moments before + 1,): where each moment's moves begin


@dataclass(frozen=True, slots=True, eq=False)
class LayerStep:
    """One layer to be entered: from these joint moments (None: the start) into those, by these factors."""

    before: Moments | None
    after: Moments
    reader: Reader

    @property
    def size(self) -> int:
        """How many pairs of moments there are, allowed or not."""
        return (1 if self.before is None else len(self.before)) * len(self.after)


def join(universe: Universe, steps: Sequence[LayerStep], most: int) -> list[Moves | None]:
    """All moves of each step that every filter allows, the steps side by side; None for a step that has more
    than `most`, also between the first components of its moments alone.
    """
    before, after = (_SideBySide.of([s.before for s in steps]), _SideBySide.of([s.after for s in steps]))
    (source, target, place), failed = _join_tries(universe, steps, (before, after), most)
    order = np.argsort(place * len(before.levels[-1].nodes) + source, kind="stable")
    source, target, place = source[order], target[order], place[order]
    nodes = before.levels[-1].nodes, after.levels[-1].nodes
    pairs = Pairs(universe, *nodes, source, target)
    sides = source - before.first[place], target - after.first[place]
    found = _described(steps, pairs, place, sides)
    return [None if fails else moves for moves, fails in zip(found, failed.tolist(), strict=True)]


def allowed_pairs(universe: Universe, step: LayerStep, most: int) -> tuple[IndexArray, IndexArray] | None:
    """The pairs of moments that every filter of a step allows, sorted by the one before; None where there are
    more than `most`, also between the first components alone.
    """
    before, after = _SideBySide.of([step.before]), _SideBySide.of([step.after])
    (source, target, _), failed = _join_tries(universe, [step], (before, after), most)
    order = np.argsort(source, kind="stable")
    return None if failed[0] else (source[order], target[order])


def opening(universe: Universe, after: Moments, reader: Reader) -> Moves:
    """The moves from the one state before the first layer to that layer's joint moments."""
    everything = np.arange(len(after))
    nothing = np.zeros_like(everything)
    pairs = Pairs(universe, None, after.levels()[-1].nodes, nothing, everything)
    return _described([LayerStep(None, after, reader)], pairs, nothing, (nothing, everything))[0]


@dataclass(frozen=True, slots=True, eq=False)
class _SideBySide:
    """Joint moments of several steps side by side: tries above which each step's has its place.

    root: (steps,) each one's node on level 0, -1 where it has no moment; first: (steps,) where its moments
    begin on the last level.
    """

    levels: list[Level]
    root: IndexArray
    first: IndexArray

    @classmethod
    def of(cls, members: Sequence[Moments | None]) -> _SideBySide:
        """The moments of steps, those that are the same once."""
        each = list({id(member): member for member in members if member is not None}.values())
        number = {id(member): i for i, member in enumerate(each)}
        place = np.array([number[id(member)] for member in members])
        sizes = np.array([len(member) for member in each])
        levels = each[0].levels()
        if len(each) > 1:
            places = np.repeat(np.arange(len(each), dtype=np.int32), sizes)
            columns = np.vstack([np.concatenate([member.columns for member in each], axis=1), places])
            levels = trie(columns, (len(columns) - 1, *each[0].order))[1:]
        root = np.where(sizes > 0, np.cumsum(sizes > 0) - 1, -1)
        return cls(levels, root[place], (np.cumsum(sizes) - sizes)[place])


_Found = tuple[IndexArray, IndexArray, IndexArray]  # nodes before, nodes after, and the step of each pair


def _join_tries(
    universe: Universe, steps: Sequence[LayerStep], stacks: tuple[_SideBySide, _SideBySide], most: int
) -> tuple[_Found, BoolArray]:
    """The pairs of moments that the filters allow, and which steps have too many."""
    before, after = stacks
    order = steps[0].after.order
    groups = by_level([(step.reader, step.reader.of_pairs) for step in steps], order)
    failed = np.zeros(len(steps), dtype=bool)
    place = np.flatnonzero((before.root >= 0) & (after.root >= 0))
    found = before.root[place], after.root[place], place
    for level in range(1, len(order) + 1):
        nodes = before.levels[level].nodes, after.levels[level].nodes
        kept, counts = [tuple(each[:0] for each in found)], np.zeros(len(steps), dtype=np.int64)
        for candidates in _candidates((before.levels[level - 1], after.levels[level - 1]), found):
            kept.append(_filter(universe, groups[level], nodes, candidates))
            counts += np.bincount(kept[-1][2], minlength=len(steps))
            failed |= counts > most
            if failed.all():
                break
        source, target, place = (np.concatenate([k[i] for k in kept]) for i in range(3))
        alive = ~failed[place]
        found = source[alive], target[alive], place[alive]
    return found, failed


def _candidates(levels: tuple[Level, Level], found: _Found) -> Iterator[_Found]:
    """Pairs of children, block by block, so that the candidates never all stand in memory."""
    (before, after), (source, target, place) = levels, found
    width = np.diff(before.children)[source] * np.diff(after.children)[target]
    total = np.cumsum(width)
    blocks = max(1, -(-int(total[-1]) // BLOCK)) if total.size else 1
    cuts = np.searchsorted(total, np.arange(1, blocks) * BLOCK)
    for rows in np.split(np.arange(source.size), cuts):
        left, right, owner = children_pairs(before, after, source[rows], target[rows])
        yield left, right, place[rows][owner]


def _filter(
    universe: Universe, groups: list[ScopeGroup], nodes: tuple[Nodes, Nodes], found: _Found
) -> _Found:
    source, target, place = found
    for group in groups:
        good = np.flatnonzero(group.allowed(Pairs(universe, *nodes, source, target), place))
        if good.size < place.size:
            source, target, place = source[good], target[good], place[good]
    return source, target, place


def _described(
    steps: Sequence[LayerStep], pairs: Pairs, place: IndexArray, sides: tuple[IndexArray, IndexArray]
) -> list[Moves]:
    """The moves of each step, given those of all sorted by step. sides: their moments, counted by step."""
    weight = np.zeros(len(pairs))
    groups = by_scope([(step.reader, step.reader.weights) for step in steps])
    # Each step's sum goes in an order of its own, whichever steps stand beside it.
    for group in sorted(groups, key=lambda group: (group.scope.before, group.scope.after)):
        weight += group.weight(pairs, place)
    ends = np.searchsorted(place, np.arange(len(steps) + 1)).tolist()
    reading = _read_alike(steps, pairs, place, ends)
    before, after = (side.astype(np.int32) for side in sides)
    return [
        Moves(
            step.after,
            before[a:b],
            after[a:b],
            weight[a:b],
            *read,
            begins(before[a:b], 1 if step.before is None else len(step.before)),
        )
        for step, (a, b), read in zip(steps, pairwise(ends), reading, strict=True)
    ]


_Read = tuple[IntArray, IntArray, tuple[Hashable, ...]]  # combination, classes, factors, as in `Moves`


def _read_alike(steps: Sequence[LayerStep], pairs: Pairs, place: IndexArray, ends: list[int]) -> list[_Read]:
    """What the memories of each step read, steps whose factors with memory are the same together."""
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    for number, step in enumerate(steps):
        groups.setdefault(tuple(memory_factors(step.reader)), []).append(number)
    found: dict[int, _Read] = {}
    columns = _columns(steps, [memory_reads(step.reader) for step in steps], pairs, ends)
    for factors, members in groups.items():
        rows = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in members])
        reader = steps[members[0]].reader
        chosen = [
            each.column([columns[_read_key(reader, read)][rows] for read in each.reads])
            for each in memory_factors(reader).values()
        ]
        firsts, code = distinct([place[rows], *chosen], rows.size)
        classes = np.empty((firsts.size, len(factors)), dtype=np.int32)
        for i, column in enumerate(chosen):
            classes[:, i] = column[firsts]
        bounds = np.searchsorted(place[rows][firsts], [*members, len(steps)]).tolist()
        begin = 0
        for number, (a, b) in zip(members, pairwise(bounds), strict=True):
            length = ends[number + 1] - ends[number]
            found[number] = code[begin : begin + length] - np.int32(a), classes[a:b], factors
            begin += length
    return [found[number] for number in range(len(steps))]


def _columns(
    steps: Sequence[LayerStep], reads: Sequence[dict[Hashable, Part | Output]], pairs: Pairs, ends: list[int]
) -> dict[Hashable, IntArray]:
    """Each thing that is read, on all pairs of the steps that read it; elsewhere 0."""
    having: dict[Hashable, list[int]] = {}
    for number, own in enumerate(reads):
        for key in own:
            having.setdefault(key, []).append(number)
    parts: dict[tuple[int, ...], tuple[IndexArray | None, Pairs]] = {tuple(range(len(steps))): (None, pairs)}
    columns = {}
    for key, numbers in having.items():
        if tuple(numbers) not in parts:
            rows = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in numbers])
            parts[tuple(numbers)] = rows, pairs.some(rows)
        where, some = parts[tuple(numbers)]
        column = steps[numbers[0]].reader.column(reads[numbers[0]][key], some)
        if where is not None:
            wide = np.zeros(len(pairs), dtype=np.int32)
            wide[where] = column
            column = wide
        columns[key] = column
    return columns


def memory_factors(reader: Reader) -> dict[Hashable, Classed]:
    """The factors with memory that read anything the pair decides, by identity."""
    return {reader.identity[name]: each for name, each in reader.classed().items() if each.reads}


def memory_reads(reader: Reader) -> dict[Hashable, Part | Output]:
    """What factors with memory read that the pair alone decides, each once, under equal keys where equal."""
    return {_read_key(reader, read): read for each in reader.classed().values() for read in each.reads}


def _read_key(reader: Reader, read: Part | Output) -> Hashable:
    return (Part, read.key) if isinstance(read, Part) else (Output, reader.identity[read.factor])
