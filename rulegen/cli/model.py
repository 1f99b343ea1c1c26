"""`rulegen model`: what a model is and where it comes from."""

from __future__ import annotations

import click

from rulegen.cli.screen import painted

_EXAMPLE = "\b\nExamples:\n  rulegen model list\n  rulegen model show bach-soprano.lstm"


@click.group(name="model", epilog=_EXAMPLE)
def command() -> None:
    """Show learned models."""


@command.command(name="list")
def list_models() -> None:
    """List the models that rulegen brings."""
    from rulegen.resources import model_names

    for name in model_names():
        click.echo(name)


@command.command(name="show")
@click.argument("name", metavar="MODEL")
def show(name: str) -> None:
    """Show the card of MODEL: a file, or one that rulegen brings by its name."""
    from rulegen.face.model_card import card_of

    path, rows, figures = card_of(name)
    click.echo(painted(str(path), bold=True))
    for title, text in rows.items():
        click.echo(f"  {title:<11}{text}")
    click.echo(figures)
