"""Bodies of music: music21's corpus and folders of files, read a file at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rulegen.errors import ScoreReadError
from rulegen.io.files import MIDI, MUSICXML, read_whole
from rulegen.io.key_guess import LARGEST_SIGNATURE, guessed_key, stated_key
from rulegen.io.pieces import CorpusPiece, Sung, piece_of
from rulegen.io.read import read_score
from rulegen.score.events import Note
from rulegen.storage import shown
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch

if TYPE_CHECKING:
    from music21.stream import Measure, Part

BY_MUSIC21 = (".abc", ".krn")  # kinds of file that rulegen has no reader of its own for
ENDINGS = (*MUSICXML, *MIDI, *BY_MUSIC21)
_Meters = list[tuple[Fraction, Meter, Fraction]]  # from when each holds, and how far after a downbeat
_MOST_ENTRIES = 200_000  # files and folders that are looked at below one folder


def corpus_version() -> str:
    """The version of music21, with which its corpus comes."""
    import music21

    return str(music21.__version__)


def corpus_bodies() -> tuple[str, ...]:
    """The names of the bodies in music21's corpus, in alphabetical order."""
    return tuple(sorted(path.name for path in _root().iterdir() if path.is_dir() and path.name[0].isalpha()))


def corpus_files(body: str) -> tuple[Path, ...]:
    """The files of a body that rulegen reads; none where there is no such body."""
    if body not in corpus_bodies():  # asked of the list: a name is never a way out of the folder
        return ()
    return folder_files(_root() / body)[0]


def folder_files(
    folder: Path, endings: Collection[str] = ENDINGS
) -> tuple[tuple[Path, ...], tuple[tuple[str, str], ...]]:
    """The files below a folder whose kind rulegen reads, in the order of their names; and the folders that
    cannot be read, each with the reason.

    Links to folders are not followed. Raises ScoreReadError where there is more below than a collection has.
    """
    found: list[Path] = []
    unread: list[OSError] = []
    entries = 0
    for place, folders, files in os.walk(folder, onerror=unread.append):
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            raise ScoreReadError(
                f"{shown(folder)} has more than {_MOST_ENTRIES:,} files and folders below it: "
                "name the folder that holds the scores"
            )
        paths = (Path(place, name) for name in files if os.path.splitext(name)[1].lower() in endings)
        found += [path for path in paths if os.path.isfile(path)]
    faults = ((shown(error.filename), f"the folder cannot be read: {error.strerror}") for error in unread)
    return tuple(sorted(found)), tuple(faults)


def name_of(path: Path) -> str:
    """What the piece of a file is called."""
    return shown(path.stem)


def read_pieces(path: Path) -> tuple[list[CorpusPiece], list[str]]:
    """The pieces of a file, and what is wrong with those of its pieces that cannot be read.

    A file holds one piece, save for books of tunes in ABC. Raises ScoreReadError where none can be read.
    """
    if path.suffix.lower() not in BY_MUSIC21:
        return [piece_of(read_score(path), name_of(path))], []
    pieces, faults = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _parsed(path)
        for number, parts in enumerate(found, 1):
            name = name_of(path) + (f"-{number}" if len(found) > 1 else "")
            try:
                pieces.append(_assembled(path, name, [_read_part(path, part) for part in parts], parts[0]))
            except ScoreReadError as error:
                faults.append(str(error))
    if not pieces:
        raise ScoreReadError(faults[0])
    return pieces, faults


def _root() -> Path:
    import music21

    return Path(music21.__file__).parent / "corpus"


def _parsed(path: Path) -> list[list[Part]]:
    """The parts of each piece in a file, bars as they are written: repeats are not played twice."""
    from music21 import converter

    read_whole(path)  # says what is wrong with a folder, an empty or a huge file
    try:
        found: Any = converter.parse(path, forceSource=True, storePickle=False)
        scores = list(found.scores) if hasattr(found, "scores") else [found]
        parts = [list(score.parts) for score in scores if hasattr(score, "parts")]
    except Exception as error:  # music21's readers raise of every kind
        raise ScoreReadError(f"{path}: music21 cannot read it: {error}") from None
    parts = [own for own in parts if own]
    if not parts:
        raise ScoreReadError(f"{path} has no notes")
    return parts


