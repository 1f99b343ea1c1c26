"""What an expression's names can mean where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rulegen.errors import Diagnostic, Label, Source, Span
from rulegen.language.syntax import Define, Expression
from rulegen.style.expression import Typed, Variable
from rulegen.style.faults import Faults, Mark
from rulegen.style.vocabulary import MOMENT, VOICE

USUAL_VOICES = ("soprano", "alto", "tenor", "bass", "cantus")
"""Voices that a pack may name without knowing whether a style has them."""

RESERVED = ("voice", "key", "meter")  # variables that are there without being bound
MOST_STEPS = 20_000  # nodes of one rule, user functions written out
DEEPEST = 60  # expressions inside expressions


@dataclass(frozen=True, slots=True)
class Definition:
    """A user's function and the text it stands in."""

    syntax: Define
    source: Source


@dataclass(frozen=True, slots=True)
class Delayed:
    """An argument of a user's function: read where it is used, as the kind that is expected there."""

    node: Expression
    scope: Scope


Advice = Callable[[str, str], str | None]
"""Where the library has a rule or a function of a name, as advice: `advise("rule", "parallel_fifths")`."""


@dataclass(slots=True)
class Context:
    """What holds for all expressions of one rule, and what they have brought up so far."""

    faults: Faults
    read: Reader  # what binders and calls read the expressions inside them with
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    voices: tuple[str, ...] | None = None  # those that the style declares; None in a pack
    row_voices: tuple[Variable, ...] | None = None  # voice variables that the rule binds; None outside rules
    last: Variable | None = None  # the last note, moment or chord that the rule binds
    implied_voice: bool = False  # whether `voice` was said where the rule binds none
    taken: dict[str, object] = field(
        default_factory=lambda: dict.fromkeys(RESERVED, "reserved")
    )  # unique name → what it was bound by
    lacks_packs: bool = False  # functions that are not known may be in a pack that cannot be had
    advise: Advice = lambda kind, name: None
    steps: int = 0
    depth: int = 0

    @property
    def voice_names(self) -> tuple[str, ...]:
        """The voices that can be named."""
        return USUAL_VOICES if self.voices is None else self.voices


@dataclass(frozen=True, slots=True)
class Scope:
    """The bound names around an expression and the text it stands in."""

    context: Context
    source: Source
    names: Mapping[str, Typed | Delayed] = field(default_factory=dict)
    calls: tuple[str, ...] = ()  # the user functions being written out
    caller: Label | None = None  # where the innermost of them was called

    def typed(self, node: Expression, hint: str | None = None) -> Typed | None:
        """The typed expression, None where it has a fault; `hint` is the kind of literals in it."""
        return self.context.read(node, self, hint)

    def fault(self, code: str, message: str, *marks: Mark, help: str | None = None) -> None:
        """Reports a fault of this text."""
        labels = [Label(span, text, self.source) for span, text in marks]
        if self.caller is not None:
            labels.append(self.caller)
        self.context.faults.add(Diagnostic(code, message, tuple(labels), (), help))

    def binding(self, names: Mapping[str, Typed | Delayed]) -> Scope:
        """The scope with more names, which hide those that were bound before."""
        return replace(self, names={**self.names, **names})

    def fresh(self, name: str, what: object) -> str:
        """A name that is unique within the rule: one bound twice in the same way keeps it, side by side."""
        around = {each.name for each in self.names.values() if isinstance(each, Variable)}
        candidate, count = name, 1
        while candidate in around or self.context.taken.get(candidate, what) != what:
            count += 1
            candidate = f"{name}{count}"
        self.context.taken[candidate] = what
        return candidate

    def is_of_moment(self, note: Variable) -> bool:
        """Whether a note is one of those that sound at a moment."""
        bound = self.context.taken.get(note.name)
        owner = bound[0][-1] if isinstance(bound, tuple) and isinstance(bound[0], tuple) else None
        return isinstance(owner, Variable) and owner.kind == MOMENT

    def voice_in_turn(self, span: Span) -> Typed | None:
        """What `voice` alone means: the voice that the rule binds, or each voice in turn."""
        bound = self.context.row_voices
        if bound is None:
            self.fault("no-voice", "`voice` has a meaning inside a rule only", (span, "here"))
            return None
        if len(bound) > 1:
            names = " or ".join(f"`{each.name}`" for each in bound)
            self.fault("which-voice", f"which voice? This rule binds several: write {names}", (span, "here"))
            return None
        if bound:
            return bound[0]
        self.context.implied_voice = True
        return Variable(VOICE, "voice", span)


Reader = Callable[[Expression, Scope, str | None], Typed | None]
