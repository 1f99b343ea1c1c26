"""Learned models on a plan: what they speak of there, as factors of the lattice or as companions of walkers.

A model with finitely many contexts is a weighted automaton, and joins the lattice at any weight. What it
knows of the note before alone needs no memory beside the state, so its weight is split: a factor that reads
two symbols, and one with a memory for what more it knows. If the memory passes the budget, the first stays in
the look-ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from rulegen.errors import Diagnostic, Label, StyleError
from rulegen.lattice.problem import Columns, Factor, IntArray, Part, Slot
from rulegen.models.base import Alphabet, FinitePrior, Floats
from rulegen.models.places import as_they_come, condition_of, phrase_classes, pitch_symbol, strength_class
from rulegen.models.store import Model
from rulegen.plan.problem import Plan
from rulegen.rules.draft import Board
from rulegen.rules.leaves import intern
from rulegen.score.frame import Row
from rulegen.style.givens import HARMONY
from rulegen.style.model import ModelUse

MINOR = ("minor", "aeolian", "dorian", "phrygian", "locrian")
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Consulted:
    """A line of a style that consults models, on a plan.

    line: its number after the uses of rules. enters, sounds: int32 (symbols of the component,), the model's
    symbol that begins there, or that sounds there; -1 where there is none. conditions: int32 (layers,), of
    the note or chord that begins at each layer; -1 where none does.
    """

    use: ModelUse
    line: int
    models: tuple[Model, ...]
    component: int
    enters: IntArray
    sounds: IntArray
    conditions: IntArray
    is_unbroken: (
        bool  # whether what sounded before is always heard in the layer before: no rest comes between
    )

    @property
    def alphabet(self) -> Alphabet:
        """The symbols of the models."""
        return self.models[0].alphabet

    @cached_property
    def finite(self) -> FinitePrior | None:
        """The model, where it is one with finitely many contexts."""
        found = self.models[0].finite if len(self.models) == 1 else None
        return found if found is None or self.use.order is None else found.shortened(self.use.order)


def consulted(plan: Plan, number: int, use: ModelUse, models: tuple[Model, ...]) -> Consulted:
    """A style's line `number` of models on its plan. Raises StyleError where they do not fit."""
    kinds = {model.alphabet.kind for model in models}
    row, component, enters, sounds = (
        _on_harmony(plan, use, models) if use.subject == HARMONY else _on_voice(plan, use, models)
    )
    if len(kinds) > 1 or len({model.alphabet for model in models}) > 1:
        raise misfit(use, "the models of a mixture speak of different symbols")
    conditions = np.full(plan.draft.layer_count, -1, dtype=np.int32)
    is_sampled = use.subject != HARMONY and voice_of(plan, use) == plan.schedule.free
    for moment, condition in zip(row.layers.tolist(), _conditions(plan, row, is_sampled), strict=True):
        if not plan.draft.is_repeat(moment):
            conditions[plan.draft.layer_of[moment]] = condition
    heard = plan.schedule.frame.sounding[voice_of(plan, use)].all() if use.subject != HARMONY else True
    line = len(plan.style.uses) + number
    return Consulted(use, line, models, component, enters, sounds, conditions, bool(heard))


def voice_of(plan: Plan, use: ModelUse) -> int:
    """The place of the voice that a model speaks of."""
    return [each.name for each in plan.style.voices].index(use.subject)


def _on_voice(plan: Plan, use: ModelUse, models: tuple[Model, ...]) -> tuple[Row, int, IntArray, IntArray]:
    voice = voice_of(plan, use)
    kind = models[0].alphabet.kind
    if kind not in ("pitch", "pitch+length"):
        raise misfit(use, "the model speaks of chords, not of the notes of a voice" if kind == "chord" else
                      "the model speaks of four voices together, not of one")  # fmt: skip
    if kind == "pitch+length" and voice != plan.schedule.free:
        raise misfit(use, "the model speaks of notes and their lengths, and the rhythm of the voice is fixed")
    symbols, tonic = plan.tables.voices[voice], plan.schedule.timeline.key.tonic.chroma % 12
    sounds = np.full(len(symbols), -1, dtype=np.int32)
    unknown = []
    for code, (pitch, midi, length) in enumerate(
        zip(symbols.pitches, symbols.midi.tolist(), symbols.length.tolist(), strict=True)
    ):
        if pitch is None:
            continue
        above = pitch_symbol(midi, tonic)
        symbol = above if kind == "pitch" else (above, Fraction(length).limit_denominator(1024))
        place = models[0].alphabet.index(symbol)
        if place is None:
            unknown.append(str(pitch) if kind == "pitch" else f"{pitch}:{symbol[1]}")  # type: ignore[index]
        else:
            sounds[code] = place
    _report_unknown(use, unknown)
    enters = np.where(symbols.begins, sounds, -1).astype(np.int32)
    return plan.schedule.frame.note_rows[voice], plan.tables.of_voice(voice), enters, sounds


def _on_harmony(plan: Plan, use: ModelUse, models: tuple[Model, ...]) -> tuple[Row, int, IntArray, IntArray]:
    if models[0].alphabet.kind != "chord":
        raise misfit(use, "the model speaks of notes, not of chords")
    places = [models[0].alphabet.index(chord.label) for chord in plan.tables.chords]
    _report_unknown(
        use, [chord.label for chord, place in zip(plan.tables.chords, places, strict=True) if place is None]
    )
    symbols = np.array([-1 if place is None else place for place in places], dtype=np.int32)
    assert plan.tables.harmony is not None
    return plan.schedule.frame.chord_row, plan.tables.harmony, symbols, symbols


