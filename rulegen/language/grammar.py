"""What the tables of the grammar can answer: its words, and what may stand after a stack of states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from rulegen.language.automaton import END as END
from rulegen.language.tables import tables

# Terminals by what they begin.
_SAYING = ("SETTING", "FORM", "RHYTHM_FIRST", "BLOCK", "KIND", "GIVEN", "VOICES")
STATEMENTS = (*_SAYING, "VERB", "USE", "RULE", "DEFINE")
CLAUSES = ("SOURCE", "FOR", "WHEN", "THEN", "UNLESS", "SAY", "VERDICT")
LABELS = ("LABEL", "VOICE", "KIT", "CASE_LABEL")  # told by what comes after them, wherever they stand
LINES = (*LABELS, "CASE_SETTING", "BLOCK_SETTING", "KIND_SETTING", "FORM_SETTING")

DEEPEST_LOOK = 60


@cache
def pattern(terminal: str) -> re.Pattern[str]:
    """The pattern of a terminal."""
    return re.compile(tables().terminals[terminal])


@cache
def words_of_terminals(*names: str) -> frozenset[str]:
    """The words that these terminals match: `RULE` matches `rule`."""
    known = tables().terminals
    own = (known[name].partition("(?=")[0] for name in names)  # without what has to follow
    return frozenset(word for pattern in own for word in re.findall(r"[a-z]{2,}", pattern))


def accepts(stack: Sequence[int], terminal: str) -> bool:
    """Whether a parser with this stack of states can go on with a terminal."""
    return advanced(stack, terminal) is not None


def advanced(stack: Sequence[int], terminal: str) -> list[int] | None:
    """The upper end of the stack of states after one more terminal; None where it may not stand."""
    known = tables()
    stack = list(stack[-DEEPEST_LOOK:])
    while True:
        action = known.states[stack[-1]].get(terminal)
        if action is None:
            return None
        if action >= 0:
            return [*stack, action]
        origin, size = known.reductions[~action][:2]
        if size >= len(stack):
            return stack[:1]  # out of sight: what cannot be ruled out may stand
        del stack[len(stack) - size :]
        stack.append(known.states[stack[-1]][origin])
        if stack[-1] == known.end:
            return stack if terminal == END else None


def accepted(stack: Sequence[int], among: Iterable[str] | None = None) -> frozenset[str]:
    """The terminals that a parser with this stack of states can go on with."""
    here = tables().states[stack[-1]]
    possible = here if among is None else [name for name in among if name in here]
    return frozenset(name for name in possible if name.isupper() and accepts(stack, name))
