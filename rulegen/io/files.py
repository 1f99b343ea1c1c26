"""Which files are scores, and how they are read."""

import os
from pathlib import Path

from rulegen.errors import ScoreReadError

MUSICXML = (".musicxml", ".xml", ".mxl")
MIDI = (".mid", ".midi")
LARGEST_FILE = 20 * 1024 * 1024


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a score file; raises ScoreReadError where there is none, or none that can be a score."""
    place = Path(path)
    try:
        if place.is_dir():
            raise ScoreReadError(f"{place} is a folder: name a score file in it")
        if not place.exists():
            raise ScoreReadError(f"{place} does not exist")
        if not place.is_file():
            raise ScoreReadError(f"{place} is not a file")
        size = place.stat().st_size
        if size > LARGEST_FILE:
            raise ScoreReadError(f"{place} is too large: {size >> 20} MB, and a score has at most 20")
        content = place.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScoreReadError(f"{place} cannot be read: {reason}") from None
    if not content:
        raise ScoreReadError(f"{place} is empty")
    return content
