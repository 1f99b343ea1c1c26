"""Elements of a drawn rhythm: when a note begins is known step by step, how long it lasts where it begins,
and later what is remembered of that.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Self

import numpy as np

from rulegen.rules.bind import Scope
from rulegen.rules.draft import Draft
from rulegen.rules.elements import Bound
from rulegen.rules.evaluate import cells
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import Group, Instance, admitted, bound
from rulegen.rules.reduction import Absent
from rulegen.rules.remembered import BESIDE_RESTS, UNKNOWN, attribute, recalled
from rulegen.style.expression import FALSE, Apply, Cell, Literal, Typed, Variable, conjunction, walk
from rulegen.style.vocabulary import NOTE

_OF_MOMENT = "`{}` of a moment is not known in time where the rhythm is sampled"
_VARYING = ("onset", "bar", "is_first")  # of a note, from statement to statement of its section
_LATE = ("duration", "held_over", "closes_phrase", "is_last")  # are known by how long a note lasts
_UNKNOWN = {
    "before_close": "whether a note stands before the last of its phrase is not known where it is drawn",
    "since_rest": "how long a voice has sounded without a rest is not known where its rhythm is sampled",
}


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
        """The attribute: a literal, a look-up by how long the note lasts, or what is remembered of it."""
        if self.voice < 0 and (not self.entered or name in (*_LATE, *UNKNOWN)):
            raise Unreadable(_OF_MOMENT.format(name))
        if name in UNKNOWN:
            raise Unreadable(_UNKNOWN[name])
        if not self.entered or name in BESIDE_RESTS:
            return _remembered(self.draft, self.voice, self.element, (name, kind))
        if name not in _LATE:
            return Literal(kind, self.draft.frame.moments.attributes[name][self.moment].item())
        onset, step = self.draft.frame.onsets[self.moment], step_of(self.draft)
        lasts = range(1, longest(self.draft, [self.voice]) + 1)
        table = tuple((each, attribute(name, (onset, each * step), self.draft.frame)) for each in lasts)
        if len({value for _, value in table}) == 1:
            return Literal(kind, table[0][1])
        remaining = self.draft.tables.cell("number", "remaining", self.voice, self.element)
        return Apply(kind, "lookup", (remaining, Literal(f"{kind} table", table)))  # type: ignore[arg-type]

    def begins(self, voice: int) -> Typed | None:
        """Whether a voice begins a note at this moment; None where its rhythm is not drawn. At the beginning
        of a phrase all that sounds begins.
        """
        if not self.entered:
            raise Unreadable(_OF_MOMENT.format("begins"))
        if voice not in self.draft.free:
            return None
        tables, frame = self.draft.tables, self.draft.frame
        rests = tables.holder("sounds", voice) is not None
        sounds = tables.cell("truth", "sounds", voice, self.element) if rests else None
        if any(onset == frame.onsets[self.moment] for onset, _, _ in frame.phrases):
            return conjunction(sounds)
        return conjunction(tables.cell("truth", "ends", voice, self.element - 1), sounds)


@dataclass(frozen=True)
class AnyElement:
    """An element of a window that may lie anywhere."""

    draft: Draft
    element: int

    @property
    def place(self) -> Hashable:
        """Anywhere."""
        return None

    @property
    def layer(self) -> None:
        """Anywhere."""
        return None

    def renumbered(self, by: int) -> Self:
        """The same with its number in the window changed."""
        return replace(self, element=self.element + by)


@dataclass(frozen=True)
class FreeElement(AnyElement):
    """An element of a longer window, which may lie anywhere: what time decides of it is a cell of its own."""

    voice: int

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute, as it is remembered; raises Unreadable for what is not known in time."""
        if self.voice < 0:
            raise Unreadable(_OF_MOMENT.format(name))
        if name in UNKNOWN:
            raise Unreadable(_UNKNOWN[name])
        return _remembered(self.draft, self.voice, self.element, (name, kind))

    def begins(self, voice: int) -> Typed | None:
        """What begins at a moment is not known where that may lie anywhere."""
        raise Unreadable(_OF_MOMENT.format("begins"))


def _remembered(draft: Draft, voice: int, element: int, asked: tuple[str, str]) -> Cell:
    name, kind = asked
    if draft.tables.holder(name, voice) is None:
        raise Unreadable(f"`{name}` of a note that was drawn is not remembered here")
    return draft.tables.cell(kind, name, voice, element)


def step_of(draft: Draft) -> Fraction:
    """How long a step of the grid lasts."""
    onsets = draft.frame.onsets
    return (onsets[1] if len(onsets) > 1 else draft.frame.end) - onsets[0]


def longest(draft: Draft, voices: Sequence[int]) -> int:
    """How many steps may go by until one of some drawn voices surely begins a note or rest."""
    return min(int(draft.tables.times(voice).remaining.max()) for voice in voices)


def is_sampled(instance: Instance, draft: Draft) -> bool:
    """Whether the instance's row is that of a sampled rhythm, or of moments that depend on one."""
    if not draft.free or instance.binding is None:
        return False
    return instance.binding.kind == "moment" or (
        instance.binding.kind == "note" and instance.voice in draft.free
    )


def looks_at_tones(instance: Instance) -> bool:
    """Whether the notes of an instance count once over each chord, since of their kinds is asked."""
    return instance.binding is not None and instance.binding.tones


def width_of(instance: Instance, draft: Draft) -> int:
    """How many moments its windows have: two, where it is drawn whether their one element begins."""
    return max(instance.size, 2) if is_sampled(instance, draft) else instance.size


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
    found: Typed = tables.cell("truth", "ends", first, element - 1)
    for voice in others:
        found = Apply("truth", "or", (found, tables.cell("truth", "ends", voice, element - 1)))
    return found


