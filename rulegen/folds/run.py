"""Runs rules over finished music: each place where what is asked holds, of many pieces of one frame at once.

What composing explores (the bound events, the folds of aggregates, the counting of allowances) is here taken
step by step on the notes that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.aggregate import OPERATIONS
from rulegen.rules.bind import Scope
from rulegen.rules.draft import Draft
from rulegen.rules.elements import BEGIN, END, LEVEL, VALUE
from rulegen.rules.evaluate import Reading
from rulegen.rules.music import Sounding
from rulegen.rules.places import (
    BoundAggregate,
    Group,
    Instance,
    aggregate_instances,
    bound,
    bound_at,
    condition_and_value,
    exception_of,
    finding_of,
    instances,
    is_of_stretches,
    opportunity_of,
    row_of,
)
from rulegen.rules.reduction import Absent
from rulegen.style.expression import Apply, Literal, Typed, Variable
from rulegen.style.model import Use

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """A place where a use's event holds: the moments of its elements, or of a stretch's first and last."""

    use: Use
    instance: Instance
    moments: tuple[int, ...]
    window: tuple[int, ...] | None  # positions in the row; None for a stretch


@dataclass
class Judged:
    """What a use came to: its places, those that it excepts, those that lie wholly in what was given, and how
    often it had something to say.
    """

    use: Use
    found: list[Found] = field(default_factory=list)
    opportunities: int = 0
    exceptions: list[Found] = field(default_factory=list)
    given: list[Found] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Places of an instance: their windows, the moments of the elements, and of which pieces it holds.

    windows: (places, size) positions in the row, None for stretches; moments: (places, size), of a stretch
    those of its first and last element; holds: (pieces, places).
    """

    instance: Instance
    windows: Ints | None
    moments: Ints
    holds: Bools


def run(use: Use, expression: Typed, music: Sounding, given: bool = False) -> Iterator[Places]:
    """All places of a use with whether an expression holds there; where it cannot hold they are left out.

    Of a hard use, those that lie wholly in what was given are left out, or alone are asked for (`given`).
    """
    music = music.stacked
    for instance in heard(use, music.draft):
        yield from _places(instance, expression, music, use, given)


def heard(use: Use, draft: Draft) -> list[Instance]:
    """A use for all voices that it speaks of; none where it speaks of marks that there are not."""
    return instances(use, draft.frame) if draft.tables.bears(use.rule) else []


def _places(
    instance: Instance, expression: Typed, music: Sounding, use: Use, given: bool = False
) -> Iterator[Places]:
    for group in music.draft.places(instance, expression):
        group = told_apart(use, instance, group, music.draft, given)
        if not len(group.windows):
            continue
        if is_of_stretches(instance):
            stretch = replace(group, windows=group.windows[:, :0])
            yield Places(instance, None, group.windows, _holds(music, instance, stretch))
        else:
            moments = row_of(instance, music.draft.frame).layers[group.windows]
            yield Places(instance, group.windows, moments, _holds(music, instance, group))


def told_apart(use: Use, instance: Instance, group: Group, draft: Draft, given: bool) -> Group:
    """The places of a group that were given, or those that were not."""
    if not draft.given or not use.hard:
        return group if not given else replace(group, windows=group.windows[:0])
    stretches = is_of_stretches(instance)
    moments = group.windows if stretches else row_of(instance, draft.frame).layers[group.windows]
    return replace(group, windows=group.windows[draft.is_given(instance, group, moments) == given])


def _holds(music: Sounding, instance: Instance, group: Group) -> Bools:
    codes = _Codes(music, instance, group)
    return np.array(np.broadcast_to(codes.holds(), (len(music.codes), *codes.axes)))


def judge(use: Use, music: Sounding) -> Judged:
    """All that a use finds in one piece, its allowance taken into account."""
    result, music, found = Judged(use), music.stacked, list[Places]()
    for instance in heard(use, music.draft):
        apart = (False, True) if music.draft.given else (False,)
        asked = [_places(instance, opportunity_of(use), music, use, given) for given in apart]
        own, *of_given = [sum(int(each.holds.sum()) for each in places) for places in asked]
        result.opportunities += own
        if not own and not any(of_given):
            continue  # whatever else it asks, it asks beside its condition
        found += _places(instance, finding_of(use), music, use)
        if music.draft.given:
            result.given += _listed(use, _places(instance, finding_of(use), music, use, given=True))
        if use.rule.unless is not None:
            result.exceptions += _listed(use, _places(instance, exception_of(use), music, use))
    beyond = _listed(use, beyond_allowance(use, found, music.draft))
    result.found = sorted(beyond, key=lambda each: each.moments[-1])
    return result


