"""Right and wrong part-writing that others wrote, by our rules: what they find is found, what must be silent is silent."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rulegen.folds.run import judge
from rulegen.rules.music import music_of
from rulegen.score.events import Note, Score, Voice
from rulegen.score.timeline import Timeline
from rulegen.style.model import Style
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key
from tests.oracle.brute import style_of

FILE = Path(__file__).parents[2].parent / "shared" / "cases" / "part_writing.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"] if FILE.exists() else []
NAMES = {"S": "soprano", "A": "alto", "T": "tenor", "B": "bass"}
LOW, HIGH = Pitch.parse("C1"), Pitch.parse("C7")

FINDINGS = {
    "identical_voicing": "forbid all_voices_still",
    "all_voices_same_direction": "forbid all_voices_same_direction",
    "leap_over_2nd": "forbid leap",
    "leap_over_3rd": "forbid wide_leap(size = M3)",
    "leap_over_5th": "forbid wide_leap(size = P5)",
    "leap_over_8ve": "forbid wide_leap(size = P8)",
    "melodic_augmented": "forbid augmented_leap",
    "parallel1": "forbid parallel_unisons",
    "parallel5": "forbid parallel_fifths",
    "parallel8": "forbid parallel_octaves",
    "anti_parallel5": "forbid antiparallel_fifths",
    "hidden5": "forbid hidden_fifths",
    "hidden8": "forbid hidden_octaves",
    "direct5_outer_leap": "forbid direct_fifths",
    "unequal5": "forbid unequal_fifths",
    "crossing": "forbid voice_crossing",
    "overlap": "forbid voice_overlap",
    "spacing": "forbid wide_spacing between soprano, alto  forbid wide_spacing between alto, tenor "
    " forbid wide_spacing(size = P12) between tenor, bass",
    "range": "require range(low = C4, high = G5) in soprano  require range(low = G3, high = D5) in alto "
    " require range(low = C3, high = G4) in tenor  require range(low = E2, high = C4) in bass",
    "unison_by_leap": "forbid unison_by_leap",
    "tritone_unresolved": "require tritone_resolution",
    "leadingtone_doubled": "forbid leading_tone_doubled",
    "leadingtone_unresolved": "require leading_tone_resolution",
    "seventh_unresolved": "require seventh_resolution",
    "seventh_unprepared": "require seventh_prepared",
    "root_not_doubled": "require root_doubling",
    "seventh_chord_incomplete": "require chord_complete",
}

_LABELS = "the rule reads chord labels, which the cases do not have"
DISAGREEMENTS: dict[tuple[str, str], str] = {
    (
        "romanyh_hidden_fifth",
        "hidden5",
    ): "the fifth that is reached is diminished, B3 to F4: no perfect consonance is hidden",
    ("romanyh_seventh_unprepared", "seventh_unprepared"): _LABELS,
    ("romanyh_seventh_unresolved", "seventh_unresolved"): _LABELS,
    ("romanyh_leadingtone_unresolved", "leadingtone_unresolved"): _LABELS,
    ("romanyh_third_doubled", "root_not_doubled"): _LABELS,
    (
        "harmony_checker_wrong",
        "unequal5",
    ): "the soprano holds its note: two fifths are unequal where both voices move",
    ("romanyh_seventh_missing_note", "seventh_chord_incomplete"): _LABELS,
}


def _score(case: dict[str, Any]) -> Score:
    names = [NAMES[letter] for letter in case["voices"]]
    quarter = Fraction(1, 4)
    notes = tuple(
        Note(name, quarter * place, quarter, Pitch.parse(written))
        for place, chord in enumerate(case["chords"])
        for name, written in zip(names, chord, strict=True)
    )
    written = case["key"] or "C"
    key = Key.parse(f"{written.upper()} {'minor' if written.islower() else 'major'}")
    voices = tuple(Voice(name, LOW, HIGH) for name in names)
    return Score(case["id"], voices, Timeline.plain(key, Meter.parse("4/4")), notes)


@cache
def _style(finding: str) -> Style:
    return style_of(
        f"""style "{finding}"  use voice_leading, melody, harmony  meter 4/4  key C major
        voices {{ soprano C4..A5  alto G3..D5  tenor C3..A4  bass E2..D4 }}  form {{ A = 1 bars }}  {FINDINGS[finding]}"""
    )


def found(case: dict[str, Any], finding: str) -> set[tuple[int, str]]:
    """(chord where it is completed, voices by their letters) of all that our rule for a finding finds."""
    music = music_of(_score(case))
    places = set()
    for use in _style(finding).uses:
        if use.pack is None:
            for each in judge(use, music).found:
                voices = "".join(
                    case["voices"][voice] for voice in sorted(set(each.instance.voices.values()))
                )
                places.add((each.moments[-1], voices))
    return places


def _is_made(case: dict[str, Any], expected: dict[str, Any]) -> bool:
    made = found(case, expected["rule"])
    return any(
        at == expected["at"] and set(voices) <= set(expected["voices"] or voices) for at, voices in made
    )


EXPECTED = [(case, each) for case in CASES for each in case["expect"]]
ABSENT = [(case, rule) for case in CASES for rule in case["expect_absent"]]


def _name(case: dict[str, Any], rule: str) -> str:
    return f"{case['id']}: {rule}"


@pytest.mark.skipif(not CASES, reason="the cases lie beside the project's own checkout only")
def test_all_cases_are_read() -> None:
    assert len(CASES) == 76
    assert {each["rule"] for _, each in EXPECTED} <= FINDINGS.keys()


@pytest.mark.parametrize(
    ("case", "expected"), EXPECTED, ids=[_name(case, each["rule"]) for case, each in EXPECTED]
)
def test_an_expected_finding_is_made_at_its_chord(case: dict[str, Any], expected: dict[str, Any]) -> None:
    disagreement = DISAGREEMENTS.get((case["id"], expected["rule"]))
    assert _is_made(case, expected) == (disagreement is None), disagreement


@pytest.mark.parametrize(("case", "rule"), ABSENT, ids=[_name(case, rule) for case, rule in ABSENT])
def test_what_must_be_silent_is_silent(case: dict[str, Any], rule: str) -> None:
    disagreement = DISAGREEMENTS.get((case["id"], rule))
    assert (not found(case, rule)) == (disagreement is None), disagreement
