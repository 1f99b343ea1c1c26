"""The law that a style gives to phrases, each timeline by itself, as a function of the style's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.fit.evidence import Evidence, Group
from rulegen.fit.phrases import Heard
from rulegen.lattice.expect import expect
from rulegen.lattice.moments import TooLarge
from rulegen.lattice.problem import FloatArray, Layer, Problem
from rulegen.lattice.tally import Chain, tally
from rulegen.plan.domains import chords_of, pitches_of
from rulegen.plan.problem import Plan, compiled
from rulegen.plan.timeline import Timeline
from rulegen.rules.draft import Draft
from rulegen.rules.leaves import Components
from rulegen.rules.tables import Symbols, Tables
from rulegen.style.model import Style, Use

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Term:
    """Phrases alike in time, and the lattice of all that the style could have sung there instead.

    observed: (phrases, uses), what they carry of each use that is fitted: its places, less than nothing where
    they weigh against.
    """

    phrases: tuple[Heard, ...]
    chain: Chain
    observed: FloatArray


@dataclass(frozen=True, eq=False)
class Law:
    """All terms of a corpus. uses: those that are fitted, in the order of the weights; signs: (uses,), 1 for
    what is preferred, -1 for all else.
    """

    uses: tuple[Use, ...]
    signs: FloatArray
    terms: tuple[Term, ...]

    @property
    def phrases(self) -> int:
        """How many phrases it is about."""
        return sum(len(term.phrases) for term in self.terms)

    def log_likelihood(self, weights: FloatArray) -> tuple[float, FloatArray]:
        """Nats of all phrases together, and the gradient: what was observed less what is expected."""
        total, gradient = 0.0, np.zeros(weights.size)
        for term in self.terms:
            expected = expect(term.chain, weights)
            observed = term.observed.sum(axis=0)
            total += float(observed @ weights) - len(term.phrases) * expected.log_mass
            gradient += observed - len(term.phrases) * expected.amounts
        return total, gradient

    def observed(self) -> FloatArray:
        """(uses,): places in all phrases."""
        zero = np.zeros(len(self.uses))
        found = sum((term.observed.sum(axis=0) for term in self.terms), zero)
        return np.abs(found)

    @property
    def units(self) -> int:
        """How many chords, or notes, they have together."""
        return sum(phrase.units for term in self.terms for phrase in term.phrases)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The pieces they come from, in the order of their names."""
        return tuple(sorted({phrase.piece for term in self.terms for phrase in term.phrases}))

    def expected(self, weights: FloatArray) -> FloatArray:
        """(uses,): places that the style expects in as many phrases of these timelines."""
        return self.observed() - self.log_likelihood(weights)[1] * self.signs

    def of_pieces(self, names: frozenset[str]) -> Law:
        """The law of these pieces' phrases alone."""
        terms = []
        for term in self.terms:
            kept = [place for place, phrase in enumerate(term.phrases) if phrase.piece in names]
            if kept:
                phrases = tuple(term.phrases[place] for place in kept)
                terms.append(Term(phrases, term.chain, term.observed[kept]))
        return replace(self, terms=tuple(terms))


@dataclass(frozen=True, slots=True)
class Limits:
    """What lattices may come to: arcs of a layer, and arcs of all together; how many phrases are fitted."""

    layer: int = 2_000_000
    together: int = 400_000_000
    phrases: int = 60


