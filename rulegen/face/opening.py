"""Styles by their name, their file or their text; scores by their file."""

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
    from rulegen.face.piece import Piece
    from rulegen.face.style import Style
    from rulegen.style.model import Style as CheckedStyle

FROM_TEXT = "<text>"  # what a style is called in messages that was no file


def load(
    style: str | PathLike[str],
    *,
    given: Collection[str] = (),
    budget: int | None = None,
    particles: int = 64,
    cached: bool = True,
) -> Style:
    """A style: a ready one by its name, one of a file by its path, or one that is written out as a text.

    given: voices that will be given when it composes; files that the style itself names for them need not
    exist. budget: how many arcs a layer of its lattice may have before a rule's memory leaves it (2,000,000).
    particles: how many keep then what does not fit, and consult models. cached: whether built lattices are
    kept in the user's cache folder. Raises StyleError with all faults at once.

    >>> rulegen.load("first_species")
    First species: 2 voices, 26 hard rules, 12 soft rules
    >>> hello = rulegen.load('''
    ... style "Hello"  meter 4/4  key D dorian
    ... voices { flute C4..D5 }  form { A = 2 bars }  rhythm { every beat }
    ... ''')
    >>> hello.count()
    43046721
    >>> rulegen.load(hello.text.replace("dorian", "dorien"))
    Traceback (most recent call last):
    rulegen.errors.StyleError: error[bad-key]: 'dorien' is not a mode: the modes are ...
    """
    from rulegen.face.style import Style

    if particles < 1 or (budget is not None and budget < 1):
        raise ValueError("budget and particles are 1 or more")
    source = source_of(style)
    return Style(checked(source, given), budget, particles, cached)


def checked(source: Source, given: Collection[str] = ()) -> CheckedStyle:
    """The meaning of a style's text; raises StyleError with all its faults."""
    from rulegen.language.parser import parse
    from rulegen.style.check import check

    with collection_paused():
        found, diagnostics = check(parse(source), source, given)
    if found is None:
        raise StyleError(diagnostics)
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
    from rulegen.language.source import read_source

    if isinstance(style, str) and _is_text(style):
        if not style.strip():
            help = 'begin with: style "Title"; or name a file, or a ready style such as `chorale`'
            raise StyleError((Diagnostic("empty-file", "the text is empty", help=help),))
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


def read(path: str | PathLike[str]) -> Piece:
    """The piece of a file: MusicXML (.musicxml .xml .mxl), MIDI (.mid .midi), or the short notation (.txt).

    Raises ScoreReadError for what cannot be read, with the place.

    >>> tune = rulegen.read("examples/tune.musicxml")
    >>> tune.score.key.name, len(tune.score.notes)
    ('G major', 31)
    """
    from rulegen.face.piece import Piece
    from rulegen.face.scores import open_score

    return Piece(open_score(Path(path)))
