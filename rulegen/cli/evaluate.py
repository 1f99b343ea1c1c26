"""`rulegen evaluate`: how near a set of scores is to a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rulegen.cli.screen import ProgressLine

_EXAMPLE = (
    "\b\nExamples:\n  rulegen evaluate composed/ --corpus bach-chorales\n"
    "  rulegen evaluate a.musicxml b.mid --corpus my-scores/ --part soprano --plots near.svg"
)
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
    from rulegen.face.evaluation import Selection, evaluated

    _check(plots, scores)
    with ProgressLine() as progress:
        found = evaluated(scores, Selection(**said), progress)
    for warning in found.warnings:
        click.echo(warning, err=True)
    if as_json:
        from rulegen.face.evaluation_json import as_text

        click.echo(as_text(found))
    else:
        from rulegen.face.evaluation_report import report

        click.echo(report(found))
    if plots is not None:
        from rulegen.storage import write_whole

        write_whole(plots, found.plots().encode())


def _check(plots: Path | None, scores: Sequence[Path]) -> None:
    """Finds out before the work whether the plots can be kept, and write over no score."""
    if plots is None:
        return
    from rulegen.face.evaluation import score_files

    if plots.is_dir() or not plots.parent.is_dir():
        raise click.UsageError(f"{plots} cannot be written: it is a folder, or there is no such folder")
    if plots.resolve() in {path.resolve() for path in score_files(scores)[0]}:
        raise click.UsageError(f"{plots} is one of the scores, and would be written over")
    if plots.suffix.lower() != ".svg":
        raise click.UsageError(f"{plots} is no SVG: give it the ending .svg")
