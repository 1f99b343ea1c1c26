"""`rulegen learn`: from a corpus to a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.learn_options import with_options
from rulegen.cli.screen import ProgressLine
from rulegen.face.kinds import LEVELS, kind_names, option_names

if TYPE_CHECKING:
    from rulegen.face.learning import Training

_EXAMPLE = (
    "\b\nExamples:\n"
    "  rulegen learn markov --corpus bach-chorales --part soprano --order 3 -o soprano.model\n"
    "  rulegen learn hmm --corpus bach-chorales --part harmony --style chorale -o harmony.model\n"
    "  rulegen learn lstm --corpus my-scores/ --part 1 -o mine.model --curve mine.svg"
)


@click.command(name="learn", epilog=_EXAMPLE)
@click.argument("kind", metavar="KIND", type=click.Choice(kind_names()))
@click.option("--corpus", required=True, metavar="NAME|FOLDER", help="A body of music21's corpus, or scores.")
@click.option(
    "--part", required=True, metavar="PART", help="A voice by name or number, harmony, four-voices."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE.model")
@click.option("--split", default="tunes", show_default=True, metavar="NAME", help="tunes, or jsb for Bach's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N")
@click.option(
    "--level", type=click.Choice(LEVELS), help="Pieces on their beats; or as they sound, strikes told."
)
@click.option("--lengths", is_flag=True, help="The symbols are pitches with lengths.")
@click.option("--chords", is_flag=True, help="Networks: each note knows its chord, stated or heard.")
@click.option("--style", default="chorale", show_default=True, help="The style by which chords are heard.")
@with_options
@click.option(
    "--curve",
    type=click.Path(path_type=Path),
    metavar="FILE.svg",
    help="Draw the losses; as PNG by its ending.",
)
@click.option("--afresh", is_flag=True, help="Begin anew where an interrupted training is left.")
def command(**said: Any) -> None:
    """Learn a model of a voice, of the harmony, or of four voices from a corpus.

    A network that is interrupted goes on where it was when the same command is given again; what it needs for
    that is kept beside the output as FILE.model.checkpoint.
    """
    from rulegen.face.learning import Training, trained

    options = {name: said.pop(name) for name in option_names()}
    training = Training(**said, options={name: each for name, each in options.items() if each is not None})
    try:
        training.check()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        with ProgressLine() as progress:
            learned = trained(training, progress.say)
    except KeyboardInterrupt:
        _tell_kept(training)
        raise
    click.echo(str(learned))
    for warning in learned.warnings:
        click.echo(warning, err=True)


def _tell_kept(training: Training) -> None:
    """What is left of a training that was interrupted."""
    if not training.row.has("epochs") or not training.checkpoint.is_file():
        return
    click.echo(
        f"\n{training.checkpoint} keeps all epochs that were over: the same command goes on from there, "
        "and --afresh begins anew",
        err=True,
    )
