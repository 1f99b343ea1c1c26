"""A draft: the frame of a piece that is still open, its layers on the lattice, and the board where factors
are put.

A section that is stated again has layers for its first statement only; what its later statements count
stands on seams.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Factor, Part, Slot, intern
from rulegen.rules.bind import Scope
from rulegen.rules.elements import BEGIN, END, LEVEL, VALUE
from rulegen.rules.evaluate import cells
from rulegen.rules.places import (
    BoundAggregate,
    Group,
    Instance,
    aggregate_instances,
    groups,
    is_of_stretches,
    member_of,
    row_of,
    stretch_groups,
)
from rulegen.rules.tables import Tables
from rulegen.score.frame import Frame
from rulegen.score.given import HARMONY, Given
from rulegen.storage import program
from rulegen.style.expression import Aggregated, Typed, walk
from rulegen.style.model import Use

Ints = NDArray[np.int64]
MOST_KEPT = 16  # drafts whose rules are kept compiled
Location = tuple[int, int]  # (-1, layer), or (statement, moments after its beginning) on a seam


@dataclass(frozen=True)
class Draft:
    """What rules are compiled against. `free` are the voices whose rhythms are sampled: the frame's moments
    are a grid then.
    """

    frame: Frame
    tables: Tables
    free: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()

    @classmethod
    def of(
        cls, frame: Frame, tables: Tables, free: tuple[int, ...] = (), given: tuple[Given, ...] = ()
    ) -> Draft:
        """The draft of a frame and tables: the one that is kept, with all that was bound and compiled for it,
        where there is one of the same content.
        """
        key = (frame, tables.content, free, given)
        draft = _KEPT.pop(key, None) or cls(frame, tables, free, given)
        _KEPT[key] = draft
        for oldest in list(_KEPT)[:-MOST_KEPT]:
            del _KEPT[oldest]
        return draft

    @cached_property
    def digest(self) -> str:
        """What tells all that rules on it depend on from others, the program included."""
        whole = (program(), np.__version__, self.frame, self.free, self.given, self.tables.content)
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    @cached_property
    def compiled(self) -> dict[Use, tuple[int, Board]]:
        """The factors of uses that were compiled for this draft, with the number that each use had; by uses
        without their number.
        """
        return {}

    @cached_property
    def stored(self) -> dict[str, Callable[[], tuple[int, Board] | None]]:
        """What was compiled by other processes, by what each use says."""
        return {}

    @cached_property
    def proofs(self) -> dict[str, Any]:
        """Where hard uses look in finished music, as far as they were asked for, by what each use says."""
        return {}

    @cached_property
    def sights(self) -> dict[bytes, Any]:
        """What proofs look at, each once."""
        return {}

    @cached_property
    def _groups(self) -> dict[object, tuple[Group, ...]]:
        return {}

    @cached_property
    def by_length(self) -> dict[object, Any]:
        """What time says of notes that are drawn, by how long they last: by voice, moment and attribute."""
        return {}

    @cached_property
    def automata(self) -> dict[object, Any]:
        """The automata of aggregates that were made for this draft, by what they speak of."""
        return {}

    def groups(
        self, instance: Instance, expression: Typed, outside: Scope | None = None
    ) -> tuple[Group, ...]:
        """The windows of an instance with its expression bound to them; what was bound once is kept."""
        key = (*_key(instance), expression, None if outside is None else _around(outside, expression))
        if key not in self._groups:
            self._groups[key] = tuple(groups(instance, expression, self.frame, self.tables, outside))
        return self._groups[key]

    def places(self, instance: Instance, expression: Typed) -> tuple[Group, ...]:
        """The places of an instance with its expression bound to them: of windows those that count."""
        key = (*_key(instance), expression, "places")
        if key not in self._groups:
            if is_of_stretches(instance):
                self._groups[key] = tuple(stretch_groups(instance, expression, self.frame, self.tables))
            else:
                found = (self._counted(instance, each) for each in self.groups(instance, expression))
                self._groups[key] = tuple(each for each in found if len(each.windows))
        return self._groups[key]

    @cached_property
    def _given_at(self) -> NDArray[np.bool_]:
        """(components, moments): whether what a component holds there was given."""
        found = np.zeros((len(self.tables.components), len(self.frame.onsets)), dtype=bool)
        onsets = np.array([float(onset) for onset in self.frame.onsets])
        for name, start, end in self.given:
            inside = (onsets >= float(start)) & (onsets < float(end))
            if name in self.frame.voices:
                found[self.tables.of_voice(self.frame.voices.index(name)), inside] = True
            elif name == HARMONY and self.tables.harmony is not None:
                found[self.tables.harmony, inside] = True
        return found

    def was_given(self, voice: int, moments: Ints) -> NDArray[np.bool_]:
        """Whether what a voice sounds at these moments was given; of the shape of the moments."""
        found: NDArray[np.bool_] = self._given_at[self.tables.of_voice(voice), moments]
        return found

    def is_given(self, instance: Instance, group: Group, moments: Ints) -> NDArray[np.bool_]:
        """(places,): whether all that each place of a group reads was given, so that nobody composed it.

        moments: (places, size), of its elements.
        """
        if not self.given:
            return np.zeros(len(moments), dtype=bool)
        read = self._read(instance, group)
        found = np.full(len(moments), bool(read or group.aggregates))
        for aggregate in group.aggregates:
            for row in aggregate_instances(aggregate, self.frame):
                for each in self.members(row, aggregate):
                    own = self._read(row, each)
                    read |= {(component, element + LEVEL) for component, element in own if element < 0}
                    layers = row_of(row, self.frame).layers[each.windows]
                    within = (
                        self._given_at[one, layers[:, element % BEGIN]]
                        for one, element in own
                        if element >= 0
                    )
                    found &= all(bool(given.all()) for given in within)
        for component, element in read:
            asked = moments[:, element % BEGIN]
            if element - element % BEGIN == END:
                notes = row_of(instance, self.frame)
                asked = notes.ends[np.searchsorted(notes.layers, asked)]
            found &= self._given_at[component, asked]
        return found

    def _read(self, instance: Instance, group: Group) -> set[tuple[int, int]]:
        """The components that a group's places read, and at which elements; of a row of notes its notes."""
        found = {(cell.component, cell.element) for cell in cells(group.event) if cell.element < VALUE}
        if instance.voice >= 0:
            found |= {(self.tables.of_voice(instance.voice), place) for place in range(instance.size)}
        return found

    def _counted(self, instance: Instance, group: Group) -> Group:
        if not self.repeats_any:
            return group
        moments = row_of(instance, self.frame).layers[group.windows]
        counted = [not self.frame.only_repeats(int(each[0]), int(each[-1])) for each in moments]
        return replace(group, windows=group.windows[np.array(counted, dtype=bool)])

    def members(self, instance: Instance, aggregate: BoundAggregate) -> tuple[Group, ...]:
        """The windows of an aggregate's row in its stretch; what was stated before counts once in a piece."""
        key = (*_key(instance), aggregate.key)
        if key not in self._groups:
            asked, stretch = member_of(aggregate.asked), aggregate.stretch
            layers = row_of(instance, self.frame).layers
            inside = np.array(
                [
                    stretch.first <= moment < stretch.stop
                    and not (stretch.kind == "piece" and self.is_repeat(moment))
                    for moment in layers.tolist()
                ],
                dtype=bool,
            )
            found = (
                replace(each, windows=each.windows[inside[each.windows[:, -1]]])
                for each in self.groups(instance, asked, aggregate.scope)
            )
            self._groups[key] = tuple(each for each in found if len(each.windows))
        return self._groups[key]

    def counters(self, per: str) -> Ints:
        """(moments,): which count of an allowance each belongs to: that of its stretch, or on a seam, that of
        the seam in its stretch.
        """
        found = np.full(len(self.frame.onsets), -1, dtype=np.int64)
        for number, stretch in enumerate(self.frame.stretches(per)):
            found[stretch.first : stretch.stop] = number
        statements = np.where(self.repeats[self.frame.statement_of] >= 0, self.frame.statement_of + 1, 0)
        return found * (len(self.repeats) + 1) + statements

    @cached_property
    def repeats(self) -> Ints:
        """(statements,): the statement that each repeats, or -1."""
        return np.array([repeated for *_, repeated in self.frame.statements], dtype=np.int64)

    @cached_property
    def repeats_any(self) -> bool:
        """Whether any section is stated again."""
        return bool((self.repeats >= 0).any())

    @cached_property
    def starts(self) -> Ints:
        """(statements,): the moment where each begins."""
        return np.array([self.frame.index[onset] for onset, *_ in self.frame.statements], dtype=np.int64)

    @cached_property
    def layer_of(self) -> Ints:
        """(moments,): the layer that decides each moment."""
        found = np.zeros(len(self.frame.onsets), dtype=np.int64)
        layers = 0
        for moment, statement in enumerate(self.frame.statement_of):
            repeated = self.repeats[statement]
            if repeated >= 0:
                found[moment] = found[self.starts[repeated] + moment - self.starts[statement]]
            else:
                found[moment] = layers
                layers += 1
        return found

    @property
    def layer_count(self) -> int:
        """How many layers there are."""
        return int(self.layer_of.max()) + 1

    @cached_property
    def moment_of(self) -> Ints:
        """(layers,): the moment that first sounds each layer."""
        first: Ints = np.empty(self.layer_count, dtype=np.int64)
        first[self.layer_of[::-1]] = np.arange(len(self.layer_of) - 1, -1, -1)
        return first

    def is_repeat(self, moment: int) -> bool:
        """Whether a moment lies in a statement of a section that was stated before."""
        return bool(self.repeats[self.frame.statement_of[moment]] >= 0)

    def locate(self, moment: int, last: int) -> Location:
        """Where a step at a moment stands for a place whose last element begins at `last`."""
        statement = int(self.frame.statement_of[last])
        if self.repeats[statement] >= 0 and self.frame.statement_of[moment] == statement:
            return statement, int(moment - self.starts[statement])
        return -1, int(self.layer_of[moment])

    @cached_property
    def is_restated(self) -> NDArray[np.bool_]:
        """(statements,): whether the section of each is stated more than once."""
        sections = np.where(self.repeats < 0, np.arange(len(self.repeats)), self.repeats)
        counts: NDArray[np.bool_] = np.bincount(sections)[sections] > 1
        return counts

    @cached_property
    def goes_back(self) -> bool:
        """Whether the form states an earlier section again and then goes on to a new one (A B A C): what is
        remembered at the end of A is all that C knows of the past.
        """
        new = np.flatnonzero(self.repeats < 0)
        return any(
            ((self.repeats[statement - 1] < new) & (new < statement)).any()
            for statement in new[1:]
            if self.repeats[statement - 1] >= 0
        )

    def variant(self, window: Sequence[int]) -> tuple[int, ...]:
        """What tells apart windows that share more than one element before a seam and part after it: the
        statement that each enters. Elsewhere nothing.
        """
        statements = self.frame.statement_of[list(window)]
        before = statements[statements != statements[-1]]
        if len(before) < 2 or not (self.is_restated[before].any() or self.is_repeat(window[-1])):
            return ()
        return (int(statements[-1]),)


