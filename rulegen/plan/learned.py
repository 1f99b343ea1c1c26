"""The learned models of a style: read, laid on its lattice as far as that can hold them, else companions.

A Markov model joins the lattice at any weight, a hidden one at weight 1. What cannot join is consulted on the
way; in its place the look-ahead holds what it makes of two tokens that follow one another, where it can say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rulegen.errors import Diagnostic, ModelError, StyleError
from rulegen.lattice.problem import Problem
from rulegen.models.harmony import number_of
from rulegen.models.laws import FiniteLaw, HiddenLaw
from rulegen.models.shared import SharedLaw
from rulegen.models.store import Model, load
from rulegen.plan.companions import Follower
from rulegen.plan.consulted import Consulted, consulted, fault, misfit
from rulegen.plan.hidden import Widened, widened
from rulegen.plan.model_factors import lay, lay_stand_in
from rulegen.plan.problem import Plan, joined, plan_of
from rulegen.plan.surface import Surface, surface_of
from rulegen.resources import model_path
from rulegen.rules.draft import Board
from rulegen.style.facets import SURFACE
from rulegen.style.model import ModelPart, ModelUse, Style
from rulegen.style.models import ENDING


@dataclass(frozen=True)
class Modelled:
    """A problem with the models that its lattice holds, and the companions that consult the others."""

    problem: Problem
    companions: tuple[Follower, ...] = ()
    widened: Widened | None = None


def read_models(plan: Plan, surface: Surface | None = None) -> tuple[Consulted, ...]:
    """The models that a style consults on its plan, or on the plan of that surface those of the surface.
    Raises StyleError at the line that asks for one.
    """
    found: list[Consulted] = []
    for number, use in enumerate(plan.style.models):
        if (use.subject == SURFACE) == (surface is not None):
            models = [_read(part, use, plan.style) for part in use.parts]
            found.append(consulted(plan, number, use, models, surface))
    wide = [each.use for each in found if len(each.view.order) > 1]
    if len(wide) > 1:
        raise misfit(wide[-1], "only one model can speak of all voices together")
    return tuple(found)


def companions_on(surface: Surface) -> tuple[Follower, ...]:
    """The models that a style consults on its surface: no lattice holds them, nor does anything look ahead in
    their place. Raises StyleError.
    """
    models = read_models(surface.plan, surface)
    return tuple(_follower(surface.plan, replace(each, ahead=None)) for each in models)


def faults_of_models(style: Style) -> tuple[Diagnostic, ...]:
    """What is wrong with the model files of a style, and where they do not fit it, as far as it can be laid
    out without what is given.
    """
    try:
        if style.givens:
            for use in style.models:
                for part in use.parts:
                    _read(part, use, style)
        else:
            plan = plan_of(style, {})
            read_models(plan)
            surface = surface_of(plan) if any(use.subject == SURFACE for use in style.models) else None
            if surface is not None:
                read_models(surface.plan, surface)
    except StyleError as error:
        return tuple(each for each in error.diagnostics if each.code == "bad-model")
    return ()


def _read(part: ModelPart, use: ModelUse, style: Style) -> Model:
    path = _path(part, style)
    try:
        model = load(path)
    except ModelError as error:
        raise fault(use, str(error)) from None
    if model.card.kind != part.kind:
        raise fault(use, f'"{part.name}" is a {model.card.kind} model, not {part.kind}')
    return model


def model_files(style: Style) -> list[bytes]:
    """The contents of the model files that a style consults, in the order of its lines."""
    return [_path(part, style).read_bytes() for use in style.models for part in use.parts]


def _path(part: ModelPart, style: Style) -> Path:
    """The file of a model; that there is one was checked with the style."""
    if part.name.endswith(ENDING):
        return Path(style.source.name).parent / part.name
    return model_path(f"{part.name}.{part.kind}")


def with_models(plan: Plan, problem: Problem, models: Sequence[Consulted], inside: bool = True) -> Modelled:
    """The problem of a plan with its models. inside: whether hidden ones at weight 1 join the lattice."""
    board = Board(list(problem.slots))
    companions: list[Follower] = []
    chains: list[tuple[Consulted, HiddenLaw]] = []
    for each in models:
        law = each.law
        if isinstance(law, FiniteLaw):
            lay(each, law, plan, board)
        elif isinstance(law, HiddenLaw) and inside and each.use.weight == 1 and not plan.draft.goes_back:
            chains.append((each, law))
        else:
            if each.ahead is not None:
                lay_stand_in(each, each.ahead, plan, board)
            companions.append(_follower(plan, each))
    whole = joined(plan, problem, board)
    if not chains:
        return Modelled(whole, tuple(companions))
    wide = widened(whole, chains)
    moved = (replace(each, consulted=each.consulted.spread(wide.spread)) for each in companions)
    return Modelled(wide.problem, tuple(moved), wide)


def _follower(plan: Plan, each: Consulted) -> Follower:
    each = replace(each, law=SharedLaw(each.law))
    if plan.tables.harmony is None or not each.law.hears_chords:
        return Follower(each)
    return Follower(each, np.array([number_of(chord) for chord in plan.tables.chords], dtype=np.int32))
