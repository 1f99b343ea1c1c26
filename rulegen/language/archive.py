"""Trees of syntax as plain lists for JSON, and back; files that are parsed once and then kept.

A node is a list: the number of its class among the classes of the syntax, its fields, and where it stands. Of
lists that are no nodes the first item is below 0, and says what they are.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from rulegen.errors import Source, Span
from rulegen.language import store, syntax
from rulegen.language.parser import ParseResult, parse

TUPLE, FRACTION = -1, -2

_CLASSES: tuple[type, ...] = tuple(
    each
    for _, each in sorted(vars(syntax).items())
    if isinstance(each, type) and is_dataclass(each) and each is not Span
)
_NUMBERS = {each: number for number, each in enumerate(_CLASSES)}


def parse_kept(source: Source, name: str) -> ParseResult:
    """What `parse` gives, kept under a name until the text or the language changes, if it has no faults."""
    name, key = f"pack-{name}", store.key_of(source.text)
    kept = store.load(name, key)
    if kept is not None:
        return ParseResult(decoded(kept), ())
    result = parse(source)
    if not result.diagnostics:
        store.save(name, key, encoded(result.file))
    return result


def encoded(value: Any) -> Any:
    """A tree, or a part of it, as a value of JSON."""
    number = _NUMBERS.get(type(value))
    if number is not None:
        inner = (encoded(getattr(value, name)) for name in _inner(number))
        return [number, *inner, value.span.start, value.span.end]
    if isinstance(value, tuple):
        return [TUPLE, *map(encoded, value)]
    if isinstance(value, Fraction):
        return [FRACTION, value.numerator, value.denominator]
    return value


def decoded(value: Any) -> Any:
    """The tree that a value of JSON stands for."""
    if type(value) is not list:
        return value
    number = value[0]
    if number == FRACTION:
        return Fraction(value[1], value[2])
    inner = value[1:] if number == TUPLE else value[1:-2]
    parts = [decoded(each) if type(each) is list else each for each in inner]
    return tuple(parts) if number == TUPLE else _CLASSES[number](*parts, Span(value[-2], value[-1]))


@cache
def _inner(number: int) -> tuple[str, ...]:
    return tuple(each.name for each in fields(_CLASSES[number]) if each.name != "span")
