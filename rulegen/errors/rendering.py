"""Diagnostics as text: the message, the place with its lines underlined, notes and help."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # which show themselves by this module
    from rulegen.errors import Diagnostic, Label, Source

WIDEST = 110  # columns of an excerpt; a longer line is cut around what is underlined
TAB = 4
MOST_LINES = 4  # of one span; of a longer one the first and the last line are shown

RESET, BOLD, RED, YELLOW, BLUE, CYAN = (
    "\033[0m",
    "\033[1m",
    "\033[1;31m",
    "\033[1;33m",
    "\033[1;34m",
    "\033[1;36m",
)
SEVERITIES = {"error": RED, "warning": YELLOW, "note": CYAN}


def render(diagnostic: Diagnostic, colour: bool = False) -> str:
    """A diagnostic as it is printed, without a line break at its end."""
    paint = _Paint(diagnostic.severity, colour)
    text = [
        paint.mark(f"{diagnostic.severity}[{diagnostic.code}]", True) + paint.bold(f": {diagnostic.message}")
    ]
    margin = max((len(str(_last_line(label))) for label in diagnostic.labels), default=0)
    bar = paint.frame(" " * margin + " |")
    for index, (source, labels) in enumerate(_by_source(diagnostic.labels)):
        line, column = source.position(labels[0].span.start)
        arrow = "-->" if index == 0 else ":::"
        text += [paint.frame(" " * margin + arrow) + f" {source.name}:{line}:{column}", bar]
        text += _excerpt(source, labels, diagnostic.labels[0], margin, paint)
    said = [("note", note) for note in diagnostic.notes]
    said += [("help", diagnostic.help)] if diagnostic.help else []
    if diagnostic.labels and said:
        text.append(bar)
    for kind, words in said:
        hanging = " " * (margin + len(" = ") + len(kind) + len(": "))
        first, *rest = words.split("\n")
        text.append(paint.frame(" " * margin + " = ") + paint.bold(kind) + f": {first}")
        text += [hanging + line for line in rest]
    return "\n".join(text)


def in_colour(*streams: str) -> bool:
    """Whether all of these take colour, `stdout` and `stderr`: terminals, and NO_COLOR not set."""
    found = [getattr(sys, name) for name in streams]
    return not os.environ.get("NO_COLOR") and all(each is not None and each.isatty() for each in found)


def rendered(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """All diagnostics as they are printed, an empty line between."""
    return "\n\n".join(render(each, colour) for each in diagnostics)


@dataclass(frozen=True, slots=True)
class _Paint:
    """Colours a text, or leaves it as it is."""

    severity: str
    colour: bool

    def bold(self, text: str) -> str:
        return self._with(BOLD, text)

    def frame(self, text: str) -> str:
        """The line numbers and bars around an excerpt."""
        return self._with(BLUE, text)

    def mark(self, text: str, primary: bool) -> str:
        return self._with(SEVERITIES.get(self.severity, RED) if primary else BLUE, text)

    def _with(self, hue: str, text: str) -> str:
        return f"{hue}{text}{RESET}" if self.colour and text else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one line to be underlined, in columns of the screen, and what is said under it."""

    line: int
    start: int
    end: int
    text: str
    primary: bool

    @property
    def sign(self) -> str:
        return "^" if self.primary else "-"


def _excerpt(source: Source, labels: Sequence[Label], first: Label, margin: int, paint: _Paint) -> list[str]:
    marks = [mark for label in labels for mark in _marks(source, label, label is first)]
    shown: list[str] = []
    before = 0
    for line in sorted({mark.line for mark in marks}):
        if before and line > before + 1:
            shown.append(paint.frame("..."))
        before = line
        here = sorted((mark for mark in marks if mark.line == line), key=lambda mark: mark.start)
        text = source.line(line)
        low, high = _window(text, here)
        shown.append((paint.frame(f"{line:>{margin}} |") + " " + _cut(text, low, high)).rstrip())
        under = [paint.frame(" " * margin + " |") + " " + row for row in _rows(here, low, high, paint)]
        shown += [row.rstrip() for row in under]
    return shown


def _rows(marks: Sequence[_Mark], low: int, high: int, paint: _Paint) -> list[str]:
    """What stands below a line: underlines with the text of the last, then the other texts."""
    shift = 1 - low if low else 0  # for the sign of what was cut off
    row, column = "", 0
    for mark in marks:
        start, end = max(mark.start + shift, column), min(mark.end, high) + shift
        row += " " * (start - column) + paint.mark(mark.sign * max(end - start, 0), mark.primary)
        column = max(end, start)
    rows = [f"{row} {paint.mark(marks[-1].text, marks[-1].primary)}" if marks[-1].text else row]
    for mark in reversed(marks[:-1]):
        if mark.text:
            rows.append(" " * (mark.start + shift) + paint.mark(mark.text, mark.primary))
    return rows


def _marks(source: Source, label: Label, primary: bool) -> list[_Mark]:
    first, last = source.position(label.span.start)[0], _last_line(label)
    lines = list(range(first, last + 1))
    if len(lines) > MOST_LINES:
        lines = [first, last]
    marks = []
    for line in lines:
        text, start = source.line(line), source.line_start(line)
        begin = max(label.span.start - start, len(text) - len(text.lstrip()) if line > first else 0)
        end = min(label.span.end - start, len(text))
        begin_column, end_column = _width(text[:begin]), _width(text[: max(end, begin)])
        words = label.text if line == last else ""
        marks.append(_Mark(line, begin_column, max(end_column, begin_column + 1), words, primary))
    return marks


def _last_line(label: Label) -> int:
    return label.source.position(max(label.span.end - 1, label.span.start))[0]


def _by_source(labels: Sequence[Label]) -> list[tuple[Source, list[Label]]]:
    grouped: list[tuple[Source, list[Label]]] = []
    for label in labels:
        known = next((group for source, group in grouped if source == label.source), None)
        if known is None:
            grouped.append((label.source, [label]))
        else:
            known.append(label)
    return grouped


def _window(text: str, marks: Sequence[_Mark]) -> tuple[int, int]:
    """The columns of a line that are shown: all, or a stretch around what is underlined first."""
    width = _width(text)
    if width <= WIDEST:
        return 0, max(width, max(mark.end for mark in marks))
    low = max(0, min(mark.start for mark in marks) - WIDEST // 3)
    low = min(low, width - WIDEST)
    return low, low + WIDEST


def _cut(text: str, low: int, high: int) -> str:
    """The columns of a line from low to high, as they can be shown."""
    if text.isascii() and text.isprintable():
        return ("…" if low else "") + text[low:high] + ("…" if len(text) > high else "")
    column, kept = 0, []
    for character in text:
        width = _width(character)
        if low <= column and column + width <= high:
            kept.append(_on_screen(character))
        elif column < low < column + width:
            kept.append(" " * (column + width - low))
        column += width
    return ("…" if low else "") + "".join(kept) + ("…" if column > high else "")


def _on_screen(character: str) -> str:
    """A tab becomes spaces, what cannot be seen a replacement sign."""
    if character == "\t":
        return " " * TAB
    return character if character.isprintable() or unicodedata.combining(character) else "\ufffd"


def _width(text: str) -> int:
    """How many columns a text takes on the screen."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(
        TAB
        if character == "\t"
        else 0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
