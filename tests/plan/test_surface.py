"""The surface of a plan: what it needs of a style, and what it keeps of what is given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import StyleError
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.score.skeleton import skeleton_of
from tests.oracle.brute import style_of

DUO = """style "duo"  use ornaments, voice_leading  meter 4/4  key C major
voices { soprano C4..G5  bass C3..C4 }  form { A = 2 bars, cadence half, 2 bars }
harmony { chords I IV V V6 vi }  forbid parallel_fifths, parallel_octaves
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("embellish { grid 1/4  passing often }", "too coarse"),
        (
            "rhythm bass { every 1/8 }  embellish soprano { grid 1/4  passing often }",
            "lie on the grid of 1/4",
        ),
        ("rhythm soprano { values 1/4, 1/2 }  embellish { passing often }", "drawn with its notes"),
        (
            "rhythm soprano { values 1/4, 1/2 }  embellish bass { passing often }",
            "no voice has ornaments beside it",
        ),
        ("rhythm { begin after 1/4 }  embellish { passing often }", "has rests"),
        (
            "rhythm first  rhythm soprano { values 1/4, rest 1/4 }  embellish { passing often }",
            "`soprano` has rests",
        ),
        (
            "rhythm first  rhythm bass { values 1/4, 1/8, 1/2 }  embellish soprano { grid 1/4  passing often }",
            "do not lie on the grid of 1/4",
        ),
    ],
)
def test_what_cannot_be_embellished_is_refused(text: str, message: str) -> None:
    with pytest.raises(StyleError) as told:
        prepare(style_of(DUO + text), {})
    assert message in told.value.diagnostics[0].message


def test_a_piece_is_read_back_with_its_skeleton_and_graded_clean(tmp_path: Path) -> None:
    style = style_of(DUO + "embellish { passing usually  neighbour often  suspension often }")
    for piece in compose(prepare(style, {}), range(4)):
        path = tmp_path / "piece.musicxml"
        write_musicxml(piece.score, path)
        read = read_score(path)
        kept, known = skeleton_of(read), skeleton_of(piece.score)
        assert kept is not None and known is not None
        assert [note.pitch for note in kept.notes] == [note.pitch for note in known.notes]
        assert len(kept.notes) < len(read.notes)
        assert grade(read, style).is_clean


def test_ornaments_of_a_given_tune_are_heard() -> None:
    text = DUO.replace("form {", "melody soprano { ornaments off beats }  form {")
    given = "given soprano = C5:1/4 D5:1/8 E5 F5:1/4 E5 | D5 E5:1/8 D5 C5:1/4 B4 | C5 B4:1/8 A4 G4:1/4 A4 | B4 C5 D5 C5"
    style = style_of(text + given)
    pieces = compose(prepare(style, tunes_of(style, {})), range(12))
    assert all(piece.grade.is_clean for piece in pieces)
    assert {note.duration for note in pieces[0].score.notes_of("soprano")} == {Fraction(1, 8), Fraction(1, 4)}


def test_ornaments_stand_beside_rests_that_are_drawn_first() -> None:
    style = style_of(
        DUO + "rhythm first  rhythm bass { values 1/4, rest 1/4 }  embellish soprano { passing usually }"
    )
    pieces = compose(prepare(style, {}), range(4))
    assert all(grade(piece.score, style).is_clean for piece in pieces)
    assert any(note.is_rest for piece in pieces for note in piece.score.notes_of("bass"))
    assert any(
        note.duration == Fraction(1, 8) for piece in pieces for note in piece.score.notes_of("soprano")
    )
