"""Learned models on a plan: which of a piece's codes are their tokens, and how they know its places.

Tokens stand above the tonic of the key of their place: where the key changes, so does what a pitch is to a
model. Where it is drawn when it changes, the key of a moment is that of its chord.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import Diagnostic, Label, StyleError
from rulegen.lattice.problem import IntArray
from rulegen.models.base import Alphabet, Law, StandIn
from rulegen.models.laws import FiniteLaw, MixedStandIn, Mixture
from rulegen.models.places import as_they_come, condition_of, phrase_classes, pitch_symbol, strength_class
from rulegen.models.quartet import LOWEST, SILENCE, VOICES, places_of
from rulegen.models.registry import BEATS, FOUR_VOICES, HARMONY, VOICE, View
from rulegen.models.store import Model
from rulegen.models.struck import HOLD, STRUCK
from rulegen.plan.problem import Plan
from rulegen.plan.surface import Surface
from rulegen.rules.tables import Component
from rulegen.score.frame import Row
from rulegen.style import givens
from rulegen.style.facets import SURFACE
from rulegen.style.model import ModelUse
from rulegen.style.models import ALL_VOICES
from rulegen.theory.scale import Key

_MOST_NAMED = 5
_SIXTEENTH = 16  # of a whole note
DRAWN = -2  # in place of a key: that of the chord which is drawn
# Of a line of a style; else a voice.
_SUBJECTS = {givens.HARMONY: HARMONY, ALL_VOICES: FOUR_VOICES, SURFACE: FOUR_VOICES}


@dataclass(frozen=True, eq=False)
class ViewOnPlan:
    """The tokens of a view on a plan.

    components: of each token of a moment. enters, sounds: of each, int32 (keys, codes of the component), the
    token that begins with a code in a key of the piece, or that sounds with it; −1 where there is none.
    places: int32 (keys, layers, …), as in `Tokens`, where one begins; −1 where none does. lasts: int32
    (layers,), sixteenths until something begins again. is_unbroken: whether what sounded before is always
    heard in the layer before: no rest comes between. goes_on: bool (layers, components), where what a voice
    of fixed rhythm sounds goes on, which is a token of its own; None where it is not.
    """

    components: tuple[int, ...]
    enters: tuple[IntArray, ...]
    sounds: tuple[IntArray, ...]
    places: IntArray
    lasts: IntArray
    is_unbroken: bool = True
    goes_on: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of a piece by their place among them. at: int32 (moments,), the one that holds, DRAWN where it
    is that of the chord; of_chord: int32 (chords,), of each chord; harmony: the component of the chords.
    """

    names: tuple[Key, ...]
    at: IntArray
    of_chord: IntArray
    harmony: int | None

    def possible(self, key: int) -> list[int]:
        """Those that there may be where this one holds: all where it is drawn."""
        return list(range(len(self.names))) if key == DRAWN else [key]

    @classmethod
    def of(cls, plan: Plan) -> Keys:
        """Those of a plan."""
        possible, names = plan.schedule.keys, plan.tables.regions
        at = [names.index(keys[0]) if len(keys) == 1 else DRAWN for keys in possible]
        chords = [names.index(chord.key) for chord in plan.tables.chords]
        own = np.array(at, dtype=np.int32), np.array(chords, dtype=np.int32)
        return cls(names, own[0], own[1], plan.tables.harmony)


