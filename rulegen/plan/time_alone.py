"""A style as time alone knows it, and with the rhythms laid down that were drawn of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from rulegen.lattice.codes import Integers
from rulegen.plan.problem import Plan
from rulegen.plan.realise import notes_of
from rulegen.style.facets import SURFACE
from rulegen.style.model import Form, Harmony, Narrow, NoteDomain, PatternItem, Rhythm, Style, Use, VoicePlan
from rulegen.style.stages import stages_of
from rulegen.style.vacuous import reads_time_alone
from rulegen.theory.stroke import STROKES


def in_time(style: Style, given: Collection[str]) -> Style:
    """The style without pitches: each voice that is not given strikes one note, chords are all one chord, and
    of the rules those stand that read time alone.
    """
    harmony = style.harmony
    return replace(
        style,
        voices=tuple(voice if voice.name in given else _struck(voice) for voice in style.voices),
        form=_within_keys(style.form),
        harmony=None if harmony is None else _one_chord(harmony),
        uses=tuple(use for use in style.uses if reads_time_alone(use.rule)),
        givens=tuple(each for each in style.givens if each.subject != "harmony"),
        models=(),
        markings=(),
    )


def with_rhythm(style: Style, plan: Plan, values: Integers) -> Style:
    """The style with the rhythms that were drawn for a plan of it in time, and without the rules that time
    alone has kept: those that are read on the surface too are read there. values: int (layers, components).
    """
    voices = tuple(
        replace(voice, rhythm=_drawn(voice.rhythm, plan, place, values), local_rhythms=())
        if place in plan.schedule.free
        else voice
        for place, voice in enumerate(style.voices)
    )
    uses = tuple(_left(style, plan.has_surface))
    laid = tuple((event.onset, event.end) for event in plan.schedule.frame.chords)
    harmony = None if style.harmony is None else replace(style.harmony, laid=laid)
    return replace(style, voices=voices, uses=uses, harmony=harmony)


def _left(style: Style, has_surface: bool) -> Iterator[Use]:
    for use in style.uses:
        if not reads_time_alone(use.rule):
            yield use
        elif SURFACE in stages_of(use, has_surface):
            on_surface = () if use.stage else (Narrow("stage", False, (SURFACE,)),)
            yield replace(use, narrowings=(*use.narrowings, *on_surface))


def _struck(voice: VoicePlan) -> VoicePlan:
    stroke = next(iter(STROKES.values())).pitch
    of_time = replace(voice.voice, low=stroke, high=stroke, kit=voice.voice.kit or "time")
    return replace(voice, voice=of_time, notes=NoteDomain("stroke"))


def _one_chord(harmony: Harmony) -> Harmony:
    chords = tuple((mode, labels[:1]) for mode, labels in harmony.chords)
    return replace(harmony, chords=chords)


def _within_keys(form: Form) -> Form:
    """The form with phrases that stay in their keys: when a key changes is for the chords to say."""
    sections = tuple(
        replace(section, phrases=tuple(replace(phrase, key_to=None) for phrase in section.phrases))
        for section in form.sections
    )
    return replace(form, sections=sections)


def _drawn(rhythm: Rhythm, plan: Plan, voice: int, values: Integers) -> Rhythm:
    found = notes_of(plan, voice, values[plan.draft.layer_of])
    items = tuple(PatternItem(length, "rest" if pitch is None else "note") for _, length, pitch in found)
    return Rhythm(drawn=items, place=rhythm.place)
