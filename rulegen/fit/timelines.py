"""The problem that a style poses on the timeline of a phrase, and a phrase as an assignment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rulegen.fit.evidence import PhraseGroup
from rulegen.fit.phrases import Heard
from rulegen.lattice.problem import IntArray, Layer, Problem
from rulegen.plan.domains import chords_of, pitches_of
from rulegen.plan.problem import Plan, compiled
from rulegen.plan.schedule import Schedule
from rulegen.rules.draft import Draft
from rulegen.rules.tables import Component, Tables
from rulegen.style.model import Style, Use

Given = dict[int, tuple[object, ...]]  # voice (-1: the harmony) → what it has at each moment


def told_apart(phrases: Sequence[Heard], style: Style) -> list[tuple[list[int], Given]]:
    """The phrases by what they have where the style takes something as given: voices, or the chords."""
    subjects = [given.subject for given in style.givens]
    found: dict[object, tuple[list[int], Given]] = {}
    for place, phrase in enumerate(phrases):
        given: Given = {}
        for voice, plan in enumerate(style.voices):
            if plan.name in subjects:
                given[voice] = phrase.pitches[voice]
        if "harmony" in subjects:
            given[-1] = phrase.chords
        key = tuple(sorted(given.items(), key=lambda item: item[0]))
        found.setdefault(key, ([], given))[0].append(place)
    return list(found.values())


@dataclass(frozen=True, eq=False)
class PhraseProblem:
    """A problem, and the plan that it comes from."""

    plan: Plan
    problem: Problem

    def paths(self, phrases: Sequence[Heard]) -> IntArray:
        """The phrases as assignments: int32 (phrases, layers, components)."""
        tables, draft = self.plan.tables, self.plan.draft
        found = np.empty((len(phrases), draft.layer_count, len(self.problem.components)), dtype=np.int32)
        moments = draft.moment_of.tolist()
        for voice in (*range(len(tables.voices)), *([-1] if tables.harmony is not None else [])):
            component, values = _component(tables, voice), _values(tables, voice)
            code = {value: place for place, value in enumerate(values)}
            for number, phrase in enumerate(phrases):
                line: Sequence[object] = phrase.chords if voice < 0 else phrase.pitches[voice]
                found[number, :, component] = [code[line[moment]] for moment in moments]
        return found


def posed(style: Style, uses: Sequence[Use], group: PhraseGroup) -> PhraseProblem:
    """The problem of a timeline, every preference weighing one nat a place."""
    plan = plan_at(style, uses, group)
    return PhraseProblem(plan, compiled(plan))


def with_given(own: PhraseProblem, given: Given) -> Problem:
    """The problem where some of it is given."""
    plan, problem = own.plan, own.problem
    if not given:
        return problem
    layers = []
    for layer, each in enumerate(problem.layers):
        moment, domains = int(plan.draft.moment_of[layer]), list(each.domains)
        for voice, sounded in given.items():
            component = _component(plan.tables, voice)
            code = list(_values(plan.tables, voice)).index(sounded[moment])
            domains[component] = domains[component][domains[component] == code]
        layers.append(Layer(tuple(domains), each.factors))
    return replace(problem, layers=tuple(layers))


def _component(tables: Tables, voice: int) -> int:
    if voice >= 0:
        return tables.of_voice(voice)
    assert tables.harmony is not None
    return tables.harmony


def _values(tables: Tables, voice: int) -> Sequence[object]:
    """What the codes of a voice, or of the harmony, stand for."""
    return tables.chords if voice < 0 else tables.voices[voice].pitches


def plan_at(style: Style, uses: Sequence[Use], group: PhraseGroup) -> Plan:
    """The style laid out on the timeline of a group's phrases, its rhythm and all that is given left open."""
    frame, key = group.frame, group.key
    chords = chords_of(style, key)
    voices = []
    for place, voice in enumerate(style.voices):
        rests = [] if frame.sounding[place].all() else [None]
        pitches = [*rests, *pitches_of(voice, key, chords)]
        voices.append(Component.of_pitches(voice.name, place, pitches))
    tables = Tables.of((key,), voices, chords)
    draft = Draft(frame, tables)
    weighed = tuple(use if use.hard else replace(use, weight=1.0) for use in uses)
    laid = replace(
        style, key=key, key_from=None, meter=frame.timeline.meter, uses=weighed, givens=(), models=()
    )
    return Plan(laid, {}, Schedule(frame.timeline, frame, None), tables, draft)
