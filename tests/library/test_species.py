"""Fux's 120 solutions under the plain packs of species, and faults planted in them one note at a time.

`python -m tests.library.test_species` writes docs/species.md anew.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from rulegen.folds.run import judge
from rulegen.rules.music import music_of
from rulegen.style.model import Style
from tests.library.counterpoint import Exercise, Tone, breaches
from tests.library.exercises import EXERCISES, ROOT, score_of, species_of
from tests.oracle.brute import style_of

PAGE = ROOT / "docs" / "species.md"
FAULTS, SEED = 300, 1725

# Why each solution that is not clean is not: what the data must have lost, or where the rule is stricter than Fux.
REASONS = {
    "fux_022": "A3 leaps a major seventh to G#4, and a fourth is struck under crossed voices: a note an octave off in the data",
    "fux_085b": "D3 is struck again over the bar line, in the middle of a run of ligatures: a tie that the data lost",
    "fux_086a": "A4 is struck again over the bar line where it is a suspension, prepared, that falls to G4: a tie that the data lost",
    "fux_118": "the lowest voice goes along a third below the given line and ends on A under C: a part read in a wrong clef",
    "fux_125": "F-E moves in octaves between the outer voices, and the close is D-E in the upper voice against no clausula: Fux, or the data",
    "fux_141": "C5 over G3 begins a ligature on a fourth above the lowest voice: Fux lets a six-four pass",
    "fux_143": "the last chord has F4, a minor third, over D3: Fux writes F#4 wherever else he closes so",
    "fux_159": "F3 is leapt to under E4 and left by step: Fux counts the fifth and sixth above it, and not the seventh",
    "fux_165": "the last chord has G3 between D3 and F#4: a slip of a line for A3",
    "fux_176": "D-A goes to E-B, fifths between the outer of two inner voices on the weak half: Fux, in four voices",
    "fux_184": "A3-A4 and C4-C5 move in octaves, G# is doubled and B3 stands under C5: two parts of another solution in one",
    "fux_203": "F4 over C#4, and A3 under B4: a part that lies against the bar line in the data",
}

BROKEN_BY: dict[str, set[str]] = {
    "a dissonance is struck on the downbeat": {"struck_together"},
    "the beginning is not perfect": {"opens_perfect"},
    "a ligature begins dissonant": {"ligature_prepared"},
    "a dissonance does not pass": {"passing_only"},
    "a dissonance is leapt to": {"dissonance_by_step"},
    "a dissonance is left by a leap": {"dissonance_by_step"},
    "a suspension does not fall": {"ligature_falls", "ligature_falls_at_last", "ligature_falls_under_motion"},
    "a suspension falls to a dissonance": {"ligature_resolves"},
    "parallel fifths": {"parallel_fifths"},
    "parallel octaves": {"parallel_octaves", "parallel_unisons"},
    "parallels on the downbeats": {"downbeat_parallels"},
    "a line leaps what it may not": {"line_interval"},
    "a line moves by chromatic semitone": {"chromatic_line"},
    "a note is struck again": {"moving_note_repeated", "florid_note_repeated"},
    "the lowest voice does not end on the final": {"final_in_lowest"},
    "the end is no unison or octave": {"perfect_ending"},
    "the last chord holds what it may not": {"final_sonority"},
    "the close is no clausula": {"clausula_vera"},
    "two voices meet on a downbeat": {"unison_on_downbeat"},
    "two voices go the same way into a perfect consonance": {"direct_motion_to_perfect"},
    "a note is too short for its species": {"note_values"},
    "an eighth stands on a strong beat": {"eighths_off_the_accent"},
}


@cache
def _style(species: str) -> Style:
    """A style that applies what is plain in a species; of voices and keys its uses know nothing."""
    pack = "species_plain_3" if "," in species else f"species_plain_{species}"
    return style_of(
        f"""style "plain"  use {pack}  meter 4/4  key C major  voices {{ v C2..C6 }}  form {{ A = 1 bars }}"""
    )


def findings(exercise: dict[str, Any], asked: Container[str] | None = None) -> Counter[tuple[str, int]]:
    """(rule, bar) of each finding of the plain pack of an exercise's species, or of those of its rules that are asked."""
    score = score_of(exercise)
    music, found = music_of(score), Counter[tuple[str, int]]()
    for use in _style(species_of(exercise)).uses:
        if asked is not None and use.rule.name not in asked:
            continue
        for each in judge(use, music).found:
            found[use.rule.name, score.timeline.bar_number(music.draft.frame.onsets[each.moments[-1]])] += 1
    return found


@cache
def found_in(name: str) -> tuple[tuple[str, int], ...]:
    """What is found in a solution of Fux's."""
    return tuple(findings(next(each for each in EXERCISES if each["id"] == name)))


def by_hand(exercise: dict[str, Any]) -> Exercise:
    """The exercise as the judge without the engine reads it."""
    lines = tuple(tuple(Tone(*note) for note in part) for part in exercise["parts_top_first"])
    return Exercise(lines, int(species_of(exercise)[-1]), exercise["meta"][0]["final"].upper())


@dataclass(frozen=True)
class Fault:
    """A solution in which one note was changed, and a kind of breach that it has since."""

    exercise: dict[str, Any]
    kind: str

    @property
    def is_found(self) -> bool:
        """Whether a rule finds it that was broken."""
        return bool(findings(self.exercise, BROKEN_BY[self.kind]))


