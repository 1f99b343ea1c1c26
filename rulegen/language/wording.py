"""Says in words what stands where something else was expected; never by the names of terminals."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rulegen.errors import Source, Span
from rulegen.errors.nearest import nearest
from rulegen.language.faults import SyntaxFaults
from rulegen.language.grammar import CLAUSES, END, STATEMENTS, pattern, words_of_terminals
from rulegen.language.tree import Lexeme

FOUND = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|\.\.|->|[=!<>]=|\d+(?:\.\d+)?|#?[^\W\d][\w#°]*\'*|\S')
LONGEST_QUOTE = 30
RANGE_SIGN = re.compile(r"\.\.\.|[-–—−…]")  # what is written for the two dots of a range
A_STATEMENT = "a statement"

# Terminals told of together: where all of the first may stand, a phrase stands for all of the second.
_TOGETHER: tuple[tuple[set[str], set[str], str], ...] = (
    (
        {"NAME", "NUMBER", "MINUS", "LPAR"},
        {"NAME", "NUMBER", "TEXT", "MINUS", "NOT", "LPAR", "AGGREGATE", "PHRASE"},
        "an expression",
    ),
    ({"NAME", "NUMBER", "SIGN"}, {"NAME", "NUMBER", "TEXT", "MARK", "SIGN", "MIX", "VARY"}, "a value"),
    (
        {"PLUS", "STAR"},
        {
            "PLUS",
            "MINUS",
            "STAR",
            "SLASH",
            "COMPARE",
            "IS",
            "IN",
            "NOT",
            "AND",
            "OR",
            "DOT",
            "_AT_MOMENT",
            "LPAR",
        },
        "an operator",
    ),
    (
        {"EXCEPT", "BETWEEN"},
        {"EXCEPT", "BETWEEN", "IN", "ON", "AT", "WEIGHT", "LIGHTLY"},
        "where it holds (in, between, on, at, except) or a weight",
    ),
    ({"WEIGHT"}, {"WEIGHT", "LIGHTLY"}, "a weight"),
    ({"IN", "BETWEEN", "ON"}, {"IN", "BETWEEN", "ON", "AT"}, "a place (in, between, on, at)"),
    (
        {"WHEN", "THEN", "SAY"},
        {*CLAUSES},
        "a clause (for, when, then, …)",
    ),
    (
        {"RULE", "DEFINE", "VERB"},
        {*STATEMENTS, END},
        A_STATEMENT,
    ),
    ({"NAME", "MARK"}, {"NAME", "MARK"}, "a note or a chord"),
)
_ALONE = {
    "NAME": "a name",
    "NUMBER": "a number",
    "TEXT": "a text in quotes",
    "LABEL": "a line such as A = …",
    "VOICE": "a voice with its range (soprano C4..A5)",
    "KIT": "a kit (drums percussion { kick snare })",
    "CASE_LABEL": "a line of notes (voice: C4 D4)",
    "CASE_SETTING": "a setting (key, meter, cadence, pickup)",
    "BLOCK_SETTING": "a setting",
    "KIND_SETTING": "a setting",
    "FORM_SETTING": "a setting",
    "VOICE_SETTING": "a word of a voice (clef, instrument)",
    "LIGHTLY": "slightly or strongly",
    "MODIFIER": "consecutive or adjacent",
    "COMPARE": "a comparison",
    "VERDICT": "right or wrong",
    "QUOTING": '"quoting"',
    END: "the end of the file",
}
_UNSAID = {
    "COMMENT",
    "MOTIF",
    "STRETCH",
    "STRETCHES",
    "MIX",
    "VARY",
    "QUOTING",
    "PHRASE",
    "AGGREGATE",
    "VOICE_SETTING",
    "SIGNS",
}

# What a stray character was probably meant for.
_ADVICE = {
    ";": "statements need nothing between them",
    "[": "lists stand in round brackets: (P5, P8)",
    "]": "lists stand in round brackets: (P5, P8)",
    "&": 'write "and"',
    "!": 'write "not", or != between values',
    "♯": "write a sharp as #: F#4",
    "♭": "write a flat as b: Bb4",
    "'": 'texts stand in double quotes: "…"; a prime follows its name directly: A\'',
    "“": 'texts stand in straight quotes: "…"',
    "”": 'texts stand in straight quotes: "…"',
    "„": 'texts stand in straight quotes: "…"',
    "–": 'write "-", or "_" within a name',
    "−": 'write "-"',
    "×": 'write "*"',
    "≠": 'write "!="',
    "≤": 'write "<="',
    "≥": 'write ">="',
    "…": "a range is written with two dots: 5..8, C4..A5",
    "→": 'write "->"',
}


@dataclass(frozen=True, slots=True)
class StoppingPlace:
    """A place where the parser cannot go on, and what it knows of it."""

    source: Source
    at: int
    last: Lexeme | None  # what was read before, unless the parser has just started again
    unclosed: Lexeme | None  # the innermost bracket that is open
    accepted: frozenset[str]  # the terminals that may stand here

    @property
    def found(self) -> str:
        """What stands here; empty at the end of the text."""
        match = FOUND.match(self.source.text, self.at)
        return match[0] if match else ""

    @property
    def span(self) -> Span:
        """Where that stands; at the end of the text, where the last word ends."""
        end = self.at + len(self.found) if self.found else len(self.source.text.rstrip())
        return Span(min(self.at, end), end)


def unexpected(faults: SyntaxFaults, place: StoppingPlace) -> None:
    """Tells of what stands in a place where it cannot."""
    for tell in _SPECIAL:
        if tell(faults, place):
            return
    expected = in_words(place.accepted)
    if expected == A_STATEMENT and place.found.isalpha():
        message = f'there is no statement "{place.found}"'
        faults.add("unknown-word", message, place.span, help=_did_you_mean(place))
        return
    found = f"found {_quoted(place.found)}" if place.found else "found the end of the file"
    after = f" after {_quoted(str(place.last))}" if place.last is not None else ""
    faults.add("syntax", f"expected {expected}{after}, {found}", place.span, help=_did_you_mean(place))


def range_sign(text: str, at: int) -> str:
    """The sign at an offset that is often written for the two dots of a range; empty where there is none."""
    found = RANGE_SIGN.match(text, at)
    return found[0] if found else ""


def in_words(terminals: frozenset[str]) -> str:
    """A set of terminals as a musician would say it: `an operator or a clause`."""
    left = set(terminals) - _UNSAID
    phrases = []
    for signs, covered, phrase in _TOGETHER:
        if signs <= left:
            left -= covered
            phrases.append(phrase)
    phrases += sorted({_one_in_words(terminal) for terminal in left})
    if not phrases:
        return "nothing more"
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _one_in_words(terminal: str) -> str:
    if terminal in _ALONE:
        return _ALONE[terminal]
    words = sorted(words_of_terminals(terminal))
    words = [word for word in words if f"{word}s" not in words]
    if words:
        return " or ".join(f'"{word}"' for word in words)
    return f'"{pattern(terminal).pattern.replace(chr(92), "")}"'


def _did_you_mean(place: StoppingPlace) -> str | None:
    words: set[str] = set()
    for terminal in place.accepted - {
        "NAME",
        "NUMBER",
        "TEXT",
        "SIGN",
        "LABEL",
        "VOICE",
        "KIT",
        "CASE_LABEL",
        END,
    }:
        words |= words_of_terminals(terminal)
    near = nearest(place.found, words)
    return f'did you mean "{near}"?' if near else None


def _quoted(text: str) -> str:
    if text.startswith('"'):
        return text if len(text) <= LONGEST_QUOTE else f'{text[: LONGEST_QUOTE - 2]}…"'
    return f'"{text}"' if len(text) <= LONGEST_QUOTE else f'"{text[:LONGEST_QUOTE]}…"'


def _open_text(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if place.found != '"':
        return False
    line_end = place.source.text.find("\n", place.at)
    end = line_end if line_end >= 0 else len(place.source.text)
    end = place.at + len(place.source.text[place.at : end].rstrip())
    faults.add(
        "unclosed-text", "this text is not closed", Span(place.at, end), help='end it with " on its line'
    )
    return True


def _hash(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if not place.found.startswith("#"):
        return False
    if place.found == "#":
        message, advice = '"#" begins a comment only after a space and before one', "write: … # comment"
    else:
        message = f"{_quoted(place.found)} is neither a comment nor a numeral"
        advice = f"the # of a comment has a space after it: # {place.found[1:]}"
    faults.add("comment", message, place.span, help=advice)
    return True


def _range(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    sign = range_sign(place.source.text, place.at) if "_TO" in place.accepted else ""
    if not sign:
        return False
    end = place.at + len(sign)
    after = FOUND.search(place.source.text, end)
    advice = f"write: {place.last or ''}..{after[0] if after else ''}"
    faults.add("range", "a range is written with two dots", Span(place.at, end), help=advice)
    return True


def _number_without_end(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    """`weight 5.`: what stands after the point is told of where the number stands."""
    if str(place.last) != "." or place.last is None:
        return False
    number = re.search(r"(?<![\w#°'])\d+$", place.source.text[: place.last.start])
    if number is None:
        return False
    span = Span(number.start(), place.last.end)
    advice = f"write: {number[0]}, or {number[0]}.0"
    faults.add("number", "a number ends with a digit", span, help=advice)
    return True


def _stray(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if place.found not in _ADVICE:
        return False
    faults.add(
        "stray-character",
        f"{_quoted(place.found)} has no meaning here",
        place.span,
        help=_ADVICE[place.found],
    )
    return True


def _stray_brace(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if place.found != "}" or place.unclosed is not None:
        return False
    faults.add("stray-brace", 'this "}" closes nothing', place.span)
    return True


def _open_bracket(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    closes = place.found in ("", "}") or re.fullmatch(r"[a-z]+", place.found)
    if place.unclosed is None or place.unclosed.type != "LPAR" or "RPAR" not in place.accepted or not closes:
        return False
    start = place.unclosed.start
    what = 'expected ")" before this' if place.found else 'expected ")" before the end of the file'
    faults.add(
        "unclosed-bracket", 'this "(" is not closed', Span(start, start + 1), "", None, (place.span, what)
    )
    return True


def _equals(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if place.found != "=" or "COMPARE" not in place.accepted:
        return False
    advice = 'write "is" or "==" to compare'
    faults.add("equals", '"=" gives a value to a name; it does not compare', place.span, help=advice)
    return True


def _half_number(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    digits = re.compile(r"\.(\d+)").match(place.source.text, place.at)
    if digits is None:
        return False
    span = Span(place.at, digits.end())
    faults.add("number", "a number begins with a digit", span, help=f"write: 0.{digits[1]}")
    return True


def _misspelled_block(faults: SyntaxFaults, place: StoppingPlace) -> bool:
    if place.found != "{":
        return False
    line, column = place.source.position(place.at)
    words = place.source.line(line)[: column - 1].split()
    near = nearest(words[0], words_of_terminals(*STATEMENTS)) if words else None
    if near is None:
        return False
    start = place.source.line_start(line) + place.source.line(line).index(words[0])
    span = Span(start, start + len(words[0]))
    faults.add("unknown-word", f"there is no {_quoted(words[0])}", span, help=f'did you mean "{near}"?')
    return True


_SPECIAL: tuple[Callable[[SyntaxFaults, StoppingPlace], bool], ...] = (
    _open_text,
    _hash,
    _range,
    _number_without_end,
    _stray,
    _stray_brace,
    _open_bracket,
    _equals,
    _half_number,
    _misspelled_block,
)
