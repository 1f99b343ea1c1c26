"""Rhythm first, then notes, then ornaments around them: the law of each of the three stages, written out."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import pytest

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.lattice.best import best
from rulegen.plan.realise import realise
from rulegen.plan.time_alone import with_rhythm
from rulegen.score.notation import format_score, parse_score
from rulegen.stages.rhythm import OnRhythm, RhythmStage, WithinRhythm
from rulegen.stages.skeleton import Skeleton
from rulegen.stages.stage import Decided
from rulegen.stages.surface import Ornaments
from rulegen.style.model import Style
from rulegen.style.vacuous import reads_time_alone
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import Key, key_of, pieces
from tests.oracle.surfaces import surfaces, uses_at
from tests.oracle.test_rhythm_first import _all_rhythms, rhythm_of
from tests.oracle.test_surface import HEAD

ALL = 100_000
Decision = tuple[Key, Key]  # a skeleton, which has its rhythm, and a surface

SOLO = (
    HEAD
    + "rhythm first  voices { soprano E4..G4 }  rhythm { values 1/4 weight 0.5, 1/2, 1/8 }  harmony { chords I V  change every bar }\n"
)
DUO = HEAD + """rhythm first  voices { soprano E4..F4  bass C3..D3 }  rhythm { values 1/4 weight 0.5, 1/2 }
harmony { chords I  change every bar }  form { A = 1 bars }  melody { notes C D E F }
"""  # fmt: skip
TIME = """rule long is avoided { for note n in voice  then n.duration == 1/4 and n.is_strong }  avoid long weight 0.7
rule thrice is forbidden { for consecutive notes a, b, c in voice
  then a.duration == 1/8 and b.duration == 1/8 and c.duration == 1/8 }
rule short is avoided { for note n in voice  then n.duration == 1/8 and n.strength >= 0.5 }
"""
STYLES = {
    "one voice, with rules of time on both": SOLO.replace(", 1/8 }", " }") + "form { A = 1.5 bars }  embellish { passing, neighbour weight 0.3 }"
    + TIME + "forbid thrice  avoid short on surface weight 0.4  forbid turns",
    "one voice, with rules of time on one": SOLO.replace("E4..G4", "E4..F4")
    + "form { A = 1.5 bars }  embellish { neighbour, suspension weight 0.3 }"
    + TIME + "forbid thrice on skeleton  forbid short at most 1 per bar on surface",
    "two voices, with passing notes and suspensions": DUO + "embellish { passing often, suspension weight 0.4 }"
    + TIME + "forbid fifths  forbid thrice",
    "two voices of which one is embellished": DUO + "embellish soprano { neighbour, suspension weight 0.4 }"
    + TIME + "forbid thrice on surface",
}  # fmt: skip


def law(style: Style) -> dict[Decision, float]:
    """Each skeleton with each of its surfaces, and its probability: stage by stage, each renormalised."""
    skeletons = uses_at(style, "skeleton")
    timed = [use for use in skeletons if reads_time_alone(use.rule)]
    others = [use for use in skeletons if use not in timed]
    rhythms: dict[object, float] = {}
    notes: dict[object, dict[Key, float]] = defaultdict(dict)
    around: dict[Key, dict[Key, float]] = {}
    for piece in pieces(style):
        in_time, in_notes = log_weight(piece, timed) + piece.length_weight, log_weight(piece, others)
        found = surfaces(piece) if min(in_time, in_notes) > -math.inf else {}
        if found:
            key = key_of(piece.score())
            around[key] = found
            rhythms[rhythm_of(key)] = math.exp(in_time)
            notes[rhythm_of(key)][key] = math.exp(in_notes)
    whole = sum(rhythms.values())
    return {
        (key, surface): rhythms[rhythm]
        / whole
        * (weight / sum(notes[rhythm].values()))
        * (mass / sum(around[key].values()))
        for rhythm in rhythms
        for key, weight in notes[rhythm].items()
        for surface, mass in around[key].items()
    }


def law_of_the_stages(style: Style) -> dict[Decision, float]:
    """The same from the lattices of the stages, each normalised on what can be completed."""
    rhythm, within = prepare(style, {}).stages
    assert isinstance(rhythm, RhythmStage) and isinstance(within, WithinRhythm)
    found: dict[Decision, float] = {}
    whole = 0.0
    for values, weight in _all_rhythms(rhythm):
        on_rhythm = within.make(with_rhythm(style, rhythm.plan, values))
        if on_rhythm is not None:
            whole += math.exp(weight)
            found |= {key: math.exp(weight) * share for key, share in _on(on_rhythm).items()}
    return {key: mass / whole for key, mass in found.items()}


def _on(on_rhythm: OnRhythm) -> dict[Decision, float]:
    """What is decided on a rhythm."""
    notes, ornaments = on_rhythm.stages
    assert isinstance(notes, Skeleton) and isinstance(ornaments, Ornaments)
    found: dict[Decision, float] = {}
    whole = 0.0
    for path in best(notes.posed.lattice, ALL):
        posed = ornaments.pose(replace(Decided.begun(None), values=path.assignment))
        if posed is None:
            continue
        whole += math.exp(path.log_weight)
        skeleton = key_of(realise(on_rhythm.plan, path.assignment))
        for surface in best(posed.lattice, ALL):
            key = skeleton, key_of(realise(ornaments.plan, posed.music_of(surface.assignment)))
            assert key not in found
            found[key] = math.exp(path.log_weight + surface.log_weight - float(posed.ahead.total))
    return {key: mass / whole for key, mass in found.items()}


@pytest.mark.parametrize("name", STYLES)
def test_each_stage_has_its_law(name: str) -> None:
    style = style_of(STYLES[name])
    expected, found = law(style), law_of_the_stages(style)
    assert expected.keys() == found.keys() and len(expected) > 20
    assert len({surface for _, surface in expected} - {skeleton for skeleton, _ in expected}) >= 5
    for key, probability in expected.items():
        assert abs(found[key] - probability) < 1e-9, key


def test_a_piece_says_its_skeleton_and_is_graded_by_it() -> None:
    style = style_of(STYLES["one voice, with rules of time on one"])
    moved = 0
    for piece in compose(prepare(style, {}), range(8)):
        back = parse_score(format_score(piece.score))
        moved += len(dict(back.metadata)["skeleton soprano"].split()) != len(back.notes_of("soprano"))
        assert grade(back, style).is_clean
    assert moved > 0
