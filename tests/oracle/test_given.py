"""What is given in part: the law is that of the same style with nothing given, kept to what agrees with it."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from rulegen.compose import Prepared, compose, prepare
from rulegen.grading.grade import grade
from rulegen.lattice.best import best
from rulegen.plan.given import tunes_of
from rulegen.plan.realise import realise
from rulegen.score.notation import format_score, parse_score
from tests.oracle.agreement import Engine, log_sum
from tests.oracle.brute import law, style_of
from tests.oracle.pieces import Key, key_of

VOICE = """style "part"  meter 3/4  key C major  voices { soprano C4..G4 }  rhythm { every 1/4 }  melody { notes C E G }
form { A = 1 bars, cadence half  B = 1 bars, cadence authentic  piece = A B A }
rule up is avoided { for consecutive notes a, b in voice  then direction(a, b) is up }  avoid up weight 0.4
rule leap is forbidden { for consecutive notes a, b in voice  then abs(interval(a, b)) == P5 }  forbid leap at most 1 per piece
"""
CHORDS = """style "part"  meter 2/4  key C major  voices { soprano D4..G4 }
form { A = 1 bars  B = 1 bars, cadence authentic  piece = A A B }  harmony { chords I V ii  change every beat }
rule three is avoided { for consecutive chords c, d, e  then c == e }  avoid three weight 0.4
rule note is avoided { for consecutive notes a, b in voice  when a.is_leading_tone or a.chord is ii  then a != b }  require note weight 0.6
"""
Sounding = tuple[str, float, str]  # a voice or the harmony, when, what


def sounding(key: Key) -> set[Sounding]:
    """What sounds in a score."""
    chords, *notes = key
    found = {("harmony", float(onset), str(label).partition(": ")[2]) for onset, label in chords}  # type: ignore[misc, has-type]
    return found | {(str(voice), float(onset), str(pitch)) for voice, onset, _, pitch in notes}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "given", "kept"),
    [
        (VOICE, "given soprano = E4:1/4 G4", [("soprano", 0, "E4"), ("soprano", 1 / 4, "G4")]),
        (VOICE, "given soprano in B = E4:1/4", [("soprano", 3 / 4, "E4")]),
        (VOICE, "given soprano in A = C4:1/4 E4 C4", [("soprano", n / 4, "CEC"[n] + "4") for n in range(3)]),
        (
            VOICE,
            "given soprano in B = C4:1/4  given soprano in A = G4:1/4",
            [("soprano", 3 / 4, "C4"), ("soprano", 0, "G4")],
        ),
        (CHORDS, "given harmony in A = | I V |", [("harmony", 0, "I"), ("harmony", 1 / 4, "V")]),
        (CHORDS, "given harmony in B = V:1/4", [("harmony", 1, "V")]),
        (CHORDS, "given harmony = ii:1/4", [("harmony", 0, "ii")]),
        (
            CHORDS,
            "given harmony in B = | V I |  given soprano in A = G4:1/4",
            [("harmony", 1, "V"), ("harmony", 5 / 4, "I"), ("soprano", 0, "G4")],
        ),
    ],
)
def test_what_is_given_is_kept_and_all_else_is_as_likely_as_before(
    text: str, given: str, kept: list[Sounding]
) -> None:
    expected = {key: weight for key, weight in law(style_of(text)).items() if set(kept) <= sounding(key)}
    engine = Engine(style_of(f"{text} {given}"))
    assert math.isclose(engine.log_mass, log_sum(list(expected.values())), abs_tol=1e-9)
    ranked = engine.ranked(len(expected) + 1)
    assert {key for key, _ in ranked} == set(expected)
    for key, weight in ranked:
        assert math.isclose(weight, expected[key], abs_tol=1e-9)


HARD = """style "part"  meter 2/4  key C major  voices { soprano C4..G4  alto C4..E4 }  rhythm { every 1/4 }  melody { notes C E G }
form { A = 2 bars }
"""
LEAP = "rule leap is forbidden { for consecutive notes a, b in voice  then abs(interval(a, b)) > M3 %s }  forbid leap"
UNISON = "rule one is forbidden { for voices a, b  for moment m  then a@m == b@m }  forbid one"
HIGH = (
    "rule high is required { for bar b  then exists(note n in soprano in b where n is E4) %s }  require high"
)
AGAIN = "rule again is forbidden { for consecutive chords c, d  then c is d %s }  forbid again at most 1 per piece"
HARMONY = """style "part"  meter 2/4  key C major  voices { soprano D4..G4 }
form { A = 2 bars }  harmony { chords I V ii  change every beat }
"""


@pytest.mark.parametrize(
    ("head", "rules", "unless", "given", "kept"),
    [
        (
            HARD,
            LEAP,
            "unless b.onset < 1/2 and b.octave == 4 and voice == soprano",
            "soprano = C4:1/4 G4",
            "CG",
        ),
        (
            HARD,
            LEAP + "  " + UNISON,
            "unless b.onset < 1/2 and voice == soprano",
            "soprano = G4:1/4 C4",
            "GC",
        ),
        (HARD, HIGH, "unless b.number == 1", "soprano = G4:1/4 C4", "GC"),
        (HARD, HIGH, "", "soprano = G4:1/4", "G"),
    ],
)
def test_what_lies_wholly_in_what_is_given_forbids_nothing(
    head: str, rules: str, unless: str, given: str, kept: str
) -> None:
    narrower = style_of(head + rules.replace("%s", unless))
    sung = {("soprano", place / 4, f"{name}4") for place, name in enumerate(kept)}
    expected = {key: weight for key, weight in law(narrower).items() if sung <= sounding(key)}
    engine = Engine(style_of(f"{head} {rules.replace('%s', '')}  given {given}"))
    assert expected
    assert math.isclose(engine.log_mass, log_sum(list(expected.values())), abs_tol=1e-9)
    assert {key for key, _ in engine.ranked(len(expected) + 1)} == set(expected)


def test_an_allowance_counts_what_was_composed() -> None:
    narrower = style_of(HARMONY + AGAIN.replace("%s", "unless d.onset == 1/4"))
    kept = {("harmony", 0.0, "V"), ("harmony", 0.25, "V")}
    expected = {key: weight for key, weight in law(narrower).items() if kept <= sounding(key)}
    engine = Engine(style_of(f"{HARMONY} {AGAIN.replace('%s', '')}  given harmony = V:1/4 V"))
    assert math.isclose(engine.log_mass, log_sum(list(expected.values())), abs_tol=1e-9)


def test_a_grade_tells_what_lies_in_what_was_given_and_finds_no_fault_in_it() -> None:
    style = style_of(f"{HARD} {LEAP.replace('%s', '')}  given soprano = C4:1/4 G4")
    (piece,) = compose(prepare(style, tunes_of(style, {})), [3])
    assert dict(piece.score.metadata)["given"] == "soprano 0..1/2"
    graded = grade(parse_score(format_score(piece.score)), style)
    assert graded.is_clean
    assert [(each.rule, each.bar, each.beat) for each in graded.given] == [("leap", 1, 2)]
    foreign = replace(piece.score, metadata=())
    assert [each.rule for each in grade(foreign, style).findings] == ["leap"]
    assert grade(foreign, style, ["soprano"]).is_clean


ORNAMENTED = """style "part"  meter 2/4  key C major  voices { soprano E4..C5  bass C3..G3 }
melody soprano { ornaments off beats }  melody bass { notes C D E F G }  rhythm { every 1/4 }  form { A = 1.5 bars }
rule fifths is forbidden { for voices upper, lower  for consecutive moments s, t
  when moves(upper, s, t) and moves(lower, s, t)
  then interval(upper@s, lower@s) is P5 and interval(upper@t, lower@t) is P5 }
