"""Lays rules on notes, moments, chords or stretches whose events ask for aggregates that are known elsewhere.

What an event asks of its own window is read there, and decides which *residual* is left: an event over
aggregates alone, with what they compare with written into them. The aggregates of a residual run as one
automaton. A window that comes before they are known is pending, counted by its residual; one that comes
after is an event or none at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.aggregate import Automaton
from rulegen.folds.extremum import is_of_one_row
from rulegen.folds.feeds import Asked, Feed, bound_windows, check_one_side, composed, feed_of
from rulegen.folds.grid_elements import Unreadable
from rulegen.folds.layout import Tracks, Weighing
from rulegen.folds.sampled import has_held_notes, is_sampled
from rulegen.folds.stretches import automaton_for, check_forward, letters_of
from rulegen.folds.window import TooWide, machine_of
from rulegen.lattice.problem import Factor, Output, Part, Slot
from rulegen.rules.choices import is_row
from rulegen.rules.decomposition import LARGEST_TABLE, all_cases, scope_size, shifted
from rulegen.rules.draft import Board, Draft, Location
from rulegen.rules.elements import LEVEL, VALUE
from rulegen.rules.evaluate import cells
from rulegen.rules.places import (
    BoundAggregate,
    Group,
    Instance,
    aggregate_instances,
    is_of_stretches,
    member_of,
)
from rulegen.rules.reduction import resolved
from rulegen.style.expression import FALSE, TRUE, Aggregated, Apply, Cell, Literal, Typed, walk
from rulegen.style.model import Use
from rulegen.style.vocabulary import DURATION, NUMBER

_INNER = Cell(NUMBER, "value", 0, VALUE)  # the value of the one aggregate inside another

_CROSSING = "what crosses into a section that is stated again cannot ask for an aggregate"
MOST_VALUES = 2_000  # ways in which what an event asks of its own window can differ


@dataclass
class Residual:
    """What is left of events when their own windows are known: an event over aggregates, each fed in its way.

    tracks: those of the windows that may leave it; at: moment → what tells there that one has come.
    """

    skeleton: Typed
    asked: tuple[Asked, ...]
    tracks: Tracks
    locations: list[Location] = field(default_factory=list)
    at: dict[int, list[Output]] = field(default_factory=dict)

    def add(self, holds: Typed, group: Group, instance: Instance, draft: Draft) -> None:
        """Adds the windows of a group, which leave it where a statement holds of them."""
        check_one_side([replace(group, event=holds)])
        held = instance.voice >= 0 and has_held_notes(instance, draft)
        machine = machine_of(holds, group.windows.shape[1], draft.tables, held)
        for window in group.windows.tolist():
            places = [draft.locate(moment, window[-1]) for moment in window]
            role = draft.variant(window)
            self.tracks.add(machine, places, role)
            self.locations += places
            self.at.setdefault(window[-1], []).append(Output(self.tracks.verdict_name(role), 2))


def asks_elsewhere(instance: Instance, event: Typed, draft: Draft) -> bool:
    """Whether an event asks for an aggregate over more, or other, than a stretch that the rule binds."""
    if not is_of_stretches(instance):
        asked = (each for each in walk(event) if isinstance(each, Aggregated))
        return any(is_row(binding) for each in asked for binding in each.bindings)
    return any(
        (each.stretch.first, each.stretch.stop - 1) != tuple(group.windows[0].tolist())
        or not is_of_one_row(each.asked)
        for group in draft.places(instance, event)
        for each in group.aggregates
    )


def lay_deferred(
    instance: Instance, event: Typed, draft: Draft, board: Board, weighing: Weighing
) -> list[tuple[Location, Hashable]]:
    """Puts the factors of an instance whose event asks for aggregates, and says what hands its events on.
    Raises Unreadable and TooWide.
    """
    if instance.size > 2 and is_sampled(instance, draft):
        raise TooWide
    check_forward(draft)
    residuals: dict[Hashable, Residual] = {}
    for group in _groups(instance, event, draft):
        for key, (skeleton, aggregates, holds) in _residuals(group, weighing.use, draft).items():
            if key not in residuals:
                name = (weighing.name, "leaves", len(residuals))
                residuals[key] = Residual(
                    skeleton, aggregates, Tracks(replace(weighing, name=name, counted=True))
                )
            residuals[key].add(holds, group, instance, draft)
    feeds: dict[Hashable, Feed] = {}
    handed: list[tuple[Location, Hashable]] = []
    for number, residual in enumerate(residuals.values()):
        residual.tracks.lay(board, sorted(dict.fromkeys(residual.locations)))
        for asked in residual.asked:
            if asked.key not in feeds:
                feeds[asked.key] = feed_of(asked, draft, board)
        own = [feeds[asked.key] for asked in residual.asked]
        handed += _Pending.of(residual, own, draft, (weighing, number)).lay(board)
    return handed


def _groups(instance: Instance, event: Typed, draft: Draft) -> Iterator[Group]:
    """The places that count, by the moments of their elements; a stretch by the last of its own."""
    if is_of_stretches(instance):
        for group in composed(instance, draft.places(instance, event), draft):
            of_piece = instance.binding is None or instance.binding.kind == "piece"
            if not of_piece and any(map(draft.is_repeat, group.windows[:, 1].tolist())):
                raise Unreadable(_CROSSING)
            yield Group(group.event, group.windows[:, 1:], group.aggregates)
        return
    for group in composed(instance, bound_windows(instance, event, draft), draft):
        again = [draft.is_repeat(moment) for moment in group.windows[:, -1].tolist()]
        crossing = [not draft.frame.only_repeats(int(each[0]), int(each[-1])) for each in group.windows]
        if any(one and other for one, other in zip(again, crossing, strict=True)):
            raise Unreadable(_CROSSING)
        yield Group(group.event, group.windows[~np.array(again, dtype=bool)], group.aggregates)


def _residuals(
    group: Group, use: Use, draft: Draft
) -> dict[Hashable, tuple[Typed, tuple[Asked, ...], Typed]]:
    """What can be left of a group's event: its skeleton, its aggregates, and the statement on its own window
    that leaves it.
    """
    members = [list(_members(each, draft)) for each in group.aggregates]
    nested = [_nested(each) for each in members]
    guesses = [[None] if each is None else _extremes(each, use, draft) for each in nested]
    events = [each.event for groups in members for each in groups]
    inside = list(dict.fromkeys(part for event in events for part in _outer_parts(event)))
    own = list(dict.fromkeys(_own_parts(group.event)))
    read = list(dict.fromkeys([*own, *(shifted(each, LEVEL) for each in inside)]))
    found: dict[Hashable, tuple[Typed, tuple[Asked, ...]]] = {}
    rows: dict[Hashable, list[tuple[object, ...]]] = {}
    for values in _values(read, draft):
        known = dict(zip(read, values, strict=True))
        skeleton = resolved(group.event, {part: known[part] for part in own}, draft.tables)
        if skeleton == FALSE:
            continue
        outside = tuple((part, known[shifted(part, LEVEL)]) for part in inside)
        numbers = sorted({cell.component for cell in cells(skeleton)})
        for guess in product(*(guesses[number] for number in numbers)):
            kept = _numbered(skeleton, numbers)
            asked = []
            for number, extreme in zip(numbers, guess, strict=True):
                aggregate = group.aggregates[number]
                told = outside if extreme is None else (*outside, (_INNER, extreme))
                asked.append(Asked(aggregate, use, (aggregate.stretch,), known=told))
            for inner, extreme in zip((nested[number] for number in numbers), guess, strict=True):
                if inner is not None and extreme is not None:
                    is_it = Apply("truth", "==", (Cell("number", "value", len(asked), 0), extreme))
                    kept = Apply("truth", "and", (kept, is_it))
                    asked.append(Asked(inner, use, (inner.stretch,)))
            key = (kept, tuple(each.key for each in asked))
            found.setdefault(key, (kept, tuple(asked)))
            rows.setdefault(key, []).append(tuple(each.value for each in values))
    return {key: (*each, _among(read, rows[key])) for key, each in found.items()}


def _members(aggregate: BoundAggregate, draft: Draft) -> Iterator[Group]:
    """The windows of an aggregate's row, with what it asks of each."""
    for instance in aggregate_instances(aggregate, draft.frame):
        yield from bound_windows(instance, member_of(aggregate.asked), draft, aggregate.scope)