def places_of(use: Use, expression: Typed, music: Sounding) -> Ints:
    """(pieces,): how many places of a use each piece has, beyond its allowance."""
    found = beyond_allowance(use, list(run(use, expression, music)), music.draft)
    total = np.zeros(len(music.stacked.codes), dtype=np.int64)
    for each in found:
        total += each.holds.sum(axis=1)
    return total


def _listed(use: Use, found: Iterable[Places]) -> Iterator[Found]:
    for each in found:
        for place in np.flatnonzero(each.holds[0]).tolist():
            window = None if each.windows is None else tuple(each.windows[place].tolist())
            yield Found(use, each.instance, tuple(each.moments[place].tolist()), window)


def beyond_allowance(use: Use, found: list[Places], draft: Draft) -> list[Places]:
    """The places past those that are allowed in each stretch; a later statement counts its seam's places
    alone.
    """
    if use.limit is None or not found:
        return found
    last = np.concatenate([each.moments[:, -1] for each in found])
    holds = np.concatenate([each.holds for each in found], axis=1)
    beyond = np.zeros_like(holds)
    owners = draft.counters(use.per)[last]
    for owner in np.unique(owners).tolist():
        own = np.flatnonzero(owners == owner)
        own = own[np.argsort(last[own], kind="stable")]
        beyond[:, own] = holds[:, own] & (np.cumsum(holds[:, own], axis=1) > use.limit)
    cuts = np.cumsum([each.holds.shape[1] for each in found])[:-1]
    return [
        Places(each.instance, each.windows, each.moments, part)
        for each, part in zip(found, np.split(beyond, cuts, axis=1), strict=True)
    ]


def moments_of(instance: Instance, windows: Ints, key: tuple[int, int], draft: Draft) -> Ints:
    """(windows,): the moments at which a component is read of an element, `key` as cells number them.

    A note's chord is the one over which it is left, for the last note of a window the one it enters, unless
    the cell says where the note begins or ends.
    """
    component, element = key
    row, size = row_of(instance, draft.frame), windows.shape[1]
    place, side = element % BEGIN, element - element % BEGIN
    left = component == draft.tables.harmony and instance.voice >= 0 and element < size - 1
    found: Ints = (row.ends if left or side == END else row.layers)[windows[:, place]]
    return found


class _Codes(dict[tuple[int, int], Any]):
    """(component, element) → what the cells of a group's windows hold, when it is asked: (pieces, …, places).
    `outside`: where the group is of an aggregate's row, what is around it.
    """

    def __init__(
        self, music: Sounding, instance: Instance, group: Group, outside: _Codes | None = None
    ) -> None:
        super().__init__()
        self.music, self.instance, self.group, self.outside = music, instance, group, outside
        around = () if outside is None else outside.axes
        self.axes: tuple[int, ...] = (*around, len(group.windows))
        self.known: Any = np.True_
        for number, aggregate in enumerate(group.aggregates):
            self[number, VALUE], has_value = self._aggregate(aggregate)
            self.known = self.known & has_value

    def __missing__(self, key: tuple[int, int]) -> Any:
        component, element = key
        if element < 0:
            assert self.outside is not None
            found = self.outside[component, element + LEVEL][..., None]
        else:
            moments = moments_of(self.instance, self.group.windows, key, self.music.draft)
            held = self.music.codes[:, component, moments]
            found = held.reshape(len(held), *(1,) * (len(self.axes) - 1), -1)
        self[key] = found
        return found

    def evaluate(self, expression: Typed) -> Any:
        """The value of what is bound to the group's windows."""
        return Reading(self.music.draft.tables, self).evaluate(expression)

    def holds(self) -> Any:
        """Whether the group's event holds: not where something that it asks for has no value."""
        return np.asarray(self.evaluate(self.group.event), dtype=bool) & self.known

    def _aggregate(self, aggregate: BoundAggregate) -> tuple[Any, Any]:
        """The value of an aggregate at each place, and whether it has one."""
        operation = OPERATIONS[aggregate.asked.operation]
        letters, _ = self.letters(aggregate)
        state = operation.run(letters)
        return operation.value(state), operation.has_value(state)

    def letters(self, aggregate: BoundAggregate) -> tuple[Any, Ints]:
        """What an aggregate is fed in time, (pieces, …, places, fed), and at which moments, (fed,)."""
        operation = OPERATIONS[aggregate.asked.operation]
        shape = (len(self.music.codes), *self.axes)
        letters, moments = [np.zeros((*shape, 0))], [np.zeros(0, dtype=np.int64)]
        for instance in aggregate_instances(aggregate, self.music.draft.frame):
            for group in self.music.draft.members(instance, aggregate):
                codes = _Codes(self.music, instance, group, self)
                condition, value = condition_and_value(group.event)
                holds = np.asarray(codes.evaluate(condition), dtype=bool) & codes.known
                found = operation.letters(holds, codes.evaluate(value))
                letters.append(np.broadcast_to(found, (*shape, len(group.windows))))
                moments.append(row_of(instance, self.music.draft.frame).layers[group.windows[:, -1]])
        fed = np.concatenate(moments)
        in_time = np.argsort(fed, kind="stable")
        return np.concatenate(letters, axis=-1)[..., in_time], fed[in_time]


