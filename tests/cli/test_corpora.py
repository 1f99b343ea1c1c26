"""Folders of scores as people have them: names that are no UTF-8, folders that are shut, the whole disk."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from rulegen.io import corpus
from tests.cli.conftest import Run
from tests.cli.test_fit import TUNE
from tests.models.music import write_tunes

LATIN = "caf\udce9"  # é in Latin-1, as the file system hands it on
SHOWN = r"caf\xe9"


@pytest.fixture
def foreign(folder: Path) -> Path:
    """A folder, itself of such a name, of tunes whose names are no UTF-8."""
    write_tunes(folder / "tunes", 9)
    place = folder / LATIN
    place.mkdir()
    for number, tune in enumerate(sorted((folder / "tunes").iterdir())):
        shutil.copy(tune, place / f"{LATIN}{number}.abc")
    (place / f"broken{LATIN}.musicxml").write_text("<score-partwise><part")
    return place


def test_scores_whose_names_are_no_utf_8_are_compared_and_named_escaped(run: Run, foreign: Path) -> None:
    done = run("evaluate", LATIN, "--corpus", LATIN)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"9 pieces against 9 of {SHOWN}, all voices")
    assert f"broken{SHOWN}.musicxml, line 1" in done.stderr and f"in {SHOWN}/{SHOWN}" in done.stdout
    found = json.loads(run("evaluate", LATIN, "--corpus", LATIN, "--json").stdout)
    assert found["longest_copy"]["score"].startswith(f"{SHOWN}/{SHOWN}")


def test_models_are_learned_from_them(run: Run, foreign: Path) -> None:
    done = run("learn", "markov", "--corpus", LATIN, "--part", "tune", "-o", "a.model")
    assert done.exit_code == 0, done.output
    assert f"broken{SHOWN}.musicxml, line 1" in done.stderr
    assert SHOWN in run("model", "show", "a.model").stdout


def test_weights_are_fitted_to_them(run: Run, folder: Path) -> None:
    (folder / "tune.rules").write_text(TUNE)
    (folder / LATIN).mkdir()
    composed = run("compose", "tune.rules", "--count", "6", "--seed", "3", "-o", "p.musicxml")
    assert composed.exit_code == 0, composed.output
    for number, score in enumerate(sorted(folder.glob("p*.musicxml"))):
        os.rename(score, folder / LATIN / f"{LATIN}{number}.musicxml")
    done = run("fit", "tune.rules", "--corpus", LATIN, "-o", "out.rules")
    assert done.exit_code == 0, done.output
    assert f"{SHOWN}: 6 phrases of 6 pieces read" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "tunes", "--corpus", "tunes"),
        ("evaluate", "tunes/tune00.abc", "--corpus", "tunes"),
        ("learn", "markov", "--corpus", "tunes", "--part", "tune", "-o", "a.model"),
    ],
)
def test_a_folder_that_holds_more_than_a_collection_does_is_refused_at_once(
    arguments: tuple[str, ...], run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tunes(folder / "tunes", 9)
    monkeypatch.setattr(corpus, "_MOST_ENTRIES", 8)
    done = run(*arguments)
    assert done.exit_code == 1
    assert "tunes has more than 8 files and folders below it: name the folder" in done.stderr


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_read(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tunes(folder / "tunes", 9)
    (folder / "tunes" / "shut").mkdir()
    listed = os.scandir

    def scandir(place: str) -> object:
        if str(place).endswith("shut"):
            raise PermissionError(13, "Permission denied", place)
        return listed(place)

    monkeypatch.setattr(os, "scandir", scandir)
    for _ in range(2):  # the second time, the body is recalled
        done = run("evaluate", "tunes", "--corpus", "tunes")
        assert done.exit_code == 0, done.output
        assert "tunes/shut: the folder cannot be read: Permission denied" in done.stderr
        learned = run("learn", "markov", "--corpus", "tunes", "--part", "tune", "-o", "a.model")
        assert "tunes/shut: the folder cannot be read: Permission denied" in learned.stderr
    nothing = run("evaluate", "tunes/shut", "--corpus", "tunes")
    assert nothing.exit_code == 1 and "the folder cannot be read: Permission denied" in nothing.stderr
