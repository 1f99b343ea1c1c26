"""`rulegen grade`: what a style says of a score, place by place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rulegen.cli.faults import OF_THE_INPUT
from rulegen.cli.opening import open_style
from rulegen.cli.screen import in_paint

_EXAMPLE = (
    "\b\nExamples:\n  rulegen grade exercise.musicxml --style chorale\n"
    "  rulegen grade exercise.musicxml --style chorale --hard-only\n"
    "  rulegen grade exercise.musicxml --style first_species --voices counterpoint=2,cantus=1\n"
    "  rulegen grade exercise.musicxml --style chorale --json"
)


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """What the command line says."""

    score: Path
    style: str
    as_json: bool
    given: tuple[str, ...]
    voices: str | None
    key: str | None
    hard_only: bool
    at_least: float


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
@click.option(
    "--voices", metavar="VOICE=PART,…", help="Which part each voice is, by name or by number from the top."
)
@click.option("--key", metavar="KEY", help="The key of the score, where the file says another: 'G dorian'.")
@click.option("--hard-only", is_flag=True, help="Tell only where hard rules are broken.")
@click.option(
    "--at-least",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="NATS",
    help="Tell of soft rules only what weighs so much at one place.",
)
def command(**said: Any) -> None:
    """Grade SCORE (MusicXML, MIDI, or the short text notation) by a style: each place where a rule is broken.

    Chords are taken from the labels in the score; where there are none, they are inferred. What is assumed
    of the score, as which part is which voice, is said. The exit code is 1 where a hard rule is broken.
    """
    wish = GradeOptions(**said)
    checked = open_style(wish.style)
    graded = checked.grade(wish.score, wish.given, voices=voices_said(wish.voices), key=wish.key)
    if wish.as_json:
        from rulegen.cli.grade_json import as_text

        click.echo(as_text(graded, checked))
    else:
        from rulegen.grading.report import report

        least = float("inf") if wish.hard_only else wish.at_least
        click.echo(report(graded, in_paint, least))
    if not graded.is_clean:
        raise SystemExit(OF_THE_INPUT)


def voices_said(text: str | None) -> dict[str, str]:
    """Voice of the style → part of the score, of `soprano=2,bass=Cello`. Raises UsageError."""
    found: dict[str, str] = {}
    for each in (text or "").split(",") if text else ():
        voice, sign, part = (said.strip() for said in each.partition("="))
        if not (voice and sign and part):
            raise click.UsageError(f"--voices {text}: write it as VOICE=PART,…, as in soprano=2,bass=1")
        if voice in found:
            raise click.UsageError(f"--voices says {voice} twice")
        found[voice] = part
    return found
