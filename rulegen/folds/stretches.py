"""Lays rules that speak of a stretch of time (a bar, a phrase, the piece) on the lattice, and counted
allowances.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.aggregate import Automaton, automaton_of
from rulegen.folds.extremum import told_apart
from rulegen.folds.feeds import Asked, Feed, composed, feed_of
from rulegen.folds.grid_elements import Unreadable, longest, step_of
from rulegen.folds.layout import Weighing
from rulegen.folds.seams import crossed_by, moments_of
from rulegen.lattice.problem import Factor, Output, Part, Slot
from rulegen.rules.draft import Board, Draft, Location
from rulegen.rules.places import BoundAggregate, Instance
from rulegen.score.frame import Stretch
from rulegen.style.expression import Typed
from rulegen.style.model import Use

_AT_ONCE = 8  # events that are counted by one table


@dataclass(frozen=True)
class Bound:
    """A stretch's event over its aggregates."""

    stretch: Stretch
    skeleton: Typed
    aggregates: tuple[BoundAggregate, ...]

    @property
    def keys(self) -> list[Hashable]:
        """What each aggregate is fed by, in all stretches that ask for the like."""
        return [(each.asked, each.scope.key(each.asked)) for each in self.aggregates]


def lay_stretches(
    instance: Instance, event: Typed, draft: Draft, board: Board, weighing: Weighing
) -> list[tuple[Location, Hashable]]:
    """Puts the factors of an instance whose binding is a stretch; where its events are counted, says what
    hands them on.
    """
    kind = "piece" if instance.binding is None else instance.binding.kind
    by_last = {each.stop - 1: each for each in draft.frame.stretches(kind)}
    groups = list(composed(instance, draft.places(instance, event), draft))
    bounds = [Bound(by_last[int(each.windows[0, 1])], each.event, each.aggregates) for each in groups]
    if not bounds:
        return []
    check_begun(bounds, draft)
    feeds = {key: feed_of(asked, draft, board) for key, asked in _asked(bounds, weighing.use).items()}
    automata = [automaton_for(each.skeleton, [feeds[key] for key in each.keys], draft) for each in bounds]
    size = max(len(each.events) for each in automata)
    if kind == "piece" and size > 1:
        check_forward(draft)
    slots: dict[int | None, int] = {}
    handed = []
    for each, automaton in zip(bounds, automata, strict=True):
        entered = crossed_by(each.stretch, draft)  # sections end alike: what is to follow is told apart
        if size > 1 and entered not in slots:
            slots[entered] = board.slot(Slot(size, 0, instance.use.index, instance.use.title))
        own = [feeds[key] for key in each.keys]
        layer = _Laying(weighing, draft, board, slots.get(entered), size, automaton, own, entered)
        handed.append(layer.lay(each.stretch))
    return handed


def _asked(bounds: Sequence[Bound], use: Use) -> dict[Hashable, Asked]:
    """Each aggregate once, with the stretches that ask for it."""
    found: dict[Hashable, list[tuple[Bound, int]]] = {}
    for bound in bounds:
        for place, key in enumerate(bound.keys):
            found.setdefault(key, []).append((bound, place))
    return {
        key: Asked(
            asking[0][0].aggregates[asking[0][1]],
            use,
            tuple(bound.stretch for bound, _ in asking),
            max(told_apart(bound.skeleton, place) for bound, place in asking),
        )
        for key, asking in found.items()
    }


def check_begun(bounds: Sequence[Bound], draft: Draft) -> None:
    """Raises Unreadable where sampled rhythms may leave a stretch without any beginning: then it is none."""
    if not draft.free:
        return
    most = longest(draft, draft.free) * step_of(draft)
    for stretch in [each.stretch for each in bounds if most > each.stretch.length]:
        raise Unreadable(
            f"a {stretch.kind} in which nothing begins is not looked at, "
            "and the rhythm that is sampled may leave one so"
        )


def check_forward(draft: Draft) -> None:
    """Raises Unreadable where the form goes back before it goes on: a count over the piece would be lost."""
    if draft.goes_back:
        raise Unreadable(
            "the form goes back to an earlier section before it goes on to a new one, "
            "which then does not know what was counted over the piece"
        )


def automaton_for(skeleton: Typed, feeds: Sequence[Feed], draft: Draft) -> Automaton:
    """The automaton of an event over aggregates; what was made once is kept. Raises TooWide."""
    accumulators = tuple(feed.accumulator() for feed in feeds)
    key = (skeleton, accumulators)
    if key not in draft.automata:
        draft.automata[key] = automaton_of(skeleton, accumulators, draft.tables)
    found: Automaton = draft.automata[key]
    return found


def letters_of(feeds: Sequence[Feed], reads: Sequence[Sequence[Part | Output]]) -> NDArray[np.int64]:
    """The automaton's letter for each mixed-radix number of what is read of each feed."""
    sizes = [each.size for group in reads for each in group]
    digits = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=np.int64)
    letter = np.zeros(prod(sizes), dtype=np.int64)
    place = 0
    for group, feed in zip(reads, feeds, strict=True):
        own = digits[place : place + len(group)]
        place += len(group)
        letter = letter * feed.letters + feed.combine(own, len(letter))
    return letter


