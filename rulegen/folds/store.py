"""The compiled rules of a draft as one file, so that another process need not compile them again.

A file is kept by all that its rules depend on: the program, the frame, what codes stand for, and what
is given; in it each use by what it says. What reads more than can be tabulated is kept as its expression.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import astuple, dataclass, field, fields
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np

from rulegen.lattice.arrays import AnyArray, Arrays, Json, read
from rulegen.lattice.problem import Factor, LetterTable, Output, Part, Slot, Whole
from rulegen.lattice.store import Cache
from rulegen.rules.decomposition import Leaf, leaf_part
from rulegen.rules.draft import Board, Draft
from rulegen.storage import program
from rulegen.style.expression import Apply, Cell, Literal, Typed, Value
from rulegen.style.model import Use
from rulegen.style.quoting import is_guard
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass

_MAGIC = b"rulegen folds 1\n"  # the number changes with the layout or meaning of what is stored
_MOST_USES = 256  # of one file
_LARGEST = 1 << 25  # bytes of arrays: more is not kept
_VALUES = {each.__name__: each for each in (Pitch, PitchClass, Interval)}

Compiled = tuple[int, Board]  # the number that the use had, and its factors


class _NotStorable(Exception):
    """Something has no form in a file."""


def recall(draft: Draft, cache: Cache) -> None:
    """Takes up what is kept of a draft's rules, where nothing is known of them yet."""
    if draft.stored or draft.compiled:
        return
    found = cache.find(_name(draft), partial(read, magic=_MAGIC))
    if found is not None:
        draft.stored.update(_File(*found, draft).uses())


def remember(draft: Draft, cache: Cache) -> None:
    """Keeps a draft's rules, where there are any that are not kept."""
    named: dict[str, Compiled | None] = {
        use_name(use): compiled for use, compiled in draft.compiled.items() if not is_guard(use.rule)
    }
    if named.keys() <= draft.stored.keys():
        return
    for name, stored in draft.stored.items():
        if name not in named and len(named) < _MOST_USES:
            named[name] = stored()
    writing = _Writing()
    uses = {name: compiled and writing.use(*compiled) for name, compiled in named.items()}
    header = {"uses": uses, "parts": writing.parts}
    if writing.arrays.size <= _LARGEST:
        cache.keep(_name(draft), lambda path: writing.arrays.write(path, _MAGIC, header))
    draft.stored.update(dict.fromkeys(named.keys() - draft.stored.keys(), lambda: None))


@lru_cache(maxsize=1 << 12)
def use_name(use: Use) -> str:
    """What tells a use from others by what it says, its number with it."""
    return hashlib.sha256(repr(use).encode()).hexdigest()


def _name(draft: Draft) -> str:
    own = [getattr(draft, each.name) for each in fields(draft) if each.name != "tables"]
    whole = repr((program(), np.__version__, own, draft.tables.content))
    return f"{hashlib.sha256(whole.encode()).hexdigest()}.folds"


@dataclass(slots=True, eq=False)
class _Writing:
    """Factors as numbers and arrays."""

    arrays: Arrays = field(default_factory=Arrays)
    parts: list[Json] = field(default_factory=list)
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
        except _NotStorable:
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
                content = {"leaf": _expression(letter.local)}
            else:
                raise _NotStorable
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
    raise _NotStorable


def _named(name: Json) -> Hashable:
    return tuple(map(_named, name)) if isinstance(name, list) else name


def _expression(expression: Typed) -> Json:
    if isinstance(expression, Cell):
        return ["cell", expression.kind, expression.facet, expression.component, expression.element]
    if isinstance(expression, Literal):
        return ["literal", expression.kind, _value(expression.value)]
    if isinstance(expression, Apply):
        return ["apply", expression.kind, expression.operation, *map(_expression, expression.arguments)]
    raise _NotStorable


def _value(value: Value) -> Json:
    if isinstance(value, Fraction):
        return ["Fraction", value.numerator, value.denominator]
    if isinstance(value, Pitch | PitchClass | Interval):
        return [type(value).__name__, *astuple(value)]
    return value


def _read_expression(stored: Json) -> Typed:
    form, kind, *rest = stored
    if form == "cell":
        return Cell(kind, *rest)
    if form == "apply":
        return Apply(kind, rest[0], tuple(map(_read_expression, rest[1:])))
    value = rest[0]
    if isinstance(value, list):
        value = Fraction(*value[1:]) if value[0] == "Fraction" else _VALUES[value[0]](*value[1:])
    return Literal(kind, value)


@dataclass(slots=True, eq=False)
class _File:
    """A file that was read."""

    header: dict[str, Json]
    arrays: Sequence[AnyArray]
    draft: Draft
    _parts: dict[int, Part] = field(default_factory=dict)

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
                self._parts[number] = leaf_part(_read_expression(content["leaf"]), self.draft.tables)
            elif isinstance(content, list):
                self._parts[number] = Part.whole(*scope, tuple(content))
            else:
                self._parts[number] = Part.table(*scope, size, self.arrays[content])
        return self._parts[number]
