"""Voices that rest where it is drawn: what must sound for an expression to have a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rulegen.rules.elements import Undecided
from rulegen.rules.tables import Tables
from rulegen.style.expression import FALSE, TRUE, Apply, Typed, conjunction, negation
from rulegen.style.vocabulary import TRUTH


def sounds(voice: int, element: int, sounding: Sequence[int], tables: Tables) -> Typed:
    """Whether a voice sounds at an element, where it may be one of those sounding."""
    if voice not in sounding or tables.holder("sounds", voice) is None:
        return TRUE if voice in sounding else FALSE
    return tables.cell("truth", "sounds", voice, element)


def where_heard(heard: Iterable[Typed], found: Typed) -> Typed:
    """An expression that has a value only where all this holds: elsewhere a statement does not."""
    if found.kind != TRUTH or found == FALSE:
        return found
    if isinstance(found, Apply) and found.operation == "both":  # a condition, and what is collected
        condition, value = found.arguments
        return Apply(found.kind, "both", (conjunction(*heard, condition), value))
    return conjunction(*heard, found)


def member_heard(heard: Sequence[Typed], operation: str, where: Typed) -> Typed:
    """The condition of a member of an aggregate, which is none where not all this holds. Raises Undecided."""
    if not heard:
        return where
    if operation in ("max", "min"):
        raise Undecided("the greatest or least among voices of which some may rest is not known in time")
    if operation == "all":
        return negation(conjunction(*heard, negation(where)))
    return conjunction(*heard, where)
