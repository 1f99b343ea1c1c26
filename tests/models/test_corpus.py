"""Bodies of music: read once, kept, gone on with after an interruption; tunes that are one tune."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from rulegen.errors import ModelError
from rulegen.models import corpus
from rulegen.models.corpus import gather, named, tune_groups
from tests.models.music import write_tunes

if TYPE_CHECKING:
    from pathlib import Path

    from rulegen.io.pieces import CorpusPiece

TUNES = 9


@pytest.fixture
def tunes(folder: Path) -> Path:
    write_tunes(folder / "tunes", TUNES)
    return folder / "tunes"


def test_a_corpus_is_read_once_and_again_where_it_changed_or_what_was_kept_is_damaged(
    folder: Path, tunes: Path
) -> None:
    said: list[str] = []
    body = gather("tunes", said.append)
    assert len(body.pieces) == len(said) == TUNES
    assert gather("tunes", said.append) == body
    assert len(said) == TUNES
    (kept,) = (folder.parent / "cache").glob("corpus-*")
    kept.write_bytes(kept.read_bytes()[:100])
    assert gather("tunes", said.append) == body
    assert len(said) == 2 * TUNES
    (tunes / "tune00.abc").unlink()
    assert len(gather("tunes", said.append).pieces) == TUNES - 1


@pytest.mark.parametrize("at", [1, 4, TUNES])
def test_reading_that_is_interrupted_goes_on_from_there(
    at: int, folder: Path, tunes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tunes / "tune02.abc").write_text("X:1\n")  # one that cannot be read
    whole = gather("tunes")
    (kept,) = (folder.parent / "cache").glob("corpus-*")
    kept.unlink()
    read, reading = [], corpus.read_pieces

    def interrupted(path: Path) -> tuple[list[CorpusPiece], list[str]]:
        read.append(path)
        if len(read) == at:
            raise KeyboardInterrupt
        return reading(path)

    monkeypatch.setattr(corpus, "read_pieces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gather("tunes")
    assert gather("tunes") == whole
    assert len(read) == TUNES + 1  # the one that it fell into twice
    assert [path.suffix for path in (folder.parent / "cache").iterdir()] == [".z"]


def test_a_folder_that_may_not_be_read_says_so(tunes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK | os.X_OK)
    with pytest.raises(ModelError, match="tunes cannot be read: its permissions forbid it"):
        gather("tunes")


def test_tunes_are_known_in_any_key_and_rhythm() -> None:
    tune = [60, 62, 64, 65, 67, 65, 64, 62, 64, 60, 59, 60, 67, 60]
    other = [60, 59, 57, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72]
    groups = tune_groups([tune, [note + 3 for note in tune], other, [55, *tune, 55], [tune[0], *tune]])
    assert groups[0] == groups[1] == groups[3] == groups[4] != groups[2]


def test_files_that_were_skipped_are_named_once() -> None:
    assert (
        named([("a.mid", "a.mid is empty"), ("b.mid", "no sound")]) == "  a.mid is empty\n  b.mid: no sound"
    )


def test_a_book_of_tunes_is_read_tune_by_tune(folder: Path) -> None:
    write_tunes(folder / "single", 3)
    texts = [path.read_text() for path in sorted((folder / "single").iterdir())]
    numbered = [text.replace("X:1", f"X:{number}") for number, text in enumerate(texts, 1)]
    (folder / "tunes").mkdir()
    broken = "X:4\nT:Broken\nM:4/4\nL:1/4\nK:G\n[GB]ABc|defg|]\n"
    (folder / "tunes" / "book.abc").write_text("\n".join([*numbered, broken]))
    book = gather("tunes")
    single = gather("single")
    assert [piece.name for piece in book.pieces] == ["book-1", "book-2", "book-3"]
    assert [piece.voices for piece in book.pieces] == [piece.voices for piece in single.pieces]
    assert [why for _, why in book.skipped] == [
        "book.abc, bar 1: there is a chord, and a voice has one note at a time"
    ]


def test_a_tune_whose_meter_changes_is_read_in_both(folder: Path) -> None:
    (folder / "tunes").mkdir()
    words = "**kern *M4/4 =1 4g 4a 4b 4cc =2 *M3/4 4dd =3 4dd 4ee 4ff# =4 4gg 4ff# 4ee == *-"
    (folder / "tunes" / "changing.krn").write_text("\n".join(words.split()) + "\n")
    (piece,) = gather("tunes").pieces
    assert (str(piece.meter), piece.lead) == ("4/4", 0)
    assert [(onset, str(meter), lead) for onset, meter, lead in piece.meters] == [(1, "3/4", Fraction(1, 2))]
    offsets = [note.offset for note in piece.voices[0][1]]
    assert offsets == [Fraction(n, 4) for n in (0, 1, 2, 3, 2, 0, 1, 2, 0, 1, 2)]
