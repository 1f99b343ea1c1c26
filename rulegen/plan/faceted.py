"""Factors that read facets, on components whose codes have several of them.

Rules read a voice's pitch or its time, each of which has few values; the lattice joins codes that hold both.
A part is tabulated on the values that it reads, and looked up by code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from rulegen.lattice.problem import Columns, Factor, IntArray, LetterTable, Part, intern

_LARGEST = 4_000_000  # cases for which a part is tabulated


@dataclass(frozen=True, eq=False)
class FacetMap:
    """Components as rules read them, on components as the lattice joins them.

    owner: of each component that is read, the one that holds it; values: (codes of the owner,) its value, or
    None where that is the code; sizes: how many values it has.
    """

    owner: tuple[int, ...]
    values: tuple[IntArray | None, ...]
    sizes: tuple[int, ...]
    _factors: dict[int, Factor] = field(default_factory=dict)
    _parts: dict[object, Part] = field(default_factory=dict)

    def factors(self, factors: Sequence[Factor]) -> tuple[Factor, ...]:
        """The factors on codes; each is made once."""
        return tuple(self._factor(factor) for factor in factors)

    def _factor(self, factor: Factor) -> Factor:
        key = intern(("on codes", factor.key))
        if key not in self._factors:
            reads = tuple(self._part(read) if isinstance(read, Part) else read for read in factor.reads)
            self._factors[key] = replace(factor, key=key, reads=reads)
        return self._factors[key]

    def _part(self, part: Part) -> Part:
        if part.key not in self._parts:
            before, after = (
                tuple(dict.fromkeys(self.owner[each] for each in side)) for side in (part.before, part.after)
            )
            looked_up = _LookedUp(self, part, before, after)
            self._parts[part.key] = Part(
                intern(("on codes", part.key)), before, after, part.size, looked_up.letters
            )
        return self._parts[part.key]


@dataclass(eq=False)
class _LookedUp:
    """A part by the values that it reads, which are tabulated when first they are asked for."""

    facets: FacetMap
    part: Part
    before: tuple[int, ...]
    after: tuple[int, ...]
    table: LetterTable | None = None

    def letters(self, before: Columns, after: Columns) -> IntArray:
        """The part's letters, by columns of codes."""
        part, facets = self.part, self.facets
        sides = ((part.before, self.before, before), (part.after, self.after, after))
        columns: list[list[IntArray]] = [
            [self._values(each, codes[owners.index(facets.owner[each])]) for each in read]
            for read, owners, codes in sides
        ]
        sizes = [facets.sizes[each] for each in (*part.before, *part.after)]
        read = tuple(columns[0]), tuple(columns[1])
        if isinstance(part.letter, LetterTable) or prod(sizes) > _LARGEST:
            return part.letter(*read)
        if self.table is None:
            self.table = self._tabulated(sizes)
        return self.table(*read)

    def _values(self, component: int, codes: IntArray) -> IntArray:
        values = self.facets.values[component]
        return codes if values is None else values[codes]

    def _tabulated(self, sizes: Sequence[int]) -> LetterTable:
        grid = np.ix_(*(np.arange(size, dtype=np.int32) for size in sizes))
        split = len(self.part.before)
        letters = np.asarray(self.part.letter(tuple(grid[:split]), tuple(grid[split:])))
        narrow = np.min_scalar_type(max(self.part.size - 1, 0))
        return LetterTable(np.broadcast_to(letters, tuple(sizes)).astype(narrow))
