"""Elements of a drawn rhythm: when a note begins is known step by step, how long it lasts where it begins,
and later what is remembered of that.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Self

from rulegen.rules.draft import Draft
from rulegen.rules.remembered import AT_EDGES, BESIDE_RESTS, UNKNOWN, attribute
from rulegen.style.expression import Apply, Cell, Literal, Typed, conjunction

_OF_MOMENT = "`{}` of a moment is not known in time where the rhythm is sampled"
_LATE = ("duration", "held_over", "closes_phrase", "is_last")  # are known by how long a note lasts
_WHERE_SILENT = "which note is the first or last is not known where its voice may rest all through a phrase"
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
        if not self.entered or name in BESIDE_RESTS or self._lies_at_edge(name):
            return _remembered(self.draft, self.voice, self.element, (name, kind))
        if name not in _LATE:
            return Literal(kind, self.draft.frame.moments.attributes[name][self.moment].item())
        table = self._by_length(name)
        if len({value for _, value in table}) == 1:
            return Literal(kind, table[0][1])
        remaining = self.draft.tables.cell("number", "remaining", self.voice, self.element)
        return Apply(kind, "lookup", (remaining, Literal(f"{kind} table", table)))  # type: ignore[arg-type]

    def _by_length(self, name: str) -> tuple[tuple[int, float | int | bool], ...]:
        """The attribute of a note that is entered, by how many steps it lasts."""
        kept, key = self.draft.by_length, (self.voice, self.moment, name)
        if key not in kept:
            onset, step = self.draft.frame.onsets[self.moment], step_of(self.draft)
            lasts = range(1, longest(self.draft, [self.voice]) + 1)
            kept[key] = tuple(
                (each, attribute(name, (onset, each * step), self.draft.frame)) for each in lasts
            )
        found: tuple[tuple[int, float | int | bool], ...] = kept[key]
        return found

    def _lies_at_edge(self, name: str) -> bool:
        """Whether it is only known by the rests around a note, whether it is the first or last somewhere."""
        return name in AT_EDGES and self.draft.tables.holder("sounds", self.voice) is not None

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


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """Something that is asked of an element of a window, by its number."""

    element: int
    asked: str  # `place`, `layer`, `begins`, or an attribute of time
    of: int | str = ""  # the voice that may begin, or the kind of the attribute

    def asked_of(self, elements: Mapping[int, GridElement]) -> object:
        """The answer of a window. What is read at a layer is which voices sound there, and which begin."""
        element = elements[self.element]
        if self.asked == "place":
            return element.place
        if self.asked == "layer":
            frame = element.draft.frame
            return frame.sounding[:, element.layer].tobytes(), frame.begun[:, element.layer].tobytes()
        if self.asked == "begins":
            assert isinstance(self.of, int)
            return element.begins(self.of)
        assert isinstance(self.of, str)
        return element.timed(self.asked, self.of)


@dataclass(frozen=True)
class AskedElement:
    """An element that writes down what is asked of it, and what it answers: windows that answer alike are
    bound alike.
    """

    own: GridElement
    told: dict[TimeQuestion, object]

    @property
    def element(self) -> int:
        """Its number in the window."""
        return self.own.element

    def _note(self, asked: str, of: int | str = "") -> object:
        question = TimeQuestion(self.own.element, asked, of)
        if question not in self.told:
            self.told[question] = question.asked_of({self.own.element: self.own})
        return self.told[question]

    @property
    def place(self) -> Hashable:
        """When it begins or ends."""
        self._note("place")
        return self.own.place

    @property
    def layer(self) -> int:
        """The step that is entered, or the one that was left."""
        self._note("layer")
        return self.own.layer

    def renumbered(self, by: int) -> AskedElement:
        """The same with its number in the window changed."""
        return replace(self, own=self.own.renumbered(by))

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute."""
        found: Typed = self._note(name, kind)  # type: ignore[assignment]
        return found

    def begins(self, voice: int) -> Typed | None:
        """Whether a voice begins a note at this moment."""
        found: Typed | None = self._note("begins", voice)  # type: ignore[assignment]
        return found


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


SampledElement = GridElement | AskedElement | FreeElement


def _remembered(draft: Draft, voice: int, element: int, asked: tuple[str, str]) -> Cell:
    name, kind = asked
    if draft.tables.holder(name, voice) is None:
        if name in AT_EDGES:
            raise Unreadable(_WHERE_SILENT)
        raise Unreadable(f"`{name}` of a note that was drawn is not remembered here")
    return draft.tables.cell(kind, name, voice, element)


def step_of(draft: Draft) -> Fraction:
    """How long a step of the grid lasts."""
    onsets = draft.frame.onsets
    return (onsets[1] if len(onsets) > 1 else draft.frame.end) - onsets[0]


def longest(draft: Draft, voices: Sequence[int]) -> int:
    """How many steps may go by until one of some drawn voices surely begins a note or rest."""
    return min(int(draft.tables.times(voice).remaining.max()) for voice in voices)
