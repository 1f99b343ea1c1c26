"""`rulegen repair`: what it changes, what it writes, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.theory.pitch import Pitch
from tests.cli.conftest import Run


@pytest.fixture
def spoiled(run: Run, small: Path, folder: Path) -> Path:
    """A piece of the small style with its first bass note below its range."""
    assert run("compose", "small.rules", "--seed", "1", "-o", "good.musicxml").exit_code == 0
    score = read_score("good.musicxml")
    first = score.notes_of("bass")[0]
    notes = tuple(replace(note, pitch=Pitch.parse("G2")) if note == first else note for note in score.notes)
    write_musicxml(replace(score, notes=notes), "spoiled.musicxml")
    return folder / "spoiled.musicxml"


def test_what_was_spoiled_is_corrected_marked_and_clean(run: Run, spoiled: Path) -> None:
    done = run("repair", "spoiled.musicxml", "--style", "small.rules", "-o", "corrected.musicxml")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "1 note changed; no fewer would do"
    assert lines[1].startswith("  bar 1, beat 1: bass G2 -> ") and lines[2] == "-> corrected.musicxml"
    assert run("grade", "corrected.musicxml", "--style", "small.rules").exit_code == 0
    assert "was G2" in Path("corrected.musicxml").read_text()


def test_several_repairs_have_a_file_each_and_a_good_score_needs_none(run: Run, spoiled: Path) -> None:
    done = run("repair", "spoiled.musicxml", "--style", "small.rules", "--count", "2", "-o", "c.musicxml")
    assert [line[:2] for line in done.stdout.splitlines() if "changed" in line] == ["1.", "2."]
    assert Path("c-1.musicxml").exists() and Path("c-2.musicxml").exists()
    done = run("repair", "good.musicxml", "--style", "small.rules")
    assert done.stdout == "nothing to repair: all hard rules are kept\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spoiled.musicxml", "-o", "it.html"], "its ending is none that this is written in"),
        (["spoiled.musicxml", "-o", "spoiled.musicxml"], "is not written over"),
        (["spoiled.musicxml", "--keep", "tenor"], "the style has no voice 'tenor'"),
        (["nowhere.musicxml"], "nowhere.musicxml does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, spoiled: Path, arguments: list[str], said: str) -> None:
    done = run("repair", *arguments, "--style", "small.rules")
    assert (done.exit_code, said in done.stderr) == (1, True), done.output


def test_what_is_kept_is_not_corrected(run: Run, spoiled: Path) -> None:
    done = run("repair", "spoiled.musicxml", "--style", "small.rules", "--keep", "bass")
    assert done.exit_code == 1
    assert "bass is kept, and G2 lies outside the range of bass" in done.stderr
