"""What crosses into a section that is stated again: how far it reaches, and where its steps stand."""

from __future__ import annotations

from math import ceil

from rulegen.folds.sampled import Unreadable, longest, step_of, voices_of
from rulegen.rules.draft import Draft, Location
from rulegen.rules.places import Instance

_TOO_SHORT = "a section that is stated again is shorter than what the rule looks at"


def check_between(window: list[int], draft: Draft) -> None:
    """Raises Unreadable for a window that reaches over a whole restated section: what lies before it is not
    known after it.
    """
    statements = [int(draft.frame.statement_of[moment]) for moment in window]
    if any(draft.repeats[each] >= 0 for each in statements if each not in (statements[0], statements[-1])):
        raise Unreadable(_TOO_SHORT)


def check_reach(instance: Instance, draft: Draft) -> None:
    """The same of a sampled rhythm, by how few elements a restated section may have."""
    most = float(longest(draft, voices_of(instance, draft)) * step_of(draft))
    for onset, end, _, repeated in draft.frame.statements[:-1]:
        phrases = [float(stop - start) for start, stop, _ in draft.frame.phrases if onset <= start < end]
        if repeated >= 0 and sum(ceil(length / most) for length in phrases) < instance.size - 1:
            raise Unreadable(_TOO_SHORT)


def sampled_location(moment: int, instance: Instance, draft: Draft) -> Location | None:
    """Where a step of a sampled window stands: in a restated section as far as one that began before it can
    reach.
    """
    if not draft.is_repeat(moment):
        return -1, int(draft.layer_of[moment])
    most = longest(draft, voices_of(instance, draft))
    statement, place = draft.locate(moment, moment)
    return (statement, place) if place <= (instance.size - 2) * most else None
