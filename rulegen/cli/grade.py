"""`rulegen grade`: what a style says of a score, place by place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.faults import OF_THE_INPUT
from rulegen.cli.opening import open_style
from rulegen.cli.score_options import KEY, STYLE, VOICES, voices_said
from rulegen.cli.screen import ProgressLine, in_paint
from rulegen.face.grading import (
    OF_A_CLASS,
    PAGE,
    Wishes,
    check_output,
    class_table,
    score_files,
    sheet_of,
    write_class,
    write_grade,
)

if TYPE_CHECKING:
    from rulegen.face.style import Style
    from rulegen.grading.page import Sheet

_EXAMPLE = (
    "\b\nExamples:\n  rulegen grade exercise.musicxml --style chorale\n"
    "  rulegen grade exercise.musicxml --style chorale --hard-only\n"
    "  rulegen grade exercise.musicxml --style first_species --voices counterpoint=2,cantus=1\n"
    "  rulegen grade exercise.musicxml --style chorale -o graded.html -o marked.musicxml\n"
    "  rulegen grade handed-in/ --style chorale -o class.html -o class.csv\n"
    "  rulegen grade exercise.musicxml --style chorale --json"
)


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """What the command line says."""

    scores: tuple[Path, ...]
    style: str
    as_json: bool
    outputs: tuple[Path, ...]
    given: tuple[str, ...]
    voices: str | None
    key: str | None
    hard_only: bool
    at_least: float


@click.command(name="grade", epilog=_EXAMPLE)
@click.argument("scores", metavar="SCORE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@STYLE
@click.option(
    "--json", "as_json", is_flag=True, help="Machine-readable; the schema is in docs/grade-schema.md."
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a page (.html), the marked score (.musicxml, .mxl), or the table of a class (.csv).",
)
@click.option(
    "--given",
    multiple=True,
    metavar="VOICE",
    help="A voice that was given, or harmony: what lies wholly in it is told, and no fault.",
)
@VOICES
@KEY
@click.option("--hard-only", is_flag=True, help="Tell only where hard rules are broken.")
@click.option(
    "--at-least",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="NATS",
    help="Tell of soft rules only what weighs so much at one place.",
)
def command(**said: Any) -> None:
    """Grade scores (MusicXML, MIDI, the short text notation) by a style: each place where a rule is broken.

    Chords are taken from the labels in the score; where there are none, they are inferred. What is assumed
    of the score, as which part is which voice, is said. Of several scores, or a folder, the class is told as
    a table. The exit code is 1 where a hard rule is broken.

    With -o, the findings go into the score itself: class.html shows scores and findings side by side,
    marked.musicxml is the score with its notes coloured, class.csv the table of the class.
    """
    wish = GradeOptions(**said)
    for output in wish.outputs:
        check_output(output)
    least = float("inf") if wish.hard_only else wish.at_least
    wishes = Wishes(wish.given, voices_said(wish.voices), wish.key, least)
    style = open_style(wish.style)
    files = score_files(wish.scores)
    if len(files) == 1:
        is_clean = _one(style, files[0], wish, wishes)
    else:
        is_clean = _several(style, files, wish, wishes)
    if not is_clean:
        raise SystemExit(OF_THE_INPUT)


def _one(style: Style, file: Path, wish: GradeOptions, wishes: Wishes) -> bool:
    """Grades a score, tells all of it, and writes what is asked for; whether it is clean."""
    grade = style.grade(file, wishes.given, voices=wishes.voices, key=wishes.key)
    if wish.as_json:
        from rulegen.cli.grade_json import as_text

        click.echo(as_text(grade, style))
    else:
        from rulegen.grading.report import report

        click.echo(report(grade, in_paint, wishes.least))
    for output in wish.outputs:
        write_grade(output, grade, file, wishes)
        click.echo(f"-> {output}", err=wish.as_json)
    return grade.is_clean


def _several(style: Style, files: list[Path], wish: GradeOptions, wishes: Wishes) -> bool:
    """Grades a class; whether all are clean."""
    if wish.as_json:
        raise click.UsageError("--json is for one score: several go into a page, -o class.html, or a table")
    if any(output.suffix.lower() not in OF_A_CLASS for output in wish.outputs):
        raise click.UsageError("several scores go into one .html or .csv: mark each score by itself")
    engraved = any(output.suffix.lower() == PAGE for output in wish.outputs)
    sheets: list[Sheet] = []
    with ProgressLine() as progress:
        for number, file in enumerate(progress.through(files, "score", len(files)), 1):
            sheets.append(sheet_of(style, file, wishes, engraved, f"n{number}-"))
    click.echo(class_table(sheets))
    for output in wish.outputs:
        write_class(output, sheets, style.title)
        click.echo(f"-> {output}")
    for sheet in sheets:
        if sheet.grade is None:
            click.echo(f"{sheet.name}: {sheet.fault}", err=True)
    return all(sheet.grade is not None and sheet.grade.is_clean for sheet in sheets)
