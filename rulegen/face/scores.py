"""Opens a score of any format that is read: MusicXML, MIDI, or the short notation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ScoreReadError

if TYPE_CHECKING:
    from rulegen.score.events import Score
    from rulegen.theory.scale import Key

_TEXT = ".txt"


def open_score(path: Path, key: Key | None = None) -> Score:
    """The score of a file. Raises ScoreReadError.

    MIDI knows no modes: where a signature of it is that of `key`, it is in that key.
    """
    from rulegen.io.files import MIDI, MUSICXML, read_whole

    if path.suffix.lower() != _TEXT:
        from rulegen.io.read import no_score, read_score

        if path.suffix.lower() not in (*MUSICXML, *MIDI) and not path.is_dir():
            raise no_score(path, (*MUSICXML, *MIDI, _TEXT))
        score = read_score(path)
        if key is None or path.suffix.lower() not in MIDI:
            return score
        return replace(score, timeline=score.timeline.with_mode_of(key))
    from rulegen.score.notation import parse_score

    try:
        return parse_score(read_whole(path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ScoreReadError(f"{path} is not UTF-8 text") from None
    except ValueError as error:
        raise ScoreReadError(f"{path}: {error}") from None


def key_said(text: str) -> Key:
    """The key of a text, as G dorian. Raises ScoreReadError."""
    from rulegen.theory.scale import Key

    try:
        return Key.parse(text)
    except ValueError as error:
        raise ScoreReadError(str(error)) from None
