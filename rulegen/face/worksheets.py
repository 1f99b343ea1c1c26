"""Worksheets as files, each with its key beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import OutputError
from rulegen.face.formats import ENDINGS, SOUND, need
from rulegen.face.grading import MARKED
from rulegen.face.piece import Piece

if TYPE_CHECKING:
    from rulegen.grading.exercise import Exercise


def check_worksheet(path: Path) -> None:
    """Finds out before the work whether a worksheet can be written. Raises OutputError."""
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None or kind in SOUND:
        raise OutputError(f"{path}: a worksheet is a score: .musicxml, .mxl, .pdf, .png, .svg …")
    need(kind)
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise OutputError(f"{path} cannot be written: {reason}")


def write_worksheet(path: Path, made: Exercise) -> list[Path]:
    """Writes a worksheet and its key, and says where. The key of planted mistakes has them marked where it is
    MusicXML; as other formats it is the piece without them.
    """
    key = path.with_name(f"{path.stem}-key{path.suffix}")
    written = Piece(made.sheet).save(path)
    if made.mistakes and path.suffix.lower() in MARKED:
        from rulegen.face.grading import write_marked

        write_marked(key, made.sheet, made.mistakes)
        return [*written, key]
    return [*written, *Piece(made.key).save(key)]
