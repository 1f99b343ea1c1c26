"""What a repeat sign can say: one section that comes again at once, or several in a row."""

from __future__ import annotations

import pytest

from rulegen.io.bars import found_folds, printed_bars
from rulegen.io.musicxml import musicxml_text
from rulegen.io.read import read_score
from rulegen.score.events import Score
from rulegen.score.notation import format_score, parse_score

BARS = {"A": "C4:1/4 D4 E4 F4", "B": "G4:1/4 F4 E4 D4", "C": "C4:1/1"}


def score_of(order: str) -> Score:
    """A piece of one-bar sections in the order of their letters."""
    first: dict[str, int] = {}
    lines, said = [], {letter: 0 for letter in BARS}
    for place, letter in enumerate(order):
        said[letter] += 1
        again = f" repeats {first[letter]}" if letter in first else ""
        statement = f" statement {said[letter]}" if said[letter] > 1 else ""
        lines.append(f"section {letter} {place}..{place + 1}{statement}{again}")
        first.setdefault(letter, place)
    music = " | ".join(BARS[letter] for letter in order)
    text = (
        'title "Folds"\nkey C major\nmeter 4/4\ntempo quarter = 96\nvoice v C4..G4\n'
        + "\n".join(lines)
        + f"\n\nv | {music} |\n"
    )
    return parse_score(text)


@pytest.mark.parametrize(
    ("order", "folds", "bars"),
    [
        ("AAB", [(0, 1, 2)], 2),
        ("ABAB", [(0, 2, 2)], 2),
        ("ABACABAC", [(0, 4, 2)], 4),
        ("ABABC", [(0, 2, 2)], 3),
        ("AABAAB", [(0, 1, 2), (3, 4, 2)], 4),
        ("ABA", [], 3),
    ],
)
def test_sections_that_come_again_in_a_row_are_printed_once(
    order: str, folds: list[tuple[int, int, int]], bars: int
) -> None:
    score = score_of(order)
    assert [(fold.start, fold.end, fold.times) for fold in found_folds(score)] == folds
    assert len(printed_bars(score)) == bars


@pytest.mark.parametrize("order", ["ABAB", "ABACABAC", "ABABC"])
def test_a_run_of_sections_is_read_back_as_it_sounds(order: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    score = score_of(order)
    place = tmp_path / "folds.musicxml"
    place.write_text(musicxml_text(score), encoding="utf-8")
    assert read_score(place).notes == score.notes
    assert parse_score(format_score(score)) == score
