"""Why a style cannot be satisfied: an irreducible set of its lines, where they clash, and which single change
would free them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rulegen.errors import Diagnostic, Label, Unsatisfiable
from rulegen.folds.grid_elements import Unreadable
from rulegen.folds.window import TooWide
from rulegen.lattice.conflict import Known, clash, irreducible, without
from rulegen.lattice.depth_first import ReachReport
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Problem
from rulegen.lattice.reach import reach
from rulegen.plan.domains import pitches_in
from rulegen.plan.given_surface import with_given_ornaments
from rulegen.plan.problem import Plan, compiled, problem_of, with_use
from rulegen.rules.draft import Draft
from rulegen.rules.tables import Component, Tables
from rulegen.style.model import Narrow, Place, Use

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClashCase:
    """A plan that no score can keep: its problem by the hard rules alone, and tables that all questions
    share.
    """

    plan: Plan
    problem: Problem
    universe: Universe
    hard: tuple[Use, ...]
    known: Known  # how far one gets with some of the hard rules

    @classmethod
    def of(cls, plan: Plan, problem: Problem) -> ClashCase:
        """The case of a plan whose problem with all its uses is compiled."""
        bare = without(problem, {use.index for use in plan.style.uses if not use.hard})
        return cls(plan, bare, Universe.of(bare), tuple(use for use in plan.style.uses if use.hard), {})

    def without(self, uses: set[int]) -> Problem:
        """Its problem without some of the hard rules."""
        return without(self.problem, uses, self.universe.facts)

    def reach(self, problem: Problem) -> ReachReport:
        """How far a problem of the same domains can be gone through."""
        return reach(problem, self.universe)


def unsatisfiable(plan: Plan, problem: Problem | None = None) -> Unsatisfiable:
    """The error of a plan that no score can keep. `problem`: that of the plan, where it is compiled."""
    empty = _empty_voice(plan)
    if empty is not None:
        return Unsatisfiable(empty)
    case = ClashCase.of(plan, problem or compiled(plan))
    everything = {use.index for use in case.hard}
    structure = case.without(everything)
    if not case.reach(structure).feasible:
        return Unsatisfiable(_structural(plan, structure))
    whole = case.known[frozenset(everything)] = case.reach(case.problem)
    if not whole.feasible:
        place = plan.place_of(whole.dead_layer or 0)
        _LOG.info("nothing reaches %s: looking for the lines that clash …", place)
    found = set(clash(case.problem, sorted(everything), case.universe, case.known))
    return Unsatisfiable(_report(case, [use for use in case.hard if use.index in found]))


def _empty_voice(plan: Plan) -> Diagnostic | None:
    """A voice whose range holds none of the notes that it may sound."""
    for voice, symbols in zip(plan.style.voices, plan.tables.voices, strict=True):
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


def _report(case: ClashCase, clashing: Sequence[Use]) -> Diagnostic:
    plan = case.plan
    layer = case.known[frozenset(use.index for use in clashing)].dead_layer or 0
    needed = _needed_of_given(plan, clashing)
    places = {given.subject: given.place for given in plan.style.givens}
    lines = [(use.title, use.place, f"`{use.title}`") for use in clashing]
    for name in needed:
        what = f"the {'chords' if name == 'harmony' else f'notes of {name}'} that are given"
        lines.append((what, places.get(name), what))
    together = " and ".join(text for text, _, _ in lines)
    return Diagnostic(
        "unsatisfiable",
        f"no score keeps all of this: {together}; nothing reaches {plan.place_of(layer)}",
        _labels([(place, text) for _, place, text in lines]),
        (*_ways_out(clashing, needed), *_asked_by_packs(clashing)),
        help=_freeing(case, clashing, layer),
    )


def _ways_out(clashing: Sequence[Use], given: Sequence[str]) -> tuple[str, ...]:
    """That the set is irreducible, and what it means to leave out what is given."""
    if len(clashing) + len(given) < 2:
        return ()
    one = f"any one of these {len(clashing)} lines" if len(clashing) > 1 else f"`{clashing[0].title}`"
    ways = [f"leave {one} out"]
    ways += [
        "give other chords in the same rhythm"
        if name == "harmony"
        else f"give {name} other notes in its rhythm"
        for name in given
    ]
    return (f"{', or '.join(ways)}, and the others can be kept",)


def _asked_by_packs(clashing: Sequence[Use]) -> tuple[str, ...]:
    return tuple(
        f"`{use.title}` is asked for by the pack {use.pack}" for use in clashing if use.pack is not None
    )


def _needed_of_given(plan: Plan, clashing: Sequence[Use]) -> list[str]:
    """What is given and needed for the clash: irreducible, beside the uses. Notes are given up, not their
    rhythm: a tune that gives the form or the key goes on giving it.
    """
    is_given = any(given.subject == "harmony" for given in plan.style.givens)
    names = [*plan.tunes, *(["harmony"] if is_given else [])]

    def feasible(kept: list[str]) -> bool:
        try:
            freed = _freed(plan, [name for name in names if name not in kept])
            problem = with_given_ornaments(freed, problem_of(freed, clashing), clashing)
            return reach(problem).feasible
        except (TooWide, Unreadable):  # with so many notes nothing can be told of it: it is not to blame
            return False

    return irreducible(names, feasible) if names else []


def _freed(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan with some of what is given left open, in the same time: a voice sings any notes of its own, or
    those given; the chords are any that the style allows, or those given.
    """
    style, schedule, voices = plan.style, plan.schedule, list(plan.tables.voices)
    for place, voice in enumerate(style.voices):
        if voice.name in names:
            given = {note.pitch for note in plan.tunes[voice.name].skeleton if note.pitch is not None}
            pitches = sorted(given.union(pitches_in(voice, schedule.timeline.regions, plan.tables.chords)))
            rests = [] if schedule.frame.sounding[place].all() else [None]
            voices[place] = Component.of_pitches(voice.name, place, [*rests, *pitches])
    if "harmony" in names and style.harmony is not None:
        labels = tuple(chord.label for chord in plan.tables.chords)
        harmony = replace(style.harmony, chords=((None, labels),))
        style = replace(
            style, harmony=harmony, givens=tuple(g for g in style.givens if g.subject != "harmony")
        )
    tables = Tables.of(plan.tables.regions, voices, plan.tables.chords, plan.tables.after_voices)
    kept = tuple(each for each in plan.draft.given if each[0] not in names)
    draft = Draft(schedule.frame, tables, schedule.free, kept)
    tunes = {name: tune for name, tune in plan.tunes.items() if name not in names}
    return Plan(style, tunes, schedule, tables, draft)


def _freeing(case: ClashCase, clashing: Sequence[Use], layer: int) -> str:
    """Single changes that free the clash, the least first: allow it once, spare a bar, leave a line out."""
    _LOG.info("%s clash: looking for what would free them …", " and ".join(use.title for use in clashing))
    bar = case.plan.schedule.frame.bar_number(case.plan.onset_of(layer))
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
    if any(case.reach(case.without({use.index})).feasible for use in clashing):
        return "any one of these frees it: " + "; ".join(changes)
    return "each of these ends this clash, but others are left, perhaps by ranges too narrow: " + "; ".join(
        changes
    )


def _except_bar(bar: int) -> Narrow:
    return Narrow("bars", True, (), ((bar, bar),))


def _frees(case: ClashCase, use: Use, instead: Use) -> bool:
    """Whether a score can keep all rules with one use in place of another."""
    others = case.without({use.index})
    try:
        return case.reach(with_use(case.plan, others, instead)).feasible
    except (TooWide, Unreadable):
        return False


def _labels(lines: Sequence[tuple[Place | None, str]]) -> tuple[Label, ...]:
    return tuple(Label(place.span, text, place.source) for place, text in lines if place is not None)
