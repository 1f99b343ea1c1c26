"""The straight line from a style to scores.

style, tunes → plan (the form in time) → problem (layers, factors) → lattice → look ahead → draw → score →
graded by its own style
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rulegen import __version__
from rulegen.errors import Diagnostic, InternalError, StyleError, Unsatisfiable
from rulegen.grade import Grade, Proofreader, grade
from rulegen.lattice.assemble import Kept, TooManyOpenings
from rulegen.lattice.best import best as best_of
from rulegen.lattice.build import LatticeTooLarge, build
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import Ahead, look_ahead
from rulegen.lattice.problem import Problem
from rulegen.lattice.store import Cache
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.companions import Follower, Together
from rulegen.plan.grid import labels
from rulegen.plan.hidden import Widened
from rulegen.plan.learned import Learned, model_files, read_models, with_models
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.plan.tune import Tune
from rulegen.rules.music import Codebook
from rulegen.sampling.exact import draw
from rulegen.sampling.particles import PopulationDied, Walked, walk
from rulegen.score.events import Score
from rulegen.style.model import Style

BUDGET = 2_000_000  # arcs a layer may have before a memory leaves the lattice
WALKS_FOR_BEST = 16  # populations that look for the best score where it cannot be proved


@dataclass(frozen=True)
class Prepared:
    """A style made ready to draw from; where the lattice is not all, `problem` has the rest for particles.

    companions: the models that particles consult. widened: where hidden states stand in the lattice.
    """

    plan: Plan
    lattice: Lattice
    ahead: Ahead
    problem: Problem | None
    companions: tuple[Follower | Together, ...] = ()
    widened: Widened | None = None

    @cached_property
    def proofreader(self) -> Proofreader:
        """Reads what is drawn once more, by the style's hard rules."""
        plan = self.plan
        if plan.schedule.free is not None:
            return Proofreader(plan.style)
        return Proofreader(plan.style, {plan.schedule.timeline.key: Codebook(plan.tables, [plan.draft])})

    @cached_property
    def hash(self) -> str:
        """What tells the style, its packs, its models and all that is given from others."""
        style = self.plan.style
        models = [hashlib.sha256(content).hexdigest() for content in model_files(style)]
        return _digest(__version__, *_contents(style, self.plan.tunes), *models)[:16]

    @property
    def is_exact(self) -> bool:
        """Whether draws come from exactly the style's distribution."""
        return not self.lattice.relaxed and not self.companions

    def music_of(self, values: NDArray[np.integer]) -> NDArray[np.integer]:
        """Assignments (…, layers, components) without what is hidden."""
        return values if self.widened is None else self.widened.music_of(values)


@dataclass(frozen=True)
class Composition:
    """A score, and how it came about."""

    score: Score
    seed: int | None
    log_weight: float | None  # nats, of the best scores
    effective_size: float | None  # the least that the particles came to, where not exact
    returns: int  # how often all particles died and went back; above 0 the draw is biased
    style: Style

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
    if style.models:
        return _prepared_with_models(plan, budget, not for_best)
    key = cache_key(style, tunes, budget, _engine()) if cache is not None else ""
    stored = cache.get(key) if cache is not None else None
    if stored is not None and stored.ahead is not None:
        return Prepared(plan, stored.lattice, stored.ahead, None)
    problem = _problem(plan)
    lattice = _built(plan, problem, budget)
    ahead = look_ahead(lattice)
    if np.isneginf(ahead.total):
        raise unsatisfiable(plan, problem)
    if cache is not None and not lattice.relaxed:  # the particles need the problem, which is not kept
        cache.put(key, lattice, ahead)
    return Prepared(plan, lattice, ahead, problem if lattice.relaxed else None)


def _problem(plan: Plan) -> Problem:
    if any((voice.diatonic < 0).all() for voice in plan.tables.voices):
        raise unsatisfiable(plan)  # a voice without a note to sing: nothing can be compiled for it
    return compiled(plan)


