"""The folder of built lattices."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulegen.lattice.store import Cache

LARGEST_BYTES = 512 * 1024 * 1024


def cache_folder() -> Path | None:
    """RULEGEN_CACHE, else `rulegen` in the user's cache folder; None where there is no home."""
    own, users = os.environ.get("RULEGEN_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own)
    if users and Path(users).is_absolute():
        return Path(users) / "rulegen"
    try:
        return Path.home() / ".cache" / "rulegen"
    except RuntimeError:
        return None


def open_cache(wanted: bool) -> Cache | None:
    """The cache, or None where it is not wanted or cannot be had."""
    from rulegen.lattice.store import Cache

    folder = cache_folder() if wanted else None
    return None if folder is None else Cache(folder, LARGEST_BYTES)
