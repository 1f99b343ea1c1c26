"""`rulegen check`: all faults of style files and packs at once."""

from __future__ import annotations

import click

from rulegen.cli.faults import OF_THE_INPUT, show
from rulegen.cli.screen import painted
from rulegen.tables import counted

_EXAMPLE = (
    "\b\nExamples:\n  rulegen check my-style.rules\n  rulegen check styles/*.rules\n"
    "  rulegen check --cases my-pack.rules"
)


@click.command(name="check", epilog=_EXAMPLE)
@click.argument("styles", metavar="STYLE...", nargs=-1, required=True)
@click.option("--cases", is_flag=True, help="Also run the cases of the rules that stand in these files.")
def command(styles: tuple[str, ...], cases: bool) -> None:
    """Check style files and packs (or ready styles by name) and report all faults at once, each at its place.

    Whether any score can keep all that a style demands is found out by `compose` and `inspect`.
    """
    sound = [_check(name, cases) for name in styles]
    if not all(sound):
        raise SystemExit(OF_THE_INPUT)


def _check(name: str, cases: bool) -> bool:
    """Whether a file has no fault; says which it has."""
    from rulegen.face.checking import check

    checked = check(name, cases)
    if checked.diagnostics:
        show(checked.diagnostics)
    if not checked.faults:
        click.echo(f"{checked.path}: {painted('no fault', fg='green')}; {checked.summary}")
    elif checked.was_read:
        click.echo(f"{checked.path}: {counted(checked.faults, 'fault')}", err=True)
    return not checked.faults
