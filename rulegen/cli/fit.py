"""`rulegen fit`: the weights of a style, learned from a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rulegen.cli.opening import open_style
from rulegen.cli.screen import ProgressLine
from rulegen.errors import OutputError

_EXAMPLE = (
    "\b\nExamples:\n  rulegen fit chorale --corpus bach-chorales -o fitted.rules\n"
    "  rulegen fit my-style.rules --corpus my-scores/ -o my-style.rules"
)
STANDARD_OUTPUT = Path("-")


@click.command(name="fit", epilog=_EXAMPLE)
@click.argument("style", metavar="STYLE")
@click.option("--corpus", required=True, metavar="NAME|FOLDER", help="A body of music21's corpus, or scores.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="FILE.rules",
    help="Where the style goes with its new weights; - is standard output.",
)  # fmt: skip
@click.option(
    "--prior", "sigma", type=click.FloatRange(0, 1000, min_open=True), default=3.0, show_default=True,
    metavar="SIGMA", help="Standard deviation of the Gaussian prior of a weight, in nats.",
)  # fmt: skip
@click.option(
    "--count", type=click.IntRange(1), default=120, show_default=True, metavar="N",
    help="Phrases looked at, drawn by chance.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N")
@click.option(
    "--budget", type=click.IntRange(1_000), default=2_000_000, show_default=True, metavar="ARCS",
    help="Arcs a layer may have; phrases beyond are left out.",
)  # fmt: skip
def command(style: str, corpus: str, output: Path, **said: Any) -> None:
    """Learn the weights of STYLE's preferences from a corpus, and write the style with them.

    The weights are the most likely ones for phrases of the corpus as far as they keep the style's hard rules:
    each timeline is conditioned on, and the moments where a rule is broken. How often the corpus breaks each
    hard rule is written beside it.
    """
    _check(output)
    opened = open_style(style)
    from rulegen.face.fitting import Fitting, fitted

    with ProgressLine() as progress:
        found = fitted(opened, corpus, Fitting(**said), progress)
    to_screen = output != STANDARD_OUTPUT
    for warning in found.warnings:
        click.echo(warning, err=True)
    click.echo(str(found), err=not to_screen)
    if to_screen:
        from rulegen.storage import write_whole

        write_whole(output, found.text.encode())
        click.echo(f"{output}: written with the new weights")
    else:
        click.echo(found.text, nl=False)


def _check(output: Path) -> None:
    """Finds out before the work whether its fruit can be kept."""
    if output != STANDARD_OUTPUT and (output.is_dir() or not output.parent.is_dir()):
        raise OutputError(f"{output} cannot be written: it is a folder, or there is no such folder")
