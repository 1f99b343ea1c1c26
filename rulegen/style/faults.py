"""All that is found wrong with a file, collected while it is checked, so that one run reports everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rulegen.errors import Diagnostic, Label, Source, Span
from rulegen.errors.nearest import nearest
from rulegen.style.model import Place

Mark = tuple[Span, str]  # a stretch of the text and what is said under it


@dataclass(slots=True)
class Faults:
    """The diagnostics found so far; one that was found already is not added again."""

    found: list[Diagnostic] = field(default_factory=list)

    def report(
        self,
        source: Source,
        code: str,
        message: str,
        *marks: Mark,
        help: str | None = None,
    ) -> None:
        """Adds a diagnostic; the first of `marks` is where the fault is."""
        labels = tuple(Label(span, text, source) for span, text in marks)
        self.add(Diagnostic(code, message, labels, (), help))

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic, unless the same was said of the same place."""
        if all(_what_and_where(each) != _what_and_where(diagnostic) for each in self.found):
            self.found.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds several."""
        for each in diagnostics:
            self.add(each)

    def __len__(self) -> int:
        return len(self.found)

    def __bool__(self) -> bool:
        return bool(self.found)


def _what_and_where(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.message, *diagnostic.labels[:1]


def suggestion(word: str, candidates: Iterable[str]) -> str | None:
    """ "did you mean …?" where one of the candidates is near, else None."""
    near = nearest(word, sorted(set(candidates)))
    return None if near is None else f"did you mean `{near}`?"


def listing(words: Iterable[str], last: str = "and") -> str:
    """Words in a sentence: `a`, `b` and `c`."""
    *most, final = [f"`{word}`" for word in words] or [""]
    return f"{', '.join(most)} {last} {final}" if most else final


def labels(places: Iterable[tuple[Place | None, str]]) -> tuple[Label, ...]:
    """What is said about places, where they are known."""
    return tuple(Label(place.span, text, place.source) for place, text in places if place is not None)
