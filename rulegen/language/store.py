"""Keeps what is dear to make between runs: JSON in the user's cache folder, and only what can be made anew.

A file is taken only if it was made of the same things by the same code, and is whole. Where the folder
cannot be used, all is made anew each time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from rulegen.storage import cache_folder, replace_whole


def key_of(*texts: str) -> str:
    """A key that changes with each of the texts and with the code of the language."""
    return _digest("\0".join((_code(), *texts)).encode())


def load(name: str, key: str) -> Any:
    """The value that was kept under a name with this key; None where there is none, or it is damaged."""
    place = cache_folder()
    if place is None:
        return None
    try:
        head, _, body = (place / f"{name}.json").read_bytes().partition(b"\n")
        if head.decode() != f"{key} {_digest(body)}":
            return None
        return json.loads(body)
    except (OSError, ValueError, RecursionError):
        return None


def save(name: str, key: str, value: Any) -> None:
    """Keeps a value of JSON under a name, in place of what was kept there."""
    place = cache_folder()
    if place is None:
        return
    body = json.dumps(value, separators=(",", ":")).encode()
    with suppress(OSError, ValueError):
        place.mkdir(parents=True, exist_ok=True)
        replace_whole(place / f"{name}.json", [f"{key} {_digest(body)}\n".encode(), body])


@cache
def _code() -> str:
    """The text of the modules that make what is kept."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return "\0".join(module.read_text(encoding="utf-8") for module in modules)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
