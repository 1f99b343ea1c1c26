"""A network of four voices under rules, against its law written out: with a table that looks ahead, and without."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from rulegen.lattice.build import build
from rulegen.models.attention import Attention
from rulegen.models.attention import shapes as attending
from rulegen.models.base import Law
from rulegen.models.cells import RecurrentCell
from rulegen.models.laws import Mixture
from rulegen.models.quartet import ALPHABET, NOTHING, ORDER, SYMBOLS, Quartet, places_of, shapes
from rulegen.models.stand_ins import PLACES, VoicingTable
from rulegen.models.store import Card, Model
from rulegen.plan.consulted import consulted
from rulegen.plan.learned import Modelled, with_models
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.sampling.particles import walk
from rulegen.score.events import Score
from rulegen.style.model import ModelPart, ModelUse
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import key_of, pieces

FOUR = """style "four"  meter 2/4  key C major
voices { soprano G4..C5  alto E4..F4  tenor C4..E4  bass E3..G3 }  rhythm { every 1/4 }  melody { notes C E G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
rule same is avoided { for consecutive notes a, b in voice  then a == b }
forbid same in bass
avoid same in soprano, alto, tenor weight 0.7
"""
WEIGHTS = (0.5, 1.0, 2.0)


def quartet(seed: int = 3) -> Quartet:
    """A small network with made-up weights, strong enough to be heard."""
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.normal(scale=0.5, size=shape).astype(np.float32) for name, shape in shapes(4, 5, 6).items()
    }
    cell = [rng.normal(size=size).astype(np.float32) for size in ((20, 4), (20, 5), (20,), (20,))]
    return Quartet(ALPHABET, RecurrentCell("lstm", *cell), arrays)


def table(seed: int = 5) -> VoicingTable:
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(PLACES, 4, NOTHING + 1, SYMBOLS)).astype(np.float32)
    return VoicingTable(own, rng.normal(size=(4, SYMBOLS, SYMBOLS)).astype(np.float32))


def laid(weight: float, stand_in: VoicingTable | None) -> tuple[Plan, Modelled]:
    style = style_of(FOUR)
    use = ModelUse((ModelPart("lstm", "made up", 1.0),), "voices", weight)
    plan = plan_of(replace(style, models=(use,)), {})
    model = Model(Card("lstm", "four voices", "made up", "none", "none", 1, {}), quartet(), stand_in)
    return plan, with_models(plan, compiled(plan), (consulted(plan, 0, use, (model,)),))


def said(prior: Law, scores: Sequence[Score]) -> np.ndarray:
    """What a network says of scores in quarters, step by step: only as each quarter begins."""
    lines = [[score.notes_of(voice) for voice in ("soprano", "alto", "tenor", "bass")] for score in scores]
    ends = [phrase.end for phrase in scores[0].phrases]
    state, total, every = prior.begin(len(scores)), np.zeros(len(scores)), np.arange(len(scores))
    for moment, note in enumerate(lines[0][0]):  # all begin alike
        close = next(end for end in ends if end > note.onset)
        place = places_of(int(note.onset * 16), 8, int((close - note.onset) * 16) - 1, 0)
        where = np.array([place] * len(scores), dtype=np.int32)
        symbols = np.array(
            [[line[moment].pitch.midi - 60 + 37 for line in own] for own in lines], dtype=np.int32
        )
        for rank, voice in enumerate(ORDER):
            placed = symbols[:, list(ORDER[:rank])]
            total += prior.log_probs(state, where, placed)[every, symbols[:, voice]]
        state = prior.advance(state, where, symbols, 4)
    return total


def weighed() -> Iterator[tuple[Score, float]]:
    """All scores that the rules allow, with what these weigh."""
    for piece in pieces(style_of(FOUR)):
        if (own := log_weight(piece)) > -math.inf:
            yield piece.score(), own


@pytest.fixture(scope="module")
def laws() -> dict[float, dict[object, float]]:
    scores, own = zip(*weighed(), strict=True)
    heard = said(quartet(), scores)
    keys = [key_of(score) for score in scores]
    return {weight: dict(zip(keys, (own + weight * heard).tolist(), strict=True)) for weight in WEIGHTS}


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("stand_in", [None, table()], ids=["without a table", "with a table"])
def test_walkers_estimate_the_mass_without_bias_and_weigh_by_the_law(
    laws: dict[float, dict[object, float]], weight: float, stand_in: VoicingTable | None
) -> None:
    law = laws[weight]
    plan, learned = laid(weight, stand_in)
    lattice = build(learned.problem)
    total = float(np.logaddexp.reduce(list(law.values())))
    rng = np.random.default_rng(2)
    masses = []
    for _ in range(60):
        walked = walk(lattice, learned.problem, rng, 64, companions=learned.companions)
        masses.append(math.exp(walked.log_mass - total))
        assert walked.log_weights[0] == pytest.approx(law[key_of(realise(plan, walked.found[0]))], abs=1e-4)
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(len(masses)) + 1e-6


def attention(seed: int = 4) -> Attention:
    rng = np.random.default_rng(seed)
    arrays = attending(6, 2, 2, 5)
    weights = {name: rng.normal(scale=0.4, size=shape).astype(np.float32) for name, shape in arrays.items()}
    return Attention(ALPHABET, 2, weights)


MIXED = {
    "attention": (("attention",), (1.0,), False),
    "mixed": (("attention", "lstm"), (0.7, 0.3), False),
    "mixed geometrically": (("attention", "lstm"), (0.7, 0.3), True),
}


@pytest.mark.parametrize("name", MIXED)
def test_walkers_estimate_the_mass_of_what_attends_alone_and_mixed(name: str) -> None:
    kinds, shares, is_geometric = MIXED[name]
    each = {"attention": attention(), "lstm": quartet()}
    parts = tuple(ModelPart(kind, "made up", share) for kind, share in zip(kinds, shares, strict=True))
    use = ModelUse(parts, "voices", 1.5, is_geometric=is_geometric)
    plan = plan_of(replace(style_of(FOUR), models=(use,)), {})
    models = [
        Model(Card(kind, "four voices", "", "", "", 1, {}), each[kind], table() if kind == "lstm" else None)
        for kind in kinds
    ]
    learned = with_models(plan, compiled(plan), (consulted(plan, 0, use, models),))
    prior = Mixture(tuple(each[kind] for kind in kinds), shares, is_geometric)
    scores, own = zip(*weighed(), strict=True)
    law = dict(zip(map(key_of, scores), (own + 1.5 * said(prior, scores)).tolist(), strict=True))
    total, rng, masses = float(np.logaddexp.reduce(list(law.values()))), np.random.default_rng(2), []
    lattice = build(learned.problem)
    for _ in range(60):
        walked = walk(lattice, learned.problem, rng, 64, companions=learned.companions)
        masses.append(math.exp(walked.log_mass - total))
        assert walked.log_weights[0] == pytest.approx(law[key_of(realise(plan, walked.found[0]))], abs=1e-4)
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(len(masses)) + 1e-6


def test_a_table_that_is_the_model_leaves_nothing_to_correct() -> None:
    """A network that forgets all but what the table knows is foreseen by it: all walkers weigh the same."""
    stand_in = table()
    _, learned = laid(1.0, stand_in)
    own = learned.companions[0]
    companion = replace(own, consulted=replace(own.consulted, law=Forgetful(stand_in)))
    walked = walk(
        build(learned.problem), learned.problem, np.random.default_rng(1), 32, companions=(companion,)
    )
    assert walked.effective_size == pytest.approx(32, rel=1e-6)


class Forgetful(Quartet):
    """Says what a table says."""

    def __init__(self, stand_in: VoicingTable) -> None:
        own = quartet()
        super().__init__(own.alphabet, own.cell, own.weights)
        object.__setattr__(self, "stand_in", stand_in)

    def log_probs(self, state, places, placed):  # type: ignore[no-untyped-def]
        from rulegen.models.stand_ins import PARTNERS, place_of

        rank = placed.shape[1]
        rows = self.stand_in.foreseen(int(place_of(places[0])), rank)
        beside = placed[:, PARTNERS[rank]] if rank else np.zeros(len(placed), dtype=np.int32)
        return rows[state.notes[:, ORDER[rank]], beside]
