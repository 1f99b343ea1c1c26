"""What every learned model answers: how likely each symbol is, given what came before and the place in time.

A `FinitePrior` remembers one of finitely many contexts, and a `HiddenPrior` is in one of finitely many
hidden states: both can join a lattice. A `StreamingPrior` remembers what it likes and is asked step by step,
for many walkers at once. (Four voices together are asked voice by voice: see `quartet`.) Probabilities are
natural logarithms; no symbol of an alphabet ever has probability zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

CONDITIONS = 32  # of a place: see `places`; beyond them stands the chord that sounds: see `harmony`

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Which = NDArray[np.int64]
Symbol = int | str | tuple[int, Fraction]
KINDS = ("pitch", "pitch+length", "chord", "voicing")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The symbols that a model gives probabilities to, each once.

    kind: `pitch` (semitones above the tonic in the octave from middle C), `pitch+length` (the same with a
    length in whole notes), `chord` (labels as rulegen writes them) or `voicing` (of each voice, pitches).
    """

    kind: str
    symbols: tuple[Symbol, ...]
    _places: dict[Symbol, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of alphabet: there are {', '.join(KINDS)}")
        places = {symbol: place for place, symbol in enumerate(self.symbols)}
        if not self.symbols or len(places) < len(self.symbols):
            raise ValueError("an alphabet has at least one symbol, and each once")
        object.__setattr__(self, "_places", places)

    def __len__(self) -> int:
        return len(self.symbols)

    def index(self, symbol: Symbol) -> int | None:
        """The place of a symbol, or None where the alphabet has it not."""
        return self._places.get(symbol)


class FinitePrior(Protocol):
    """A model of finitely many contexts. following: int32 (contexts, symbols), the context after a symbol."""

    @property
    def alphabet(self) -> Alphabet: ...
    @property
    def order(self) -> int: ...  # symbols that it remembers at most
    @property
    def contexts(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def following(self) -> Ints: ...
    def log_probs(self, condition: int) -> Floats:
        """float64 (contexts, symbols), nats, at a place of this condition; each row is a distribution."""

    def shortened(self, order: int) -> FinitePrior:
        """The model that remembers no more than so many symbols."""


class HiddenPrior(Protocol):
    """A hidden Markov model. start: (hidden,); transition: (hidden, hidden), from and to; nats."""

    @property
    def alphabet(self) -> Alphabet: ...
    @property
    def hidden(self) -> int: ...
    @property
    def start(self) -> Floats: ...
    @property
    def transition(self) -> Floats: ...
    def emission(self, condition: int) -> Floats:
        """float64 (hidden, symbols), nats, at a place of this condition; each row is a distribution."""


class StreamingPrior(Protocol):
    """A model that is asked step by step for `count` walkers at once. States are values, never written to."""

    @property
    def alphabet(self) -> Alphabet: ...
    @property
    def hears_chords(self) -> bool: ...  # whether it heeds the chord in a condition
    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    def log_probs(self, state: Any, conditions: Ints) -> Floats:
        """float64 (count, symbols), nats: how likely each symbol is at a place of each walker's condition."""

    def advance(self, state: Any, symbols: Ints, conditions: Ints) -> Any:
        """The state after each walker's symbol, int32 (count,), at the place that was asked about."""

    def select(self, state: Any, which: Which) -> Any:
        """The state of the walkers `which`, int64 (n,), as often as each is named."""


class FourVoices(Protocol):
    """A model of four voices, asked voice by voice for `count` walkers at once; see `quartet` for its
    symbols.

    places: int32 (count, 3), from `quartet.places_of`; placed: int32 (count, k), symbols of the voices
    before.
    """

    @property
    def alphabet(self) -> Alphabet: ...
    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    def log_probs(self, state: Any, places: Ints, placed: Ints) -> Floats:
        """float64 (count, symbols), nats: what the next voice in quartet.ORDER sounds at this sixteenth."""

    def told(self, state: Any, places: Ints, placed: Ints, sounds: Ints) -> Floats:
        """float64 (count,), nats: that the next voice sounds just this, int32 (count,)."""

    def advance(self, state: Any, places: Ints, symbols: Ints, steps: int = 1) -> Any:
        """The state after all voices, int32 (count, 4), were placed and held for so many sixteenths."""

    def select(self, state: Any, which: Which) -> Any:
        """The state of the walkers `which`, int64 (n,), as often as each is named."""


@dataclass(frozen=True, eq=False)
class Streamed:
    """A finite model asked step by step; a state is the walkers' contexts, int32 (count,)."""

    prior: FinitePrior
    hears_chords = False

    @property
    def alphabet(self) -> Alphabet:
        return self.prior.alphabet

    def begin(self, count: int) -> Ints:
        return np.full(count, self.prior.start, dtype=np.int32)

    def log_probs(self, state: Ints, conditions: Ints) -> Floats:
        found = np.empty((len(state), len(self.alphabet)))
        places = conditions % CONDITIONS
        for condition in np.unique(places).tolist():
            here = places == condition
            found[here] = self.prior.log_probs(condition)[state[here]]
        return found

    def advance(self, state: Ints, symbols: Ints, conditions: Ints) -> Ints:
        return self.prior.following[state, symbols]

    def select(self, state: Ints, which: Which) -> Ints:
        return state[which]


@dataclass(frozen=True, eq=False)
class Filtered:
    """A hidden model asked step by step, by its forward filter.

    A state is the log probability of each hidden state at the next place, float64 (count, hidden).
    """

    prior: HiddenPrior
    hears_chords = False

    @property
    def alphabet(self) -> Alphabet:
        return self.prior.alphabet

    def begin(self, count: int) -> Floats:
        return np.tile(self.prior.start, (count, 1))

    def log_probs(self, state: Floats, conditions: Ints) -> Floats:
        found = np.empty((len(state), len(self.alphabet)))
        places = conditions % CONDITIONS
        for condition in np.unique(places).tolist():
            here = places == condition
            found[here] = np.log(np.exp(state[here]) @ np.exp(self.prior.emission(condition)))
        return normalised(found)

    def advance(self, state: Floats, symbols: Ints, conditions: Ints) -> Floats:
        emitted = np.empty_like(state)
        places = conditions % CONDITIONS
        for condition in np.unique(places).tolist():
            here = places == condition
            emitted[here] = self.prior.emission(condition)[:, symbols[here]].T
        heard = normalised(state + emitted)
        with np.errstate(divide="ignore"):  # a hidden state that cannot be reached stays so
            return np.asarray(np.log(np.exp(heard) @ np.exp(self.prior.transition)))

    def select(self, state: Floats, which: Which) -> Floats:
        return state[which]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Σ λ p at each step, each part advanced; a state holds the parts' states. Raises ValueError where the
    parts have different alphabets or the weights λ are not positive."""

    parts: tuple[StreamingPrior, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len({part.alphabet for part in self.parts}) != 1:
            raise ValueError("a mixture is of models with one alphabet")
        if len(self.parts) != len(self.weights) or not all(0 < weight < np.inf for weight in self.weights):
            raise ValueError("each part of a mixture has a weight above zero")

    @property
    def alphabet(self) -> Alphabet:
        return self.parts[0].alphabet

    @property
    def hears_chords(self) -> bool:
        return any(part.hears_chords for part in self.parts)

    def begin(self, count: int) -> tuple[Any, ...]:
        return tuple(part.begin(count) for part in self.parts)

    def log_probs(self, state: tuple[Any, ...], conditions: Ints) -> Floats:
        shares = np.log(np.array(self.weights) / sum(self.weights))
        heard = [part.log_probs(own, conditions) for part, own in zip(self.parts, state, strict=True)]
        return np.asarray(
            np.logaddexp.reduce([share + each for share, each in zip(shares, heard, strict=True)])
        )

    def advance(self, state: tuple[Any, ...], symbols: Ints, conditions: Ints) -> tuple[Any, ...]:
        paired = zip(self.parts, state, strict=True)
        return tuple(part.advance(own, symbols, conditions) for part, own in paired)

    def select(self, state: tuple[Any, ...], which: Which) -> tuple[Any, ...]:
        return tuple(part.select(own, which) for part, own in zip(self.parts, state, strict=True))


def normalised(log_probs: Floats) -> Floats:
    """Rows whose exponentials sum to one."""
    return log_probs - np.logaddexp.reduce(log_probs, axis=-1, keepdims=True)


def losses(prior: StreamingPrior, sequences: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[float]:
    """Minus the log probability of each sequence of (symbols, conditions), nats; all are walked at once."""
    order = sorted(range(len(sequences)), key=lambda place: -len(sequences[place][0]))
    found = np.zeros(len(sequences))
    state, alive = prior.begin(len(order)), len(order)
    for step in range(max((len(symbols) for symbols, _ in sequences), default=0)):
        going = sum(len(sequences[place][0]) > step for place in order[:alive])
        if going < alive:
            state, alive = prior.select(state, np.arange(going)), going
        symbols = np.array([sequences[place][0][step] for place in order[:alive]], dtype=np.int32)
        conditions = np.array([sequences[place][1][step] for place in order[:alive]], dtype=np.int32)
        found[order[:alive]] -= prior.log_probs(state, conditions)[np.arange(alive), symbols]
        state = prior.advance(state, symbols, conditions)
    return [float(loss) for loss in found]
