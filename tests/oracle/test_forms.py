"""P(form) · P(score | form), with forms and scores written out one by one, against what is drawn.

The forms are made here from texts in which each alternative stands alone: nothing here knows how alternatives are
read.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache

import pytest

from rulegen.compose import PreparedForms, prepare
from rulegen.face.forms import best_in_forms, chances_in_forms, figures_of, ready_forms
from rulegen.lattice.best import best
from rulegen.lattice.count import count
from rulegen.plan.realise import realise
from rulegen.plan.rows import faults_of_layout
from rulegen.stages.form import FormStage, WithinForm
from rulegen.stages.stage import Decided, completed
from rulegen.style.model import Style
from tests.oracle.brute import law, style_of
from tests.oracle.pieces import Key, key_of

RULES = """
rule low is avoided { for note n in soprano  then n is G4 }  avoid low weight 0.6
rule ends is required { for chord c  when c.closes_phrase and c.cadence is authentic  then c.degree == 1 }  require ends
rule halves is required { for chord c  when c.closes_phrase and c.cadence is half  then c.degree == 5 }  require halves
rule opens is required { for chord c  when c.is_first  then c.degree == 1 }  require opens
"""
KEYS = """style "keys and cadences"  meter 2/4  key <key>
voices { soprano G4..C5 }  rhythm { every 1/4 }  melody { notes chord }
harmony { chords major I V  chords minor i v  change every 1/2 }
form { A = <length>, cadence <cadence>  B = 1 bars <place>, cadence authentic  piece = <piece> }
"""
TIME = """style "upbeats and closes"  meter 2/4  key C major  <pickup>
voices { soprano G4..B4 }  rhythm { every 1/4 close <close> }  melody { notes G B }
form { A = <length>  B = 2 bars  piece = A B }
rule turns is avoided { for consecutive notes a, b in soprano  then a == b }  avoid turns weight 0.4
"""
# Of each style: its text, the alternatives that it has with their weights, and those of a section that some orders
# do not state, or that hold in one mode alone.
OPEN = {
    "keys and cadences": (
        KEYS,
        {
            "key": {"C major": 0.0, "F major": -0.5, "A minor": 0.7},
            "length": {"1 bars": 0.0, "2 bars": -1.0},
            "cadence": {"half": 0.0, "authentic": 0.3},
            "place": {"in V": 0.0, "in vi": 0.2, "in home": 0.0, "in III": 1.0, "in iv": 0.0},
            "piece": {"A B": 0.0, "A A B": -0.5},
        },
    ),
    "upbeats and closes": (
        TIME,
        {
            "pickup": {"pickup none": 0.0, "pickup 1/4": 0.9},
            "close": {"1/4": 0.0, "3/8": 0.4, "3/4": -0.3},
            "length": {"1 bars": 0.0, "2 bars": -1.0},
        },
    ),
}
MODES = {"in V": "major", "in vi": "major", "in home": "major", "in III": "minor", "in iv": "minor"}


def said(alternatives: Mapping[str, float], strip: str = "") -> str:
    """Alternatives as a style says them."""
    shown = [f"{value.removeprefix(strip)} weight {weight:g}" for value, weight in alternatives.items()]
    return f"{strip}{' | '.join(shown)}"


def open_text(name: str) -> str:
    text, alternatives = OPEN[name]
    for slot, values in alternatives.items():
        if slot == "place":
            major = {
                value.removeprefix("in "): weight
                for value, weight in values.items()
                if MODES[value] == "major"
            }
            minor = {
                value.removeprefix("in "): weight
                for value, weight in values.items()
                if MODES[value] == "minor"
            }
            text = text.replace("<place>", f"in major {said(major)}, in minor {said(minor)}")
        text = text.replace(f"<{slot}>", said(values, "pickup " if slot == "pickup" else ""))
    return text + (RULES if name == "keys and cadences" else "")


def closed(name: str) -> Iterator[tuple[str, float]]:
    """Each form as a style without alternatives, and its probability, all forms counted."""
    text, alternatives = OPEN[name]
    whole: dict[str, float] = {}
    for values in itertools.product(*(each.items() for each in alternatives.values())):
        taken = dict(zip(alternatives, values, strict=True))
        mode = "minor" if taken.get("key", ("",))[0].endswith("minor") else "major"
        if "place" in taken and MODES[taken["place"][0]] != mode:
            continue
        form = text
        for slot, (value, _) in taken.items():
            form = form.replace(f"<{slot}>", value)
        chance = 1.0
        for slot, (_, weight) in taken.items():
            others = alternatives[slot]
            if slot == "place":
                others = {each: nats for each, nats in others.items() if MODES[each] == mode}
            chance *= math.exp(weight) / sum(math.exp(each) for each in others.values())
        whole[form + (RULES if name == "keys and cadences" else "")] = chance
    assert abs(sum(whole.values()) - 1) < 1e-12
    yield from whole.items()


def told_apart(style: Style) -> str:
    """What tells two forms apart."""
    return repr((style.form, style.key, [voice.rhythm for voice in style.voices]))


@cache
def of_the_law(name: str) -> dict[str, tuple[float, dict[Key, float]]]:
    """Form → its probability, and score → its probability given the form; forms without any piece are left out."""
    found: dict[str, tuple[float, dict[Key, float]]] = {}
    for text, chance in closed(name):
        style = style_of(text)
        weights = law(style) if faults_of_layout(style) == () else {}
        whole = math.fsum(math.exp(each) for each in weights.values())
        if weights:
            found[told_apart(style)] = chance, {key: math.exp(each) / whole for key, each in weights.items()}
    left = math.fsum(chance for chance, _ in found.values())
    return {form: (chance / left, scores) for form, (chance, scores) in found.items()}


def ready(name: str) -> PreparedForms:
    prepared = prepare(style_of(open_text(name)), {})
    assert isinstance(prepared, PreparedForms)
    return prepared


@pytest.mark.parametrize("name", OPEN)
def test_forms_and_scores_have_the_probability_of_the_law(name: str) -> None:
    expected, prepared = of_the_law(name), ready(name)
    found = list(ready_forms(prepared))
    left = math.fsum(chance for chance, _ in found)
    assert {told_apart(each.plan.style) for _, each in found} == expected.keys()
    assert len(expected) < len(list(closed(name))), "a form without any piece is left out"
    for probability, of_form in found:
        chance, scores = expected[told_apart(of_form.plan.style)]
        assert abs(probability / left - chance) < 1e-9
        assert count(of_form.lattice) == len(scores)
        for each in best(of_form.lattice, len(scores)):
            key = key_of(realise(of_form.plan, each.assignment))
            assert abs(math.exp(each.log_weight - of_form.ahead.total) - scores[key]) < 1e-9


@pytest.mark.parametrize("name", OPEN)
def test_what_is_told_of_all_forms_is_so(name: str) -> None:
    expected, prepared = of_the_law(name), ready(name)
    told = figures_of(prepared, seconds=600)
    assert sorted(each.probability for each in told if not each.is_empty) == pytest.approx(
        sorted(chance for chance, _ in expected.values()), abs=1e-9
    )
    assert sum(each.scores or 0 for each in told) == sum(len(scores) for _, scores in expected.values())
    opening: dict[str, float] = Counter()
    for chance, scores in expected.values():
        for key, each in scores.items():
            first = next(str(sound[3]) for sound in key[1:] if sound[1] == 0)
            opening[first] += chance * each
    bar = {"keys and cadences": 1, "upbeats and closes": 0}[name]
    chances = chances_in_forms(prepared, bar, Fraction(1))
    if name == "keys and cadences":  # every form has it
        assert chances is not None
        assert chances["soprano"] == pytest.approx(opening, abs=1e-9)
    for composed, chance in best_in_forms(prepared, 5, 64):
        assert chance > 0
        scores = next(scores for form, (_, scores) in expected.items() if form == told_apart(composed.style))
        assert scores[key_of(composed.score)] == pytest.approx(max(scores.values()), abs=1e-9)


@pytest.mark.parametrize("name", OPEN)
def test_forms_are_drawn_as_often_as_the_law_says(name: str) -> None:
    expected, prepared, draws = of_the_law(name), ready(name), 20_000
    drafts = completed((FormStage(prepared), WithinForm(prepared)), begun(draws), 64)
    drawn = Counter(told_apart(prepared.forms[each.form]) for each in drafts if each is not None)
    assert drawn.total() == draws
    for form, (chance, _) in expected.items():
        noise = math.sqrt(chance * (1 - chance) / draws)
        assert abs(drawn[form] / draws - chance) < 4.5 * noise, form
    assert set(drawn) == expected.keys()


def begun(count: int) -> list[Decided]:
    return [Decided.begun(seed) for seed in range(count)]