def _assembled(
    path: Path, name: str, read: Sequence[tuple[list[Note], list[Sung], list[Fraction], _Meters]], first: Part
) -> CorpusPiece:
    """Puts the parts of a piece together, from the top."""
    signature = first.recurse().getElementsByClass("KeySignature").first()
    fifths, mode = (
        (signature.sharps, getattr(signature, "mode", None)) if signature is not None else (0, None)
    )
    if abs(fifths) > LARGEST_SIGNATURE:
        raise ScoreReadError(
            f"{path}: a key signature of {abs(fifths)} accidentals is none that rulegen knows"
        )
    key = stated_key(fifths, mode) or guessed_key(fifths, [notes for notes, *_ in read])
    voices = tuple(
        (f"part {place}" if len(read) > 1 else "tune", tuple(sung))
        for place, (_, sung, *_) in enumerate(read, 1)
    )
    if not any(sung for _, sung in voices):
        raise ScoreReadError(f"{path} has no notes")
    ends = sorted({end for *_, ends, _ in read for end in ends})
    lead = next(sung[0].offset for _, sung in voices if sung)
    (_, meter, _), *changes = read[0][3]
    minor = not key.has_major_third
    return CorpusPiece(name, key.tonic.chroma, minor, meter, lead, voices, tuple(ends), meters=tuple(changes))


def _read_part(path: Path, part: Part) -> tuple[list[Note], list[Sung], list[Fraction], _Meters]:
    """Its notes as a key is guessed from them, as models hear them, where its strains end, and its meters."""
    meters: _Meters = []
    notes: list[Note] = []
    sung: list[Sung] = []
    ends: list[Fraction] = []
    clock, before = Fraction(0), Fraction(0)  # `before`: how full a bar cut in two is already
    bars = list(part.getElementsByClass("Measure")) or list(part.makeMeasures().getElementsByClass("Measure"))
    for place, bar in enumerate(bars):
        length = _whole(bar.highestTime)
        meter = _meter(path, bar) or (meters[-1][1] if place else Meter.parse("4/4"))
        if length > meter.bar_length:
            raise ScoreReadError(f"{path}, bar {bar.number}: it is longer than a bar of {meter}")
        short = length < meter.bar_length
        if not meters or meter != meters[-1][1]:
            before = meter.bar_length - length if short else Fraction(0)
            meters.append((clock, meter, before))
        for element in bar.notesAndRests:
            _add(path, bar, element, (clock, before), (notes, sung))
        clock += length
        before = before + length if short and before + length < meter.bar_length else Fraction(0)
        if bar.rightBarline is not None and bar.rightBarline.type in ("final", "double"):
            ends.append(clock)
    return notes, sung, sorted({*ends, clock}), meters or [(clock, Meter.parse("4/4"), clock)]


def _add(
    path: Path, bar: Measure, element: Any, at: tuple[Fraction, Fraction], to: tuple[list[Note], list[Sung]]
) -> None:
    clock, before = at
    notes, sung = to
    if element.isRest or element.duration.isGrace:
        return
    if not element.isNote:
        raise ScoreReadError(
            f"{path}, bar {bar.number}: there is a chord, and a voice has one note at a time"
        )
    start, duration = _whole(element.offset), _whole(element.quarterLength)
    pitch = Pitch.parse(element.pitch.nameWithOctave.replace("-", "b"))
    goes_on = element.tie is not None and element.tie.type in ("stop", "continue")
    if (
        goes_on
        and sung
        and sung[-1].midi == pitch.midi
        and sung[-1].onset + sung[-1].duration == clock + start
    ):
        last = sung.pop()
        sung.append(Sung(last.onset, last.duration + duration, last.midi, last.offset))
        return
    notes.append(Note("part", clock + start, duration, pitch))
    sung.append(Sung(clock + start, duration, pitch.midi, before + start))


def _meter(path: Path, bar: Measure) -> Meter | None:
    """The meter that a bar states, or None."""
    stated = bar.recurse().getElementsByClass("TimeSignature").first()
    if stated is None:
        return None
    try:
        return Meter.parse(str(stated.ratioString))
    except ValueError as error:
        raise ScoreReadError(f"{path}: {error}") from None


def _whole(quarters: Any) -> Fraction:
    return Fraction(quarters).limit_denominator(1920) / 4
