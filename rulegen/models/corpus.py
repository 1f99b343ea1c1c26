"""Bodies of music to learn from: music21's corpus by name, or a folder of files; read once, then kept."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from rulegen.errors import ModelError, ScoreReadError
from rulegen.io.corpus import corpus_bodies, corpus_files, corpus_version, folder_files, read_pieces
from rulegen.io.pieces import CorpusPiece, Sung, from_plain, to_plain
from rulegen.storage import cache_folder, replace_whole, shown

_FORMAT = 8  # changes with what is kept of a piece
_MOST_NAMED = 10
_PREFIX = "corpus:"
_LARGEST_BODY = 20_000  # files
_TUNE = 12  # intervals that two tunes must share in a row to be one tune

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Body:
    """Pieces that were read, and the files that could not be, each with the reason."""

    name: str
    terms: str
    pieces: tuple[CorpusPiece, ...]
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A body of music21's corpus whose terms were read: its folder, how its files begin, the terms."""

    folder: str
    begins: str
    terms: str


_ENCODING = (
    "Encoded and distributed with music21 by permission of the encoders (its corpus/license.txt), "
    "which adds that some may not be used commercially; the model holds statistics, and the melodic "
    "intervals of voices, not the encoding."
)
_YOUR_OWN = "Files of your own: whether the model may be passed on is for you to know."
_KNOWN = {
    "bach-chorales": _Known("bach", "bwv", f"J. S. Bach, in the public domain. {_ENCODING}"),
    "ryansMammoth": _Known(
        "ryansMammoth",
        "",
        "William Bradbury Ryan's Mammoth Collection, Boston 1883, in the public domain; "
        f"ABC contributed by Ray Davies. {_ENCODING}",
    ),
    "palestrina": _Known("palestrina", "", f"G. P. da Palestrina, in the public domain. {_ENCODING}"),
}


def gather(source: str, progress: Progress = lambda _: None) -> Body:
    """The body of a source: `corpus:bach-chorales` or `bach-chorales` for music21's, else a folder.

    What was read before an interruption is kept: the next time it goes on from there.
    Raises ModelError where there is no such body, or nothing in it can be read.
    """
    found = _found(source)
    name, files = found.name, found.files
    if not files:
        reasons = f"\n{named(found.unread)}" if found.unread else ""
        raise ModelError(
            f"{name} holds no music: there is no MusicXML, MIDI, ABC or Humdrum file in it{reasons}"
        )
    if len(files) > _LARGEST_BODY:
        raise ModelError(f"{name} holds {len(files)} files, and a body has at most {_LARGEST_BODY}")
    kept = _kept(name, files, found.mark)
    body, done = _recalled(kept, name, found.terms)
    if done < len(files):
        body = _read_on(body, (files, done, kept), progress)
    body = replace(body, skipped=(*found.unread, *body.skipped))
    if not body.pieces:
        raise ModelError(f"nothing in {name} can be read:\n{named(body.skipped)}")
    return body


def files_of(source: str) -> tuple[Path, ...]:
    """The files of a source. Raises ModelError where there is no such body."""
    return _found(source).files


