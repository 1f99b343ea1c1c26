"""Styles in which nothing hinders composing: that is not looked for again while they stay as they are."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen import __version__
from rulegen.storage import cache_folder, program, replace_whole

if TYPE_CHECKING:
    from rulegen.style.model import Style


def place_of(style: Style) -> Path | None:
    """Where it is kept that a style has passed, by all that this depends on. None where nothing is kept, and
    for styles with models, which may change without it.
    """
    folder = cache_folder()
    if folder is None or style.models:
        return None
    found = hashlib.sha256()
    texts = style.source.text, *(pack.text for pack in style.packs)
    for part in (__version__, repr(program()), *texts):
        content = part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(content) + content)
    return folder / f"{found.hexdigest()}.passed"


def has_passed(place: Path | None) -> bool:
    """Whether it is kept that a style has passed."""
    if place is None or not place.is_file():
        return False
    with contextlib.suppress(OSError):
        os.utime(place)
    return True


def remember_passed(place: Path | None) -> None:
    """Keep it; a folder that cannot be written to keeps nothing, without complaint."""
    if place is not None:
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(place, [b""])
