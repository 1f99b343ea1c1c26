"""Sound fonts: the one that ships, or another one, looked over before a synthesizer takes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rulegen.errors import OutputError
from rulegen.resources import sound_font_path
from rulegen.storage import shown

VARIABLE = "RULEGEN_SOUNDFONT"
_LARGEST = 2**31
_ENTRY = {
    "phdr": 38,
    "pbag": 4,
    "pmod": 10,
    "pgen": 4,
    "inst": 22,
    "ibag": 4,
    "imod": 10,
    "igen": 4,
    "shdr": 46,
}
"""The tables of a sound font, and how many bytes an entry of each has."""
_COMPRESSED = 3  # the version from which samples are Ogg Vorbis


def sound_font(chosen: Path | None = None) -> Path:
    """The sound font to play with: the chosen one, else that of RULEGEN_SOUNDFONT, else the one that comes
    with rulegen. Raises OutputError where it is none that can be played.
    """
    named = os.environ.get(VARIABLE)
    path = chosen or (Path(named) if named else sound_font_path())
    said = f", which {VARIABLE} names," if named and not chosen else ""
    what = f"the sound font {shown(path)}{said}"
    try:
        if path.is_dir():
            raise OutputError(f"{what} is a folder: name the file (.sf2) in it")
        if path.stat().st_size > _LARGEST:
            raise OutputError(f"{what} has more than 2 GB, which is more than rulegen loads")
        fault = _fault(path.read_bytes())
    except OSError as error:
        raise OutputError(f"{what} cannot be read: {error.strerror or error}") from None
    if fault:
        raise OutputError(f"{what} cannot be played: {fault}")
    return path


def _fault(content: bytes) -> str | None:
    """What is wrong with a file as a sound font; its tables are counted, its samples not heard."""
    if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
        return "it does not begin as sound fonts do (.sf2)"
    found: dict[str, bytes] = {}
    try:
        for kind, body in _chunks(content, 12, min(len(content), 8 + int.from_bytes(content[4:8], "little"))):
            if kind == "LIST":
                found |= dict(_chunks(body, 4, len(body)))
    except ValueError:
        return "it is cut off"
    if int.from_bytes(found.get("ifil", b"")[:2], "little") >= _COMPRESSED:
        return "its samples are compressed (SF3); use one of the form SF2"
    missing = [name for name in ("smpl", *_ENTRY) if name not in found]
    if missing:
        return f"it has no {missing[0]}, which every sound font has"
    odd = [name for name, size in _ENTRY.items() if len(found[name]) % size or len(found[name]) < size]
    return f"its table {odd[0]} is damaged" if odd else None


def _chunks(content: bytes, start: int, end: int) -> Iterator[tuple[str, bytes]]:
    """The parts of a RIFF file, each with its name. Raises ValueError where one reaches beyond the end."""
    while start + 8 <= end:
        kind, size = content[start : start + 4], int.from_bytes(content[start + 4 : start + 8], "little")
        if start + 8 + size > len(content):
            raise ValueError("cut off")
        yield kind.decode("latin-1"), content[start + 8 : start + 8 + size]
        start += 8 + size + size % 2
