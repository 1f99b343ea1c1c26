"""The straight line from a style to scores: the place to start reading.

style, tunes → plan (the form in time) → stage after stage: problem (layers, factors) → lattice → look ahead →
draw → score → graded by its own style
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from rulegen import __version__
from rulegen.errors import Diagnostic, InternalError, StyleError, Unsatisfiable
from rulegen.folds.proof_store import recall_proofs, remember_proofs
from rulegen.grading.grade import Grade, grade
from rulegen.grading.proofreader import Proofreader
from rulegen.grading.reader import ScoreReader
from rulegen.lattice.best import best as best_of
from rulegen.lattice.codes import Integers
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import Ahead
from rulegen.lattice.store import Cache
from rulegen.perform.manner import FIELD as PERFORMED
from rulegen.perform.timing import LOOP, NotInTime, timed
from rulegen.plan.companions import Follower
from rulegen.plan.given import tunes_of
from rulegen.plan.learned import model_files
from rulegen.plan.problem import Plan, plan_of
from rulegen.plan.realise import realise
from rulegen.plan.tune import Tune
from rulegen.rules.music import Codebook
from rulegen.score.events import FORM, Score
from rulegen.score.given import GIVEN, described
from rulegen.score.skeleton import entries
from rulegen.stages.form import FormStage, WithinForm
from rulegen.stages.later import later_stages
from rulegen.stages.rhythm import OnRhythm, RhythmStage, WithinRhythm
from rulegen.stages.skeleton import NoScore, Skeleton, posed_of, posed_with_models
from rulegen.stages.stage import Apart, Decided, Pieces, Posed, Stage, completed
from rulegen.stages.surface import Ornaments
from rulegen.storage import program
from rulegen.style.alternatives import Decide, Told
from rulegen.style.model import Style
from rulegen.style.open_forms import OpenForms, identity_of, is_open, only_form

BUDGET = 2_000_000  # arcs a layer may have before a memory leaves the lattice
FEWEST_KEPT, MOST_BYTES = 4, 1 << 30  # of forms of a style: those drawn by last are kept ready


@dataclass(frozen=True, eq=False)
class Prepared:
    """A style made ready to draw from: its first stage, which all pieces share, and those that stand on it.
    The text of the style alone says which there are.
    """

    style: Style
    first: Skeleton | RhythmStage
    later: tuple[Stage, ...]
    cache: Cache | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the first stage."""
        return self.first.plan

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What decides a piece, one after another."""
        return (self.first, *self.later)

    @cached_property
    def posed(self) -> Posed:
        """All that the first stage may decide, in one lattice."""
        return self.first.together()

    @property
    def lattice(self) -> Lattice:
        """That lattice."""
        return self.posed.lattice

    @property
    def ahead(self) -> Ahead:
        """What its look-ahead has."""
        return self.posed.ahead

    @property
    def is_exact(self) -> bool:
        """Whether the first stage is drawn from exactly the distribution that the style denotes, and no model
        is consulted after it.
        """
        return self.first.posed.is_exact and not self.companions

    @property
    def companions(self) -> tuple[Follower, ...]:
        """The models that particles consult on the way."""
        first = self.posed.companions if isinstance(self.first, Skeleton) else ()
        later = (stage.companions for stage in self.later if isinstance(stage, Ornaments))
        return (*first, *(each for own in later for each in own))

    @property
    def surface(self) -> Plan:
        """The plan on which the last stage stands."""
        return next((stage.plan for stage in self.later if isinstance(stage, Ornaments)), self.plan)

    @cached_property
    def pieces(self) -> Pieces:
        """What draws whole pieces."""
        return Pieces(self.stages)

    @cached_property
    def proofreader(self) -> Proofreader:
        """Reads what is drawn once more, by the style's hard rules."""
        plan = self.plan
        if plan.schedule.free:
            return Proofreader(ScoreReader(self.style))
        books = {plan.schedule.timeline.regions: Codebook(plan.tables, [plan.draft])}
        return Proofreader(ScoreReader(plan.style, books))

    def clean(self, scores: Sequence[Score]) -> list[bool]:
        """Whether each score keeps the style's hard rules; where they look is kept between runs."""
        draft, cache = self.plan.draft, self.cache
        if cache is None or self.plan.schedule.free:
            return self.proofreader.clean(scores)
        recall_proofs(draft, cache)
        known = len(draft.proofs)
        found = self.proofreader.clean(scores)
        remember_proofs(draft, cache, known)
        return found

    @cached_property
    def hash(self) -> str:
        """What tells the style, its packs, its models and all that is given from others."""
        style = self.style
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
    is_exact: bool = True  # whether it was drawn from exactly the style's distribution
    is_walked: bool = False  # whether models were consulted on the way

    @cached_property
    def grade(self) -> Grade:
        """What its own style says of it."""
        return grade(self.score, self.style)