rule seconds is forbidden { for voices upper, lower  for moment m  then interval(upper@m, lower@m) in (M2, m2) }
rule still is avoided { for consecutive notes a, b in voice  then a.pitch == b.pitch }
forbid fifths, seconds  avoid still in bass weight 0.7
"""
TUNE = "given soprano = G4:1/8 B4 A4:1/4 G4:1/8 A4"


def test_ornaments_of_a_given_tune_condition_the_skeleton() -> None:
    """The law of the tune on the beats, kept to what its ornaments allow: said to the lattice, or drawn again."""
    beats = ORNAMENTED.replace("soprano { ornaments off beats }", "soprano { notes scale }")
    whole = law(style_of(f"{beats} given soprano = G4:1/4 A4 G4"))
    kept = {key: weight for key, weight in whole.items() if _keeps(key)}
    assert 10 <= len(kept) < 0.8 * len(whole)
    style = style_of(ORNAMENTED + TUNE)
    prepared = prepare(style, tunes_of(style, {}))
    assert isinstance(prepared, Prepared)
    found = {sung(key_of(realise(prepared.plan, each.assignment, bare=True))): each.log_weight
             for each in best(prepared.lattice, len(whole))}  # fmt: skip
    assert found.keys() == {sung(key) for key in kept}
    assert math.isclose(float(prepared.ahead.total), log_sum(list(kept.values())), abs_tol=1e-9)
    for key, weight in kept.items():
        assert math.isclose(found[sung(key)], weight, abs_tol=1e-9)
    assert all(piece.again == 0 and piece.grade.is_clean for piece in compose(prepared, range(40)))


def sung(key: Key) -> tuple[str, ...]:
    """The pitches of the bass."""
    return tuple(str(pitch) for voice, _, _, pitch in key[1:] if voice == "bass")  # type: ignore[misc]


def _keeps(key: Key) -> bool:
    """Whether a bass keeps both rules under the whole tune, by MIDI numbers."""
    heights = {"C": 48, "D": 50, "E": 52, "F": 53, "G": 55}
    low = [heights[pitch[0]] for pitch in sung(key)]
    pairs = list(zip([67, 71, 69, 69, 67, 69], [each for each in low for _ in range(2)], strict=True))
    if any((upper - lower) % 12 in (1, 2) for upper, lower in pairs):
        return False
    return not any(
        a != c and b != d and (a - b) % 12 == 7 and (c - d) % 12 == 7
        for (a, b), (c, d) in itertools.pairwise(pairs)
    )
