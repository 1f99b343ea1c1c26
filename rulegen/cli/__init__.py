"""The command line: a module a command, imported when it is called."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from rulegen import __version__
from rulegen.interrupts import INTERRUPTED, raise_again

COMMANDS = {
    "compose": "Compose music from a style.",
    "check": "Check style files for faults.",
    "grade": "Grade scores by a style.",
    "explain": "Explain the notes of a score by a style.",
    "repair": "Correct a score with the fewest changes.",
    "exercise": "Make worksheets by a style, with their keys.",
    "render": "Render scores as sound, picture or notation.",
    "play": "Play a score, or a piece of a style.",
    "inspect": "Show what a style's rules come to.",
    "styles": "List the styles that come with it.",
    "words": "List the words that a style may choose from.",
    "rules": "List the rules of the library, or explain one.",
    "fmt": "Lay rule files out anew.",
    "learn": "Learn a model from a corpus.",
    "model": "Show learned models.",
    "fit": "Learn a style's weights from a corpus.",
    "evaluate": "Say how near scores are to a corpus.",
}

_WITHOUT_STYLE = {
    "learn",
    "model",
    "evaluate",
    "render",
}  # others are brief, or collect garbage from when it is read

_EXAMPLE = (
    "\b\nExamples:\n  rulegen compose chorale --seed 7\n  rulegen check my-style.rules\n"
    "  rulegen rules parallel_fifths"
)


class Program(click.Group):
    """All commands; only the one that is called is imported, and every error ends here."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of a name."""
        if name not in COMMANDS:
            return None
        found: click.Command = import_module(f"rulegen.cli.{name}").command
        if name in _WITHOUT_STYLE:
            gc.enable()
        return found

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; a misspelt one is a usage error with the nearest name."""
        from rulegen.errors.nearest import nearest

        name = arguments[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = nearest(name, list(COMMANDS))
            hint = f"; did you mean '{near}'?" if near else f": there are {', '.join(COMMANDS)}"
            context.fail(f"there is no command '{name}'{hint}")
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, context: click.Context) -> Any:
        """Runs the command; what goes wrong is told, and turned into an exit code."""
        from rulegen.cli.faults import Known, exit_code

        raise_again()
        known = context.ensure_object(Known)
        try:
            return super().invoke(context)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            sys.exit(exit_code(error, known))


@click.command(cls=Program, epilog=_EXAMPLE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rulegen", message="%(prog)s %(version)s")
def program() -> None:
    """Composes music from files of rules, and says why each note may stand where it stands."""


def main() -> None:
    """The entry point of `rulegen`."""
    for library in ("OPENBLAS", "OMP", "MKL"):  # its matrices are small: threads cost more than they bring
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    gc.disable()  # while modules are loaded
    try:
        program.main(prog_name="rulegen")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # before a command is called: what `--help` prints may find no room
        from rulegen.cli.faults import Known, exit_code

        sys.exit(exit_code(error, Known()))
