"""What the grammar comes to: the states of an LALR parser and its terminals, as plain values.

Lark makes them of grammars/rules.lark, which takes a third of a second. They are kept, so that lark
is loaded after a change of the grammar only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from rulegen.errors import InstallationError
from rulegen.language import store
from rulegen.resources import grammar_text

NAME = "grammar"
OLDEST_LARK = [1, 2]
WORDS = re.compile(r"(?:\(\?:)?[a-z|]+\)?")  # what a terminal of words looks like
END_OF_WORD = r"(?![\w#°'])"

Row = dict[str, int]
Reduction = tuple[str, int, str, list[tuple[int, bool]] | None, bool]


@dataclass(frozen=True, slots=True)
class GrammarTables:
    """The states of the parser, what it makes of the rules, and the terminals."""

    states: list[Row]  # symbol → the next state; below 0: ~n, the reduction that is due
    reductions: list[Reduction]  # rule, how many symbols, its tree's name, which are kept (True: their parts)
    start: int
    end: int  # the state in which a file is complete
    terminals: dict[str, str]  # their patterns, in the order in which they are tried
    keywords: dict[str, list[str]]  # of them those that are words
    literals: dict[str, str]  # and those that are one sign
    signs: dict[str, dict[str, str]]  # terminal → texts of it that belong to another one where that can stand
    ignored: list[str]


@cache
def tables() -> GrammarTables:
    """The tables of the language, as kept or made anew."""
    grammar = grammar_text("rules")
    key = store.key_of(grammar, _version_of_lark(PathFinder.find_spec("lark")), WORDS.pattern, END_OF_WORD)
    kept = store.load(NAME, key)
    try:
        return GrammarTables(**kept)
    except TypeError:
        made = make_tables(grammar)
        store.save(NAME, key, made)
        return GrammarTables(**made)


def _version_of_lark(found: ModuleSpec | None) -> str:
    """The version of lark, which need not be loaded for that. Raises InstallationError where it is too old:
    lark-parser 0.12 lies in the same folder, and takes the place of lark where another package brings it.
    """
    if found is None or found.origin is None:
        raise InstallationError("rulegen needs lark, which is not installed here: pip install lark")
    text = Path(found.origin).read_text(encoding="utf-8")
    version = re.search(r"""^__version__.*?["'](.*?)["']""", text, re.MULTILINE)
    said = version[1] if version else "unknown"
    if [int(part) for part in re.findall(r"\d+", said)[:2]] < OLDEST_LARK:
        wanted = ".".join(map(str, OLDEST_LARK))
        raise InstallationError(
            f"rulegen needs lark {wanted} or later, and lark here is {said}: where another package brought "
            "lark-parser, which overwrites it: pip uninstall lark-parser, pip install --force-reinstall lark"
        )
    return said


def make_tables(grammar: str) -> dict[str, Any]:
    """The fields of the tables of a grammar, as values of JSON."""
    from lark import Lark
    from lark.lexer import PatternRE, PatternStr, TerminalDef
    from lark.parsers.lalr_analysis import Shift

    keywords: dict[str, list[str]] = {}

    def end_words(terminal: TerminalDef) -> None:
        """Makes a keyword end where a word ends, and go before NAME where both may stand."""
        pattern = terminal.pattern.value
        if WORDS.fullmatch(pattern):
            keywords[str(terminal.name)] = re.findall("[a-z]+", pattern)
            terminal.pattern = PatternRE(f"(?:{pattern}){END_OF_WORD}")
            terminal.priority = 1

    lark = Lark(grammar, parser="lalr", maybe_placeholders=False, edit_terminals=end_words)
    conf = lark.parse_interactive("").parser_state.parse_conf
    rules = {rule: number for number, rule in enumerate(sorted(lark.rules, key=str))}
    ordered = sorted(lark.terminals, key=_order)
    plain = [each for each in ordered if isinstance(each.pattern, PatternStr)]
    numbers = _numbers(conf, Shift)

    def row(actions: dict[str, tuple[Any, Any]]) -> Row:
        return {
            str(symbol): numbers[what] if action is Shift else ~rules[what]
            for symbol, (action, what) in sorted(actions.items())
        }

    return {
        "states": [row(conf.states[state]) for state in numbers],
        "reductions": [_reduction(rule) for rule in rules],
        "start": numbers[conf.start_state],
        "end": numbers[conf.end_state],
        "terminals": _patterns(ordered, lark.ignore_tokens),
        "keywords": keywords,
        "literals": {str(each.name): each.pattern.value for each in plain},
        "signs": _signs(plain, ordered),
        "ignored": [str(name) for name in sorted(lark.ignore_tokens)],
    }


def _patterns(terminals: list[Any], ignored: list[str]) -> dict[str, str]:
    r"""The patterns of the terminals; their \s* and \s+ pass over all that is ignored, comments too.

    What was passed over is not tried in another way, which would take time without end.
    """
    patterns = {str(each.name): str(each.pattern.to_regexp()) for each in terminals}
    gap = "|".join(patterns[name] for name in ignored)
    for name in patterns.keys() - set(ignored):
        for times in "*+":
            patterns[name] = patterns[name].replace(rf"\s{times}", f"(?:{gap}){times}+")
    return patterns


def _numbers(conf: Any, shift: object) -> dict[int, int]:
    """Numbers for the states in an order that is the same in every process: as they are reached."""
    reached = {conf.start_state: 0}
    waiting = [conf.start_state]
    for state in waiting:  # grows meanwhile
        for _, (action, what) in sorted(conf.states[state].items()):
            if action is shift and what not in reached:
                reached[what] = len(reached)
                waiting.append(what)
    return reached


def _order(terminal: Any) -> tuple[int, int, int, str]:
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _signs(plain: list[Any], terminals: list[Any]) -> dict[str, dict[str, str]]:
    """Which plain signs go before the terminals with a pattern that match them too, as in lark."""
    signs: dict[str, dict[str, str]] = {}
    for sign in plain:
        for other in terminals:
            equal = other not in plain and other.priority == sign.priority
            if equal and re.fullmatch(other.pattern.to_regexp(), sign.pattern.value):
                signs.setdefault(str(other.name), {})[sign.pattern.value] = str(sign.name)
    return signs


def _reduction(rule: Any) -> list[Any]:
    """What the parser does with the symbols of a rule.

    As in lark: signs without a name and what begins with `_` is left out of the tree, rules that begin
    with `_` give their parts, and a `?rule` with one part is that part.
    """
    kept = [
        [place, not symbol.is_term and symbol.name.startswith("_")]
        for place, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and symbol.filter_out)
    ]
    as_they_are = len(kept) == len(rule.expansion) and not any(inlined for _, inlined in kept)
    single = bool(rule.options.expand1) and not rule.alias
    label = str(rule.alias or rule.options.template_source or rule.origin.name)
    return [str(rule.origin.name), len(rule.expansion), label, None if as_they_are else kept, single]
