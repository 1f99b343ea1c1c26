"""Rules times learned models against their law, written out: what the lattice holds exactly, what walkers approach."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.models.base import Alphabet, Law, Tokens
from rulegen.models.hmm import Hidden
from rulegen.models.laws import Mixture
from rulegen.models.lstm import Recurrent
from rulegen.models.markov import Markov, counted
from rulegen.models.places import FIRST, INSIDE, condition_of, phrase_classes, pitch_symbol, strength_class
from rulegen.models.store import Card, Model
from rulegen.plan.consulted import consulted
from rulegen.plan.learned import with_models
from rulegen.plan.problem import compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.sampling.particles import walk
from rulegen.score.events import Score
from rulegen.style.model import ModelPart, ModelUse, Style
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import key_of, pieces
from tests.oracle.styles import (
    CHORDS,
    DUO,
    HELD,
    LONGER,
    SAMPLED,
    SOLO,
    WALKING,
    repeating,
    rondo,
)

STEPS = """rule peak is avoided { for consecutive notes a, b, c in voice
  when direction(a, b) is up  then direction(b, c) is down }  require peak weight 0.8
rule same is avoided { for consecutive notes a, b in voice  then a == b }  forbid same at most 1 per phrase
"""
PITCHES = Alphabet("pitch", tuple(range(-3, 13)))
LENGTHS = Alphabet("pitch+length", tuple((p, n) for p in range(8) for n in (Fraction(1, 8), Fraction(1, 4))))
LABELS = Alphabet("chord", ("I", "V", "ii", "vi"))
ORDERS = (0, 1, 2, 3)
WEIGHTS = (0.5, 1.0, 2.0)


def markov(alphabet: Alphabet, order: int, seed: int = 1) -> Markov:
    """A model of made-up sequences, with preferences strong enough to be seen."""
    rng = np.random.default_rng(seed)
    size = len(alphabet)
    taste = rng.dirichlet(np.full(size, 0.15), size=(32, size))
    sequences = []
    for _ in range(30):
        symbols = [int(rng.integers(size))]
        conditions = [int(c) for c in rng.integers(32, size=12)]
        for condition in conditions[1:]:
            symbols.append(int(rng.choice(size, p=taste[condition % 4, symbols[-1]])))
        sequences.append(Tokens(np.array(symbols)[:, None], np.array(conditions)))
    return counted(sequences, alphabet, order)


def model_of(prior: Markov) -> Model:
    return Model(Card("markov", "soprano", "made up", "none", "none", 1, {}), prior)


def consulting(text: str, subject: str, weight: float, kind: str = "markov") -> Style:
    return replace(style_of(text), models=(ModelUse((ModelPart(kind, "made up", 1.0),), subject, weight),))


def heard(style: Style, score: Score, alphabet: Alphabet, subject: str) -> list[tuple[int, int, Fraction]]:
    """(symbol, condition, onset) of all that a model hears of a score."""
    keys = score.timeline.key_at
    if subject == "harmony":
        events = [(event.onset, event.chord.label) for event in score.chords]
    else:
        events = [
            (
                note.onset,
                pitch_symbol(note.pitch.midi, keys(note.onset).tonic.chroma)
                if alphabet.kind == "pitch"
                else (pitch_symbol(note.pitch.midi, keys(note.onset).tonic.chroma), note.duration),
            )
            for note in score.notes_of(subject)
            if note.pitch is not None
        ]
    onsets = [onset for onset, _ in events]
    sampled = subject != "harmony" and any(voice.rhythm.values for voice in style.voices)
    starts = {phrase.onset for phrase in score.phrases}
    classes = (
        [FIRST if onset in starts else INSIDE for onset in onsets]
        if sampled
        else phrase_classes(onsets, [phrase.end for phrase in score.phrases])
    )
    return [
        (alphabet.index(symbol), condition_of(keys(onset).mode == "minor",
         strength_class(score.meter, score.timeline.position(onset)), place), onset)
        for (onset, symbol), place in zip(events, classes, strict=True)
    ]  # fmt: skip


def said(style: Style, score: Score, prior: Markov, subject: str) -> float:
    """What a model says of a score: each section once, and the first symbols after a seam each time, which hear across it."""
    events = heard(style, score, prior.alphabet, subject)
    total, context = 0.0, prior.start
    ends: dict[int, int] = {}
    for section_place, section in enumerate(score.sections or [None]):
        inside = [e for e in events if section is None or section.onset <= e[2] < section.end]
        repeated = section is not None and section.repeat_of is not None
        for place, (symbol, condition, _) in enumerate(inside):
            if not repeated or place < prior.order:
                total += float(prior.table(condition)[context, symbol])
            context = int(prior.following[context, symbol])
        if repeated:
            context = ends[section.repeat_of]
        ends[section_place] = context
    return total


STYLES = {
    "one voice": (SOLO + STEPS, "soprano", PITCHES),
    "two phrases": (LONGER + STEPS, "soprano", PITCHES),
    "two voices": (DUO, "alto", PITCHES),
    "harmony": (CHORDS, "harmony", LABELS),
    "a sampled rhythm, pitches": (SAMPLED, "soprano", PITCHES),
    "a sampled rhythm": (SAMPLED, "soprano", LENGTHS),
    "A A B": (repeating("A A B") + STEPS, "soprano", PITCHES),
    "A B A": (repeating("A B A"), "soprano", PITCHES),
    "A B A C": (rondo("A B A C"), "soprano", PITCHES),
}


def law_with(style: Style, prior: Markov, subject: str, weight: float) -> dict[object, float]:
    found = {}
    for piece in pieces(style):
        own = log_weight(piece)
        if own > -math.inf:
            score = piece.score()
            found[key_of(score)] = own + weight * said(style, score, prior, subject)
    return found


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("order", ORDERS)
def test_a_markov_model_of_any_weight_is_exact_in_the_lattice(name: str, order: int) -> None:
    text, subject, alphabet = STYLES[name]
    prior = markov(alphabet, order)
    for weight in WEIGHTS:
        style = consulting(text, subject, weight)
        plan = plan_of(style, {})
        each = (consulted(plan, 0, style.models[0], (model_of(prior),)),)
        lattice = build(with_models(plan, compiled(plan), each).problem)
        assert not lattice.relaxed
        expected = np.logaddexp.reduce(list(law_with(style, prior, subject, weight).values()))
        assert float(look_ahead(lattice).total) == pytest.approx(float(expected), abs=1e-9)


def hidden(alphabet: Alphabet, states: int, seed: int = 2) -> Hidden:
    """A hidden model with made-up numbers."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(states, 0.4), size=states + 1)
    emissions = rng.dirichlet(np.full(len(alphabet), 0.3), size=(8, states))
    mixed = 0.98 * emissions + 0.02 / len(alphabet)
    start, transition = 0.98 * rows[0] + 0.02 / states, 0.98 * rows[1:] + 0.02 / states
    return Hidden(alphabet, np.log(start), np.log(transition), np.log(mixed))


