"""Reads rules on finished music: each place where a use holds, found by evaluating the same bound events that
composing compiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.bind import Absent, Scope
from rulegen.rules.draft import Draft
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.fed import aggregate_instances
from rulegen.rules.nested import inner_extremum
from rulegen.rules.places import (
    Group,
    Instance,
    admitted,
    exception_of,
    finding_of,
    instances,
    opportunity_of,
    row_of,
    scope_of,
)
from rulegen.score.frame import Stretch
from rulegen.style.expression import FALSE, TRUE, Aggregated, Apply, Literal, Typed, Variable
from rulegen.style.model import Use
from rulegen.style.vocabulary import SPANS

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Sounding:
    """Finished music as codes: int64 (components, moments), -1 where a voice rests or there are no chords.

    Pieces of one frame may stand together, along a first axis.
    """

    draft: Draft
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """A place where a use's event holds: the moments of its elements, or of a stretch's first and last."""

    use: Use
    instance: Instance
    moments: tuple[int, ...]
    window: tuple[int, ...] | None  # positions in the row; None for a stretch


@dataclass
class Judged:
    """What a use came to: its places, those that it excepts, and how often it had something to say."""

    use: Use
    found: list[Found] = field(default_factory=list)
    opportunities: int = 0
    exceptions: list[Found] = field(default_factory=list)


def judge(use: Use, music: Sounding) -> Judged:
    """All that a use finds in finished music, its allowance taken into account."""
    result = Judged(use)
    heard = music.draft.tables.bears(use.rule)
    for instance in instances(use, music.draft.frame) if heard else []:
        if instance.binding is None or instance.binding.kind in SPANS:
            _judge_stretches(result, instance, music)
        else:
            _judge_windows(result, instance, music)
    result.found = _beyond_allowance(
        use, sorted(result.found, key=lambda each: each.moments[-1]), music.draft
    )
    return result


def _judge_windows(result: Judged, instance: Instance, music: Sounding) -> None:
    use = result.use
    result.found += _windows_of(use, instance, finding_of(use), music)
    result.opportunities += int(
        sum(holds.sum() for _, holds in _events(instance, opportunity_of(use), music))
    )
    if use.rule.unless is not None:
        result.exceptions += _windows_of(use, instance, exception_of(use), music)


def _windows_of(use: Use, instance: Instance, expression: Typed, music: Sounding) -> Iterator[Found]:
    """The windows of which an expression holds."""
    row = row_of(instance, music.draft.frame)
    for group, holds in _events(instance, expression, music):
        for window in group.windows[holds]:
            yield Found(use, instance, tuple(row.layers[window].tolist()), tuple(window.tolist()))


def _events(instance: Instance, expression: Typed, music: Sounding) -> Iterator[tuple[Group, Bools]]:
    for group in counted_groups(instance, expression, music.draft):
        yield group, window_reading(instance, group, music).truth(group.event, len(group.windows))


def counted_groups(instance: Instance, expression: Typed, draft: Draft) -> Iterator[Group]:
    """The windows of an instance that are counted, with its expression bound to them."""
    row = row_of(instance, draft.frame)
    for group in draft.groups(instance, expression):
        if not draft.repeats_any:
            yield group
            continue
        layers = row.layers[group.windows]
        counted = np.array([draft.counts(int(each[0]), int(each[-1])) for each in layers], dtype=bool)
        if counted.any():
            yield Group(group.event, group.windows[counted])


def window_reading(instance: Instance, group: Group, music: Sounding) -> Reading:
    """What the cells of a group's event hold. A note's chord is the one over which it is left, for the last
    note the one it enters.
    """
    row = row_of(instance, music.draft.frame)
    codes: dict[tuple[int, int], Any] = {}
    for cell in cells(group.event):
        leaving = cell.facet == "chord" and instance.voice >= 0 and cell.element < group.windows.shape[1] - 1
        moments = (row.ends if leaving else row.layers)[group.windows[:, cell.element]]
        codes[cell.component, cell.element] = music.codes[..., cell.component, moments]
    return Reading(music.draft.tables, codes)


def _judge_stretches(result: Judged, instance: Instance, music: Sounding) -> None:
    use, draft = result.use, music.draft
    kind = "piece" if instance.binding is None else instance.binding.kind
    for stretch in draft.frame.stretches(kind):
        last = stretch.stop - 1
        if (draft.is_repeat(last) and kind != "piece") or not admitted(use, draft.frame, np.array([last]))[0]:
            continue
        if stretch_truth(instance, finding_of(use), stretch, music):
            result.found.append(Found(use, instance, (stretch.first, last), None))
        result.opportunities += stretch_truth(instance, opportunity_of(use), stretch, music)
        if use.rule.unless is not None and stretch_truth(instance, exception_of(use), stretch, music):
            result.exceptions.append(Found(use, instance, (stretch.first, last), None))


def stretch_truth(instance: Instance, event: Typed, stretch: Stretch, music: Sounding) -> bool:
    """Whether an event holds of a stretch; not where something that it speaks of is not there."""
    value = stretch_value(instance, event, stretch, music)
    return bool(value) if value is not None else False


def stretch_value(instance: Instance, expression: Typed, stretch: Stretch, music: Sounding) -> Any:
    """The value of an expression about a stretch, None where it has none."""
    draft = music.draft

    def collect(aggregate: Aggregated, scope: Scope) -> Typed:
        value = _aggregate(aggregate, dict(scope.voices), stretch, music)
        if value is None:
            raise Absent
        return Literal(aggregate.kind, value)

    names = () if instance.binding is None else instance.binding.variables
    scope = Scope(
        draft.frame, draft.tables, instance.voices, {}, {each.name: stretch for each in names}, 0, collect
    )
    try:
        bound = scope.bind(expression)
    except Absent:
        return None
    return Reading(draft.tables, {}).evaluate(bound) if bound != FALSE else False


def _aggregate(
    aggregate: Aggregated, voices: dict[str, int], stretch: Stretch, music: Sounding
) -> float | bool | None:
    inner = inner_extremum(aggregate)
    if inner is not None:
        extreme = _aggregate(inner, voices, stretch, music)
        if extreme is None:
            return None
        return _aggregate(_resolved(aggregate, inner, Literal(inner.kind, extreme)), voices, stretch, music)
    where = aggregate.where or TRUE
    values: list[tuple[int, float]] = []  # each with the moment where its window ends
    events = failures = 0
    for instance in aggregate_instances(aggregate, voices, music.draft):
        row = row_of(instance, music.draft.frame)
        expression = (
            Apply("truth", "both", (where, aggregate.value)) if aggregate.value is not None else where
        )
        for group in music.draft.groups(instance, expression):
            layers = row.layers[group.windows[:, -1]]
            inside = (layers >= stretch.first) & (layers < stretch.stop)
            inside &= np.array([not music.draft.is_repeat(int(each)) for each in layers]) | (
                stretch.kind != "piece"
            )
            kept = Group(group.event, group.windows[inside])
            if not len(kept.windows):
                continue
            condition, value = _pair(kept.event) if aggregate.value is not None else (kept.event, TRUE)
            reading = window_reading(instance, kept, music)
            holds = reading.truth(condition, len(kept.windows))
            events, failures = events + int(holds.sum()), failures + int((~holds).sum())
            if aggregate.value is not None:
                number = reading.evaluate(value)
                number = number[1] if isinstance(number, tuple) else number
                numbers = np.broadcast_to(np.asarray(number, dtype=float), (len(holds),))[holds]
                values += zip(layers[inside][holds].tolist(), numbers.tolist(), strict=True)
    return _folded(aggregate.operation, events, failures, [value for _, value in sorted(values)])


def _resolved(aggregate: Aggregated, inner: Aggregated, value: Literal) -> Aggregated:
    def visit(part: Typed) -> Typed:
        if part == inner:
            return value
        if isinstance(part, Apply):
            return replace(part, arguments=tuple(visit(each) for each in part.arguments))
        return part

    return replace(aggregate, where=None if aggregate.where is None else visit(aggregate.where))


def _pair(event: Typed) -> tuple[Typed, Typed]:
    assert isinstance(event, Apply)
    return event.arguments[0], event.arguments[1]


def _folded(operation: str, events: int, failures: int, values: Sequence[float]) -> float | bool | None:
    if operation in ("max", "min"):
        return (max if operation == "max" else min)(values) if values else None
    if operation == "sum":
        return float(sum(values))
    if operation == "last":
        return bool(values and values[-1])
    return {"count": float(events), "exists": events > 0, "all": failures == 0}[operation]


def _beyond_allowance(use: Use, found: list[Found], draft: Draft) -> list[Found]:
    """The places past those that are allowed in each stretch; a later statement counts its seam's places
    alone.
    """
    if use.limit is None:
        return found
    owners: dict[tuple[int, int], int] = {}
    beyond = []
    stretches = draft.frame.stretches(use.per)
    for each in found:
        last = each.moments[-1]
        owner = next((place for place, span in enumerate(stretches) if span.first <= last < span.stop), -1)
        statement = int(draft.frame.statement_of[last]) if draft.is_repeat(last) else -1
        owners[owner, statement] = owners.get((owner, statement), 0) + 1
        if owners[owner, statement] > use.limit:
            beyond.append(each)
    return beyond


def values_at(found: Found, expressions: Sequence[Typed], music: Sounding) -> list[Any]:
    """The values of expressions at a place, coded as evaluation codes them; None where one has none there.

    A voice's value is its index, a moment's its index, that of a bar or another stretch its `Stretch`.
    """
    return [_value_at(found, expression, music) for expression in expressions]


def _value_at(found: Found, expression: Typed, music: Sounding) -> Any:
    frame, instance = music.draft.frame, found.instance
    if expression.kind == "voice":
        return _voice_of(expression, instance, frame.voices)
    if expression.kind == "moment":
        names = () if instance.binding is None else instance.binding.variables
        at = [moment for name, moment in zip(names, found.moments, strict=False) if name == expression]
        return at[0] if found.window is not None and at else None
    kind = _kind(instance)
    if expression.kind in ("piece", "meter"):
        return None  # there is but one
    if found.window is None:
        span = next(each for each in frame.stretches(kind) if each.first == found.moments[0])
        return span if expression.kind == kind else stretch_value(instance, expression, span, music)
    window = np.array([found.window])
    try:
        scope = scope_of(instance, frame, music.draft.tables, window[0])
        group = Group(scope.bind(_spoken(expression)), window)
    except Absent:
        return None
    return window_reading(instance, group, music).evaluate(group.event)


def _voice_of(expression: Typed, instance: Instance, voices: Sequence[str]) -> int | None:
    if isinstance(expression, Variable):
        return instance.voices.get(expression.name)
    assert isinstance(expression, Literal)
    return voices.index(str(expression.value)) if expression.value in voices else None


def _spoken(expression: Typed) -> Typed:
    """What is said of a note is its pitch."""
    return Apply("pitch", "note.pitch", (expression,)) if expression.kind == "note" else expression


def _kind(instance: Instance) -> str:
    return "piece" if instance.binding is None else instance.binding.kind
