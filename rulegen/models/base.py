"""What every learned model answers: how likely each token is, given those before it and the place in time.

A model is a law over the tokens of a view (see `registry`): a voice and the harmony have one token a moment,
where a note or chord begins; four voices have four at each sixteenth. A law is asked token by token, for many
walkers at once. What a lattice can hold of laws stands in `laws`. Probabilities are natural logarithms; no
token of an alphabet ever has probability zero.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rulegen.models.registry import View, view_of

CONDITIONS = 32  # of a place: see `places`; beyond them stands the chord that sounds: see `harmony`

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Which = NDArray[np.int64]
Symbol = int | str | tuple[int, Fraction]
Array = np.ndarray[Any, np.dtype[Any]]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The symbols that a model gives probabilities to, each once; a token is the place of one.

    kind: `pitch` (semitones above the tonic in the octave from middle C), `pitch+length` (the same with a
    length in whole notes), `chord` (labels as rulegen writes them) or `voicing` (of each voice, pitches).
    """

    kind: str
    symbols: tuple[Symbol, ...]
    _places: dict[Symbol, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        view_of(self.kind)
        places = {symbol: place for place, symbol in enumerate(self.symbols)}
        if not self.symbols or len(places) < len(self.symbols):
            raise ValueError("an alphabet has at least one symbol, and each once")
        object.__setattr__(self, "_places", places)

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def view(self) -> View:
        """What the tokens are of."""
        return view_of(self.kind)

    def index(self, symbol: Symbol) -> int | None:
        """The place of a symbol, or None where the alphabet has it not."""
        return self._places.get(symbol)


@dataclass(frozen=True, eq=False)
class Tokens:
    """A piece as a view hears it. symbols: int32 (moments, width); places: int32 (moments, …), of one token a
    moment (moments,), a condition: see `places`; of four voices (moments, 3): see `quartet.places_of`.
    """

    symbols: Ints
    places: Ints
    name: str = ""


class Law(ABC):
    """A model, asked token by token for `count` walkers at once. A state holds arrays whose first axis is the
    walker, alone or in tuples and dataclasses; it is a value, never written to.

    places: int32 (count, …), as in `Tokens`. placed: int32 (count, k), the tokens of this moment so far, in
    the order of the view.
    """

    alphabet: Alphabet

    @property
    def hears_chords(self) -> bool:
        """Whether it heeds the chord in a condition."""
        return False

    @abstractmethod
    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""

    @abstractmethod
    def log_probs(self, state: Any, places: Ints, placed: Ints) -> Floats:
        """float64 (count, symbols), nats: how likely each token is to be the next of this moment."""

    @abstractmethod
    def advance(self, state: Any, places: Ints, tokens: Ints, steps: int = 1) -> Any:
        """The state after all tokens of a moment, int32 (count, width), that last so many sixteenths.

        Of one token a moment, the next begins when it does: steps tell nothing.
        """

    def select(self, state: Any, which: Which) -> Any:
        """The state of the walkers `which`, int64 (n,), as often as each is named."""
        return each_array(lambda array: array[which], state)

    def either(self, which: Array, one: Any, other: Any) -> Any:
        """The state that is `one` for walkers that are true of `which`, bool (count,), else `other`."""

        def chosen(mine: Array, yours: Array) -> Array:
            return np.asarray(np.where(which.reshape(-1, *[1] * (mine.ndim - 1)), mine, yours))

        return each_array(chosen, one, other)

    def told(self, state: Any, places: Ints, placed: Ints, token: Ints) -> Floats:
        """float64 (count,), nats: that the next token of this moment is just this, int32 (count,)."""
        return np.asarray(self.log_probs(state, places, placed)[np.arange(len(token)), token])

    def losses(self, sequences: Sequence[Tokens]) -> list[float]:
        """Minus the log probability of each sequence, nats; all are walked at once."""
        order, found = self.alphabet.view.order, np.zeros(len(sequences))
        for which, state, tokens, places in walked(self, sequences):
            for rank, place in enumerate(order):
                found[which] -= self.told(state, places, tokens[:, order[:rank]], tokens[:, place])
        return [float(loss) for loss in found]


class Storable(ABC):
    """What a file can hold: plain facts and named arrays."""

    @abstractmethod
    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """Facts that JSON knows, and arrays."""

    @classmethod
    @abstractmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """What was taken apart, whole again. Raises ValueError where the numbers do not fit together, and
        KeyError or TypeError where there are none or of another kind.
        """


class StorableLaw(Law, Storable):
    """A law that a file can hold."""


class StandIn(ABC):
    """What looks ahead in place of a model that no lattice holds: of each token of a moment, in the order of
    its view, it knows the one that stood there before and at most one that is placed already.
    """

    @property
    def partners(self) -> tuple[int, ...]:
        """The rank of the token placed already that each rank looks at, −1 for none."""
        return (-1,)

    @abstractmethod
    def foreseen(self, place: int, rank: int) -> Floats:
        """float64 (symbols + 1, partner's symbols or 1, symbols), nats, by the token before; the last row of
        the first axis is for nothing before."""

    def place_of(self, places: Ints) -> Ints:
        """int32 (…,): the number of a place as `foreseen` wants it; of a condition, chords left out."""
        return places % CONDITIONS


class StorableStandIn(StandIn, Storable):
    """One that a file can hold."""


def each_array(made: Callable[..., Array], *states: Any) -> Any:
    """A state, each of whose arrays is made of those that stand there in other states."""
    first = states[0]
    if isinstance(first, np.ndarray):
        return made(*states)
    if isinstance(first, tuple):
        return tuple(each_array(made, *own) for own in zip(*states, strict=True))
    names = [each.name for each in fields(first)]
    return replace(
        first, **{name: each_array(made, *(getattr(each, name) for each in states)) for name in names}
    )


def walked(law: Law, sequences: Sequence[Tokens]) -> Iterator[tuple[Which, Any, Ints, Ints]]:
    """All sequences side by side, a moment at a time: which are not over, what was heard before, and their
    tokens (alive, width) and places (alive, …).
    """
    order = sorted(range(len(sequences)), key=lambda place: -len(sequences[place].symbols))
    state, alive = law.begin(len(order)), len(order)
    for step in range(len(sequences[order[0]].symbols) if order else 0):
        going = sum(len(sequences[place].symbols) > step for place in order[:alive])
        if going < alive:
            state, alive = law.select(state, np.arange(going)), going
        own = [sequences[place] for place in order[:alive]]
        tokens = np.array([each.symbols[step] for each in own], dtype=np.int32)
        places = np.array([each.places[step] for each in own], dtype=np.int32)
        yield np.array(order[:alive]), state, tokens, places
        state = law.advance(state, places, tokens)


def normalised(log_probs: Floats) -> Floats:
    """Rows whose exponentials sum to one."""
    return np.asarray(log_probs - summed(log_probs)[..., None])


def summed(nats: Floats, axis: int = -1) -> Floats:
    """The log of the sum of exponentials along an axis; some of them are above zero."""
    greatest = nats.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(nats - greatest).sum(axis=axis)) + greatest.squeeze(axis))


def typed(array: Array, kind: Any) -> Array:
    """An array of a file. Raises TypeError where it is of another kind."""
    if array.dtype != kind:
        raise TypeError("an array of another kind")
    return array