def _changed(exercise: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One note of another pitch, or divided in an eighth and the rest."""
    parts = [[list(note) for note in part] for part in exercise["parts_top_first"]]
    part = rng.choice(parts)
    place = rng.randrange(len(part))
    name, onset, length = part[place]
    if rng.random() < 0.05 and length > 0.5:
        part[place : place + 1] = [
            [name, onset, 0.5],
            [rng.choice("CDEFGAB") + name[-1], onset + 0.5, length - 0.5],
        ]
    else:
        by = rng.choice([-8, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 8])
        step = "CDEFGAB".index(name[0]) + 7 * int(name[-1]) + by
        part[place][0] = "CDEFGAB"[step % 7] + rng.choice(["", "", "", "", "#", "-"]) + str(step // 7)
    return {**exercise, "parts_top_first": parts}


@cache
def faults() -> tuple[Fault, ...]:
    """Changes that are surely wrong, in solutions that are clean; of each kind of breach at most a tenth."""
    rng, found, often = random.Random(SEED), list[Fault](), Counter[str]()
    clean = [each for each in EXERCISES if "," not in species_of(each) and each["id"] not in REASONS]
    while len(found) < FAULTS:
        changed = _changed(rng.choice(clean), rng)
        kinds = {kind for kind, _, _ in breaches(by_hand(changed))}
        kind = min(kinds, key=lambda each: (often[each], each), default="")
        if kind and often[kind] < FAULTS // 10:
            often[kind] += 1
            found.append(Fault(changed, kind))
    return tuple(found)


HEAD = """# Fux's solutions under the species packs

What `species_plain_1` to `species_plain_5` find in Fux's own 120 solutions (*Gradus ad Parnassum*, 1725: two to four voices, first to fifth species; mixed
species under the third), and in faults planted in them. The packs hold what Fux keeps and nothing of taste. The page is made by
`python -m tests.library.test_species` from the solutions as data (MarkGotham/species, MIT), and tests keep what it says.
"""


def page() -> str:
    """The text of docs/species.md."""
    lines = [HEAD, "| voices | species | solutions | without a finding |", "| --- | --- | --- | --- |"]
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for exercise in EXERCISES:
        groups.setdefault((len(exercise["parts_top_first"]), species_of(exercise)), []).append(exercise)
    for (voices, species), own in sorted(groups.items()):
        lines.append(
            f"| {voices} | {species} | {len(own)} | {sum(not found_in(each['id']) for each in own)} |"
        )
    lines.append(f"| all | | {len(EXERCISES)} | {sum(not found_in(each['id']) for each in EXERCISES)} |")
    lines += ["", "## What is found, and why", "", "| rule | solutions |", "| --- | --- |"]
    by_rule: dict[str, set[str]] = {}
    for exercise in EXERCISES:
        for rule, _ in found_in(exercise["id"]):
            by_rule.setdefault(rule, set()).add(exercise["id"])
    lines += [f"| `{rule}` | {', '.join(sorted(each))} |" for rule, each in sorted(by_rule.items())]
    lines += ["", "| solution | rule, bars | why |", "| --- | --- | --- |"]
    for name, reason in sorted(REASONS.items()):
        rules: dict[str, list[int]] = {}
        for rule, bar in sorted(found_in(name)):
            rules.setdefault(rule, []).append(bar)
        said = "; ".join(f"`{rule}` {', '.join(map(str, bars))}" for rule, bars in rules.items())
        lines.append(f"| {name} | {said} | {reason} |")
    lines += [
        "",
        "## Planted faults",
        "",
        PLANTED,
        "",
        "| what is wrong | planted | found by the rule that was broken |",
    ]
    lines.append("| --- | --- | --- |")
    planted, found = (
        Counter(each.kind for each in faults()),
        Counter(each.kind for each in faults() if each.is_found),
    )
    lines += [f"| {kind} | {count} | {found[kind]} |" for kind, count in sorted(planted.items())]
    lines.append(f"| all | {planted.total()} | {found.total()} |")
    return "\n".join(lines) + "\n"


PLANTED = """One note of a clean solution is changed, in pitch or in length, and kept where a judge that knows nothing of the
engine (`tests/library/counterpoint.py`) finds something that no teacher excuses."""


if not EXERCISES:
    pytest.skip("Fux's exercises lie beside the project's own checkout only", allow_module_level=True)


def test_nine_tenths_of_fux_are_clean_and_the_rest_have_reasons() -> None:
    unclean = {exercise["id"] for exercise in EXERCISES if found_in(exercise["id"])}
    assert unclean == REASONS.keys()
    assert len(unclean) <= len(EXERCISES) // 10


def test_planted_faults_are_found_by_the_rule_that_was_broken() -> None:
    lost = [fault for fault in faults() if not fault.is_found]
    assert len(faults()) == FAULTS
    assert len(lost) <= FAULTS // 20, [(fault.exercise["id"], fault.kind) for fault in lost]


def test_the_judge_without_the_engine_is_quiet_on_what_the_engine_passes() -> None:
    clean = [each for each in EXERCISES if "," not in species_of(each) and each["id"] not in REASONS]
    assert [each["id"] for each in clean if breaches(by_hand(each))] == []


if __name__ == "__main__":
    PAGE.write_text(page())
