"""The places where a use looks: its voices, its windows of elements, and the event that each window would be.

Grading reads the notes of a score at these places; composing compiles the same events into automata.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.bind import Scope
from rulegen.rules.choices import is_row, voice_choices
from rulegen.rules.edges import at_edges, fitted_to
from rulegen.rules.elements import VALUE, Bound, RowElement
from rulegen.rules.keys import asks_meter, in_one_key, keyed
from rulegen.rules.reduction import Absent
from rulegen.rules.tables import Tables
from rulegen.score.frame import CADENCES, Frame, Row, Stretch
from rulegen.style.expression import (
    FALSE,
    TRUE,
    Aggregated,
    Apply,
    Binding,
    Cell,
    Literal,
    Typed,
    Variable,
    conjunction,
    negation,
    walk,
)
from rulegen.style.facets import TIMED
from rulegen.style.model import Narrow, Rule, Use
from rulegen.style.vacuous import speaks_of_harmony
from rulegen.style.vocabulary import ROWS, SPANS

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Instance:
    """A use with its voices chosen: by name of the variable, as indices."""

    use: Use
    voices: Mapping[str, int]
    binding: Binding | None  # the row or the stretch that the rule binds

    @property
    def voice(self) -> int:
        """The voice whose notes the rule's row holds, or -1."""
        if self.binding is None or self.binding.kind != "note":
            return -1
        owner = self.binding.voice
        return self.voices[owner.name] if isinstance(owner, Variable) else self.voices["voice"]

    @property
    def size(self) -> int:
        """How many elements a window has."""
        return len(self.binding.variables) if self.binding is not None else 0

    @property
    def last(self) -> int:
        """The element where a place belongs: the last that the rule itself binds."""
        return self.size - 1 - (self.binding.optional[1] if self.binding is not None else 0)


def event_of(use: Use) -> Typed:
    """What each place is asked: a breach for what is required, an occurrence else."""
    rule = use.rule
    outside = None if rule.unless is None else negation(rule.unless)
    if use.verb == "require":
        return conjunction(rule.when, outside, negation(rule.then or FALSE))
    return conjunction(rule.when, rule.then, outside)


def finding_of(use: Use) -> Typed:
    """What a grade reports: each event, but of what is preferred the places that lack it."""
    return event_of(replace(use, verb="require")) if use.verb == "prefer" else event_of(use)


def exception_of(use: Use) -> Typed:
    """Where a grade would find something but for an `unless`; of a rule that has one."""
    plain = finding_of(replace(use, rule=replace(use.rule, unless=None)))
    return conjunction(plain, use.rule.unless)


def opportunity_of(use: Use) -> Typed:
    """Where the rule had anything to say: its condition alone."""
    return conjunction(use.rule.when)


def row_binding(rule: Rule) -> Binding | None:
    """The binding that is no binding of voices."""
    return next((each for each in rule.bindings if each.kind != "voice"), None)


def instances(use: Use, frame: Frame) -> list[Instance]:
    """The use for all voices that it speaks of; none where it names a voice that is not there, or speaks of
    harmony where there is none."""
    rule = use.rule
    parts = tuple(part for part in (rule.when, rule.then, rule.unless) if part is not None)
    if not frame.chords and speaks_of_harmony(rule.bindings, parts):
        return []
    voices = frame.voices
    binding = row_binding(use.rule)
    named = [each for each in use.rule.bindings if each.kind == "voice"]
    choices = [voice_choices(each, len(voices)) for each in named]
    found = []
    for chosen in product(*choices):
        bound: dict[str, int] = reduce(lambda one, other: {**one, **other}, chosen, {})
        if binding is not None and isinstance(binding.voice, Literal):
            if binding.voice.value not in voices:
                continue
            bound = {**bound, "voice": voices.index(str(binding.voice.value))}
        if _voices_allowed(use, {voices[each] for each in bound.values()}):
            found += [Instance(use, bound, each) for each in at_edges(binding)]
    return found


def _voices_allowed(use: Use, bound: set[str]) -> bool:
    for narrow in use.narrowings:
        if narrow.kind != "voices":
            continue
        named = set(narrow.names)
        inside = bool(bound & named) if narrow.excepted and not use.between else bound <= named
        if inside == narrow.excepted:
            return False
    return True


def row_of(instance: Instance, frame: Frame) -> Row:
    """The row whose windows an instance looks at."""
    assert instance.binding is not None
    if instance.binding.kind == "note":
        rows = frame.tone_rows if instance.binding.tones else frame.note_rows
        return rows[instance.voice]
    return frame.chord_row if instance.binding.kind == "chord" else frame.moments


def windows(row: Row, size: int) -> Ints:
    """(windows, size): the positions of elements that follow one another without a rest."""
    starts = np.arange(max(len(row) - size + 1, 0))
    found: Ints = starts[:, None] + np.arange(size)
    return found[row.run[found[:, 0]] == row.run[found[:, -1]]] if len(found) else found


