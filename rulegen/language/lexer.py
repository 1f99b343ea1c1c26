"""Cuts a text into tokens, by what the parser can take in where it stands.

A word is of the language only where it may stand; elsewhere it is a name. So each state of the parser has its
own terminals, tried in one order; words are looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache

from rulegen.language.grammar import pattern
from rulegen.language.tables import END_OF_WORD, tables
from rulegen.language.tree import Lexeme

_Match = Callable[[str, int], re.Match[str] | None]
_WORD = re.compile(rf"[a-z]+{END_OF_WORD}")


class Scanner:
    """Finds the next token among the terminals that some states can take in."""

    __slots__ = ("_names", "_signs", "_tried", "_words")

    def __init__(self, among: Collection[str]) -> None:
        known = tables()
        self._signs = _signs(among)
        belonging = {name for texts in self._signs.values() for name in texts.values()}
        self._names = [name for name in known.terminals if name in among and name not in belonging]
        self._words: dict[str, int] = {}  # which of the names it is
        for place, name in enumerate(self._names):
            for word in known.keywords.get(name, ()):
                self._words.setdefault(word, place)
        self._tried: dict[str, list[tuple[int, str, _Match]]] = {}  # by the first character of the token

    def token(self, text: str, at: int) -> Lexeme | None:
        """The token at an offset; None where none of the terminals stands there."""
        first = text[at]
        word = _WORD.match(text, at) if "a" <= first <= "z" else None
        keyword = -1 if word is None else self._words.get(word[0], -1)
        for place, name, match in self._tried.get(first) or self._trials(first):
            if 0 <= keyword < place:
                break
            found = match(text, at)
            if found is not None:
                value = found[0]
                if name in self._signs:
                    name = self._signs[name].get(value, name)
                return Lexeme(name, value, at, found.end())
        if word is None or keyword < 0:
            return None
        return Lexeme(self._names[keyword], word[0], at, word.end())

    def _trials(self, first: str) -> list[tuple[int, str, _Match]]:
        """The terminals that may begin with a character, words apart."""
        known = tables()
        self._tried[first] = [
            (place, name, pattern(name).match)
            for place, name in enumerate(self._names)
            if name not in known.keywords and known.literals.get(name, first)[0] == first
        ]
        return self._tried[first]


@cache
def scanners() -> list[Scanner]:
    """The scanner of each state of the parser."""
    made: dict[frozenset[str], Scanner] = {}
    terminals = tables().terminals.keys()
    scanners = []
    for row in tables().states:
        among = frozenset(terminals & row.keys())
        if among not in made:
            made[among] = Scanner(among)
        scanners.append(made[among])
    return scanners


@cache
def scanner_of_all() -> Scanner:
    """A scanner that knows all terminals."""
    return Scanner(tables().terminals.keys())


def _signs(among: Collection[str]) -> dict[str, dict[str, str]]:
    signs = {
        name: {text: other for text, other in texts.items() if other in among}
        for name, texts in tables().signs.items()
        if name in among
    }
    return {name: texts for name, texts in signs.items() if texts}


@cache
def ignored() -> re.Pattern[str]:
    """What stands between tokens: space and comments, or nothing."""
    known = tables()
    return re.compile(f"(?:{'|'.join(known.terminals[name] for name in known.ignored)})*")
