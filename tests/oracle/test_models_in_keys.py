"""Models in pieces that change key, against their law written out: tokens and places are those of the key of the place."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from rulegen.lattice.best import best
from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.models.base import Alphabet, StorableLaw
from rulegen.models.quartet import LOWEST, ORDER, places_of
from rulegen.models.store import Card, Model
from rulegen.plan.consulted import consulted
from rulegen.plan.learned import Modelled, with_models
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.sampling.particles import walk
from rulegen.score.events import Score
from rulegen.style.model import ModelPart, ModelUse, Style
from tests.oracle.brute import style_of
from tests.oracle.pieces import key_of
from tests.oracle.test_models import hidden, markov, recurrent, said, streamed
from tests.oracle.test_together import quartet, table

FORMS = {
    "a phrase in each key": "A = 1 bars in C major, 1 bars in Eb major",
    "on the way to the dominant": "A = 2 bars home to V",
    "on the way to the relative minor": "A = 2 bars home to vi",
    "a section that comes again": "A = 1 bars in C major  B = 1 bars in G major  piece = A B A",
}
STYLE = """style "keys"  meter 2/4  key C major
voices {{ {voices} }}
form {{ {form} }}
rhythm {{ every 1/4 }}
harmony {{ chords major I V vi  chords minor i III  change every beat }}
"""
ONE = "soprano D4..G4"
FOUR = "soprano B4..C5  alto E4..F4  tenor C4..C4  bass G3..G3 }  melody { notes scale"
PITCHES = Alphabet("pitch", tuple(range(-12, 13)))
LABELS = Alphabet("chord", ("I", "V", "vi", "i", "III"))


def style_in(form: str, voices: str = ONE) -> Style:
    return style_of(STYLE.format(voices=voices, form=FORMS[form]))


def named(score: Score) -> object:
    """What tells a score from others: I in one key may be written as I in another."""
    return key_of(score), score.timeline.keys


@lru_cache
def scores(form: str, voices: str = ONE) -> tuple[Score, ...]:
    """All that the rules allow; they prefer nothing."""
    plan = plan_of(style_in(form, voices), {})
    found = best(build(compiled(plan)), 20_000)
    assert 20 < len(found) < 20_000 and {each.log_weight for each in found} == {0.0}
    every = tuple(realise(plan, each.assignment) for each in found)
    assert len({named(score) for score in every}) == len(every)
    return every


def posed(form: str, law: StorableLaw, use: ModelUse, stand_in: object = None) -> tuple[Plan, Modelled]:
    style = replace(style_in(form, FOUR if use.subject == "voices" else ONE), models=(use,))
    plan = plan_of(style, {})
    model = Model(Card(use.parts[0].kind, use.subject, "made up", "none", "none", 1, {}), law, stand_in)  # type: ignore[arg-type]
    return plan, with_models(plan, compiled(plan), (consulted(plan, 0, use, (model,)),))


def consulting(kind: str, subject: str, weight: float) -> ModelUse:
    return ModelUse((ModelPart(kind, "made up", 1.0),), subject, weight)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("subject", "alphabet"), [("soprano", PITCHES), ("harmony", LABELS)])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_markov_model_is_exact_in_the_lattice(
    form: str, subject: str, alphabet: Alphabet, order: int
) -> None:
    law, use = markov(alphabet, order), consulting("markov", subject, 1.5)
    plan, modelled = posed(form, law, use)
    lattice = build(modelled.problem)
    assert not lattice.relaxed
    expected = {named(score): 1.5 * said(plan.style, score, law, subject) for score in scores(form)}
    total = float(np.logaddexp.reduce(list(expected.values())))
    assert float(look_ahead(lattice).total) == pytest.approx(total, abs=1e-9)
    for each in best(lattice, 5):
        assert each.log_weight == pytest.approx(expected[named(realise(plan, each.assignment))], abs=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("subject", "alphabet"), [("soprano", PITCHES), ("harmony", LABELS)])
def test_a_hidden_model_is_exact_in_the_lattice(form: str, subject: str, alphabet: Alphabet) -> None:
    law = hidden(alphabet, 3)
    plan, modelled = posed(form, law, consulting("hmm", subject, 1.0))
    if modelled.widened is None:  # where sections come again it may not join
        assert plan.draft.goes_back
        return
    total = float(np.logaddexp.reduce([streamed(plan.style, each, law, subject) for each in scores(form)]))
    assert float(look_ahead(build(modelled.problem)).total) == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hears_chords", [False, True])
def test_walkers_follow_the_law_of_a_network(form: str, hears_chords: bool) -> None:
    law = recurrent(PITCHES)
    if hears_chords:
        rng = np.random.default_rng(9)
        over = {"heard_over": (36, 4), "asked_over": (36, 6)}
        more = {name: rng.normal(size=size).astype(np.float32) for name, size in over.items()}
        law = replace(law, weights={**law.weights, **more})
    plan, modelled = posed(form, law, consulting("lstm", "soprano", 1.5), markov(PITCHES, 1))
    expected = {named(each): 1.5 * streamed(plan.style, each, law, "soprano") for each in scores(form)}
    walks_by_the_law(plan, modelled, expected)


@pytest.mark.parametrize("form", [form for form in FORMS if "again" not in form])
@pytest.mark.parametrize("with_table", [False, True])
def test_walkers_follow_the_law_of_four_voices(form: str, with_table: bool) -> None:
    law, own = quartet(), table()
    mild = replace(own, own=own.own * 0.3, beside=own.beside * 0.3)
    plan, modelled = posed(form, law, consulting("lstm", "voices", 0.3), mild if with_table else None)
    every = scores(form, FOUR)
    state, total = law.begin(len(every)), np.zeros(len(every))
    for moment in range(4):
        heard = [_sixteenth(score, moment) for score in every]
        places, tokens = (np.array(each, dtype=np.int32) for each in zip(*heard, strict=True))
        for rank, voice in enumerate(ORDER):
            said = law.log_probs(state, places, tokens[:, ORDER[:rank]])
            total += said[np.arange(len(every)), tokens[:, voice]]
        state = law.advance(state, places, tokens, 4)
    expected = dict(zip(map(named, every), (0.3 * total).tolist(), strict=True))
    walks_by_the_law(plan, modelled, expected)


def _sixteenth(score: Score, moment: int) -> tuple[tuple[int, int, int], list[int]]:
    """Where a quarter begins, as four voices know it, and what they sound there."""
    notes = [score.notes_of(voice)[moment] for voice in ("soprano", "alto", "tenor", "bass")]
    onset = notes[0].onset
    key, close = score.timeline.key_at(onset), next(each.end for each in score.phrases if each.end > onset)
    number = key.tonic.chroma + 12 * (key.mode == "minor")
    place = places_of(int(onset * 16) % 8, 8, int((close - onset) * 16) - 1, number)
    pitches = [note.pitch.midi for note in notes if note.pitch is not None]
    return place, [midi - 60 - key.tonic.chroma - LOWEST for midi in pitches]


def walks_by_the_law(plan: Plan, modelled: Modelled, law: dict[object, float]) -> None:
    """Walkers estimate the mass without bias, and weigh each piece as the law does."""
    lattice, rng = build(modelled.problem), np.random.default_rng(3)
    total, masses = float(np.logaddexp.reduce(list(law.values()))), []
    for _ in range(40):
        walked = walk(lattice, modelled.problem, rng, 64, companions=modelled.companions)
        masses.append(math.exp(walked.log_mass - total))
        for values, log in list(zip(walked.found, walked.log_weights.tolist(), strict=True))[:3]:
            assert log == pytest.approx(law[named(realise(plan, values))], abs=1e-4)
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(len(masses)) + 1e-3
