"""Drives the parser through a source and gets it going again after each fault.

Panic mode (Aho, Sethi, Ullman, Compilers, 1986, 4.8): skip to a word that begins a statement or clause,
at the start of a line, or to the brace that closes the block; drop what was begun until the parser can go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulegen.errors import Source, Span
from rulegen.language.automaton import StateStack, Unexpected
from rulegen.language.faults import SyntaxFaults
from rulegen.language.grammar import (
    CLAUSES,
    END,
    LABELS,
    LINES,
    STATEMENTS,
    accepted,
    advanced,
    pattern,
)
from rulegen.language.lexer import ignored, scanner_of_all, scanners
from rulegen.language.stack import DEEPEST_BRACKETS, Stack, TooDeep
from rulegen.language.tree import Lexeme, Tree
from rulegen.language.wording import StoppingPlace, range_sign, unexpected

MISSING = {"OPEN": "{", "EQUAL": "="}

LEXEME = re.compile(
    r"""(?P<comment>(?<!\S)\#+(?=\s|$)[^\n]*) | (?P<text>"(?:[^"\\\n]|\\[^\n])*"?)
      | (?P<word>[^\W\d][\w#°]*'*) | (?P<open>\{) | (?P<close>\}) | (?P<other>\S)""",
    re.VERBOSE,
)


def read_tree(source: Source, faults: SyntaxFaults) -> Tree:
    """The tree of what could be read; what could not is told to `faults`."""
    return _Reader(source, faults).read()


class _Reader:
    def __init__(self, source: Source, faults: SyntaxFaults) -> None:
        self.source = source
        self.text = source.text
        self.faults = faults
        self.parser = StateStack()
        self.at = 0  # what comes before is read
        self.stack = Stack(self.parser)
        self.here = self.stack.top  # the stack after the last token
        self.before = self.here  # and before it
        self.last: Lexeme | None = None
        self.last_but_one: Lexeme | None = None
        self.restarted = -1  # where the parser started again; later each time, so that it ends

    def read(self) -> Tree:
        while not self.faults.too_many:
            try:
                return self._read_on()
            except Unexpected as error:
                self._mend(error.offset)
            except TooDeep as error:
                self._mend_depth(error.offset)
        return self._close_all()

    def _read_on(self) -> Tree:
        text, stack, states, scanner = self.text, self.stack, self.parser.states, scanners()
        skip = ignored().match
        while (skipped := skip(text, self.at)) is not None and (at := skipped.end()) < len(text):
            token = scanner[states[-1]].token(text, at)
            if token is None:
                other = scanner_of_all().token(text, at)
                self.at = at if other is None else other.end
                raise Unexpected(at)
            self.at = token.end
            stack.feed(token)
            self.before, self.here = self.here, stack.top
            self.last_but_one, self.last = self.last, token
        return self._feed_end()

    def _feed_end(self) -> Tree:
        return self.parser.finish(len(self.text))

    def _mend(self, at: int) -> None:
        """Tells of the fault met at an offset and brings the parser to where it can go on."""
        if self._mend_open_brace(at):
            return
        possible = accepted(self.here)
        keyword = self._keyword_taken_for_name()
        if keyword is not None:
            at, possible = keyword, accepted(self.before)
        last = self.last if keyword is None else self.last_but_one
        unexpected(self.faults, StoppingPlace(self.source, at, last, self.stack.open_bracket(), possible))
        if not self._take_for_range(at, possible) and not self._put_in_what_is_missing(at, possible):
            self._skip_from(at)

    def _keyword_taken_for_name(self) -> int | None:
        """Where the last token stands, if it looks like the start of a clause but was read as a name."""
        if self.last is None or self.last.type != "NAME" or self.last.start <= self.restarted:
            return None
        start = self.last.start
        kinds = [kind for kind in STATEMENTS + CLAUSES if pattern(kind).match(self.text, start)]
        begins = self.source.begins_line(start) and kinds and self.stack.height_for(tuple(kinds)) is not None
        return start if begins else None

    def _put_in_what_is_missing(self, at: int, possible: frozenset[str]) -> bool:
        """Goes on as if a brace or an equals sign had stood here, where that alone is missing."""
        if at <= self.restarted or len(self.stack.brackets) == DEEPEST_BRACKETS:
            return False
        begins = bool(self._beginnings(at, True))
        for terminal, sign in MISSING.items():
            stack = advanced(self.stack.states, terminal) if terminal in possible else None
            if stack is None or (begins and terminal != "OPEN"):
                continue
            fitting = accepted(stack) - ({"NAME", END} if terminal == "OPEN" else {END})
            if not any(pattern(kind).match(self.text, at) for kind in fitting):
                continue
            self.stack.feed(Lexeme(terminal, sign, at, at))
            self._go_on_from(at)
            return True
        return False

    def _take_for_range(self, at: int, possible: frozenset[str]) -> bool:
        """Goes on as if the two dots of a range had stood here, where a sign stands that means them."""
        sign = range_sign(self.text, at) if "_TO" in possible else ""
        if not sign or at <= self.restarted:
            return False
        self.stack.feed(Lexeme("_TO", "..", at, at + len(sign)))
        self._go_on_from(at + len(sign))
        return True

    def _mend_depth(self, start: int) -> None:
        message = "this is nested too deep to be read"
        self.faults.add("too-deep", message, Span(start, start + 1), help="part it into several")
        self._skip_from(start + 1)

    def _skip_from(self, at: int) -> None:
        depth = 0
        for lexeme in LEXEME.finditer(self.text, at):
            start, kind = lexeme.start(), lexeme.lastgroup
            if start <= self.restarted or kind in ("comment", "text", "other"):
                continue
            if kind == "open":
                if depth == 0 and self._restart(start, ("OPEN",), self.stack.innermost()):
                    return
                depth += 1
            elif kind == "close":
                if depth == 0 and self._restart(start, ("CLOSE",)):
                    return
                depth = max(depth - 1, 0)
            elif depth == 0 and self._restart(start, self._beginnings(start, start == at)):
                return
        self._restart_at_end()

    def _beginnings(self, start: int, at_fault: bool) -> tuple[str, ...]:
        """The kinds of beginning that the text at an offset looks like."""
        kinds: tuple[str, ...] = (*LABELS, *CLAUSES) if at_fault else LABELS
        if self.source.begins_line(start):
            kinds = STATEMENTS + CLAUSES + LINES
        return tuple(kind for kind in kinds if pattern(kind).match(self.text, start))

    def _restart(self, start: int, terminals: tuple[str, ...], floor: int = 1) -> bool:
        """Drops as much of what was begun as it takes for one of the terminals to stand here."""
        height = self.stack.height_for(terminals, floor)
        if height is None:
            return False
        self.stack.drop_to(height)
        self._go_on_from(start)
        return True

    def _go_on_from(self, start: int) -> None:
        self.restarted = start
        self.last = self.last_but_one = None
        self.here = self.before = self.stack.top
        self.at = start

    def _restart_at_end(self) -> None:
        self.stack.close_braces(0, len(self.text.rstrip()))
        height = self.stack.height_for((END,))
        assert height is not None
        self.stack.drop_to(height)
        self._go_on_from(len(self.text))

    def _close_all(self) -> Tree:
        self._restart_at_end()
        return self._feed_end()

    def _mend_open_brace(self, at: int) -> bool:
        """Tells of a brace that is not closed, where that is what the fault comes from, and closes it.

        The sign of it: since the brace, a line no further in than the line with the brace begins with a word
        that can stand outside; or the text is at its end.
        """
        brace = self.stack.open_brace()
        if brace is None:
            return False
        token, height = brace
        start = token.start
        outside = next(self._lines_outside(start, at, height), None)
        if outside is None and at < len(self.text):
            return False
        message, advice, more = 'this "{" is not closed', 'end it with "}"', []
        if outside is not None:
            more = [(Span(outside, self._word_end(outside)), "this seems to stand after it")]
        self.faults.add("unclosed-brace", message, Span(start, start + 1), "", advice, *more)
        if outside is None:
            self._restart_at_end()
            return True
        self.stack.forget_from(outside, height)
        self.stack.close_braces(height, len(self.text[:outside].rstrip()))
        self._restart(outside, self._beginnings(outside, True))
        return True

    def _lines_outside(self, start: int, at: int, height: int) -> Iterator[int]:
        """The lines between an open brace and a fault that seem to stand outside of the brace."""
        indent = self.source.indent(start)
        first = re.compile(r"(?:\s|(?<!\S)#+(?!\S)[^\n]*)*").match(self.text, start + 1)
        inside = first.end() if first else start
        if self.source.begins_line(inside) and self.source.indent(inside) <= indent:
            return  # a text without indentation tells nothing
        for found in LEXEME.finditer(self.text, max(start, self.restarted) + 1, at + 1):
            place = found.start()
            if found.lastgroup != "word" or not self.source.begins_line(place):
                continue
            if self.source.indent(place) <= indent and self.stack.begins_below(self.text, place, height):
                yield place

    def _word_end(self, start: int) -> int:
        found = LEXEME.match(self.text, start)
        return found.end() if found else start + 1
