"""Grades that one looks at: the page, the marked score, and the table of a class."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.theory.pitch import Pitch
from tests.cli.conftest import Run


@pytest.fixture
def handed_in(run: Run, small: Path, folder: Path) -> Path:
    """A folder with a good piece, one whose first bass note lies below its range, and no score at all."""
    place = folder / "handed-in"
    place.mkdir()
    assert run("compose", "small.rules", "--seed", "1", "-o", "handed-in/anna.musicxml").exit_code == 0
    score = read_score(place / "anna.musicxml")
    first = score.notes_of("bass")[0]
    notes = tuple(replace(note, pitch=Pitch.parse("G2")) if note == first else note for note in score.notes)
    write_musicxml(replace(score, notes=notes), place / "ben.musicxml")
    (place / "clara.musicxml").write_text("<html/>")
    (place / "readme.md").write_text("no score")
    return place


def test_a_class_is_told_as_a_table_with_what_went_wrong_most(run: Run, handed_in: Path) -> None:
    done = run("grade", "handed-in", "--style", "small.rules", "--hard-only", "-o", "class.csv")
    assert done.exit_code == 1, done.output
    lines = done.stdout.splitlines()
    assert re.match(r"anna.musicxml +clean +0 ", lines[1])
    assert re.match(r"ben.musicxml +not clean +[1-9]", lines[2])
    assert re.match(r"clara.musicxml +not read", lines[3])
    assert lines[-2:] == ["1 of 3 scores clean", "-> class.csv"]
    assert "clara.musicxml" in done.stderr and "no MusicXML score" in done.stderr
    rows = [*csv.DictReader((handed_in.parent / "class.csv").read_text().splitlines())]
    assert [row["score"] for row in rows] == ["anna.musicxml", "ben.musicxml", "clara.musicxml"]
    assert [row["voice_range"] for row in rows] == ["0", "1", "0"]


def test_the_page_lights_up_notes_that_are_there(run: Run, handed_in: Path) -> None:
    pytest.importorskip("verovio")
    done = run("grade", "handed-in", "--style", "small.rules", "-o", "class.html")
    assert done.exit_code == 1, done.output
    page = (handed_in.parent / "class.html").read_text(encoding="utf-8")
    told = re.findall(r'<button [^>]*class="(hard|soft)"[^>]*data-notes="([^"]*)"', page)
    assert told and {kind for kind, _ in told} >= {"hard"}
    drawn = set(re.findall(r'<g id="(n\d+-\d+)"', page))
    named = {note for _, notes in told for note in notes.split()}
    assert named and named <= drawn
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)  # it needs nothing from elsewhere
    assert page.count("<section") == 3


def test_the_marked_score_is_the_same_music_with_coloured_notes(run: Run, handed_in: Path) -> None:
    done = run(
        "grade", "handed-in/ben.musicxml", "--style", "small.rules", "--hard-only", "-o", "marked.musicxml"
    )
    assert done.exit_code == 1, done.output
    text = (handed_in.parent / "marked.musicxml").read_text(encoding="utf-8")
    marked, before = read_score(handed_in.parent / "marked.musicxml"), read_score(handed_in / "ben.musicxml")
    assert (marked.notes, marked.chords, marked.timeline) == (before.notes, before.chords, before.timeline)
    root = ElementTree.fromstring(text)
    red = [note for note in root.iter("note") if note.get("color") == "#C00000"]
    assert [note.findtext("pitch/step") for note in red if note.find("pitch/octave").text == "2"] == ["G"]  # type: ignore[union-attr]
    assert "voice range" in [words.text for words in root.iter("words")]


def test_a_score_that_is_no_musicxml_is_written_anew_and_marked(run: Run, small: Path, folder: Path) -> None:
    assert run("compose", "small.rules", "--seed", "1", "-o", "a.txt", "-o", "a.mid").exit_code == 0
    for name in ("a.txt", "a.mid"):
        done = run("grade", name, "--style", "small.rules", "-o", "marked.mxl")
        assert done.exit_code == 0, done.output
        assert read_score("marked.mxl").notes_of("soprano")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["handed-in", "--json"], 2, "--json is for one score"),
        (["handed-in", "-o", "all.musicxml"], 2, "mark each score by itself"),
        (["handed-in/ben.musicxml", "-o", "it.doc"], 1, "its ending is none that this is written in"),
        (["handed-in/ben.musicxml", "-o", "nowhere/it.html"], 1, "there is no folder nowhere"),
        (["handed-in/ben.musicxml", "-o", "handed-in/ben.musicxml"], 1, "is not written over"),
        ([".", "-o", "all.csv"], 1, "has no scores in it"),
        (["handed-in/ben.musicxml", "--voices", "soprano"], 2, "write it as VOICE=PART"),
        (["handed-in/ben.musicxml", "--key", "H dur"], 1, "is not a note name"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, handed_in: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run("grade", *arguments, "--style", "small.rules")
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
