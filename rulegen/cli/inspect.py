"""`rulegen inspect`: what a style comes to, in figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.compose import given_files
from rulegen.cli.faults import show
from rulegen.cli.opening import open_style
from rulegen.cli.screen import ProgressLine, painted

if TYPE_CHECKING:
    from pathlib import Path

    from rulegen import Style

_EXAMPLE = (
    "\b\nExamples:\n  rulegen inspect chorale\n  rulegen inspect chorale --seconds 120\n"
    "  rulegen inspect chorale --marginals 4.2"
)
_MOST_SHOWN, _LEAST_SHOWN = 12, 0.0005


@dataclass(frozen=True, slots=True)
class InspectOptions:
    """What is asked for, as the command line says it."""

    style: str
    marginals: str | None
    seconds: float
    given: tuple[str, ...]
    cached: bool
    budget: int | None


@click.command(name="inspect", epilog=_EXAMPLE)
@click.argument("style", metavar="STYLE")
@click.option("--marginals", metavar="BAR.BEAT", help="Only this: how likely each chord and note is there.")
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, show_default=True, metavar="S",
              help="Time for measuring what each rule takes away.")  # fmt: skip
@click.option(
    "--given",
    multiple=True,
    metavar="VOICE=FILE",
    help="Gives a voice from a score file; FILE:2 is its second part.",
)
@click.option(
    "--no-cache", "cached", is_flag=True, default=True, flag_value=False, help="Keep no built lattices."
)
@click.option(
    "--budget", type=click.IntRange(min=1), metavar="ARCS", help="Arcs a layer may have.  [2000000]"
)
def command(**said: Any) -> None:
    """Show what STYLE comes to: states and arcs, memories, how many scores there are, and what each
    rule takes away.

    A bit that a rule takes away halves the number of scores: it is measured by leaving out that rule alone.
    """
    wish = InspectOptions(**said)
    place = None if wish.marginals is None else _bar_and_beat(wish.marginals)
    given = given_files(wish.given)
    style = open_style(wish.style, given, budget=wish.budget, cached=wish.cached)
    with ProgressLine() as progress:
        progress.say("building …")
        warning = style.without_models().relaxation(given)
        if warning is not None:
            progress.say("")
            show((warning,))
        if place is not None:
            chances = _chances(style, place, given)
            progress.say("")
            click.echo("\n".join(_marginals(place, chances, exact=warning is None)))
            return
        explained = style.explain(seconds=wish.seconds, given=given, progress=progress.say)
        title, _, rest = explained.figures.partition("\n")
        progress.say("")
        click.echo(f"{painted(title, bold=True)}\n{rest}\n")
        click.echo(explained.table)


def _bar_and_beat(text: str) -> tuple[int, Fraction]:
    bar, _, beat = text.partition(".")
    try:
        return int(bar), Fraction(beat or "1")
    except (ValueError, ZeroDivisionError):
        raise click.UsageError(f"--marginals {text}: write bar and beat as in 4.2, or 4.5/2") from None


def _chances(
    style: Style, place: tuple[int, Fraction], given: dict[str, Path]
) -> dict[str, dict[str, float]]:
    try:
        return style.chances(*place, given=given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _marginals(
    place: tuple[int, Fraction], chances: dict[str, dict[str, float]], exact: bool
) -> Iterator[str]:
    sure = "" if exact else ", as the relaxed lattice sees it"
    yield f"bar {place[0]}, beat {place[1]}{sure}"
    for name, likely in chances.items():
        shown = [(what, chance) for what, chance in likely.items() if chance >= _LEAST_SHOWN][:_MOST_SHOWN]
        rest = sum(likely.values()) - sum(chance for _, chance in shown)
        said = [f"{what} {chance:.1%}" for what, chance in shown]
        said += [f"others {rest:.1%}"] if rest >= _LEAST_SHOWN else []
        yield f"{painted(name, bold=True)}: {', '.join(said)}"
