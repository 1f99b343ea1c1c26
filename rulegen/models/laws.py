"""Laws that a lattice can hold, and laws made of laws.

A `FiniteLaw` remembers one of finitely many contexts, and a `HiddenLaw` is in one of finitely many hidden
states; both have one token a moment. Each says itself what two tokens that follow one another tell of it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rulegen.models.base import (
    CONDITIONS,
    Alphabet,
    Array,
    Floats,
    Ints,
    Law,
    StandIn,
    StorableLaw,
    StorableStandIn,
    Which,
    normalised,
    summed,
)

_UNTIL_USUAL = 64  # moves, after which a hidden state is where it usually is


class FiniteLaw(StorableLaw, StorableStandIn):
    """A law of finitely many contexts; a state is the walkers' contexts, int32 (count,). order: tokens that
    it remembers at most.
    """

    order: int
    start: int

    @property
    @abstractmethod
    def contexts(self) -> int:
        """How many contexts it tells apart."""

    @property
    @abstractmethod
    def following(self) -> Ints:
        """int32 (contexts, symbols): the context after a token."""

    @abstractmethod
    def table(self, condition: int) -> Floats:
        """float64 (contexts, symbols), nats, at a place of this condition; each row is a distribution."""

    @abstractmethod
    def shortened(self, order: int) -> FiniteLaw:
        """The law that remembers no more than so many tokens."""

    def begin(self, count: int) -> Ints:
        """Nobody has heard anything."""
        return np.full(count, self.start, dtype=np.int32)

    def log_probs(self, state: Ints, places: Ints, placed: Ints) -> Floats:
        """By the table of each walker's condition."""
        found = np.empty((len(state), len(self.alphabet)))
        for condition, here in _by_condition(places):
            found[here] = self.table(condition)[state[here]]
        return found

    def advance(self, state: Ints, places: Ints, tokens: Ints, steps: int = 1) -> Ints:
        """The contexts after the walkers' tokens."""
        return self.following[state, tokens[:, 0]]

    def foreseen(self, place: int, rank: int) -> Floats:
        """As if it remembered one token alone."""
        rows = [*self.following[self.start].tolist(), self.start]
        return np.asarray(self.table(place)[rows][:, None, :])


class HiddenLaw(StorableLaw, StorableStandIn):
    """A hidden Markov model. start: (hidden,); transition: (hidden, hidden), from and to; nats.

    A state is the log probability of each hidden state at the next place, float64 (count, hidden).
    """

    start: Floats
    transition: Floats

    @property
    @abstractmethod
    def hidden(self) -> int:
        """How many hidden states it has."""

    @abstractmethod
    def emission(self, condition: int) -> Floats:
        """float64 (hidden, symbols), nats, at a place of this condition; each row is a distribution."""

    def begin(self, count: int) -> Floats:
        """Nobody has heard anything."""
        return np.tile(self.start, (count, 1))

    def log_probs(self, state: Floats, places: Ints, placed: Ints) -> Floats:
        """The hidden states summed out."""
        found = np.empty((len(state), len(self.alphabet)))
        for condition, here in _by_condition(places):
            found[here] = np.log(np.exp(state[here]) @ np.exp(self.emission(condition)))
        return normalised(found)

    def advance(self, state: Floats, places: Ints, tokens: Ints, steps: int = 1) -> Floats:
        """What the walkers' tokens tell of the hidden state, moved on."""
        emitted = np.empty_like(state)
        for condition, here in _by_condition(places):
            emitted[here] = self.emission(condition)[:, tokens[here, 0]].T
        heard = normalised(state + emitted)
        with np.errstate(divide="ignore"):  # a hidden state that cannot be reached stays so
            return np.asarray(np.log(np.exp(heard) @ np.exp(self.transition)))

    @cached_property
    def _usual(self) -> Floats:
        usual = self.start
        for _ in range(_UNTIL_USUAL):
            usual = normalised(np.log(np.exp(usual) @ np.exp(self.transition)))
        return usual

    def foreseen(self, place: int, rank: int) -> Floats:
        """As if it forgot all but the last token, and had been where it usually is before."""
        emission = self.emission(place)
        heard = normalised((self._usual[:, None] + emission).T)  # (symbols, hidden)
        states = np.vstack([np.log(np.exp(heard) @ np.exp(self.transition)), self.start])
        return normalised(np.log(np.exp(states) @ np.exp(emission)))[:, None, :]


