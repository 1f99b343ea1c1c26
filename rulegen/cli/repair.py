"""`rulegen repair`: a score corrected with the fewest changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.faults import OF_THE_INPUT
from rulegen.cli.opening import open_style
from rulegen.cli.score_options import KEY, STYLE, VOICES, voices_said
from rulegen.face.grading import MARKED, check_output, write_repair

if TYPE_CHECKING:
    from rulegen.grading.repair import Repair

_EXAMPLE = (
    "\b\nExamples:\n  rulegen repair exercise.musicxml --style chorale\n"
    "  rulegen repair exercise.musicxml --style chorale --keep soprano --count 3 -o corrected.musicxml"
)


@dataclass(frozen=True, slots=True)
class RepairOptions:
    """What the command line says."""

    score: Path
    style: str
    keep: tuple[str, ...]
    count: int
    output: Path | None
    voices: str | None
    key: str | None


@click.command(name="repair", epilog=_EXAMPLE)
@click.argument("score", metavar="SCORE", type=click.Path(path_type=Path))
@STYLE
@click.option("--keep", multiple=True, metavar="VOICE", help="A voice that stays as it is.")
@click.option(
    "--count",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="So many, the best by the style first.",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
    help="Write the corrected score here, what was changed marked in it.",
)  # fmt: skip
@VOICES
@KEY
def command(**said: Any) -> None:
    """Correct SCORE with the fewest changed notes, so that it keeps all hard rules of a style.

    Its rhythm and its labels stay, and so does what the style gives. The number of changes is proved: no
    fewer would do. The exit code is 1 where no score of that rhythm keeps the rules.
    """
    wish = RepairOptions(**said)
    if wish.output is not None:
        check_output(wish.output, MARKED)
    style = open_style(wish.style)
    found = style.repair(
        wish.score, wish.count, keep=wish.keep, voices=voices_said(wish.voices), key=wish.key
    )
    if not found:
        click.echo("no score of that rhythm, with these labels, keeps all hard rules with so few changes")
        raise SystemExit(OF_THE_INPUT)
    for number, each in enumerate(found, 1):
        click.echo("\n".join(_told(each, number if len(found) > 1 else None)))
        if wish.output is not None:
            place = wish.output
            if len(found) > 1:
                place = place.with_name(f"{place.stem}-{number}{place.suffix}")
            write_repair(place, each, wish.score)
            click.echo(f"-> {place}")


def _told(found: Repair, number: int | None) -> list[str]:
    """The changes, one a line."""
    clock = found.score.timeline
    count = len(found.changes)
    if not count:
        return ["nothing to repair: all hard rules are kept"]
    heading = f"{count} note{'s' * (count > 1)} changed"
    heading += (
        "; no fewer would do" if found.is_proved else "; a rule left the lattice: perhaps fewer would do"
    )
    lines = [heading if number is None else f"{number}. {heading}"]
    for each in found.changes:
        bar, beat = found.score.bar_name(each.before.onset), clock.beat(each.before.onset)
        lines.append(
            f"  bar {bar}, beat {beat}: {each.before.voice} {each.before.pitch} -> {each.after.pitch}"
        )
    return lines
