"""What bindings bind: rows over time, and the ways to choose voices."""

from __future__ import annotations

from itertools import combinations

from rulegen.style.expression import Aggregated, Binding, Typed


def is_over_rows(expression: Typed) -> bool:
    """Whether it is an aggregate over elements that follow one another in time."""
    return isinstance(expression, Aggregated) and any(is_row(binding) for binding in expression.bindings)


def is_row(binding: Binding) -> bool:
    """Whether it binds elements of a row, over time; the notes of one moment and voices are bound at once."""
    within_moment = binding.scope is not None and binding.scope.kind == "moment"
    return binding.kind in ("note", "moment", "chord") and not within_moment


def voice_choices(binding: Binding, count: int) -> list[dict[str, int]]:
    """The ways to bind voices: each, each pair in declared order, neighbours only where adjacent is said."""
    names = [variable.name for variable in binding.variables]
    found = [dict(zip(names, chosen, strict=True)) for chosen in combinations(range(count), len(names))]
    if binding.modifier == "adjacent":
        found = [each for each in found if max(each.values()) - min(each.values()) == len(names) - 1]
    return found
