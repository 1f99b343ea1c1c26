"""Weights: how much one place counts, in nats, as a number or in a word."""

from __future__ import annotations

from fractions import Fraction

from rulegen.errors import Source
from rulegen.language.syntax import Expression, Name, Number, Unary
from rulegen.style.faults import Faults, suggestion

WORDS = {"slightly": 0.5, "strongly": 3.0}
LARGEST = 50


def read_weight(node: Expression | None, source: Source, faults: Faults, default: float = 1.0) -> float:
    """The weight as written, `default` where none is written or where it is at fault (reported)."""
    if node is None:
        return default
    if isinstance(node, Name) and node.text in WORDS:
        return WORDS[node.text]
    if isinstance(node, Number) and 0 < node.value <= LARGEST:
        return float(node.value)
    help = None
    if isinstance(node, Name):
        help = suggestion(node.text, WORDS)
    elif isinstance(node, Unary) or (isinstance(node, Number) and node.value == Fraction(0)):
        help = "what should be rarer is avoided, what should be more frequent is preferred"
    message = f"a weight is a number above 0 and at most {LARGEST}, or `slightly` or `strongly`"
    faults.report(source, "bad-weight", message, (node.span, "this is none"), help=help)
    return default