@dataclass(frozen=True)
class _Laying:
    """One stretch on the board."""

    weighing: Weighing
    draft: Draft
    board: Board
    slot: int | None
    size: int
    automaton: Automaton
    feeds: Sequence[Feed]
    entered: int | None = None  # the statement in which it ends, where it begins in the one before

    def lay(self, stretch: Stretch) -> tuple[Location, Hashable]:
        """Puts the factors of all its moments; says where its event is known and which factor hands it on."""
        moments, place = moments_of(stretch, self.draft), (-1, 0)
        for moment in moments:
            reads = tuple(tuple(feed.at.get(moment, ())) for feed in self.feeds)
            closing = moment == moments[-1]
            place = self.draft.locate(moment, moment)
            anew = self.entered is not None and moment == moments[0]
            if closing or anew or any(reads):
                self.board.put(place, self._factor(reads, anew, closing))
        return place, self._name(closing=True)

    def _name(self, closing: bool) -> Hashable:
        crossing = () if self.entered is None else (self.entered,)
        return (self.weighing.use.index, self.weighing.name, "stretch", *crossing, closing)

    def _factor(self, reads: tuple[tuple[Part | Output, ...], ...], anew: bool, closing: bool) -> Factor:
        """A step of the automaton. `anew`: it begins, whatever was held, since what was begun on the end of a
        section is left as it is where the section goes on to another.
        """
        flat = tuple(each for group in reads for each in group)
        letters = letters_of(self.feeds, reads)
        states = len(self.automaton.events)
        following = np.zeros((self.size, len(letters)), dtype=np.int32)
        following[:states] = self.automaton.following[:, letters]
        if anew:
            following[:] = following[0]
        judged = self.automaton.events if closing else self.automaton.doomed & self.weighing.use.hard
        events = judged[following]
        events[states:] = False
        weights = np.where(events & (closing or not self.weighing.counted), self.weighing.log_weight, 0.0)
        use, name = self.weighing.use.index, self._name(closing)
        output = events.astype(np.int32) if closing and self.weighing.counted else None
        if self.slot is None:
            return Factor.of(name, use, flat, weights[:1], None, None, None if output is None else output[:1])
        return Factor.of(name, use, flat, weights, self.slot, following * (not closing), output)


def lay_allowance(
    instances: Sequence[tuple[Location, Hashable]], use_draft: tuple[Weighing, Draft, Board]
) -> None:
    """Counts events that factors hand on, against the limit of their use, in each stretch anew."""
    weighing, draft, board = use_draft
    use = weighing.use
    assert use.limit is not None
    if use.per == "piece":
        check_forward(draft)
    by_location: dict[Location, list[Hashable]] = {}
    for location, name in instances:
        by_location.setdefault(location, []).append(name)
    stretches = draft.frame.stretches(use.per)
    begins = (
        next((m for m in range(each.first, each.stop) if not draft.is_repeat(m)), None) for each in stretches
    )
    opening = {(-1, int(draft.layer_of[moment])) for moment in begins if moment is not None}
    opening |= _opening_on_seams(by_location, stretches, draft)
    if use.limit >= _most(by_location, opening):
        return
    slot = board.slot(Slot(use.limit + 1, 0, use.index, f"{use.title} at most {use.limit} per {use.per}"))
    for location in [*dict.fromkeys([*sorted(opening), *by_location])]:
        reads = tuple(Output(name, 2) for name in by_location.get(location, []))
        reads = _counted_together(reads, location, use, board)
        board.put(location, _counter(use.limit, location in opening, reads, slot, weighing))


def _most(by_location: Mapping[Location, list[Hashable]], opening: set[Location]) -> int:
    """How many events there can be from one beginning of the count to the next."""
    most = count = 0
    for location in sorted({*by_location, *opening}):
        count = (0 if location in opening else count) + len(by_location.get(location, ()))
        most = max(most, count)
    return most


def _opening_on_seams(
    locations: Iterable[Location], stretches: Sequence[Stretch], draft: Draft
) -> set[Location]:
    """Where counting begins on seams: at the first location of each stretch of each restated statement."""
    first: dict[tuple[int, int], Location] = {}
    for statement, place in sorted(location for location in locations if location[0] >= 0):
        moment = int(draft.starts[statement]) + place
        owner = next(
            (number for number, each in enumerate(stretches) if each.first <= moment < each.stop), -1
        )
        first.setdefault((statement, owner), (statement, place))
    return set(first.values())


def _counted_together(
    reads: tuple[Output, ...], location: Location, use: Use, board: Board
) -> tuple[Output, ...]:
    """What a counter reads: the events themselves, or where they are many the sum of all but the last few, as
    one factor after another adds some.
    """
    place = 0
    while len(reads) > _AT_ONCE:
        some, rest = reads[:_AT_ONCE], reads[_AT_ONCE:]
        sums = np.indices([read.size for read in some]).reshape(len(some), -1).sum(axis=0)[None, :]
        name = (use.index, "events", place)
        weights = np.zeros(sums.shape)
        board.put(location, Factor.of(name, use.index, some, weights, None, None, sums.astype(np.int32)))
        reads, place = (Output(name, int(sums.max()) + 1), *rest), place + 1
    return reads


def _counter(limit: int, anew: bool, reads: tuple[Output, ...], slot: int, weighing: Weighing) -> Factor:
    sizes = [read.size for read in reads]
    events = np.indices(sizes).reshape(len(reads), -1).sum(axis=0) if reads else np.zeros(1, dtype=np.int64)
    held = np.zeros(limit + 1, dtype=np.int64) if anew else np.arange(limit + 1)
    count = held[:, None] + events
    weights = np.where(count > limit, -np.inf, 0.0)
    name = (weighing.use.index, "allowance")
    following = np.minimum(count, limit).astype(np.int32)
    return Factor.of(name, weighing.use.index, reads, weights, slot, following)