def _prepared_with_models(plan: Plan, budget: int, inside: bool) -> Prepared:
    """The same with learned models; hidden ones that are too much for the lattice are consulted instead."""
    models, rules = read_models(plan), _problem(plan)
    learned = with_models(plan, rules, models, inside)
    lattice = _built(plan, learned.problem, budget) if learned.widened is None else _tried(learned, budget)
    if lattice is None or (lattice.relaxed and learned.widened is not None):
        outside = with_models(plan, rules, models, inside=False)
        other = _built(plan, outside.problem, budget)
        if lattice is None or not other.relaxed:  # sooner a model leaves the lattice than a rule
            learned, lattice = outside, other
    ahead = look_ahead(lattice)
    if np.isneginf(ahead.total):
        raise unsatisfiable(plan, rules)
    walks = bool(lattice.relaxed or learned.companions)
    problem = learned.problem if walks else None
    return Prepared(plan, lattice, ahead, problem, learned.companions, learned.widened)


def _tried(learned: Learned, budget: int) -> Lattice | None:
    """The lattice with hidden states; None where it cannot hold them."""
    try:
        return build(learned.problem, budget)
    except (LatticeTooLarge, TooManyOpenings):
        return None


def _built(plan: Plan, problem: Problem, budget: int) -> Lattice:
    try:
        return build(problem, budget)
    except (LatticeTooLarge, TooManyOpenings) as error:
        raise StyleError((_too_large(plan, error, budget),)) from None


def _too_large(plan: Plan, error: LatticeTooLarge | TooManyOpenings, budget: int) -> Diagnostic:
    if isinstance(error, LatticeTooLarge):
        place = plan.place_of(error.layer)
        found = {"joint moments": f"ways to sound at {place}", "moves": f"moves to {place}"}
        message = (
            "the style leaves too many ways to go on: "
            f"more than {error.most:,} {found.get(error.what, f'arcs at {place}')}, even without memories; "
            f"the budget is {budget:,} arcs"
        )
        help = "narrow the ranges, allow fewer chords, demand more of the spacing, or raise the budget"
        return Diagnostic("too-large", message, help=help)
    names = [name for _, _, name, repeated in plan.schedule.frame.statements if repeated < 0]
    message = (
        f"the repeats join in too many ways: {' and '.join(_ways(each, names) for each in error.kept)} "
        f"have to be kept apart as far as the end of section {names[error.section]}"
    )
    help = (
        "a rule can lay down how a section that is stated again begins, as in "
        "`for note n in violin when n.opens_phrase then n is D5`; or let rules look less far over its seam"
    )
    return Diagnostic("too-large", message, labels([(plan.style.form.place, "this form")]), help=help)


def _ways(kept: Kept, names: Sequence[str]) -> str:
    name = names[kept.section]
    if not kept.layers:
        return f"{kept.ways:,} ways to end section {name}"
    first = "moment" if kept.layers == 1 else f"{kept.layers} moments"
    return f"{kept.ways:,} ways through the first {first} of section {name}"


def compose(prepared: Prepared, seeds: Sequence[int], particles: int = 64) -> list[Composition]:
    """A piece for each seed, drawn from the style's distribution."""
    if prepared.problem is not None:
        return [piece for seed in seeds for piece in _walked(prepared, seed, particles)]
    uniforms = np.stack([np.random.default_rng(seed).random(prepared.lattice.layers) for seed in seeds])
    values = draw(prepared.lattice, uniforms, prepared.ahead)
    return _finished(prepared, [Drawn(each, seed) for each, seed in zip(values, seeds, strict=True)])


def best(prepared: Prepared, count: int = 1, particles: int = 64) -> list[Composition]:
    """The scores of greatest weight: proved, or with models that particles consult the best that were found.

    Raises StyleError where a rule left the lattice. A style with models is prepared `for_best`.
    """
    if prepared.companions:
        return _found(prepared, count, particles)
    if not prepared.is_exact:
        gone = ", ".join(dict.fromkeys(f"`{held.name}`" for held in prepared.lattice.relaxed))
        help = "raise the budget, or narrow the rule to one voice or phrase"
        raise StyleError(
            (Diagnostic("not-exact", f"the best score cannot be proved: {gone} left the lattice", help=help),)
        )
    ranked = best_of(prepared.lattice, count)
    return _finished(prepared, [Drawn(each.assignment, None, each.log_weight) for each in ranked])