@dataclass(eq=False)
class PreparedForms:
    """A style with alternatives of form: a form is made ready when it is first drawn, and some are kept."""

    forms: OpenForms
    make: Callable[[Style], Prepared]  # raises NoScore, and Unfit where the form cannot be laid out
    _kept: dict[int, Prepared] = field(default_factory=dict)
    _empty: set[int] = field(default_factory=set)  # the forms that have no piece

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What decides a piece: its form, then all that is decided in that form."""
        return FormStage(self), WithinForm(self)

    def taken(self, decide: Decide) -> int | None:
        """The number of the form that is decided for; None where it is known to have no piece."""
        number = self.forms.taken(decide)
        return None if number in self._empty else number

    def barren(self) -> int | None:
        """A form that is known to have no piece, if there is any."""
        return min(self._empty, default=None)

    def prepared(self, form: int) -> Prepared | None:
        """A form made ready; None where it has no piece. Raises StyleError where it is too large."""
        made = self._kept.pop(form, None)
        is_new = made is None and form not in self._empty
        if is_new:
            try:
                made = self.make(self.forms[form])
            except (NoScore, Unfit):
                self._empty.add(form)
        if made is not None:
            self._kept[form] = made  # the last of all
            if is_new:
                self._forget()
        return made

    def _forget(self) -> None:
        """Lets go of the forms that were asked for longest ago, where all are too large together."""
        sizes = {
            form: sum(arcs.nbytes for arcs in each.lattice.distinct_arcs()) + each.ahead.nbytes
            for form, each in self._kept.items()
        }
        for oldest in list(self._kept)[:-FEWEST_KEPT]:
            if sum(sizes.values()) <= MOST_BYTES:
                return
            del self._kept[oldest], sizes[oldest]

    def pieces(self, form: int) -> Pieces | None:
        """What draws the pieces of a form; None where it has none."""
        prepared = self.prepared(form)
        return None if prepared is None else prepared.pieces

    def unsatisfiable(self, form: int) -> Unsatisfiable:
        """Why a form has no piece, of which many were drawn that have none."""
        style = self.forms[form]
        try:
            found = self.make(style).stages[0].unsatisfiable(Decided.begun(None))
        except Unfit as unfit:
            found = Unsatisfiable(unfit.diagnostic)
        except NoScore as nothing:
            found = nothing.unsatisfiable()
        note = f"{len(self._empty):,} forms were drawn and have no piece; one of them is: {style.form_taken}"
        return Unsatisfiable(replace(found.diagnostic, notes=(*found.diagnostic.notes, note)))


class Unfit(Exception):
    """A form that cannot be laid out in time."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__()
        self.diagnostic = diagnostic


def prepare(
    style: Style,
    tunes: Mapping[str, Tune],
    cache: Cache | None = None,
    budget: int = BUDGET,
    for_best: bool = False,
    sources: Mapping[str, Path | Score] = MappingProxyType({}),
) -> Prepared | PreparedForms:
    """Lays the style out and builds its lattice, or finds it kept; where its form is open, both when a form
    is first drawn. Raises Unsatisfiable, StyleError.

    for_best: so that each path of the lattice is a score, without hidden states. sources: what the tunes
    were read from, which are read anew for each form.
    """
    told = told_by(style, tunes)
    if not is_open(style, told):
        style = only_form(style, told)
        try:
            return _ready(style, plan_of(style, tunes), cache, budget, for_best)
        except NoScore as nothing:
            raise nothing.unsatisfiable() from None

    def made(form: Style) -> Prepared:
        try:
            plan = plan_of(form, tunes_of(form, sources))
        except StyleError as error:
            raise Unfit(error.diagnostics[0]) from None
        return _ready(form, plan, cache, budget, for_best)

    return PreparedForms(OpenForms(style, told), made)