def sampled_groups(
    instance: Instance, expression: Typed, draft: Draft, outside: Scope | None = None
) -> Iterator[Group]:
    """The windows of one or two elements, by moments, as windows of two: before one alone lies the step that
    is left. The event holds only where something begins.
    """
    check_sampled(instance, draft)
    surely, size = begun_surely(instance, draft), width_of(instance, draft)
    moments = np.arange(instance.size - 1, len(draft.frame.onsets))
    moments = moments[admitted(instance.use, draft.frame, moments)]
    begin = begins(instance, size - 1, draft)
    sounding = _sounding(instance, range(size - instance.size, size), draft)
    by_event: dict[Hashable, list[int]] = {}
    found: dict[Hashable, Group] = {}
    expression = _prepared(instance, expression, draft)
    for moment in moments.tolist():
        elements = [
            GridElement(draft, instance.voice, moment, element, element == size - 1)
            for element in range(size - instance.size, size)
        ]
        try:
            event, aggregates = bound(_scope_of(instance, draft, elements, outside), expression)
        except Absent:
            continue
        if event != FALSE:
            event = conjunction(None if moment in surely else begin, *sounding, event)
            key = (event, tuple(each.key for each in aggregates), moment in surely)
            found.setdefault(key, Group(event, np.zeros((0, size), dtype=np.int64), aggregates))
            by_event.setdefault(key, []).append(moment)
    for known, each in found.items():
        last = np.array(by_event[known])
        reads_past = any(cell.element == 0 for cell in cells(each.event))
        alone = instance.size == 1 and last[0] in surely and not reads_past
        yield replace(each, windows=np.stack([last if alone else last - 1, last], axis=1))


def check_sampled(instance: Instance, draft: Draft) -> None:
    """Raises Unreadable where an instance's places depend on what is not known in time."""
    if looks_at_tones(instance):
        raise Unreadable("of which kind a note is cannot be counted where its rhythm is drawn")
    if instance.size > 2 and instance.voice < 0 and not draft.frame.sounding.all():
        raise Unreadable(
            "a rule on three or more moments cannot be kept where the rhythm is sampled and a voice rests"
        )
    if any(narrow.kind == "cadences" for narrow in instance.use.narrowings) and not draft.frame.chords:
        raise Unreadable(
            "the last two notes of a phrase are not known in time where the rhythm is sampled "
            "and there is no harmony"
        )


def begun_surely(instance: Instance, draft: Draft) -> frozenset[int]:
    """Where an element begins whatever the drawn voices do: where a phrase does, and of moments, where
    another voice or a chord does.
    """
    frame = draft.frame
    opens = {frame.index[onset] for onset, _, _ in frame.phrases}
    if instance.voice >= 0:
        return frozenset(opens)
    rows = [frame.chords, *(row for voice, row in enumerate(frame.notes) if voice not in draft.free)]
    return frozenset(opens | {frame.index[event.onset] for row in rows for event in row})


def free_window(instance: Instance, event: Typed, draft: Draft) -> Typed:
    """The event of a window of three or more elements, wherever it lies."""
    elements = [FreeElement(draft, element, instance.voice) for element in range(instance.size)]
    found = _scope_of(instance, draft, elements).bind(_prepared(instance, event, draft))
    return conjunction(*_sounding(instance, range(instance.size), draft), found)


def _sounding(instance: Instance, elements: Iterable[int], draft: Draft) -> list[Typed]:
    """That elements of a voice that may rest are notes."""
    if instance.voice < 0 or draft.tables.holder("sounds", instance.voice) is None:
        return []
    return [draft.tables.cell("truth", "sounds", instance.voice, element) for element in elements]


def _prepared(instance: Instance, expression: Typed, draft: Draft) -> Typed:
    """An expression as it is asked of a window: of one key, and of what is remembered."""
    assert instance.binding is not None
    if len(draft.frame.regions) > 1:
        expression = in_one_key(expression, instance.binding)
    if instance.voice < 0:
        return expression
    names = [each.name for each in instance.binding.variables]
    past = names if instance.size > 2 else names[:-1]
    _check_stated_again(expression, past, draft)
    places = {name: (instance.voice, place) for place, name in enumerate(past)}
    return recalled(expression, places, draft.tables)


def _check_stated_again(expression: Typed, past: Collection[str], draft: Draft) -> None:
    """Raises Unreadable where what is asked of a note differs each time that its section is stated, and a
    later statement goes on to another: what is remembered is how it was at first.
    """
    last = len(draft.repeats) - 1
    if not (draft.repeats[:last] >= 0).any() and not (len(past) > 2 and draft.repeats_any):
        return
    for each in walk(expression):
        owner, _, name = each.operation.partition(".") if isinstance(each, Apply) else ("", "", "")
        if owner == NOTE and name in _VARYING and isinstance(each, Apply):
            (of,) = each.arguments
            if isinstance(of, Variable) and of.name in past:
                raise Unreadable(f"`{name}` of a note differs where its section is stated again")


def _scope_of(
    instance: Instance,
    draft: Draft,
    elements: Sequence[GridElement | FreeElement],
    outside: Scope | None = None,
) -> Scope:
    assert instance.binding is not None
    around = Scope(draft.frame, draft.tables) if outside is None else outside.within()
    rows = {
        variable.name: Bound(instance.binding.kind, element.element, element, instance.voice)
        for variable, element in zip(instance.binding.variables, elements, strict=True)
    }
    voices = {**around.voices, **instance.voices}
    return replace(around, voices=voices, rows={**around.rows, **rows}, last=elements[-1].element)
