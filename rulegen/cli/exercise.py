"""`rulegen exercise`: worksheets to be filled in or to be searched for mistakes, and their keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.opening import open_style
from rulegen.cli.screen import ProgressLine
from rulegen.face.worksheets import check_worksheet, write_worksheet

if TYPE_CHECKING:
    from rulegen.grading.exercise import Exercise

_EXAMPLE = (
    "\b\nExamples:\n  rulegen exercise first_species --give cantus --seed 1 --count 12 -o sheet.musicxml\n"
    "  rulegen exercise chorale --give bass,harmony --seed 1 -o bass.musicxml -o bass.pdf\n"
    "  rulegen exercise chorale --mistakes 4 --seed 1 -o find-them.musicxml"
)


@dataclass(frozen=True, slots=True)
class ExerciseOptions:
    """What the command line says."""

    style: str
    outputs: tuple[Path, ...]
    give: str
    mistakes: int
    seed: int
    count: int


@click.command(name="exercise", epilog=_EXAMPLE)
@click.argument("style", metavar="STYLE")
@click.option(
    "-o", "--output", "outputs", multiple=True, required=True, metavar="FILE",
    type=click.Path(path_type=Path), help="The worksheet; its key is written beside it, as FILE-key.",
)  # fmt: skip
@click.option(
    "--give",
    default="",
    metavar="VOICE,…",
    help="What is given: voices, or harmony; the rest is to be filled in.",
)
@click.option(
    "--mistakes", type=click.IntRange(0, 50), default=0, metavar="N", help="Plant so many mistakes instead."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="The same seed, the same sheet.",
)
@click.option(
    "--count", type=click.IntRange(1, 1000), default=1, metavar="N", help="Sheets of seeds N, N+1, and on."
)
def command(**said: Any) -> None:
    """Make worksheets by STYLE, each with its key.

    With --give, the voices that are not given are left empty; `rulegen grade` takes the filled-in file back
    and sees whether what was given is unchanged. With --mistakes, so many notes are wrong, each at one place
    against one hard rule; the key has them coloured and named.
    """
    wish = ExerciseOptions(**said)
    give = [name.strip() for name in wish.give.split(",") if name.strip()]
    if bool(give) is bool(wish.mistakes):
        raise click.UsageError(
            "say what is given, --give cantus, or how many mistakes to plant, --mistakes 4"
        )
    for output in wish.outputs:
        check_worksheet(output)
    style = open_style(wish.style)
    with ProgressLine() as progress:
        for number in progress.through(range(wish.count), "sheet", wish.count):
            made = style.exercise(wish.seed + number, give=give, mistakes=wish.mistakes)
            progress.say("")
            for output in wish.outputs:
                place = (
                    output
                    if wish.count == 1
                    else output.with_name(f"{output.stem}-{number + 1:03}{output.suffix}")
                )
                files = write_worksheet(place, made)
                click.echo(f"seed {wish.seed + number}: {_told(made)} -> {', '.join(map(str, files))}")


def _told(made: Exercise) -> str:
    if made.choices is not None:
        return f"{made.choices:.1f} choices a note"
    return ", ".join(f"{each.place} {each.rule}" for each in made.mistakes)
