"""Works out what is known in a bound expression: literals, connectives, aggregates that are written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rulegen.rules.evaluate import Reading
from rulegen.rules.tables import Tables
from rulegen.style.expression import FALSE, TRUE, Aggregated, Apply, Literal, Typed, negation


class Absent(Exception):
    """What the expression speaks of is not there (a voice that rests, a chord where there is no harmony): no
    place arises.
    """


_EMPTY = {"count": Literal("number", 0), "sum": Literal("number", 0), "exists": FALSE, "all": TRUE}


def folded(aggregate: Aggregated, parts: Sequence[tuple[Typed, Typed]], tables: Tables) -> Typed:
    """An aggregate of so many conditions and values. Raises Absent."""
    operation = aggregate.operation
    if operation in ("max", "min"):
        values = [value for where, value in parts if where != FALSE]
        if any(where not in (TRUE, FALSE) for where, _ in parts) or not values:
            raise Absent
        result = values[0]
        for value in values[1:]:
            result = simplified(Apply(aggregate.kind, operation, ()), (result, value), tables)
        return result
    joined = {"count": "+", "sum": "+", "exists": "or", "all": "and"}[operation]
    terms = [where for where, _ in parts]
    if operation in ("count", "sum"):
        terms = [simplified(Apply("number", "truth.number", ()), (where,), tables) for where in terms]
    if operation == "sum":
        values = [value for _, value in parts]
        terms = [Apply("number", "*", pair) for pair in zip(terms, values, strict=True)]
    result = _EMPTY[operation]
    for term in terms:
        result = (
            term
            if result == _EMPTY[operation]
            else simplified(Apply(result.kind, joined, ()), (result, term), tables)
        )
    return result


def resolved(expression: Typed, known: Mapping[Typed, Literal], tables: Tables) -> Typed:
    """A bound expression with the values of parts of it that are known, simplified."""
    if expression in known:
        return known[expression]
    if not isinstance(expression, Apply):
        return expression
    arguments = tuple(resolved(each, known, tables) for each in expression.arguments)
    if expression.operation in ("and", "or"):
        decided = FALSE if expression.operation == "and" else TRUE
        undecided = [each for each in arguments if not isinstance(each, Literal)]
        if any(isinstance(each, Literal) and bool(each.value) == decided.value for each in arguments):
            return decided
        if len(undecided) < 2:
            return undecided[0] if undecided else negation(decided)
        return replace(expression, arguments=arguments)
    if expression.operation in ("both", "known"):
        return FALSE if arguments[0] == FALSE else replace(expression, arguments=arguments)
    return simplified(expression, arguments, tables)


def simplified(expression: Apply, arguments: tuple[Typed, ...], tables: Tables) -> Typed:
    """The operation on bound arguments; its value where they are all known."""
    bound = Apply(expression.kind, expression.operation, arguments)
    if not all(isinstance(argument, Literal) for argument in arguments):
        return bound
    if expression.kind in ("pitch", "class", "interval", "chord", "key"):
        return bound
    value = Reading(tables, {}).evaluate(bound)
    return Literal(expression.kind, value.item() if hasattr(value, "item") else value)
