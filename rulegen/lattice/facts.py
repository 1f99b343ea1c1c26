"""What holds of a factor wherever it stands: looked up in its tables once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.lattice.classed import Classed, narrowed
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part


@dataclass(frozen=True, slots=True)
class Fact:
    """What holds of a factor wherever it stands."""

    before: frozenset[int]  # components that its own parts read
    after: frozenset[int]
    inner: tuple[Hashable, ...]  # the factors whose outputs it reads
    silent: bool  # it weighs nothing at all
    filters: bool  # it forbids a letter whatever the memory
    weighs: bool  # with the first memory, a letter that it allows weighs something
    weight: tuple[bool, bool]  # whether what it weighs depends on its memory, and on its letter
    output: tuple[bool, bool]  # whether its output does
    moves: bool  # whether the memory after depends on the memory before

    @classmethod
    def of(cls, factor: Factor) -> Fact:
        """The facts of a factor."""
        parts = [read for read in factor.reads if isinstance(read, Part)]
        silent, first = not factor.log_weight.any(), factor.log_weight[0]
        forbids = np.isneginf(first)  # of most factors nothing: large tables are read no further
        filters = bool(forbids.any()) and bool((factor.log_weight[:, forbids].max(axis=0) == -np.inf).any())
        return cls(
            frozenset(c for part in parts for c in part.before),
            frozenset(c for part in parts for c in part.after),
            tuple(read.factor for read in factor.reads if isinstance(read, Output)),
            silent,
            filters,
            bool((first[~forbids] != 0).any()),
            (False, False) if silent else _depends(factor.log_weight),
            _depends(factor.output),
            factor.next is None or _depends(factor.next)[0],
        )


def _depends(table: IntArray | FloatArray | None) -> tuple[bool, bool]:
    """Whether a table (memories, letters) depends on the memory, and whether on the letter."""
    if table is None:
        return False, False
    return not bool((table == table[:1]).all()), not bool((table == table[:, :1]).all())


class Facts:
    """The facts of the factors of a problem, and of those made of it, by key."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Fact] = {}
        self._classed: dict[Hashable, Classed] = {}
        self._narrowed: dict[Hashable, tuple[IntArray, IntArray]] = {}

    def __getitem__(self, factor: Factor) -> Fact:
        found = self._known.get(factor.key)
        if found is None:
            found = self._known[factor.key] = Fact.of(factor)
        return found

    def classed(self, factor: Factor, heard: tuple[bool, ...]) -> Classed:
        """A factor with its letters classed, see `Classed.of`."""
        key = factor.key, heard
        if key not in self._classed:
            self._classed[key] = Classed.of(factor, heard)
        return self._classed[key]

    def narrowed(self, factor: Factor, held: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
        """The classes of a classed factor's letters by what they do to some memories, see `narrowed`."""
        key = factor.key, factor.reads, *(each.tobytes() for each in held)
        if key not in self._narrowed:
            self._narrowed[key] = narrowed(factor, held)
        return self._narrowed[key]
