"""`rulegen rules`: the rules of the library, as a list, one by one, and as a page."""

from __future__ import annotations

import click

from rulegen.cli.screen import in_paint

_EXAMPLE = (
    "\b\nExamples:\n  rulegen rules\n  rulegen rules parallel_fifths\n  rulegen rules --page > docs/rules.md"
)


@click.command(name="rules", epilog=_EXAMPLE)
@click.argument("name", required=False)
@click.option("--page", is_flag=True, help="The whole reference as Markdown.")
def command(name: str | None, page: bool) -> None:
    """List the rules of the library by pack, or show the rule NAME with its text, cases and memory."""
    from rulegen.face import library

    if name is None:
        click.echo(library.page() if page else library.listing(in_paint), nl=not page)
        return
    if page:
        raise click.UsageError("--page shows all rules: leave the name out")
    try:
        click.echo(library.explained(name, in_paint))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
