"""Gathers the faults of one source, in the order of the text and up to a limit."""

from __future__ import annotations

from rulegen.errors import Diagnostic, Label, Source, Span

MOST_FAULTS = 50


class SyntaxFaults:
    """The faults found so far in one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    @property
    def too_many(self) -> bool:
        """Whether it is no use to look for more."""
        return len(self.found) >= MOST_FAULTS

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str | None = None,
        *more: tuple[Span, str],
    ) -> None:
        """Keeps a fault at `span`; `more` are further places with what is to be said about each."""
        if self.too_many:
            return
        labels = [Label(span, label, self.source)]
        labels += [Label(other, text, self.source) for other, text in more]
        self.found.append(Diagnostic(code, message, tuple(labels), help=help))

    def on_line_of(self, offset: int) -> bool:
        """Whether a fault stands already on the line of this offset."""
        line = self.source.position(offset)[0]
        return any(self.source.position(fault.labels[0].span.start)[0] == line for fault in self.found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them as they stand in the text; says so at the end where there may be more."""
        found = sorted(self.found, key=lambda fault: fault.labels[0].span.start)
        if not self.too_many:
            return tuple(found)
        last = found[-1].labels[0]
        note = Diagnostic(
            "too-many-faults",
            f"stopped after {MOST_FAULTS} faults",
            (Label(Span(last.span.start, last.span.start), "", self.source),),
            severity="note",
        )
        return (*found, note)