def _windows_of(instance: Instance, frame: Frame) -> Ints:
    """The windows of an instance: where notes around it are lacking, those at the edges of its row alone."""
    row = row_of(instance, frame)
    found = windows(row, instance.size)
    assert instance.binding is not None
    before, behind = instance.binding.missing
    if before:
        found = found[row.begins_run[found[:, 0]]]
    if behind:
        ends = row.ends_run.copy()
        if frame.last_restated:  # the piece may end in a section that is stated before, with the same notes
            ends |= np.array(
                [frame.is_end(frame.ends_at(moment)) for moment in row.ends.tolist()], dtype=bool
            )
        found = found[ends[found[:, -1]]]
    return found


def admitted(use: Use, frame: Frame, layers: Ints) -> NDArray[np.bool_]:
    """(n,): whether a place whose last element begins at each of these moments lies where the use holds."""
    found = np.ones(len(layers), dtype=bool)
    for narrow in use.narrowings:
        if narrow.kind not in ("voices", "stage"):
            found &= _inside(narrow, frame)[layers] != narrow.excepted
    return found


def _inside(narrow: Narrow, frame: Frame) -> NDArray[np.bool_]:
    attributes = frame.moments.attributes
    if narrow.kind == "sections":
        names = np.array([name for _, _, name, _ in frame.statements] + [""])
        return np.isin(names[frame.statement_of], narrow.names)
    if narrow.kind == "strength":
        return np.asarray(attributes["is_strong"] == ("strong" in narrow.names))
    if narrow.kind == "cadences":
        kinds = [CADENCES.index(name) for name in narrow.names] or range(1, len(CADENCES))
        return frame.in_cadence & np.isin(attributes["cadence"], list(kinds))
    numbers = {"bars": attributes["bar"], "phrases": frame.phrase_of + 1, "beats": attributes["beat"]}[
        narrow.kind
    ]
    ranges = [(numbers >= first) & (numbers <= last) for first, last in narrow.ranges]
    return np.asarray(reduce(np.logical_or, ranges, np.zeros(len(numbers), dtype=bool)))


