"""The exceptions of rulegen, and the values that they carry.

    Exception
    ├── RulegenError           what a user can mend
    │   ├── StyleError         faults of a style file: all of them, as diagnostics
    │   ├── Unsatisfiable      a style that no score can keep: one diagnostic with the lines that clash
    │   ├── ScoreReadError     a score that cannot be read
    │   ├── ModelError         a model that is missing, damaged or of another version
    │   ├── InstallationError  a package that rulegen needs is missing, or of another version
    │   └── OutputError        a file that cannot be written
    └── InternalError          a bug in rulegen: nobody else can mend it

A `Diagnostic` is a value. It is made where the fault is seen and rendered by rulegen.errors.rendering.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source text: character offsets start (included) to end (excluded)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name that it is reported under: a path, or `<text>`."""

    name: str
    text: str = field(repr=False)
    _lines: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]
        object.__setattr__(self, "_lines", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1."""
        line = bisect_right(self._lines, min(max(offset, 0), len(self.text)))
        return line, min(max(offset, 0), len(self.text)) - self._lines[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line break."""
        end = self._lines[number] - 1 if number < len(self._lines) else len(self.text)
        return self.text[self._lines[number - 1] : end]

    def line_start(self, number: int) -> int:
        """The offset of the first character of a line, counted from 1."""
        return self._lines[number - 1]

    def begins_line(self, offset: int) -> bool:
        """Whether nothing but space stands before an offset on its line."""
        before = offset - 1
        while before >= 0 and self.text[before] in " \t":
            before -= 1
        return before < 0 or self.text[before] == "\n"

    def indent(self, offset: int) -> int:
        """How many characters of space the line of an offset begins with."""
        start = end = self.line_start(self.position(offset)[0])
        while end < len(self.text) and self.text[end] in " \t":
            end += 1
        return end - start

    def cut(self, span: Span) -> str:
        """The text that a span covers."""
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of a source with what is to be said about it; the text may be empty."""

    span: Span
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: what is wrong, where (the first label is the place), what else is known, what would help."""

    code: str  # kebab-case, stable: `unknown-rule`
    message: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: str = "error"  # error | warning | note

    def __str__(self) -> str:
        from rulegen.errors.rendering import render

        return render(self)


class RulegenError(Exception):
    """Something that the user can mend."""


class _Diagnosed(RulegenError):
    """What is said in diagnostics: its text is what the command line prints, coloured on a terminal."""

    diagnostics: tuple[Diagnostic, ...]

    def __str__(self) -> str:
        from rulegen.errors.rendering import in_colour, rendered

        return rendered(self.diagnostics, in_colour("stdout", "stderr"))

    __repr__ = __str__


class StyleError(_Diagnosed):
    """A style file has faults: all of them, in `diagnostics`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


class Unsatisfiable(_Diagnosed):
    """No score can keep all that a style demands: `diagnostic` names the lines that clash."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic
        self.diagnostics = (diagnostic,)


class ScoreReadError(RulegenError):
    """A score cannot be read."""


class ModelError(RulegenError):
    """A model is missing, damaged, or was made by another version."""


class InstallationError(RulegenError):
    """A package that rulegen needs is missing, or of another version."""


class OutputError(RulegenError):
    """A file cannot be written."""


class InternalError(Exception):
    """A bug in rulegen, with what is needed to see it again."""

    def __init__(
        self, what: str, style: str | None = None, seed: int | None = None, version: str | None = None
    ) -> None:
        known = {"style": style, "seed": seed, "version": version}
        told = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        super().__init__(f"a bug in rulegen: {what}" + (f" ({told})" if told else ""))
        self.what = what
        self.style = style
        self.seed = seed
        self.version = version