def streamed(style: Style, score: Score, prior: Law, subject: str) -> float:
    """What a model says of a score, section by section: each is heard after the one that comes before its first statement."""
    events = heard(style, score, prior.alphabet, subject)
    if prior.hears_chords:
        events = [
            (symbol, condition + 32 * _number_at(score, onset), onset) for symbol, condition, onset in events
        ]
    states: dict[int, object] = {}
    total, state = 0.0, prior.begin(1)
    for place, section in enumerate(score.sections or [None]):
        if section is not None and section.repeat_of is not None:
            state = states[section.repeat_of]
        else:
            for symbol, condition, onset in events:
                if section is None or section.onset <= onset < section.end:
                    one, where = np.array([[symbol]], dtype=np.int32), np.array([condition], dtype=np.int32)
                    total += float(prior.log_probs(state, where, one[:, :0])[0, symbol])
                    state = prior.advance(state, where, one)
        states[place] = state
    return total


def _number_at(score: Score, onset: Fraction) -> int:
    """The number of the chord that sounds, of its tones, root and bass above the tonic; 0 without one."""
    for event in score.chords:
        if event.onset <= onset < event.onset + event.duration:
            tonic = event.chord.key.tonic.chroma
            tones = {(tone.chroma - tonic) % 12 for tone in event.chord.tones}
            root, bass = ((tone.chroma - tonic) % 12 for tone in (event.chord.root, event.chord.bass))
            return sum(2 ** (8 + tone) for tone in tones) + 16 * root + bass
    return 0


HEARD = [name for name in STYLES if name != "A B A C"]


@pytest.mark.parametrize("name", HEARD)
def test_a_hidden_model_at_weight_1_is_exact_in_the_lattice(name: str) -> None:
    text, subject, alphabet = STYLES[name]
    prior = hidden(alphabet, 3)
    style = consulting(text, subject, 1.0, "hmm")
    plan = plan_of(style, {})
    each = (
        consulted(
            plan, 0, style.models[0], (Model(Card("hmm", subject, "made up", "none", "none", 1, {}), prior),)
        ),
    )
    learned = with_models(plan, compiled(plan), each)
    assert learned.widened is not None
    lattice = build(learned.problem)
    assert not lattice.relaxed
    sums = [
        log_weight(piece) + streamed(style, piece.score(), prior, subject) for piece in pieces(style)
        if log_weight(piece) > -math.inf
    ]  # fmt: skip
    assert float(look_ahead(lattice).total) == pytest.approx(float(np.logaddexp.reduce(sums)), abs=1e-9)


