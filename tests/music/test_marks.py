"""Marks on notes: the example of the tour that draws them, there and back."""

from __future__ import annotations

from pathlib import Path

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.style.check import load_style

ROOT = Path(__file__).resolve().parents[2]


def test_marks_come_back_from_musicxml_and_grade_clean(tmp_path: Path) -> None:
    style = load_style(ROOT / "examples" / "15_dynamics_and_articulation.rules")
    (piece,) = compose(prepare(style, {}), [1])
    write_musicxml(piece.score, tmp_path / "it.musicxml")
    again = read_score(tmp_path / "it.musicxml")
    marks = [(note.articulations, note.slurred) for note in piece.score.notes]
    assert len(set(marks)) > 2
    assert [(note.articulations, note.slurred) for note in again.notes] == marks
    assert {(each.onset, each.level) for each in again.dynamics} == {
        (each.onset, each.level) for each in piece.score.dynamics
    }
    assert {(each.onset, each.end, each.kind) for each in again.hairpins} == {
        (each.onset, each.end, each.kind) for each in piece.score.hairpins
    }
    assert grade(again, style).is_clean
