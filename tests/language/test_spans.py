"""The span of any part of a tree cuts its own text: read alone, that text gives the part again."""

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.errors import Source
from rulegen.language import syntax
from rulegen.language.parser import parse
from rulegen.language.syntax import (
    Argument,
    Binder,
    Define,
    File,
    FormLine,
    Name,
    Number,
    Quoted,
    RuleStatement,
    Setting,
)

EVERYTHING = Source(
    "everything.rules", (Path(__file__).parent / "everything.rules").read_text(encoding="utf-8")
)
LIBRARY = sorted((Path(syntax.__file__).parent.parent / "library").glob("*.rules"))


def nodes(value: object) -> Iterator[object]:
    """A node and all nodes in it."""
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif dataclasses.is_dataclass(value) and hasattr(value, "span"):
        yield value
        for field in dataclasses.fields(value):
            if field.name != "span":
                yield from nodes(getattr(value, field.name))


def read(text: str) -> File:
    result = parse(Source("part", text))
    assert result.diagnostics == (), text
    return result.file


def read_alone(node: object, text: str) -> object:
    """What a text means in a place where such a node may stand."""
    match node:
        case Name():
            return Name(text)
        case Number():
            return Number(Fraction(text))
        case syntax.Import():
            return read(f'style "" use {text}').statements[0]
        case (
            syntax.Setting()
            | syntax.BlockStatement()
            | syntax.GivenStatement()
            | syntax.RuleStatement()
            | syntax.Define()
            | syntax.UseStatement()
        ):
            return read(f'style "" {text}').statements[0]
        case Binder():
            found = read(f'style "" rule r {{ for {text} }}').statements[0]
            assert isinstance(found, RuleStatement)
            return found.binders[0]
        case Argument(value, Name("beyond")):  # of `quoting`, which has a form of its own
            return Argument(value, Name(text.split()[0]))
        case Argument():
            found = read(f'style "" forbid r({text})').statements[0]
            assert isinstance(found, syntax.UseStatement)
            return found.targets[0].arguments[0]
        case syntax.Narrowing():
            found = read(f'style "" forbid r {text}').statements[0]
            assert isinstance(found, syntax.UseStatement)
            return found.narrowings[0]
        case syntax.Case():
            found = read(f'style "" rule r {{ {text} }}').statements[0]
            assert isinstance(found, RuleStatement)
            return found.cases[0]
        case syntax.NoteWord() if node.marks:
            found = read(f'style "" rule r {{ right {{ v: {text} }} }}').statements[0]
            assert isinstance(found, RuleStatement)
            return found.cases[0].lines[0].words[0]
        case syntax.NoteWord():
            found = read(f'style "" given v = {text}').statements[0]
            assert isinstance(found, syntax.GivenStatement) and found.words
            return found.words[0]
        case FormLine() | syntax.VoiceRange():
            keyword = "form" if isinstance(node, FormLine) else "voices"
            found = read(f'style "" {keyword} {{ {text} }}').statements[0]
            assert isinstance(found, syntax.BlockStatement)
            return found.statements[0]
        case syntax.CaseLine():
            found = read(f'style "" rule r {{ right {{ {text} }} }}').statements[0]
            assert isinstance(found, RuleStatement)
            return found.cases[0].lines[0]
        case syntax.Several():
            found = read(f'style "" define x = a in {text}').statements[0]
            assert isinstance(found, Define) and isinstance(found.body, syntax.Binary)
            return found.body.right
        case syntax.Parameter():
            found = read(f'style "" rule r({text}) {{}}').statements[0]
            assert isinstance(found, RuleStatement)
            return found.parameters[0]
        case syntax.Target():
            found = read(f'style "" forbid {text}').statements[0]
            assert isinstance(found, syntax.UseStatement)
            return found.targets[0]
        case syntax.Allowance():
            found = read(f'style "" forbid r {text}').statements[0]
            assert isinstance(found, syntax.UseStatement)
            return found.allowance
        case File():
            return read(text)
        case _:
            found = read(f'style "" define x = {text}').statements[0]
            assert isinstance(found, Define)
            return found.body


@pytest.mark.parametrize("path", [None, *LIBRARY], ids=lambda path: path.stem if path else "everything")
def test_a_span_cuts_its_own_text(path: Path | None) -> None:
    source = EVERYTHING if path is None else Source(path.name, path.read_text(encoding="utf-8"))
    file = read(source.text)
    settings = {id(statement) for statement in file.statements}
    kinds = {id(binder.kind) for binder in nodes(file) if isinstance(binder, Binder)}
    places = {
        id(place)
        for case in nodes(file)
        if isinstance(case, syntax.Case)
        for place in [*(kind for kind, _ in case.at), *(text for _, text in case.settings)]
    }
    for node in nodes(file):
        span = node.span  # type: ignore[attr-defined]
        text = source.cut(span)
        assert isinstance(node, File) or (text and text == text.strip()), node
        if id(node) in kinds | places or (isinstance(node, Setting) and id(node) not in settings):
            continue
        if isinstance(node, Quoted):
            assert text[0] == text[-1] == '"'
        elif path is None or isinstance(node, Name | syntax.RuleStatement | syntax.UseStatement):
            assert read_alone(node, text) == node


def test_words_in_the_singular_span_what_is_written() -> None:
    source = Source("t", 'style "" rule r { for notes n in voice }')
    (rule,) = parse(source).file.statements
    assert isinstance(rule, RuleStatement)
    kind = rule.binders[0].kind
    assert (kind.text, source.cut(kind.span)) == ("note", "notes")
