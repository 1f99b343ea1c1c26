"""Windows that look at notes around what a rule binds, where the row begins or ends and some are lacking."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

from rulegen.style.expression import Binding, Typed, without_absent


@lru_cache(maxsize=4096)
def at_edges(binding: Binding | None) -> tuple[Binding | None, ...]:
    """The binding, and where some of the notes around may be lacking, what it is where the row begins or
    ends so near.
    """
    if binding is None or binding.optional == (0, 0):
        return (binding,)
    lead, trail = binding.optional
    found = []
    for before, after in product(range(lead, -1, -1), range(trail, -1, -1)):
        kept = binding.variables[lead - before : len(binding.variables) - (trail - after)]
        names = [each.name for each in binding.variables]
        missing = tuple(names[: lead - before]), tuple(names[len(names) - (trail - after) :])
        found.append(replace(binding, variables=kept, optional=(before, after), missing=missing))
    return tuple(found)


def fitted_to(binding: Binding | None, expression: Typed) -> Typed:
    """What an expression asks where not all notes are there that lie around what a rule binds."""
    before, behind = ((), ()) if binding is None else binding.missing
    return without_absent(expression, frozenset((*before, *behind))) if before or behind else expression
