"""Phrases that break rules: the law of what they leave open, against all scores written out."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from rulegen.fit.evidence import evidence_of
from rulegen.fit.law import CorpusLaw, FitLimits, law_of
from rulegen.fit.openings import breaches
from rulegen.fit.phrases import phrases_of
from rulegen.fit.timelines import posed
from rulegen.lattice.expect import expect
from rulegen.lattice.problem import Layer
from rulegen.style.model import Style
from tests.fit.styles import TURNS
from tests.oracle.brute import counted, style_of
from tests.oracle.music import Music
from tests.oracle.pieces import Piece, pieces
from tests.oracle.styles import CHORDS, DUO, SOLO

STYLES = {
    "line": f"{SOLO} use melody {TURNS} apply turn, climb  prefer leap weight 0.6  forbid repeated_note",
    "counted": f"{SOLO} use melody avoid repeated_note weight 0.4 forbid leap at most 1 per phrase",
    "pair": (
        f"{DUO} use voice_leading use melody prefer contrary_motion weight 1 avoid leap weight 0.3 "
        "forbid repeated_note in alto forbid parallel_fifths"
    ),
    "harmony": (
        f"{CHORDS} use harmony use melody prefer strong_root_motion weight 0.8 "
        "avoid leap in soprano weight 0.5 forbid repeated_note in bass require open_on_tonic"
    ),
}
Moments = dict[float, tuple[object, ...]]


def broken_at(style: Style, piece: Piece) -> set[float]:
    """Where a piece breaks a hard rule."""
    music = Music(piece)
    return {place.onset for use in style.uses if use.hard for place in counted(use, music)}


def moments(piece: Piece) -> Moments:
    """What sounds at each onset: all voices of these styles move together."""
    rows = [*piece.lines.values(), *([piece.chords] if piece.chords else [])]
    return {sounds[0].onset: tuple(each.what for each in sounds) for sounds in zip(*rows, strict=True)}


def law_about(style: Style, piece: Piece) -> CorpusLaw:
    evidence = evidence_of(phrases_of(piece.score(), style, "piece"), style)
    return law_of(evidence, style, FitLimits(), np.random.default_rng(0))[0]


@pytest.mark.parametrize("name", STYLES)
def test_what_is_open_is_weighed_as_among_all_that_could_stand_there(name: str) -> None:
    style = style_of(STYLES[name])
    soft = [use for use in style.uses if not use.hard]
    every = [(moments(piece), broken_at(style, piece), piece) for piece in pieces(style)]
    counts = {id(piece): [len(counted(use, Music(piece))) for use in soft] for _, _, piece in every}
    breaking = [each for each in every if each[1]]
    rng = np.random.default_rng(1)
    seen = 0
    for number in rng.permutation(len(breaking))[:25].tolist():
        heard, broken, piece = breaking[number]
        onsets = sorted(heard)
        before = dict(zip(onsets[1:], onsets, strict=False))
        stays = broken | {before[onset] for onset in broken if onset in before}
        law = law_about(style, piece)
        if len(stays) == len(onsets):
            assert not law.terms
            continue
        others = [
            counts[id(other)]
            for own, breaks, other in every
            if breaks <= broken and all(own[onset] == heard[onset] for onset in stays)
        ]
        (term,) = law.terms
        assert term.open == (len(onsets) - len(stays), len(onsets))
        assert (np.abs(term.observed[0]) == counts[id(piece)]).all()
        weights = np.array([use.weight for use in soft]) * law.signs
        nats = np.array(others, dtype=float) @ (weights * law.signs)
        mass = float(np.logaddexp.reduce(nats))
        found = expect(term.chain, weights)
        assert math.isclose(found.log_mass, mass, abs_tol=1e-9)
        expected = np.exp(nats - mass) @ np.array(others, dtype=float)
        assert np.allclose(found.amounts * law.signs, expected, rtol=0, atol=1e-9)
        seen += 1
    assert seen >= 5


def test_what_no_domain_holds_is_a_breach_and_rules_around_it_hear_it_as_it_is() -> None:
    style = style_of(f"{SOLO} use melody forbid repeated_note avoid leap weight 1")
    piece = next(
        piece
        for piece in pieces(style)
        if [str(s.what) for s in piece.lines["soprano"]] == ["C4", "A4", "A4", "G4"]
    )
    evidence = evidence_of(phrases_of(piece.score(), style, "piece"), style)
    (group,) = evidence.groups
    own = posed(style, evidence.uses, group)
    paths = own.paths(group.phrases)
    assert breaches(own.problem, paths).tolist() == [[False, False, True, False]]
    highest = int(paths.max())
    layers = [Layer(tuple(d[d < highest] for d in each.domains), each.factors) for each in own.problem.layers]
    narrowed = replace(own.problem, layers=tuple(layers))
    assert breaches(narrowed, paths).tolist() == [[False, True, True, False]]


def test_a_phrase_that_keeps_all_rules_is_open_throughout() -> None:
    style = style_of(STYLES["line"])
    kept = next(piece for piece in islice(pieces(style), 500) if not broken_at(style, piece))
    law = law_about(style, kept)
    assert law.open == (4, 4)
