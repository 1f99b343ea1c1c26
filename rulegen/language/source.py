"""Source texts, and how they are read from disk."""

from __future__ import annotations

import os
from pathlib import Path

from rulegen.errors import Diagnostic, StyleError
from rulegen.errors import Source as Source

LARGEST_BYTES = 1_000_000
_WANTED = "give the path of a .rules file"


def read_source(path: str | Path) -> Source:
    """The text of a rule file; a byte order mark and CRLF line ends are dropped.

    Raises StyleError where it is missing, no plain file, not text, too large, or empty.
    """
    place = Path(path)
    text = _decoded(_bytes_of(place), place)
    if not text.strip():
        raise _refused("empty-file", f"{place} is empty", 'begin with: style "Title"')
    return Source(str(path), text)


def _bytes_of(place: Path) -> bytes:
    if os.path.isdir(place):
        raise _refused("not-a-file", f"{place} is a folder", _WANTED)
    if os.path.exists(place) and not os.path.isfile(place):  # reading from a pipe may wait for ever
        raise _refused("not-a-file", f"{place} is a device or a pipe", _WANTED)
    try:
        with place.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise _refused("no-such-file", f"there is no file {place}", _beside(place)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused("unreadable-file", f"{place} cannot be read: {reason}") from error
    if len(content) > LARGEST_BYTES:
        raise _refused("file-too-large", f"{place} is larger than {LARGEST_BYTES // 1_000_000} MB, the limit")
    return content


def _decoded(content: bytes, place: Path) -> str:
    if b"\0" in content:
        raise _refused("not-text", f"{place} is not a text file", _WANTED)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            "not-text", f"{place} is not UTF-8 text: see line {line}", "save the file with the encoding UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _beside(place: Path) -> str | None:
    from rulegen.errors.nearest import nearest

    try:
        names = [other.name for other in place.parent.iterdir() if other.suffix == ".rules"]
    except OSError:
        return None
    near = nearest(place.name, names)
    return f'did you mean "{place.with_name(near)}"?' if near else None


def _refused(code: str, message: str, help: str | None = None) -> StyleError:
    return StyleError((Diagnostic(code, message, help=help),))
