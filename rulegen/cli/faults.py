"""What went wrong, told to the user, and the exit code that says whose fault it is."""

from __future__ import annotations

import errno
import os
import traceback
from dataclasses import dataclass

import click

from rulegen import __version__
from rulegen.errors import Diagnostic, InternalError, RulegenError, StyleError, Unsatisfiable
from rulegen.interrupts import INTERRUPTED

OF_THE_INPUT, USAGE, OUR_BUG = 1, 2, 3


@dataclass
class Known:
    """What a command has found out so far: a report of a bug needs it."""

    style: str | None = None
    seed: int | None = None


def exit_code(error: BaseException, known: Known) -> int:
    """Tells an error on standard error; the exit code that belongs to it."""
    if isinstance(error, KeyboardInterrupt):
        click.echo("\ninterrupted: nothing is left half written", err=True)
        return INTERRUPTED
    if isinstance(error, RulegenError):
        show(diagnostics_of(error))
        return OF_THE_INPUT
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        show((Diagnostic("not-written", f"it cannot be written: {error.strerror}"),))
        return OF_THE_INPUT
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("rulegen"):
        package = error.name.partition(".")[0]
        said = f"rulegen needs {package}, which is not installed here"
        show((Diagnostic("not-installed", said, help="pip install --force-reinstall rulegen"),))
        return OF_THE_INPUT
    if isinstance(error, MemoryError):
        advice = "a smaller --budget needs less"
        show((Diagnostic("out-of-memory", "there is not enough memory for this style", help=advice),))
        return OF_THE_INPUT
    _show_bug(error, known)
    return OUR_BUG


def diagnostics_of(error: RulegenError) -> tuple[Diagnostic, ...]:
    """What an error has to say, as diagnostics."""
    if isinstance(error, StyleError):
        return error.diagnostics
    if isinstance(error, Unsatisfiable):
        return (error.diagnostic,)
    code = {"ScoreReadError": "unreadable-score", "OutputError": "not-written", "ModelError": "model"}
    code["InstallationError"] = "not-installed"
    return (Diagnostic(code.get(type(error).__name__, "error"), str(error)),)


def show(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Prints diagnostics on standard error, an empty line between."""
    from rulegen.errors.rendering import in_colour, rendered

    colour = in_colour("stderr")
    click.echo(rendered(diagnostics, colour), err=True, color=colour)


def _show_bug(error: BaseException, known: Known) -> None:
    if os.environ.get("RULEGEN_TRACEBACK") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if not isinstance(error, InternalError):
        error = InternalError(f"{type(error).__name__}: {error}", known.style, known.seed, __version__)
    click.echo(f"error: {error}", err=True)
    click.echo("please report it with the style; RULEGEN_TRACEBACK=1 shows where it happened", err=True)
