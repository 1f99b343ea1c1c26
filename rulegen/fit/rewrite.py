"""Writes new weights into the text of a style: verbs and numbers change where they stand, the rest stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rulegen.errors import Source, Span
from rulegen.language import syntax
from rulegen.language.parser import parse
from rulegen.style.model import Style, Use

MARK = "# fit: "
GONE = "# left out by fit: "
_OLD = re.compile(rf"^[ \t]*{MARK}.*\n|[ \t]*{MARK}.*$", re.MULTILINE)
OTHER = {"prefer": "avoid", "avoid": "prefer"}


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be said of a use: its new weight, below 0 where its verb turns (None: as it is), and a
    comment ("": none).
    """

    weight: float | None
    comment: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left of it."""
        return self.weight == 0


def without_old_comments(text: str) -> str:
    """A style's text without what an earlier fit said in it."""
    return _OLD.sub("", text)


def rewritten(style: Style, changes: Mapping[int, Change], head: Sequence[str] = ()) -> str:
    """The text of a style with changes of its uses, by their index. What packs apply and is changed stands at
    the end, after the lines of `head`, with all that they apply of the same rule.
    """
    source = style.source
    own = _by_place(use for use in style.uses if use.pack is None)
    edits: list[tuple[Span, str]] = []
    for statement in parse(source).file.statements:
        if isinstance(statement, syntax.UseStatement) and statement.verb.text != "without":
            found = [own.get(_key(source, span)) for span in _spans(statement)]
            if any(use is not None and use.index in changes for use in found):
                edits.append((statement.span, _UseLine(source, statement, found, changes).text()))
    text = source.text
    for span, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: span.start] + new + text[span.end :]
    said = [*_of_packs(style, changes), *_taken_back(style, changes)]
    block = [*(f"{MARK}{line}" for line in head), *said]
    return text if not said else text.rstrip("\n") + "\n\n" + "\n".join(block) + "\n"


def _key(source: Source, span: Span) -> tuple[str, Span]:
    return source.name, span


def _by_place(uses: Iterator[Use]) -> dict[tuple[str, Span], Use]:
    return {_key(use.place.source, use.place.span): use for use in uses if use.place is not None}


def _spans(statement: syntax.UseStatement) -> list[Span]:
    """Where the use of each target is said to stand."""
    if len(statement.targets) == 1:
        return [statement.span]
    return [target.span for target in statement.targets]


@dataclass(frozen=True, slots=True)
class _UseLine:
    """A statement of the text, the uses it makes (None: one that does not hold), and what becomes of them."""

    source: Source
    statement: syntax.UseStatement
    uses: Sequence[Use | None]
    changes: Mapping[int, Change]

    def text(self) -> str:
        """What stands in its place."""
        parts = list(self._parts())
        start, end = self.statement.span.start, self.statement.span.end
        whole = self.source.text
        line_end = whole.find("\n", end)
        rest = whole[end : len(whole) if line_end < 0 else line_end].strip()
        indent = "\n" + " " * self.source.indent(start)
        if not self.source.begins_line(start) or rest.startswith("#"):
            lines = [line for code, comment in parts for line in (comment, code) if line]
        else:
            lines = [f"{code}  {comment}".strip() if comment else code for code, comment in parts]
        found = indent.join(lines)
        needs_break = bool(rest) and _ends_in_comment(lines[-1])
        leads = "" if self.source.begins_line(start) or not lines[0].startswith("#") else indent
        return leads + found + (indent if needs_break else "")

    def _parts(self) -> Iterator[tuple[str, str]]:
        """What is written: code and its comment; code that is left out is a comment of its own."""
        inner = _comments(self.source.cut(self.statement.span))
        if len(self.uses) == 1:
            use = self.uses[0]
            assert use is not None
            yield self._single(use, self.changes[use.index])
            return
        for comment in inner:
            yield comment, ""
        stays = [
            place for place, use in enumerate(self.uses) if use is None or self._change(use).weight is None
        ]
        if stays:
            names = [self.source.cut(self.statement.targets[place].span) for place in stays]
            said = [
                self._change(use).comment for place in stays for use in [self.uses[place]] if use is not None
            ]
            yield self._statement(", ".join(names), None, None), _joined([each for each in said if each])
        for place, use in enumerate(self.uses):
            if use is not None and place not in stays:
                change, name = self._change(use), self.source.cut(self.statement.targets[place].span)
                code = self._statement(name, use, change)
                yield (f"{GONE}{code}", _mark(change)) if change.is_gone else (code, _mark(change))

    def _change(self, use: Use) -> Change:
        return self.changes.get(use.index, Change(None))

    def _single(self, use: Use, change: Change) -> tuple[str, str]:
        statement, code = self.statement, self.source.cut(self.statement.span)
        if change.weight is None:
            return code, _mark(change)
        if change.is_gone:
            return f"{GONE}{' '.join(code.split())}", _mark(change)
        base = statement.span.start
        weight = statement.weight
        if weight is None:
            code += f" weight {_number(change.weight)}"
        else:
            new = ("weight " if isinstance(weight, syntax.Name) else "") + _number(change.weight)
            code = code[: weight.span.start - base] + new + code[weight.span.end - base :]
        if change.weight < 0:
            code = OTHER[use.verb] + code[len(statement.verb.text) :]
        return code, _mark(change)

    def _statement(self, targets: str, use: Use | None, change: Change | None) -> str:
        """A statement about some of the targets, with a weight of its own or as it was."""
        return _written(self.source, self.statement, targets, use, change)


