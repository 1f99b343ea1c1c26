"""The judge of slices, on music of which the answer is known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks.slices import STEPS, Judged, Line, Note, judged, lines_of
from rulegen.io.musicxml import write_musicxml
from rulegen.score.notation import parse_score

EIGHTH = Fraction(1, 2)


def line(text: str) -> Line:
    """Notes such as `C4`, a quarter each, `C4.` an eighth, `C4-` a half, `C4!` with a fermata."""
    at, notes = Fraction(0), []
    for word in text.split():
        letter, sharp, octave = word[0], "#" in word, int(word.replace("#", "")[1])
        length = Fraction(2) if "-" in word else EIGHTH if "." in word else Fraction(1)
        pitch = 12 * octave + STEPS[letter] + sharp, 7 * octave + "CDEFGAB".index(letter)
        notes.append(Note(at, length, pitch, "!" in word))
        at += length
    return Line(tuple(notes), (Fraction(0),))


def judgment(*voices: str) -> Judged:
    return judged([line(voice) for voice in voices])


@pytest.mark.parametrize(
    ("soprano", "kind"),
    [
        ("G5. F5. E5 C5", "passing"),
        ("E5. F5. E5 C5", "neighbour"),
        ("G5. F5. F5 F5", "anticipation"),
        ("E5. F5. C5 C5", "escape tone"),
        ("C5. F5. E5 C5", "appoggiatura"),
    ],
)
def test_what_stands_between_chords_has_its_name(soprano: str, kind: str) -> None:
    lower = (
        ("G4 G4 A4", "E4 C4 F4", "C3 C3 F3")
        if kind != "anticipation"
        else ("G4 A4 A4", "E4 C4 C4", "C3 F3 F3")
    )
    found = judgment(soprano, *lower)
    assert found.unexplained == []
    assert found.kinds == {kind: 1}
    assert (found.slices, found.off_the_beat, found.with_foreign) == (4, 1, 1)


def test_a_suspension_is_counted_once_and_over_a_close_apart() -> None:
    found = judgment("C5 C5. B4. C5", "G4 G4 G4", "E4 D4 E4", "C3 G2 C3")
    assert found.kinds == {"suspension": 1}
    assert found.suspended_closes == 0
    assert judgment("C5 C5. B4.! C5", "G4 G4! G4", "E4 D4! E4", "C3 G2! C3").suspended_closes == 1


@pytest.mark.parametrize(
    "soprano",
    ["G5. F#5. C5 C5", "G5 F5- C5", "D5 D5 G5"],
    ids=["leapt to and left by leap", "too long to pass", "struck again and left by leap"],
)
def test_what_no_line_explains_is_told(soprano: str) -> None:
    found = judgment(soprano, "G4 G4 G4", "E4 C4 E4", "C3 C3 C3")
    assert len(found.unexplained) >= 1


def test_musicxml_is_read_as_it_is_written(tmp_path: Path) -> None:
    text = "meter 4/4\nkey C major\nvoice soprano C4..A5\nvoice bass C2..C4\n\nsoprano | G4:1/4 F4:1/8 E4 D4:1/2 | _:1/4 C4:1/2!\nbass | C3:1/1 | G2:1/4 C3:1/2!\n"
    path = tmp_path / "piece.musicxml"
    write_musicxml(parse_score(text), path)
    upper, lower = lines_of(path)
    assert [float(note.length) for note in upper.notes] == [1, 0.5, 0.5, 3, 2, 1]
    assert [note.has_fermata for note in lower.notes] == [False, False, True, False]
    assert lower.bars[:2] == (0, 4)
