"""Fux's own first species under `fux_species_1`: silent but where it is stricter than Fux, which docs/strictness.md lists.

`python -m tests.library.test_fux` writes the page anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from rulegen.folds.run import judge
from rulegen.rules.music import music_of
from rulegen.style.model import Style
from tests.library.exercises import EXERCISES, ROOT, score_of
from tests.oracle.brute import style_of

PAGE = ROOT / "docs" / "strictness.md"
STRICTER = {"voice_crossing"}  # what the pack forbids and Fux writes, in two voices

HEAD = """# Where first species is stricter than Fux

What `fux_species_1` finds in Fux's own first-species exercises (*Gradus ad Parnassum*, 1725), each hard rule that is broken with the
bars where it is. Soft rules are tendencies, and are not listed. The page is made by `python -m tests.library.test_fux` from Fux's
exercises as data (MarkGotham/species, MIT), and a test compares it.
"""

NOTES = """
In two voices all that is left is `voice_crossing`: Fux lets the voices cross for a moment, the pack does not. Exercise fux_022 has more: a fourth
under crossed voices, and a leap of a major seventh, A3 to G#4, both of which look like a slip of an octave in the data.
"""


@dataclass(frozen=True, order=True)
class Strictness:
    """A rule that an exercise breaks, and the bars where it does."""

    exercise: str
    rule: str
    bars: tuple[int, ...]


def first_species(voices: int) -> list[dict[str, Any]]:
    """The exercises of first species in so many voices."""
    return [e for e in EXERCISES if len(e["parts_top_first"]) == voices and e["meta"][0]["species"] == "1"]


@cache
def _style() -> Style:
    """A style that applies the pack; of voices and keys its uses know nothing."""
    said = """style "first species"  use fux_species_1  meter 4/4  key C major  voices { v C2..C6 }  form { A = 1 bars }"""
    return style_of(said)


def broken(exercise: dict[str, Any]) -> list[Strictness]:
    """The hard rules of the pack that an exercise breaks."""
    score = score_of(exercise)
    music = music_of(score)
    found: dict[str, set[int]] = {}
    for use in _style().uses:
        for each in judge(use, music).found if use.hard else ():
            onset = music.draft.frame.onsets[each.moments[-1]]
            found.setdefault(use.rule.name, set()).add(score.timeline.bar_number(onset))
    return sorted(Strictness(exercise["id"], rule, tuple(sorted(bars))) for rule, bars in found.items())


def page() -> str:
    """The text of docs/strictness.md."""
    lines = [HEAD]
    for voices, said in ((2, "two"), (3, "three"), (4, "four")):
        exercises = first_species(voices)
        rows = [each for exercise in exercises for each in broken(exercise)]
        clean = len(exercises) - len({each.exercise for each in rows})
        lines.append(f"## In {said} voices\n\n{len(exercises)} exercises, {clean} without a finding.\n")
        lines.append("| exercise | rule | bars |\n| --- | --- | --- |")
        lines += [f"| {each.exercise} | `{each.rule}` | {', '.join(map(str, each.bars))} |" for each in rows]
        lines.append(NOTES if voices == 2 else "")
    return "\n".join(lines).rstrip() + "\n"


if not EXERCISES:
    pytest.skip("Fux's exercises lie beside the project's own checkout only", allow_module_level=True)


@pytest.mark.parametrize("exercise", first_species(2), ids=lambda each: str(each["id"]))
def test_in_two_voices_only_what_is_stricter_than_fux_is_found(exercise: dict[str, Any]) -> None:
    slip = {"harmonic_consonance", "melodic_interval"} if exercise["id"] == "fux_022" else set()
    assert {each.rule for each in broken(exercise)} <= STRICTER | slip


def test_the_page_says_what_is_stricter_than_fux() -> None:
    assert PAGE.read_text() == page()


if __name__ == "__main__":
    PAGE.write_text(page())
