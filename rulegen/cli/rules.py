"""`rulegen rules`: the rules of the library, as a list, one by one, and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rulegen.cli.rule_page import line_of
from rulegen.cli.screen import painted

if TYPE_CHECKING:
    from rulegen.style.library import Pack

_EXAMPLE = (
    "\b\nExamples:\n  rulegen rules\n  rulegen rules parallel_fifths\n  rulegen rules --page > docs/rules.md"
)


@click.command(name="rules", epilog=_EXAMPLE)
@click.argument("name", required=False)
@click.option("--page", is_flag=True, help="The whole reference as Markdown.")
def command(name: str | None, page: bool) -> None:
    """List the rules of the library by pack, or show the rule NAME with its text, cases and memory."""
    if name is not None and page:
        raise click.UsageError("--page shows all rules: leave the name out")
    packs = _packs()
    if page:
        from rulegen.cli.rule_page import page_of

        click.echo(page_of(packs), nl=False)
    elif name is not None:
        click.echo(_explained(name, packs))
    else:
        click.echo("\n\n".join(_listed(pack) for pack in packs if pack.rules))


def _packs() -> list[Pack]:
    from rulegen.resources import library_names
    from rulegen.style.library import load_pack

    return [load_pack(name) for name in library_names()]


def _listed(pack: Pack) -> str:
    width = max(map(len, pack.rules))
    rows = [f"  {name:<{width}}  {rule.sentence}" for name, rule in pack.rules.items() if rule is not None]
    return "\n".join([painted(f"{pack.name}: {pack.title}", bold=True), *rows])


def _pack(pack: Pack) -> str:
    """A pack's own rules, and what a style that uses it is held to."""
    parts = [_listed(pack)] if pack.rules else [painted(f"{pack.name}: {pack.title}", bold=True)]
    if pack.uses:
        parts.append("\n".join(["applies", *(f"  {line_of(use)}" for use in pack.uses)]))
    return "\n\n".join(parts)


def _explained(name: str, packs: list[Pack]) -> str:
    from rulegen.cli.rule_page import facts, text_of

    found = [(pack, rule) for pack in packs if (rule := pack.rules.get(name)) is not None]
    pack = next((pack for pack in packs if pack.name == name), None)
    if not found and pack is not None:
        return _pack(pack)
    if not found:
        from rulegen.language.nearest import nearest

        near = nearest(name, [known for pack in packs for known in pack.rules])
        hint = f"; did you mean {near}?" if near else "; `rulegen rules` lists them all"
        raise click.UsageError(f"the library has no rule called {name}{hint}")
    parts = []
    for pack, rule in found:
        width = max(len(word) for word, _ in facts(rule, packs))
        lines = [f"  {word:<{width}}  {said}" for word, said in facts(rule, packs)]
        head = f"{painted(name, bold=True)} ({pack.name})\n  {rule.sentence}"
        parts.append("\n".join([head, "", *lines, "", text_of(pack, name)]))
    return "\n\n".join(parts)
