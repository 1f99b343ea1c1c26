"""Our parser against lark's own, which the tables come from."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark
from lark import Token as LarkToken
from lark import Tree as LarkTree
from lark.exceptions import UnexpectedInput
from lark.lexer import PatternRE, TerminalDef

from rulegen.errors import Source
from rulegen.language.faults import SyntaxFaults
from rulegen.language.reading import read_tree
from rulegen.language.tables import END_OF_WORD, WORDS, GrammarTables, make_tables, tables
from rulegen.language.tree import Lexeme, Node
from rulegen.resources import grammar_text, library_names, library_path, style_names, style_path

EVERYTHING = Path(__file__).parent / "everything.rules"
FILES = (EVERYTHING, *map(library_path, library_names()), *map(style_path, style_names()))
WORDS_AND_SIGNS = [
    "style",
    "pack",
    "key",
    "meter",
    "form",
    "voices",
    "rule",
    "use",
    "harmony",
    "is",
    "required",
    "forbidden",
    "for",
    "note",
    "n",
    "in",
    "voice",
    "when",
    "then",
    "unless",
    "not",
    "and",
    "or",
    "all",
    "count",
    "exists",
    "sum",
    "where",
    "right",
    "wrong",
    "at",
    "on",
    "per",
    "most",
    "weight",
    "slightly",
    "except",
    "between",
    "consecutive",
    "soprano",
    "A4",
    "V65",
    "#ivo7",
    "bII6",
    "III+",
    "A'",
    "c#x",
    "x#",
    "bars",
    "bar",
    "1",
    "0.5",
    "1..2",
    '"a"',
    '"a\\"b"',
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    ".",
    "..",
    "=",
    "==",
    "!=",
    "<",
    "->",
    "-",
    "+",
    "*",
    "/",
    "|",
    "%",
    "@",
    "#",
    "##",
    "mix",
    "vary",
    "quoting",
    "dotted",
    "quarter",
    "_",
    "r",
    "given",
    "from",
    "change",
    "model",
    "notes",
    "key:",
]


@cache
def lark() -> Lark:
    """Lark with the grammar as the tables have it."""

    def end_words(terminal: TerminalDef) -> None:
        if WORDS.fullmatch(terminal.pattern.value):
            terminal.pattern = PatternRE(f"(?:{terminal.pattern.value}){END_OF_WORD}")
            terminal.priority = 1

    return Lark(
        grammar_text("rules"),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        edit_terminals=end_words,
    )


def plain(node: object) -> object:
    """A tree of ours or of lark's, with its places."""
    if isinstance(node, LarkToken):
        return node.type, str(node), node.start_pos, node.end_pos
    if isinstance(node, LarkTree):
        place = (-1, -1) if node.meta.empty else (node.meta.start_pos, node.meta.end_pos)
        return str(node.data), *place, [plain(child) for child in node.children]
    assert isinstance(node, Node)
    if isinstance(node, Lexeme):
        return node.type, str(node), node.start, node.end
    return node.data, node.start, node.end, [plain(child) for child in node.children]


def check_same(text: str) -> None:
    """Both read the text to the same tree, or both refuse it at the same place."""
    faults = SyntaxFaults(Source("text", text))
    ours = read_tree(faults.source, faults)
    try:
        theirs = lark().parse(text)
    except UnexpectedInput:
        assert faults.found
        return
    assert not faults.found
    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_read_as_lark_reads_them(path: Path) -> None:
    check_same(path.read_text(encoding="utf-8"))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(WORDS_AND_SIGNS), st.sampled_from(["", " ", "\n"])), max_size=12))
def test_what_may_stand_is_what_lark_lets_stand(pieces: list[tuple[str, str]]) -> None:
    text = "".join(word + space for word, space in pieces)
    check_same(text)
    check_same(f"rule x is required {{ for note n in voice then {text} }}")
    check_same(f"harmony {{ {text} }}")


def test_tables_that_were_kept_are_those_of_the_grammar() -> None:
    made = json.loads(json.dumps(make_tables(grammar_text("rules"))))
    assert GrammarTables(**made) == GrammarTables(**json.loads(json.dumps(asdict(tables()))))
