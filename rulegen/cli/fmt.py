"""`rulegen fmt`: rule files laid out anew."""

from __future__ import annotations

import sys

import click

from rulegen.cli.faults import OF_THE_INPUT, show
from rulegen.errors import StyleError

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


def _format(name: str, only_check: bool) -> bool:
    """Whether all is well with a file."""
    from rulegen.io.files import write_whole
    from rulegen.language.formatter import format_source
    from rulegen.language.source import Source, read_source

    try:
        if name == "-":
            source = Source("<stdin>", sys.stdin.read())
        else:
            source = read_source(name)
        text = format_source(source)
    except StyleError as error:
        show(error.diagnostics)
        return False
    if only_check:
        same = text == source.text
        if not same:
            click.echo(f"{name}: would change")
        return same
    if name == "-":
        click.echo(text, nl=False)
    elif text != source.text:
        write_whole(name, text.encode())
        click.echo(f"{name}: laid out anew")
    return True
