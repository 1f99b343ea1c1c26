"""`rulegen evaluate`: how near a set of scores is to a corpus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.evaluation import Evaluation, Selection
from rulegen.cli.screen import Progress
from rulegen.errors import ModelError, ScoreReadError
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.io.pieces import CorpusPiece
    from rulegen.models.corpus import Body
    from rulegen.models.features import ComparedPiece
    from rulegen.style.model import Style

_EXAMPLE = (
    "\b\nExamples:\n  rulegen evaluate composed/ --corpus bach-chorales\n"
    "  rulegen evaluate a.musicxml b.mid --corpus my-scores/ --part soprano --plots near.svg"
)
_TEXT = ".txt"
_MODES = ("major", "minor")


@click.command(name="evaluate", epilog=_EXAMPLE)
@click.argument("scores", metavar="SCORES…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--corpus", required=True, metavar="NAME|FOLDER", help="A body of music21's corpus, or scores.")
@click.option(
    "--part", default="all", show_default=True, metavar="PART", help="A voice by name or number, or all."
)
@click.option("--style", metavar="STYLE", help="The style whose chords are heard where none are stated.")
@click.option(
    "--mode", type=click.Choice(_MODES), help="Compare only the pieces in this mode, on both sides."
)
@click.option("--beats", is_flag=True, help="Read both sides on their beats: no passing notes.")
@click.option(
    "--json", "as_json", is_flag=True, help="Machine-readable; the schema is in docs/evaluate-schema.md."
)
@click.option("--plots", type=click.Path(path_type=Path), metavar="FILE.svg", help="Draw the histograms.")
def command(scores: tuple[Path, ...], as_json: bool, plots: Path | None, **said: Any) -> None:
    """Say how near SCORES, files or folders, are to a corpus, beside how near the corpus is to itself.

    Reads MusicXML, MIDI, ABC, Humdrum and the short text notation. What cannot be read is named and skipped.
    """
    _check(plots, scores)
    with Progress() as progress:
        found = evaluated(scores, Selection(**said), progress)
    if found.skipped:
        _tell(found.skipped)
    if as_json:
        from rulegen.cli.evaluate_json import as_text

        click.echo(as_text(found))
    else:
        from rulegen.cli.evaluate_report import report

        click.echo(report(found))
    if plots is not None:
        from rulegen.models.plots import plotted
        from rulegen.storage import write_whole

        write_whole(plots, plotted(found.comparison, found.corpus).encode())


def _check(plots: Path | None, scores: Sequence[Path]) -> None:
    """Finds out before the work whether the plots can be kept, and write over no score."""
    if plots is None:
        return
    if plots.is_dir() or not plots.parent.is_dir():
        raise click.UsageError(f"{plots} cannot be written: it is a folder, or there is no such folder")
    if plots.resolve() in {path.resolve() for path in _files(scores)[0]}:
        raise click.UsageError(f"{plots} is one of the scores, and would be written over")
    if plots.suffix.lower() != ".svg":
        raise click.UsageError(f"{plots} is no SVG: give it the ending .svg")


def evaluated(scores: Sequence[Path], selection: Selection, progress: Progress) -> Evaluation:
    """Reads both and compares them. Raises ModelError where nothing is left of one of them."""
    from rulegen.models.compare import compare
    from rulegen.models.corpus import gather

    style = _hearing(selection.style)
    pieces, skipped = _set(scores, style, progress)
    own = _in_mode(pieces, selection.mode, "the set")
    ours = _with_part(own, selection, skipped)
    body = gather(selection.corpus, progress.say)
    kept = replace(body, pieces=tuple(_in_mode(body.pieces, selection.mode, body.name)))
    theirs = _corpus_with_part(kept, selection)
    if style is not None:
        from rulegen.face.labelling import with_chords

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
    from rulegen.models.beats import on_beats

    return [on_beats(piece) for piece in pieces] if selection.beats else pieces


def _hearing(name: str | None) -> Style | None:
    """The style that chords are heard by; a name that is none, or hears none, is found out at once."""
    if name is None:
        return None
    from rulegen.face.labelling import hearing

    return hearing(name)


def _set(
    scores: Sequence[Path], style: Style | None, progress: Progress
) -> tuple[list[CorpusPiece], list[tuple[str, str]]]:
    """The pieces of files and folders, and what could not be read."""
    from rulegen.storage import shown

    files, unread = _files(scores)
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


def _files(scores: Sequence[Path]) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files named and those in the folders named, each once; and the folders that cannot be read."""
    from rulegen.io.corpus import ENDINGS, folder_files

    found: list[Path] = []
    unread: list[tuple[str, str]] = []
    for place in scores:
        is_folder = os.path.isdir(place)
        inside, faults = folder_files(place, (*ENDINGS, _TEXT)) if is_folder else ((place,), ())
        found += inside
        unread += faults
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1], unread


def _read(path: Path, style: Style | None) -> tuple[list[CorpusPiece], list[str]]:
    from rulegen.face.scores import open_score
    from rulegen.io.corpus import BY_MUSIC21, name_of, read_pieces
    from rulegen.io.pieces import piece_of

    if path.suffix.lower() in BY_MUSIC21:
        return read_pieces(path)
    score = open_score(path)
    piece = piece_of(score, name_of(path))
    if style is not None and not piece.chords:
        from rulegen.face.labelling import chords_in

        piece = replace(piece, chords=chords_in(score, style))
    return [piece], []


def _with_part(
    pieces: Sequence[CorpusPiece], selection: Selection, skipped: list[tuple[str, str]]
) -> list[ComparedPiece]:
    """The pieces that have the part; the others go to those skipped."""
    from rulegen.models.corpus import named
    from rulegen.models.features import ALL, heard

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
    from rulegen.models.features import heard

    pieces = _read_as(body.pieces, selection)
    found = [music for piece in pieces if (music := heard(piece, selection.part)) is not None]
    if not found:
        voices = sorted({name for piece in body.pieces for name, _ in piece.voices})
        shown = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
        lacking = "notes on a beat in a" if selection.beats else "a"
        raise ModelError(f"no piece of {body.name} has {lacking} voice {selection.part}; there are {shown}")
    return found


def _tell(skipped: Sequence[tuple[str, str]]) -> None:
    from rulegen.models.corpus import named

    click.echo(f"{counted(len(skipped), 'score')} left out:\n{named(skipped)}", err=True)
