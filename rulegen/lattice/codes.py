"""Distinct tuples as small integers, and the arithmetic of expanding ranges:
what keeps loops over states out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import IntArray

IndexArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Integers = NDArray[np.integer[Any]]

_DENSE = 1 << 16  # a table of seen keys of this size is always cheap


def expand(counts: Integers) -> tuple[IndexArray, IndexArray]:
    """For ranges of lengths `counts`: the range each element belongs to, and its place within it."""
    counts = counts.astype(np.int64, copy=False)
    owner = np.repeat(np.arange(counts.size), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(owner.size) - starts[owner]


def gather_ranges(first: IndexArray, rows: Integers) -> tuple[IndexArray, IndexArray]:
    """The elements first[r] .. first[r + 1] of each of `rows`: (which of `rows`, element)."""
    begin = first[rows]
    counts = first[rows + 1] - begin
    owner = np.repeat(np.arange(counts.size), counts)
    shift = begin - (np.cumsum(counts) - counts)
    return owner, np.arange(owner.size) + shift[owner]


def distinct_keys(keys: Integers, size: int) -> tuple[IndexArray, IntArray]:
    """An index of each distinct key, in ascending order of keys, and each key's rank; keys lie in 0 ..
    size-1."""
    if size <= max(_DENSE, 8 * keys.size):
        place = np.full(size, -1, dtype=np.int64)
        place[keys] = np.arange(keys.size)
        seen = np.flatnonzero(place >= 0)
        rank = np.empty(size, dtype=np.int32)
        rank[seen] = np.arange(seen.size, dtype=np.int32)
        return place[seen], rank[keys]
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    fresh = np.append(True, ranked[1:] != ranked[:-1])[: keys.size]
    codes = np.empty(keys.size, dtype=np.int32)
    codes[order] = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
    return order[fresh], codes


def distinct(columns: Sequence[Integers], length: int) -> tuple[IndexArray, IntArray]:
    """Distinct rows of `columns` (each (length,), not negative):
    an index of each, in lexicographic order, and ranks."""
    keys = np.zeros(length, dtype=np.int64)
    size = 1
    if length == 0:
        return keys, np.zeros(0, dtype=np.int32)
    for column in columns:
        radix = int(column.max()) + 1
        if size * radix >= 1 << 62:
            firsts, codes = distinct_keys(keys, size)
            keys, size = codes.astype(np.int64), firsts.size
        keys = keys * radix + column
        size *= radix
    return distinct_keys(keys, size)


def begins(sorted_owner: Integers, owners: int) -> IndexArray:
    """Where each owner's elements begin in an array sorted by owner, (owners + 1,)."""
    first = np.zeros(owners + 1, dtype=np.int64)
    np.cumsum(np.bincount(sorted_owner, minlength=owners), out=first[1:])
    return first
