"""Where results are kept between runs, and how a file is put in its place whole."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from rulegen.errors import OutputError

_FOLDER = "RULEGEN_CACHE"  # the variable of the environment that names another folder


def cache_folder() -> Path | None:
    """Where results are kept: RULEGEN_CACHE, else `rulegen` in the user's cache folder; None if homeless."""
    own, users = os.environ.get(_FOLDER), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own)
    if users and Path(users).is_absolute():
        return Path(users) / "rulegen"
    try:
        return Path.home() / ".cache" / "rulegen"
    except RuntimeError:
        return None


@cache
def program() -> tuple[tuple[str, int, int], ...]:
    """What tells this state of the program from another of the same version: its files' sizes and times."""
    return tuple(sorted(_files(os.path.dirname(__file__))))


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.name, status.st_size, status.st_mtime_ns


def shown(path: Path | str) -> str:
    """A path as it can be written anywhere: bytes that are no UTF-8 are escaped, as in `caf\\xe9.mid`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def replace_whole(place: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Writes a file beside its place and moves it there: what is at the place is the old file or the new one.

    A file that is replaced keeps its mode. Raises OSError.
    """
    # The name is known before the file is there, so that an interruption at any point takes it away again.
    beside = place.with_name(f".{place.name}.{os.urandom(8).hex()}.part")
    try:
        with beside.open("xb") as file:
            file.writelines(pieces)
        if place.exists():
            beside.chmod(place.stat().st_mode & 0o777)
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


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