def _nested(members: Sequence[Group]) -> BoundAggregate | None:
    """The one extremum that an aggregate compares its row with, which knows nothing of what is around it."""
    inner = {each.key: each for group in members for each in group.aggregates}
    if not inner:
        return None
    (found, *others) = inner.values()
    asked, rows = found.asked, found.scope.key(found.asked)[1]
    is_extremum = asked.operation in ("max", "min") and asked.kind in (NUMBER, DURATION)
    if others or rows or not is_extremum or asked.where is not None:
        raise TooWide
    return replace(found, scope=replace(found.scope, rows={}))


def _extremes(inner: BoundAggregate, use: Use, draft: Draft) -> list[Literal]:
    """All values that an extremum can have: an event is looked at for each of them by itself."""
    return [
        Literal(NUMBER, value)
        for value in feed_of(Asked(inner, use, (inner.stretch,)), draft, Board()).values
    ]


def _own_parts(event: Typed) -> Iterator[Typed]:
    """The largest parts of an event that read its own window, and no aggregate."""
    read = cells(event)
    if read and all(cell.element < VALUE for cell in read):
        yield event
    elif isinstance(event, Apply):
        for each in event.arguments:
            yield from _own_parts(each)


def _outer_parts(event: Typed) -> Iterator[Typed]:
    """The largest parts of an aggregate's event that read what is bound outside it."""
    read = cells(event)
    if read and all(cell.element < 0 for cell in read):
        yield event
    elif isinstance(event, Apply):
        for each in event.arguments:
            yield from _outer_parts(each)


