"""Files in and out: what may be read, and writing that leaves the old file where it is interrupted."""

import os
from pathlib import Path

from rulegen.errors import OutputError, ScoreReadError
from rulegen.storage import replace_whole

MUSICXML = (".musicxml", ".xml", ".mxl")
MIDI = (".mid", ".midi")
LARGEST_FILE = 20 * 1024 * 1024


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file beside its place and moves it there whole.

    Raises OutputError where the folder does not exist or cannot be written.
    """
    place = Path(path)
    if place.is_symlink():
        place = place.resolve()
    if place.exists() and not place.is_file() and not place.is_dir():
        raise OutputError(f"{place} cannot be written: it is a device or a pipe; give it a file name")
    if place.is_dir():
        raise OutputError(f"{place} cannot be written: it is a folder; give it a file name")
    if not place.parent.is_dir():
        raise OutputError(f"{place} cannot be written: there is no folder {place.parent}; make it first")
    try:
        replace_whole(place, [content])
    except OSError as error:
        raise OutputError(f"{place} cannot be written: {error.strerror or error}") from None


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