@dataclass(frozen=True, eq=False)
class Consulted:
    """A line of a style that consults a model or a mixture, on a plan.

    line: its number after the uses of rules. ahead: what looks ahead where no lattice holds the law. entered,
    left: int32 (layers,), the keys that hold at each layer, and in the moment before it.
    """

    use: ModelUse
    line: int
    law: Law
    ahead: StandIn | None
    heard: ViewOnPlan
    keys: Keys
    entered: IntArray
    left: IntArray

    @property
    def view(self) -> View:
        """What the law speaks of."""
        return self.law.alphabet.view

    @property
    def layers(self) -> NDArray[np.int64]:
        """The layers at which something begins that is heard."""
        places = self.heard.places[0]
        return np.flatnonzero(places.reshape(len(places), -1)[:, 0] >= 0)

    def place(self, key: int, layer: int) -> int:
        """The place of a layer in a key, as what looks ahead wants it."""
        assert self.ahead is not None
        return int(self.ahead.place_of(self.heard.places[key, layer]))

    def spread(self, over: Callable[[IntArray], IntArray]) -> Consulted:
        """The same at the layers of a widened problem, by what spreads over them what is said of layers."""
        places = np.stack([over(each) for each in self.heard.places])
        heard = replace(self.heard, places=places, lasts=over(self.heard.lasts))
        return replace(self, heard=heard, entered=over(self.entered), left=over(self.left))


def consulted(
    plan: Plan, number: int, use: ModelUse, models: Sequence[Model], surface: Surface | None = None
) -> Consulted:
    """A style's line `number` of models on its plan, which is that of `surface` where the line speaks of it.
    Raises StyleError where they do not fit.
    """
    view = _SUBJECTS.get(use.subject, VOICE)
    alphabet = models[0].alphabet
    if alphabet.view is not view:
        raise misfit(use, _misfit_of(view, alphabet.view))
    _check_level(use, models)
    heard = _VIEWS[view.name](plan, use, alphabet) if surface is None else _on_surface(surface, use, alphabet)
    if len({model.alphabet for model in models}) > 1:
        raise misfit(use, "the models of a mixture speak of different symbols")
    law, ahead = _law(use, models)
    moments, keys = plan.draft.moment_of, Keys.of(plan)
    line, before = len(plan.style.uses) + number, np.maximum(moments - 1, 0)
    return Consulted(use, line, law, ahead, heard, keys, keys.at[moments], keys.at[before])


def _check_level(use: ModelUse, models: Sequence[Model]) -> None:
    """Raises StyleError where models were learned from what their line does not speak of."""
    if use.subject != SURFACE and models[0].alphabet == STRUCK:
        reason = "the model speaks of a surface, and tells what is struck again from what is held"
        help = "write `on surface`, or learn one with `--level beats`, or without a level"
        raise misfit(use, reason, help)
    if use.subject == SURFACE and any(model.card.level == BEATS for model in models):
        reason = "the model was learned from beats alone, and knows nothing of what moves between them"
        raise misfit(use, reason, "write `on voices`, or learn one with `--level surface`")


def _misfit_of(asked: View, found: View) -> str:
    """What is wrong where a model speaks of another view than is asked for."""
    if asked is VOICE:
        of = "chords, not of the notes of a voice" if found is HARMONY else "four voices together, not of one"
        return f"the model speaks of {of}"
    if asked is HARMONY:
        return "the model speaks of notes, not of chords"
    return "on all voices together, and on their surface, stands a model of four voices"


def _law(use: ModelUse, models: Sequence[Model]) -> tuple[Law, StandIn | None]:
    """The law that models come to, and what can look ahead in its place."""
    if len(models) == 1:
        law: Law = models[0].law
        if isinstance(law, FiniteLaw) and use.order is not None:
            law = law.shortened(use.order)
        return law, law if isinstance(law, StandIn) else models[0].stand_in
    shares = tuple(part.share for part in use.parts)
    known = [(model.ahead, share) for model, share in zip(models, shares, strict=True) if model.ahead]
    mixture = Mixture(tuple(model.law for model in models), shares, use.is_geometric)
    if not known:
        return mixture, None
    stand_ins, shares = map(tuple, zip(*known, strict=True))
    return mixture, MixedStandIn(stand_ins, shares, use.is_geometric)


def misfit(use: ModelUse, reason: str, help: str | None = None) -> StyleError:
    """The error of a line that asks for a model which does not fit."""
    return fault(use, f"{use.title} does not fit: {reason}", help)


