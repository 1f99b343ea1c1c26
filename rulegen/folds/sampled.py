"""Elements of a sampled rhythm: when a note begins is known step by step, how long it lasts only from its
symbol.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from rulegen.lattice.problem import Part
from rulegen.rules.bind import Scope
from rulegen.rules.draft import Draft
from rulegen.rules.elements import Bound, Element
from rulegen.rules.evaluate import cells
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import Group, Instance, admitted, bound
from rulegen.rules.reduction import Absent
from rulegen.rules.tables import Component, Tables
from rulegen.style.expression import FALSE, Apply, Cell, Literal, Typed, conjunction
from rulegen.style.facets import ATTRIBUTES
from rulegen.style.vocabulary import TRUTH

_OF_MOMENT = "`{}` of a moment is not known in time where the rhythm is sampled"
_BEFORE_CLOSE = "whether a note stands before the last of its phrase is not known where the rhythm is sampled"


class Unreadable(Exception):
    """A rule asks of a sampled rhythm what is not known when it would be needed; the message says what."""


@dataclass(frozen=True)
class GridElement:
    """A note that begins at a moment of the grid (`entered`), or that ends where that moment begins; a moment
    where there is no voice.
    """

    draft: Draft
    voice: int
    moment: int
    element: int
    entered: bool

    @property
    def place(self) -> Hashable:
        """When it begins or ends."""
        return (self.moment, self.entered)

    @property
    def layer(self) -> int:
        """The step that is entered, or the one that was left."""
        return self.moment if self.entered else self.moment - 1

    def renumbered(self, by: int) -> GridElement:
        """The same with its number in the window changed."""
        return replace(self, element=self.element + by)

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute: a literal, or a look-up by the note's length."""
        if self.voice < 0:
            if not self.entered or name in ("duration", "closes_phrase", "before_close", "is_last"):
                raise Unreadable(_OF_MOMENT.format(name))
            return Literal(kind, self.draft.frame.moments.attributes[name][self.moment].item())
        length = self.draft.tables.cell("duration", "length", self.voice, self.element)
        if name == "duration":
            return length
        if name == "before_close":
            raise Unreadable(_BEFORE_CLOSE)
        if self.entered and name not in ("closes_phrase", "is_last"):
            return Literal(kind, self.draft.frame.moments.attributes[name][self.moment].item())
        lengths = sorted({float(each) for each in self.draft.tables.voices[self.voice].length})
        table = tuple((each, self.value(name, each)) for each in lengths)
        if len({value for _, value in table}) == 1:
            return Literal(kind, table[0][1])
        return Apply(kind, "lookup", (length, Literal(f"{kind} table", table)))  # type: ignore[arg-type]

    def value(self, name: str, length: float) -> float | int | bool:
        """The attribute of an element of a length."""
        frame = self.draft.frame
        duration = Fraction(length).limit_denominator(1024)
        onset = frame.onsets[self.moment] - (0 if self.entered else duration)
        if name == "is_last":
            return frame.is_end(onset + duration)
        if name == "closes_phrase":
            return any(onset + duration == end for _, end, _ in frame.phrases)
        found = frame.moments.attributes[name][frame.index[onset]] if onset in frame.index else 0
        value: float | int | bool = np.asarray(found).item()
        return bool(value) if ATTRIBUTES["note"].get(name) == TRUTH else value


@dataclass(frozen=True)
class FreeElement:
    """An element of a longer window, which may lie anywhere: what time decides of it is a cell of its own."""

    draft: Draft
    voice: int
    element: int

    @property
    def place(self) -> Hashable:
        """Anywhere."""
        return None

    @property
    def layer(self) -> None:
        """Anywhere."""
        return None

    def renumbered(self, by: int) -> FreeElement:
        """The same with its number in the window changed."""
        return replace(self, element=self.element + by)

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute, a cell; raises Unreadable for what is not known in time."""
        if self.voice < 0:
            raise Unreadable(_OF_MOMENT.format(name))
        if name == "duration":
            return self.draft.tables.cell("duration", "length", self.voice, self.element)
        if name == "before_close":
            raise Unreadable(_BEFORE_CLOSE)
        return Cell(kind, name, len(self.draft.tables.components), self.element)


class GridClock:
    """When the notes of a sampled rhythm begin and end, in classes of what is asked of that: each class a
    tuple of values of `names`.
    """

    def __init__(self, draft: Draft, voice: int, names: tuple[str, ...]) -> None:
        self.draft, self.voice, self.names = draft, voice, names
        self.component = len(draft.tables.components)
        self.lengths, self.rank = np.unique(draft.tables.voices[voice].length, return_inverse=True)
        moments = range(len(draft.frame.onsets))
        found = (each for moment in moments for each in self._values(moment, entered=True))
        self.classes = {values: number for number, values in enumerate(dict.fromkeys(found))}

    def _values(self, moment: int, entered: bool) -> list[tuple[float | int | bool, ...]]:
        """What is asked of the note that begins or ends at a moment, by its length."""
        element = GridElement(self.draft, self.voice, moment, 0, entered)
        return [tuple(element.value(name, length) for name in self.names) for length in self.lengths.tolist()]

    def tables(self) -> Tables:
        """The draft's tables, and the classes of time as one more component."""
        columns = {
            name: np.array([each[place] for each in self.classes]) for place, name in enumerate(self.names)
        }
        known = self.draft.tables
        return replace(known, components=(*known.components, Component("time", "time", columns)))

    def known(self, local: Typed, moment: int) -> Typed:
        """An expression on elements 0 and 1, of which 1 begins at a moment, without cells of time."""
        if isinstance(local, Cell) and local.component == self.component:
            element = GridElement(self.draft, self.voice, moment, local.element, local.element == 1)
            return element.timed(local.facet, local.kind)
        if isinstance(local, Apply):
            return replace(local, arguments=tuple(self.known(each, moment) for each in local.arguments))
        return local

    def part(self, moment: int, entered: bool) -> Part:
        """Reads the class of the note that begins at a moment, or of the one that ends there."""
        by_length = [self.classes.get(each, 0) for each in self._values(moment, entered)]
        classes = np.array(by_length, dtype=np.int32)[self.rank]
        scope = (self.draft.tables.of_voice(self.voice),)
        return Part.table(() if entered else scope, scope if entered else (), len(self.classes), classes)