@dataclass(frozen=True)
class BoundAggregate:
    """An aggregate over a row that an event asks for, and what is known where it does."""

    asked: Aggregated
    scope: Scope

    @property
    def row(self) -> Binding:
        """The row that it goes over."""
        return next(binding for binding in self.asked.bindings if is_row(binding))

    @property
    def stretch(self) -> Stretch:
        """The stretch that it goes over."""
        return self.scope.stretch_of(self.row)

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Equal for aggregates that are bound alike."""
        return (self.asked, self.stretch, *self.scope.key(self.asked))


@dataclass(frozen=True)
class Group:
    """Windows of one instance that share a bound expression: (windows, size) positions in their row.

    aggregates: those whose values it asks for; number i is Cell(kind, "value", i, VALUE).
    """

    event: Typed
    windows: Ints
    aggregates: tuple[BoundAggregate, ...] = ()


def bound(scope: Scope, expression: Typed) -> tuple[Typed, tuple[BoundAggregate, ...]]:
    """An expression as it is bound where so much is known, and its aggregates over rows. Raises Absent."""
    found: list[BoundAggregate] = []

    def collect(aggregate: Aggregated, inner: Scope) -> Typed:
        each = BoundAggregate(aggregate, replace(inner, collect=None))
        if all(each.key != known.key for known in found):
            found.append(each)
        number = next(number for number, known in enumerate(found) if known.key == each.key)
        return Cell(aggregate.kind, "value", number, VALUE)

    return replace(scope, collect=collect).bind(expression), tuple(found)


def groups(
    instance: Instance, expression: Typed, frame: Frame, tables: Tables, outside: Scope | None = None
) -> Iterator[Group]:
    """The windows of an instance with its expression bound to them, those left out where no place arises.

    outside: what is known around an aggregate whose row the instance is.
    """
    assert instance.binding is not None
    found = _windows_of(instance, frame)
    if not len(found):
        return
    found = found[admitted(instance.use, frame, row_of(instance, frame).layers[found[:, instance.last]])]
    expression = fitted_to(instance.binding, expression)
    if len(frame.regions) > 1:
        expression = in_one_key(expression, instance.binding)
    around = Scope(frame, tables) if outside is None else outside.within()
    for values, chosen in _alike(instance, expression, frame, found):
        event, aggregates = _bound_at(instance, expression, values, chosen[0], around)
        if event is not None and event != FALSE:
            yield Group(event, chosen, aggregates)


def bound_at(
    instance: Instance, expression: Typed, frame: Frame, tables: Tables, window: Ints
) -> tuple[Typed | None, tuple[BoundAggregate, ...]]:
    """An expression as it is bound to one window, and its aggregates; None where something is not there."""
    expression = fitted_to(instance.binding, expression)
    (values,) = _said_by_time(instance, expression, frame, window[None]).tolist()
    return _bound_at(instance, expression, tuple(values), window, Scope(frame, tables))


def _bound_at(
    instance: Instance, expression: Typed, values: tuple[float, ...], window: Ints, around: Scope
) -> tuple[Typed | None, tuple[BoundAggregate, ...]]:
    """The same, where time says these values. What reads no more of time is bound once for like tables."""
    frame, tables = around.frame, around.tables
    is_inside = around.rows or around.stretches or around.voices
    reads_more = is_inside or len(frame.regions) > 1 or _reads_more(expression)
    kept: dict[Hashable, Typed | None] = {} if reads_more else tables.bound
    key = (instance.binding, tuple(sorted(instance.voices.items())), frame.voices, expression, values)
    if key in kept:
        return kept[key], ()
    try:
        event, aggregates = bound(scope_of(instance, around, window), expression)
    except Absent:
        kept[key] = None
        return None, ()
    if not aggregates:
        kept[key] = event
    return event, aggregates


def scope_of(instance: Instance, around: Scope, window: Ints) -> Scope:
    """What is known at one window, beside what is known around it."""
    assert instance.binding is not None
    row, binding = row_of(instance, around.frame), instance.binding
    rows = {
        variable.name: Bound(binding.kind, element, RowElement(row, int(window[element])), instance.voice)
        for element, variable in enumerate(binding.variables)
    }
    voices = {**around.voices, **instance.voices}
    return replace(around, voices=voices, rows={**around.rows, **rows}, last=instance.last)


def stretch_groups(instance: Instance, expression: Typed, frame: Frame, tables: Tables) -> Iterator[Group]:
    """The stretches of an instance, each with its expression bound to it: (1, 2) the moments of its first and
    last element; those left out of which no place arises.
    """
    kind = "piece" if instance.binding is None else instance.binding.kind
    names = () if instance.binding is None else instance.binding.variables
    for stretch in frame.stretches(kind):
        last = stretch.stop - 1
        if kind != "piece" and frame.only_repeats(stretch.first, last):
            continue
        if not admitted(instance.use, frame, np.array([last]))[0]:
            continue
        scope = Scope(frame, tables, instance.voices, stretches={each.name: stretch for each in names})
        try:
            event, aggregates = bound(scope, expression)
        except Absent:
            continue
        if event != FALSE:
            yield Group(event, np.array([[stretch.first, last]]), aggregates)


def member_of(aggregate: Aggregated) -> Typed:
    """What an aggregate asks of each element: its condition, together with its value where it takes one."""
    where = aggregate.where or TRUE
    if aggregate.operation == "all":
        return negation(where)
    return where if aggregate.value is None else Apply("truth", "both", (where, aggregate.value))


def condition_and_value(event: Typed) -> tuple[Typed, Typed]:
    """What `member_of` put together, once it is bound; with a sampled rhythm's condition in the first."""
    if isinstance(event, Apply) and event.operation == "both":
        return event.arguments[0], event.arguments[1]
    if isinstance(event, Apply) and event.operation == "and":
        begins, pair = event.arguments
        if isinstance(pair, Apply) and pair.operation == "both":
            return conjunction(begins, pair.arguments[0]), pair.arguments[1]
    return event, TRUE


def is_of_stretches(instance: Instance) -> bool:
    """Whether a rule binds stretches of time, not windows of elements."""
    return instance.binding is None or instance.binding.kind in SPANS


def aggregate_instances(aggregate: BoundAggregate, frame: Frame) -> list[Instance]:
    """The row of an aggregate, for all voices that it binds itself."""
    named = [binding for binding in aggregate.asked.bindings if binding.kind == "voice"]
    row, count = aggregate.row, len(frame.voices)
    found = []
    for chosen in product(*(voice_choices(binding, count) for binding in named)):
        bound: dict[str, int] = reduce(
            lambda one, other: {**one, **other}, chosen, {**aggregate.scope.voices}
        )
        if row.kind == "note" and not isinstance(row.voice, Variable):
            if row.voice is None or row.voice.value not in frame.voices:
                continue
            bound = {**bound, "voice": frame.voices.index(str(row.voice.value))}
        found += [Instance(_use(row), bound, each) for each in at_edges(row)]
    return found


_NO_RULE = Rule("", "", "", (), "forbid", False, 0.0, (), (), None, None, None, ())


@lru_cache(maxsize=4096)
def _use(row: Binding) -> Use:
    return Use(-1, "forbid", False, 0.0, replace(_NO_RULE, bindings=(row,)))