def fault(use: ModelUse, message: str, help: str | None = None) -> StyleError:
    """The error of a line that asks for a model."""
    labels = (Label(use.place.span, "asked for here", use.place.source),) if use.place is not None else ()
    return StyleError((Diagnostic("bad-model", message, labels, help=help),))


def _on_voice(plan: Plan, use: ModelUse, alphabet: Alphabet) -> ViewOnPlan:
    voice = [each.name for each in plan.style.voices].index(use.subject)
    is_free = voice in plan.schedule.free
    if alphabet.kind == "pitch+length" and not is_free:
        raise misfit(use, "the model speaks of notes and their lengths, and the rhythm of the voice is fixed")
    if is_free and plan.schedule.grid is not None and plan.schedule.grid.line(voice).together:
        raise misfit(use, "the voice moves together with others in a rhythm that is drawn")
    own, tonics = plan.tables.voices[voice], _tonics(plan)
    unknown: list[str] = []
    sounds = np.array([_tokens(own, each, alphabet, unknown) for each in tonics], dtype=np.int32)
    _report_unknown(use, unknown)
    enters = np.where(own.begins, sounds, -1).astype(np.int32)
    frame = plan.schedule.frame
    places = _conditions(plan, frame.note_rows[voice], is_free)
    component, unbroken = plan.tables.of_voice(voice), bool(frame.sounding[voice].all())
    unbroken &= plan.tables.holder("sounds", voice) is None
    return ViewOnPlan((component,), (enters,), (sounds,), places, np.ones_like(places[0]), unbroken)


def _tokens(voice: Component, tonic: int, alphabet: Alphabet, unknown: list[str]) -> list[int]:
    """The token of each code of a voice, −1 for a rest; pitches that have none are named in `unknown`."""
    found = []
    for pitch, midi, length in zip(voice.pitches, voice.midi.tolist(), voice.length.tolist(), strict=True):
        above, lasts = pitch_symbol(midi, tonic), Fraction(length).limit_denominator(1024)
        token = alphabet.index(above if alphabet.kind == "pitch" else (above, lasts))
        if pitch is not None and token is None:
            unknown.append(str(pitch) if alphabet.kind == "pitch" else f"{pitch}:{lasts}")
        found.append(-1 if pitch is None or token is None else token)
    return found


def _on_harmony(plan: Plan, use: ModelUse, alphabet: Alphabet) -> ViewOnPlan:
    labels = [chord.label for chord in plan.tables.chords]
    tokens = [alphabet.index(label) for label in labels]
    _report_unknown(use, [label for label, token in zip(labels, tokens, strict=True) if token is None])
    own = [-1 if token is None else token for token in tokens]
    enters = np.array([own] * len(plan.tables.regions), dtype=np.int32)  # a label is above its own tonic
    places = _conditions(plan, plan.schedule.frame.chord_row, False)
    assert plan.tables.harmony is not None
    return ViewOnPlan((plan.tables.harmony,), (enters,), (enters,), places, np.ones_like(places[0]))


def _on_four_voices(plan: Plan, use: ModelUse, alphabet: Alphabet) -> ViewOnPlan:
    if len(plan.style.voices) != len(VOICES):
        raise misfit(use, f"it speaks of four voices, and the style has {len(plan.style.voices)}")
    frame, clock, draft = plan.schedule.frame, plan.schedule.frame.timeline, plan.draft
    tonics = _tonics(plan)
    codes = ([_voicing_tokens(each, tonic, use) for tonic in tonics] for each in plan.tables.voices)
    enters = tuple(np.array(each) for each in codes)
    places = np.full((len(plan.tables.regions), draft.layer_count, 3), -1, dtype=np.int32)
    lasts = np.ones(draft.layer_count, dtype=np.int32)
    for layer, moment in enumerate(draft.moment_of.tolist()):
        onset = frame.onsets[moment]
        ahead = frame.onsets[moment + 1] if moment + 1 < len(frame.onsets) else frame.end
        close = frame.phrases[int(frame.phrase_of[moment])][1]
        step, bar = (int(time * _SIXTEENTH) for time in (clock.position(onset), clock.bar_length(onset)))
        for row, key in enumerate(plan.tables.regions):
            number = key.tonic.chroma % 12 + 12 * (not key.has_major_third)
            places[row, layer] = places_of(step, bar, int((close - onset) * _SIXTEENTH) - 1, number)
        lasts[layer] = max(1, round((ahead - onset) * _SIXTEENTH))
    components = tuple(plan.tables.of_voice(voice) for voice in range(len(VOICES)))
    return ViewOnPlan(components, enters, enters, places, lasts)


