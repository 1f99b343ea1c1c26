"""The minuet and the hymn that changes its meter: composed, written, read back and graded."""

from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.style.check import load_style
from tests.style.building import style_of

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


def test_a_foreign_note_before_a_change_of_key_is_of_a_kind_all_the_same() -> None:
    """What kinds compare across the change fits none: the last note of a section is not left free by that."""
    style = style_of(
        """style "Changes"  meter 4/4  key D minor
        use ornaments
        voices { right A4..F5 }
        form { A = 1 bars  B = 1 bars in III  piece = A B A }
        harmony { chords minor i V  chords major I V  change every half bar }
        rhythm right { every 1/8  close 1/2 }
        foreign right { passing, neighbour, suspension }
        """,
        "",
    )
    prepared = prepare(style, tunes_of(style, {}))
    for piece in compose(prepared, range(1, 9)):
        assert piece.grade.is_clean
