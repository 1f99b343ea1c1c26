"""Small styles for the tests of the checker."""

from rulegen.errors import Diagnostic, Source
from rulegen.language.parser import parse
from rulegen.style.check import check
from rulegen.style.model import Rule, Style

HEAD = """style "T"  meter 4/4  key C major
voices { soprano C4..A5  alto G3..D5  bass C3..C4 }
form { A = 4 bars  B = 2 bars, cadence half, 2 bars, cadence authentic  piece = A A B }
"""


def faults(text: str, head: str = HEAD) -> tuple[Diagnostic, ...]:
    """What is wrong with a style that begins with `head`."""
    source = Source("style.rules", head + text)
    return check(parse(source), source)[1]


def style_of(text: str, head: str = HEAD) -> Style:
    """A style that begins with `head` and has no fault."""
    source = Source("style.rules", head + text)
    style, found = check(parse(source), source)
    assert style is not None, found
    return style


def rule_of(body: str, bound: str = "consecutive notes a, b in voice", head: str = "r is required") -> Rule:
    """The one rule of a style."""
    rules = style_of(f"rule {head} {{ for {bound} {body} }}").rules
    return rules[0]
