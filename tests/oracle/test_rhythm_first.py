"""Rhythm first, against the law of each stage written out: rhythms by the rules of time alone, then notes on each."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import Unsatisfiable
from rulegen.lattice.best import best
from rulegen.lattice.count import count
from rulegen.plan.realise import realise
from rulegen.stages.rhythm import RhythmStage, WithinRhythm
from rulegen.style.model import Style, Use
from rulegen.style.vacuous import reads_time_alone
from tests.oracle.agreement import assert_drawn_as_often, log_sum
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import Key, key_of, pieces

Rhythm = tuple[tuple[object, ...], ...]

TRIO = """style "trio"  meter 3/8  key C major  rhythm first
voices { upper C4..G4  middle C4..E4  lower G3..C4 }  melody { notes C G }
rhythm { values 1/8 weight 0.5, 1/4 weight -0.2 }
form { A = 1 bars, cadence half }
"""
DUO = TRIO.replace("  middle C4..E4", "")
TIME = """
rule off is avoided { for voices a, b  for moment m  when m.strength < 1  then begins(a, m) and begins(b, m) }
rule long is avoided { for note n in voice  then n.duration == 1/4 and n.is_strong }  avoid long in upper weight 0.7
"""
NOTES = """
rule same is forbidden { for consecutive notes a, b in voice  then a == b }  forbid same in upper
rule met is avoided { for voices a, b  for moment m  then a@m == b@m }  avoid met weight 0.6
rule longer is avoided { for note n in voice  then n is C4 and n.duration == 1/4 }  avoid longer weight 0.3
"""
EVEN = """rule even is required { for voices a, b  for bar x  then count(note n in a in x) == count(note m in b in x) }
require even between upper, lower
"""
STYLES = {
    "two of three as many notes a bar": TRIO + EVEN + NOTES,
    "three voices that nothing ties": TRIO + "rule r is avoided { for note n in voice  then n is C4 }  avoid r weight 0.4",
    "two of three tied in time": TRIO + TIME + "forbid off between upper, lower" + NOTES,
    "three tied in time": TRIO + TIME + "avoid off weight 0.8" + NOTES,
    "chords and a close": DUO.replace("melody { notes C G }", "harmony { chords I IV  change every bar }").replace(
        "G3..C4", "A3..C4").replace("C4..G4", "E4..F4").replace("-0.2 }", "-0.2  close 1/8 }") + TIME + "avoid off weight 0.5",
    "a fixed voice among them": TRIO + "rhythm middle { every 1/8 }"
    + TIME + "avoid off weight 0.5" + NOTES,
    "two that move together": TRIO.replace("rhythm { values 1/8 weight 0.5, 1/4 weight -0.2 }",
        "rhythm upper, lower { values 1/8 weight 0.5, 1/4 weight -0.2  together }  rhythm middle { values 1/8, 1/4 weight 0.2 }")
    + TIME + "avoid off weight 0.5" + NOTES,
    "patterns, and values in a section": DUO.replace("rhythm { values 1/8 weight 0.5, 1/4 weight -0.2 }",
        "pattern even = 3 of 1/8  pattern dot = 3/16 1/16 1/8  pattern over = tied 1/8, 1/4  rhythm { patterns even, dot weight 0.4, over }  "
        "rhythm lower in section B { values 1/4, 1/8 }").replace("A = 1 bars, cadence half", "A = 1 bars  B = 1 bars  piece = A B").replace("lower G3..C4", "lower C4..C4")
    + TIME + "avoid off weight 0.5" + "rule met is avoided { for voices a, b  for moment m  then a@m == b@m }  avoid met weight 0.6",
    "rhythms that no notes fit": DUO.replace("notes C G", "notes C").replace("C4..G4", "C4..C5") + """
    rule thrice is forbidden { for consecutive notes a, b, c in voice  then a == c }  forbid thrice in upper""",
    "a section that comes again": DUO.replace("A = 1 bars, cadence half", "A = 1 bars  B = 1 bars  piece = A A B").replace(
        "3/8", "2/8") + TIME + "avoid off weight 0.5 rule met is avoided { for voices a, b  for moment m  then a@m == b@m }  avoid met weight 0.6",
}  # fmt: skip


def rhythm_of(key: Key) -> Rhythm:
    """The notes of a score without their pitches."""
    return tuple(tuple(note[:3]) for note in key[1:])


def law_of_stages(style: Style) -> tuple[dict[Rhythm, float], dict[Key, float]]:
    """The log probability of each rhythm that some notes fit, and of each score given its rhythm."""
    timed: list[Use] = [use for use in style.uses if reads_time_alone(use.rule)]
    others = [use for use in style.uses if use not in timed]
    of_rhythms: dict[Rhythm, float] = {}
    of_notes: dict[Rhythm, dict[Key, float]] = defaultdict(dict)
    for piece in pieces(style):
        in_time = log_weight(piece, timed) + piece.length_weight
        in_notes = log_weight(piece, others)
        if min(in_time, in_notes) > -math.inf:
            key = key_of(piece.score())
            of_rhythms[rhythm_of(key)] = in_time
            of_notes[rhythm_of(key)][key] = in_notes
    whole = log_sum(list(of_rhythms.values()))
    masses = {rhythm: log_sum(list(weights.values())) for rhythm, weights in of_notes.items()}
    given = {key: weight - masses[r] for r, weights in of_notes.items() for key, weight in weights.items()}
    return {rhythm: weight - whole for rhythm, weight in of_rhythms.items()}, given


@pytest.mark.parametrize("name", STYLES)
def test_each_stage_has_its_law(name: str) -> None:
    style = style_of(STYLES[name])
    rhythms, notes = law_of_stages(style)
    prepared = prepare(style, {})
    first, within = prepared.stages
    assert isinstance(first, RhythmStage) and isinstance(within, WithinRhythm)
    found: dict[Rhythm, float] = {}
    given: dict[Key, float] = {}
    for values, weight in _all_rhythms(first):
        posed = within.make(_laid(style, first, values))
        if posed is None:
            continue
        lattice = posed.stages[0].posed.lattice  # type: ignore[attr-defined]
        ranked = best(lattice, int(count(lattice)))
        mass = log_sum([each.log_weight for each in ranked])
        keys = [key_of(realise(posed.plan, each.assignment)) for each in ranked]
        found[rhythm_of(keys[0])] = weight
        given |= {key: each.log_weight - mass for key, each in zip(keys, ranked, strict=True)}
    whole = log_sum(list(found.values()))
    assert found.keys() == rhythms.keys() and given.keys() == notes.keys()
    assert all(abs(weight - whole - rhythms[rhythm]) < 1e-9 for rhythm, weight in found.items())
    assert all(abs(weight - notes[key]) < 1e-9 for key, weight in given.items())


def _laid(style: Style, stage: RhythmStage, values: np.ndarray) -> Style:
    from rulegen.plan.time_alone import with_rhythm

    return with_rhythm(style, stage.plan, values)


def _all_rhythms(stage: RhythmStage) -> list[tuple[np.ndarray, float]]:
    """All values of the stage of rhythm with their log weights: parts that nothing ties, put together."""
    apart = stage.posed
    each_part = [best(part.lattice, int(count(part.lattice))) for part in apart.parts]
    found = []
    for chosen in product(*each_part):
        values = np.array(chosen[0].assignment)
        for own, each in zip(apart.components, chosen, strict=True):
            values[:, list(own)] = each.assignment[:, list(own)]
        found.append((values, sum(each.log_weight for each in chosen)))
    return found


@pytest.mark.parametrize("name", ["two of three tied in time", "rhythms that no notes fit"])
def test_pieces_are_drawn_as_often_as_the_stages_say(name: str) -> None:
    style = style_of(STYLES[name])
    rhythms, notes = law_of_stages(style)
    expected = {key: math.exp(rhythms[rhythm_of(key)] + weight) for key, weight in notes.items()}
    prepared, number = prepare(style, {}), 2000
    seen: dict[Key, int] = defaultdict(int)
    for piece in compose(prepared, range(number)):
        seen[key_of(piece.score)] += 1
    assert_drawn_as_often(seen, expected, 1e-4)


def test_voices_that_no_rule_ties_in_time_are_lattices_apart() -> None:
    def parts(text: str) -> list[tuple[int, ...]]:
        style = style_of(text)
        stage = prepare(style, {}).stages[0]
        assert isinstance(stage, RhythmStage)
        return list(stage.posed.components)

    assert parts(STYLES["three voices that nothing ties"]) == [(0,), (1,), (2,)]
    assert parts(TRIO + EVEN) == [(0, 2), (1,)]
    assert parts(STYLES["two of three tied in time"]) == [
        (0, 1, 2)
    ]  # what speaks of moments hears all that begins


def test_rhythms_that_no_notes_ever_fit_are_told() -> None:
    text = (
        DUO
        + "rule never is forbidden { for note n in voice  then n is C4 or n is G4 }  forbid never in upper"
    )
    style = style_of(text)
    with pytest.raises(Unsatisfiable) as caught:
        compose(prepare(style, {}), [0])
    assert caught.value.diagnostic.message.startswith("no score keeps all of this: forbid never")
