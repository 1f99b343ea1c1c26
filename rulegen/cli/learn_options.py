"""The options of `rulegen learn` that kinds of models have, made from the registry's rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import click

from rulegen.cli.numbers import Real
from rulegen.face.kinds import KINDS, Kind, Option, option_names

Command = Callable[..., None]


def with_options(command: Command) -> Command:
    """The command with the options of all kinds, each once."""
    for name in reversed(option_names()):
        kinds = [kind for kind in KINDS if kind.has(name)]
        option = next(each for each in kinds[0].options if each.name == name)
        said = _help(option, kinds)
        command = click.option(f"--{name}", metavar=option.metavar, help=said, **_form(option))(command)
    return command


def _help(option: Option, kinds: Sequence[Kind]) -> str:
    """Those that have it, what it is, and its default, beside it those of kinds that have their own."""
    names = ", ".join(dict.fromkeys(kind.name for kind in kinds))
    defaults = {kind.name: own.default for kind in kinds for own in kind.options if own.name == option.name}
    others = [f"{name} {_said(own)}" for name, own in defaults.items() if own != option.default]
    told = [] if option.default is None else [_said(option.default), *others]
    return f"{names}: {option.help}." + (f"  [{'; '.join(told)}]" if told else "")


def _said(default: Any) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _form(option: Option) -> dict[str, Any]:
    """How click reads it."""
    match option.form:
        case "whole":
            most = None if option.most is None else int(option.most)
            return {"type": click.IntRange(int(option.least), most)}
        case "real":
            return {"type": Real(option.least, option.most, min_open=option.is_open)}
        case "wholes":
            return {"callback": _several(option)}
    raise ValueError(f"no form of an option: {option.form}")


def _several(option: Option) -> Callable[[Any, Any, str | None], tuple[int, ...] | None]:
    """Reads numbers with commas between."""

    def read(context: Any, parameter: Any, text: str | None) -> tuple[int, ...] | None:
        if text is None:
            return None
        try:
            found = tuple(int(part) for part in text.split(","))
        except ValueError:
            found = ()
        if not found or not all(option.least <= each <= (option.most or math.inf) for each in found):
            example = ",".join(map(str, option.default[:3]))
            span = f"from {option.least} to {option.most}"
            raise click.BadParameter(f"write numbers {span} with commas between, as in {example}")
        return found

    return read
