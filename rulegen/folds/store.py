"""The compiled rules of a draft as one file, so that another process need not compile them again.

A file is kept by all that its rules depend on: the program, the frame, what codes stand for, and what
is given; in it each use by what it says. What reads more than can be tabulated is kept as its expression.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from rulegen.folds.plain import Expressions, NotStorable, read_expressions
from rulegen.lattice.arrays import AnyArray, Arrays, Json, read
from rulegen.lattice.problem import Factor, LetterTable, Output, Part, Slot, Whole
from rulegen.lattice.store import Cache
from rulegen.rules.decomposition import Leaf, leaf_part
from rulegen.rules.draft import Board, Draft
from rulegen.style.expression import Typed
from rulegen.style.quoting import is_guard

_MAGIC = b"rulegen folds 2\n"  # the number changes with the layout or meaning of what is stored
_MOST_USES = 256  # of one file
_LARGEST = 1 << 25  # bytes of arrays: more is not kept

Compiled = tuple[int, Board]  # the number that the use had, and its factors


def recall(draft: Draft, cache: Cache) -> None:
    """Takes up what is kept of a draft's rules, where nothing is known of them yet."""
    if draft.stored or draft.compiled:
        return
    found = cache.find(f"{draft.digest}.folds", partial(read, magic=_MAGIC))
    if found is not None:
        draft.stored.update(_File(*found, draft).uses())


def remember(draft: Draft, cache: Cache) -> None:
    """Keeps a draft's rules, where there are any that are not kept."""
    named: dict[str, Compiled | None] = {
        use.content: compiled for use, compiled in draft.compiled.items() if not is_guard(use.rule)
    }
    if named.keys() <= draft.stored.keys():
        return
    for name, stored in draft.stored.items():
        if name not in named and len(named) < _MOST_USES:
            named[name] = stored()
    writing = _Writing()
    uses = {name: compiled and writing.use(*compiled) for name, compiled in named.items()}
    header = {"uses": uses, "parts": writing.parts, "nodes": writing.nodes.nodes}
    if writing.arrays.size <= _LARGEST:
        cache.keep(f"{draft.digest}.folds", lambda path: writing.arrays.write(path, _MAGIC, header))
    draft.stored.update(dict.fromkeys(named.keys() - draft.stored.keys(), lambda: None))


@dataclass(slots=True, eq=False)
class _Writing:
    """Factors as numbers and arrays."""

    arrays: Arrays = field(default_factory=Arrays)
    parts: list[Json] = field(default_factory=list)
    nodes: Expressions = field(default_factory=Expressions)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    def use(self, was: int, board: Board) -> Json:
        """A use's factors; nothing where they cannot be stored."""
        try:
            every = {factor.key: factor for own in board.places.values() for factor in own.values()}
            number = {key: place for place, key in enumerate(every)}
            return {
                "use": was,
                "slots": [[slot.size, slot.start, slot.name] for slot in board.slots],
                "factors": [self.factor(factor) for factor in every.values()],
                "places": [[*place, [number[key] for key in own]] for place, own in board.places.items()],
            }
        except NotStorable:
            return None

    def factor(self, factor: Factor) -> Json:
        weighs = factor.next is None or bool(factor.log_weight.any())
        tables = (factor.log_weight if weighs else None, factor.next, factor.output)
        reads = [
            self.part(each) if isinstance(each, Part) else [_plain(each.factor), each.size]
            for each in factor.reads
        ]
        return [_plain(factor.name), reads, factor.slot, *map(self.arrays.optional, tables)]

    def part(self, part: Part) -> int:
        """The number of a part."""
        if part.key not in self._numbers:
            letter = part.letter
            if isinstance(letter, LetterTable):
                content: Json = self.arrays.add(letter.letters)
            elif isinstance(letter, Whole):
                content = letter.counts
            elif isinstance(letter, Leaf):
                content = {"leaf": self.nodes.add(letter.local)}
            else:
                raise NotStorable
            self._numbers[part.key] = len(self.parts)
            self.parts.append([part.before, part.after, part.size, content])
        return self._numbers[part.key]


def _plain(name: Hashable) -> Json:
    """A name of numbers and words."""
    if isinstance(name, tuple):
        return [_plain(each) for each in name]
    if isinstance(name, np.integer):
        return int(name)
    if name is None or isinstance(name, int | str):
        return name
    raise NotStorable


def _named(name: Json) -> Hashable:
    return tuple(map(_named, name)) if isinstance(name, list) else name


@dataclass(eq=False)
class _File:
    """A file that was read."""

    header: dict[str, Json]
    arrays: Sequence[AnyArray]
    draft: Draft
    _parts: dict[int, Part] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> list[Typed]:
        """The expressions of parts."""
        return read_expressions(self.header["nodes"])

    def uses(self) -> dict[str, Callable[[], Compiled | None]]:
        """What gives the factors of each use that is stored."""
        return {name: partial(self.use, stored) for name, stored in self.header["uses"].items()}

    def use(self, stored: Json) -> Compiled | None:
        """A use's factors; None where there are none, or they are damaged."""
        try:
            return None if stored is None else self._use(stored)
        except (ValueError, KeyError, IndexError, TypeError):
            return None

    def _use(self, stored: Json) -> Compiled:
        use = stored["use"]
        factors = [self.factor(use, *each) for each in stored["factors"]]
        board = Board([Slot(size, start, use, name) for size, start, name in stored["slots"]])
        for statement, place, numbers in stored["places"]:
            own = (factors[number] for number in numbers)
            board.places[statement, place] = {factor.key: factor for factor in own}
        return use, board

    def factor(self, use: int, name: Json, reads: Json, slot: int | None, *numbers: int | None) -> Factor:
        weights, following, output = (None if each is None else self.arrays[each] for each in numbers)
        if weights is None:
            assert following is not None
            weights = np.zeros(following.shape)
        read = tuple(
            Output(_named(each[0]), each[1]) if isinstance(each, list) else self.part(each) for each in reads
        )
        return Factor.of(_named(name), use, read, weights, slot, following, output)

    def part(self, number: int) -> Part:
        """The part of a number."""
        if number not in self._parts:
            before, after, size, content = self.header["parts"][number]
            scope = tuple(before), tuple(after)
            if isinstance(content, dict):
                self._parts[number] = leaf_part(self.nodes[content["leaf"]], self.draft.tables)
            elif isinstance(content, list):
                self._parts[number] = Part.whole(*scope, tuple(content))
            else:
                self._parts[number] = Part.table(*scope, size, self.arrays[content])
        return self._parts[number]