@pytest.mark.parametrize("name", ["one voice", "harmony", "a sampled rhythm", "A A B", "A B A C"])
@pytest.mark.parametrize("weight", [0.5, 2.0])
def test_walkers_approach_the_law_of_a_hidden_model_at_another_weight(name: str, weight: float) -> None:
    text, subject, alphabet = STYLES[name]
    prior = hidden(alphabet, 3)
    style = consulting(text, subject, weight, "hmm")
    plan = plan_of(style, {})
    each = (
        consulted(
            plan, 0, style.models[0], (Model(Card("hmm", subject, "made up", "none", "none", 1, {}), prior),)
        ),
    )
    learned = with_models(plan, compiled(plan), each)
    lattice = build(learned.problem)
    law = {
        key_of(piece.score()): log_weight(piece) + weight * streamed(style, piece.score(), prior, subject)
        for piece in pieces(style) if log_weight(piece) > -math.inf
    }  # fmt: skip
    total = float(np.logaddexp.reduce(list(law.values())))
    rng = np.random.default_rng(7)
    estimates = [
        walk(lattice, learned.problem, rng, 64, companions=learned.companions).log_mass for _ in range(60)
    ]
    masses = np.exp(np.array(estimates) - total)
    error = masses.std() / math.sqrt(len(masses))
    assert abs(masses.mean() - 1) < 4 * error + 1e-3