@dataclass(frozen=True, eq=False)
class Mixture(Law):
    """Σ λ p at each token, each part advanced; a state holds the parts' states. Where it `is_geometric`,
    Π p^λ made to sum to one at each token (a logarithmic opinion pool: Genest & Zidek 1986).

    The weights are made to sum to one. Raises ValueError where the parts have different alphabets or the
    weights λ are not positive.
    """

    parts: tuple[Law, ...]
    weights: tuple[float, ...]
    is_geometric: bool = False

    def __post_init__(self) -> None:
        if len({part.alphabet for part in self.parts}) != 1:
            raise ValueError("a mixture is of models with one alphabet")
        if len(self.parts) != len(self.weights) or not all(0 < weight < np.inf for weight in self.weights):
            raise ValueError("each part of a mixture has a weight above zero")

    @property
    def alphabet(self) -> Alphabet:  # type: ignore[override]
        """That of all its parts."""
        return self.parts[0].alphabet

    @property
    def hears_chords(self) -> bool:
        """Whether some part does."""
        return any(part.hears_chords for part in self.parts)

    def begin(self, count: int) -> tuple[Any, ...]:
        """Nobody has heard anything."""
        return tuple(part.begin(count) for part in self.parts)

    def log_probs(self, state: tuple[Any, ...], places: Ints, placed: Ints) -> Floats:
        """The parts' chances, mixed."""
        paired = zip(self.parts, state, strict=True)
        nats = [part.log_probs(own, places, placed) for part, own in paired]
        return _mixed(self.weights, nats, self.is_geometric)

    def advance(self, state: tuple[Any, ...], places: Ints, tokens: Ints, steps: int = 1) -> tuple[Any, ...]:
        """Each part moved on."""
        paired = zip(self.parts, state, strict=True)
        return tuple(part.advance(own, places, tokens, steps) for part, own in paired)

    def select(self, state: tuple[Any, ...], which: Which) -> tuple[Any, ...]:
        """Of each part, the state of the walkers `which`."""
        return tuple(part.select(own, which) for part, own in zip(self.parts, state, strict=True))

    def either(self, which: Array, one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
        """Of each part, the state that is `one` for walkers that are true of `which`, else `other`."""
        paired = zip(self.parts, one, other, strict=True)
        return tuple(part.either(which, mine, yours) for part, mine, yours in paired)


@dataclass(frozen=True, eq=False)
class MixedStandIn(StandIn):
    """What stands in for a mixture: its parts' stand-ins, those that there are, by their shares."""

    parts: tuple[StandIn, ...]
    weights: tuple[float, ...]
    is_geometric: bool = False

    @property
    def partners(self) -> tuple[int, ...]:
        """Those of all its parts, which are of one view."""
        return self.parts[0].partners

    def foreseen(self, place: int, rank: int) -> Floats:
        """The parts' chances, mixed."""
        nats = np.broadcast_arrays(*(part.foreseen(place, rank) for part in self.parts))
        return _mixed(self.weights, list(nats), self.is_geometric)

    def place_of(self, places: Ints) -> Ints:
        """As the parts know it."""
        return self.parts[0].place_of(places)


def _mixed(weights: tuple[float, ...], nats: list[Floats], is_geometric: bool) -> Floats:
    if is_geometric:
        shares = np.array(weights) / sum(weights)
        return normalised(np.asarray(sum(share * own for share, own in zip(shares, nats, strict=True))))
    shares = np.log(np.array(weights) / sum(weights))
    return summed(np.stack([share + own for share, own in zip(shares, nats, strict=True)]), axis=0)


def _by_condition(places: Ints) -> list[tuple[int, np.ndarray[Any, np.dtype[np.bool_]]]]:
    """Each condition that walkers stand at, chords left out, and which of them do."""
    own = places % CONDITIONS
    return [(condition, own == condition) for condition in np.unique(own).tolist()]
