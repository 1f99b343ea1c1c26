"""Finds the style that a command names: a file, or a ready one by its name."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulegen.cli.faults import Known, show
from rulegen.errors import Diagnostic, StyleError

if TYPE_CHECKING:
    from rulegen.style.model import Style


def find_style(name: str) -> Path:
    """The file of a style. Raises StyleError where it is neither a file nor a ready style."""
    from rulegen.resources import style_names, style_path

    path = Path(name)
    if path.is_file():
        return path
    known = style_names()
    if name in known:
        return _seen_from_here(style_path(name))
    if path.suffix or path.exists() or os.sep in name:
        return path  # reading it says what is wrong
    from rulegen.language.nearest import nearest

    near = nearest(name, known)
    help = f"did you mean `{near}`?" if near else f"the ready styles are {', '.join(known)}"
    raise StyleError((Diagnostic("unknown-style", f"`{name}` is no file and no ready style", help=help),))


def open_style(name: str, elsewhere: Collection[str] = ()) -> Style:
    """The checked style of a file or a name, voices being given `elsewhere`; tells what it warns of. Raises
    StyleError with all its faults.
    """
    from rulegen.style.check import load_style

    path = find_style(name)
    click.get_current_context().ensure_object(Known).style = str(path)
    style = load_style(path, elsewhere)
    warnings = tuple(each for each in style.warnings if each.severity == "warning")
    if warnings:  # what is merely remarked on is for `check`
        show(warnings)
    return style


def _seen_from_here(path: Path) -> Path:
    """A path as short as it can be said from the current folder."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
