"""Files in and out: what may be read, and writing that leaves the old file where it is interrupted."""

import os
import secrets
from pathlib import Path

from rulegen.errors import OutputError, ScoreReadError

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
    # The name is known before the file is there, so that an interruption at any point takes it away again.
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        beside.touch(0o600, exist_ok=False)
        beside.write_bytes(content)
        os.chmod(beside, _usual_mode(place))
        os.replace(beside, place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(f"{place} cannot be written: {error.strerror or error}") from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


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


def _usual_mode(place: Path) -> int:
    """The mode of the file that is replaced, or that of a new file here."""
    if place.exists():
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