def _alike(
    instance: Instance, expression: Typed, frame: Frame, found: Ints
) -> Iterator[tuple[tuple[float, ...], Ints]]:
    """The windows, those together that cannot differ but in notes and chords, with what time says of them."""
    if not len(found):
        return
    said = _said_by_time(instance, expression, frame, found)
    if not (said != said[:1]).any():
        yield tuple(said[0].tolist()), found
        return
    alike: dict[tuple[float, ...], list[int]] = {}
    for place, values in enumerate(said.tolist()):
        alike.setdefault(tuple(values), []).append(place)
    for key, places in sorted(alike.items()):
        yield key, found[places]


def _said_by_time(instance: Instance, expression: Typed, frame: Frame, found: Ints) -> NDArray[np.float64]:
    """(windows, …): all that time says of windows, as far as an expression asks."""
    row = row_of(instance, frame)
    assert instance.binding is not None
    names = {variable.name: element for element, variable in enumerate(instance.binding.variables)}
    columns: list[NDArray[Any]] = [row.layers[found]] if _reads_held_notes(expression) else []
    for name, attribute in sorted(_timed(expression)):
        if name in names:
            columns.append(row.attributes[attribute][found[:, names[name]]][:, None].astype(float))
    if len(frame.timeline.meters) > 1 and asks_meter(expression):
        for attribute in ("meter.bar_length", "meter.beats"):
            columns.append(row.attributes[attribute][found[:, -1]][:, None].astype(float))
    if hears_others(expression) and instance.binding.kind == "note":
        columns += _heard(row, found, frame)
    for name in keyed(expression, instance.binding) if len(frame.regions) > 1 else ():
        for attribute in ("region", "region_at_end"):
            columns.append(row.attributes[attribute][found[:, names[name]]][:, None].astype(float))
    if instance.binding.kind != "note":
        known = [frame.sounding, *([frame.begun] if asks_begun(expression) else [])]
        columns += [
            of[:, row.layers[found]].transpose(1, 0, 2).reshape(len(found), -1).astype(float) for of in known
        ]
    return np.hstack(columns) if columns else np.zeros((len(found), 0))


def _heard(row: Row, found: Ints, frame: Frame) -> list[NDArray[np.float64]]:
    """(windows, size) each: which note of every voice, and which chord, sounds where elements begin and end,
    as far as it decides what is read: whether any does, and whether it is one.
    """
    columns = []
    for other, sounding in [*zip(frame.note_rows, frame.sounding, strict=True), (frame.chord_row, None)]:
        first, last = row.layers[found], row.ends[found]
        one, other_one = (np.searchsorted(other.layers, each, side="right") for each in (first, last))
        ends = np.array([-1, *other.ends])[one]
        columns.append(((one == other_one) & (ends >= last)).astype(float))
        if sounding is not None:
            columns += [sounding[first].astype(float), sounding[last].astype(float)]
    return columns


@lru_cache(maxsize=4096)
def asks_begun(expression: Typed) -> bool:
    """Whether it asks of voices whether they begin a note."""
    return any(isinstance(each, Apply) and each.operation == "begins" for each in walk(expression))


@lru_cache(maxsize=4096)
def hears_others(expression: Typed) -> bool:
    """Whether it asks what voices sound where a note begins or ends."""
    return any(
        isinstance(each, Apply) and each.operation in ("at", "at_end") and each.arguments[1].kind == "note"
        for each in walk(expression)
    )


@lru_cache(maxsize=4096)
def _timed(expression: Typed) -> set[tuple[str, str]]:
    return {
        (each.arguments[0].name, each.operation.partition(".")[2])
        for each in walk(expression)
        if isinstance(each, Apply) and each.arguments and isinstance(each.arguments[0], Variable)
        if each.operation.partition(".")[0] in ROWS and each.operation.partition(".")[2] in TIMED
    }


@lru_cache(maxsize=4096)
def _reads_more(expression: Typed) -> bool:
    """Whether what it is bound to depends on more of time than its elements' own attributes."""
    operations = (each.operation for each in walk(expression) if isinstance(each, Apply))
    return _reads_held_notes(expression) or any(each.startswith("meter.") for each in operations)


@lru_cache(maxsize=4096)
def _reads_held_notes(expression: Typed) -> bool:
    """Whether it asks when a note began that sounds in a voice, which the moment alone does not tell."""
    return any(
        not any(map(is_row, each.bindings)) and bool(_timed(each) - _timed_outside(each))
        if isinstance(each, Aggregated)
        else isinstance(each, Apply)
        and each.operation.partition(".")[2] in TIMED
        and not all(isinstance(argument, Variable) for argument in each.arguments)
        for each in walk(expression)
    )


def _timed_outside(aggregate: Aggregated) -> set[tuple[str, str]]:
    bound = {variable.name for binding in aggregate.bindings for variable in binding.variables}
    return {each for each in _timed(aggregate) if each[0] not in bound}
