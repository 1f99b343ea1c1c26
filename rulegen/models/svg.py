"""What drawings in SVG share: a white sheet, and text on it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

GREY = "#444444"
OURS, THEIRS = "#b0560f", "#1f5f99"
_FONT = 'font-family="sans-serif" font-size="13"'


def sheet(width: int, height: int, drawn: Sequence[str]) -> str:
    """A whole SVG of a size in pixels."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {_FONT}>'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *drawn, "</svg>\n"])


def text(said: str, across: float, down: float, anchor: str = "start", colour: str = GREY) -> str:
    """A line of text; `anchor` is start, middle or end."""
    return f'<text x="{across:g}" y="{down:g}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'
