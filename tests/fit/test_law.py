"""The law of phrases against all scores written out: expected counts, and the slope of the log mass."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rulegen.fit.evidence import evidence_of
from rulegen.fit.law import CorpusLaw, FitLimits, law_of
from rulegen.fit.phrases import phrases_of
from rulegen.lattice.expect import expect
from rulegen.lattice.problem import FloatArray
from rulegen.style.model import Style
from tests.fit.styles import COUNTS, HARMONY, LINE, PAIR
from tests.oracle.brute import counted, style_of
from tests.oracle.music import Music
from tests.oracle.pieces import pieces

STYLES = {"line": LINE, "counts": COUNTS, "pair": PAIR, "harmony": HARMONY}
WEIGHTS = ("own", "none", "strong")


def legal(style: Style) -> list[list[int]]:
    """The counts of all preferences in each score that keeps the rules."""
    found = []
    for piece in pieces(style):
        music = Music(piece)
        if not any(counted(use, music) for use in style.uses if use.hard):
            found.append([len(counted(use, music)) for use in style.uses if not use.hard])
    return found


def law_about(style: Style) -> CorpusLaw:
    """The law of the timeline that all the style's scores have, by some of them."""
    scores = [piece.score() for _, piece in zip(range(40), pieces(style), strict=False)]
    phrases = [each for n, score in enumerate(scores) for each in phrases_of(score, style, f"piece {n}")]
    law, beyond = law_of(evidence_of(phrases, style), style, FitLimits(), np.random.default_rng(0))
    assert not beyond
    return law


def chosen(which: str, law: CorpusLaw) -> FloatArray:
    own = np.array([use.weight for use in law.uses])
    return {"own": own, "none": np.zeros(len(own)), "strong": 4 * own - 1}[which]


@pytest.mark.parametrize("name", STYLES)
def test_expected_counts_are_those_of_all_scores_written_out(name: str) -> None:
    style = style_of(STYLES[name])
    law, counts = law_about(style), np.array(legal(style), dtype=float)
    assert len(law.terms) == 1
    for which in WEIGHTS:
        weights = chosen(which, law)
        nats = counts @ (weights * law.signs)
        mass = float(np.logaddexp.reduce(nats))
        expected = np.exp(nats - mass) @ counts
        found = expect(law.terms[0].chain, weights)
        assert math.isclose(found.log_mass, mass, abs_tol=1e-9)
        assert np.allclose(found.amounts * law.signs, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", STYLES)
def test_the_gradient_is_the_slope_of_the_likelihood(name: str) -> None:
    law = law_about(style_of(STYLES[name]))
    weights, small = chosen("own", law), 1e-5
    _, gradient = law.log_likelihood(weights)
    for place in range(len(weights)):
        aside = np.zeros(len(weights))
        aside[place] = small
        up, down = law.log_likelihood(weights + aside)[0], law.log_likelihood(weights - aside)[0]
        assert math.isclose((up - down) / (2 * small), gradient[place], rel_tol=1e-5, abs_tol=1e-5)


@pytest.mark.parametrize("name", STYLES)
def test_what_is_counted_in_a_phrase_is_what_the_definition_counts(name: str) -> None:
    style = style_of(STYLES[name])
    for _, piece in zip(range(60), pieces(style), strict=False):
        evidence = evidence_of(phrases_of(piece.score(), style, "piece"), style)
        (group,), music = evidence.groups, Music(piece)
        assert evidence.uses == style.uses
        assert not group.strange[0]
        places = [len(counted(use, music)) for use in style.uses]
        hard = [count for use, count in zip(style.uses, places, strict=True) if use.hard]
        kept = not any(hard)
        assert evidence.keeps(group).tolist() == [kept]
        assert [group.counts[0, column] for column in evidence.hard] == hard
        if kept:
            law, _ = law_of(evidence, style, FitLimits(), np.random.default_rng(0))
            soft = [count for use, count in zip(style.uses, places, strict=True) if not use.hard]
            assert law.observed().tolist() == soft


def test_a_preference_of_weight_0_is_still_remembered() -> None:
    style = style_of(LINE)
    law = law_about(style)
    found = expect(law.terms[0].chain, np.zeros(len(law.uses)))
    assert (found.amounts != 0).all()
