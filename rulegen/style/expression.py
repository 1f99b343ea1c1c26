"""Typed expressions: what the checker makes of an expression's syntax, and what rules are compiled from.

Every name is resolved, every literal has its value, user functions are written out in place. Nodes are
frozen and hashable; two expressions that mean the same by the same steps are equal, wherever they stand in
the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from rulegen.language.syntax import Span
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass

Value = Fraction | float | bool | int | str | Pitch | PitchClass | Interval | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is known: Fraction (number, duration), bool, Pitch, PitchClass, Interval, a word's index,
    a chord's label.
    """

    kind: str
    value: Value
    span: Span = field(default=Span(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """What a binder or a parameter has bound. `name` is unique within its rule."""

    kind: str
    name: str
    span: Span = field(default=Span(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on values: an attribute (`note.midi`), a function (`interval`), an operator (`+`, `and`),
    `at`.
    """

    kind: str
    operation: str
    arguments: tuple[Typed, ...]
    span: Span = field(default=Span(0, 0), compare=False, repr=False)
    _hash: int = field(init=False, compare=False, repr=False)  # expressions are deep, and looked up often

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = hash((self.kind, self.operation, self.arguments))
            object.__setattr__(self, "_hash", found)
            return found


@dataclass(frozen=True, slots=True)
class Binding:
    """What a `for` or an aggregate binds: variables of one kind, their row or owner, and the stretch they lie
    in.

    kind: voice, note, moment, chord or a span. `modifier`: consecutive, adjacent or None. `voice`: for
    notes, the voice variable or voice name they belong to (Variable or Literal), None where they are the
    notes of `scope`, a moment. `scope`: a span or moment variable that bounds them, or None.

    tones: a note counts once over each chord that it sounds over. optional: so many of the variables, at the
    front and at the back, are notes around, that may be lacking where the row begins or ends; `missing`:
    the names of those that are, at the front and at the back.
    """

    kind: str
    modifier: str | None
    variables: tuple[Variable, ...]
    voice: Variable | Literal | None = None
    scope: Variable | None = None
    span: Span = field(default=Span(0, 0), compare=False, repr=False)
    tones: bool = False
    optional: tuple[int, int] = (0, 0)
    missing: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


@dataclass(frozen=True, slots=True)
class Aggregated:
    """`count`, `exists`, `all`, `sum`, `max`, `min` over all that its bindings bind."""

    kind: str
    operation: str
    bindings: tuple[Binding, ...]
    value: Typed | None
    where: Typed | None
    span: Span = field(default=Span(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """A facet of one component at one element of a window; only expressions that are bound to a window have
    cells.

    facet: the name of its column, as `pitch`, `length`, `chord`. In the skeleton of an expression that was
    cut, a `value` is that of the leaf which has the number `component`.
    """

    kind: str
    facet: str
    component: int
    element: int
    span: Span = field(default=Span(0, 0), compare=False, repr=False)


Typed = Literal | Variable | Apply | Aggregated | Cell

TRUE = Literal("truth", True)
FALSE = Literal("truth", False)
FITS = "fits"  # whether a kind of foreign note fits a note and those around it, of which some may be absent


def children(expression: Typed) -> tuple[Typed, ...]:
    """The expressions directly inside one."""
    if isinstance(expression, Apply):
        return expression.arguments
    if isinstance(expression, Aggregated):
        return tuple(part for part in (expression.value, expression.where) if part is not None)
    return ()


def walk(expression: Typed) -> Iterator[Typed]:
    """The expression and all inside it, outermost first."""
    ahead = [expression]
    while ahead:
        found = ahead.pop()
        yield found
        ahead += reversed(children(found))


def substitute(expression: Typed, values: Mapping[str, Typed]) -> Typed:
    """The expression with variables replaced by name; bindings inside keep their own variables."""
    if isinstance(expression, Variable):
        return values.get(expression.name, expression)
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(substitute(each, values) for each in expression.arguments))
    if isinstance(expression, Aggregated):
        return replace(
            expression,
            bindings=tuple(_rebind(each, values) for each in expression.bindings),
            value=None if expression.value is None else substitute(expression.value, values),
            where=None if expression.where is None else substitute(expression.where, values),
        )
    return expression


def _rebind(binding: Binding, values: Mapping[str, Typed]) -> Binding:
    voice, scope = binding.voice, binding.scope
    if isinstance(voice, Variable):
        other = values.get(voice.name, voice)
        voice = other if isinstance(other, (Variable, Literal)) else voice
    if scope is not None:
        found = values.get(scope.name, scope)
        scope = found if isinstance(found, Variable) else scope
    return replace(binding, voice=voice, scope=scope)


def without_absent(expression: Typed, absent: frozenset[str]) -> Typed:
    """The expression where some notes around what is bound are not there: what speaks of them fits nowhere,
    but for a choice that holds without it.
    """
    if isinstance(expression, Aggregated):
        value, where = (
            None if each is None else without_absent(each, absent)
            for each in (expression.value, expression.where)
        )
        return replace(expression, value=value, where=where)
    if not isinstance(expression, Apply):
        return expression
    if expression.operation == FITS:
        return _of_present(expression, absent) or FALSE
    arguments = tuple(without_absent(each, absent) for each in expression.arguments)
    return replace(expression, arguments=arguments)


def _of_present(part: Typed, absent: frozenset[str]) -> Typed | None:
    """What is left of a part where some notes are not there; None where it cannot do without one of them."""
    if isinstance(part, Variable):
        return None if part.name in absent else part
    if not isinstance(part, Apply):
        return part
    kept = [each for each in (_of_present(each, absent) for each in part.arguments) if each is not None]
    if part.operation == "or" and len(kept) == 1:
        return kept[0]
    return replace(part, arguments=tuple(kept)) if len(kept) == len(part.arguments) else None


def conjunction(*parts: Typed | None) -> Typed:
    """All of the parts, those that are None left out."""
    result: Typed = TRUE
    for part in parts:
        if part is not None and part != TRUE:
            result = part if result == TRUE else Apply("truth", "and", (result, part))
    return result


def negation(part: Typed) -> Typed:
    """The opposite of a statement."""
    return Apply("truth", "not", (part,))
