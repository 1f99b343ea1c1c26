"""What is only for a terminal: colour, and how far a long run has come."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TextIO

import click

from rulegen.errors.rendering import in_colour
from rulegen.face.progress import Progress


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks on; a stream that was closed is none."""
    return stream is not None and stream.isatty()


def painted(text: str, *, stream: str = "stdout", **style: bool | str) -> str:
    """A text in bold or in a colour where the stream takes it."""
    return click.style(text, **style) if in_colour(stream) else text  # type: ignore[arg-type]


def in_paint(text: str, colour: str) -> str:
    """A text for standard output, bold and in a colour of its own."""
    return painted(text, bold=True) if colour == "bold" else painted(text, fg=colour, bold=True)


_LOG = logging.getLogger("rulegen")  # where long searches say how far they have come


class _Listening(logging.Handler):
    """Puts on the line what is logged."""

    def __init__(self, line: ProgressLine) -> None:
        super().__init__(logging.INFO)
        self.line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Says it."""
        self.line.say(record.getMessage())


class ProgressLine(Progress):
    """One line on a terminal that says what goes on; nothing in a pipe."""

    def __init__(self) -> None:
        self.shown = is_terminal(sys.stderr)
        self.listening = _Listening(self)

    def __enter__(self) -> ProgressLine:
        if self.shown:
            _LOG.addHandler(self.listening)
            _LOG.setLevel(logging.INFO)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOG.removeHandler(self.listening)
        self.say("")

    def say(self, text: str) -> None:
        """Puts a text in place of the last one."""
        if self.shown:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
