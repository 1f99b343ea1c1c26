"""What is only for a terminal: colour, and how far a long run has come."""

from __future__ import annotations

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


class ProgressLine(Progress):
    """One line on a terminal that says what goes on; nothing in a pipe."""

    def __init__(self) -> None:
        self.shown = is_terminal(sys.stderr)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.say("")

    def say(self, text: str) -> None:
        """Puts a text in place of the last one."""
        if self.shown:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