def moment_of(found: Found, music: Sounding) -> int:
    """The moment that a place is told by: that of its last element, or the last of a stretch; where a stretch
    is asked of the last of several, as a phrase of its closing chord, that of this one.
    """
    if found.window is not None:
        return found.moments[found.instance.last]
    group = _stretch_at(found, finding_of(found.use), music.draft)
    if group is not None:
        codes = _Codes(music.stacked, found.instance, group)
        for aggregate in group.aggregates:
            letters, moments = codes.letters(aggregate)
            heard = moments[letters[(0,) * (letters.ndim - 1)] >= 0]
            if aggregate.asked.operation == "last" and len(heard):
                return int(heard[-1])
    return found.moments[-1]


def _stretch_at(found: Found, expression: Typed, draft: Draft) -> Group | None:
    """The stretch of a place, with an expression bound to it; None where something is not there."""
    frame, instance = draft.frame, found.instance
    names = () if instance.binding is None else instance.binding.variables
    kind = "piece" if instance.binding is None else instance.binding.kind
    span = next(each for each in frame.stretches(kind) if each.first == found.moments[0])
    scope = Scope(frame, draft.tables, instance.voices, stretches={each.name: span for each in names})
    try:
        event, aggregates = bound(scope, expression)
    except Absent:
        return None
    return Group(event, np.zeros((1, 0), dtype=np.int64), aggregates)


def values_at(found: Found, expressions: Sequence[Typed], music: Sounding) -> list[Any]:
    """The values of expressions at a place, coded as evaluation codes them; None where one has none there.

    A voice's value is its index, a moment's its index, that of a bar or another stretch its `Stretch`.
    """
    return [_value_at(found, expression, music) for expression in expressions]


def _value_at(found: Found, expression: Typed, music: Sounding) -> Any:
    draft, instance = music.draft, found.instance
    frame = draft.frame
    if expression.kind == "voice":
        return _voice_of(expression, instance, frame.voices)
    names = () if instance.binding is None else instance.binding.variables
    if expression.kind == "moment":
        at = [moment for name, moment in zip(names, found.moments, strict=False) if name == expression]
        return at[0] if found.window is not None and at else None
    if expression.kind in ("piece", "meter"):
        return None  # there is but one
    group: Group | None
    if found.window is None:
        if instance.binding is not None and expression.kind == instance.binding.kind:
            return next(each for each in frame.stretches(expression.kind) if each.first == found.moments[0])
        group = _stretch_at(found, _spoken(expression), draft)
    else:
        window = np.array(found.window)
        event, aggregates = bound_at(instance, _spoken(expression), frame, draft.tables, window)
        group = None if event is None else Group(event, window[None], aggregates)
    if group is None:
        return None
    codes = _Codes(music.stacked, instance, group)
    return codes.evaluate(group.event) if np.all(codes.known) else None


def _voice_of(expression: Typed, instance: Instance, voices: Sequence[str]) -> int | None:
    if isinstance(expression, Variable):
        return instance.voices.get(expression.name)
    assert isinstance(expression, Literal)
    return voices.index(str(expression.value)) if expression.value in voices else None


def _spoken(expression: Typed) -> Typed:
    """What is said of a note is its pitch."""
    return Apply("pitch", "note.pitch", (expression,)) if expression.kind == "note" else expression
