"""Uses that scores can be graded by and that cannot be composed with, found before anything is composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rulegen.errors import Diagnostic, RulegenError, StyleError
from rulegen.folds.store import recall, remember
from rulegen.lattice.store import Cache
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, plan_of, refusals
from rulegen.plan.surface import surface_of
from rulegen.plan.time_alone import in_time
from rulegen.style.model import Rhythm, Style, Use
from rulegen.style.open_forms import forms_that_cover
from rulegen.style.vacuous import reads_time_alone


def uncomposable(style: Style, cache: Cache | None = None) -> tuple[Diagnostic, ...]:
    """Warnings of uses that scores can be graded by, and not composed with, and what hinders a surface; none
    where the style cannot be laid out in time. What is compiled for it is kept in the cache.
    """
    if style.rhythm_first:
        return tuple(fault for each in _apart(style) for fault in uncomposable(each, cache))
    plan = next((found for form in forms_that_cover(style) if (found := _laid_out(form)) is not None), None)
    if plan is None:
        return ()
    try:
        surface = surface_of(plan)
    except StyleError as error:
        return error.diagnostics
    faults = _refusals(plan, style.uses, cache)
    if surface is not None:
        faults += _refusals(surface.plan, surface.plan.uses, cache)
    note = "scores can be graded by it all the same"
    return tuple(replace(each, severity="warning", notes=(*each.notes, note)) for each in faults)


def _refusals(plan: Plan, uses: Sequence[Use], cache: Cache | None) -> list[Diagnostic]:
    """Why uses cannot be composed with; what was compiled once is composable."""
    if cache is not None:
        recall(plan.draft, cache)
    faults = refusals(plan, [use for use in uses if use.content not in plan.draft.stored])
    if cache is not None:
        remember(plan.draft, cache)
    return faults


def _apart(style: Style) -> tuple[Style, Style]:
    """Where rhythms are drawn first: what is decided of them, and of the notes in one of them, even notes."""
    voices = tuple(
        replace(voice, rhythm=Rhythm(min(voice.lengths)), local_rhythms=()) if voice.is_drawn else voice
        for voice in style.voices
    )
    of_notes = tuple(use for use in style.uses if not reads_time_alone(use.rule))
    timed = replace(in_time(style, ()), rhythm_first=False)
    return timed, replace(style, voices=voices, uses=of_notes, rhythm_first=False)


def _laid_out(style: Style) -> Plan | None:
    """The plan of a style of one form; None where it cannot be laid out in time."""
    try:
        return plan_of(style, tunes_of(style, {}))
    except RulegenError:
        return None
