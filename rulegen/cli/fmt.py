"""`rulegen fmt`: rule files laid out anew."""

from __future__ import annotations

import sys

import click

from rulegen.cli.faults import OF_THE_INPUT, show
from rulegen.errors import Diagnostic, StyleError
from rulegen.storage import write_whole

_EXAMPLE = (
    "\b\nExamples:\n  rulegen fmt my-style.rules\n  rulegen fmt --check styles/*.rules\n"
    "  rulegen fmt - < my-style.rules"
)


@click.command(name="fmt", epilog=_EXAMPLE)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 where a file would change.")
def command(files: tuple[str, ...], only_check: bool) -> None:
    """Lay rule files out anew, in place; - reads standard input and writes standard output.

    Words, comments and meaning stay. A file with faults of syntax stays as it is.
    """
    sound = [_format(name, only_check) for name in files]
    if not all(sound):
        raise SystemExit(OF_THE_INPUT)


def _standard_input() -> str:
    """All of it, as text. Raises StyleError."""
    try:
        return "" if sys.stdin is None else sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StyleError((Diagnostic("not-text", "standard input is not UTF-8 text"),)) from None


def _format(name: str, only_check: bool) -> bool:
    """Whether all is well with a file."""
    from rulegen.face.layout import laid_out

    try:
        before, after = laid_out(name, _standard_input() if name == "-" else None)
    except StyleError as error:
        show(error.diagnostics)
        return False
    if only_check:
        if before != after:
            click.echo(f"{name}: would change")
        return before == after
    if name == "-":
        click.echo(after, nl=False)
    elif before != after:
        write_whole(name, after.encode())
        click.echo(f"{name}: laid out anew")
    return True