def recurrent(alphabet: Alphabet, seed: int = 4) -> Recurrent:
    """A small network with made-up weights, strong enough to be heard."""
    rng = np.random.default_rng(seed)
    size, inputs, hidden, width = len(alphabet), 4, 5, 6
    shapes = {
        "embedding": (size, inputs), "heard_at": (32, inputs), "middle": (width, hidden), "asked_at": (32, width),
        "show": (size, width), "show_bias": (size,), "from_input": (4 * hidden, inputs),
        "from_hidden": (4 * hidden, hidden), "input_bias": (4 * hidden,), "hidden_bias": (4 * hidden,),
    }  # fmt: skip
    weights = {n: rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    return Recurrent.of(alphabet, "lstm", weights)


@pytest.mark.parametrize(("kind", "weight"), [("lstm", 1.5), ("hmm", 0.5), ("hmm", 2.0)])
def test_draws_near_the_law_as_particles_grow(kind: str, weight: float) -> None:
    text, subject, alphabet = STYLES["one voice"]
    style = consulting(text, subject, weight, kind)
    plan = plan_of(style, {})
    prior = hidden(alphabet, 3) if kind == "hmm" else recurrent(alphabet)
    model = Model(Card(kind, subject, "made up", "none", "none", 1, {}), prior)
    each = consulted(plan, 0, style.models[0], (model,))
    learned = with_models(plan, compiled(plan), (each,), inside=False)
    lattice = build(learned.problem)
    law = {
        key_of(piece.score()): log_weight(piece) + weight * streamed(style, piece.score(), model.law, subject)
        for piece in pieces(style) if log_weight(piece) > -math.inf
    }  # fmt: skip
    total = float(np.logaddexp.reduce(list(law.values())))
    off, draws = [], 400 if kind == "lstm" else 150
    for particles in (1, 16, 256) if kind == "lstm" else (1, 64):
        rng = np.random.default_rng(11)
        seen: Counter[object] = Counter()
        masses = []
        for _ in range(draws):
            walked = walk(lattice, learned.problem, rng, particles, companions=learned.companions)
            seen[key_of(realise(plan, walked.assignment))] += 1
            masses.append(math.exp(walked.log_mass - total))
        off.append(sum(abs(seen[key] / draws - math.exp(log - total)) for key, log in law.items()) / 2)
        assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(draws) + 1e-6
    exact = np.random.default_rng(12).multinomial(
        draws, np.exp(np.array(list(law.values())) - total), size=50
    )
    noise = np.abs(exact / draws - np.exp(np.array(list(law.values())) - total)).sum(axis=1) / 2
    by_chance = noise.mean() + 4 * noise.std()
    assert off[-1] < by_chance
    if kind == "lstm":  # the look-ahead knows little of it; of the others, all that two symbols tell
        assert off[0] > off[1] > off[2] and off[0] > by_chance
    else:
        assert off[0] < by_chance


SUNG_OVER = {
    "a chord a beat": (CHORDS, "soprano", PITCHES),
    "a chord that changes under a note": (HELD, "soprano", PITCHES),
    "a sampled rhythm": (WALKING, "soprano", PITCHES),
    "no chords": (SOLO, "soprano", PITCHES),
}


@pytest.mark.parametrize("name", SUNG_OVER)
@pytest.mark.parametrize("mixed", [False, True])
def test_walkers_approach_the_law_of_a_network_that_hears_chords(name: str, mixed: bool) -> None:
    text, subject, alphabet = SUNG_OVER[name]
    deaf, own = recurrent(alphabet), recurrent(alphabet)
    rng = np.random.default_rng(9)
    over = {"heard_over": (36, 4), "asked_over": (36, 6)}
    weights = {n: rng.normal(size=s).astype(np.float32) for n, s in over.items()}
    hearing = replace(own, weights={**own.weights, **weights})
    parts = (ModelPart("lstm", "one", 0.7), ModelPart("lstm", "other", 0.3))[: 1 + mixed]
    use = ModelUse(parts, subject, 1.5)
    style = replace(style_of(text), models=(use,))
    priors = (hearing, deaf)[: 1 + mixed]
    prior = Mixture(priors, (0.7, 0.3)) if mixed else hearing
    chain = markov(alphabet, 1)
    card = Card("lstm", subject, "made up", "none", "none", 1, {})
    models = tuple(Model(card, each, chain) for each in priors)
    plan = plan_of(style, {})
    learned = with_models(plan, compiled(plan), (consulted(plan, 0, use, models),))
    lattice = build(learned.problem)
    law, untold = {}, []
    for piece in pieces(style):
        if (rules := log_weight(piece)) > -math.inf:
            law[key_of(piece.score())] = rules + 1.5 * streamed(style, piece.score(), prior, subject)
            untold.append(rules + 1.5 * streamed(style, replace(piece.score(), chords=()), prior, subject))
    total = float(np.logaddexp.reduce(list(law.values())))
    assert (abs(total - np.logaddexp.reduce(untold)) > 0.02) == (name != "no chords")
    masses = []
    for _ in range(60):
        walked = walk(lattice, learned.problem, rng, 64, companions=learned.companions)
        masses.append(math.exp(walked.log_mass - total))
        for values, log in list(zip(walked.found, walked.log_weights.tolist(), strict=True))[:3]:
            assert log == pytest.approx(law[key_of(realise(plan, values))], abs=1e-5)
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(len(masses)) + 1e-3


@pytest.mark.parametrize(("kind", "weight"), [("hmm", 0.5), ("hmm", 2.0), ("lstm", 1.5)])
def test_the_mass_is_met_more_closely_by_more_particles(kind: str, weight: float) -> None:
    text, subject, alphabet = STYLES["one voice"]
    prior = hidden(alphabet, 3) if kind == "hmm" else recurrent(alphabet)
    style = consulting(text, subject, weight, kind)
    plan = plan_of(style, {})
    model = Model(Card(kind, subject, "made up", "none", "none", 1, {}), prior)
    learned = with_models(
        plan, compiled(plan), (consulted(plan, 0, style.models[0], (model,)),), inside=False
    )
    lattice = build(learned.problem)
    asked = model.law
    total = float(np.logaddexp.reduce([
        log_weight(piece) + weight * streamed(style, piece.score(), asked, subject)
        for piece in pieces(style) if log_weight(piece) > -math.inf
    ]))  # fmt: skip
    rng, walks, spread = np.random.default_rng(5), 60, []
    for particles in (16, 64, 256, 1024):
        estimates = [
            walk(lattice, learned.problem, rng, particles, companions=learned.companions).log_mass
            for _ in range(walks)
        ]
        masses = np.exp(np.array(estimates) - total)
        assert abs(masses.mean() - 1) < 4 * masses.std() / math.sqrt(walks) + 1e-6
        spread.append(float(masses.std()))
    assert spread[0] > spread[1] > spread[2] > spread[3] and spread[3] < spread[0] / 4


@pytest.mark.parametrize("name", ["one voice", "harmony", "A A B", "A B A C"])
def test_the_best_that_walkers_find_weighs_what_the_law_says(name: str) -> None:
    text, subject, alphabet = STYLES[name]
    prior = hidden(alphabet, 3)
    style = consulting(text, subject, 2.0, "hmm")
    plan = plan_of(style, {})
    each = (consulted(plan, 0, style.models[0], (Model(Card("hmm", subject, "", "", "", 1, {}), prior),)),)
    learned = with_models(plan, compiled(plan), each)
    lattice = build(learned.problem)
    walked = walk(lattice, learned.problem, np.random.default_rng(3), 512, companions=learned.companions)
    law = {
        key_of(piece.score()): log_weight(piece) + 2 * streamed(style, piece.score(), prior, subject)
        for piece in pieces(style) if log_weight(piece) > -math.inf
    }  # fmt: skip
    for values, log in zip(walked.found, walked.log_weights.tolist(), strict=True):
        assert log == pytest.approx(law[key_of(realise(plan, values))], abs=1e-9)
    assert walked.log_weights[0] == pytest.approx(max(law.values()), abs=1e-9)
