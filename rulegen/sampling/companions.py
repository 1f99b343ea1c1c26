"""What walkers consult beside the lattice, because it remembers more than a lattice can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from rulegen.lattice.codes import IndexArray
from rulegen.lattice.problem import FloatArray, IntArray


class Companion(Protocol):
    """Asked at each layer how much each case weighs, for all walkers at once. States are values."""

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    def weigh(
        self, state: Any, layer: int, before: IntArray | None, owner: IndexArray, entered: IntArray
    ) -> FloatArray | None:
        """Nats of each case, (cases,): walker `owner`, ascending, that enters the values (cases, components).

        None where nothing is asked. before: (walkers, components), the values left, None at the start.
        """

    def advance(self, state: Any, layer: int, entered: IntArray) -> Any:
        """The state after each walker has entered the values, (walkers, components)."""

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""


@runtime_checkable
class VoiceByVoice(Protocol):
    """A companion that is asked of one voice after another, once those before it are placed."""

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    def symbols(self, entered: IntArray) -> IntArray:
        """What the voices of each case sound, (cases, voices) in the order of placing."""

    def ask(self, state: Any, layer: int, placed: IntArray) -> FloatArray:
        """Nats of the next voice, float64 (walkers, symbols); placed: (walkers, k), those before it."""

    def advance(self, state: Any, layer: int, entered: IntArray) -> Any:
        """The state after each walker has entered the values, (walkers, components)."""

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A companion with what it has heard of each walker."""

    companion: Companion | VoiceByVoice
    state: Any

    def select(self, which: IndexArray) -> Hearing:
        """Of the walkers `which`."""
        return replace(self, state=self.companion.select(self.state, which))

    def advance(self, layer: int, entered: IntArray) -> Hearing:
        """After each walker has entered the values."""
        return replace(self, state=self.companion.advance(self.state, layer, entered))


def begin(companions: Sequence[Companion | VoiceByVoice], count: int) -> tuple[Hearing, ...]:
    """All companions of so many walkers that have heard nothing."""
    return tuple(Hearing(companion, companion.begin(count)) for companion in companions)
