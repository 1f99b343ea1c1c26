"""Reads the score that a command names, in any format that rulegen reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ScoreReadError

if TYPE_CHECKING:
    from rulegen.score.events import Score

_TEXT = ".txt"


def open_score(path: Path) -> Score:
    """The score of a MusicXML or MIDI file, or of the short text notation (.txt). Raises ScoreReadError."""
    if path.suffix.lower() != _TEXT:
        from rulegen.io.read import read_score

        return read_score(path)
    from rulegen.io.files import read_whole
    from rulegen.score.notation import parse_score

    try:
        return parse_score(read_whole(path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ScoreReadError(f"{path} is not UTF-8 text") from None
    except ValueError as error:
        raise ScoreReadError(f"{path}: {error}") from None
