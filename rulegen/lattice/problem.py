"""What a lattice is built from: components, layers of domains, and weighted automata that read them.

Nothing here knows music. A *component* is a coordinate of the joint moment (the chord, or the symbol that
one voice sounds); its values are small integers. A *layer* gives each component its domain and lists the
factors that are evaluated when the layer is entered. A *factor* is a weighted automaton: it reads a letter
from the joint moments before and after, moves its memory, adds its log weight and may hand an output on to
later factors of the same layer.

The law of a problem. Let x be an assignment of a value to every component at every layer. Number the
statements of sections as `order` lists them; unroll x accordingly (a section stated again sounds the same
values). Step all memories through the unrolled sequence, from `Slot.start`, by the factors of each layer.
Then

    log weight(x) = Σ factors' log weights over all layers of first statements
                  + Σ factors' log weights over the layers that `Seam` lists for each later statement

and P(x) is proportional to exp of it. Layers of a later statement that its seam does not list move no
memory and weigh nothing: after the seam the memories are those with which the section's first statement
ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]
Columns = tuple[IntArray, ...]
Letter = Callable[[Columns, Columns], IntArray]

LARGEST_TABLE = 1 << 18  # cases for which a part is a table
MOST_AXES = 32  # components that a table has axes for: NumPy has no more than these, or twice as many

_INTERNED: dict[Hashable, int] = {}


def intern(key: Hashable) -> int:
    """A number that is equal for equal keys, within this process: long keys are hashed once."""
    return _INTERNED.setdefault(key, len(_INTERNED))


def digest(*arrays: NDArray[Any] | None) -> bytes:
    """What tells arrays from others by their content."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(b"-" if array is None else repr((array.dtype.str, array.shape)).encode())
        found.update(b"" if array is None else np.ascontiguousarray(array).data)
    return found.digest()


@dataclass(frozen=True, slots=True, eq=False)
class LetterTable:
    """Letters of all values that a part reads: an axis for each component before, then after."""

    letters: NDArray[Any]  # unsigned, as narrow as they can be

    def __call__(self, before: Columns, after: Columns) -> IntArray:
        """The letters of some cases."""
        return np.atleast_1d(self.letters[(*before, *after)]).astype(np.int32)

    def over(self, values: Sequence[IntArray]) -> IntArray:
        """The letters of all combinations of some values of each component, which ascend."""
        letters = self.letters
        for axis, own in enumerate(values):
            if own.size < letters.shape[axis]:
                letters = letters.take(own, axis=axis)
        found: IntArray = letters.astype(np.int32)
        return found


