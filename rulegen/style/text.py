"""A file that is checked: its text, what its expressions can call, and the faults found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rulegen.errors import Source
from rulegen.language import syntax
from rulegen.style.faults import Faults
from rulegen.style.scope import Advice, Context, Definition, Scope
from rulegen.style.typing import type_expression


@dataclass(slots=True)
class Text:
    """A file that is checked: its source, what its expressions can call, and the faults found in it."""

    source: Source
    title: str
    faults: Faults
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    voices: tuple[str, ...] | None = None  # None in a pack: it does not know them
    is_pack: bool = False
    lacks_packs: bool = False  # a pack that it uses cannot be had: what is not known may be in it
    is_damaged: Callable[[syntax.Statement], bool] = lambda statement: (
        False
    )  # others may follow from its fault
    advise: Advice = lambda kind, name: None

    def about(self, statement: syntax.Statement) -> Text:
        """The text for a whole statement; where the parser found a fault in it, what may follow is dropped.

        Lines of blocks and clauses with such a fault are not in the tree: those that are can be checked.
        """
        return replace(self, faults=Faults()) if self.is_damaged(statement) else self

    def report(
        self, code: str, message: str, *marks: tuple[syntax.Span, str], help: str | None = None
    ) -> None:
        """Reports a fault of this text."""
        self.faults.report(self.source, code, message, *marks, help=help)

    def scope(self, in_rule: bool = False) -> Scope:
        """A fresh scope in which nothing is bound."""
        context = Context(
            self.faults,
            type_expression,
            self.definitions,
            self.voices,
            () if in_rule else None,
            lacks_packs=self.lacks_packs,
            advise=self.advise,
        )
        return Scope(context, self.source)
