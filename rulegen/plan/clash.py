"""Why a style cannot be satisfied: an irreducible set of its lines, where they clash, and which single change
would free them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rulegen.errors import Diagnostic, Label, Unsatisfiable
from rulegen.lattice.conflict import clash, without
from rulegen.lattice.depth_first import ReachReport
from rulegen.lattice.problem import Problem
from rulegen.lattice.reach import reach
from rulegen.lattice.reading import Universe
from rulegen.plan.problem import Plan, compiled, plan_of, with_use
from rulegen.rules.grid import Unreadable
from rulegen.rules.machine import TooWide
from rulegen.style.model import Narrow, Place, Use


@dataclass(frozen=True)
class Case:
    """A plan that no score can keep: its problem by the hard rules alone, and tables that all questions
    share.
    """

    plan: Plan
    problem: Problem
    universe: Universe
    hard: tuple[Use, ...]

    @classmethod
    def of(cls, plan: Plan, problem: Problem) -> Case:
        """The case of a plan whose problem with all its uses is compiled."""
        bare = without(problem, {use.index for use in plan.style.uses if not use.hard})
        return cls(plan, bare, Universe.of(bare), tuple(use for use in plan.style.uses if use.hard))

    def reach(self, problem: Problem) -> ReachReport:
        """How far a problem of the same domains can be gone through."""
        return reach(problem, self.universe)


def unsatisfiable(plan: Plan, problem: Problem | None = None) -> Unsatisfiable:
    """The error of a plan that no score can keep. `problem`: that of the plan, where it is compiled."""
    empty = _empty_voice(plan)
    if empty is not None:
        return Unsatisfiable(empty)
    case = Case.of(plan, problem or compiled(plan))
    everything = {use.index for use in case.hard}
    structure = without(case.problem, everything)
    if not case.reach(structure).feasible:
        return Unsatisfiable(_structural(plan, structure))
    found = set(clash(case.problem, sorted(everything), case.universe))
    return Unsatisfiable(_report(case, [use for use in case.hard if use.index in found]))


def _empty_voice(plan: Plan) -> Diagnostic | None:
    """A voice whose range holds none of the notes that it may sound."""
    for voice, symbols in zip(plan.style.voices, plan.tables.symbols, strict=True):
        if not (symbols.diatonic >= 0).any():
            message = f"{voice.name} has no note to sing between {voice.voice.low} and {voice.voice.high}"
            labels = _labels([(voice.place, "this range holds none of the notes that it may sound")])
            return Diagnostic("empty-range", message, labels, help="widen the range, or allow it other notes")
    return None


def _structural(plan: Plan, problem: Problem) -> Diagnostic:
    """No rule is to blame: the ranges, what is given and the chords leave nothing."""
    where = plan.place_of(reach(problem).dead_layer or 0)
    lines = [(voice.place, f"the range of {voice.name}") for voice in plan.style.voices]
    lines += [(given.place, f"what is given for {given.subject}") for given in plan.style.givens]
    if plan.style.harmony is not None:
        lines += [(place, "the chords that may sound") for place in plan.style.harmony.places]
    message = f"no chord can sound at {where}: ranges, chords and what is given leave no voicing there"
    help = "allow more chords, widen a range, or free what is given"
    return Diagnostic("no-voicing", message, _labels(lines), help=help)


def _report(case: Case, clashing: Sequence[Use]) -> Diagnostic:
    plan = case.plan
    alone = without(case.problem, {use.index for use in case.hard} - {use.index for use in clashing})
    layer = case.reach(alone).dead_layer or 0
    where = plan.place_of(layer)
    titles = [use.title for use in clashing]
    given = _given_lines(plan, clashing)
    together = " and ".join([*titles, *(text for _, text in given)])
    message = f"no score keeps all of this: {together}; nothing reaches {where}"
    labels = _labels([(use.place, f"`{use.title}`") for use in clashing] + given)
    notes = (
        (f"leave any one of these {len(clashing) + len(given)} lines out, and the others can be kept",)
        if len(clashing) + len(given) > 1
        else ()
    )
    return Diagnostic(
        "unsatisfiable",
        message,
        labels,
        (*notes, *_asked_by_packs(clashing)),
        help=_freeing(case, clashing, layer),
    )


def _asked_by_packs(clashing: Sequence[Use]) -> tuple[str, ...]:
    return tuple(
        f"`{use.title}` is asked for by the pack {use.pack}" for use in clashing if use.pack is not None
    )


def _given_lines(plan: Plan, clashing: Sequence[Use]) -> list[tuple[Place | None, str]]:
    """What is given and cannot be kept beside the clashing rules, while without it they can."""
    found: list[tuple[Place | None, str]] = []
    for name in plan.tunes:
        if name in (plan.style.key_from, plan.style.form.from_voice):
            found.append((None, f"the tune that is given for {name}"))
            continue
        freed = {other: tune for other, tune in plan.tunes.items() if other != name}
        style = replace(plan.style, uses=tuple(clashing))
        if reach(compiled(plan_of(style, freed))).feasible:
            place = next((given.place for given in plan.style.givens if given.subject == name), None)
            found.append((place, f"what is given for {name}"))
    return found


def _freeing(case: Case, clashing: Sequence[Use], layer: int) -> str:
    """Single changes that free the clash, the least first: allow it once, spare a bar, leave a line out."""
    bar = case.plan.timeline.frame.bar_number(case.plan.onset_of(layer))
    once, narrowed = [], []
    for use in clashing:
        if use.limit is None and _frees(case, use, replace(use, limit=1, per="piece")):
            once.append(f"allow it once: `{use.title} at most 1 per piece`")
        elif _frees(case, use, replace(use, narrowings=(*use.narrowings, _except_bar(bar)))):
            narrowed.append(f"narrow it: `{use.title} except in bars {bar}`")
    changes = [*once, *narrowed]
    own = dict.fromkeys(use.title for use in clashing if use.pack is None)
    changes += [f"leave `{title}` out" for title in own]
    names = dict.fromkeys(use.rule.name for use in clashing if use.pack is not None)
    changes += [f"`without {name}`" for name in names]
    return "any one of these frees it: " + "; ".join(changes)


def _except_bar(bar: int) -> Narrow:
    return Narrow("bars", True, (), ((bar, bar),))


def _frees(case: Case, use: Use, instead: Use) -> bool:
    """Whether a score can keep all rules with one use in place of another."""
    others = without(case.problem, {use.index})
    try:
        return case.reach(with_use(case.plan, others, instead)).feasible
    except (TooWide, Unreadable):
        return False


def _labels(lines: Sequence[tuple[Place | None, str]]) -> tuple[Label, ...]:
    return tuple(Label(place.span, text, place.source) for place, text in lines if place is not None)
