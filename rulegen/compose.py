"""The straight line from a style to scores: the place to start reading.

style, tunes → plan (the form in time) → stage after stage: problem (layers, factors) → lattice → look ahead →
draw → score → graded by its own style
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen import __version__
from rulegen.errors import Diagnostic, InternalError, StyleError
from rulegen.grade import Grade, Proofreader, grade
from rulegen.lattice.best import best as best_of
from rulegen.lattice.store import Cache
from rulegen.plan.learned import model_files
from rulegen.plan.problem import plan_of
from rulegen.plan.realise import realise
from rulegen.plan.tune import Tune
from rulegen.rules.music import Codebook
from rulegen.score.events import Score
from rulegen.score.given import GIVEN, described
from rulegen.stages.skeleton import Skeleton, posed_of, posed_with_models
from rulegen.stages.sound import Sound
from rulegen.stages.stage import Decided, Posed, Stage, completed
from rulegen.storage import program
from rulegen.style.model import Style

BUDGET = 2_000_000  # arcs a layer may have before a memory leaves the lattice
WALKS_FOR_BEST = 16  # populations that look for the best score where it cannot be proved


@dataclass(frozen=True)
class Prepared(Posed):
    """A style made ready to draw from: what its first stage poses, with which all others begin."""

    budget: int = BUDGET

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """What decides a piece, one after another. The text of the style alone says which there are."""
        every = (Skeleton(self), Sound.of(self.plan, self.budget))
        return tuple(stage for stage in every if stage is not None)

    @cached_property
    def proofreader(self) -> Proofreader:
        """Reads what is drawn once more, by the style's hard rules."""
        plan = self.plan
        if plan.schedule.free:
            return Proofreader(plan.style)
        return Proofreader(plan.style, {plan.schedule.timeline.regions: Codebook(plan.tables, [plan.draft])})

    @cached_property
    def hash(self) -> str:
        """What tells the style, its packs, its models and all that is given from others."""
        style = self.plan.style
        return _digest(__version__, *_contents(style, self.plan.tunes), *_model_hashes(style))[:16]


@dataclass(frozen=True)
class Composition:
    """A score, and how it came about."""

    score: Score
    seed: int | None
    log_weight: float | None  # nats, of the best scores
    effective_size: float | None  # the least that the particles came to, where not exact
    returns: int  # how often all particles died and went back; above 0 the draw is biased
    style: Style
    again: int = 0  # how often a stage was drawn again, since a later one was left without any value

    @cached_property
    def grade(self) -> Grade:
        """What its own style says of it."""
        return grade(self.score, self.style)


def prepare(
    style: Style,
    tunes: Mapping[str, Tune],
    cache: Cache | None = None,
    budget: int = BUDGET,
    for_best: bool = False,
) -> Prepared:
    """Lays the style out and builds its lattice, or finds it kept. Raises Unsatisfiable, StyleError.

    for_best: so that each path of the lattice is a score, without hidden states.
    """
    plan = plan_of(style, tunes)
    key = cache_key(style, tunes, budget, repr(program())) if cache is not None else ""
    if style.models:
        return _ready(posed_with_models(plan, budget, not for_best, cache, key), budget)
    return _ready(posed_of(plan, budget, cache, key), budget)


def _ready(posed: Posed, budget: int) -> Prepared:
    return Prepared(
        posed.plan, posed.lattice, posed.ahead, posed.problem, posed.companions, posed.widened, budget
    )


def compose(prepared: Prepared, seeds: Sequence[int], particles: int = 64) -> list[Composition]:
    """A piece for each seed, drawn from the style's distribution stage by stage. Raises Unsatisfiable where
    none is found.
    """
    drafts = [Decided.begun(seed) for seed in seeds]
    return _finished(prepared, completed(prepared.stages, drafts, particles))


