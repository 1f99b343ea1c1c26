"""`rulegen words`: the words that a style may choose from."""

from __future__ import annotations

import click

_EXAMPLE = "\b\nExamples:\n  rulegen words\n  rulegen words chords\n  rulegen words instruments"


@click.command(name="words", epilog=_EXAMPLE)
@click.argument("topic", required=False)
def command(topic: str | None) -> None:
    """List the words that a style may choose from for TOPIC: chords, instruments, cadences; without one, the
    topics.
    """
    from rulegen.face.words import words

    try:
        click.echo(str(words(topic)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
