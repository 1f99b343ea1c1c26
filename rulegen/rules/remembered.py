"""What is remembered of when a drawn note began: as much as rules ask of it once it sounds, and no more.

How long a note lasts, and all that time decides of it, is known where it begins. What a rule reads of it
later is a column of its voice's symbols: a truth such as `a.duration >= 1/2` where the rule says no more than
that, else the attribute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from rulegen.rules.choices import is_row
from rulegen.rules.evaluate import Reading
from rulegen.rules.keys import asks_meter
from rulegen.rules.places import event_of, instances, member_of
from rulegen.rules.tables import Tables
from rulegen.score.frame import Frame
from rulegen.style.expression import Aggregated, Apply, Binding, Literal, Typed, Variable, walk
from rulegen.style.facets import ATTRIBUTES, TIMED
from rulegen.style.model import Use
from rulegen.style.vocabulary import NOTE, TRUTH

Moment = tuple[Fraction, Fraction]  # when a note begins, and how long it lasts
BESIDE_RESTS = ("after_rest", "before_rest")  # are known by what stands beside a note, and guessed before
AT_EDGES = ("opens_phrase", "closes_phrase", "is_first", "is_last")  # so are these, of a voice that may rest
UNKNOWN = ("before_close", "since_rest")  # are never known while a note sounds
_NOTE = Variable(NOTE, "note")  # in what is remembered
_APART = ("both", "known")


def name_of(part: Typed) -> str:
    """The name of the column that holds what is remembered."""
    if isinstance(part, Apply) and part.operation.startswith("note."):
        return part.operation.removeprefix("note.")
    return repr(part)


def told(part: Typed, at: Moment, frame: Frame, tables: Tables) -> float | int | bool:
    """The value of what is remembered, of a note that begins at some time, in a voice that does not rest."""
    found = Reading(tables, {}).evaluate(_known(part, at, frame))
    value: float | int | bool = np.asarray(found).item()
    return value


def attribute(name: str, at: Moment, frame: Frame) -> float | int | bool:
    """What time says of a note that begins at some time, in a voice that does not rest."""
    onset, duration = at
    if name in BESIDE_RESTS:
        return False
    if name == "duration":
        return float(duration)
    if name == "held_over":
        return frame.timeline.held_over(onset, onset + duration)
    if name == "is_last":
        return frame.is_end(onset + duration)
    if name == "closes_phrase":
        return any(onset + duration == end for _, end, _ in frame.phrases)
    found = frame.moments.attributes[name][frame.index[onset]] if onset in frame.index else 0
    value: float | int | bool = np.asarray(found).item()
    return bool(value) if ATTRIBUTES[NOTE].get(name) == TRUTH else value


def recalled(expression: Typed, elements: Mapping[str, tuple[int, int]], tables: Tables) -> Typed:
    """An expression with what is remembered of notes in place of what is asked of when they began: of each
    the voice, and its number in the window.
    """
    found = _asked_of(expression, elements)
    if found is not None:
        name, part = found
        voice, element = elements[name]
        if tables.holder(name_of(part), voice) is not None:
            return tables.cell(part.kind, name_of(part), voice, element)
    if isinstance(expression, Apply):
        arguments = tuple(recalled(each, elements, tables) for each in expression.arguments)
        return replace(expression, arguments=arguments)
    return expression


def asked_later(use: Use, voices: Mapping[int, bool], frame: Frame) -> Iterator[tuple[int, Typed]]:
    """What a use asks of notes of drawn voices once they sound: the voice, and what is to be remembered.
    voices: whether each of them may rest.
    """
    event = event_of(use)
    for instance in instances(use, frame):
        bindings = () if instance.binding is None else (instance.binding,)
        yield from _asked_in(event, bindings, instance.voices, voices, frame)


def _asked_in(
    event: Typed,
    bindings: Iterable[Binding],
    bound: Mapping[str, int],
    voices: Mapping[int, bool],
    frame: Frame,
) -> Iterator[tuple[int, Typed]]:
    """What is asked of windows of these rows, and within the event of those of its aggregates."""
    for binding in bindings:
        if binding.tones:
            continue  # their time is read where they begin
        if binding.kind == NOTE and is_row(binding):
            read = {each.operation for each in walk(event) if isinstance(each, Apply)}
            for voice in _voices_of(binding, bound, voices, frame):
                for name in (*BESIDE_RESTS, *(AT_EDGES if voices[voice] else ())):
                    if f"note.{name}" in read:
                        yield voice, Apply(TRUTH, f"note.{name}", (_NOTE,))
        if binding.kind == NOTE and is_row(binding) and len(binding.variables) > 1:
            own = binding.variables[: None if len(binding.variables) > 2 else -1]
            for voice in _voices_of(binding, bound, voices, frame):
                apart = AT_EDGES if voices[voice] else ()
                for part in _parts(event, {each.name for each in own}, apart):
                    yield voice, part
                if len(frame.regions) > 1:
                    yield voice, Apply("number", "note.region", (_NOTE,))
                if asks_meter(event) and len(binding.variables) > 2:
                    for each in ("meter.bar_length", "meter.beats"):
                        yield voice, Apply("number", f"note.{each}", (_NOTE,))
    for inner in walk(event):
        if isinstance(inner, Aggregated) and any(map(is_row, inner.bindings)):
            yield from _asked_in(member_of(inner), inner.bindings, bound, voices, frame)


def _voices_of(
    binding: Binding, bound: Mapping[str, int], voices: Collection[int], frame: Frame
) -> list[int]:
    """The drawn voices whose notes a row may hold."""
    owner = binding.voice
    if isinstance(owner, Variable):
        return [voice for voice in voices if bound.get(owner.name, voice) == voice]
    if owner is None:
        return [voice for voice in voices if bound.get("voice", voice) == voice]
    return [voice for voice in voices if isinstance(owner, Literal) and frame.voices[voice] == owner.value]


def _parts(expression: Typed, names: Collection[str], apart: Collection[str]) -> Iterator[Typed]:
    """The largest statements on when a single note began, and single attributes elsewhere. apart: attributes
    that stand in no such statement.
    """
    found = _asked_of(expression, names, apart)
    if found is not None:
        yield found[1]
    elif isinstance(expression, Apply):
        for each in expression.arguments:
            yield from _parts(each, names, apart)
    elif isinstance(expression, Aggregated):
        for inner in walk(expression):
            if isinstance(inner, Apply) and (alone := _attribute_of(inner, names)) is not None:
                yield alone[1]


def _asked_of(
    expression: Typed, names: Collection[str], apart: Collection[str] = ()
) -> tuple[str, Typed] | None:
    """The note that an expression speaks of, and what it asks, where it is of the time of one note alone."""
    if not isinstance(expression, Apply):
        return None
    alone = _attribute_of(expression, names)
    if alone is not None:
        return alone
    if expression.kind != TRUTH or expression.operation in _APART:
        return None
    asked = {part[0] for part in _leaves(expression, names, apart)}
    if len(asked) != 1:
        return None
    (name,) = asked
    return None if name is None else (name, _renamed(expression))


def _leaves(
    expression: Typed, names: Collection[str], apart: Collection[str]
) -> Iterator[tuple[str | None, ...]]:
    """The notes whose time an expression reads; None for all else that it reads."""
    if isinstance(expression, Literal):
        return
    if not isinstance(expression, Apply) or expression.operation in _APART:
        yield (None,)
        return
    alone = _attribute_of(expression, names)
    if alone is not None:
        yield (None if name_of(alone[1]) in apart else alone[0],)
    elif not expression.arguments or expression.operation.partition(".")[1]:
        yield (None,)
    else:
        for each in expression.arguments:
            yield from _leaves(each, names, apart)


def _attribute_of(expression: Apply, names: Collection[str]) -> tuple[str, Typed] | None:
    owner, _, attribute = expression.operation.partition(".")
    if owner != NOTE or attribute not in TIMED or attribute in (*UNKNOWN, *BESIDE_RESTS):
        return None
    (of,) = expression.arguments
    if not isinstance(of, Variable) or of.name not in names:
        return None
    return of.name, replace(expression, arguments=(_NOTE,))


def _renamed(expression: Typed) -> Typed:
    if isinstance(expression, Variable):
        return _NOTE
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(map(_renamed, expression.arguments)))
    return expression


def _known(part: Typed, at: Moment, frame: Frame) -> Typed:
    """What is remembered, with what time says in place of attributes."""
    if isinstance(part, Apply) and part.operation.startswith("note."):
        return Literal(part.kind, attribute(part.operation.removeprefix("note."), at, frame))
    if isinstance(part, Apply):
        return replace(part, arguments=tuple(_known(each, at, frame) for each in part.arguments))
    return part
