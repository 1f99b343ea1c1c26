"""Where pieces go: files named by the user or after style and seed, and standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.screen import is_terminal
from rulegen.errors import OutputError
from rulegen.face.formats import ENDING_OF, ENDINGS, IS_TEXT, need
from rulegen.face.piece import page_name
from rulegen.storage import write_whole

if TYPE_CHECKING:
    from rulegen import Piece
    from rulegen.face.rendering import ScoreFile

STANDARD_OUTPUT = "-"
_USUAL = ("musicxml", "midi")


class FormatName(click.Choice[str]):
    """A format by its name, or as its files end: `mid`, `.xml`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The format's name."""
        ending = f".{str(value).lower().removeprefix('.')}"
        return str(super().convert(ENDINGS.get(ending, value), param, ctx))


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One thing to write for each piece: a path (None: standard output), and the format."""

    path: Path | None
    kind: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """All that is to be written; `named`: by the user; `inputs` may not be written over."""

    each: tuple[OutputFile, ...]
    named: bool
    stem: str
    inputs: frozenset[Path] = frozenset()
    labels: bool = True  # whether chords are written
    sound_font: Path | None = None

    @property
    def uses_standard_output(self) -> bool:
        """Whether a score goes to standard output, so that nothing else may."""
        return any(output.path is None for output in self.each)

    def write(self, piece: Piece | ScoreFile, label: str, number: int | None) -> list[str]:
        """Writes a piece everywhere, and says where; `number` counts it among several, from 1."""
        ready = {
            kind: piece.pages(kind, self.labels, self.sound_font)
            for kind in dict.fromkeys(output.kind for output in self.each)
        }
        written = []
        for output in self.each:
            pages = ready[output.kind]
            if output.path is None:
                _to_standard_output(pages[0], first=number in (None, 1))
                continue
            path = self._place(output.path, label, number)
            for page, content in enumerate(pages, 1):
                written.append(self._write(path.with_name(page_name(path, page)), content))
        return written

    def _write(self, path: Path, content: bytes) -> str:
        if path.resolve() in self.inputs:
            raise OutputError(
                f"{path} is not written over: the piece is made from it; choose another name with -o"
            )
        write_whole(path, content)
        return str(path)

    def _place(self, path: Path, label: str, number: int | None) -> Path:
        if not self.named:
            return path.with_name(f"{self.stem}-{label}{path.suffix}")
        return path if number is None else path.with_name(f"{path.stem}-{number:03}{path.suffix}")


def outputs_of(names: Sequence[str], kind: str | None, stem: str, count: int) -> Outputs:
    """What `-o` and `--format` ask for. Raises UsageError, and OutputError for unwritable places."""
    if names:
        each = tuple(_named(name, kind) for name in names)
    else:
        kinds = _USUAL if kind is None else (kind,)
        each = tuple(OutputFile(Path(f"{stem}{ENDING_OF[one]}"), one) for one in kinds)
    if len(set(each)) < len(each):
        raise click.UsageError("two of the outputs are the same")
    for output in each:
        need(output.kind)
        _check(output, count)
    return Outputs(each, bool(names), stem)


def _named(name: str, kind: str | None) -> OutputFile:
    if name == STANDARD_OUTPUT:
        return OutputFile(None, kind or "musicxml")
    path = Path(name)
    meant = ENDINGS.get(path.suffix.lower())
    if meant is None and kind is None:
        known = ", ".join(ENDINGS)
        raise click.UsageError(f"{name}: its ending is none that rulegen writes ({known}); or give --format")
    if meant is not None and kind not in (None, meant):
        raise click.UsageError(f"{name} is to be {meant} by its ending, and {kind} by --format")
    return OutputFile(path, meant or kind or "musicxml")


def _check(output: OutputFile, count: int) -> None:
    """Finds out before the work whether its fruits can be kept."""
    if output.path is None:
        if sys.stdout is None:
            raise OutputError("standard output is closed, and the score was to go there: give a file with -o")
        if output.kind != "txt" and count > 1:
            raise click.UsageError(
                f"several pieces as {output.kind} do not go into one stream: use -o FILE, or txt"
            )
        if output.kind not in IS_TEXT and is_terminal(sys.stdout):
            raise click.UsageError(f"{output.kind} is not for a terminal: use -o FILE, or a pipe")
        return
    folder = output.path.parent
    if output.path.is_dir():
        raise OutputError(f"{output.path} cannot be written: it is a folder; give it a file name")
    if output.path.exists() and not output.path.is_file():  # a device or a pipe would be replaced by the file
        raise OutputError(f"{output.path} cannot be written: it is no plain file; - is standard output")
    if not folder.is_dir():
        raise OutputError(f"{output.path} cannot be written: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{output.path} cannot be written: you may not write into {folder}")


def _to_standard_output(content: bytes, first: bool) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content if first else b"\n" + content)
    sys.stdout.buffer.flush()
