"""Fits the weights of a style to phrases: what is counted, what is left out, what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import Diagnostic, ModelError, StyleError
from rulegen.fit.evidence import KINDS, MARKS, MORE, Evidence, evidence_of
from rulegen.fit.law import CorpusLaw, FitLimits, law_of
from rulegen.fit.optimise import most_likely, undecided
from rulegen.fit.phrases import Heard
from rulegen.fit.rewrite import OTHER, Change
from rulegen.lattice.problem import FloatArray
from rulegen.style.model import Style, Use

DIGITS = 2  # of a weight, behind the point
SIGMA = 3.0  # nats
_HELD_OUT = 0.1  # of the pieces
_FEWEST_TO_HOLD_OUT = 10  # pieces
_MOST_NAMED = 5

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """sigma: of the Gaussian prior about 0, nats. seed: of what is drawn and held out."""

    sigma: float = SIGMA
    seed: int = 0
    limits: FitLimits = FitLimits()


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Nats a phrase, under the weights as they were and as they are now."""

    phrases: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A use that was fitted: its weight before and after (below 0: its verb turned), and its places in the
    phrases fitted, of the corpus and as the style expected them. `decided`: no weight would change them.
    """

    use: Use
    before: float
    after: float
    counted: float
    expected_before: float
    expected_after: float
    decided: bool


@dataclass(frozen=True)
class Fit:
    """What came of a fit."""

    style: Style
    evidence: Evidence
    beyond: int  # phrases whose lattices are too large
    uses: tuple[Fitted, ...]
    units: int  # chords or notes of the phrases fitted
    open: tuple[int, int]  # of these phrases, the moments where the rules are kept, of how many
    fitted: Likelihood
    held_out: Likelihood | None

    @property
    def unit(self) -> str:
        """What places are counted in."""
        return "chord" if self.style.harmony is not None else "note"

    def rate(self, places: float) -> float:
        """Places in a hundred chords or notes of the phrases fitted."""
        return 100 * places / self.units

    def broken(self) -> list[tuple[Use, int, float]]:
        """The hard uses: how often the corpus breaks each, and that in a hundred chords or notes."""
        totals, units = self.evidence.totals, self.evidence.units
        columns = self.evidence.hard.tolist()
        return [(self.evidence.uses[c], int(totals[c]), 100 * float(totals[c]) / units) for c in columns]

    def fitted_uses(self) -> list[Use]:
        """The style's uses with their new weights; those that are left out are gone."""
        fitted = {each.use.index: each for each in self.uses if not each.decided}
        found = []
        for use in self.style.uses:
            each = fitted.get(use.index)
            if each is None:
                found.append(use)
            elif each.after:
                verb = use.verb if each.after > 0 else OTHER[use.verb]
                found.append(replace(use, verb=verb, weight=abs(each.after)))
        return found

    def head(self, corpus: str) -> list[str]:
        """What stands over the preferences of packs that are written into the style."""
        return [f"what packs bring, with weights fitted to {corpus}"]

    def changes(self, corpus: str) -> dict[int, Change]:
        """What is to be written of each use, by its index."""
        unit = f"100 {self.unit}s"
        found = {}
        for each in self.uses:
            counted = f"corpus {self.rate(each.counted):.1f} in {unit}"
            if each.decided:
                found[each.use.index] = Change(None, f"{counted}; no other choice in these phrases")
                continue
            expected = (
                f"expected {self.rate(each.expected_before):.1f}, now {self.rate(each.expected_after):.1f}"
            )
            found[each.use.index] = Change(each.after, f"{counted}; {expected}")
        for use, _, rate in self.broken():
            found[use.index] = Change(None, f"{corpus}: {rate:.2f} in {unit}")
        for use, beyond in self.evidence.unread:
            found[use.index] = Change(None, f"speaks of {beyond}")
        return found


def fit(style: Style, phrases: Sequence[Heard], options: Options, progress: Progress = lambda _: None) -> Fit:
    """Fits a style to phrases. Raises StyleError where it has nothing to fit or cannot be compiled, and
    ModelError where no phrase keeps its rules anywhere.
    """
    if all(use.hard for use in style.uses):
        help = "give a rule a weight, as in `prefer contrary_motion weight 1`"
        raise StyleError((Diagnostic("nothing-to-fit", f"{style.title} has no preferences", help=help),))
    evidence = evidence_of(phrases, style, progress)
    if all(use.hard for use in evidence.uses):
        asked = {beyond for use, beyond in evidence.unread if not use.hard}
        spoken = " or of ".join(each for each in (MORE, MARKS, KINDS) if each in asked)
        message = f"all preferences of {style.title} speak of {spoken}, and phrases are fitted"
        raise StyleError((Diagnostic("nothing-to-fit", message),))
    rng = np.random.default_rng(options.seed)
    law, beyond = law_of(evidence, style, options.limits, rng, progress)
    if not law.terms:
        raise ModelError(_nothing_left(evidence, len(beyond)))
    before = np.array([use.weight for use in law.uses])
    names = _held_out(law.pieces, rng)
    learned = law.of_pieces(frozenset(law.pieces) - names)
    kept = undecided(learned)
    after = np.round(most_likely(learned, before, options.sigma, progress), DIGITS)
    after[kept] = before[kept]
    held = _likelihood(law.of_pieces(names), before, after) if names else None
    rows = _rows(learned, before, after, kept)
    fitted = _likelihood(learned, before, after)
    return Fit(style, evidence, len(beyond), rows, learned.units, learned.open, fitted, held)


def _rows(
    law: CorpusLaw, before: FloatArray, after: FloatArray, kept: NDArray[np.bool_]
) -> tuple[Fitted, ...]:
    columns = (before, after, law.observed(), law.expected(before), law.expected(after))
    rows = zip(law.uses, *(column.tolist() for column in columns), kept.tolist(), strict=True)
    return tuple(Fitted(*row) for row in rows)


def _likelihood(law: CorpusLaw, before: FloatArray, after: FloatArray) -> Likelihood:
    sums = [law.log_likelihood(weights)[0] / law.phrases for weights in (before, after)]
    return Likelihood(law.phrases, sums[0], sums[1])


def _held_out(pieces: Sequence[str], rng: np.random.Generator) -> frozenset[str]:
    """A tenth of the pieces; none where there are few."""
    if len(pieces) < _FEWEST_TO_HOLD_OUT:
        return frozenset()
    order = rng.permutation(len(pieces))
    return frozenset(pieces[place] for place in order[: round(len(pieces) * _HELD_OUT)])


def reasons(evidence: Evidence) -> Counter[str]:
    """What phrases have that the style does not allow, and of how many each is true: what it has no words
    for, else what they break.
    """
    found: Counter[str] = Counter()
    for group in evidence.groups:
        for strange, counts in zip(group.strange, group.counts, strict=True):
            broken = [evidence.uses[column].title for column in evidence.hard if counts[column]]
            found.update([strange] if strange else set(broken))
    return found


def _nothing_left(evidence: Evidence, beyond: int) -> str:
    total = sum(len(group.phrases) for group in evidence.groups)
    if beyond:
        return f"the lattices of all {beyond} phrases pass the budget: raise --budget"
    most = ", ".join(f"{why} ({many})" for why, many in reasons(evidence).most_common(_MOST_NAMED))
    return f"none of {total} phrases keeps the style's rules anywhere; what they most often break: {most}"
