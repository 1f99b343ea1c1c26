"""What rules read of keys where a piece has several, and what they do not compare across a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rulegen.style.expression import (
    FITS,
    Aggregated,
    Apply,
    Binding,
    Literal,
    Typed,
    Variable,
    conjunction,
)
from rulegen.style.vocabulary import ROWS, TRUTH

IN_ONE_KEY = "in_one_key"

# What is said of a note or chord in terms of a key: it cannot be compared with what is said in another.
_RELATIVE = frozenset(
    {"note.degree", "note.alteration", "note.is_leading_tone", "chord.degree", "chord.function"}
)
_READ = _RELATIVE | {"note.key", "moment.key", "chord.key"}


def in_one_key(expression: Typed, binding: Binding) -> Typed:
    """The event of a window, which does not arise where it compares degrees in different keys. A kind of
    foreign note that does so fits none there: that a note must be of some kind is asked all the same.
    """
    names = {variable.name: variable for variable in binding.variables}
    expression, outside = _with_kinds_in_one_key(expression, names), _without_kinds(expression)
    found = tuple(dict.fromkeys(_elements(outside, names, _RELATIVE)))
    if len(found) < 2:
        return expression
    same = Apply(TRUTH, IN_ONE_KEY, found)
    if isinstance(expression, Apply) and expression.operation == "both":  # a condition, and what is collected
        condition, value = expression.arguments
        return Apply(expression.kind, "both", (conjunction(same, condition), value))
    return conjunction(same, expression)


def _with_kinds_in_one_key(part: Typed, names: Mapping[str, Variable]) -> Typed:
    if not isinstance(part, Apply):
        return part
    if part.operation != FITS:
        return replace(part, arguments=tuple(_with_kinds_in_one_key(each, names) for each in part.arguments))
    found = tuple(dict.fromkeys(_elements(part, names, _RELATIVE)))
    same = (Apply(TRUTH, IN_ONE_KEY, found),) if len(found) > 1 else ()
    return replace(part, arguments=(conjunction(*same, *part.arguments),))


def _without_kinds(part: Typed) -> Typed:
    if not isinstance(part, Apply):
        return part
    kept = (each for each in part.arguments if not (isinstance(each, Apply) and each.operation == FITS))
    return replace(part, arguments=tuple(map(_without_kinds, kept)))


def keyed(expression: Typed, binding: Binding) -> tuple[str, ...]:
    """The elements of a window whose keys an event reads."""
    names = {variable.name: variable for variable in binding.variables}
    read = {each.name for each in _elements(expression, names, _READ | {IN_ONE_KEY})}
    return tuple(sorted(read | ({binding.variables[-1].name} if _names_key(expression) else set())))


def asks_meter(part: Typed) -> bool:
    """Whether it speaks of the meter at the last element of a window."""
    if isinstance(part, Apply):
        return part.operation.startswith("meter.") or any(map(asks_meter, part.arguments))
    if isinstance(part, Aggregated):
        return any(asks_meter(each) for each in (part.where, part.value) if each is not None)
    return False


def _elements(part: Typed, names: Mapping[str, Variable], operations: frozenset[str]) -> Iterator[Variable]:
    """The elements of which something is read; a note of a moment stands for its moment."""
    if isinstance(part, Aggregated):
        inner = {
            variable.name: names[binding.scope.name]
            for binding in part.bindings
            for variable in binding.variables
            if isinstance(binding.scope, Variable) and binding.scope.name in names
        }
        for each in (part.where, part.value):
            if each is not None:
                yield from _elements(each, {**names, **inner}, operations)
    elif isinstance(part, Apply):
        names_chord = part.operation in ("same_chord", "alike_chord") and isinstance(
            part.arguments[1], Literal
        )
        if part.operation in operations or names_chord:
            yield from (names[each.name] for each in _variables(part) if each.name in names)
        else:
            for each in part.arguments:
                yield from _elements(each, names, operations)


def _variables(part: Typed) -> Iterator[Variable]:
    if isinstance(part, Variable) and part.kind in ROWS:
        yield part
    elif isinstance(part, Apply):
        for each in part.arguments:
            yield from _variables(each)


def _names_key(part: Typed) -> bool:
    """Whether it speaks of the key at the last element of a window, as `key.tonic` does."""
    if isinstance(part, Variable):
        return part.kind == "key"
    if isinstance(part, Apply):
        return any(_names_key(each) for each in part.arguments)
    if isinstance(part, Aggregated):
        return any(_names_key(each) for each in (part.where, part.value) if each is not None)
    return False
