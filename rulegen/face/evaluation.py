"""How near a set of scores is to a corpus: what is asked, and what is found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ModelError, ScoreReadError
from rulegen.face.labelling import chords_in, hearing, with_chords
from rulegen.face.progress import Progress
from rulegen.face.scores import open_score
from rulegen.io.corpus import BY_MUSIC21, ENDINGS, folder_files, name_of, read_pieces
from rulegen.io.pieces import piece_of
from rulegen.models.beats import on_beats
from rulegen.models.compare import compare
from rulegen.models.corpus import gather, named
from rulegen.models.features import ALL, heard
from rulegen.storage import shown
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.io.pieces import CorpusPiece
    from rulegen.models.compare import Comparison
    from rulegen.models.corpus import Body
    from rulegen.models.features import ComparedPiece
    from rulegen.style.model import Style

_TEXT = ".txt"
_MODES = ("major", "minor")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be compared: a corpus and a part, perhaps heard by a style, in one mode, on the beats."""

    corpus: str
    part: str
    style: str | None = None
    mode: str | None = None
    beats: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was compared, and what was left out of the set, each with the reason.

    `other_mode`: how many pieces of the set and of the corpus were left out since they are in the other mode.
    """

    comparison: Comparison
    corpus: str
    selection: Selection
    skipped: tuple[tuple[str, str], ...]
    other_mode: tuple[int, int]

    @property
    def warnings(self) -> list[str]:
        """What is to be told of scores that were left out."""
        said = f"{counted(len(self.skipped), 'score')} left out"
        return [f"{said}:\n{named(self.skipped)}"] if self.skipped else []

    def plots(self) -> str:
        """The histograms of both, as SVG."""
        from rulegen.models.plots import plotted

        return plotted(self.comparison, self.corpus)


def evaluated(scores: Sequence[Path], selection: Selection, progress: Progress) -> Evaluation:
    """Reads both and compares them. Raises ModelError where nothing is left of one of them."""
    style = _hearing(selection.style)
    pieces, skipped = _set(scores, style, progress)
    own = _in_mode(pieces, selection.mode, "the set")
    ours = _with_part(own, selection, skipped)
    body = gather(selection.corpus, progress.say)
    kept = replace(body, pieces=tuple(_in_mode(body.pieces, selection.mode, body.name)))
    theirs = _corpus_with_part(kept, selection)
    if style is not None:
        theirs = _corpus_with_part(with_chords(kept, selection.corpus, style, progress.say), selection)
    left = len(pieces) - len(own), len(body.pieces) - len(kept.pieces)
    return Evaluation(compare(ours, theirs, progress.say), body.name, selection, tuple(skipped), left)


def _in_mode(pieces: Sequence[CorpusPiece], mode: str | None, whose: str) -> Sequence[CorpusPiece]:
    """The pieces in a mode, or all. Raises ModelError where there are some, and none is in it."""
    if mode is None:
        return pieces
    found = [piece for piece in pieces if piece.minor == (mode == "minor")]
    if pieces and not found:
        other = _MODES[mode == "major"]
        raise ModelError(f"no piece of {whose} is in {mode}: {counted(len(pieces), 'piece')}, all in {other}")
    return found


def _read_as(pieces: Sequence[CorpusPiece], selection: Selection) -> Sequence[CorpusPiece]:
    """The pieces as they are compared: whole, or on their beats."""
    return [on_beats(piece) for piece in pieces] if selection.beats else pieces


def _hearing(name: str | None) -> Style | None:
    """The style that chords are heard by; a name that is none, or hears none, is found out at once."""
    if name is None:
        return None
    return hearing(name)


def _set(
    scores: Sequence[Path], style: Style | None, progress: Progress
) -> tuple[list[CorpusPiece], list[tuple[str, str]]]:
    """The pieces of files and folders, and what could not be read."""
    files, unread = score_files(scores)
    if not files:
        places = ", ".join(map(shown, scores))
        reasons = "".join(f"\n  {folder}: {why}" for folder, why in unread)
        raise ModelError(
            f"there is no score in {places}: it takes MusicXML, MIDI, ABC, Humdrum or .txt files{reasons}"
        )
    pieces: list[CorpusPiece] = []
    skipped = list(unread)
    for path in progress.through(files, "reading score", len(files)):
        try:
            exists = os.path.exists(path)
            found, faults = _read(path, style) if exists else ([], ["there is no such file or folder"])
        except ScoreReadError as error:
            found, faults = [], [str(error)]
        name = shown(path)
        pieces += [replace(piece, name=name) if len(found) == 1 else piece for piece in found]
        skipped += [(name, fault.replace(str(path), name)) for fault in faults]
    return pieces, skipped


def score_files(scores: Sequence[Path]) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files named and those in the folders named, each once; and the folders that cannot be read."""
    found: list[Path] = []
    unread: list[tuple[str, str]] = []
    for place in scores:
        is_folder = os.path.isdir(place)
        inside, faults = folder_files(place, (*ENDINGS, _TEXT)) if is_folder else ((place,), ())
        found += inside
        unread += faults
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1], unread


def _read(path: Path, style: Style | None) -> tuple[list[CorpusPiece], list[str]]:
    if path.suffix.lower() in BY_MUSIC21:
        return read_pieces(path)
    score = open_score(path)
    piece = piece_of(score, name_of(path))
    if style is not None and not piece.chords:
        piece = replace(piece, chords=chords_in(score, style))
    return [piece], []


def _with_part(
    pieces: Sequence[CorpusPiece], selection: Selection, skipped: list[tuple[str, str]]
) -> list[ComparedPiece]:
    """The pieces that have the part; the others go to those skipped."""
    found, notes = [], "notes on a beat" if selection.beats else "notes"
    for piece in _read_as(pieces, selection):
        music = heard(piece, selection.part)
        if music is not None:
            found.append(music)
            continue
        voices = ", ".join(name for name, _ in piece.voices)
        lacking = f"it has no {notes}"
        why = lacking if selection.part == ALL else f"{lacking} in a voice {selection.part}; it has {voices}"
        skipped.append((piece.name, why))
    if not found:
        raise ModelError(f"no score is left to compare:\n{named(skipped)}")
    return found


def _corpus_with_part(body: Body, selection: Selection) -> list[ComparedPiece]:
    pieces = _read_as(body.pieces, selection)
    found = [music for piece in pieces if (music := heard(piece, selection.part)) is not None]
    if not found:
        voices = sorted({name for piece in body.pieces for name, _ in piece.voices})
        listed = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
        lacking = "notes on a beat in a" if selection.beats else "a"
        raise ModelError(f"no piece of {body.name} has {lacking} voice {selection.part}; there are {listed}")
    return found