def _moved(factor: Factor, first: int, was: int, use: int) -> Factor:
    """A factor whose slot is counted from `first` on, and whose use is numbered anew."""
    if (first, was) == (0, use):
        return factor
    slot = None if factor.slot is None else factor.slot + first
    if was == use:
        return replace(factor, slot=slot, key=intern((factor.key, slot)))
    reads = tuple(
        each if isinstance(each, Part) else replace(each, factor=_renumbered(each.factor, use))
        for each in factor.reads
    )
    key = intern((factor.key, slot, use))
    return replace(factor, slot=slot, key=key, use=use, reads=reads, name=_renumbered(factor.name, use))


def _renumbered(name: Hashable, use: int) -> Hashable:
    """The name of a factor, which begins with the number of its use."""
    assert isinstance(name, tuple)
    return (use, *name[1:])


def _around(outside: Scope, expression: Typed) -> Hashable:
    """What an expression can hear of what is bound around it; an aggregate inside it of all stretches."""
    hears_all = any(isinstance(each, Aggregated) for each in walk(expression))
    return (outside.key(expression), tuple(outside.stretches.items()) if hears_all else ())


def _key(instance: Instance) -> tuple[Hashable, ...]:
    return (instance.binding, tuple(sorted(instance.voices.items())), instance.use.narrowings)