def is_sampled(instance: Instance, draft: Draft) -> bool:
    """Whether the instance's row is that of a sampled rhythm, or of moments that depend on one."""
    if not draft.free or instance.binding is None:
        return False
    return instance.binding.kind == "moment" or (
        instance.binding.kind == "note" and instance.voice in draft.free
    )


def voices_of(instance: Instance, draft: Draft) -> tuple[int, ...]:
    """The voices with sampled rhythms on which it depends when the elements of an instance begin."""
    return (instance.voice,) if instance.voice >= 0 else draft.free


def has_held_notes(instance: Instance, draft: Draft) -> bool:
    """Whether a note of the instance's voice may go on while other voices or the harmony move."""
    if is_sampled(instance, draft):
        return True
    row = draft.frame.note_rows[instance.voice]
    return bool((row.ends > row.layers).any())


def begins(instance: Instance, element: int, draft: Draft) -> Typed:
    """Whether an element of an instance begins there: a note, or a moment with a note of any voice."""
    tables, (first, *others) = draft.tables, voices_of(instance, draft)
    found: Typed = tables.cell("truth", "begins", first, element)
    for voice in others:
        found = Apply("truth", "or", (found, tables.cell("truth", "begins", voice, element)))
    return found


def sampled_groups(
    instance: Instance, expression: Typed, draft: Draft, outside: Scope | None = None
) -> Iterator[Group]:
    """The windows of one or two elements, by moments; the event holds only where something begins."""
    check_sampled(instance, draft)
    others = begun_by_others(instance, draft)
    moments = np.arange(instance.size - 1, len(draft.frame.onsets))
    moments = moments[admitted(instance.use, draft.frame, moments)]
    begin = begins(instance, instance.size - 1, draft)
    by_event: dict[Hashable, list[int]] = {}
    found: dict[Hashable, Group] = {}
    expression = _in_keys(instance, expression, draft)
    for moment in moments.tolist():
        try:
            event, aggregates = bound(_scope(instance, draft, moment, outside), expression)
        except Absent:
            continue
        if event != FALSE:
            event = event if moment in others else conjunction(begin, event)
            key = (event, tuple(each.key for each in aggregates))
            found.setdefault(key, Group(event, np.zeros((0, instance.size), dtype=np.int64), aggregates))
            by_event.setdefault(key, []).append(moment)
    for each, places in by_event.items():
        yield replace(found[each], windows=np.array(places)[:, None] + np.arange(1 - instance.size, 1))


def check_sampled(instance: Instance, draft: Draft) -> None:
    """Raises Unreadable where an instance's places depend on what is not known in time."""
    if instance.size > 2 and instance.voice < 0 and not draft.frame.sounding.all():
        raise Unreadable(
            "a rule on three or more moments cannot be kept where the rhythm is sampled and a voice rests"
        )
    if any(narrow.kind == "cadences" for narrow in instance.use.narrowings) and not draft.frame.chords:
        raise Unreadable(
            "the last two notes of a phrase are not known in time where the rhythm is sampled "
            "and there is no harmony"
        )


def begun_by_others(instance: Instance, draft: Draft) -> frozenset[int]:
    """The moments that there are whatever the sampled voices do: where another voice or a chord begins."""
    if instance.binding is None or instance.binding.kind != "moment":
        return frozenset()
    frame = draft.frame
    rows = [frame.chords, *(row for voice, row in enumerate(frame.notes) if voice not in draft.free)]
    return frozenset(frame.index[event.onset] for row in rows for event in row)


def free_window(instance: Instance, event: Typed, draft: Draft) -> tuple[Typed, Tables, GridClock | None]:
    """The event of a window of three or more elements, wherever it lies, and what it is tabulated on."""
    elements = [FreeElement(draft, instance.voice, element) for element in range(instance.size)]
    bound = _scope_of(instance, draft, elements).bind(_in_keys(instance, event, draft))
    component = len(draft.tables.components)
    names = tuple(sorted({cell.facet for cell in cells(bound) if cell.component == component}))
    if not names:
        return bound, draft.tables, None
    clock = GridClock(draft, instance.voice, names)
    return bound, clock.tables(), clock


def _in_keys(instance: Instance, expression: Typed, draft: Draft) -> Typed:
    if instance.binding is None or len(draft.frame.regions) == 1:
        return expression
    return in_one_key(expression, instance.binding)


def _scope(instance: Instance, draft: Draft, moment: int, outside: Scope | None) -> Scope:
    last = instance.size - 1
    elements = [GridElement(draft, instance.voice, moment, e, e == last) for e in range(instance.size)]
    return _scope_of(instance, draft, elements, outside)


def _scope_of(
    instance: Instance, draft: Draft, elements: Sequence[Element], outside: Scope | None = None
) -> Scope:
    assert instance.binding is not None
    around = Scope(draft.frame, draft.tables) if outside is None else outside.within()
    rows = {
        variable.name: Bound(instance.binding.kind, place, element, instance.voice)
        for place, (variable, element) in enumerate(zip(instance.binding.variables, elements, strict=True))
    }
    voices = {**around.voices, **instance.voices}
    return replace(around, voices=voices, rows={**around.rows, **rows}, last=instance.size - 1)