def _values(parts: Sequence[Typed], draft: Draft) -> Iterator[tuple[Literal, ...]]:
    """All values that expressions on one window can have together."""
    read = frozenset().union(*map(cells, parts))
    if scope_size(read, draft.tables) > LARGEST_TABLE:
        raise TooWide
    reading, size = all_cases(read, draft.tables)
    columns = [_columns(reading.evaluate(part), size) for part in parts]
    flat = [column for group in columns for column in group]
    if not flat:
        yield ()
        return
    distinct = np.unique(np.stack(flat), axis=1)
    if distinct.shape[1] > MOST_VALUES:
        raise TooWide
    for row in distinct.T.tolist():
        values = iter(row)
        yield tuple(
            _literal(part.kind, [next(values) for _ in group])
            for part, group in zip(parts, columns, strict=True)
        )


def _columns(value: Any, size: int) -> list[NDArray[np.float64]]:
    pair = value if isinstance(value, tuple) else (value,)
    return [np.broadcast_to(np.asarray(each, dtype=float), (size,)) for each in pair]


def _literal(kind: str, values: list[float]) -> Literal:
    """A value as evaluation codes it."""
    if len(values) > 1:
        return Literal(kind, tuple(int(each) for each in values))  # type: ignore[arg-type]
    if kind == "truth":
        return Literal(kind, bool(values[0]))
    return Literal(kind, int(values[0]) if values[0].is_integer() else values[0])


def _among(parts: Sequence[Typed], rows: Sequence[tuple[object, ...]]) -> Typed:
    """The statement that expressions have the values of one of the rows."""
    return Apply("truth", "among", (*parts, Literal("rows", tuple(rows)))) if parts else TRUE  # type: ignore[arg-type]


def _numbered(skeleton: Typed, numbers: Sequence[int]) -> Typed:
    """The skeleton with its aggregates numbered as they are kept."""
    if isinstance(skeleton, Cell):
        return Cell(skeleton.kind, "value", numbers.index(skeleton.component), 0)
    if isinstance(skeleton, Apply):
        arguments = tuple(_numbered(each, numbers) for each in skeleton.arguments)
        return Apply(skeleton.kind, skeleton.operation, arguments)
    return skeleton


