"""What crosses into a section that is stated again: how far it reaches, and where its steps stand."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from rulegen.folds.grid_elements import Unreadable, longest, step_of
from rulegen.folds.sampled import voices_of
from rulegen.rules.draft import Draft, Location
from rulegen.rules.places import Group, Instance
from rulegen.score.frame import Stretch
from rulegen.style.expression import Typed

_TOO_SHORT = "a section that is stated again is shorter than what the rule looks at"


def crossed_by(stretch: Stretch, draft: Draft) -> int | None:
    """The statement that a stretch enters in its midst, where a form states sections again; None else. Raises
    Unreadable where it lies in more than two.
    """
    entered = draft.frame.statement_of[[stretch.first, stretch.stop - 1]].tolist()
    if stretch.kind == "piece" or not draft.repeats_any or entered[0] == entered[1]:
        return None
    if entered[1] - entered[0] > 1:
        raise Unreadable(_TOO_SHORT)
    return int(entered[1])


def moments_of(stretch: Stretch, draft: Draft) -> list[int]:
    """The moments that a stretch is laid on: of the piece those of first statements; of a section that it
    leaves, and that was stated before, those of its first statement.
    """
    moments = range(stretch.first, stretch.stop)
    if stretch.kind == "piece":
        return [moment for moment in moments if not draft.is_repeat(moment)]
    entered = crossed_by(stretch, draft)
    if entered is None:
        return list(moments)
    return [
        moment
        if draft.frame.statement_of[moment] == entered
        else int(draft.moment_of[draft.layer_of[moment]])
        for moment in moments
    ]


def check_stated_alike(groups: Iterable[Group], stretch: Stretch, draft: Draft) -> None:
    """Raises Unreadable where what is asked at the end of a section that a stretch leaves is asked otherwise
    where the section was stated first: it is laid once for all that follows.
    """
    laid = moments_of(stretch, draft)
    if laid == [*range(stretch.first, stretch.stop)] or stretch.kind == "piece":
        return
    asked: dict[tuple[int, ...], list[Typed]] = {}
    left = [
        moment
        for moment, place in zip(range(stretch.first, stretch.stop), laid, strict=True)
        if moment != place
    ]
    for group in groups:
        for window in group.windows.tolist():
            if window[-1] in left:
                window = draft.moment_of[draft.layer_of[window]].tolist()
            elif window[-1] not in laid[: len(left)]:
                continue
            asked.setdefault(tuple(window), []).append(group.event)
    if any(len(each) != 2 or each[0] != each[1] for each in asked.values()):
        raise Unreadable("what is asked of the end of a section differs where it is stated again")


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