def told_by(style: Style, tunes: Mapping[str, Tune]) -> Told:
    """What given voices say of the form."""
    teller = tunes.get(style.key_from or "")
    return Told(None if teller is None else teller.timeline.key, style.form.from_voice in tunes)


def _ready(style: Style, plan: Plan, cache: Cache | None, budget: int, for_best: bool) -> Prepared:
    """A style of one form, with the lattice of its first stage. Raises NoScore, StyleError."""
    if style.rhythm_first and plan.schedule.free:
        rhythm = RhythmStage.of(style, plan, budget)
        return Prepared(style, rhythm, (WithinRhythm.of(style, plan, rhythm),))
    key = cache_key(style, plan.tunes, budget, repr(program())) if cache is not None else ""
    if style.models:
        posed = posed_with_models(plan, budget, not for_best, cache, key)
    else:
        posed = posed_of(plan, budget, cache, key)
    return Prepared(style, Skeleton(posed), later_stages(plan, budget), cache)


def compose(
    prepared: Prepared | PreparedForms, seeds: Sequence[int], particles: int = 64
) -> list[Composition]:
    """A piece for each seed, drawn from the style's distribution stage by stage. Raises Unsatisfiable where
    none is found.
    """
    if isinstance(prepared, PreparedForms):
        batches = [seeds[start : start + FEWEST_KEPT] for start in range(0, len(seeds), FEWEST_KEPT)]
        return [piece for batch in batches for piece in _of_forms(prepared, batch, particles)]
    drafts = [Decided.begun(seed) for seed in seeds]
    return _finished(prepared, completed(prepared.stages, drafts, particles))


def _of_forms(prepared: PreparedForms, seeds: Sequence[int], particles: int) -> list[Composition]:
    """Pieces of various forms, which are all kept ready."""
    drafts = completed(prepared.stages, [Decided.begun(seed) for seed in seeds], particles)
    drawn = [each for each in drafts if each is not None]
    found: dict[int, Composition] = {}
    for form in dict.fromkeys(each.form for each in drawn):
        places = [place for place, each in enumerate(drawn) if each.form == form]
        own = prepared.prepared(form)
        assert own is not None
        found.update(zip(places, _finished(own, [drawn[place] for place in places]), strict=True))
    return [found[place] for place in range(len(drawn))]


def best(prepared: Prepared, count: int = 1, particles: int = 64) -> list[Composition]:
    """The scores of greatest weight: proved, or with models that particles consult the best that were found.
    Of a style of several stages, the best of each later stage on the best of the first.

    Raises StyleError where a rule left the lattice. A style with models is prepared `for_best`.
    """
    if isinstance(prepared.first, Skeleton) and prepared.posed.companions:
        values = prepared.posed.found(count, particles)
    elif prepared.first.posed.is_exact:
        values = [(each.assignment, each.log_weight) for each in best_of(prepared.lattice, count)]
    else:
        gone = ", ".join(dict.fromkeys(f"`{held.name}`" for held in prepared.lattice.relaxed))
        help = "raise the budget, or narrow the rule to one voice or phrase"
        raise StyleError(
            (Diagnostic("not-exact", f"the best score cannot be proved: {gone} left the lattice", help=help),)
        )
    found = [_valued(prepared, *each) for each in values]
    return _finished(prepared, [_best_on(prepared, each, particles) for each in found])


def _best_on(prepared: Prepared, draft: Decided, particles: int) -> Decided | None:
    """The best of each later stage on what stands; None where one has no value."""
    for stage in prepared.stages[1:]:
        posed = stage.pose(draft)
        if posed is None:
            return None
        assert isinstance(posed, Posed | Apart | OnRhythm)
        draft = posed.best(draft, particles)
    return draft


