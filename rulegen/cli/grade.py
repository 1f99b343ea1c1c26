"""`rulegen grade`: what a style says of a score, place by place."""

from __future__ import annotations

from pathlib import Path

import click

from rulegen.cli.faults import OF_THE_INPUT
from rulegen.cli.opening import open_style
from rulegen.cli.screen import in_paint

_EXAMPLE = (
    "\b\nExamples:\n  rulegen grade exercise.musicxml --style chorale\n"
    "  rulegen grade exercise.musicxml --style chorale --json"
)


@click.command(name="grade", epilog=_EXAMPLE)
@click.argument("score", metavar="SCORE", type=click.Path(path_type=Path))
@click.option(
    "--style", required=True, metavar="STYLE", help="A file of rules, or a ready style by its name."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Machine-readable; the schema is in docs/grade-schema.md."
)
@click.option(
    "--given",
    multiple=True,
    metavar="VOICE",
    help="A voice that was given, or harmony: what lies wholly in it is told, and no fault.",
)
def command(score: Path, style: str, as_json: bool, given: tuple[str, ...]) -> None:
    """Grade SCORE (MusicXML, MIDI, or the short text notation) by a style: each place where a rule is broken.

    Chords are taken from the labels in the score; where there are none, they are inferred.
    The exit code is 1 where a hard rule is broken.
    """
    checked = open_style(style)
    graded = checked.grade(score, given)
    if as_json:
        from rulegen.cli.grade_json import as_text

        click.echo(as_text(graded, checked))
    else:
        from rulegen.grading.report import report

        click.echo(report(graded, in_paint))
    if not graded.is_clean:
        raise SystemExit(OF_THE_INPUT)
