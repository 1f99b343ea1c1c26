"""Opens the style that a command names, and tells what it warns of."""

from __future__ import annotations

import gc
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.faults import Known, show

if TYPE_CHECKING:
    from rulegen.face.style import Style


def open_style(name: str, given: Collection[str] = (), **options: Any) -> Style:
    """The style of a file or a name, voices being given; tells what it warns of. Raises StyleError with all
    its faults. options: as `rulegen.load` takes them.
    """
    from rulegen.face.opening import load
    from rulegen.face.sources import find_style

    path = find_style(name)
    click.get_current_context().ensure_object(Known).style = str(path)
    style = load(path, given=given, **options)
    if not gc.isenabled():  # since the program began; what is there now stays, and need not be gone through
        gc.freeze()
        gc.enable()
    if style.warnings:
        show(style.warnings)
    return style
