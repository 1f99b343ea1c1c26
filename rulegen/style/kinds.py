"""Kinds of foreign notes: definitions that call one of their notes `n`, and what `n.kind is passing` asks.

A kind looks at notes around what a rule binds. They are variables named by how far they lie from it, `n-1`
and `n+2`, and the binding is widened by them; where a row begins or ends they may be lacking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rulegen.errors import Label
from rulegen.language.syntax import Attribute, Binary, Expression, Name, Several, Span
from rulegen.style.expression import (
    FITS,
    Apply,
    Binding,
    Typed,
    Variable,
    negation,
    substitute,
    walk,
)
from rulegen.style.faults import listing, suggestion
from rulegen.style.operators import NEGATED, name_kind
from rulegen.style.scope import Definition, Scope
from rulegen.style.vocabulary import NOTE, TRUTH

ITSELF = "n"  # what a kind calls the note that is of this kind
KIND = "kind"
NO_KIND = "none"
PACK = "ornaments"

_AROUND = re.compile(r"(.*?)([+-]\d+)")


def kinds_in(definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """The names of the definitions that are kinds."""
    return tuple(
        name
        for name, each in definitions.items()
        if ITSELF in [parameter.text for parameter in each.syntax.parameters]
    )


def asks_kind(node: Binary) -> bool:
    """Whether a comparison asks of which kind a note is: `n.kind is passing`, `n.kind in (…)`."""
    return isinstance(node.left, Attribute) and node.left.name.text == KIND and node.operator in _ASKING


_ASKING = ("is", "==", "in", *NEGATED)


def type_kind_asked(node: Binary, scope: Scope) -> Typed | None:
    """The statement that a note is of one of some kinds; None where it has a fault, which is reported."""
    assert isinstance(node.left, Attribute)
    owner = scope.typed(node.left.of)
    if owner is None:
        return None
    if owner.kind != NOTE or not isinstance(owner, Variable):
        message = "only of a note that is bound by itself it can be asked of which kind it is"
        help = "write `for note n in voice` and ask of `n`, or count over notes"
        scope.fault("kinds", message, (node.left.span, name_kind(owner.kind)), help=help)
        return None
    items = node.right.items if isinstance(node.right, Several) else (node.right,)
    found = [_is_of_kind(owner, item, node.span, scope) for item in items]
    result: Typed | None = None
    for each in found:
        if each is None:
            return None
        result = each if result is None else Apply(TRUTH, "or", (result, each), node.span)
    return negation(result) if result is not None and node.operator in NEGATED else result


def _is_of_kind(note: Variable, item: Expression, span: Span, scope: Scope) -> Typed | None:
    if not isinstance(item, Name):
        scope.fault("kinds", "this is no kind of foreign note", (item.span, "here"))
        return None
    if item.text == NO_KIND:
        return Apply(TRUTH, "note.is_chord_tone", (note,), span)
    return kind_of(note, item, scope)


def kind_of(note: Variable, name: Name, scope: Scope) -> Typed | None:
    """The statement that a note is of a kind; None where there is no such kind, which is reported."""
    definitions = scope.context.definitions
    known = kinds_in(definitions)
    if name.text not in known:
        _report_unknown(name, known, scope)
        return None
    if name.text in scope.calls:
        scope.fault(
            "recursion", f"`{name.text}` is defined by itself, without end", (name.span, "again here")
        )
        return None
    definition = definitions[name.text]
    parameters = [each.text for each in definition.syntax.parameters]
    own = parameters.index(ITSELF)
    values: dict[str, Typed] = {
        parameter: note if place == own else Variable(NOTE, f"{note.name}{place - own:+d}", name.span)
        for place, parameter in enumerate(parameters)
    }
    caller = Label(name.span, "asked here", scope.source)
    body = Scope(scope.context, definition.source, values, (*scope.calls, name.text), caller)
    typed = body.typed(definition.syntax.body, TRUTH)
    if typed is None:
        return None
    if typed.kind != TRUTH:
        message = f"`{name.text}` is no kind of note: it is {name_kind(typed.kind)}"
        scope.fault("kinds", message, (name.span, "asked here"))
        return None
    return Apply(TRUTH, FITS, (typed,), name.span)


def _report_unknown(name: Name, known: tuple[str, ...], scope: Scope) -> None:
    if scope.context.lacks_packs:
        return
    message = f"there is no kind of foreign note called `{name.text}`"
    if name.text in scope.context.definitions:
        message = f"`{name.text}` is no kind of foreign note: it calls none of its notes `{ITSELF}`"
    advice = (
        scope.context.advise("function", name.text) if name.text not in scope.context.definitions else None
    )
    there_are = f"there are {listing(known)}" if known else f"the pack `{PACK}` has them: `use {PACK}`"
    help = advice or suggestion(name.text, known) or there_are
    scope.fault("unknown-kind", message, (name.span, "not known"), help=help)


def with_notes_around(
    binding: Binding, parts: Iterable[Typed | None]
) -> tuple[Binding, tuple[Typed | None, ...]]:
    """A binding of notes, widened by the notes around it that some parts speak of, and these parts."""
    said = tuple(parts)
    if binding.kind != NOTE:
        return binding, said
    names = [each.name for each in binding.variables]
    places: dict[str, int] = {}
    for part in said:
        for each in walk(part) if part is not None else ():
            found = _AROUND.fullmatch(each.name) if isinstance(each, Variable) else None
            if found is not None and found[1] in names:
                places[found[0]] = names.index(found[1]) + int(found[2])
    if not places and not any(map(_asks_kind, said)):
        return binding, said
    lead = -min((0, *places.values()))
    trail = max((0, *(place - len(names) + 1 for place in places.values())))
    around = [
        *(Variable(NOTE, f"{names[0]}{place:+d}") for place in range(-lead, 0)),
        *binding.variables,
        *(Variable(NOTE, f"{names[-1]}{place:+d}") for place in range(1, trail + 1)),
    ]
    values: dict[str, Typed] = {name: around[place + lead] for name, place in places.items()}
    widened = replace(
        binding,
        modifier="consecutive" if len(around) > 1 else binding.modifier,
        variables=tuple(around),
        tones=True,
        optional=(lead, trail),
    )
    return widened, tuple(None if part is None else substitute(part, values) for part in said)


def reach_of(part: Typed) -> int:
    """How many notes away from a note what is said of it looks at most."""
    names = (each.name for each in walk(part) if isinstance(each, Variable))
    return max((abs(int(found[2])) for name in names if (found := _AROUND.fullmatch(name))), default=0)


def _asks_kind(part: Typed | None) -> bool:
    return part is not None and any(isinstance(each, Apply) and each.operation == FITS for each in walk(part))
