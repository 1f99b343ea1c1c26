"""What feeds an aggregate: at each moment, the parts and outputs that tell its events or values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.aggregate import Accumulator
from rulegen.folds.extremum import Nested, Row, all_rows, extremes, inner_extremum, joint, row_part
from rulegen.folds.layout import Tracks, Weighing
from rulegen.folds.sampled import has_held_notes, is_sampled, sampled_groups, width_of
from rulegen.folds.seams import check_stated_alike, moments_of
from rulegen.folds.window import TooWide, is_sided, machine_of
from rulegen.lattice.problem import Columns, IntArray, Output, Part, intern
from rulegen.rules.bind import Scope
from rulegen.rules.decomposition import (
    LARGEST_TABLE,
    all_cases,
    codes_of,
    scope_of,
    scope_size,
    shifted,
)
from rulegen.rules.draft import Board, Draft
from rulegen.rules.elements import BEGIN, VALUE, Undecided
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.places import (
    BoundAggregate,
    Group,
    Instance,
    aggregate_instances,
    condition_and_value,
    member_of,
    row_of,
)
from rulegen.rules.reduction import resolved
from rulegen.rules.tables import Tables
from rulegen.score.frame import Stretch
from rulegen.style.expression import FALSE, Aggregated, Apply, Literal, Typed
from rulegen.style.model import Use


@dataclass
class Feed:
    """The letters of one aggregate: `at` a moment, what is read there."""

    operation: str
    values: tuple[float, ...] = ()
    most: int = 0
    most_at_once: int = 0
    at: dict[int, list[Part | Output]] = field(default_factory=dict)
    nested: Nested | None = None

    def accumulator(self) -> Accumulator | Nested:
        """The automaton's part for this aggregate."""
        return self.nested or Accumulator(self.operation, self.values, self.most, self.most_at_once)

    @property
    def letters(self) -> int:
        """How many letters the aggregate reads."""
        if self.nested is not None:
            return self.nested.letters
        return self.most_at_once + 1 if self.operation in ("count", "exists", "all") else len(self.values) + 1

    def combine(self, digits: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        """The aggregate's letter from the letters of all that is read at once, shape (read, size)."""
        if not len(digits):
            return np.zeros(size, dtype=np.int64)
        if self.nested is not None:
            if len(digits) > 1:
                raise TooWide
            return np.asarray(digits[0])
        if self.operation in ("count", "exists", "all"):
            return np.asarray(digits.sum(axis=0))
        if self.operation == "max":
            return np.asarray(digits.max(axis=0))
        if self.operation == "min":
            last = len(self.values) + 1
            return np.asarray(np.where(digits == 0, last, digits).min(axis=0) % last)
        if len(digits) > 1:
            raise TooWide
        return np.asarray(digits[0])


@dataclass(frozen=True)
class Asked:
    """An aggregate, the use that asks for it, and the stretches it asks of.

    Nobody asks whether it counts more than `most`. known: the values of expressions on what is bound outside.
    """

    aggregate: BoundAggregate
    use: Use
    stretches: tuple[Stretch, ...]
    most: float = inf
    known: tuple[tuple[Typed, Literal], ...] = ()

    @property
    def key(self) -> Hashable:
        """Equal for those that are fed alike."""
        asked, scope = self.aggregate.asked, self.aggregate.scope
        return (asked, scope.key(asked), self.stretches, self.known)

    def windows(self, instance: Instance, expression: Typed, draft: Draft) -> list[Group]:
        """The windows that end in the stretches, by the moments of their elements on the lattice."""
        moments = [moment for stretch in self.stretches for moment in moments_of(stretch, draft)]
        known, found = dict(self.known), []
        bound = list(bound_windows(instance, expression, draft, self.aggregate.scope))
        for stretch in self.stretches:
            check_stated_alike(bound, stretch, draft)
        for group in bound:
            kept = group.windows[np.isin(group.windows[:, -1], moments)]
            event = resolved(group.event, known, draft.tables) if known else group.event
            if len(kept) and event != FALSE:
                found.append(Group(event, kept))
        return found


def feed_of(asked: Asked, draft: Draft, board: Board) -> Feed:
    """What feeds an aggregate over rows. Raises TooWide."""
    inner = inner_extremum(asked.aggregate.asked)
    if inner is not None and not any(
        cell.element == VALUE for each, _ in asked.known for cell in cells(each)
    ):
        return _nested_feed(asked, inner, draft)
    feed = Feed(asked.aggregate.asked.operation)
    for number, instance in enumerate(aggregate_instances(asked.aggregate, draft.frame)):
        if feed.operation in ("count", "exists", "all"):
            _feed_events(feed, instance, asked, number, draft, board)
        else:
            _feed_values(feed, instance, asked, draft)
    feed.most_at_once = max((len(reads) for reads in feed.at.values()), default=0)
    feed.most = max(
        sum(len(feed.at.get(moment, ())) for moment in moments_of(each, draft)) for each in asked.stretches
    )
    return feed


def _nested_feed(asked: Asked, inner: Aggregated, draft: Draft) -> Feed:
    """An aggregate that compares with an extremum of its own stretch; counts from `most` on are taken as
    alike.
    """
    aggregate = asked.aggregate.asked
    most = asked.most if aggregate.operation == "count" else 1
    feed = Feed(aggregate.operation)
    instances = aggregate_instances(asked.aggregate, draft.frame)
    if len(instances) != 1:
        raise TooWide
    found = asked.windows(instances[0], joint(aggregate, inner), draft)
    check_one_side(found)
    values = tuple(sorted(set[float]().union(*(extremes(group.event, draft.tables) for group in found))))
    downward = inner.operation == "min"
    rows = set[Row]().union(*(all_rows(group.event, values, downward, draft.tables) for group in found))
    cap = int(min(most, sum(len(group.windows) for group in found)))
    feed.nested = Nested(aggregate.operation, tuple(sorted(rows)), len(values), cap, downward)
    for group in found:
        part = row_part(group.event, values, feed.nested, draft.tables)
        for moment in group.windows[:, -1].tolist():
            feed.at.setdefault(moment, []).append(part)
    return feed


def composed(instance: Instance, groups: Iterable[Group], draft: Draft) -> Iterator[Group]:
    """Of groups by the moments of their elements, the places that a hard use asks of who composes: what lies
    wholly in what is given is no fault of the composition.
    """
    for group in groups:
        if instance.use.hard and draft.given:
            group = replace(group, windows=group.windows[~draft.is_given(instance, group, group.windows)])
        if len(group.windows):
            yield group


def from_before(groups: Iterable[Group], size: int) -> tuple[list[Group], int]:
    """Groups by the moments of their elements, and the size of their windows. Where it is asked what others
    sound while the first of several notes begins, windows are under way from there on: as if they had one
    more element, which nothing is asked of.
    """
    found = list(groups)
    if not any(cell.element == BEGIN for group in found for cell in cells(group.event)):
        return found, size
    return [
        replace(each, event=shifted(each.event, 1), windows=np.hstack([each.windows[:, :1], each.windows]))
        for each in found
    ], size + 1


def check_one_side(groups: Iterable[Group]) -> None:
    """Raises Undecided where groups ask what sounds where a note begins or ends, which may differ."""
    if any(is_sided(cells(group.event)) for group in groups):
        raise Undecided("what sounds where a note begins or ends cannot be compared inside an aggregate here")


def bound_windows(
    instance: Instance, expression: Typed, draft: Draft, outside: Scope | None = None
) -> Iterator[Group]:
    """The windows of an instance by the moments of their elements."""
    if is_sampled(instance, draft):
        yield from sampled_groups(instance, expression, draft, outside)
        return
    for group in draft.groups(instance, expression, outside):
        yield replace(group, windows=row_of(instance, draft.frame).layers[group.windows])


def _feed_events(
    feed: Feed, instance: Instance, asked: Asked, number: int, draft: Draft, board: Board
) -> None:
    name = (intern(asked.key), number)
    tracks = Tracks(Weighing(asked.use, name, counted=True))
    held = instance.voice >= 0 and has_held_notes(instance, draft)
    locations = []
    groups, size = from_before(
        asked.windows(instance, member_of(asked.aggregate.asked), draft), width_of(instance, draft)
    )
    for group in groups:
        machine = machine_of(group.event, size, draft.tables, held)
        if instance.size > 2 and is_sampled(instance, draft):
            raise TooWide
        for window in group.windows.tolist():
            places = [draft.locate(moment, window[-1]) for moment in window]
            role = draft.variant(window)
            tracks.add(machine, places, role)
            locations += places
            feed.at.setdefault(window[-1], []).append(Output(tracks.verdict_name(role), 2))
    tracks.lay(board, sorted(dict.fromkeys(locations)))


def _feed_values(feed: Feed, instance: Instance, asked: Asked, draft: Draft) -> None:
    if instance.size > 2:
        raise TooWide
    found = asked.windows(instance, member_of(asked.aggregate.asked), draft)
    check_one_side(found)
    split = [(group, *condition_and_value(group.event)) for group in found]
    values = set(feed.values)
    for _, condition, value in split:
        values |= _values(condition, value, draft.tables)
    feed.values = tuple(sorted(values))
    for group, condition, value in split:
        part = _value_part(condition, value, feed, width_of(instance, draft), draft)
        for moment in group.windows[:, -1].tolist():
            feed.at.setdefault(moment, []).append(part)


def _values(condition: Typed, value: Typed, tables: Tables) -> set[float]:
    """All that a value can be where its condition holds."""
    read = cells(condition) | cells(value)
    if scope_size(read, tables) > LARGEST_TABLE:
        raise TooWide
    reading, size = all_cases(read, tables)
    chosen = np.broadcast_to(_number(reading.evaluate(value)), (size,))[reading.truth(condition, size)]
    return {float(each) for each in chosen.tolist()}


def _number(value: Any) -> Any:
    """A number, or the semitones of an interval."""
    return np.asarray(value[1] if isinstance(value, tuple) else value, dtype=float)


def _value_part(condition: Typed, value: Typed, feed: Feed, size: int, draft: Draft) -> Part:
    """Reads nothing (0) where the condition fails, else 1 + the rank of the value."""
    joint = shifted(Apply("truth", "both", (condition, value)), 2 - size)
    assert isinstance(joint, Apply)
    order, (condition, value) = np.array(feed.values), joint.arguments

    def ranked(*columns: Columns) -> IntArray:
        reading = Reading(draft.tables, codes_of(joint, *columns))
        ranks = np.searchsorted(order, _number(reading.evaluate(value))) + 1
        return np.where(reading.evaluate(condition), ranks, 0).astype(np.int32)

    key, scope = intern(("value", joint, feed.values)), scope_of(joint)
    return Part.of(key, scope, len(order) + 1, ranked, draft.tables.counts(scope))
