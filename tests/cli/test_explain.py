"""`rulegen explain`: one note, a bar, a whole score."""

from __future__ import annotations

import json
from itertools import takewhile
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def piece(run: Run, small: Path, folder: Path) -> Path:
    """A piece of the small style."""
    assert run("compose", "small.rules", "--seed", "1", "-o", "piece.musicxml").exit_code == 0
    return folder / "piece.musicxml"


def test_one_note_is_told_with_all_that_could_stand_there(run: Run, piece: Path) -> None:
    done = run("explain", str(piece), "--style", "small.rules", "--at", "soprano 1.2")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("soprano, bar 1, beat 2: ")
    assert lines[2].split()[:2] == ["chance", "pitch"]
    chances = [float(line.split()[0]) for line in takewhile(bool, lines[3:])]
    assert chances == sorted(chances, reverse=True) and sum(chances) == pytest.approx(1, abs=0.01)


def test_a_bar_or_all_are_told_as_a_table(run: Run, piece: Path) -> None:
    bar = run("explain", str(piece), "--style", "small.rules", "--bar", "1")
    whole = run("explain", str(piece), "--style", "small.rules")
    assert bar.exit_code == whole.exit_code == 0
    assert {line.split()[0] for line in bar.stdout.splitlines()[1:-2]} == {"1"}
    assert len(whole.stdout.splitlines()) > len(bar.stdout.splitlines())
    assert "as all else stands" in whole.stdout.splitlines()[-1]


def test_json_says_the_same(run: Run, piece: Path) -> None:
    done = run("explain", str(piece), "--style", "small.rules", "--at", "bass 1.1", "--json")
    [note] = json.loads(done.stdout)
    assert (note["voice"], note["bar"], note["beat"]) == ("bass", "1", "1")
    assert sum(each["chance"] or 0.0 for each in note["alternatives"]) == pytest.approx(1)
    assert all(each["broken"] for each in note["alternatives"] if each["chance"] is None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--at", "soprano"], 2, "write it as voice, bar and beat"),
        (["--at", "soprano 1.1", "--bar", "1"], 2, "give one of them"),
        (["--at", "soprano 99.1"], 1, "soprano has no note at bar 99, beat 1"),
        (["--at", "viola 1.1"], 1, "the score has no voice 'viola': its voices are soprano, bass"),
        (["--at", "soprano 1.x"], 1, "'x' is no beat"),
        (["--bar", "99"], 1, "the score has no notes in a bar 99"),
    ],
)
def test_what_is_not_there_is_said(run: Run, piece: Path, arguments: list[str], code: int, said: str) -> None:
    done = run("explain", str(piece), "--style", "small.rules", *arguments)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
