"""Learned models that walkers consult on their way: what no lattice can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.models.base import Ints, StandIn
from rulegen.models.harmony import with_chord
from rulegen.models.struck import HOLD
from rulegen.plan.consulted import DRAWN, Consulted
from rulegen.style.model import ModelUse


@dataclass(frozen=True, eq=False)
class Follower:
    """A model that follows what its view hears, and is asked wherever something of it begins.

    chords: of each chord of the style, int32 (chords,), its number; None where the model hears none.
    """

    consulted: Consulted
    chords: IntArray | None = None
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

        It is asked once a walker, or once a walker and place where the chord tells more of the place.
        """
        if not self._begins(layer):
            return None
        tokens = self._tokens(layer, entered)[:, 0]
        count = int(owner[-1]) + 1 if len(owner) else 0
        context, places = self._contexts(layer, entered)
        law, none = self.consulted.law, np.zeros((count, 0), dtype=np.int32)
        if context is None:
            said = law.log_probs(state, np.repeat(places, count, axis=0), none)[owner, tokens]
        else:
            pair = owner * len(places) + context
            is_met = np.zeros(count * len(places), dtype=bool)
            is_met[pair] = True
            walkers, which = np.divmod(np.flatnonzero(is_met), len(places))
            asked, row = self.select(state, walkers), np.cumsum(is_met)[pair] - 1
            said = law.log_probs(asked, places[which], none[walkers])[row, tokens]
        if self.consulted.ahead is not None:
            where = places[:1] if context is None else places[context]
            left = self._left(layer, before, 0, count)[owner]
            said = said - self._foreseen(self.consulted.ahead, where, 0)(left, 0, tokens)
        return np.where(tokens >= 0, self.use.weight * said, 0.0)

    def tokens(self, layer: int, entered: Integers) -> IntArray:
        """The tokens of each case, (cases, width), in the order in which they are placed; before them the key
        where it is drawn.
        """
        found = self._tokens(layer, entered)[:, self.consulted.view.order]
        if self.consulted.entered[layer] != DRAWN:
            return found
        return np.column_stack([self._drawn(entered), found])

    def ask(self, state: Any, layer: int, before: IntArray | None, placed: IntArray) -> FloatArray:
        """Nats of the next token of a moment, float64 (walkers, symbols), after those placed (walkers, k)."""
        each, size = self.consulted, len(self.consulted.law.alphabet)
        if not self._begins(layer):
            return np.zeros((len(placed), size))
        places = np.repeat(each.heard.places[each.entered[layer], layer][None], len(placed), axis=0)
        if each.entered[layer] == DRAWN:
            if not placed.shape[1]:
                return np.zeros((len(placed), len(each.keys.names)))  # the chord says which: nothing is asked
            places, placed = each.heard.places[placed[:, 0], layer], placed[:, 1:]
        rank, ahead = placed.shape[1], each.ahead
        said = each.law.log_probs(state, places, placed)
        if ahead is not None:
            beside = placed[:, ahead.partners[rank]] if ahead.partners[rank] >= 0 else 0
            left = self._left(layer, before, rank, len(placed))
            said = said - self._foreseen(ahead, places, rank)(left, beside, slice(None))
        return np.asarray(self.use.weight * said)

    def advance(self, state: Any, layer: int, entered: Integers) -> Any:
        """The state after each walker has entered the values (walkers, components)."""
        if not self._begins(layer):
            return state
        tokens = self._tokens(layer, entered)
        context, places = self._contexts(layer, entered)
        places = np.repeat(places, len(entered), axis=0) if context is None else places[context]
        lasts = int(self.consulted.heard.lasts[layer])
        further = self.consulted.law.advance(state, places, np.maximum(tokens, 0), lasts)
        begins = np.asarray((tokens >= 0).all(axis=1))
        return further if begins.all() else self.consulted.law.either(begins, further, state)

    def _begins(self, layer: int) -> bool:
        return bool(self.consulted.heard.places[0, layer].flat[0] >= 0)

    def _contexts(self, layer: int, entered: Integers) -> tuple[IntArray | None, Ints]:
        """What tells places apart in each case, (cases,), None where nothing does; and the places."""
        each, key = self.consulted, self.consulted.entered[layer]
        places = each.heard.places
        if self.chords is not None and each.keys.harmony is not None:
            keys = each.keys.of_chord if key == DRAWN else key
            own = np.broadcast_to(places[keys, layer], self.chords.shape)
            return entered[:, each.keys.harmony].astype(np.int32), with_chord(own, self.chords)
        if key == DRAWN:
            return self._drawn(entered), places[:, layer]
        return None, places[key, layer][None]

    def _drawn(self, values: Integers) -> IntArray:
        """The key of each case where it is that of the chord, (cases,)."""
        return np.asarray(self.consulted.keys.of_chord[values[:, self.consulted.keys.harmony]])

    def _keys(self, key: int, values: Integers) -> IntArray | int:
        """The key of each case, (cases,), or the one that holds."""
        return self._drawn(values) if key == DRAWN else key

    def _tokens(self, layer: int, entered: Integers) -> IntArray:
        """What begins in each case, (cases, width), by component."""
        heard, keys = self.consulted.heard, self._keys(self.consulted.entered[layer], entered)
        columns = zip(heard.components, heard.enters, strict=True)
        found = np.stack([enters[keys, entered[:, component]] for component, enters in columns], axis=1)
        return found if heard.goes_on is None else np.where(heard.goes_on[layer], np.int32(HOLD), found)

    def _left(self, layer: int, before: IntArray | None, rank: int, count: int) -> IntArray:
        """The token of a rank that sounded before, of each walker, (count,); −1 for nothing."""
        each = self.consulted
        if before is None or each.ahead is None:
            return np.full(count, -1, dtype=np.int32)
        own, keys = each.view.order[rank], self._keys(each.left[layer], before)
        return np.asarray(each.heard.sounds[own][keys, before[:, each.heard.components[own]]])

    def _foreseen(self, ahead: StandIn, places: Ints, rank: int) -> Callable[[Any, Any, Any], FloatArray]:
        """What the lattice says at places, of tokens (the one before, one beside it, the next), nats."""
        numbers, which = np.unique(ahead.place_of(places), return_inverse=True)
        for number in numbers.tolist():
            if (number, rank) not in self._known:
                self._known[number, rank] = ahead.foreseen(number, rank)
        tables = [self._known[number, rank] for number in numbers.tolist()]
        if len(tables) == 1:
            return lambda left, beside, token: tables[0][left, beside, token]
        return lambda left, beside, token: np.stack(tables)[which, left, beside, token]
