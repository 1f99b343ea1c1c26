"""What walkers consult beside the lattice, because it remembers more than a lattice can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rulegen.lattice.codes import IndexArray
from rulegen.lattice.problem import FloatArray, IntArray


class Companion(Protocol):
    """A law over tokens of which each moment has `width`, for all walkers at once. States are values.

    One of one token a moment is asked how much each case weighs; one of several is asked of one token after
    another, once those before it are placed.
    """

    @property
    def width(self) -> int:
        """How many tokens a moment has."""

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    def weigh(
        self, state: Any, layer: int, before: IntArray | None, owner: IndexArray, entered: IntArray
    ) -> FloatArray | None:
        """Nats of each case, (cases,): walker `owner`, ascending, that enters the values (cases, components).

        None where nothing is asked. before: (walkers, components), the values left, None at the start.
        """

    def tokens(self, layer: int, entered: IntArray) -> IntArray:
        """The tokens of each case, (cases, width), in the order of placing."""

    def ask(self, state: Any, layer: int, before: IntArray | None, placed: IntArray) -> FloatArray:
        """Nats of the next token, float64 (walkers, symbols); placed: (walkers, k), those before it."""

    def advance(self, state: Any, layer: int, entered: IntArray) -> Any:
        """The state after each walker has entered the values, (walkers, components)."""

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A companion with what it has heard of each walker."""

    companion: Companion
    state: Any

    def select(self, which: IndexArray) -> Hearing:
        """Of the walkers `which`."""
        return replace(self, state=self.companion.select(self.state, which))

    def advance(self, layer: int, entered: IntArray) -> Hearing:
        """After each walker has entered the values."""
        return replace(self, state=self.companion.advance(self.state, layer, entered))


def begin(companions: Sequence[Companion], count: int) -> tuple[Hearing, ...]:
    """All companions of so many walkers that have heard nothing."""
    return tuple(Hearing(companion, companion.begin(count)) for companion in companions)