def law_of(
    evidence: Evidence,
    style: Style,
    limits: Limits,
    rng: np.random.Generator,
    progress: Progress = lambda _: None,
) -> tuple[Law, tuple[Heard, ...]]:
    """The law of the phrases that keep the style, of as many as the limits say, and those whose lattices are
    too large. Raises StyleError for a use that cannot be compiled.
    """
    fitted = tuple(use for use in evidence.uses if not use.hard)
    signs = np.array([1.0 if use.verb == "prefer" else -1.0 for use in fitted])
    columns = [column for column, use in enumerate(evidence.uses) if not use.hard]
    terms, beyond, arcs = [], [], 0
    chosen_phrases = _chosen(evidence, limits.phrases, rng)
    asked = [(group, kept) for group, kept in chosen_phrases if kept.any()]
    for number, (group, kept) in enumerate(asked, 1):
        progress(f"building lattices: {number} of {len(asked)}")
        observed = group.counts[kept][:, columns] * signs
        phrases = [phrase for phrase, holds in zip(group.phrases, kept.tolist(), strict=True) if holds]
        for chosen, given in _told_apart(phrases, style):
            some = [phrases[place] for place in chosen]
            try:
                chain = tally(_problem(style, evidence.uses, group, given), _indices(fitted), limits.layer)
            except TooLarge:
                beyond += some
                continue
            if arcs + chain.arcs > limits.together:
                beyond += some
                continue
            arcs += chain.arcs
            terms.append(Term(tuple(some), chain, observed[chosen]))
    return Law(fitted, signs, tuple(terms)), tuple(beyond)


def _chosen(evidence: Evidence, most: int, rng: np.random.Generator) -> list[tuple[Group, NDArray[np.bool_]]]:
    """Which phrases of each group are fitted: all that keep the style, or as many of them by chance."""
    kept = [evidence.keeps(group) for group in evidence.groups]
    every = np.concatenate(kept) if kept else np.zeros(0, dtype=bool)
    drawn = rng.permutation(np.flatnonzero(every))[:most]
    chosen = np.zeros_like(every)
    chosen[drawn] = True
    cuts = np.cumsum([len(each) for each in kept])[:-1]
    return list(zip(evidence.groups, np.split(chosen, cuts), strict=True))


def _indices(uses: Sequence[Use]) -> list[int]:
    return [use.index for use in uses]


Given = dict[int, tuple[object, ...]]  # component → what it has at each moment


def _told_apart(phrases: Sequence[Heard], style: Style) -> list[tuple[list[int], Given]]:
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


def _problem(style: Style, uses: Sequence[Use], group: Group, given: Given) -> Problem:
    """The problem of a phrase's timeline, every preference weighing one nat a place."""
    plan = plan_at(style, uses, group)
    problem = compiled(plan)
    if not given:
        return problem
    layers = []
    for layer, each in enumerate(problem.layers):
        moment, domains = int(plan.draft.moment_of[layer]), list(each.domains)
        for voice, sounded in given.items():
            component = plan.draft.components.index(voice) if voice >= 0 else 0
            code = _code(plan.tables, voice, sounded[moment])
            domains[component] = domains[component][domains[component] == code]
        layers.append(Layer(tuple(domains), each.factors))
    return replace(problem, layers=tuple(layers))


def _code(tables: Tables, voice: int, sounded: object) -> int:
    values: Sequence[object] = tables.chords if voice < 0 else tables.symbols[voice].pitches
    return list(values).index(sounded)


def plan_at(style: Style, uses: Sequence[Use], group: Group) -> Plan:
    """The style laid out on the timeline of a group's phrases, its rhythm and all that is given left open."""
    frame, key = group.frame, group.key
    chords = chords_of(style, key)
    symbols = []
    for place, voice in enumerate(style.voices):
        rests = [] if frame.sounding[place].all() else [None]
        symbols.append(Symbols.of_pitches([*rests, *pitches_of(voice, key, chords)]))
    tables = Tables(key, tuple(symbols), chords)
    draft = Draft(frame, tables, Components(tables, 0 if chords else None))
    weighed = tuple(use if use.hard else replace(use, weight=1.0) for use in uses)
    laid = replace(style, key=key, key_from=None, meter=frame.meter, uses=weighed, givens=(), models=())
    timeline = Timeline(key, frame.meter, frame, None, (("A", 0),))
    return Plan(laid, {}, timeline, tables, draft)
