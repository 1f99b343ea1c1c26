"""The rules of the library as text: all of them by pack, and one by one."""

from __future__ import annotations

from rulegen.errors.nearest import nearest
from rulegen.face.rule_page import facts, line_of, page_of, text_of
from rulegen.grading.report import Paint, plain
from rulegen.resources import library_names
from rulegen.style.library import Pack, load_pack


def packs() -> list[Pack]:
    """The packs of the library, in alphabetical order."""
    return [load_pack(name) for name in library_names()]


def page() -> str:
    """The whole reference as Markdown."""
    return page_of(packs())


def listing(paint: Paint = plain) -> str:
    """All rules with their sentences, by pack."""
    return "\n\n".join(_listed(pack, paint) for pack in packs() if pack.rules)


def explained(name: str, paint: Paint = plain) -> str:
    """A rule with its text, cases and memory, or a pack with what it applies. Raises ValueError where the
    library has neither.
    """
    every = packs()
    found = [(pack, rule) for pack in every if (rule := pack.rules.get(name)) is not None]
    named = next((pack for pack in every if pack.name == name), None)
    if not found and named is not None:
        return _pack(named, paint)
    if not found:
        near = nearest(name, [known for pack in every for known in pack.rules])
        hint = f"; did you mean {near}?" if near else "; `rulegen rules` lists them all"
        raise ValueError(f"the library has no rule called {name}{hint}")
    parts = []
    for pack, rule in found:
        said = facts(rule, every)
        width = max(len(word) for word, _ in said)
        head = f"{paint(name, 'bold')} ({pack.name})\n  {rule.sentence}"
        lines = [f"  {word:<{width}}  {what}" for word, what in said]
        parts.append("\n".join([head, "", *lines, "", text_of(pack, name)]))
    return "\n\n".join(parts)


def _listed(pack: Pack, paint: Paint) -> str:
    width = max(map(len, pack.rules))
    rows = [f"  {name:<{width}}  {rule.sentence}" for name, rule in pack.rules.items() if rule is not None]
    return "\n".join([_title(pack, paint), *rows])


def _pack(pack: Pack, paint: Paint) -> str:
    """A pack's own rules, and what a style that uses it is held to."""
    parts = [_listed(pack, paint) if pack.rules else _title(pack, paint)]
    if pack.uses:
        parts.append("\n".join(["applies", *(f"  {line_of(use)}" for use in pack.uses)]))
    return "\n\n".join(parts)


def _title(pack: Pack, paint: Paint) -> str:
    return paint(f"{pack.name}: {pack.title}", "bold")
