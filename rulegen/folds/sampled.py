"""Windows of a drawn rhythm, by moments: those that time tells nothing apart of are bound at once."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rulegen.folds.grid_elements import (
    AskedElement,
    FreeElement,
    GridElement,
    SampledElement,
    TimeQuestion,
    Unreadable,
)
from rulegen.rules.bind import Scope
from rulegen.rules.choices import is_over_rows
from rulegen.rules.draft import Draft
from rulegen.rules.elements import Bound
from rulegen.rules.evaluate import cells
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import BoundAggregate, Group, Instance, admitted, bound
from rulegen.rules.reduction import Absent
from rulegen.rules.remembered import recalled
from rulegen.style.expression import (
    FALSE,
    Aggregated,
    Apply,
    Typed,
    Variable,
    conjunction,
    walk,
)
from rulegen.style.vocabulary import NOTE

_VARYING = ("onset", "bar", "is_first")  # of a note, from statement to statement of its section


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
    by_event: dict[_Known, list[int]] = {}
    found: dict[_Known, Group] = {}
    for (event, aggregates), alike in _alike(instance, expression, draft, outside, moments.tolist()):
        for is_sure in (True, False):
            own = [moment for moment in alike if (moment in surely) == is_sure]
            if own and event is not None and event != FALSE:
                whole = conjunction(None if is_sure else begin, *sounding, event)
                key = (whole, tuple(each.key for each in aggregates), is_sure)
                found.setdefault(key, Group(whole, np.zeros((0, size), dtype=np.int64), aggregates))
                by_event.setdefault(key, []).extend(own)
    for known, each in sorted(found.items(), key=lambda item: min(by_event[item[0]])):
        last = np.array(sorted(by_event[known]))
        reads_past = any(cell.element == 0 for cell in cells(each.event))
        alone = instance.size == 1 and last[0] in surely and not reads_past
        yield replace(each, windows=np.stack([last if alone else last - 1, last], axis=1))


_Known = tuple[Typed, tuple[Hashable, ...], bool]  # an event, its aggregates, and whether it surely begins
_Bound = tuple[Typed | None, tuple[BoundAggregate, ...]]  # no event where something is not there


def _alike(
    instance: Instance, expression: Typed, draft: Draft, outside: Scope | None, moments: Sequence[int]
) -> Iterator[tuple[_Bound, list[int]]]:
    """An expression bound at each moment: at those that answer alike all that is asked of time at once."""
    size, expression = width_of(instance, draft), _prepared(instance, expression, draft)
    over_rows = any(isinstance(each, Aggregated) and is_over_rows(each) for each in walk(expression))
    known: list[tuple[dict[TimeQuestion, object], _Bound, list[int]]] = []
    for moment in moments:
        elements = [
            GridElement(draft, instance.voice, moment, element, element == size - 1)
            for element in range(size - instance.size, size)
        ]
        if over_rows:  # what is bound inside depends on where it stands
            yield _bound_at(instance, expression, draft, elements, outside), [moment]
            continue
        by_number = {each.element: each for each in elements}
        for answers, _, alike in known:
            if all(question.asked_of(by_number) == answer for question, answer in answers.items()):
                alike.append(moment)
                break
        else:
            told: dict[TimeQuestion, object] = {}
            asked = [AskedElement(each, told) for each in elements]
            known.append((told, _bound_at(instance, expression, draft, asked, outside), [moment]))
    yield from ((found, alike) for _, found, alike in known)


def _bound_at(
    instance: Instance,
    expression: Typed,
    draft: Draft,
    elements: Sequence[SampledElement],
    outside: Scope | None,
) -> _Bound:
    try:
        return bound(_scope_of(instance, draft, elements, outside), expression)
    except Absent:
        return None, ()


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
    elements: Sequence[SampledElement],
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
