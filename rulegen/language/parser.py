"""Reads a source to the end, whatever stands in it: a syntax tree, and every fault that was met."""

from __future__ import annotations

from dataclasses import dataclass

from rulegen.errors import Diagnostic, Source
from rulegen.language.build import FileBuilder
from rulegen.language.faults import SyntaxFaults
from rulegen.language.grammar import STATEMENTS, words_of_terminals
from rulegen.language.reading import read_tree
from rulegen.language.syntax import File, Statement
from rulegen.language.tree import Tree

_WITHOUT_CONSEQUENCE = ("range", "unknown-manner", "chained-comparison", "second-clause")
_WORDS_OF_BLOCKS = ("BLOCK_SETTING", "KIND_SETTING", "FORM_SETTING")


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What a source says. With faults the tree holds what could be made out.

    Statements are cut short where a fault stands; lines of blocks and clauses of rules are left out.
    """

    file: File
    diagnostics: tuple[Diagnostic, ...]

    def is_damaged(self, statement: Statement) -> bool:
        """Whether a fault stands in this statement, so that more faults of it may be mere consequences."""
        span = statement.span
        return any(
            span.start <= label.span.start <= span.end
            for fault in self.diagnostics
            if fault.code not in _WITHOUT_CONSEQUENCE
            for label in fault.labels[:1]
        )


def parse(source: Source) -> ParseResult:
    """The syntax tree of a source, and all its faults in the order of the text."""
    return parse_with_tree(source)[1]


def parse_with_tree(source: Source) -> tuple[Tree, ParseResult]:
    """The same with the parser's tree, which knows of each clause where it begins."""
    faults = SyntaxFaults(source)
    tree = read_tree(source, faults)
    builder = FileBuilder(
        faults,
        words_of_terminals(*_WORDS_OF_BLOCKS),
        words_of_terminals(*STATEMENTS),
        words_of_terminals("VOICE_SETTING"),
    )
    file = builder.file(tree)
    return tree, ParseResult(file, faults.sorted())
