"""The texts of styles: by their name, their file, or as they are; and what they mean."""

from __future__ import annotations

import gc
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import Diagnostic, Source, StyleError
from rulegen.resources import style_names, style_path

if TYPE_CHECKING:
    from rulegen.style.model import Style

FROM_TEXT = "<text>"  # what a style is called in messages that was no file


def checked(source: Source, given: Collection[str] = ()) -> Style:
    """The meaning of a style's text; raises StyleError with all its faults."""
    from rulegen.language.parser import parse
    from rulegen.plan.rows import faults_of_layout
    from rulegen.style.check import check

    with collection_paused():
        found, diagnostics = check(parse(source), source, given)
    if found is None:
        raise StyleError(diagnostics)
    if not given:  # else a voice may bring another form
        wrong = faults_of_layout(found)
        if wrong:
            raise StyleError(wrong)
    return found


@contextmanager
def collection_paused() -> Iterator[None]:
    """Puts off the collection of garbage: reading makes many values that stay, and the collector would go
    through all of them again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def source_of(style: str | PathLike[str]) -> Source:
    """The text that is meant. Raises StyleError where there is none."""
    from rulegen.language.source import LARGEST_BYTES, read_source

    if isinstance(style, str) and _is_text(style):
        if not style.strip():
            help = 'begin with: style "Title"; or name a file, or a ready style such as `chorale`'
            raise StyleError((Diagnostic("empty-file", "the text is empty", help=help),))
        if len(style) > LARGEST_BYTES:
            raise StyleError((Diagnostic("file-too-large", "the text is larger than 1 MB, the limit"),))
        return Source(FROM_TEXT, style.replace("\r\n", "\n").replace("\r", "\n"))
    return read_source(find_style(os.fspath(style)))


def _is_text(style: str) -> bool:
    """Whether a style is written out here: names and paths have neither lines, braces nor quotes."""
    return not style.strip() or any(sign in style for sign in '\n\r{}"')


def find_style(name: str) -> Path:
    """The file of a style. Raises StyleError where it is neither a file nor a ready style."""
    path, known = Path(name), style_names()
    if os.path.isfile(path) or name not in known:
        if path.suffix or os.path.exists(path) or os.sep in name:
            return path  # reading it says what is wrong
        from rulegen.errors.nearest import nearest

        near = nearest(name, known)
        help = f"did you mean `{near}`?" if near else f"the ready styles are {', '.join(known)}"
        raise StyleError((Diagnostic("unknown-style", f"`{name}` is no file and no ready style", help=help),))
    return _seen_from_here(style_path(name))


def _seen_from_here(path: Path) -> Path:
    """A path as short as it can be said from the current folder."""
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path