def _written(
    source: Source, statement: syntax.UseStatement, targets: str, use: Use | None, change: Change | None
) -> str:
    verb, weight = statement.verb.text, ""
    if change is not None and change.weight is not None and use is not None:
        weight = f"weight {_number(change.weight)}"
        verb = OTHER[use.verb] if change.weight < 0 else verb
    elif statement.weight is not None:
        cut = source.cut(statement.weight.span)
        weight = cut if isinstance(statement.weight, syntax.Name) else f"weight {cut}"
    more = [_narrowed(source, narrowing, use) for narrowing in statement.narrowings]
    more += [source.cut(statement.allowance.span)] if statement.allowance is not None else []
    said = [verb, targets, *more, weight]
    return " ".join(part for part in said if part)


def _of_packs(style: Style, changes: Mapping[int, Change]) -> Iterator[str]:
    """What packs apply of every rule that changes, as uses of the style's own. What they say of voices that
    the style has not holds nowhere, and is not written.
    """
    touched = {
        use.rule.name
        for use in style.uses
        if use.pack is not None and changes.get(use.index, Change(None)).weight is not None
    }
    inherited = (use for use in style.uses if use.pack is not None and use.rule.name in touched)
    read = (within_voices(style, use) for use in inherited)
    wanted = _by_place(use for use in read if use is not None)
    named = {name for name, _ in wanted}
    for pack in (each for each in style.packs if each.name in named):
        for statement in _applied(pack):
            for target, span in zip(statement.targets, _spans(statement), strict=True):
                use = wanted.get(_key(pack, span))
                if use is not None:
                    change = changes.get(use.index, Change(None))
                    code = _written(pack, statement, pack.cut(target.span), use, change)
                    yield _said(GONE + code if change.is_gone else code, _mark(change))


@lru_cache(64)
def _applied(pack: Source) -> tuple[syntax.UseStatement, ...]:
    """What a pack applies: asked again and again of the same few."""
    uses = (each for each in parse(pack).file.statements if isinstance(each, syntax.UseStatement))
    return tuple(each for each in uses if each.verb.text != "without")


def within_voices(style: Style, use: Use) -> Use | None:
    """The use as it reads in the style, where packs speak of voices that it has not: without these, or None
    where it then holds nowhere.
    """
    known = {voice.name for voice in style.voices}
    narrowings = []
    for narrow in use.narrowings:
        names = tuple(name for name in narrow.names if name in known)
        if narrow.kind != "voices" or names == narrow.names:
            narrowings.append(narrow)
        elif use.between or (not names and not narrow.excepted):
            return None
        elif names:
            narrowings.append(replace(narrow, names=names))
    return replace(use, narrowings=tuple(narrowings))


def _narrowed(source: Source, narrowing: syntax.Narrowing, use: Use | None) -> str:
    """The text of a narrowing, with those of its voices alone that a use still names."""
    text = " ".join(source.cut(narrowing.span).split())
    if narrowing.kind != "voices" or use is None:
        return text
    kept = {name for narrow in use.narrowings if narrow.kind == "voices" for name in narrow.names}
    names = [name.text for name in narrowing.names if name.text in kept]
    if len(names) == len(narrowing.names):
        return text
    head = source.cut(Span(narrowing.span.start, narrowing.names[0].span.start))
    return f"{' '.join(head.split())} {', '.join(names)}" if names else ""


def _taken_back(style: Style, changes: Mapping[int, Change]) -> Iterator[str]:
    """What packs apply of rules of which nothing is left is taken back."""
    names = dict.fromkeys(use.rule.name for use in style.uses)
    for name in names:
        uses = [use for use in style.uses if use.rule.name == name]
        if all(changes.get(use.index, Change(None)).is_gone for use in uses) and name in style.applied:
            yield f"without {name}"


def _mark(change: Change) -> str:
    return f"{MARK}{change.comment}" if change.comment else ""


def _said(code: str, comment: str) -> str:
    return f"{code}  {comment}" if comment else code


def _joined(comments: Sequence[str]) -> str:
    return MARK + "; ".join(comments) if comments else ""


def _number(weight: float) -> str:
    return f"{abs(weight):.2f}".rstrip("0").rstrip(".")


def _comments(text: str) -> list[str]:
    """The comments inside a statement."""
    return [
        match.group(1).rstrip() for match in re.finditer(r"(?:^|(?<=\s))(#(?:\s.*)?)$", text, re.MULTILINE)
    ]


def _ends_in_comment(line: str) -> bool:
    return re.search(r"(?:^|\s)#(\s|$)", line) is not None