def _walk(prepared: Prepared, seed: int, particles: int) -> Walked:
    assert prepared.problem is not None
    rng, ahead = np.random.default_rng(seed), prepared.ahead
    try:
        return walk(prepared.lattice, prepared.problem, rng, particles, ahead, prepared.companions)
    except PopulationDied as died:
        raise Unsatisfiable(_died(prepared, died, particles)) from None


def _walked(prepared: Prepared, seed: int, particles: int) -> list[Composition]:
    walked = _walk(prepared, seed, particles)
    drawn = Drawn(walked.assignment, seed, None, walked.effective_size, walked.returns)
    return _finished(prepared, [drawn])


def _found(prepared: Prepared, count: int, particles: int) -> list[Composition]:
    """The best scores that several populations came to, each once."""
    seen: dict[bytes, Drawn] = {}
    for seed in range(max(WALKS_FOR_BEST, count)):
        walked = _walk(prepared, seed, particles)
        for values, log_weight in zip(walked.found, walked.log_weights.tolist(), strict=True):
            seen.setdefault(values.tobytes(), Drawn(values, None, log_weight))
    ranked = sorted(seen.values(), key=lambda each: -(each.log_weight or 0.0))
    return _finished(prepared, ranked[:count])


def _died(prepared: Prepared, died: PopulationDied, particles: int) -> Diagnostic:
    gone = ", ".join(dict.fromkeys(f"`{held.name}`" for held in prepared.lattice.relaxed))
    layer = died.layer if prepared.widened is None else prepared.widened.layer_of(died.layer)
    message = f"no piece was found: none of {particles} particles came past {prepared.plan.place_of(layer)}"
    notes = (f"{gone} left the lattice, which therefore does not see far enough ahead",)
    help = "raise the budget, take more particles, or narrow the rule; perhaps no score keeps it"
    return Diagnostic("particles-died", message, notes=notes, help=help)


@dataclass(frozen=True)
class Drawn:
    """Values (layers, components), and how they came about."""

    values: NDArray[np.integer]
    seed: int | None
    log_weight: float | None = None
    effective_size: float | None = None
    returns: int = 0


def _finished(prepared: Prepared, drawn: Sequence[Drawn]) -> list[Composition]:
    """The scores, which are read once more by their own style: a rule broken there is a bug of ours."""
    style = prepared.plan.style
    scores = [
        realise(prepared.plan, prepared.music_of(each.values), _metadata(prepared, each.seed))
        for each in drawn
    ]
    pieces = [
        Composition(score, each.seed, each.log_weight, each.effective_size, each.returns, style)
        for score, each in zip(scores, drawn, strict=True)
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
    return (
        *((name, value) for name, value in said if value is not None),
        ("style", prepared.plan.style.title),
        ("seed", "best" if seed is None else str(seed)),
        ("version", __version__),
        ("hash", prepared.hash),
    )


def cache_key(style: Style, tunes: Mapping[str, Tune], budget: int, engine: str = "") -> str:
    """A hash of all that a lattice depends on: the style with its uses as they are, what is given, the
    budget, and the program.
    """
    program = (__version__, np.__version__, engine)
    return _digest(*program, str(budget), *_contents(style, tunes), repr(style.uses))


def _contents(style: Style, tunes: Mapping[str, Tune]) -> list[str]:
    texts = [style.source.text, *(pack.text for pack in style.packs)]
    return [*texts, *(f"{voice} {tune!r}" for voice, tune in sorted(tunes.items()))]


def _digest(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _engine() -> str:
    """What tells this state of the program from another of the same version: its files' sizes and times."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return repr(
        [(file.name, status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
    )
