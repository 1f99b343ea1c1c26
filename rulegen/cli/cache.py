"""The folder of built lattices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulegen.storage import cache_folder

if TYPE_CHECKING:
    from rulegen.lattice.store import Cache

LARGEST_BYTES = 512 * 1024 * 1024


def open_cache(wanted: bool) -> Cache | None:
    """The cache, or None where it is not wanted or cannot be had."""
    from rulegen.lattice.store import Cache

    folder = cache_folder() if wanted else None
    return None if folder is None else Cache(folder, LARGEST_BYTES)
