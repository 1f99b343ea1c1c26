"""How a voice whose rhythm is drawn may go on: at each place in time, what notes and rests can begin there.

A phrase in `values` is a row of runs, which notes of their lengths fill; one in `patterns` is a course of
patterns, of which one is chosen in each bar. Where in its patterns a voice stands is a *node*: what may still
come, and how likely. Voices that have the same ahead of them are at one node, so that a rhythm is one path.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import exp, log

from rulegen.style.model import Place
from rulegen.style.rhythms import common_step

Weighted = tuple[tuple[Fraction, float], ...]  # lengths with their log weights
Item = tuple[Fraction, str]  # how long it lasts; `note`, `rest`, or `tied` to what is before
Filling = tuple[tuple[Item, ...], float]  # what fills a stretch, and its log weight
Suffixes = tuple[Filling, ...]  # what may still come in a stretch

_DIGITS = 12  # of log weights that tell nodes apart


@dataclass(frozen=True)
class Continuation:
    """A note or rest that may begin somewhere, its log weight, and the node where it ends."""

    length: Fraction
    is_rest: bool
    weight: float
    then: int = 0


@dataclass(frozen=True)
class Run:
    """A stretch that notes of these lengths fill, and rests of those: one begins with it, none goes on past
    its end, no note over one of its bar lines, where they are named, and no rest follows a rest.

    silence: how long the voice is silent after it, with its log weight: a rest at its end is one with that.
    longer: of a run that is silent, the rests that are one with what may follow it.
    """

    name: str
    onset: Fraction
    end: Fraction
    notes: Weighted
    rests: Weighted = ()
    place: Place | None = field(compare=False, repr=False, default=None)
    bar_lines: tuple[Fraction, ...] = ()
    silence: tuple[Fraction, float] = (Fraction(0), 0.0)
    longer: Weighted = ()

    @property
    def steps(self) -> Fraction:
        """The longest duration of which all its lengths are multiples."""
        return common_step(length for length, _ in (*self.notes, *self.rests, *self.longer))

    @property
    def has_rests(self) -> bool:
        """Whether a voice may rest in it."""
        return bool(self.rests)

    def nodes_at(self, onset: Fraction) -> Iterable[int]:
        """Where a voice may stand at a time: it is all one."""
        return (0,)

    def holds(self, onset: Fraction, end: Fraction, is_rest: bool) -> bool:
        """Whether a note or rest may last from one time to another."""
        return end <= self.end and (is_rest or not any(onset < line < end for line in self.bar_lines))

    def choices(self, onset: Fraction, node: int) -> Iterator[Continuation]:
        """What may begin at a time."""
        for is_rest, lengths in enumerate((self.notes, self.rests)):
            for length, weight in lengths:
                if not self.holds(onset, onset + length, bool(is_rest)):
                    continue
                more, weighs = self.silence if is_rest and onset + length == self.end else (Fraction(0), 0.0)
                yield Continuation(length + more, bool(is_rest), weight + weighs)
        for length, weight in self.longer if onset == self.onset else ():
            yield Continuation(length, True, weight)


@dataclass(frozen=True)
class Course:
    """A phrase in patterns: stretches that follow one another, each with what may fill it."""

    onset: Fraction
    end: Fraction
    stretches: tuple[tuple[Filling, ...], ...]

    @property
    def steps(self) -> Fraction:
        """The longest duration of which all its lengths are multiples."""
        fillings = (filling for stretch in self.stretches for filling, _ in stretch)
        return common_step(length for filling in fillings for length, _ in filling)

    @property
    def has_rests(self) -> bool:
        """Whether a voice may rest in it."""
        fillings = (filling for stretch in self.stretches for filling, _ in stretch)
        return any(kind == "rest" for filling in fillings for _, kind in filling)

    def nodes_at(self, onset: Fraction) -> Iterable[int]:
        """Where a voice may stand in its patterns at a time, if anything may begin there."""
        return range(len(self._known.get(onset, ())))

    def choices(self, onset: Fraction, node: int) -> Sequence[Continuation]:
        """What may begin at a time, where the voice stands so in its patterns."""
        return self._known[onset][node]

    @cached_property
    def _known(self) -> dict[Fraction, list[list[Continuation]]]:
        """onset → node → what may begin there."""
        numbers: dict[Fraction, dict[object, int]] = {}
        waiting: list[tuple[Fraction, int, Suffixes]] = []
        found: dict[Fraction, list[list[Continuation]]] = {}

        def node_of(onset: Fraction, stretch: int, suffixes: Suffixes) -> int:
            if onset == self.end:
                return 0
            known = numbers.setdefault(onset, {})
            key = stretch, tuple((items, round(weight, _DIGITS)) for items, weight in suffixes)
            if key not in known:
                known[key] = len(known)
                found.setdefault(onset, []).append([])
                waiting.append((onset, stretch, suffixes))
            return known[key]

        node_of(self.onset, 0, _merged(_struck(filling) for filling in self.stretches[0]))
        done: dict[Fraction, int] = {}
        while waiting:
            onset, stretch, suffixes = waiting.pop(0)
            node = done[onset] = done.get(onset, -1) + 1
            for length, is_rest, weight, after, left in self._next(stretch, suffixes):
                then = node_of(onset + length, after, left)
                found[onset][node].append(Continuation(length, is_rest, weight, then))
        return found

    def _next(
        self, stretch: int, suffixes: Suffixes
    ) -> Iterator[tuple[Fraction, bool, float, int, Suffixes]]:
        """What may begin, its log weight, and what may come after it, of which stretch."""
        for (length, kind), weight, left in _by_first(suffixes):
            is_rest = kind == "rest"
            if left:
                yield length, is_rest, weight, stretch, left
                continue
            for more, joined, after, ahead in self._going_on(stretch + 1, is_rest):
                yield length + more, is_rest, weight + joined, after, ahead

    def _going_on(self, stretch: int, is_rest: bool) -> Iterator[tuple[Fraction, float, int, Suffixes]]:
        """How much longer what reaches the end of a stretch goes on: a note where what follows is tied to it,
        a rest where that is one.
        """
        if stretch == len(self.stretches):
            yield Fraction(0), 0.0, stretch, ()
            return
        joins = "rest" if is_rest else "tied"
        fillings = self.stretches[stretch]
        apart = _merged(_struck(each) for each in fillings if each[0][0][1] != joins)
        if apart:
            yield Fraction(0), 0.0, stretch, apart
        for (length, _), weight, left in _by_first(_merged(f for f in fillings if f[0][0][1] == joins)):
            if left:
                yield length, weight, stretch, left
                continue
            for more, joined, after, ahead in self._going_on(stretch + 1, is_rest):
                yield length + more, weight + joined, after, ahead


@dataclass(frozen=True)
class DrawnLine:
    """A voice whose rhythm is drawn, and the stretches of it, one after another to the end of the piece.
    together: the voices that move with it, itself among them, where there are others.
    """

    voice: int
    stretches: tuple[Run | Course, ...]
    together: tuple[int, ...] = ()

    @property
    def leads(self) -> bool:
        """Whether it is the first of the voices that move with it, or moves alone."""
        return self.together[:1] in ((), (self.voice,))

    @cached_property
    def step(self) -> Fraction:
        """The longest duration of which all its lengths are multiples."""
        return common_step(each.steps for each in self.stretches)

    @cached_property
    def edges(self) -> list[Fraction]:
        """Where its stretches begin and end."""
        return [edge for each in self.stretches for edge in (each.onset, each.end)]

    @cached_property
    def has_rests(self) -> bool:
        """Whether it may rest anywhere."""
        return any(each.has_rests for each in self.stretches)

    def rests_through(self, onset: Fraction, end: Fraction) -> bool:
        """Whether it may rest from one time to another."""
        [choices] = self.choices(onset).values()
        return any(each.is_rest and onset + each.length >= end for each in choices)

    @cached_property
    def _starts(self) -> list[Fraction]:
        return [each.onset for each in self.stretches]

    def choices(self, onset: Fraction) -> Mapping[int, Sequence[Continuation]]:
        """What may begin at a time, by the node where the voice stands."""
        stretch = self.stretches[bisect_right(self._starts, onset) - 1]
        return {node: tuple(stretch.choices(onset, node)) for node in stretch.nodes_at(onset)}


def _struck(filling: Filling) -> Filling:
    """What fills a stretch where it is tied to nothing."""
    ((length, kind), *others), weight = filling
    return ((length, "note" if kind == "tied" else kind), *others), weight


def _merged(fillings: Iterable[Filling]) -> Suffixes:
    """The fillings, those that are alike as one, with the sum of their weights."""
    found: dict[tuple[Item, ...], float] = {}
    for items, weight in fillings:
        found[items] = _sum(found[items], weight) if items in found else weight
    return tuple(sorted(found.items()))


def _by_first(suffixes: Suffixes) -> Iterator[tuple[Item, float, Suffixes]]:
    """What may come first, its log weight, and what may follow it, of which the weights sum to one."""
    groups: dict[Item, list[Filling]] = {}
    for (first, *others), weight in suffixes:
        groups.setdefault(first, []).append((tuple(others), weight))
    for first, group in groups.items():
        whole = group[0][1]
        for _, weight in group[1:]:
            whole = _sum(whole, weight)
        yield first, whole, tuple((items, weight - whole) for items, weight in group if items)


def _sum(first: float, second: float) -> float:
    """The log of the sum of two weights."""
    more, less = max(first, second), min(first, second)
    return more + log(1 + exp(less - more))
