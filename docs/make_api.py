"""Makes docs/api.md from the docstrings of what `import rulegen` gives: `python docs/make_api.py`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import rulegen

PAGE = Path(__file__).parent / "api.md"
HEAD = """# From Python

Made from the docstrings by `python docs/make_api.py`; every example runs as a test.

`import rulegen` is light: what it gives is imported when it is first used, and music21 when a score of
music21 is asked for. Times are in whole notes (`Fraction`), weights in nats, probabilities between 0 and 1.
What can be mended in a style, a score or a model, or on the disk, is a `rulegen.RulegenError`; an error of
a style prints as the command line prints it. An argument that means nothing, such as `best(0)` or a bar that
the piece has not, is a ValueError or a TypeError.
[examples/notebook.ipynb](../examples/notebook.ipynb) is a tour.
"""
FUNCTIONS = ("load", "read", "learn", "styles", "words")
CLASSES = (
    "Style",
    "Piece",
    "Report",
    "Grade",
    "Finding",
    "Ornament",
    "Tally",
    "NoteExplained",
    "Alternative",
    "Repair",
    "NoteChange",
    "Exercise",
    "Explanation",
    "RuleFigures",
    "LearnedModel",
)
ERRORS = (
    "RulegenError",
    "StyleError",
    "Unsatisfiable",
    "ScoreReadError",
    "ModelError",
    "OutputError",
    "InternalError",
)

INSIDE = {"meaning", "most_arcs", "prepared", "without_models", "files"}  # what the command line alone asks


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(_function(f"rulegen.{name}", getattr(rulegen, name)) for name in FUNCTIONS)]
    parts += [part for name in CLASSES for part in _class(name, getattr(rulegen, name))]
    parts += ["## Errors\n", *(_error(name) for name in ERRORS)]
    return "\n".join([*parts, ""])


def _function(name: str, function: object, level: str = "##") -> str:
    return f"{level} `{name}{_signature(function)}`\n\n{_text(function)}\n"


def homes(thing: object) -> list[type]:
    """The class itself and those of ours that it stands on, of which its members are."""
    return [base for base in getattr(thing, "__mro__", ()) if base.__module__.startswith("rulegen")]


def _class(name: str, thing: type) -> Iterator[str]:
    yield f"## {name}\n\n{_text(thing)}\n"
    if is_dataclass(thing):
        shown = [
            f"`{each.name}: {_plain(str(each.type))}`"
            for each in fields(thing)
            if each.name[0] != "_" and each.name not in INSIDE
        ]
        yield f"Fields: {', '.join(shown)}\n"
    for member, value in ((name, value) for home in homes(thing) for name, value in vars(home).items()):
        if member.startswith("_") or member in INSIDE:
            continue
        wrapped = getattr(value, "func", None) or getattr(value, "fget", None)
        if wrapped is not None:
            kind = inspect.signature(wrapped).return_annotation
            yield f"### `{member}: {_plain(kind)}`\n\n{_text(wrapped)}\n"
        elif inspect.isfunction(value):
            yield _function(member, value, "###")


def _error(name: str) -> str:
    return f"- `{name}`: {_text(getattr(rulegen, name))}"


def _signature(function: object) -> str:
    assert callable(function)
    signature = inspect.signature(function)
    kept = [each for each in signature.parameters.values() if each.name not in ("self", "progress")]
    return _plain(str(signature.replace(parameters=kept)))


def _plain(annotation: str) -> str:
    """An annotation without the quotes that put off its reading."""
    return re.sub(r"'([^']*)'(?=[,)\] =]|$)", r"\1", str(annotation)).replace('"', "")


def _text(thing: object) -> str:
    """A docstring as Markdown, its examples fenced."""
    found, code = [], False
    for line in (inspect.getdoc(thing) or "").splitlines():
        begins = line.startswith(">>> ")
        if begins and not code:
            found.append("```python")
        if code and not line:
            found.append("```")
        code = begins or (code and bool(line))
        found.append(line)
    return "\n".join([*found, "```"] if code else found)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
