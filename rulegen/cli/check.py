"""`rulegen check`: all faults of style files at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rulegen.cli.faults import OF_THE_INPUT, show
from rulegen.cli.screen import counted, painted
from rulegen.cli.styles import find_style
from rulegen.errors import StyleError

if TYPE_CHECKING:
    from rulegen.style.model import Style

_EXAMPLE = "\b\nExamples:\n  rulegen check my-style.rules\n  rulegen check styles/*.rules"


@click.command(name="check", epilog=_EXAMPLE)
@click.argument("styles", metavar="STYLE...", nargs=-1, required=True)
def command(styles: tuple[str, ...]) -> None:
    """Check style files (or ready styles by name) and report all faults at once, each at its place.

    Whether any score can keep all that a style demands is found out by `compose` and `inspect`.
    """
    sound = [_check(name) for name in styles]
    if not all(sound):
        raise SystemExit(OF_THE_INPUT)


def _check(name: str) -> bool:
    """Whether a style has no fault; says which it has."""
    from rulegen.language.parser import parse
    from rulegen.language.source import read_source
    from rulegen.style.check import check

    try:
        path = find_style(name)
        source = read_source(path)
    except StyleError as error:
        show(error.diagnostics)
        return False
    style, diagnostics = check(parse(source), source)
    if diagnostics:
        show(diagnostics)
    errors = sum(each.severity == "error" for each in diagnostics)
    if style is None:
        click.echo(f"{path}: {counted(errors, 'fault')}", err=True)
        return False
    click.echo(f"{path}: {painted('no fault', fg='green')}; {_summary(style)}")
    return True


def _summary(style: Style) -> str:
    hard = sum(use.hard for use in style.uses)
    rules = f"{counted(hard, 'hard rule')}, {counted(len(style.uses) - hard, 'soft rule')}"
    return f'"{style.title}", {counted(len(style.voices), "voice")}, {rules}'
