"""Compares the engine's answers about a style with those of the law written out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeVar

import numpy as np
from scipy.stats import chi2

from rulegen.lattice.best import best
from rulegen.lattice.build import build
from rulegen.lattice.count import count
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.marginals import marginals
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.sampling.exact import draw
from rulegen.style.model import Style
from tests.oracle.brute import law, style_of
from tests.oracle.pieces import Key, key_of

_K = TypeVar("_K", bound=Hashable)
RANKED = 400  # as many of the best scores are listed


@dataclass(frozen=True)
class Engine:
    """The engine's answers about a style."""

    style: Style

    @cached_property
    def plan(self) -> Plan:
        """The style in time."""
        return plan_of(self.style, tunes_of(self.style, {}))

    @cached_property
    def lattice(self) -> Lattice:
        """Its lattice, from which nothing was left out."""
        found = build(compiled(self.plan))
        assert not found.relaxed
        return found

    @property
    def log_mass(self) -> float:
        """The log of the sum of all weights."""
        return float(look_ahead(self.lattice).total)

    def key(self, assignment: np.ndarray) -> Key:
        """The score of an assignment."""
        return key_of(realise(self.plan, assignment))

    def ranked(self, most: int) -> list[tuple[Key, float]]:
        """The best scores with their log weights."""
        return [(self.key(each.assignment), each.log_weight) for each in best(self.lattice, most)]

    def marginals(self) -> dict[tuple[int, int, str], float]:
        """(layer, component, what sounds) → probability."""
        found: dict[tuple[int, int, str], float] = defaultdict(float)
        of_time = [place for place, each in enumerate(self.plan.tables.components) if each.role == "time"]
        for layer, components in enumerate(marginals(self.lattice)):
            for place, marginal in enumerate(components):
                if place in of_time:
                    continue
                for value, probability in zip(marginal.values, marginal.probabilities, strict=True):
                    tables = self.plan.tables
                    if place == tables.harmony:
                        chord = tables.chords[int(value)]
                        said = f"{chord.key}: {chord.label}"
                    else:
                        said = str(tables.components[place].pitches[int(value)])
                    found[layer, place, said] += float(probability)
        return {each: probability for each, probability in found.items() if probability > 0}

    def draws(self, number: int, seed: int) -> dict[Key, int]:
        """How often each score was drawn."""
        uniforms = np.random.default_rng(seed).random((number, self.lattice.layers))
        drawn = draw(self.lattice, uniforms)
        kinds, times = np.unique(drawn.reshape(number, -1), axis=0, return_counts=True)
        shape = drawn.shape[1:]
        return {self.key(each.reshape(shape)): int(n) for each, n in zip(kinds, times, strict=True)}


def log_sum(weights: list[float]) -> float:
    """log Σ exp."""
    greatest = max(weights, default=-math.inf)
    return (
        greatest
        if greatest == -math.inf
        else greatest + math.log(sum(math.exp(w - greatest) for w in weights))
    )


def assert_drawn_as_often(drawn: Mapping[_K, int], law: Mapping[_K, float], level: float) -> None:
    """That nothing else was drawn than the law has, and each as often as its probability says, by a test of chi²; what
    is expected fewer than five times counts together.
    """
    number = sum(drawn.values())
    assert drawn.keys() <= law.keys()
    often = {key: share * number for key, share in law.items() if share * number >= 5}
    statistic = sum((drawn.get(key, 0) - each) ** 2 / each for key, each in often.items())
    rare, bins = number - sum(often.values()), len(often)
    if rare >= 5:
        statistic += (number - sum(drawn.get(key, 0) for key in often) - rare) ** 2 / rare
        bins += 1
    assert bins > 1 and chi2.sf(statistic, bins - 1) > level


def sounding(key: Key, plan: Plan) -> list[tuple[int, int, str]]:
    """(layer, component, what sounds) of a score."""
    chords, *notes = key
    found = []
    names = [voice.name for voice in plan.style.voices]
    for layer in range(plan.draft.layer_count):
        now = plan.schedule.frame.onsets[int(plan.draft.moment_of[layer])]
        if plan.tables.harmony is not None:
            found.append((layer, plan.tables.harmony, max((o, label) for o, label in chords if o <= now)[1]))  # type: ignore[misc]
        for voice, onset, duration, pitch in notes:  # type: ignore[misc]
            if onset <= now < onset + duration:  # type: ignore[operator]
                found.append((layer, plan.tables.of_voice(names.index(voice)), str(pitch)))  # type: ignore[arg-type]
    return found


@cache
def law_of(text: str) -> dict[Key, float]:
    """The law of a text, written out once for all tests that ask for it."""
    return law(style_of(text))


def assert_engine_keeps_the_law(text: str) -> int:
    """Mass, count, the best scores and all marginals to 1e-9; the number of scores of positive weight."""
    expected, engine = law_of(text), Engine(style_of(text))
    assert count(engine.lattice) == len(expected)
    mass = log_sum(list(expected.values()))
    if not expected:
        assert engine.log_mass == -math.inf
        return 0
    assert math.isclose(engine.log_mass, mass, rel_tol=0, abs_tol=1e-9)
    ranked = engine.ranked(RANKED)
    assert len({key for key, _ in ranked}) == len(ranked) == min(len(expected), RANKED)
    for (key, weight), by_rank in zip(ranked, sorted(expected.values(), reverse=True), strict=False):
        assert abs(weight - expected[key]) < 1e-9, (key, weight, expected[key])
        assert abs(weight - by_rank) < 2e-9
    _assert_marginals(engine, expected, mass)
    return len(expected)


def _assert_marginals(engine: Engine, expected: dict[Key, float], mass: float) -> None:
    by_law: dict[tuple[int, int, str], float] = defaultdict(float)
    for key, weight in expected.items():
        for each in sounding(key, engine.plan):
            by_law[each] += math.exp(weight - mass)
    found = engine.marginals()
    rests = {each: p for each, p in found.items() if each[2] == "None" and each not in by_law}
    assert all(abs(p - 1) < 1e-9 for p in rests.values())
    assert found.keys() - rests.keys() == by_law.keys()
    for each, probability in by_law.items():
        assert abs(found[each] - probability) < 1e-9, each
