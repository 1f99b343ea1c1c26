"""Proofreading: whether finished music breaks a hard rule, without telling where.

What `run` asks for one choice of voices after another is asked for all of them at once: an event that is the
same but for the voices is evaluated once, on the places of all. Where it looks is found once for a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.run import Bools, Ints, heard, moments_of, places_of, told_apart
from rulegen.rules.draft import Draft
from rulegen.rules.evaluate import Reading
from rulegen.rules.music import Sounding
from rulegen.rules.places import finding_of, is_of_stretches
from rulegen.rules.tables import Component
from rulegen.style.expression import Apply, Cell, Typed
from rulegen.style.model import Use


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Where one thing lies that an event reads: at each of its places in which component, at which moment."""

    component: Ints  # (places,)
    moment: Ints  # (places,)


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """An event that holds at none of some places where a rule is kept; Cell(kind, facet, i, 0) is a facet of
    what lies in sight i.
    """

    event: Typed
    sights: tuple[Sight, ...]
    places: int


Proofs = tuple[Proof, ...] | None  # of a use; None where it has to be run to know


def broken(uses: Sequence[Use], pieces: Sequence[Sounding]) -> Bools:
    """(pieces,): whether a hard use finds something in each piece. All are of one draft."""
    together = Sounding(pieces[0].draft, np.stack([piece.codes for piece in pieces]))
    sounding = _Sounding(together)
    found = np.zeros(len(pieces), dtype=bool)
    for use in uses:
        if not use.hard:
            continue
        proofs = proofs_of(use, together.draft)
        if proofs is None:
            found |= places_of(use, finding_of(use), together) > 0
        for proof in proofs or ():
            found |= sounding.breaks(proof)
    return found


def proofs_of(use: Use, draft: Draft) -> Proofs:
    """The proofs that a hard use asks for; those found once, or kept by another process, are kept."""
    name = use.content
    if name not in draft.proofs:
        draft.proofs[name] = _proofs(use, draft)
    found: Proofs = draft.proofs[name]
    return found


def _proofs(use: Use, draft: Draft) -> Proofs:
    if use.limit is not None:
        return None
    alike: dict[Typed, list[tuple[list[tuple[int, Ints]], int]]] = {}
    for instance in heard(use, draft):
        if is_of_stretches(instance):
            return None
        for group in draft.places(instance, finding_of(use)):
            group = told_apart(use, instance, group, draft, given=False)
            if group.aggregates:
                return None
            if len(group.windows):
                numbered = _Numbered()
                event = numbered.renamed(group.event)
                looks = [(component, moments_of(instance, group.windows, (component, element), draft))
                         for component, element in numbered.places]  # fmt: skip
                alike.setdefault(event, []).append((looks, len(group.windows)))
    return tuple(_proof(event, members, draft) for event, members in alike.items())


def _proof(event: Typed, members: Sequence[tuple[list[tuple[int, Ints]], int]], draft: Draft) -> Proof:
    places = sum(count for _, count in members)
    sights = []
    for looks in zip(*(own for own, _ in members), strict=True):
        component = np.repeat([each for each, _ in looks], [count for _, count in members])
        moment = np.concatenate([moments for _, moments in looks])
        key = component.tobytes() + moment.tobytes()
        sights.append(draft.sights.setdefault(key, Sight(component, moment)))
    return Proof(event, tuple(sights), places)


@dataclass(slots=True, eq=False)
class _Numbered:
    """Numbers what an event reads in the order in which it is met; equal parts become one object."""

    places: dict[tuple[int, int], int] = field(default_factory=dict)
    _known: dict[object, Typed] = field(default_factory=dict)

    def renamed(self, part: Typed) -> Typed:
        """A part of the event with its cells renumbered."""
        if isinstance(part, Cell):
            number = self.places.setdefault((part.component, part.element), len(self.places))
            cell = Cell(part.kind, part.facet, number, 0)
            return self._known.setdefault(cell, cell)
        if isinstance(part, Apply):
            arguments = tuple([self.renamed(each) for each in part.arguments])
            key = (part.kind, part.operation, *map(id, arguments))
            return self._known.setdefault(key, Apply(part.kind, part.operation, arguments))
        return self._known.setdefault((type(part), repr(part)), part)


@dataclass(slots=True, eq=False)
class _Sounding:
    """What pieces sound, where proofs look; what several of them look at is gathered once."""

    music: Sounding
    _codes: dict[int, tuple[Sight, Any]] = field(default_factory=dict)
    _values: dict[tuple[int, str], Any] = field(default_factory=dict)
    _columns: dict[str, Any] = field(default_factory=dict)

    def breaks(self, proof: Proof) -> Bools:
        """(pieces,): whether the event holds anywhere in each."""
        reading = _Reading(self.music.draft.tables, {}, sights=proof.sights, sounding=self)
        value = np.asarray(reading.evaluate(proof.event), dtype=bool)
        found: Bools = np.any(np.broadcast_to(value, (len(self.music.codes), proof.places)), axis=1)
        return found

    def codes(self, sight: Sight) -> Any:
        """(pieces, places): the codes that lie in sight."""
        if id(sight) not in self._codes:
            self._codes[id(sight)] = sight, self.music.codes[:, sight.component, sight.moment]
        return self._codes[id(sight)][1]

    def value(self, sight: Sight, facet: str) -> Any:
        """What a facet of them holds."""
        key = id(sight), facet
        if key not in self._values:
            codes = self.codes(sight)
            if facet not in self._columns:
                self._columns[facet] = _across(facet, self.music.draft.tables.components)
            column = self._columns[facet]
            pair = isinstance(column, tuple)
            found = [each[sight.component, codes] for each in (column if pair else (column,))]
            self._values[key] = tuple(found) if pair else found[0]
        return self._values[key]


@dataclass(eq=False)
class _Reading(Reading):
    """Reads cells that are numbered by sight."""

    sights: tuple[Sight, ...] = ()
    sounding: _Sounding | None = None

    def _cell(self, cell: Cell) -> Any:
        assert self.sounding is not None
        sight = self.sights[cell.component]
        if cell.facet in ("value", "chord"):  # a code is its own value
            return self.sounding.codes(sight)
        return self.sounding.value(sight, cell.facet)


def _across(facet: str, components: Sequence[Component]) -> Any:
    """A facet of all components, (components, codes + 1), or a pair of them; code -1, of what is silent,
    reads what it reads in the component's own column.
    """
    columns = [each.columns.get(facet) for each in components]
    if any(isinstance(each, tuple) for each in columns):
        return tuple(_stacked([None if each is None else each[part] for each in columns]) for part in (0, 1))
    return _stacked([None if isinstance(each, tuple) else each for each in columns])


def _stacked(columns: Sequence[NDArray[Any] | None]) -> NDArray[Any]:
    there = [each for each in columns if each is not None]
    found = np.zeros((len(columns), max(map(len, there)) + 1), dtype=np.result_type(*there))
    for row, column in zip(found, columns, strict=True):
        if column is not None:
            row[: len(column)] = column
            row[-1] = column[-1]
    return found