@dataclass(frozen=True, slots=True)
class Whole:
    """The mixed-radix number of all that is read, on one side alone: `counts` values of each component."""

    counts: tuple[int, ...]

    def __call__(self, before: Columns, after: Columns) -> IntArray:
        """The numbers of some cases."""
        found = np.ravel_multi_index((*before, *after), self.counts)
        return np.asarray(found, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Part:
    """A letter read from a few components before and after: a vectorised function on its own scope.

    A `LetterTable` and `Whole` are known by their content, and can be stored; other functions by their keys.
    """

    key: Hashable  # equal keys mean equal functions; the function itself takes no part in equality
    before: tuple[int, ...]  # component indices read in the layer that is left (empty: reads nothing there)
    after: tuple[int, ...]  # component indices read in the layer that is entered
    size: int  # letters are 0 .. size-1
    letter: Letter = field(compare=False, repr=False)
    """(columns before, columns after) -> letters: tuples of int32 (n,) in the parts' order -> int32 (n,)."""

    @classmethod
    def of(
        cls,
        key: Hashable,
        scope: tuple[tuple[int, ...], tuple[int, ...]],
        size: int,
        letter: Letter,
        counts: Sequence[int],
    ) -> Part:
        """A part that reads `scope` before and after, where each component has so many values: a table, where
        they are few. `letter` takes columns of shapes that broadcast.
        """
        before, after = scope
        if prod(counts) > LARGEST_TABLE or len(counts) > MOST_AXES:
            return cls(key, before, after, size, letter)
        grid = np.ix_(*(np.arange(count, dtype=np.int32) for count in counts)) if counts else ()
        found = np.asarray(letter(grid[: len(before)], grid[len(before) :]))
        found = found if counts else found.reshape(())  # where nothing is read, one case
        narrow = np.min_scalar_type(max(size - 1, 0))
        return cls.table(before, after, size, np.broadcast_to(found, tuple(counts)).astype(narrow))

    @classmethod
    def table(cls, before: tuple[int, ...], after: tuple[int, ...], size: int, letters: NDArray[Any]) -> Part:
        """A part of these letters."""
        return cls(intern((before, after, size, digest(letters))), before, after, size, LetterTable(letters))

    @classmethod
    def whole(cls, before: tuple[int, ...], after: tuple[int, ...], counts: tuple[int, ...]) -> Part:
        """A part whose letter is all that it reads."""
        return cls(intern(("whole", before, after, counts)), before, after, prod(counts), Whole(counts))


@dataclass(frozen=True, slots=True)
class Output:
    """The output that an earlier factor of the same layer handed on, as a letter."""

    factor: Hashable  # the `Factor.name` of that factor
    size: int


@dataclass(frozen=True, slots=True)
class Factor:
    """A weighted automaton with outputs, as it acts at one layer.

    The letter is the mixed-radix number of what is read, the first read most significant. `next`,
    `log_weight` and `output` have shape (memory, letters); without a slot, memory is 1. A log weight of
    -inf forbids.
    """

    key: Hashable  # equal keys mean equal factors (all fields alike)
    name: Hashable  # who it is, through all layers; what `Output.factor` refers to
    use: int  # the line of the style that asks for it; -1 for what the score's structure demands
    reads: tuple[Part | Output, ...]
    log_weight: FloatArray = field(compare=False, repr=False)  # nats
    slot: int | None = None
    next: IntArray | None = field(default=None, compare=False, repr=False)
    output: IntArray | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        name: Hashable,
        use: int,
        reads: tuple[Part | Output, ...],
        log_weight: FloatArray,
        slot: int | None = None,
        *tables: IntArray | None,
    ) -> Factor:
        """A factor whose key is its content. tables: `next` and `output`."""
        following, output = (*tables, None, None)[:2]
        log_weight = log_weight + 0.0  # -0.0 is 0.0
        read = tuple(each.key if isinstance(each, Part) else each for each in reads)
        key = intern((name, use, slot, read, digest(log_weight, following, output)))
        return cls(key, name, use, reads, log_weight, slot, following, output)


@dataclass(frozen=True, slots=True)
class Slot:
    """A memory of `size` values, beginning at `start`, kept at layers where no factor moves it."""

    size: int
    start: int
    use: int
    name: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: the domain of each component, int32 and sorted, and the factors evaluated on entering it.

    At the very first layer nothing lies before: factors with a part that reads `before` are not evaluated
    there, nor are those that read the output of a factor that is not.
    """

    domains: tuple[IntArray, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class LayerSpan:
    """A stretch of layers that is decided once: layers first .. stop-1."""

    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Seam:
    """The entry into a section that is stated again: `statement` indexes Problem.order.

    `factors[i]` are evaluated on entering layer `section.first + i` this time; as few layers as the widest
    window needs.
    """

    statement: int
    factors: tuple[tuple[Factor, ...], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """All that a lattice is built from.

    Sections follow one another in `layers` in the order of their first statement.
    """

    components: tuple[str, ...]
    slots: tuple[Slot, ...]
    layers: tuple[Layer, ...]
    sections: tuple[LayerSpan, ...]  # they partition the layers
    order: tuple[int, ...]  # the section that each statement states; firsts in the order of `sections`
    seams: tuple[Seam, ...] = ()  # one for each later statement of a section that has any weight at its entry

    def families(self) -> Iterator[tuple[Factor, ...]]:
        """The factors of each layer, then those of each layer of each seam."""
        yield from (layer.factors for layer in self.layers)
        yield from (factors for seam in self.seams for factors in seam.factors)

    def with_factors(self, chosen: Callable[[tuple[Factor, ...]], tuple[Factor, ...]]) -> Problem:
        """The problem with `chosen(factors)` in place of the factors of every layer and seam."""
        layers = tuple(replace(layer, factors=chosen(layer.factors)) for layer in self.layers)
        seams = tuple(replace(seam, factors=tuple(map(chosen, seam.factors))) for seam in self.seams)
        return replace(self, layers=layers, seams=seams)
