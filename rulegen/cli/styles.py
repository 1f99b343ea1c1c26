"""`rulegen styles`: the styles that come with rulegen."""

from __future__ import annotations

import click

_EXAMPLE = "\b\nExamples:\n  rulegen styles\n  rulegen compose folk_jig"


@click.command(name="styles", epilog=_EXAMPLE)
def command() -> None:
    """List the styles that come with rulegen. All commands take them by their names."""
    from rulegen.face.words import styles

    click.echo(str(styles()))
