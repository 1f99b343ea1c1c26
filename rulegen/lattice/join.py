"""The admissible pairs of joint moments:
two prefix tries joined level by level, each filter as early as it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.codes import IndexArray, begins, distinct
from rulegen.lattice.moments import (
    BLOCK,
    FilterGroup,
    Level,
    Limits,
    Moments,
    TooMany,
    allowed,
    children_pairs,
    group_filters,
)
from rulegen.lattice.problem import FloatArray, IntArray, Output, Part
from rulegen.lattice.reading import Nodes, Pairs, Reader, Universe


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Admissible pairs of joint moments, sorted by `before`, with what the memories read of them."""

    entered: Moments
    before: IntArray  # (moves,)
    after: IntArray  # (moves,)
    log_weight: FloatArray  # (moves,), nats, of the factors without memory
    combination: IntArray  # (moves,) row of `letters`: what the factors with memory read
    letters: IntArray  # (combinations, reads), columns as in `reads`
    reads: tuple[Part | Output, ...]
    first: IndexArray = field(repr=False)  # (moments before + 1,): where each moment's moves begin


def join(universe: Universe, before: Moments, after: Moments, reader: Reader, limits: Limits) -> Moves:
    """All moves from a joint moment of one layer to one of the next that every filter allows.

    Raises `TooMany` beyond the limits.
    """
    source, target = _join_tries(universe, before, after, reader, limits)
    nodes = before.levels()[-1].nodes, after.levels()[-1].nodes
    return _describe(Pairs(universe, *nodes, source, target), reader, len(before), after)


def opening(universe: Universe, after: Moments, reader: Reader) -> Moves:
    """The moves from the one state before the first layer to that layer's joint moments."""
    everything = np.arange(len(after))
    pairs = Pairs(universe, None, after.levels()[-1].nodes, np.zeros_like(everything), everything)
    return _describe(pairs, reader, 1, after)


def _describe(pairs: Pairs, reader: Reader, moments_before: int, after: Moments) -> Moves:
    reads = memory_reads(reader)
    columns = [reader.column(read, pairs) for read in reads]
    firsts, combination = distinct(columns, len(pairs))
    letters = np.empty((firsts.size, len(reads)), dtype=np.int32)
    for i, column in enumerate(columns):
        letters[:, i] = column[firsts]
    source = pairs.source.astype(np.int32)
    return Moves(
        entered=after,
        before=source,
        after=pairs.target.astype(np.int32),
        log_weight=reader.weigh(pairs),
        combination=combination,
        letters=letters,
        reads=reads,
        first=begins(source, moments_before),
    )


def memory_reads(reader: Reader) -> tuple[Part | Output, ...]:
    """What factors with memory read that the pair alone decides, each once."""
    reads: dict[object, Part | Output] = {}
    for factor in reader.factors:
        if factor.name in reader.remembering:
            for read in factor.reads:
                if isinstance(read, Part):
                    reads.setdefault((Part, read.key), read)
                elif read.factor not in reader.remembering:
                    reads.setdefault((Output, read.factor), read)
    return tuple(reads.values())


def _join_tries(
    universe: Universe, before: Moments, after: Moments, reader: Reader, limits: Limits
) -> tuple[IndexArray, IndexArray]:
    filters = [f for f in reader.filters if reader.scopes[f.name].before]
    groups = group_filters(reader, filters, before.order)
    source = target = np.zeros(min(1, len(before) * len(after)), dtype=np.int64)
    left, right = before.levels(), after.levels()
    for level in range(1, len(left)):
        kept, found = [], 0
        for pairs in _candidates((left[level - 1], right[level - 1]), source, target):
            kept.append(
                _filter(universe, reader, groups[level], (left[level].nodes, right[level].nodes), pairs)
            )
            found += kept[-1][0].size
            if found > limits.moves:
                raise TooMany(limits.moves, "moves")
        source, target = (np.concatenate([k[side] for k in kept]) for side in range(2))
    order = np.argsort(source, kind="stable")
    return source[order], target[order]


def _candidates(
    levels: tuple[Level, Level], source: IndexArray, target: IndexArray
) -> Iterator[tuple[IndexArray, IndexArray]]:
    """Pairs of children, block by block, so that the candidates never all stand in memory."""
    before, after = levels
    width = np.diff(before.children)[source] * np.diff(after.children)[target]
    total = np.cumsum(width)
    blocks = max(1, -(-int(total[-1]) // BLOCK)) if total.size else 1
    cuts = np.searchsorted(total, np.arange(1, blocks) * BLOCK)
    for s, t in zip(np.split(source, cuts), np.split(target, cuts), strict=True):
        yield children_pairs(before, after, s, t)


def _filter(
    universe: Universe,
    reader: Reader,
    groups: FilterGroup,
    nodes: tuple[Nodes, Nodes],
    pairs: tuple[IndexArray, IndexArray],
) -> tuple[IndexArray, IndexArray]:
    source, target = pairs
    for scope, factors in groups:
        good = allowed(reader, scope, factors, Pairs(universe, *nodes, source, target))
        keep = np.flatnonzero(good)
        if keep.size < good.size:
            source, target = source[keep], target[keep]
    return source, target
