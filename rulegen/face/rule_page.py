"""What is to be said of a rule of the library, and the page with all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from textwrap import dedent

from rulegen.errors import Source
from rulegen.explain import memory_of
from rulegen.language import syntax
from rulegen.language.parser import parse
from rulegen.style.library import Pack
from rulegen.style.model import Rule, Use

_MANNERS = {"require": "required", "forbid": "forbidden", "prefer": "preferred", "avoid": "avoided"}

_HEAD = """# The rules of the library

Made by `rulegen rules --page`. A style takes a pack with `use common_practice`, or names a single rule:
`forbid parallel_fifths between soprano, bass`. Weights are in nats a place. The memory is what a lattice must
tell apart to keep the rule over time, for one voice (or one pair) on its own: `none`, or how many classes.
"""


def page_of(packs: Sequence[Pack]) -> str:
    """The reference of all packs as Markdown."""
    return "\n".join([_HEAD, *(line for pack in packs for line in _of_pack(pack, packs))])


def _of_pack(pack: Pack, packs: Sequence[Pack]) -> Iterator[str]:
    yield from (f"## {pack.name}: {pack.title}", "")
    if pack.uses:
        yield from ("It applies:", "")
        yield from (f"- `{line_of(use)}`" for use in pack.uses if use.pack == pack.name)
        yield ""
    for name, rule in pack.rules.items():
        if rule is not None:
            yield from (f"### `{name}`", "", rule.sentence, "")
            yield from (f"- {word}: {said}" for word, said in facts(rule, packs))
            yield from ("", "```", text_of(pack, name), "```", "")


def facts(rule: Rule, packs: Sequence[Pack]) -> list[tuple[str, str]]:
    """What the rule is, how it is meant, what it remembers, who applies it, and whose it is, in words."""
    said = [("as a rule", f"{_MANNERS[rule.manner]}, {'hard' if rule.hard else f'weight {rule.weight:g}'}")]
    said.append(("memory", _memory(rule)))
    for pack in packs:
        lines = [line_of(use) for use in pack.uses if use.pack == pack.name and use.rule.name == rule.name]
        if lines:
            said.append((f"in {pack.name}", "; ".join(f"`{line}`" for line in lines)))
    return [*said, *(("source", source) for source in rule.sources)]


def _memory(rule: Rule) -> str:
    sizes = memory_of(rule)
    if sizes is None:
        return "not composed with: it compares too much at once"
    if not sizes:
        return "none"
    return " × ".join(map(str, sizes)) + (" classes" if sizes[-1] > 1 else " class")


def line_of(use: Use) -> str:
    """A use as its file says it, on one line."""
    if use.place is None:
        return use.title
    words = " ".join(use.place.source.cut(use.place.span).split())
    return f"apply {words}" if words.startswith(use.rule.name) else words


def text_of(pack: Pack, name: str) -> str:
    """The text of a rule as its pack has it."""
    start, end = _spans(pack.source)[name]
    text = pack.source.text
    begin = text.rfind("\n", 0, start) + 1
    return dedent(text[begin:end])


@cache
def _spans(source: Source) -> dict[str, tuple[int, int]]:
    """Where each rule of a text begins and ends."""
    rules = (each for each in parse(source).file.statements if isinstance(each, syntax.RuleStatement))
    return {rule.name.text: (rule.span.start, rule.span.end) for rule in rules}