_KEPT: dict[object, Draft] = {}


@dataclass
class Board:
    """Factors by location, in the order in which they must be evaluated, and the slots they use."""

    slots: list[Slot] = field(default_factory=list)
    places: dict[Location, dict[object, Factor]] = field(default_factory=dict)

    def put(self, location: Location, factor: Factor) -> None:
        """Adds a factor to a location, once."""
        self.places.setdefault(location, {}).setdefault(factor.key, factor)

    def slot(self, slot: Slot) -> int:
        """Adds a slot and says which it is."""
        self.slots.append(slot)
        return len(self.slots) - 1

    def add(self, other: Board, was: int, use: int) -> None:
        """Adds the factors of a use that has a board of its own, where its number `was` another."""
        first = len(self.slots)
        self.slots += [replace(slot, use=use) for slot in other.slots]
        moved: dict[object, Factor] = {}
        for location, factors in other.places.items():
            for key, factor in factors.items():
                if key not in moved:
                    moved[key] = _moved(factor, first, was, use)
                self.put(location, moved[key])

    def factors(self, location: Location) -> tuple[Factor, ...]:
        """The factors of a location."""
        return tuple(self.places.get(location, {}).values())

    def seam(self, statement: int) -> tuple[tuple[Factor, ...], ...]:
        """The factors of a seam, for as many moments as any of them needs."""
        width = max((place + 1 for owner, place in self.places if owner == statement), default=0)
        return tuple(self.factors((statement, place)) for place in range(width))
