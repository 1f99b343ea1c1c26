"""The fenced blocks of a page of documentation, and how each is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from rulegen.cli import program

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<more>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_IN_TABLE = re.compile(r"^\|.*`(rulegen [^`]+)` \|$", re.MULTILINE)
_REST = "…"  # a line of a page that stands for any lines; at a line's end, for the rest of that line


@dataclass(frozen=True)
class Block:
    """A fenced block: ```rules NAME is a file, +OTHER NAME is OTHER and more, no name a part of a style."""

    kind: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The name of the file that it is."""
        named = [word for word in self.words if "." in word and not word.startswith("+")]
        return named[0] if named else None


@dataclass(frozen=True)
class Call:
    """A line of a console and what it prints."""

    command: str
    shown: str

    @property
    def fails(self) -> bool:
        """Whether the page shows that it fails."""
        return re.search(r"^(error\b|not clean: )", self.shown, re.MULTILINE) is not None


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["kind"], tuple(found["more"].split()), found["text"], text.count("\n", 0, found.start()) + 1
        )
        for found in _BLOCK.finditer(text)
    ]


def calls_of(block: Block) -> Iterator[Call]:
    """The commands of a console, each with the lines after it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Call(command, shown)


def commands_in_tables(page: Path) -> list[str]:
    """The commands that stand at the ends of tables' rows."""
    return _IN_TABLE.findall(page.read_text(encoding="utf-8"))


def write_files(blocks: list[Block], folder: Path) -> None:
    """Writes the blocks that are files into a folder."""
    for block in blocks:
        if block.file is None:
            continue
        before = "".join(
            (folder / word[1:]).read_text("utf-8") + "\n" for word in block.words if word[0] == "+"
        )
        (folder / block.file).write_text(before + block.text, encoding="utf-8")


def run(command: str) -> tuple[int, str]:
    """Runs a command of the page in the current folder: the exit code, and what it prints."""
    name, *arguments = shlex.split(command, comments=True)
    assert name == "rulegen", command
    result = CliRunner().invoke(program, arguments, prog_name="rulegen")
    return result.exit_code, result.output


def shows(shown: str, printed: str) -> bool:
    """Whether a page shows what is printed, as far as it shows it."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    pattern = "".join(_line(line) for line in lines)
    return (
        re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed.strip().splitlines()))
        is not None
    )


def _line(line: str) -> str:
    if line == _REST:
        return r"(?:[^\n]*\n)*"
    if line.endswith(_REST):
        return re.escape(line[:-1]) + r"[^\n]*\n"
    return re.escape(line) + r"\n"
