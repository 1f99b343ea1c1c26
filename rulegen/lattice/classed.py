"""Letters of factors with memory, those that act alike taken as one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from rulegen.lattice.codes import IndexArray, distinct
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part

_Table = TypeVar("_Table", IntArray, FloatArray)
_CELLS = 1 << 18  # of a factor's table: in larger ones, each letter is a class of its own
_BITS = 61  # of one number: rows of a table are packed, beside the rank of a column


@dataclass(frozen=True, slots=True, eq=False)
class Classed:
    """A factor with memory, and its letters by how they act on whatever it remembers and hears."""

    factor: Factor  # the same over classes: it reads what factors with memory hand on, then its class
    reads: tuple[Part | Output, ...]  # what the pair decides, of which the class is
    classes: IntArray  # by letter of `reads`

    @classmethod
    def of(cls, factor: Factor, heard: Sequence[bool]) -> Classed:
        """The factor with its letters classed. heard: which of its reads factors with memory hand on."""
        inner = tuple(read for read, is_heard in zip(factor.reads, heard, strict=True) if is_heard)
        reads = tuple(read for read, is_heard in zip(factor.reads, heard, strict=True) if not is_heard)
        sizes = tuple(read.size for read in factor.reads)
        axes = [0, *sorted(range(1, 1 + len(sizes)), key=lambda axis: not heard[axis - 1])]
        letters = int(np.prod([read.size for read in reads], dtype=np.int64))

        def spread(table: _Table) -> _Table:
            found: _Table = table.reshape(-1, *sizes).transpose(axes).reshape(-1, letters)
            return found

        firsts: IndexArray | slice = slice(None)
        count, classes = letters, np.arange(letters, dtype=np.int32)
        if factor.log_weight.size <= _CELLS:
            tables = [table for table in (factor.next, factor.output) if table is not None]
            tables += [_ranks(factor.log_weight)] if factor.log_weight.any() else []
            firsts, classes = _alike([spread(table) for table in tables], letters)
            count = firsts.size

        def few(table: _Table) -> _Table:
            found: _Table = spread(table)[:, firsts].reshape(len(table), -1)
            return found

        own = (Output(class_of(factor.name), count),) if reads else ()
        small = replace(
            factor,
            reads=(*inner, *own),
            log_weight=few(factor.log_weight),
            next=None if factor.next is None else few(factor.next),
            output=None if factor.output is None else few(factor.output),
        )
        return cls(small, reads, classes)

    def column(self, columns: Sequence[IntArray]) -> IntArray:
        """The class on some pairs, given what is read on them."""
        code = np.zeros(1, dtype=np.int32)
        for read, column in zip(self.reads, columns, strict=True):
            code = code * np.int32(read.size) + column
        return np.take(self.classes, code)


def narrowed(factor: Factor, held: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """The class of each letter of a classed factor's last read, letters of one class acting alike, and the
    outputs that it may hand on, where it remembers and hears no more than what is `held`: its memories, then
    what each of its other reads may be.
    """
    sizes = [read.size for read in factor.reads]
    every = np.ix_(*held, np.arange(sizes[-1])) if len(held) == len(sizes) else np.ix_(*held)
    letters = sizes[-1] if len(held) == len(sizes) else 1
    tables = [table for table in (factor.next, factor.output) if table is not None]
    tables += [_ranks(factor.log_weight)] if factor.log_weight.any() else []
    few = [table.reshape(-1, *sizes)[every].reshape(-1, letters) for table in tables]
    output = np.zeros(0, dtype=np.int32)
    if factor.output is not None:
        heard = factor.output.reshape(-1, *sizes)[every].reshape(-1)
        output = heard[distinct([heard], heard.size)[0]]
    return _alike(few, letters)[1], output


def class_of(name: Hashable) -> Hashable:
    """What a classed factor of this name reads its class as."""
    return "class of", name


def _ranks(weights: FloatArray) -> IntArray:
    """Each weight's place among the distinct ones, by its bits."""
    bits = np.ascontiguousarray(weights).view(np.int64)
    values = np.sort(bits, axis=None)
    values = values[np.append(True, values[1:] != values[:-1])]
    return np.searchsorted(values, bits).astype(np.int32)


def _alike(tables: Sequence[IntArray], letters: int) -> tuple[IndexArray, IntArray]:
    """The columns of some tables, (rows, letters) each, those that are equal once: an index of each distinct
    one, in lexicographic order, and each one's rank.
    """
    packed = []
    for table in tables:
        radix = int(table.max()) + 1
        if radix == 1:
            continue  # it tells nothing apart
        wide = max(1, int((_BITS - np.log2(letters)) / np.log2(radix)))
        powers = radix ** np.arange(wide - 1, -1, -1, dtype=np.int64)
        rows = range(0, len(table), wide)
        packed += [powers[-len(some) :] @ some for some in (table[row : row + wide] for row in rows)]
    return distinct(packed, letters)