def best(prepared: Prepared, count: int = 1, particles: int = 64) -> list[Composition]:
    """The scores of greatest weight: proved, or with models that particles consult the best that were found.
    Of a style of several stages, the best of each later stage on the best of the first.

    Raises StyleError where a rule left the lattice. A style with models is prepared `for_best`.
    """
    if prepared.companions:
        return _finished(prepared, [_best_on(prepared, each) for each in _found(prepared, count, particles)])
    if not prepared.is_exact:
        gone = ", ".join(dict.fromkeys(f"`{held.name}`" for held in prepared.lattice.relaxed))
        help = "raise the budget, or narrow the rule to one voice or phrase"
        raise StyleError(
            (Diagnostic("not-exact", f"the best score cannot be proved: {gone} left the lattice", help=help),)
        )
    ranked = best_of(prepared.lattice, count)
    found = [_valued(prepared, each.assignment, each.log_weight) for each in ranked]
    return _finished(prepared, [_best_on(prepared, each) for each in found])


def _best_on(prepared: Prepared, draft: Decided) -> Decided | None:
    """The best of each later stage on what stands; None where one has no value."""
    for stage in prepared.stages[1:]:
        posed = stage.pose(draft)
        if posed is None:
            return None
        draft = posed.best(draft)
    return draft


def _found(prepared: Prepared, count: int, particles: int) -> list[Decided]:
    """The best scores that several populations came to, each once."""
    seen: dict[bytes, Decided] = {}
    for seed in range(max(WALKS_FOR_BEST, count)):
        walked = prepared.walk(np.random.default_rng(seed), particles)
        for values, log_weight in zip(walked.found, walked.log_weights.tolist(), strict=True):
            seen.setdefault(values.tobytes(), _valued(prepared, values, log_weight))
    return sorted(seen.values(), key=lambda each: -(each.log_weight or 0.0))[:count]


def _valued(prepared: Prepared, values: NDArray[np.int32], log_weight: float) -> Decided:
    return replace(Decided.begun(None), values=prepared.music_of(values), log_weight=log_weight)


def _finished(prepared: Prepared, drawn: Sequence[Decided | None]) -> list[Composition]:
    """The scores, which are read once more by their own style: a rule broken there is a bug of ours."""
    style, decided = prepared.plan.style, [each for each in drawn if each is not None]
    scores = [realise(prepared.plan, each.values, _metadata(prepared, each.seed)) for each in decided]
    pieces = [
        Composition(score, each.seed, each.log_weight, each.effective_size, each.returns, style, each.again)
        for score, each in zip(scores, decided, strict=True)
    ]
    for piece, clean in zip(pieces, prepared.proofreader.clean(scores), strict=True):
        if not clean:
            broken = next(
                (finding.message for finding in piece.grade.findings if finding.hard),
                "its proof and its grade differ",
            )
            raise InternalError(
                f"a score breaks its own style: {broken}", style.title, piece.seed, __version__
            )
    return pieces


def _metadata(prepared: Prepared, seed: int | None) -> tuple[tuple[str, str], ...]:
    style = prepared.plan.style
    said = [("composer", style.composer)]
    said += [(f"clef {voice.name}", voice.clef) for voice in style.voices]
    said += [(f"instrument {voice.name}", voice.instrument) for voice in style.voices]
    said += [(f"{each.kind} {each.name}", ", ".join(each.members)) for each in style.staves]
    given = described(prepared.plan.draft.given, prepared.plan.schedule.frame.end)
    said += [(GIVEN, given or None)]
    return (
        *((name, value) for name, value in said if value is not None),
        ("style", prepared.plan.style.title),
        ("seed", "best" if seed is None else str(seed)),
        ("version", __version__),
        ("hash", prepared.hash),
    )


def cache_key(style: Style, tunes: Mapping[str, Tune], budget: int, engine: str = "") -> str:
    """A hash of all that a lattice depends on: the style with its uses as they are, its models, what is
    given, the budget, and the program.
    """
    program = (__version__, np.__version__, engine)
    own = (repr(style.uses), *((repr(style.models), *_model_hashes(style)) if style.models else ()))
    return _digest(*program, str(budget), *_contents(style, tunes), *own)


def _model_hashes(style: Style) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in model_files(style)]


def _contents(style: Style, tunes: Mapping[str, Tune]) -> list[str]:
    texts = [style.source.text, *(pack.text for pack in style.packs)]
    return [*texts, *(f"{voice} {tune!r}" for voice, tune in sorted(tunes.items()))]


def _digest(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
