"""The law that a style gives to phrases, each timeline by itself, as a function of the style's weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.fit.evidence import Evidence, PhraseGroup
from rulegen.fit.openings import breaches, held, opened
from rulegen.fit.phrases import Heard
from rulegen.fit.timelines import posed, told_apart, with_given
from rulegen.lattice.expect import expect
from rulegen.lattice.moments import TooLarge
from rulegen.lattice.problem import FloatArray, IntArray, Problem
from rulegen.lattice.tally import Chain, tally
from rulegen.style.model import Style, Use

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Term:
    """Phrases alike in time, and the lattice of all that the style could have sung there instead. Either they
    keep its rules, or it is one that breaks some, of which only a part is open.

    observed: (phrases, uses), what they carry of each use that is fitted: its places, less than nothing where
    they weigh against. open: how many moments of each phrase are open, of how many.
    """

    phrases: tuple[Heard, ...]
    chain: Chain
    observed: FloatArray
    open: tuple[int, int]


@dataclass(frozen=True, eq=False)
class CorpusLaw:
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
    def open(self) -> tuple[int, int]:
        """How many moments of all phrases are open, and of how many."""
        own, every = (sum(len(term.phrases) * term.open[side] for term in self.terms) for side in (0, 1))
        return own, every

    @property
    def pieces(self) -> tuple[str, ...]:
        """The pieces they come from, in the order of their names."""
        return tuple(sorted({phrase.piece for term in self.terms for phrase in term.phrases}))

    def expected(self, weights: FloatArray) -> FloatArray:
        """(uses,): places that the style expects in as many phrases of these timelines."""
        return self.observed() - self.log_likelihood(weights)[1] * self.signs

    def of_pieces(self, names: frozenset[str]) -> CorpusLaw:
        """The law of these pieces' phrases alone."""
        terms = []
        for term in self.terms:
            kept = [place for place, phrase in enumerate(term.phrases) if phrase.piece in names]
            if kept:
                phrases = tuple(term.phrases[place] for place in kept)
                terms.append(Term(phrases, term.chain, term.observed[kept], term.open))
        return replace(self, terms=tuple(terms))


@dataclass(frozen=True, slots=True)
class FitLimits:
    """What lattices may come to: arcs of a layer, and arcs of all together; how many phrases are fitted."""

    layer: int = 2_000_000
    together: int = 400_000_000
    phrases: int = 120


def law_of(
    evidence: Evidence,
    style: Style,
    limits: FitLimits,
    rng: np.random.Generator,
    progress: Progress = lambda _: None,
) -> tuple[CorpusLaw, tuple[Heard, ...]]:
    """The law of phrases that the style has words for, of as many as the limits say, drawn by chance; and
    those whose lattices are too large. Where a phrase breaks a rule nothing of it is open, and one that does
    so throughout is left out. Raises StyleError for a use that cannot be compiled.
    """
    fitted = tuple(use for use in evidence.uses if not use.hard)
    signs = np.array([1.0 if use.verb == "prefer" else -1.0 for use in fitted])
    terms: list[Term] = []
    beyond: list[Heard] = []
    builder, arcs = _Builder(evidence, style, fitted, limits.layer), 0
    asked = [(group, drawn) for group, drawn in _drawn(evidence, limits.phrases, rng) if drawn.any()]
    for number, (group, drawn) in enumerate(asked, 1):
        progress(f"building lattices: {number} of {len(asked)}")
        for phrases, term in builder.terms(group, np.flatnonzero(drawn)):
            if term is None or arcs + term.chain.arcs > limits.together:
                beyond += phrases
                continue
            arcs += term.chain.arcs
            terms.append(term)
    return CorpusLaw(fitted, signs, tuple(terms)), tuple(beyond)


def _drawn(
    evidence: Evidence, most: int, rng: np.random.Generator
) -> list[tuple[PhraseGroup, NDArray[np.bool_]]]:
    """Which phrases of each group are looked at: all that the style can say, or as many of them by chance."""
    said = [evidence.says(group) for group in evidence.groups]
    every = np.concatenate(said) if said else np.zeros(0, dtype=bool)
    chosen = np.zeros_like(every)
    chosen[rng.permutation(np.flatnonzero(every))[:most]] = True
    cuts = np.cumsum([len(each) for each in said])[:-1]
    return list(zip(evidence.groups, np.split(chosen, cuts), strict=True))


@dataclass(frozen=True, eq=False)
class _Builder:
    """Makes terms of the phrases of a group. budget: arcs that a layer may have."""

    evidence: Evidence
    style: Style
    fitted: tuple[Use, ...]
    budget: int

    def terms(
        self, group: PhraseGroup, drawn: NDArray[np.int64]
    ) -> Iterator[tuple[list[Heard], Term | None]]:
        """Each term of the phrases `drawn`, places in the group; None for one whose lattice is too large."""
        own = posed(self.style, self.evidence.uses, group)
        phrases = [group.phrases[place] for place in drawn.tolist()]
        paths = own.paths(phrases)
        for places, given in told_apart(phrases, self.style):
            problem = with_given(own, given)
            broken = breaches(problem, paths[places])
            some = [phrases[place] for place in places]
            whole = np.flatnonzero(~broken.any(axis=1)).tolist()
            if whole:
                observed = [self._observed(problem, paths[places[place]], broken[place]) for place in whole]
                kept = [some[place] for place in whole]
                yield kept, self._term(problem, kept, np.stack(observed), np.zeros_like(broken[0]))
            for place in np.flatnonzero(broken.any(axis=1)).tolist():
                stays = held(broken[place])
                if stays.all():
                    continue
                path = paths[places[place]]
                observed_here = self._observed(problem, path, broken[place])[None, :]
                part = opened(problem, path, broken[place], stays)
                yield [some[place]], self._term(part, [some[place]], observed_here, stays)

    def _observed(self, problem: Problem, path: IntArray, broken: NDArray[np.bool_]) -> FloatArray:
        """(uses,): what a phrase carries of each use."""
        only = opened(problem, path, broken, np.ones_like(broken))
        chain = tally(only, [use.index for use in self.fitted], self.budget)
        return expect(chain, np.zeros(len(self.fitted))).amounts

    def _term(
        self, problem: Problem, phrases: list[Heard], observed: FloatArray, stays: NDArray[np.bool_]
    ) -> Term | None:
        try:
            chain = tally(problem, [use.index for use in self.fitted], self.budget)
        except TooLarge:
            return None
        return Term(tuple(phrases), chain, observed, (int((~stays).sum()), len(stays)))
