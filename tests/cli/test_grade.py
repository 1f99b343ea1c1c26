"""`rulegen grade`: its report, its JSON, its exit code."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.theory.pitch import Pitch

Run = Callable[..., Result]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "grade-schema.md"


@pytest.fixture
def piece(run: Run, small: Path, folder: Path) -> Path:
    """A piece of the small style."""
    assert run("compose", "small.rules", "--seed", "1", "-o", "piece.musicxml").exit_code == 0
    return folder / "piece.musicxml"


@pytest.fixture
def faulty(piece: Path) -> Path:
    """The piece with its bass far below its range on the first beat."""
    score = read_score(piece)
    first = score.notes_of("bass")[0]
    notes = tuple(replace(note, pitch=Pitch.parse("G2")) if note == first else note for note in score.notes)
    write_musicxml(replace(score, notes=notes), piece)
    return piece


def test_what_a_style_composed_is_clean_by_it(run: Run, piece: Path) -> None:
    done = run("grade", str(piece), "--style", "small.rules")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == f'{piece}, in C major, graded by "Small duo"'
    assert done.stdout.splitlines()[-1].startswith("clean: no hard rule is broken")
    assert "\033[" not in done.stdout


def test_a_broken_hard_rule_is_told_by_bar_and_beat(run: Run, faulty: Path) -> None:
    done = run("grade", str(faulty), "--style", "small.rules")
    assert done.exit_code == 1
    assert done.stderr == ""
    assert re.search(
        r"bar 1\n  beat 1     broken  G2 lies outside the range of bass, C3 to G3  \[voice_range\]",
        done.stdout,
    )
    assert "not clean: 1 place against 1 hard rule" in done.stdout


def test_json_holds_just_the_fields_that_are_documented(run: Run, faulty: Path) -> None:
    done = run("grade", str(faulty), "--style", "small.rules", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    documented = set(
        re.findall(r"`([a-z_]+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", DOCUMENT.read_text())))
    )
    assert set(found) <= documented | {"style"}
    assert set(found["findings"][0]) <= documented
    assert set(found["rules"][0]) <= documented
    assert found["clean"] is False
    broken = [each for each in found["findings"] if each["hard"]]
    message = "G2 lies outside the range of bass, C3 to G3"
    (finding,) = broken
    assert (finding["rule"], finding["verb"], finding["weight"]) == ("voice_range", "require", None)
    assert (finding["bar"], finding["beat"], finding["onset"]) == (1, "1", "0")
    assert (finding["voices"], finding["notes"], finding["message"]) == (["bass"], ["bass G2"], message)


def test_chords_are_inferred_where_the_score_has_no_labels(run: Run, piece: Path) -> None:
    stated = json.loads(run("grade", str(piece), "--style", "small.rules", "--json").stdout)
    write_musicxml(replace(read_score(piece), chords=()), piece, labels=False)
    done = run("grade", str(piece), "--style", "small.rules", "--json")
    assert done.exit_code == 0, done.output
    inferred = json.loads(done.stdout)
    assert inferred["labels_inferred"] is True
    assert stated["labels_inferred"] is False
    same = sum(one == other for one, other in zip(stated["labels"], inferred["labels"], strict=True))
    assert same >= len(stated["labels"]) / 2
    assert "no chord labels: they were inferred" in run("grade", str(piece), "--style", "small.rules").stdout


def test_a_score_with_a_note_foreign_to_all_chords_gets_labels_all_the_same(
    run: Run, small: Path, piece: Path
) -> None:
    rule = (
        'rule member is required { for note n in voice then n.is_chord_tone say "{n} is not of the chord" }'
    )
    small.write_text(f"{small.read_text()}\n{rule}\nrequire member\n")
    score = read_score(piece)
    first = score.notes_of("bass")[0]
    foreign = tuple(
        replace(note, pitch=Pitch.parse("C#3")) if note == first else note for note in score.notes
    )
    found = []
    for notes in (score.notes, foreign):
        write_musicxml(replace(score, notes=notes, chords=()), piece, labels=False)
        done = run("grade", str(piece), "--style", "small.rules", "--json")
        found.append((done.exit_code, json.loads(done.stdout)))
    (code, right), (other_code, wrong) = found
    assert (code, other_code) == (0, 1)
    assert wrong["labels_inferred"] is True
    assert [each["onset"] for each in wrong["labels"]] == [each["onset"] for each in right["labels"]]
    assert {each["label"] for each in wrong["labels"]} <= {"I", "IV", "V", "V6", "vi"}
    assert wrong["labels"][1:] == right["labels"][1:]
    [finding] = [each for each in wrong["findings"] if each["hard"]]
    assert (finding["rule"], finding["bar"], finding["beat"]) == ("foreign_note", 1, "1")
    assert finding["message"].startswith("C#3 is foreign to ")


def test_the_short_notation_is_graded_too(run: Run, small: Path, folder: Path) -> None:
    run("compose", "small.rules", "--seed", "2", "-o", "piece.txt")
    assert run("grade", "piece.txt", "--style", "small.rules").exit_code == 0
    (folder / "broken.txt").write_text("soprano | H4 |")
    done = run("grade", "broken.txt", "--style", "small.rules")
    assert done.exit_code == 1
    assert "broken.txt: " in done.stderr


def test_a_score_with_other_voices_is_refused(run: Run, small: Path, folder: Path) -> None:
    (folder / "one.txt").write_text("key C major\nvoice a C3..C6\na | C4:1 |\n")
    done = run("grade", "one.txt", "--style", "small.rules")
    assert done.exit_code == 1
    assert "the score has 1 voice (a), the style 2 (soprano, bass)" in done.stderr


def test_a_missing_style_option_is_a_usage_error(run: Run) -> None:
    assert run("grade", "a.musicxml").exit_code == 2
    assert run("grade", "a.musicxml", "--style", "chorale").exit_code == 1


def test_a_midi_file_is_in_the_mode_of_the_style_where_its_signature_is(run: Run, folder: Path) -> None:
    (folder / "mode.rules").write_text(
        'style "T"  meter 4/4  key D mixolydian  voices { v D4..D5 }  form { A = 1 bars }  rhythm { every beat }\n'
        "use melody  require closes_on_final\n"
    )
    done = run("compose", "mode.rules", "--seed", "1", "-o", "a.mid", "-o", "a.musicxml", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    for name in ("a.mid", "a.musicxml", "a.txt"):
        done = run("grade", name, "--style", "mode.rules")
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f'{name}, in D mixolydian, graded by "T"')


def test_what_is_no_score_is_told_with_all_that_is_read(run: Run, small: Path, folder: Path) -> None:
    done = run("grade", "small.rules", "--style", "small.rules")
    assert done.exit_code == 1
    assert done.stderr.endswith("export it as MusicXML; it reads .musicxml, .xml, .mxl, .mid, .midi, .txt\n")