def named(skipped: Sequence[tuple[str, str]]) -> str:
    """The files that were skipped, at most ten by name, a line each, then how many more."""
    lines = [f"  {why}" if file in why else f"  {file}: {why}" for file, why in skipped[:_MOST_NAMED]]
    more = len(skipped) - _MOST_NAMED
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def tune_groups(tunes: Sequence[Sequence[int]]) -> list[int]:
    """A number for each tune (MIDI or relative pitches), equal for those that share a run of intervals.

    Blind to key and rhythm: repeated notes count once. Tunes too short to be told go with their equals.
    """
    parent = list(range(len(tunes)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    seen: dict[tuple[int, ...], int] = {}
    for place, tune in enumerate(tunes):
        for run in _runs(tune):
            other = seen.setdefault(run, place)
            parent[root(place)] = root(other)
    return [root(place) for place in range(len(tunes))]


def _runs(tune: Sequence[int]) -> set[tuple[int, ...]]:
    moves = tuple(b - a for a, b in pairwise(tune) if b != a)
    if len(moves) <= _TUNE:
        return {moves}
    return {moves[start : start + _TUNE] for start in range(len(moves) - _TUNE + 1)}


def tune_of(piece: CorpusPiece) -> list[int]:
    """The pitches of the top voice that sings, by which a tune is known."""
    top: tuple[Sung, ...] = next((notes for _, notes in piece.voices if notes), ())
    return [note.midi for note in top]


@dataclass(frozen=True, slots=True)
class _Source:
    """The files of a source; a mark that changes when they do; the folders in it that cannot be read."""

    name: str
    terms: str
    files: tuple[Path, ...]
    mark: str
    unread: tuple[tuple[str, str], ...] = ()


def _found(source: str) -> _Source:
    name = shown(source.removeprefix(_PREFIX))
    if not name:
        raise ModelError("the corpus has no name: it is a folder of scores, or a body of music21's corpus")
    folder = Path(source)
    if not source.startswith(_PREFIX) and os.path.isdir(folder) and name not in _KNOWN:
        if not os.access(folder, os.R_OK | os.X_OK):
            raise ModelError(f"{name} cannot be read: its permissions forbid it")
        try:
            files, unread = folder_files(folder)
            states = "".join(f"{path}|{path.stat().st_size}|{path.stat().st_mtime_ns};" for path in files)
        except ScoreReadError as error:
            raise ModelError(str(error)) from None
        except OSError as error:
            raise ModelError(f"{name} cannot be read: {error.strerror}") from None
        return _Source(name, _YOUR_OWN, files, states, unread)
    if os.path.isfile(folder):
        raise ModelError(f"{name} is a file: a corpus is a folder of scores, or a body of music21's corpus")
    known = _KNOWN.get(name, _Known(name, "", _ENCODING))
    files = _once(path for path in corpus_files(known.folder) if path.name.startswith(known.begins))
    if not files:
        bodies = ", ".join(sorted({*_KNOWN, *corpus_bodies()}))
        raise ModelError(f"{name} is no folder and no body of music21's corpus; there are {bodies}")
    return _Source(name, known.terms, files, corpus_version())


def _once(files: Iterable[Path]) -> tuple[Path, ...]:
    """Each piece once where a body holds it in several formats, in the first by name: .mxl before .xml."""
    return tuple({path.stem: path for path in reversed(list(files))}.values())[::-1]


def _read_on(body: Body, at: tuple[Sequence[Path], int, Path | None], progress: Progress) -> Body:
    """The body with the files that are not read yet; `at`: all files, how many are, where it is kept."""
    files, done, kept = at
    each: list[tuple[list[CorpusPiece], list[tuple[str, str]]]] = []
    try:
        for number, path in enumerate(files[done:], done + 1):
            progress(f"reading {body.name}: {number} of {len(files)}")
            each.append(_read(path))
    finally:  # an interruption loses the file that it falls into, and no other
        pieces = (*body.pieces, *(piece for found, _ in each for piece in found))
        skipped = (*body.skipped, *(fault for _, faults in each for fault in faults))
        body = Body(body.name, body.terms, pieces, skipped)
        _keep(kept, body, done + len(each))
    return body


def _read(path: Path) -> tuple[list[CorpusPiece], list[tuple[str, str]]]:
    """The pieces of a file, and what is wrong with it, each with the file's name."""
    try:
        found, faults = read_pieces(path)
    except ScoreReadError as error:
        found, faults = [], [str(error)]
    return found, [(shown(path.name), fault.replace(str(path), shown(path.name))) for fault in faults]


def _kept(name: str, files: Sequence[Path], mark: str) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    text = f"{_FORMAT}|{name}|{mark}|{[path.name for path in files]}"
    return folder / f"corpus-{hashlib.sha256(os.fsencode(text)).hexdigest()[:24]}.json.z"


def _recalled(place: Path | None, name: str, terms: str) -> tuple[Body, int]:
    """What was kept, and of how many files; of none where nothing was, or what was is damaged."""
    nothing = Body(name, terms, (), ()), 0
    if place is None:
        return nothing
    try:
        plain = json.loads(zlib.decompress(place.read_bytes()))
        pieces = tuple(from_plain(each) for each in plain["pieces"])
        skipped = tuple((str(file), str(why)) for file, why in plain["skipped"])
        return Body(name, terms, pieces, skipped), int(plain["files"])
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return nothing


def _keep(place: Path | None, body: Body, files: int) -> None:
    """Keeps what so many files of a body hold where that can be done; where not, they are read again."""
    if place is None:
        return
    plain = {"pieces": [to_plain(piece) for piece in body.pieces], "skipped": body.skipped, "files": files}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(place, [zlib.compress(json.dumps(plain).encode())])
    except OSError:
        return
