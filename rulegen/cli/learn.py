"""`rulegen learn`: from a corpus to a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.numbers import Real
from rulegen.cli.screen import Progress

if TYPE_CHECKING:
    from rulegen.face.learning import Training

_KINDS = ("markov", "hmm", "lstm", "gru", "rnn")
_EXAMPLE = (
    "\b\nExamples:\n"
    "  rulegen learn markov --corpus bach-chorales --part soprano --order 3 -o soprano.model\n"
    "  rulegen learn hmm --corpus bach-chorales --part harmony --style chorale -o harmony.model\n"
    "  rulegen learn lstm --corpus my-scores/ --part 1 -o mine.model --curve mine.svg"
)
_OPTIONS = (  # those of one kind or another
    *("order", "least", "states", "starts", "hidden", "width", "dropout"),
    *("epochs", "patience", "batch", "rate", "decay", "threads"),
)


def _states(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(1 <= each <= 200 for each in found):
        raise click.BadParameter("write numbers from 1 to 200 with commas between, as in 4,8,12")
    return found


@click.command(name="learn", epilog=_EXAMPLE)
@click.argument("kind", metavar="KIND", type=click.Choice(_KINDS))
@click.option("--corpus", required=True, metavar="NAME|FOLDER", help="A body of music21's corpus, or scores.")
@click.option(
    "--part", required=True, metavar="PART", help="A voice by name or number, harmony, four-voices."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE.model")
@click.option("--split", default="tunes", show_default=True, metavar="NAME", help="tunes, or jsb for Bach's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N")
@click.option("--lengths", is_flag=True, help="The symbols are pitches with lengths.")
@click.option("--chords", is_flag=True, help="Networks: each note knows its chord, stated or heard.")
@click.option("--style", default="chorale", show_default=True, help="The style by which chords are heard.")
@click.option("--order", type=click.IntRange(0, 12), metavar="N", help="markov: symbols remembered.  [3]")
@click.option(
    "--least", type=click.IntRange(1), metavar="N", help="markov: how often a context is seen.  [1]"
)
@click.option("--states", callback=_states, metavar="N,…", help="hmm: hidden states to try.  [4,8,12,16]")
@click.option("--starts", type=click.IntRange(1, 100), metavar="N", help="hmm: random starts of each.  [4]")
@click.option("--hidden", type=click.IntRange(1, 1024), metavar="N", help="Size of the memory.  [128]")
@click.option("--width", type=click.IntRange(1, 2048), metavar="N", help="Size of the layer after it.  [128]")
@click.option("--dropout", type=Real(0, 0.9), metavar="P", help="Share left out.  [0.4]")
@click.option("--epochs", type=click.IntRange(1, 10_000), metavar="N", help="Epochs at most.  [45]")
@click.option("--patience", type=click.IntRange(1), metavar="N", help="Epochs without getting better.  [10]")
@click.option("--batch", type=click.IntRange(1, 1024), metavar="N", help="Pieces an update.  [8]")
@click.option("--rate", type=Real(0, 1, min_open=True), metavar="X", help="Learning rate.  [0.003]")
@click.option("--decay", type=Real(0, 1), metavar="X", help="Weight decay.  [0.03]")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Cores to use.  [all]")
@click.option(
    "--curve",
    type=click.Path(path_type=Path),
    metavar="FILE.svg",
    help="Draw the losses; as PNG by its ending.",
)
@click.option("--afresh", is_flag=True, help="Begin anew where an interrupted training is left.")
def command(**said: Any) -> None:
    """Learn a model of a voice, of the harmony, or of four voices from a corpus.

    KIND is markov, hmm, lstm, gru or rnn. A network that is interrupted goes on where it was when the same
    command is given again; what it needs for that is kept beside the output as FILE.model.checkpoint.
    """
    from rulegen.face.learning import Training, trained

    options = {name: said.pop(name) for name in _OPTIONS}
    training = Training(**said, options={name: each for name, each in options.items() if each is not None})
    try:
        training.check()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        with Progress() as progress:
            learned = trained(training, progress.say)
    except KeyboardInterrupt:
        _tell_kept(training)
        raise
    click.echo(str(learned))
    for warning in learned.warnings:
        click.echo(warning, err=True)


def _tell_kept(training: Training) -> None:
    """What is left of a training that was interrupted."""
    if training.kind in ("markov", "hmm") or not training.checkpoint.is_file():
        return
    click.echo(
        f"\n{training.checkpoint} keeps all epochs that were over: the same command goes on from there, "
        "and --afresh begins anew",
        err=True,
    )
