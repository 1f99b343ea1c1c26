"""The minuet and the hymn that changes its meter: composed, written, read back and graded."""

from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.style.check import load_style

ROOT = Path(__file__).resolve().parents[2]


def test_a_minuet_closes_its_first_strain_in_the_dominant_and_its_second_at_home() -> None:
    style = load_style(ROOT / "styles" / "minuet.rules")
    (piece,) = compose(prepare(style, {}), [2])
    score = piece.score
    ends = {phrase.end: phrase.section for phrase in score.phrases}
    closes = {
        ends[event.end]: (str(event.chord.key), event.chord.label)
        for event in score.chords
        if event.end in ends
    }
    assert closes == {
        "A": ("G major", "V"),
        "B": ("D major", "I"),
        "C": ("G major", "V"),
        "D": ("G major", "I"),
    }
    assert len(score.timeline.signatures) == 1


@pytest.mark.parametrize("path", ["styles/minuet.rules", "examples/14_keys_and_meters.rules"])
def test_music_in_several_keys_and_meters_comes_back_from_musicxml_and_grades_clean(
    path: str, tmp_path: Path
) -> None:
    style = load_style(ROOT / path)
    (piece,) = compose(prepare(style, {}), [1])
    write_musicxml(piece.score, tmp_path / "it.musicxml")
    again = read_score(tmp_path / "it.musicxml")
    assert again.timeline == piece.score.timeline
    assert grade(again, style).is_clean