@dataclass(frozen=True)
class _Pending:
    """A residual on the board: its slot holds the state of its automaton, and how many windows are pending.

    known: the moment from which on its aggregates are known; last: where it is no longer asked.
    """

    residual: Residual
    feeds: Sequence[Feed]
    automaton: Automaton
    weighing: Weighing
    name: Hashable
    moments: tuple[int, ...]
    known: int
    most: int
    draft: Draft

    @classmethod
    def of(
        cls, residual: Residual, feeds: Sequence[Feed], draft: Draft, named: tuple[Weighing, int]
    ) -> _Pending:
        """A residual as it is fed. Raises Unreadable where its events are known too late to be counted."""
        weighing, number = named
        fed = sorted({moment for feed in feeds for moment in feed.at})
        known = fed[-1] if fed else -1
        most = sum(len(reads) for moment, reads in residual.at.items() if moment < known)
        if most and weighing.counted:
            raise Unreadable("what is known only later cannot be counted against an allowance")
        most = min(most, 1) if weighing.use.hard else most
        last = max(max(residual.at), known if most else -1)
        moments = tuple(sorted({*residual.at, *(moment for moment in fed if moment <= last)}))
        automaton = automaton_for(residual.skeleton, feeds, draft)
        name = (weighing.use.index, weighing.name, "residual", number)
        return cls(residual, feeds, automaton, weighing, name, moments, known, most, draft)

    def lay(self, board: Board) -> list[tuple[Location, Hashable]]:
        """Puts its factors on the board, and says what hands on its events."""
        size, use = len(self.automaton.events) * (self.most + 1), self.weighing.use
        slot = board.slot(Slot(size, 0, use.index, use.title)) if size > 1 else None
        handed = []
        for moment in self.moments:
            location = (-1, int(self.draft.layer_of[moment]))
            board.put(location, self._factor(moment, slot))
            if self.weighing.counted and moment in self.residual.at:
                handed.append((location, self.name))
        return handed

    def _factor(self, moment: int, slot: int | None) -> Factor:
        """A step: the automaton moves; windows that come are pending, or events where all is known."""
        told = tuple(self.residual.at.get(moment, ()))
        reads = tuple(tuple(feed.at.get(moment, ())) for feed in self.feeds)
        flat: tuple[Part | Output, ...] = (*(each for group in reads for each in group), *told)
        letters = letters_of(self.feeds, reads)
        come = np.indices((2,) * len(told)).reshape(len(told), 2 ** len(told)).sum(axis=0)
        state, pending = np.divmod(np.arange(len(self.automaton.events) * (self.most + 1)), self.most + 1)
        after = self.automaton.following[state[:, None], letters][:, :, None]
        count = (pending[:, None] + come)[:, None, :]
        use, is_known = self.weighing.use, moment >= self.known
        events = self.automaton.events[after] & (count > 0)
        lost = self.automaton.doomed[after] & (count > 0)
        if is_known and self.weighing.counted:
            weights = np.zeros(events.shape)
        elif is_known:
            weights = np.where(events, count * 1.0, 0.0) * (0.0 if use.hard else self.weighing.log_weight)
            weights = np.where(events & use.hard, -np.inf, weights)
        else:
            weights = np.where(lost & use.hard, -np.inf, 0.0)
        kept = np.zeros_like(count) if is_known else np.minimum(count, self.most)
        following = (after * (self.most + 1) + kept) * (moment != self.moments[-1])
        shape = (len(state), len(letters) * len(come))
        following = np.broadcast_to(following, events.shape).reshape(shape).astype(np.int32)
        weights, output = weights.reshape(shape), events.reshape(shape).astype(np.int32)
        handed = output if self.weighing.counted else None
        moves = None if slot is None else following
        return Factor.of(self.name, use.index, flat, weights, slot, moves, handed)
