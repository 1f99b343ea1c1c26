"""Learned models that walkers consult on their way: what no lattice can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.models.base import FourVoices, StreamingPrior
from rulegen.models.harmony import with_chord
from rulegen.models.places import pitch_symbol
from rulegen.models.quartet import LOWEST, ORDER, SILENCE, SYMBOLS, VOICES, places_of
from rulegen.models.stand_ins import PARTNERS, VoicingTable, place_of
from rulegen.plan.priors import MINOR, Consulted, misfit
from rulegen.plan.problem import Plan
from rulegen.rules.tables import Component
from rulegen.style.model import ModelUse


@dataclass(frozen=True, eq=False)
class Follower:
    """A model that follows one voice, or the harmony, and is asked wherever a note or chord begins.

    stand_in: condition -> float64 (symbols + 1, symbols), nats: what the lattice already says of a symbol
    after one before, row 0 after none; it is divided out again. Empty where the lattice says nothing.
    chords: int32 (chords of the style,), the number of each; None where the model hears none. harmony: the
    component of the chords that it hears.
    """

    consulted: Consulted
    prior: StreamingPrior
    stand_in: Mapping[int, FloatArray]
    chords: IntArray | None = None
    harmony: int = -1

    @property
    def use(self) -> ModelUse:
        """The line of the style that asks for it."""
        return self.consulted.use

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""
        return self.prior.begin(count)

    def weigh(
        self, state: Any, layer: int, before: IntArray | None, owner: IndexArray, entered: Integers
    ) -> FloatArray | None:
        """Nats of each case, (cases,): walker `owner` that enters the values (cases, components). None where
        nothing begins. before: (walkers, components), the values left.
        """
        condition = int(self.consulted.conditions[layer])
        if condition < 0:
            return None
        symbols = self.consulted.enters[entered[:, self.consulted.component]]
        known = self._known(state, condition, owner, entered, symbols)
        if condition in self.stand_in:
            component = self.consulted.component
            left = 0 if before is None else self.consulted.sounds[before[owner, component]] + 1
            known = known - self.stand_in[condition][left, symbols]
        found: FloatArray = np.where(symbols >= 0, self.consulted.use.weight * known, 0.0)
        return found

    def _known(
        self, state: Any, condition: int, owner: IndexArray, entered: Integers, symbols: Integers
    ) -> FloatArray:
        """What the model says of each case, (cases,) nats: asked once a walker, or a walker and chord."""
        count = int(owner[-1]) + 1 if len(owner) else 0
        if self.chords is None:
            said = self.prior.log_probs(state, np.full(count, condition, dtype=np.int32))
            return np.asarray(said[owner, symbols])
        pair = owner * len(self.chords) + entered[:, self.harmony]
        is_met = np.zeros(count * len(self.chords), dtype=bool)
        is_met[pair] = True
        walkers, chords = np.divmod(np.flatnonzero(is_met), len(self.chords))
        where = with_chord(np.full(len(walkers), condition, dtype=np.int32), self.chords[chords])
        said = self.prior.log_probs(self.prior.select(state, walkers), where)
        return np.asarray(said[np.cumsum(is_met)[pair] - 1, symbols])

    def advance(self, state: Any, layer: int, entered: Integers) -> Any:
        """The state after each walker has entered the values (walkers, components)."""
        condition = int(self.consulted.conditions[layer])
        if condition < 0:
            return state
        symbols = self.consulted.enters[entered[:, self.consulted.component]]
        conditions = np.full(len(symbols), condition, dtype=np.int32)
        if self.chords is not None:
            conditions = with_chord(conditions, self.chords[entered[:, self.harmony]])
        further = self.prior.advance(state, np.maximum(symbols, 0), conditions)
        return further if (symbols >= 0).all() else _either(symbols >= 0, further, state)

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""
        return self.prior.select(state, which)


@dataclass(frozen=True, eq=False)
class Together:
    """A model of four voices together, asked once a moment, voice by voice.

    components: of its voices, from the top. codes: of each, int32 (symbols,), the model's symbol for each of
    the voice's. places: int32 (layers, 3), as the model knows a sixteenth; -1 in layers without music. lasts:
    int32 (layers,), sixteenths until something begins again. table: what the lattice says in the model's
    stead, which is divided out again.
    """

    use: ModelUse
    prior: FourVoices
    components: tuple[int, ...]
    codes: tuple[IntArray, ...]
    places: IntArray
    lasts: IntArray
    table: VoicingTable | None = None
    known: dict[tuple[int, int], FloatArray] = field(default_factory=dict, repr=False)  # by place and rank

    def begin(self, count: int) -> Any:
        """The state of so many walkers that have heard nothing."""
        return self.prior.begin(count)

    def symbols(self, entered: Integers) -> IntArray:
        """What the voices sound, (cases, voices) in the order in which they are placed."""
        return self._sounded(entered)[:, ORDER]

    def ask(self, state: Any, layer: int, placed: IntArray) -> FloatArray:
        """Nats of the next voice beyond what the lattice says, float64 (walkers, symbols)."""
        if self.places[layer, 0] < 0:
            return np.zeros((len(placed), SYMBOLS))
        places = np.tile(self.places[layer], (len(placed), 1))
        found: FloatArray = self.prior.log_probs(state, places, placed)
        if self.table is not None:
            found = found - self._foreseen(state, int(place_of(self.places[layer])), placed)
        return np.asarray(self.use.weight * found)

    def _foreseen(self, state: Any, place: int, placed: IntArray) -> FloatArray:
        """What the lattice says of the next voice, (walkers, symbols), nats."""
        rank = placed.shape[1]
        if (place, rank) not in self.known:
            assert self.table is not None
            self.known[place, rank] = self.table.log_probs(place, rank)
        beside = placed[:, PARTNERS[rank]] if PARTNERS[rank] >= 0 else np.zeros(len(placed), dtype=np.int32)
        return np.asarray(self.known[place, rank][state.notes[:, ORDER[rank]], beside])

    def advance(self, state: Any, layer: int, entered: Integers) -> Any:
        """The state after each walker has entered the values (walkers, components)."""
        if self.places[layer, 0] < 0:
            return state
        places = np.tile(self.places[layer], (len(entered), 1))
        return self.prior.advance(state, places, self._sounded(entered), int(self.lasts[layer]))

    def select(self, state: Any, which: IndexArray) -> Any:
        """The state of the walkers `which`."""
        return self.prior.select(state, which)

    def _sounded(self, entered: Integers) -> IntArray:
        columns = zip(self.components, self.codes, strict=True)
        return np.stack([codes[entered[:, component]] for component, codes in columns], axis=1)


def together(plan: Plan, use: ModelUse, prior: FourVoices, table: VoicingTable | None = None) -> Together:
    """A model of four voices on those of a style, from the top. Raises StyleError where it does not fit."""
    frame, key, draft = plan.schedule.frame, plan.schedule.timeline.key, plan.draft
    if len(plan.style.voices) != len(VOICES):
        raise misfit(use, f"it speaks of four voices, and the style has {len(plan.style.voices)}")
    tonic, bar = key.tonic.chroma % 12, int(frame.timeline.meter.bar_length * 16)
    codes = [_quartet_codes(symbols, tonic, use) for symbols in plan.tables.voices]
    places = np.full((draft.layer_count, 3), -1, dtype=np.int32)
    lasts = np.ones(draft.layer_count, dtype=np.int32)
    for layer, moment in enumerate(draft.moment_of.tolist()):
        onset = frame.onsets[moment]
        ahead = frame.onsets[moment + 1] if moment + 1 < len(frame.onsets) else frame.end
        close = frame.phrases[int(frame.phrase_of[moment])][1]
        step = int(frame.timeline.position(onset) * 16)
        after = int((close - onset) * 16) - 1
        places[layer] = places_of(step, bar, after, tonic + 12 * (key.mode in MINOR))
        lasts[layer] = max(1, round((ahead - onset) * 16))
    components = tuple(plan.tables.of_voice(voice) for voice in range(len(VOICES)))
    return Together(use, prior, components, tuple(codes), places, lasts, table)


def _quartet_codes(symbols: Component, tonic: int, use: ModelUse) -> IntArray:
    above = np.array([pitch_symbol(midi, tonic) - LOWEST for midi in symbols.midi.tolist()])
    if ((above < 0) | (above >= SILENCE))[symbols.diatonic >= 0].any():
        raise misfit(use, "it has not met notes so far from the tonic")
    return np.where(symbols.diatonic < 0, SILENCE, above).astype(np.int32)


def _either(chosen: np.ndarray[Any, np.dtype[np.bool_]], one: Any, other: Any) -> Any:
    """States of which each walker keeps one or the other."""
    if isinstance(one, tuple):
        return tuple(_either(chosen, *pair) for pair in zip(one, other, strict=True))
    return np.where(chosen.reshape(-1, *[1] * (one.ndim - 1)), one, other)
