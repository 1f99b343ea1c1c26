"""What the vocabulary's words mean (docs/vocabulary.md), of the notes of one finished piece: slow, plain, and apart from the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Any

from rulegen.style.expression import Aggregated, Apply, Binding, Literal, Typed, Variable
from rulegen.theory.chord import Chord
from rulegen.theory.scale import Key
from tests.oracle.pieces import STRUCK, Piece
from tests.oracle.words import (
    FACTORS,
    FUNCTIONS,
    LEVELS,
    MARKS,
    OF_CHORDS,
    TIMED,
    Absent,
    Element,
    direction,
    height,
    literal,
    of_chord,
    of_pitch,
    pitch_of,
)

Names = Mapping[str, Any]
SPANS = ("bar", "beat", "phrase", "section", "piece")


class NoHarmony(Exception):
    """A chord is spoken of where there are none at all: the rule has no place, whatever else it says."""


@dataclass(frozen=True)
class Stretch:
    """A bar, a beat, a phrase, a section or the piece."""

    kind: str
    onset: float
    end: float
    number: int
    cadence: str
    is_first: bool
    is_last: bool
    restates: bool


@dataclass(frozen=True)
class Music:
    """One piece, and the values of expressions in it."""

    piece: Piece
    known: dict[str, list[Stretch]] = field(default_factory=dict, compare=False)
    rows: dict[object, list[tuple[Element, ...]]] = field(default_factory=dict, compare=False)

    # rows and stretches

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of the voices, in declared order."""
        return tuple(self.piece.lines)

    @cached_property
    def moments(self) -> list[Element]:
        """All onsets, with where the next one comes."""
        onsets = {sound.onset for line in self.piece.lines.values() for sound in line}
        ordered = sorted(onsets | {chord.onset for chord in self.piece.chords})
        ends = [*ordered[1:], self.piece.end]
        return [
            Element("moment", onset, end, place)
            for place, (onset, end) in enumerate(zip(ordered, ends, strict=True))
        ]

    @cached_property
    def chords(self) -> list[Element]:
        """The chords at each point of change."""
        return [
            Element("chord", each.onset, each.end, place, each)
            for place, each in enumerate(self.piece.chords)
        ]

    @cached_property
    def notes(self) -> dict[str, list[Element]]:
        """The notes of each voice, without its rests."""
        found = {}
        for voice, line in self.piece.lines.items():
            sounding = [each for each in line if each.what is not None]
            found[voice] = [
                Element("note", e.onset, e.end, place, e, voice) for place, e in enumerate(sounding)
            ]
        return found

    def row(self, kind: str, voice: str | None) -> list[Element]:
        """The row of a kind."""
        if kind == "note":
            assert voice is not None
            return self.notes[voice]
        return self.moments if kind == "moment" else self.chords

    def windows(self, kind: str, voice: str | None, size: int) -> list[tuple[Element, ...]]:
        """Elements that follow one another without a rest."""
        if (kind, voice, size) not in self.rows:
            self.rows[kind, voice, size] = list(self._windows(kind, voice, size))
        return self.rows[kind, voice, size]

    def _windows(self, kind: str, voice: str | None, size: int) -> Iterator[tuple[Element, ...]]:
        row = self.row(kind, voice)
        for start in range(len(row) - size + 1):
            window = row[start : start + size]
            if kind != "note" or all(one.end == other.onset for one, other in pairwise(window)):
                last = window[-1]
                yield (
                    *(Element(e.kind, e.onset, e.end, e.place, e.sound, e.voice, True) for e in window[:-1]),
                    last,
                )

    def stretches(self, kind: str) -> list[Stretch]:
        """All stretches of a kind in which something begins."""
        if kind not in self.known:
            self.known[kind] = self._stretches(kind)
        return self.known[kind]

    def _stretches(self, kind: str) -> list[Stretch]:
        piece = self.piece
        spans: list[tuple[float, float, int, str]] = []
        if kind == "piece":
            spans = [(0.0, piece.end, 1, "none")]
        elif kind in ("phrase", "section"):
            owners = piece.phrases if kind == "phrase" else piece.statements
            spans = [
                (each.onset, each.end, place, each.cadence or "none") for place, each in enumerate(owners, 1)
            ]
        else:
            starts = [*sorted({0.0, *piece.begins(kind)}), piece.end]
            for place, (start, end) in enumerate(pairwise(starts), 1):
                spans.append((start, end, piece.bar(start) if kind == "bar" else place, "none"))
        found = []
        for place, (onset, end, number, cadence) in enumerate(spans):
            if any(onset <= moment.onset < end for moment in self.moments):
                last = place == len(spans) - 1 or self._sounds_as(end) == piece.end
                within = self.statement(onset) == self.statement(end - 1 / 4096)
                restates = kind != "piece" and within and self.is_restated(onset)
                found.append(Stretch(kind, onset, end, number, cadence, place == 0, last, restates))
        return found

    def statement(self, onset: float) -> int:
        """Which statement holds a place in time."""
        return self.piece.statement_at(onset)

    def is_restated(self, onset: float) -> bool:
        """Whether a place lies in a section that was stated before."""
        return self.piece.statements[self.statement(onset)].repeat_of is not None

    def _sounds_as(self, end: float) -> float:
        """Where the last statement's copy of what ends here ends; the same place where there is none."""
        final = self.piece.statements[-1]
        if final.repeat_of is not None and final.repeat_of < end <= final.repeat_of + (
            final.end - final.onset
        ):
            return end - final.repeat_of + final.onset
        return end

    def region_of(self, element: Element) -> Key:
        """The key in which an element lies, whatever its chord may be applied to."""
        if self.piece.chords:
            return self.chord_of(element).key
        return self.piece.key_at(element.onset)

    # what sounds

    def chord_at(self, onset: float) -> Chord:
        """The chord that sounds at a place in time."""
        if not self.piece.chords:
            raise NoHarmony
        for each in self.piece.chords:
            if each.onset <= onset < each.end and isinstance(each.what, Chord):
                return each.what
        raise Absent

    def chord_of(self, element: Element) -> Chord:
        """The chord of an element: a note that the window leaves has the chord over which it is left."""
        if element.kind == "note" and element.is_left:
            return self.chord_at(element.end - 1 / 4096)
        return self.chord_at(element.onset if element.at is None else element.at)

    def key_of(self, element: Element | None) -> Key:
        """The local key at an element."""
        if element is None:
            assert self.piece.style.key is not None
            return self.piece.style.key
        if not self.piece.chords:
            return self.piece.key_at(element.onset)
        return self.chord_of(element).local_key

    def phrase_key_of(self, element: Element) -> Key:
        """The key of the place of an element, whatever its chord is applied to."""
        return self.chord_of(element).key if self.piece.chords else self.key_of(element)

    def _of_chord(self, chord: Chord, name: str) -> Any:
        if name != "is_pivot":
            return of_chord(chord, name)
        keys = {self.key_of(None), *(each.what.key for each in self.piece.chords)} - {chord.key}
        return any(all(tone in key.collection for tone in chord.tones) for key in keys)

    def note_at(self, voice: str, moment: Element) -> Element:
        """What sounds in a voice at a moment, held notes included."""
        for each in self.notes[voice]:
            if each.onset <= moment.onset < each.end:
                return Element(
                    "note",
                    each.onset,
                    each.end,
                    each.place,
                    each.sound,
                    voice,
                    at=moment.onset if moment.kind == "moment" else None,
                )
        raise Absent

    def sounding(self, moment: Element) -> list[Element]:
        """The notes that sound at a moment."""
        found = []
        for voice in self.voices:
            try:
                found.append(self.note_at(voice, moment))
            except Absent:
                continue
        return found

    def phrase(self, onset: float) -> int:
        """Which phrase holds a place in time."""
        return next(i for i, each in enumerate(self.piece.phrases) if each.onset <= onset < each.end)

    # time

    def timed(self, e: Element, name: str) -> Any:
        """What time alone decides of an element."""
        if name in ("onset", "duration"):
            return e.onset if name == "onset" else e.end - e.onset
        if name == "beat":
            return self.piece.beat(e.onset)
        if name in ("strength", "is_strong"):
            return self.piece.strength(e.onset) if name == "strength" else self.piece.is_strong(e.onset)
        if name == "bar":
            return self.piece.bar(e.onset)
        if name == "held_over":
            return self.piece.strongest_within(e.onset, e.end)
        if name == "since_rest":
            assert e.voice is not None
            ends = {each.end: each.onset for each in self.piece.lines[e.voice] if each.what is not None}
            begun = e.onset
            while begun in ends:
                begun = ends[begun]
            return e.onset - begun
        phrase, row = self.phrase(e.onset), self.row(e.kind, e.voice)
        following = row[e.place + 1] if e.place + 1 < len(row) else None
        if name == "opens_phrase":
            return all(each.onset >= e.onset or self.phrase(each.onset) != phrase for each in row)
        if name == "closes_phrase":
            return self._closes(e, row)
        if name == "before_close":
            return (
                following is not None
                and self.phrase(following.onset) == phrase
                and self._closes(following, row)
            )
        if name == "cadence":
            return self.piece.phrases[phrase].cadence or "none"
        if name == "is_first":
            return e.place == 0
        assert name == "is_last"
        return following is None or self._sounds_as(e.end) == row[-1].end

    def _closes(self, e: Element, row: list[Element]) -> bool:
        """Whether nothing that sounds comes after an element in the phrase where it ends; where a phrase is silent, its
        last moment closes it.
        """
        phrase = self.piece.phrases[self.phrase(e.end - 1 / 4096)]
        own = [each for each in row if phrase.onset <= each.onset < phrase.end]
        if e.kind == "moment":
            own = [each for each in own if self.sounding(each)] or own
            return e.onset == own[-1].onset
        return all(each.onset <= e.onset for each in own)

    # expressions

    def value(self, x: Typed, names: Names, last: Element | None = None) -> Any:
        """The value of an expression. Raises Absent."""
        if isinstance(x, Literal):
            return literal(x)
        if isinstance(x, Variable):
            if x.kind == "key" and x.name not in names:
                within = [each for each in names.values() if isinstance(each, Stretch)]
                inner = [each for each in within if each.kind != "piece"]
                if last is None and inner:
                    return self.piece.key_at(min(m.onset for m in self.moments if m.onset >= inner[0].onset))
                return self.key_of(last)
            return names[x.name]
        if isinstance(x, Aggregated):
            return self._aggregate(x, names, last)
        assert isinstance(x, Apply)
        if x.operation.startswith("meter."):
            within = [each.onset for each in names.values() if isinstance(each, Stretch)]
            meter = self.piece.meter_at(last.onset if last is not None else min(within, default=0.0))
            return meter.bar_length if x.operation == "meter.bar_length" else len(meter.beats)
        if x.operation == "piece.key":
            return self.key_of(None)
        if x.operation == "note.is_rest":
            return self._rests(x.arguments[0], names, last)
        values = [self.value(each, names, last) for each in x.arguments]
        owner, dot, attribute = x.operation.partition(".")
        if dot:
            return self._attribute(values[0], owner, attribute)
        if x.operation == "at":
            return self.note_at(values[0], values[1])
        if x.operation == "at_end":
            return self.note_at(values[0], [each for each in self.moments if each.onset < values[1].end][-1])
        if x.operation == "begins":
            voice, moment = values
            return any(
                each.onset == moment.onset and each.what is not None for each in self.piece.lines[voice]
            )
        if x.operation in ("moves", "motion"):
            return self._voices_move(x.operation, values)
        return FUNCTIONS[x.operation](*values)

    def _rests(self, note: Typed, names: Names, last: Element | None) -> bool:
        try:
            self.value(note, names, last)
        except Absent:
            return True
        return False

    def _voices_move(self, operation: str, values: list[Any]) -> Any:
        *voices, s, t = values
        pairs = [(pitch_of(self.note_at(v, s)), pitch_of(self.note_at(v, t))) for v in voices]
        if operation == "moves":
            return pairs[0][0] != pairs[0][1]
        (above, above_after), (below, below_after) = pairs
        ways = [direction(above, above_after), direction(below, below_after)]
        if ways == ["level", "level"]:
            return "still"
        if "level" in ways:
            return "oblique"
        if ways[0] != ways[1]:
            return "contrary"
        same = above.diatonic - below.diatonic == above_after.diatonic - below_after.diatonic
        return "parallel" if same else "similar"

    def _attribute(self, of: Any, owner: str, name: str) -> Any:
        if owner in SPANS and name == "key":
            return self.key_of(None)
        if owner in SPANS:
            return of.end - of.onset if name == "length" else getattr(of, name)
        if owner == "pitch":
            return of_pitch(of, name)
        if owner == "key":
            return {"tonic": of.tonic, "final": of.tonic, "mode": of.mode, "leading_tone": of.leading_tone}[
                name
            ]
        if owner == "chord" and isinstance(of, Chord):
            return self._of_chord(of, name)
        if name == "chord":
            return self.chord_of(of)
        if name == "key":
            return self.key_of(of)
        if name == "phrase_key":
            return self.phrase_key_of(of)
        if owner == "moment" and name in ("lowest", "highest"):
            notes = [each for each in self.sounding(of) if each.sound and each.sound.marks != STRUCK]
            if not notes:
                raise Absent
            chosen = (min if name == "lowest" else max)(notes, key=lambda each: pitch_of(each).midi)
            return replace(chosen, among=of)
        if owner == "moment" and name == "sounding":
            return len(self.sounding(of))
        if owner == "note" and name in ("after_rest", "before_rest"):
            return self._is_beside_rest(of, name)
        if owner == "chord" and name in ("label", *OF_CHORDS):
            chord = of.sound.what
            return chord if name == "label" else self._of_chord(chord, name)
        if owner == "note" and name not in TIMED:
            return self._of_note(of, name)
        return self.timed(of, name)

    def _is_beside_rest(self, note: Element, name: str) -> bool:
        """Whether the voice is silent just before a note, or just after it, in the same phrase."""
        assert note.voice is not None
        phrase, line = self.piece.phrases[self.phrase(note.onset)], self.piece.lines[note.voice]
        if name == "after_rest":
            return note.onset > phrase.onset and all(e.end != note.onset or e.what is None for e in line)
        return note.end < phrase.end and all(e.onset != note.end or e.what is None for e in line)

    def _all_bear(self, note: Element, name: str) -> bool:
        """Whether all that sounds with the lowest or highest note of a moment bears such marks."""
        beside = self.sounding(note.among) if note.among is not None else []
        return all(each.sound is not None and name in dict(each.sound.marks) for each in beside)

    def _of_note(self, note: Element, name: str) -> Any:
        pitch = pitch_of(note)
        if name == "pitch":
            return pitch
        assert note.sound is not None
        marks = dict(note.sound.marks)
        if name in MARKS and (name not in marks or not self._all_bear(note, name)):
            raise Absent
        if name in ("articulation", "hairpin"):
            return marks[name]
        if name == "dynamic":
            return LEVELS.index(marks[name])
        if name in ("class", "midi", "octave", "accidental"):
            return of_pitch(pitch, name)
        if name == "is_foreign":
            return not self._of_note(note, "is_chord_tone")
        if name in ("factor", "is_chord_tone"):
            number = self.chord_of(note).factor_of(pitch.pitch_class)
            return number is not None if name == "is_chord_tone" else FACTORS[number]
        key = self.key_of(note)
        if name == "degree":
            return (pitch.letter - key.tonic.letter) % 7 + 1
        if name == "alteration":
            return pitch.alter - next(each.alter for each in key.scale if each.letter == pitch.letter)
        assert name == "is_leading_tone"
        return pitch.pitch_class == key.leading_tone

    # aggregates

    def _aggregate(self, x: Aggregated, names: Names, last: Element | None) -> Any:
        values, events, failures = [], 0, 0
        for bound, final in self._bound(x.bindings, dict(names), last):
            try:
                holds = True if x.where is None else self.value(x.where, bound, final)
                value = None if x.value is None else self.value(x.value, bound, final)
            except Absent:
                continue
            events, failures = events + bool(holds), failures + (not holds)
            if holds and value is not None:
                values.append(value)
        if x.operation in ("max", "min"):
            if not values:
                raise Absent
            return (max if x.operation == "max" else min)(values, key=height)
        if x.operation == "last":
            return bool(values and values[-1])
        return {"count": events, "exists": events > 0, "all": failures == 0, "sum": sum(values)}[x.operation]

    def _bound(
        self, bindings: tuple[Binding, ...], names: dict[str, Any], last: Element | None
    ) -> Iterator[tuple[dict[str, Any], Element | None]]:
        if not bindings:
            yield names, last
            return
        first, rest = bindings[0], bindings[1:]
        for more, final in self._members(first, names):
            yield from self._bound(rest, {**names, **more}, final or last)

    def _members(
        self, binding: Binding, names: dict[str, Any]
    ) -> Iterator[tuple[dict[str, Any], Element | None]]:
        said = [variable.name for variable in binding.variables]
        scope = None if binding.scope is None else names.get(binding.scope.name)
        if binding.kind == "voice":
            for chosen in self.choices(binding):
                yield chosen, None
        elif binding.kind in SPANS:
            for stretch in self.stretches(binding.kind):
                if not stretch.restates and (scope is None or scope.onset <= stretch.onset < scope.end):
                    yield {said[0]: stretch}, None
        elif isinstance(scope, Element):
            for note in self.sounding(scope):
                yield {said[0]: note}, None
        else:
            voice = None if binding.voice is None else self.value(binding.voice, names)
            for window in self.windows(binding.kind, voice, len(said)):
                if self._lies_in(window[-1], scope):
                    yield dict(zip(said, window, strict=True)), window[-1]

    def _lies_in(self, element: Element, scope: Stretch | None) -> bool:
        if scope is not None and not scope.onset <= element.onset < scope.end:
            return False
        whole = scope is None or scope.kind == "piece"
        return not (whole and self.is_restated(element.onset))

    def choices(self, binding: Binding) -> list[dict[str, str]]:
        """The ways to bind voices: in declared order, neighbours only where adjacent is said."""
        size = len(binding.variables)
        found = []
        for chosen in combinations(range(len(self.voices)), size):
            if binding.modifier != "adjacent" or chosen[-1] - chosen[0] == size - 1:
                found.append({v.name: self.voices[c] for v, c in zip(binding.variables, chosen, strict=True)})
        return found

    def all_choices(self, bindings: tuple[Binding, ...]) -> Iterator[dict[str, str]]:
        """The ways to bind all voices that a rule speaks of."""
        for chosen in product(*(self.choices(each) for each in bindings if each.kind == "voice")):
            yield {name: voice for each in chosen for name, voice in each.items()}
