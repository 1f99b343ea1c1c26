"""`rulegen explain`: why a note of a score stands where it stands, and what else could."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rulegen.cli.opening import open_style
from rulegen.cli.score_options import KEY, STYLE, VOICES, voices_said

_EXAMPLE = (
    "\b\nExamples:\n  rulegen explain piece.musicxml --style chorale --at 'alto 3.2'\n"
    "  rulegen explain piece.musicxml --style chorale --bar 3\n"
    "  rulegen explain piece.musicxml --style chorale"
)


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What the command line says."""

    score: Path
    style: str
    at: str | None
    bar: str | None
    as_json: bool
    voices: str | None
    key: str | None


@click.command(name="explain", epilog=_EXAMPLE)
@click.argument("score", metavar="SCORE", type=click.Path(path_type=Path))
@STYLE
@click.option("--at", metavar="'VOICE BAR.BEAT'", help="One note, with all that could stand in its place.")
@click.option("--bar", metavar="N", help="The notes of a bar.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable: a list of notes.")
@VOICES
@KEY
def command(**said: Any) -> None:
    """Explain the notes of SCORE by STYLE, whoever wrote them: what else could stand in the place of each.

    All else in the score stays as it is. What breaks a hard rule there is ruled out, and it is said which; of
    the others it is said how likely each is, models left out, and what soft rules take from it.
    """
    wish = ExplainOptions(**said)
    if wish.at is not None and wish.bar is not None:
        raise click.UsageError("--at names one note and --bar a whole bar: give one of them")
    style = open_style(wish.style)
    place = None if wish.at is None else _place(wish.at)
    found = style.alternatives(
        wish.score, place=place, bar=wish.bar, voices=voices_said(wish.voices), key=wish.key
    )
    if wish.as_json:
        import json

        from rulegen.grading.alternatives_report import as_json

        click.echo(json.dumps([as_json(each) for each in found], indent=2, ensure_ascii=False))
        return
    from rulegen.grading.alternatives_report import of_note, of_notes

    click.echo(of_note(found[0]) if wish.at is not None else of_notes(found))


def _place(text: str) -> tuple[str, str, str]:
    """Voice, bar and beat of `alto 3.2`. Raises UsageError."""
    voice, _, place = text.strip().rpartition(" ")
    bar, dot, beat = place.partition(".")
    if not (voice.strip() and bar and (beat or not dot)):
        raise click.UsageError(f"--at {text}: write it as voice, bar and beat, as in 'alto 3.2'")
    return voice.strip(), bar, beat or "1"