def _valued(prepared: Prepared, values: Integers, log_weight: float) -> Decided:
    return replace(Decided.begun(None), values=prepared.posed.music_of(values), log_weight=log_weight)


def _finished(prepared: Prepared, drawn: Sequence[Decided | None]) -> list[Composition]:
    """The scores, which are read once more by their own style: a rule broken there is a bug of ours."""
    style, decided = prepared.style, [each for each in drawn if each is not None]
    scores = [
        realise(each.plan or prepared.surface, each.values, _metadata(prepared, each)) for each in decided
    ]
    pieces = [_composed(prepared, score, each) for score, each in zip(scores, decided, strict=True)]
    for piece, clean in zip(pieces, prepared.clean(scores), strict=True):
        if not clean:
            broken = next(
                (finding.message for finding in piece.grade.findings if finding.hard),
                "its proof and its grade differ",
            )
            raise InternalError(
                f"a score breaks its own style: {broken}", style.title, piece.seed, __version__
            )
    return [replace(piece, score=_in_time(piece)) for piece in pieces]


def _in_time(piece: Composition) -> Score:
    """The score at tempi that meet the times that its style sets. Raises Unsatisfiable where none does."""
    try:
        return timed(piece.score, piece.style.timing)
    except NotInTime as error:
        which = "the best piece" if piece.seed is None else f"the piece of seed {piece.seed}"
        help = "give the tempo a wider range, or take another seed"
        raise Unsatisfiable(
            Diagnostic("not-in-time", f"{which} does not meet its times: {error}", help=help)
        ) from None


def _composed(prepared: Prepared, score: Score, draft: Decided) -> Composition:
    sizes = draft.log_weight, draft.effective_size, draft.returns
    is_exact = prepared.is_exact and draft.effective_size is None
    exactness = is_exact, bool(prepared.companions)
    return Composition(score, draft.seed, *sizes, prepared.style, draft.again, *exactness)


def _metadata(prepared: Prepared, draft: Decided) -> tuple[tuple[str, str], ...]:
    style, seed = prepared.style, draft.seed
    bare: tuple[tuple[str, str], ...] = ()
    if draft.skeleton is not None:
        skeleton = realise(draft.bare or prepared.plan, draft.skeleton, bare=True)
        bare = tuple(entries(skeleton, style.surfaced))
    said = [("composer", style.composer)]
    said += [(f"clef {voice.name}", voice.clef) for voice in style.voices]
    said += [(f"instrument {voice.name}", voice.instrument) for voice in style.voices]
    said += [(f"{each.kind} {each.name}", ", ".join(each.members)) for each in style.staves]
    said += [(PERFORMED, str(style.manner) or None), (LOOP, "yes" if style.timing.loops else None)]
    given = described(prepared.plan.draft.given, prepared.plan.schedule.frame.end)
    said += [(GIVEN, given or None)]
    return (
        *((name, value) for name, value in said if value is not None),
        ("style", style.title),
        *([(FORM, style.form_taken)] if style.form_taken else []),
        ("seed", "best" if seed is None else str(seed)),
        ("version", __version__),
        ("hash", prepared.hash),
        *bare,
    )


def cache_key(style: Style, tunes: Mapping[str, Tune], budget: int, engine: str = "") -> str:
    """A hash of all that a lattice depends on: the style with its uses as they are, its models, what is
    given, the budget, and the program.
    """
    program = (__version__, np.__version__, engine)
    own = tuple(use.content for use in style.uses)
    own += (repr(style.models), *_model_hashes(style)) if style.models else ()
    own += (repr(identity_of(style)),) if style.form_taken else ()
    found = hashlib.sha256()
    for part in (*program, str(budget), *_contents(style, tunes), *own):
        content = part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(content) + content)
    return found.hexdigest()


def _model_hashes(style: Style) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in model_files(style)]


def _contents(style: Style, tunes: Mapping[str, Tune]) -> list[str]:
    texts = [style.source.text, *(pack.text for pack in style.packs)]
    return [*texts, *(f"{voice} {tune!r}" for voice, tune in sorted(tunes.items()))]


def _digest(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
