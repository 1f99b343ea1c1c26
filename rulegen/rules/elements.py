"""The elements of a window as far as time decides them, and how cells number them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from rulegen.score.frame import Row
from rulegen.style.expression import Literal, Typed

BEGIN, END = 64, 128  # added to an element's number for what sounds where it begins, or ends, if that differs
LEVEL = 256  # elements of what is bound outside an aggregate are numbered so much lower inside it
VALUE = 1 << 16  # the element of a cell that stands for the value of an aggregate


class Undecided(Exception):
    """What the expression speaks of is not known before it is drawn; the message says what."""


class Element(Protocol):
    """One element of a window, as far as time decides it."""

    @property
    def place(self) -> Hashable:
        """Where it stands."""

    @property
    def layer(self) -> int | None:
        """A moment of the frame at which it sounds; None where it may lie anywhere."""

    def renumbered(self, by: int) -> Element:
        """The same with its number in the window changed."""

    def timed(self, name: str, kind: str) -> Typed:
        """The value of a timed attribute."""

    def begins(self, voice: int) -> Typed | None:
        """Whether a voice begins a note at this moment; None where the frame says it."""


@dataclass(frozen=True)
class RowElement:
    """An element whose place in its row is known."""

    row: Row
    position: int

    @property
    def place(self) -> Hashable:
        """Its place in the row."""
        return self.position

    @property
    def layer(self) -> int:
        """Where it begins."""
        return int(self.row.layers[self.position])

    def renumbered(self, by: int) -> RowElement:
        """The same: it has no number."""
        return self

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute, a literal."""
        return Literal(kind, self.row.attributes[name][self.position].item())

    def begins(self, voice: int) -> None:
        """Whether a voice begins a note here: the frame says it."""
        return None


@dataclass(frozen=True)
class Bound:
    """What a row variable is bound to: its kind, its element's number in the window, and for a note the
    voice.
    """

    kind: str
    element: int
    at: Element
    voice: int = -1

    @property
    def place(self) -> Hashable:
        """Equal where the same is bound."""
        return (self.kind, self.element, self.voice, self.at.place)
