"""Learned models that walkers consult on their way: what no lattice can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.models.base import Array, Ints, StandIn, each_array
from rulegen.models.harmony import with_chord
from rulegen.plan.consulted import Consulted
from rulegen.style.model import ModelUse


@dataclass(frozen=True, eq=False)
class Follower:
    """A model that follows what its view hears, and is asked wherever something of it begins.

    chords: of each chord of the style, int32 (chords,), its number, and the component of the harmony; None
    where the model hears none.
    """

    consulted: Consulted
    chords: tuple[IntArray, int] | None = None
    _known: dict[tuple[int, int], FloatArray] = field(default_factory=dict, repr=False)  # by place and rank

    @property
    def use(self) -> ModelUse:
        """The line of the style that asks for it."""
        return self.consulted.use

    @property
    def width(self) -> int:
        """How many tokens a moment has."""
        return len(self.consulted.view.order)

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""
        return self.consulted.law.begin(count)

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""
        return self.consulted.law.select(state, which)

    def weigh(
        self, state: Any, layer: int, before: IntArray | None, owner: IndexArray, entered: Integers
    ) -> FloatArray | None:
        """Nats of each case, (cases,), of one token a moment: walker `owner` that enters the values (cases,
        components). None where nothing begins. before: (walkers, components), the values left.

        It is asked once a walker, or a walker and chord.
        """
        if not self._begins(layer):
            return None
        tokens = self._tokens(layer, entered)[:, 0]
        count = int(owner[-1]) + 1 if len(owner) else 0
        places, none = self._places(layer, count), np.zeros((count, 0), dtype=np.int32)
        if self.chords is None:
            said = self._said(state, layer, before, places, none)
            row = owner
        else:
            numbers, component = self.chords
            pair = owner * len(numbers) + entered[:, component]
            is_met = np.zeros(count * len(numbers), dtype=bool)
            is_met[pair] = True
            walkers, chords = np.divmod(np.flatnonzero(is_met), len(numbers))
            places, none = with_chord(places[walkers], numbers[chords]), none[walkers]
            left = None if before is None else before[walkers]
            said = self._said(self.select(state, walkers), layer, left, places, none)
            row = np.cumsum(is_met)[pair] - 1
        return np.where(tokens >= 0, self.use.weight * said[row, tokens], 0.0)

    def tokens(self, layer: int, entered: Integers) -> IntArray:
        """The tokens of each case, (cases, width), in the order in which they are placed."""
        return self._tokens(layer, entered)[:, self.consulted.view.order]

    def ask(self, state: Any, layer: int, before: IntArray | None, placed: IntArray) -> FloatArray:
        """Nats of the next token of a moment, float64 (walkers, symbols), after those placed (walkers, k)."""
        if not self._begins(layer):
            return np.zeros((len(placed), len(self.consulted.law.alphabet)))
        places = self._places(layer, len(placed))
        return np.asarray(self.use.weight * self._said(state, layer, before, places, placed))

    def advance(self, state: Any, layer: int, entered: Integers) -> Any:
        """The state after each walker has entered the values (walkers, components)."""
        if not self._begins(layer):
            return state
        tokens, places = self._tokens(layer, entered), self._places(layer, len(entered))
        if self.chords is not None:
            numbers, component = self.chords
            places = with_chord(places, numbers[entered[:, component]])
        lasts = int(self.consulted.heard.lasts[layer])
        further = self.consulted.law.advance(state, places, np.maximum(tokens, 0), lasts)
        begins = (tokens >= 0).all(axis=1)
        if begins.all():
            return further

        def chosen(one: Array, other: Array) -> Array:
            return np.asarray(np.where(begins.reshape(-1, *[1] * (one.ndim - 1)), one, other))

        return each_array(chosen, further, state)

    def _begins(self, layer: int) -> bool:
        return bool(self.consulted.heard.places[layer].flat[0] >= 0)

    def _places(self, layer: int, count: int) -> Ints:
        place = self.consulted.heard.places[layer]
        return np.tile(place, (count, *[1] * place.ndim))

    def _tokens(self, layer: int, entered: Integers) -> IntArray:
        """What begins in each case, (cases, width), by component."""
        heard, row = self.consulted.heard, self.consulted.entered[layer]
        columns = zip(heard.components, heard.enters, strict=True)
        return np.stack([enters[row, entered[:, component]] for component, enters in columns], axis=1)

    def _said(
        self, state: Any, layer: int, before: IntArray | None, places: Ints, placed: IntArray
    ) -> FloatArray:
        """What the law says of the next token beyond what the lattice says, (walkers, symbols), nats."""
        each, rank = self.consulted, placed.shape[1]
        said = each.law.log_probs(state, places, placed)
        if each.ahead is None:
            return said
        place, partner = int(each.ahead.place_of(each.heard.places[layer])), each.ahead.partners[rank]
        beside = 0 if partner < 0 else placed[:, partner]
        foreseen = self._foreseen(each.ahead, place, rank)
        return np.asarray(said - foreseen[self._left(layer, before, rank), beside])

    def _left(self, layer: int, before: IntArray | None, rank: int) -> IntArray | int:
        """The token of a rank that sounded before, of each walker; −1 for nothing."""
        each, own = self.consulted, self.consulted.view.order[rank]
        if before is None:
            return -1
        return np.asarray(each.heard.sounds[own][each.left[layer], before[:, each.heard.components[own]]])

    def _foreseen(self, ahead: StandIn, place: int, rank: int) -> FloatArray:
        if (place, rank) not in self._known:
            self._known[place, rank] = ahead.foreseen(place, rank)
        return self._known[place, rank]
