"""`rulegen exercise`: sheets to be filled in, and mistakes to be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.theory.pitch import Pitch
from tests.cli.conftest import Run


def test_a_sheet_has_what_is_given_and_rests_and_its_key_is_clean(run: Run, folder: Path) -> None:
    done = run("exercise", "first_species", "--give", "cantus", "--count", "2", "-o", "sheet.musicxml")
    assert done.exit_code == 0, done.output
    assert "choices a note -> sheet-001.musicxml, sheet-001-key.musicxml" in done.stdout
    sheet, key = read_score("sheet-002.musicxml"), read_score("sheet-002-key.musicxml")
    assert sheet.notes_of("cantus") == key.notes_of("cantus")
    assert all(note.is_rest for note in sheet.notes_of("counterpoint"))
    assert run("grade", "sheet-002-key.musicxml", "--style", "first_species").exit_code == 0
    empty = run("grade", "sheet-002.musicxml", "--style", "first_species", "--hard-only")
    assert empty.exit_code == 1 and "counterpoint is silent in bars 1 to 11  [silence]" in empty.stdout


def test_a_sheet_that_is_filled_in_is_graded_and_what_was_given_may_not_change(
    run: Run, folder: Path
) -> None:
    assert run("exercise", "first_species", "--give", "cantus", "-o", "sheet.musicxml").exit_code == 0
    sheet, key = read_score("sheet.musicxml"), read_score("sheet-key.musicxml")
    filled = replace(sheet, notes=(*sheet.notes_of("cantus"), *key.notes_of("counterpoint")))
    write_musicxml(filled, "filled.musicxml")
    assert run("grade", "filled.musicxml", "--style", "first_species").exit_code == 0
    first = filled.notes_of("cantus")[1]
    other = replace(first, pitch=Pitch.parse("G4"))
    write_musicxml(
        replace(filled, notes=tuple(other if n == first else n for n in filled.notes)), "other.musicxml"
    )
    done = run("grade", "other.musicxml", "--style", "first_species", "--hard-only")
    assert "cantus was given, and is not as it was  [given_changed]" in done.stdout


def test_planted_mistakes_are_just_those_that_a_grade_finds(run: Run, small: Path, folder: Path) -> None:
    done = run("exercise", "first_species", "--mistakes", "2", "--seed", "3", "-o", "find.musicxml")
    assert done.exit_code == 0, done.output
    assert (
        run("exercise", "first_species", "--mistakes", "2", "--seed", "3", "-o", "again.musicxml").exit_code
        == 0
    )
    assert Path("find.musicxml").read_bytes() == Path("again.musicxml").read_bytes()
    graded = run("grade", "find.musicxml", "--style", "first_species", "--hard-only")
    assert graded.stdout.count(" broken ") == 2
    assert Path("find-key.musicxml").read_text().count('color="#C00000"') >= 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "a.musicxml"], 2, "say what is given"),
        (["--give", "cantus", "--mistakes", "2", "-o", "a.musicxml"], 2, "say what is given"),
        (["--give", "viola", "-o", "a.musicxml"], 1, "the piece has no voice 'viola'"),
        (["--give", "cantus,counterpoint", "-o", "a.musicxml"], 1, "all voices are given"),
        (["--give", "cantus", "-o", "a.wav"], 1, "a worksheet is a score"),
        (["--mistakes", "40", "-o", "a.musicxml"], 1, "mistakes, and 40 were asked for"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, folder: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run("exercise", "first_species", *arguments)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
