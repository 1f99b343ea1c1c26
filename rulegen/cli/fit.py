"""`rulegen fit`: the weights of a style, learned from a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.screen import Progress
from rulegen.errors import InternalError, OutputError
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.cli.fit_corpus import Read
    from rulegen.fit.run import Fit, Options
    from rulegen.style.model import Style, Use

_EXAMPLE = (
    "\b\nExamples:\n  rulegen fit chorale --corpus bach-chorales -o fitted.rules\n"
    "  rulegen fit my-style.rules --corpus my-scores/ -o my-style.rules"
)
STANDARD_OUTPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Result:
    """What was read, what came of it, and the style that is to be written."""

    read: Read
    fit: Fit
    text: str


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
    from rulegen.fit.law import FitLimits
    from rulegen.fit.run import Options

    _check(output)
    read_style = _open(style)
    limits = FitLimits(said["budget"], phrases=said["count"])
    options = Options(said["sigma"], said["seed"], limits)
    with Progress() as progress:
        found = _fitted(read_style, corpus, options, progress)
    to_screen = output != STANDARD_OUTPUT
    _tell(found.read, read_style)
    from rulegen.cli.fit_report import report

    click.echo(report(found.read, found.fit), err=not to_screen)
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


def _open(name: str) -> Style:
    """The style without what an earlier fit said in its comments."""
    from rulegen.cli.opening import open_style
    from rulegen.fit.rewrite import without_old_comments

    style = open_style(name)
    text = without_old_comments(style.text)
    return style.meaning if text == style.text else _checked(text, style.name)


def _checked(text: str, name: str) -> Style:
    from rulegen.errors import Source, StyleError
    from rulegen.language.parser import parse
    from rulegen.style.check import check

    source = Source(name, text)
    style, diagnostics = check(parse(source), source)
    if style is None:
        raise StyleError(diagnostics)
    return style


def _fitted(style: Style, corpus: str, options: Options, progress: Progress) -> Result:
    from rulegen.cli.fit_corpus import read_corpus
    from rulegen.fit.rewrite import rewritten
    from rulegen.fit.run import fit

    read = read_corpus(corpus, style, progress)
    found = fit(style, read.phrases, options, progress.say)
    text = rewritten(style, found.changes(read.name), found.head(read.name))
    _verify(style, found, text)
    return Result(read, found, text)


def _verify(style: Style, found: Fit, text: str) -> None:
    """What was written must be the style with its new weights, and nothing else: it is read once more."""
    from rulegen.errors import StyleError
    from rulegen.fit.rewrite import within_voices

    try:
        written = _checked(text, style.source.name)
    except StyleError as error:
        raise InternalError(f"the fitted style has faults: {error}", style.title) from None
    meant = (within_voices(style, use) for use in found.fitted_uses())
    read = (within_voices(style, use) for use in written.uses)
    if sorted(_said(use) for use in read if use) != sorted(_said(use) for use in meant if use):
        raise InternalError("the fitted style says something else than was fitted", style.title)


def _said(use: Use) -> str:
    weight = "hard" if use.hard else f"{use.weight:.2f}"
    return f"{use.verb} {use.rule.name} {weight} {use.narrowings!r} {use.limit} {use.per} {use.rule.then!r}"


def _tell(read: Read, style: Style) -> None:
    """What was left out, and what is not fitted, on standard error."""
    from rulegen.models.corpus import named

    if read.skipped:
        said = f"{counted(len(read.skipped), 'file')} could not be read"
        click.echo(f"{said}:\n{named(read.skipped)}", err=True)
    if read.unfit:
        said = f"{counted(len(read.unfit), 'piece')} left out, of which the style does not speak"
        click.echo(f"{said}:\n{named(read.unfit)}", err=True)
    if style.models:
        models = ", ".join(model.title for model in style.models)
        click.echo(f"the rules are fitted as if there were no models: {models} left as it is", err=True)