def _report_unknown(use: ModelUse, unknown: Sequence[str]) -> None:
    if unknown:
        named = list(dict.fromkeys(unknown))
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        help = "leave them out of the style, or learn a model from music that has them"
        raise misfit(use, f"the model has never met {', '.join(named[:_MOST_NAMED])}{more}", help)


def misfit(use: ModelUse, reason: str, help: str | None = None) -> StyleError:
    """The error of a line that asks for a model which does not fit."""
    labels = (Label(use.place.span, "asked for here", use.place.source),) if use.place is not None else ()
    return StyleError((Diagnostic("bad-model", f"{use.title} does not fit: {reason}", labels, help=help),))


def _conditions(plan: Plan, row: Row, is_sampled: bool) -> list[int]:
    frame = plan.schedule.frame
    onsets = [frame.onsets[moment] for moment in row.layers.tolist()]
    phrases = (
        as_they_come(onsets, [start for start, _, _ in frame.phrases])
        if is_sampled
        else phrase_classes(onsets, [end for _, end, _ in frame.phrases])
    )
    minor = plan.schedule.timeline.key.mode in MINOR
    clock = frame.timeline
    return [
        condition_of(minor, strength_class(clock.meter_at(onset), clock.position(onset)), phrase)
        for onset, phrase in zip(onsets, phrases, strict=True)
    ]


def lay(each: Consulted, prior: FinitePrior, plan: Plan, board: Board) -> None:
    """Puts a finite model on the board: at all it hears, and where a seam is among what it last heard."""
    splits, single = each.is_unbroken, _singles(prior)
    needs_memory = prior.order > 1 or (prior.order == 1 and not splits)
    slot = board.slot(Slot(prior.contexts, prior.start, each.line, each.use.title)) if needs_memory else None
    for location, condition, is_first in _locations(each, plan, prior.order):
        known = each.use.weight * prior.log_probs(condition)
        if splits or slot is None:
            board.put(location, _pair(each, known[_after_each(prior)], condition, is_first))
        if slot is not None:
            more = known - known[single] if splits else known
            board.put(location, _rest(each, more, prior, condition, slot))


def lay_stand_in(each: Consulted, table: Callable[[int], Floats], plan: Plan, board: Board) -> None:
    """Puts in what symbols after one another make likely, in place of a model that the lattice cannot hold.

    table: condition -> float64 (symbols + 1, symbols), nats; row 0 is for nothing before.
    """
    for location, condition, is_first in _locations(each, plan, 0):
        board.put(location, _pair(each, each.use.weight * table(condition), condition, is_first))


def _after_each(prior: FinitePrior) -> IntArray:
    """(symbols + 1,): the context after nothing, and after each symbol alone."""
    return np.array([prior.start, *prior.following[prior.start].tolist()], dtype=np.int32)


def _locations(each: Consulted, plan: Plan, order: int) -> Iterator[tuple[tuple[int, int], int, bool]]:
    """(location, condition, whether nothing lies before) of what begins, the seams' last."""
    for layer in np.flatnonzero(each.conditions >= 0).tolist():
        yield (-1, layer), int(each.conditions[layer]), layer == 0
    draft = plan.draft
    stops = [*draft.starts[1:].tolist(), len(draft.frame.onsets)]
    for statement in np.flatnonzero(draft.repeats >= 0).tolist():
        begins = range(int(draft.starts[statement]), stops[statement])
        met = [moment for moment in begins if each.conditions[draft.layer_of[moment]] >= 0][:order]
        for moment in met:
            place = moment - begins.start
            yield (statement, place), int(each.conditions[draft.layer_of[moment]]), False


def _singles(prior: FinitePrior) -> IntArray:
    """(contexts,): the context that knows only the last symbol of each."""
    single = np.full(prior.contexts, prior.start, dtype=np.int32)
    for symbol in range(len(prior.alphabet)):
        single[prior.following[:, symbol]] = prior.following[prior.start, symbol]
    single[prior.start] = prior.start
    return single


def _pair(each: Consulted, rows: Floats, condition: int, is_first: bool) -> Factor:
    """What the symbol before, or nothing, makes of what begins. rows: (symbols + 1, symbols), nats."""
    size = rows.shape[1]
    if is_first:
        part, weights = _entering(each, size), np.hstack([[0.0], rows[0]])[None, :]
    else:
        part, weights = _passing(each, size), np.hstack([np.zeros((size + 1, 1)), rows]).reshape(1, -1)
    name = (each.line, "model", "pair")
    return Factor(intern((name, condition, is_first, each.use)), name, each.line, (part,), weights)


def _rest(each: Consulted, more: Floats, prior: FinitePrior, condition: int, slot: int) -> Factor:
    """What a longer memory makes of it beyond that."""
    size = len(prior.alphabet)
    held = np.arange(prior.contexts, dtype=np.int32)[:, None]
    weights = np.hstack([np.zeros((prior.contexts, 1)), more])
    following = np.hstack([held, prior.following]).astype(np.int32)
    name = (each.line, "model", "rest")
    key = intern((name, condition, each.use))
    return Factor(key, name, each.line, (_entering(each, size),), weights, slot, following)


def _entering(each: Consulted, size: int) -> Part:
    def letter(_: Columns, after: Columns) -> IntArray:
        return (each.enters[after[0]] + 1).astype(np.int32)

    return Part(("entering", each.line), (), (each.component,), size + 1, letter)


def _passing(each: Consulted, size: int) -> Part:
    def letter(before: Columns, after: Columns) -> IntArray:
        return ((each.sounds[before[0]] + 1) * (size + 1) + each.enters[after[0]] + 1).astype(np.int32)

    return Part(("passing", each.line), (each.component,), (each.component,), (size + 1) ** 2, letter)
