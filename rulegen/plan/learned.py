"""The learned models of a style: read, laid on its lattice as far as that can hold them, else companions.

A Markov model joins the lattice at any weight, a hidden one at weight 1. What cannot join is consulted on the
way; in its place the look-ahead holds what it makes of two symbols that follow one another, where it can say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rulegen.errors import Diagnostic, Label, ModelError, StyleError
from rulegen.lattice.problem import Problem
from rulegen.models.base import HiddenPrior, Mixture, StreamingPrior
from rulegen.models.harmony import number_of
from rulegen.models.store import Model, load
from rulegen.plan.companions import Follower, Together, together
from rulegen.plan.hidden import Widened, widened
from rulegen.plan.priors import Consulted, consulted, lay, lay_stand_in, misfit
from rulegen.plan.problem import Plan, joined, plan_of
from rulegen.plan.stand_ins import Table, lay_voicings, stand_in_of
from rulegen.resources import model_path
from rulegen.rules.draft import Board
from rulegen.style.model import ModelPart, ModelUse, Style
from rulegen.style.models import ALL_VOICES, ENDING


@dataclass(frozen=True)
class Learned:
    """A problem with the models that its lattice holds, and the companions that consult the others."""

    problem: Problem
    companions: tuple[Follower | Together, ...] = ()
    widened: Widened | None = None


def read_models(plan: Plan) -> tuple[Consulted | Together, ...]:
    """The models that a style consults, on its plan. Raises StyleError at the line that asks for one."""
    found: list[Consulted | Together] = []
    for number, use in enumerate(plan.style.models):
        models = tuple(_read(part, use, plan.style) for part in use.parts)
        quartets = [model.quartet for model in models if model.quartet is not None]
        if use.subject != ALL_VOICES:
            found.append(consulted(plan, number, use, models))
        elif len(models) > 1 or not quartets:
            raise misfit(use, "on all voices together stands one model of four voices")
        else:
            found.append(together(plan, use, quartets[0], models[0].table))
    if sum(isinstance(each, Together) for each in found) > 1:
        raise misfit(plan.style.models[-1], "only one model can speak of all voices together")
    return tuple(found)


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
            read_models(plan_of(style, {}))
    except StyleError as error:
        return tuple(each for each in error.diagnostics if each.code == "bad-model")
    return ()


def _read(part: ModelPart, use: ModelUse, style: Style) -> Model:
    path = _path(part, style)
    try:
        model = load(path)
    except ModelError as error:
        raise _fault(use, str(error)) from None
    if model.card.kind != part.kind:
        raise _fault(use, f'"{part.name}" is a {model.card.kind} model, not {part.kind}')
    return model


def model_files(style: Style) -> list[bytes]:
    """The contents of the model files that a style consults, in the order of its lines."""
    return [_path(part, style).read_bytes() for use in style.models for part in use.parts]


def _path(part: ModelPart, style: Style) -> Path:
    """The file of a model; that there is one was checked with the style."""
    if part.name.endswith(ENDING):
        return Path(style.source.name).parent / part.name
    return model_path(f"{part.name}.{part.kind}")


def _fault(use: ModelUse, message: str, help: str | None = None) -> StyleError:
    labels = (Label(use.place.span, "asked for here", use.place.source),) if use.place is not None else ()
    return StyleError((Diagnostic("bad-model", message, labels, help=help),))


def with_models(
    plan: Plan, problem: Problem, models: Sequence[Consulted | Together], inside: bool = True
) -> Learned:
    """The problem of a plan with its models. inside: whether hidden ones at weight 1 join the lattice."""
    board = Board(list(problem.slots))
    companions: list[Follower | Together] = []
    chains: list[tuple[Consulted, HiddenPrior]] = []
    for each in models:
        if isinstance(each, Together):
            if each.table is not None:
                line = len(plan.style.uses) + plan.style.models.index(each.use)
                lay_voicings(each, each.table, line, board)
            companions.append(each)
            continue
        hidden = _sole_hidden(each)
        if each.finite is not None:
            lay(each, each.finite, plan, board)
        elif hidden is not None and inside and each.use.weight == 1 and not plan.draft.goes_back:
            chains.append((each, hidden))
        else:
            table = stand_in_of(each)
            if table is not None:
                lay_stand_in(each, table, plan, board)
            companions.append(_follower(plan, each, table))
    whole = joined(plan, problem, board)
    if not chains:
        return Learned(whole, tuple(companions))
    wide = widened(whole, chains)
    moved = (_on(follower, wide) for follower in companions)
    return Learned(wide.problem, tuple(moved), wide)


def _sole_hidden(each: Consulted) -> HiddenPrior | None:
    return each.models[0].hidden if len(each.models) == 1 else None


def _follower(plan: Plan, each: Consulted, table: Table | None) -> Follower:
    heard = np.unique(each.conditions[each.conditions >= 0]).tolist() if table is not None else []
    stand_in = {condition: table(condition) for condition in heard} if table is not None else {}
    prior, own = _streaming(each), plan.tables.chords
    numbers = np.array([number_of(chord) for chord in own], dtype=np.int32)
    harmony = plan.tables.harmony
    if harmony is None or not prior.hears_chords:
        return Follower(each, prior, stand_in)
    return Follower(each, prior, stand_in, numbers, harmony)


def _on(companion: Follower | Together, wide: Widened) -> Follower | Together:
    """The companion at the layers of a widened problem."""
    if isinstance(companion, Together):
        return replace(companion, places=wide.spread(companion.places), lasts=wide.spread(companion.lasts))
    each = companion.consulted
    return replace(companion, consulted=replace(each, conditions=wide.spread(each.conditions)))


def _streaming(each: Consulted) -> StreamingPrior:
    priors = tuple(model.streaming for model in each.models)
    return priors[0] if len(priors) == 1 else Mixture(priors, tuple(part.share for part in each.use.parts))