def _on_surface(surface: Surface, use: ModelUse, alphabet: Alphabet) -> ViewOnPlan:
    """At each step of the surface's grid, what each voice strikes, and whether it does."""
    plan, frame = surface.plan, surface.plan.schedule.frame
    lines = {line.voice: line for line in surface.lines}
    for voice in surface.skeleton.schedule.free:
        name = plan.style.voices[voice].name
        raise misfit(use, f"the rhythm of `{name}` is drawn, which no model of a surface hears yet")
    heard = _on_four_voices(plan, use, alphabet)
    enters, goes_on = list(heard.enters), None
    for voice, line in lines.items():
        enters[voice] = enters[voice][:, line.facets[0]]
    if alphabet == STRUCK:
        held = np.zeros((len(frame.onsets), len(enters)), dtype=bool)
        for voice in range(len(enters)):
            if voice in lines:
                enters[voice] = np.where(lines[voice].begins, enters[voice], HOLD).astype(np.int32)
            else:
                sounds = frame.sounding[voice]
                held[1:, voice] = np.where(sounds, ~frame.begun[voice], ~np.roll(sounds, 1))[1:]
        goes_on = held[plan.draft.moment_of]
    return replace(heard, enters=tuple(enters), sounds=tuple(enters), goes_on=goes_on)


def _voicing_tokens(voice: Component, tonic: int, use: ModelUse) -> IntArray:
    above = np.array([pitch_symbol(midi, tonic) - LOWEST for midi in voice.midi.tolist()])
    if ((above < 0) | (above >= SILENCE))[voice.diatonic >= 0].any():
        raise misfit(use, "it has not met notes so far from the tonic")
    return np.where(voice.diatonic < 0, SILENCE, above).astype(np.int32)


_VIEWS = {VOICE.name: _on_voice, HARMONY.name: _on_harmony, FOUR_VOICES.name: _on_four_voices}


def _tonics(plan: Plan) -> list[int]:
    """The tonics of a piece's keys, C = 0."""
    return [key.tonic.chroma % 12 for key in plan.tables.regions]


def _conditions(plan: Plan, row: Row, is_sampled: bool) -> IntArray:
    """int32 (keys, layers): the condition of each place at which an element of a row begins, −1 elsewhere."""
    frame, clock = plan.schedule.frame, plan.schedule.frame.timeline
    onsets = [frame.onsets[moment] for moment in row.layers.tolist()]
    phrases = (
        as_they_come(onsets, [start for start, _, _ in frame.phrases])
        if is_sampled
        else phrase_classes(onsets, [end for _, end, _ in frame.phrases])
    )
    minor = [not key.has_major_third for key in plan.tables.regions]
    found = np.full((len(minor), plan.draft.layer_count), -1, dtype=np.int32)
    for moment, onset, phrase in zip(row.layers.tolist(), onsets, phrases, strict=True):
        if not plan.draft.is_repeat(moment):
            strength = strength_class(clock.meter_at(onset), clock.position(onset))
            conditions = [condition_of(each, strength, phrase) for each in minor]
            found[:, plan.draft.layer_of[moment]] = conditions
    return found


def _report_unknown(use: ModelUse, unknown: Sequence[str]) -> None:
    if unknown:
        named = list(dict.fromkeys(unknown))
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        help = "leave them out of the style, or learn a model from music that has them"
        raise misfit(use, f"the model has never met {', '.join(named[:_MOST_NAMED])}{more}", help)
