"""Binds a rule's expressions to one window of a frame: all that time alone decides becomes a value, the rest
cells.

What comes out reads only what is still open (pitches, chords, sampled lengths), so that windows alike
share it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from typing import Any

from rulegen.errors import InternalError
from rulegen.rules.choices import is_over_rows, voice_choices
from rulegen.rules.elements import BEGIN, END, LEVEL, Bound, Element, RowElement, Undecided
from rulegen.rules.keys import IN_ONE_KEY
from rulegen.rules.reduction import Absent, folded, simplified
from rulegen.rules.resting import member_heard, sounds, where_heard
from rulegen.rules.tables import Tables
from rulegen.score.frame import Frame, Row, Stretch
from rulegen.style.expression import (
    FALSE,
    FITS,
    TRUE,
    Aggregated,
    Apply,
    Binding,
    Cell,
    Literal,
    Typed,
    Variable,
    substitute,
    walk,
)
from rulegen.style.facets import COMPONENT, FACETS, TIMED
from rulegen.style.vocabulary import NUMBER, SPANS


@dataclass(frozen=True)
class Scope:
    """What is known where an expression is bound."""

    frame: Frame
    tables: Tables
    voices: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Bound] = field(default_factory=dict)
    stretches: Mapping[str, Stretch] = field(default_factory=dict)
    last: int = 0  # the last element of the window
    collect: Callable[[Aggregated, Scope], Typed] | None = None  # what stands for an aggregate over rows

    def key(self, expression: Typed) -> tuple[Hashable, ...]:
        """Equal for what is known alike of all that an expression speaks of."""
        names = {each.name for each in walk(expression) if isinstance(each, Variable)}
        rows = ((name, each.place) for name, each in self.rows.items() if name in names)
        stretches = ((name, each) for name, each in self.stretches.items() if name in names)
        return (tuple(sorted(self.voices.items())), tuple(rows), tuple(stretches))

    def within(self) -> Scope:
        """What an aggregate knows of what is bound outside it: elements are numbered a level further out."""
        rows = {
            name: replace(each, element=each.element - LEVEL, at=each.at.renumbered(-LEVEL))
            for name, each in self.rows.items()
        }
        return replace(self, rows=rows)

    def stretch_of(self, binding: Binding) -> Stretch:
        """The stretch that a row is bound in: the one that is named, else the piece."""
        named = None if binding.scope is None else self.stretches.get(binding.scope.name)
        return named or self.frame.stretches("piece")[0]

    def stretches_in(self, binding: Binding) -> list[Stretch]:
        """The stretches that an aggregate binds; those that only state again what was stated are left out."""
        owner, frame = self.stretch_of(binding), self.frame
        return [
            each
            for each in frame.stretches(binding.kind)
            if owner.first <= each.first < owner.stop
            and (binding.kind == "piece" or not frame.only_repeats(each.first, each.stop - 1))
        ]

    def bind(self, expression: Typed) -> Typed:
        """The expression with cells in place of variables, simplified; raises Absent."""
        binder = _Binder(self)
        found = binder.bind(expression)
        return where_heard(binder.heard, found)


@dataclass(frozen=True)
class _Binder:
    """Binds an expression. heard: what must sound for it to have a value, where voices may rest or not."""

    scope: Scope
    heard: dict[Typed, None] = field(default_factory=dict)

    def bind(self, expression: Typed) -> Typed:
        if isinstance(expression, (Literal, Cell)):
            return expression
        if isinstance(expression, Aggregated):
            return self._unroll(expression)
        if isinstance(expression, Variable):
            return self._variable(expression)
        return self._apply(expression)

    def _variable(self, variable: Variable) -> Typed:
        if variable.kind == "key":
            return self._key(self.scope.last)
        if variable.kind == "chord":
            return self._chord(self.scope.rows[variable.name].element)
        raise InternalError(f"the variable {variable.name} was read without saying what of it")

    def _apply(self, expression: Apply) -> Typed:
        owner, _, attribute = expression.operation.partition(".")
        if attribute and owner == "note":
            return self._note_attribute(expression.arguments[0], attribute, expression.kind)
        if attribute and owner in ("moment", "chord"):
            return self._row_attribute(expression, owner, attribute)
        if attribute and owner in SPANS:
            return self._stretch_attribute(expression, attribute)
        if attribute and owner == "meter":
            return self._of_meter(attribute, expression.kind)
        if expression.arguments and all(argument.kind == "voice" for argument in expression.arguments):
            same = len({self._voice(argument) for argument in expression.arguments}) == 1
            return Literal("truth", same == (expression.operation == "=="))
        if expression.operation == "begins":
            return self._begins(*expression.arguments)
        if expression.operation in ("moves", "motion"):
            return self._motion(expression)
        if expression.operation in ("and", "or"):
            return self._connective(expression)
        if expression.operation == IN_ONE_KEY:
            return self._in_one_key(expression.arguments)
        if expression.operation == "semitones" and is_over_rows(expression.arguments[0]):
            return self.bind(
                replace(expression.arguments[0], kind=NUMBER)
            )  # intervals are collected by their semitones
        if expression.operation == FITS:
            return self.bind(expression.arguments[0])
        if expression.operation == "known":
            return Apply("truth", "known", (self.bind(expression.arguments[0]),))
        if expression.operation == "both":  # a condition and a value, bound together
            condition, value = expression.arguments
            condition = self.bind(condition)
            return FALSE if condition == FALSE else Apply("truth", "both", (condition, self.bind(value)))
        return simplified(
            expression, tuple(self.bind(each) for each in expression.arguments), self.scope.tables
        )

    def _connective(self, expression: Apply) -> Typed:
        decided = FALSE if expression.operation == "and" else TRUE
        first = self.bind(expression.arguments[0])
        if isinstance(first, Literal) and bool(first.value) == decided.value:
            return decided
        second = self.bind(expression.arguments[1])
        if isinstance(first, Literal):
            return second
        if isinstance(second, Literal):
            return decided if bool(second.value) == decided.value else first
        return Apply("truth", expression.operation, (first, second))

    def _motion(self, expression: Apply) -> Typed:
        *voices, earlier, later = expression.arguments
        pitches = [
            self._pitch(Apply("note", "at", (voice, moment)))
            for moment in (earlier, later)
            for voice in voices
        ]
        return simplified(expression, tuple(pitches), self.scope.tables)

    def _begins(self, voice: Typed, moment: Typed) -> Typed:
        """Whether a note of a voice begins at a moment: time says it, where its rhythm is not drawn."""
        place, at = self._voice(voice), self._row(moment).at
        return at.begins(place) or Literal("truth", bool(self.scope.frame.begun[place, at.layer or 0]))

    def _note_attribute(self, note: Typed, attribute: str, kind: str) -> Typed:
        if attribute == "is_rest":
            return self._rests(note)
        if attribute in TIMED:
            return self._note_element(note).timed(attribute, kind)
        if attribute == "chord":
            return self._chord(self._chord_element(note))
        if attribute == "key":
            return self._key(self._element(note))
        if attribute == "phrase_key":
            return self._key(self._element(note), "region")
        facet = FACETS["note", attribute]
        if facet.known == COMPONENT:
            return self._held(note, attribute, kind)
        read = tuple(self._note_attribute(note, each, FACETS["note", each].kind) for each in facet.reads)
        return simplified(Apply(kind, facet.operation, ()), read, self.scope.tables)

    def _rests(self, note: Typed) -> Typed:
        """Whether there is no note where a voice is asked for at a moment; what a rule binds is a note."""
        if isinstance(note, Variable):
            return FALSE
        assert isinstance(note, Apply)
        bound = self._row(note.arguments[-1])
        if note.operation.startswith("moment."):
            found = self._any_sounds(bound)
        elif bound.kind != "note":
            found = self._sounds(bound.element, self._voice(note.arguments[0]), self._sounding(bound))
        else:
            voice, layer = self._voice(note.arguments[0]), self._layer(note)
            sounding = [voice] if self.scope.frame.sounding[voice, layer] else []
            side = self._side(note, self.scope.frame.note_rows[voice]) if sounding else 0
            found = self._sounds(bound.element + side, voice, sounding)
        return simplified(Apply("truth", "not", ()), (found,), self.scope.tables)

    def _sounds(self, element: int, voice: int, sounding: Sequence[int]) -> Typed:
        return sounds(voice, element, sounding, self.scope.tables)

    def _any_sounds(self, moment: Bound) -> Typed:
        voices = self._sounding(moment)
        every = [self._sounds(moment.element, voice, voices) for voice in voices]
        found: Typed = FALSE
        for each in every:
            found = self._connective(Apply("truth", "or", (found, each)))
        return found

    def _hear(self, statement: Typed) -> None:
        """Notes that a statement has to hold for the expression to have a value."""
        if statement != TRUE:
            self.heard[statement] = None

    def _pitch(self, note: Typed) -> Typed:
        return self._held(note, "pitch", "pitch")

    def _held(self, note: Typed, facet: str, kind: str) -> Typed:
        """A facet that a component holds; raises Absent where none does."""
        if isinstance(note, Variable):
            bound = self.scope.rows[note.name]
            return self._cell(kind, facet, bound.voice, bound.element)
        if isinstance(note, Apply) and note.operation in ("at", "at_end"):
            element, voice = self._at(note)
            return self._cell(kind, facet, voice, element)
        if isinstance(note, Apply) and note.operation in ("moment.lowest", "moment.highest"):
            bound = self._row(note.arguments[0])
            holder = self.scope.tables.holder
            voices = [each for each in self._sounding(bound) if holder("pitch", each) is not None]
            if not voices:
                raise Absent
            self._hear(self._any_sounds(bound))
            pitches = tuple(self._cell("pitch", "pitch", voice, bound.element) for voice in voices)
            extreme = note.operation.removeprefix("moment.")
            if facet == "pitch":
                return pitches[0] if len(pitches) == 1 else Apply("pitch", extreme, pitches)
            values = tuple(self._cell(kind, facet, voice, bound.element) for voice in voices)
            return values[0] if len(values) == 1 else Apply(kind, f"of_{extreme}", (*pitches, *values))
        raise InternalError(f"{note} is no note")

    def _cell(self, kind: str, facet: str, voice: int, element: int) -> Typed:
        if self.scope.tables.holder(facet, voice) is None:
            raise Absent
        return self.scope.tables.cell(kind, facet, voice, element)

    def _element(self, note: Typed) -> int:
        if isinstance(note, Variable):
            return self.scope.rows[note.name].element
        assert isinstance(note, Apply)
        return self._row(note.arguments[-1]).element

    def _note_element(self, note: Typed) -> Element:
        if isinstance(note, Variable):
            return self.scope.rows[note.name].at
        assert isinstance(note, Apply)
        bound = self._row(note.arguments[-1])
        if note.operation.startswith("moment.") or not isinstance(bound.at, RowElement):
            return bound.at
        row = self.scope.frame.note_rows[self._at(note)[1]]
        return RowElement(row, int((row.layers <= self._layer(note)).sum()) - 1)

    def _at(self, note: Apply) -> tuple[int, int]:
        """The element and the voice of `voice@moment`, or of what sounds where a note begins or ends; raises
        Absent where it rests.
        """
        voice, bound = self._voice(note.arguments[0]), self._row(note.arguments[1])
        if bound.kind != "note":
            if voice not in self._sounding(bound):
                raise Absent
            self._hear(self._sounds(bound.element, voice, [voice]))
            return bound.element, voice
        if voice == bound.voice:
            return bound.element, voice
        layer, frame = self._layer(note), self.scope.frame
        if not frame.sounding[voice, layer]:
            raise Absent
        element = bound.element + self._side(note, frame.note_rows[voice])
        self._hear(self._sounds(element, voice, [voice]))
        return element, voice

    def _layer(self, note: Apply) -> int:
        """The moment of `voice@moment`, or where the note begins, or through which it ends at last."""
        at = self._row(note.arguments[1]).at
        if isinstance(at, RowElement):
            return int(at.row.ends[at.position]) if note.operation == "at_end" else at.layer
        if at.layer is None or self._row(note.arguments[1]).kind == "note":
            raise Undecided("what other voices sound under a note whose rhythm is drawn is not known in time")
        return at.layer

    def _side(self, note: Apply, row: Row) -> int:
        """What tells apart where a note begins and where it ends, for a row that may change meanwhile."""
        bound = self._row(note.arguments[1])
        assert isinstance(bound.at, RowElement)
        first, last = bound.at.layer, int(bound.at.row.ends[bound.at.position])
        one, other = ((row.layers <= layer).sum() for layer in (first, last))
        is_one = one == other and row.ends[one - 1] >= last
        if note.operation == "at_end":
            return 0 if is_one else END
        return 0 if is_one or bound.element == self.scope.last else BEGIN

    def _chord_element(self, note: Typed) -> int:
        """The element at which a note's chord is read: usually where the note is left."""
        element = self._element(note)
        if not isinstance(note, Apply) or self._row(note.arguments[-1]).kind != "note":
            return element
        if note.operation == "at_end" and element != self.scope.last:
            return element
        return element + self._side(note, self.scope.frame.chord_row)

    def _sounding(self, moment: Bound) -> list[int]:
        sounding, layer = self.scope.frame.sounding, moment.at.layer
        if layer is None:
            return list(range(len(sounding)))
        return [voice for voice in range(len(sounding)) if sounding[voice, layer]]

    def _voice(self, voice: Typed) -> int:
        if isinstance(voice, Variable):
            return self.scope.voices[voice.name]
        assert isinstance(voice, Literal)
        if voice.value not in self.scope.frame.voices:
            raise Absent
        return self.scope.frame.voices.index(str(voice.value))

    def _row(self, variable: Typed) -> Bound:
        assert isinstance(variable, Variable)
        return self.scope.rows[variable.name]

    def _row_attribute(self, expression: Apply, owner: str, attribute: str) -> Typed:
        of = expression.arguments[0]
        if owner == "chord" and not isinstance(of, Variable):
            return self._of_chord(expression, attribute, self.bind(of))
        bound = self._row(of)
        if attribute == "sounding":
            voices = self._sounding(bound)
            each = [(self._sounds(bound.element, voice, voices), TRUE) for voice in voices]
            return folded(Aggregated(NUMBER, "count", (), None, None), each, self.scope.tables)
        if attribute in TIMED:
            return bound.at.timed(attribute, expression.kind)
        if attribute in ("key", "phrase_key"):
            return self._key(bound.element, "key" if attribute == "key" else "region")
        if owner == "chord":
            return self._of_chord(expression, attribute, self._chord(bound.element))
        return self._chord(bound.element)

    def _of_chord(self, expression: Apply, attribute: str, chord: Typed) -> Typed:
        if attribute == "label":
            return chord
        return Apply(expression.kind, f"chord.{attribute}", (chord,))

    def _stretch_attribute(self, expression: Apply, attribute: str) -> Typed:
        variable = expression.arguments[0]
        assert isinstance(variable, Variable)
        if variable.kind == "piece" and attribute == "key":
            return Literal("key", 0)  # the first of all keys is home
        stretch = self.scope.stretches[variable.name]
        if attribute == "key":
            region = self.scope.frame.moments.attributes["region"][stretch.first]
            return self._key_of(Literal("number", int(region)))
        if attribute == "cadence":
            from rulegen.score.frame import CADENCES

            return Literal("cadence", CADENCES.index(stretch.cadence or "none"))
        value: Any = getattr(stretch, attribute)
        return Literal(expression.kind, float(value) if attribute == "length" else value)

    def _chord(self, element: int) -> Typed:
        harmony = self.scope.tables.harmony
        if harmony is None:
            raise Absent
        return Cell("chord", "chord", harmony, element)

    def _key(self, element: int, of: str = "key") -> Typed:
        """The key at an element: of its chord, which may be applied, or of the `region` that it lies in;
        without harmony of its place.
        """
        scope = self.scope
        if len(scope.tables.keys) == 1:
            return Literal("key", 0)
        if not scope.rows:
            return self._key_of_stretch()
        if scope.tables.harmony is not None:
            return Apply("key", f"chord.{of}", (self._chord(element),))
        at = next(each.at for each in scope.rows.values() if each.element == element)
        return self._key_of(at.timed("region", "number"))

    def _key_of_stretch(self) -> Typed:
        """The key in which a stretch begins; of the piece the home key. Raises Undecided if that is drawn."""
        frame = self.scope.frame
        stretches = [each for each in self.scope.stretches.values() if each.kind != "piece"]
        if not stretches:
            return Literal("key", 0)
        onset = frame.onsets[min(each.first for each in stretches)]
        if any(each.onset < onset < each.end for each in frame.timeline.modulations):
            raise Undecided("the key of a stretch that begins while a phrase changes its key is drawn")
        return Literal("key", self.scope.tables.keys.index(frame.timeline.key_at(onset)))

    def _key_of(self, region: Typed) -> Typed:
        """The key of a region of the frame, as the tables number keys."""
        if isinstance(region, Literal):
            key = self.scope.frame.regions[int(region.value)]  # type: ignore[arg-type]
            return Literal("key", self.scope.tables.keys.index(key))
        return Apply("key", "region", (region,))

    def _of_meter(self, attribute: str, kind: str) -> Typed:
        """Of the meter at the last element of a window, or where a stretch begins."""
        frame, scope = self.scope.frame, self.scope
        if scope.rows and len(frame.timeline.meters) > 1:
            at = next(each.at for each in scope.rows.values() if each.element == scope.last)
            return at.timed(f"meter.{attribute}", kind)
        onset = frame.onsets[min((each.first for each in scope.stretches.values()), default=0)]
        value: float = frame.moments.attributes[f"meter.{attribute}"][frame.index[onset]].item()
        return Literal(kind, value)

    def _in_one_key(self, elements: Sequence[Typed]) -> Typed:
        """Whether elements of a window lie in one key."""
        bounds = [self._row(each) for each in elements]
        return reduce(
            lambda one, other: self._connective(Apply("truth", "and", (one, other))),
            (self._is_one_key(one, other) for one, other in pairwise(bounds)),
        )

    def _is_one_key(self, one: Bound, other: Bound) -> Typed:
        frame, tables = self.scope.frame, self.scope.tables
        if tables.harmony is not None and not self._is_laid_in_one_key(one, other):
            regions = [Apply("number", "chord.region", (self._chord(each.element),)) for each in (one, other)]
            return Apply("truth", "==", tuple(regions))
        if tables.harmony is not None:
            return TRUE
        found = tuple(each.at.timed("region", "number") for each in (one, other))
        return simplified(Apply("truth", "==", ()), found, tables) if len(frame.regions) > 1 else TRUE

    def _is_laid_in_one_key(self, *bounds: Bound) -> bool:
        """Whether time alone tells that all of them lie in one key, from their beginning to their end."""
        if self.scope.frame.timeline.modulations:
            return False
        rows = [each.at for each in bounds]
        if not all(isinstance(each, RowElement) for each in rows):
            return False
        found = {each.timed(name, "number") for each in rows for name in ("region", "region_at_end")}
        return len(found) == 1

    def _unroll(self, aggregate: Aggregated) -> Typed:
        """An aggregate over voices, over stretches or over the notes of a moment, written out; one over a row
        is collected.
        """
        if self.scope.collect is not None and is_over_rows(aggregate):
            return self.scope.collect(aggregate, self.scope)
        parts = []
        for values, scope in self._choices(aggregate.bindings):
            try:
                parts.append(_Binder(scope)._member(aggregate, values))
            except Absent:
                continue
        return folded(aggregate, parts, self.scope.tables)

    def _member(self, aggregate: Aggregated, values: Mapping[str, Typed]) -> tuple[Typed, Typed]:
        where = TRUE if aggregate.where is None else self.bind(substitute(aggregate.where, values))
        value = TRUE if aggregate.value is None else self.bind(substitute(aggregate.value, values))
        for note in values.values():
            assert isinstance(note, Apply)
            self._at(note)
        return member_heard(tuple(self.heard), aggregate.operation, where), value

    def _choices(self, bindings: Sequence[Binding]) -> list[tuple[dict[str, Typed], Scope]]:
        choices: list[tuple[dict[str, Typed], Scope]] = [({}, self.scope)]
        for binding in bindings:
            choices = [
                ({**notes, **more}, inner)
                for notes, scope in choices
                for more, inner in self._members(binding, scope)
            ]
        return choices

    def _members(self, binding: Binding, scope: Scope) -> list[tuple[dict[str, Typed], Scope]]:
        name = binding.variables[0].name
        if binding.kind == "voice":
            found = voice_choices(binding, len(scope.frame.voices))
            return [({}, replace(scope, voices={**scope.voices, **more})) for more in found]
        if binding.kind in SPANS:
            return [
                ({}, replace(scope, stretches={**scope.stretches, name: stretch}))
                for stretch in scope.stretches_in(binding)
            ]
        if binding.scope is None or binding.scope.kind != "moment":
            raise InternalError(f"an aggregate over {binding.kind}s was not compiled before it was bound")
        voices = [scope.frame.voices[each] for each in self._sounding(self._row(binding.scope))]
        notes = [Apply("note", "at", (Literal("voice", each), binding.scope)) for each in voices]
        return [({name: note}, scope) for note in notes]
