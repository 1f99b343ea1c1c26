"""P(surface | skeleton) · P(skeleton), written out surface by surface, against what the stages draw from."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from rulegen.compose import prepare
from rulegen.lattice.best import best
from rulegen.plan.given import tunes_of
from rulegen.plan.realise import realise
from rulegen.sampling.exact import draw
from rulegen.stages.stage import Decided
from rulegen.stages.surface import Ornaments
from rulegen.style.model import Style
from tests.oracle.agreement import Engine, assert_drawn_as_often
from tests.oracle.brute import style_of
from tests.oracle.pieces import Key, key_of
from tests.oracle.surfaces import law

KINDS = """
define passing(a, n, b) = not n.is_chord_tone and step(a, n) and step(n, b) and direction(a, n) == direction(n, b)
define neighbour(a, n, b) = step(a, n) and a.pitch == b.pitch and n.strength < b.strength
define suspension(a, n, b) =
  a.pitch == n.pitch and not n.is_chord_tone and step(n, b) and direction(n, b) is down and n.strength > b.strength
define anticipation(a, n, b) = n.pitch == b.pitch and a.pitch != n.pitch and n.strength < b.strength
define skip(a, n) = n.is_chord_tone and leap(a, n) and n.strength < a.strength
"""
HEAD = f"""style "tiny"  meter 2/4  key C major  {KINDS}
rule fifths is avoided {{ for voices upper, lower  for consecutive moments s, t
  when moves(upper, s, t) and moves(lower, s, t)
  then interval(upper@s, lower@s) is P5 and interval(upper@t, lower@t) is P5 }}
rule turns is avoided {{ for consecutive notes a, b, c in voice
  then direction(a, b) != direction(b, c) and step(a, b) and step(b, c) }}
"""
SOLO = HEAD + "voices { soprano D4..G4 }  rhythm { every 1/4 }  harmony { chords I V  change every bar }\n"
DUO = (
    HEAD
    + "voices { soprano E4..G4  bass C3..E3 }  rhythm { every 1/4 }  harmony { chords I  change every bar }\n"
)
STYLES = {
    "suspensions, and a rule of three notes on both": SOLO
    + """form { A = 1.5 bars }  embellish soprano { suspension weight 0.4, passing weight -0.3, anticipation sometimes }
        forbid turns in soprano""",
    "a rule of three notes on the surface alone, soft": SOLO
    + """form { A = 1.5 bars }  embellish soprano { suspension, passing, neighbour }
        avoid turns on surface weight 0.6  avoid turns weight 0.3""",
    "two voices with passing notes": DUO
    + """form { A = 1 bars }  embellish { passing often  neighbour rarely }  forbid fifths""",
    "three voices": HEAD
    + """voices { soprano G4..A4  alto D4..E4  bass C3..C3 }  rhythm { every 1/4 }  melody { notes A G E D C }
        harmony { chords I  change every bar }  form { A = 1 bars }
        embellish { neighbour often  passing  skip rarely }  forbid fifths""",
    "figures above a bass": HEAD
    + """voices { soprano E4..F4  bass C3..D3 }  form { A = 1.5 bars }  rhythm { every 1/4 }  rhythm bass { every 1/2 }
        harmony { chords I V7  change every bar }  melody bass { notes C D }
        embellish { suspension 9-8, 4-3, 2-3 weight 0.5, skip rarely }""",
    "a density that is counted, and one ornament a bar": DUO.replace("bass C3..E3", "bass C3..C3")
    + """form { A = 2 bars }  embellish { passing, neighbour, suspension }
        rule busy is required { for bar b  then count(note n in soprano in b) <= 3 }  require busy on surface
        rule short is avoided { for note n in voice  then n.duration == 1/8 }  forbid short at most 2 per bar on surface""",
    "a section that is stated again": SOLO
    + """form { A = 1 bars  B = 1 bars  piece = A A B }  embellish { passing weight 0.3, neighbour, suspension }
        rule same is avoided { for consecutive notes a, b in voice  then a.duration == b.duration and a.pitch == b.pitch }
        avoid same on surface weight 0.8  rule down is avoided { for consecutive moments s, t
          then direction(soprano@s, soprano@t) is down }  forbid down at most 2 per section""",
}


@pytest.mark.parametrize("name", STYLES)
def test_each_surface_has_the_probability_of_the_law(name: str) -> None:
    expected, found = law(style_of(STYLES[name])), law_of_the_stages(style_of(STYLES[name]))
    assert expected.keys() == found.keys()
    assert len(expected) >= 20
    assert len({surface for _, surface in expected} - {skeleton for skeleton, _ in expected}) >= 5
    for key, probability in expected.items():
        assert abs(found[key] - probability) < 1e-9, key


def law_of_the_stages(style: Style) -> dict[tuple[Key, Key], float]:
    """The same from the lattices of the stages, each normalised."""
    prepared, engine = prepare(style, tunes_of(style, {})), Engine(style)
    _, ornaments = prepared.stages
    assert isinstance(ornaments, Ornaments)
    found: dict[tuple[Key, Key], float] = {}
    whole = 0.0
    for path in best(engine.lattice, 100_000):
        posed = ornaments.pose(replace(Decided.begun(None), values=path.assignment))
        if posed is None:
            continue
        whole += math.exp(path.log_weight)
        skeleton = key_of(realise(engine.plan, path.assignment))
        for surface in best(posed.lattice, 100_000):
            key = skeleton, key_of(realise(ornaments.plan, posed.music_of(surface.assignment)))
            assert key not in found
            found[key] = math.exp(path.log_weight + surface.log_weight - float(posed.ahead.total))
    return {key: mass / whole for key, mass in found.items()}


@pytest.mark.parametrize("name", ["two voices with passing notes", "figures above a bass"])
def test_surfaces_are_drawn_as_often_as_their_law_says(name: str) -> None:
    style = style_of(STYLES[name])
    prepared, engine, rng = prepare(style, {}), Engine(style), np.random.default_rng(3)
    _, ornaments = prepared.stages
    assert isinstance(ornaments, Ornaments)
    skeletons = draw(engine.lattice, rng.random((20_000, engine.lattice.layers)))
    kinds, times = np.unique(skeletons.reshape(len(skeletons), -1), axis=0, return_counts=True)
    found: dict[tuple[Key, Key], int] = defaultdict(int)
    for kind, number in zip(kinds, times.tolist(), strict=True):
        values = kind.reshape(skeletons.shape[1:])
        posed = ornaments.pose(replace(Decided.begun(None), values=values))
        assert posed is not None  # no ornament at all is always left
        drawn = posed.music_of(draw(posed.lattice, rng.random((number, posed.lattice.layers)), posed.ahead))
        each, often = np.unique(drawn.reshape(number, -1), axis=0, return_counts=True)
        for surface, count in zip(each, often.tolist(), strict=True):
            key = key_of(realise(ornaments.plan, surface.reshape(drawn.shape[1:])))
            found[key_of(realise(engine.plan, values)), key] += count
    assert_drawn_as_often(found, law(style), 1e-4)
