"""Guards against quotation: `forbid quoting "bach-soprano" beyond 8 notes` as a rule like any other."""

from __future__ import annotations

from pathlib import Path

from rulegen.errors import ModelError
from rulegen.language import syntax
from rulegen.models.registry import kind_names
from rulegen.resources import model_names, model_path
from rulegen.style.expression import Apply, Binding, Literal, Typed, Variable
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Rule
from rulegen.style.models import ENDING
from rulegen.style.text import Text
from rulegen.style.vocabulary import NOTE, NUMBER, TRUTH, VOICE

QUOTING = "quoting"
QUOTES, QUOTED = "quotes", "quoted"  # operations: whether a run is a quotation, and the piece it is from
FEWEST, MOST = 2, 64  # notes that may be quoted
_OTHERWISE = {"require": "required", "prefer": "preferred", "apply": "applied"}


def is_quoting(target: syntax.Target) -> bool:
    """Whether a target is a guard, and no rule that a user calls so."""
    values = [argument.value for argument in target.arguments]
    return target.name.text == QUOTING and bool(values) and isinstance(values[0], syntax.Quoted)


def family_of(name: str) -> str:
    """What a use overrules in packs: rules of its name, and one guard every other."""
    return name.partition(" ")[0]


def is_guard(rule: Rule) -> bool:
    """Whether a rule is a guard against quotation."""
    return isinstance(rule.then, Apply) and rule.then.operation == QUOTES


def run_source(asked: Typed | None) -> tuple[str, str]:
    """The file of the model that a guard's expression asks of a run, and what tells its lines from others."""
    assert isinstance(asked, Apply)
    file, digest = asked.arguments[:2]
    assert isinstance(file, Literal) and isinstance(digest, Literal)
    return str(file.value), str(digest.value)


def guard_rule(target: syntax.Target, verb: syntax.Name, text: Text) -> Rule | None:
    """The rule that a guard is; None where it has a fault, which is reported."""
    named, *lengths = target.arguments
    assert isinstance(named.value, syntax.Quoted)
    name, before = named.value.value, len(text.faults)
    if verb.text in _OTHERWISE:
        message = f"quoting is forbidden or avoided, and cannot be {_OTHERWISE[verb.text]}"
        text.report("bad-quoting", message, (verb.span, "here"), help=f'write `forbid quoting "{name}" …`')
    most = _most(lengths, name, target, text)
    source = _source(name, named.span, text)
    if most is None or source is None or len(text.faults) > before:
        return None
    return _rule(name, most, source, text)


def _most(lengths: list[syntax.Argument], name: str, target: syntax.Target, text: Text) -> int | None:
    """How many notes may be quoted."""
    value = lengths[0].value if lengths else None
    if not isinstance(value, syntax.Number):
        message = "it is not said how many notes may be quoted"
        help = f'write as in `forbid quoting "{name}" beyond 8 notes`'
        text.report("bad-quoting", message, (target.span, "here"), help=help)
        return None
    if value.value.denominator != 1 or not FEWEST <= value.value <= MOST:
        message = f"what may be quoted is a whole number of notes from {FEWEST} to {MOST}"
        text.report("bad-quoting", message, (lengths[0].span, "here"))
        return None
    return int(value.value)


def _source(name: str, span: syntax.Span, text: Text) -> tuple[str, str] | None:
    """The file that holds the lines, and their digest."""
    files = _files(name, Path(text.source.name).parent)
    if not files:
        _report_unknown(name, span, text)
        return None
    from rulegen.models.quoted import quotable  # numbers and their readers, which few styles need

    errors = []
    for file in files:
        try:
            return str(file), quotable(str(file)).digest
        except ModelError as error:
            errors.append(str(error))
    text.report("bad-model", errors[0], (span, "asked for here"))
    return None


def _files(name: str, folder: Path) -> list[Path]:
    """The files that may be meant: one by its name, those of all kinds beside the style, those that ship."""
    endings = [f"{name}.{kind}{ENDING}" for kind in kind_names()]
    beside = [name] if name.endswith(ENDING) else [*endings, f"{name}{ENDING}"]
    found = [folder / each for each in beside if _is_file(folder / each)]
    shipped = [f"{name}.{kind}" for kind in kind_names()]
    return found or [model_path(each) for each in (name, *shipped) if each in model_names()]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _report_unknown(name: str, span: syntax.Span, text: Text) -> None:
    if name.endswith(ENDING):
        text.report("no-such-file", f"there is no file {name}", (span, "asked for here"))
        return
    known = list(dict.fromkeys(each.rpartition(".")[0] for each in model_names()))
    own = f"a file of yours is named with its ending, {ENDING}"
    help = suggestion(name, known) or (f"there are {listing(known)}; {own}" if known else own)
    message = f'no model called "{name}" comes with rulegen or stands beside the style'
    text.report("unknown-model", message, (span, "asked for here"), help=help)


def _rule(name: str, most: int, source: tuple[str, str], text: Text) -> Rule:
    voice = Variable(VOICE, "voice")
    notes = tuple(Variable(NOTE, f"note {place}") for place in range(1, most + 2))
    run: tuple[Typed, ...] = (
        *(Literal("text", each) for each in source),
        *(Apply(NUMBER, "note.midi", (note,)) for note in notes),
    )
    return Rule(
        name=f'quoting "{name}" beyond {most} notes',
        pack=text.title,
        sentence=f'No more than {most} notes in a row stand as in what "{name}" was learned from.',
        sources=(),
        manner="forbid",
        hard=True,
        weight=1.0,
        parameters=(),
        bindings=(Binding(VOICE, None, (voice,)), Binding(NOTE, "consecutive", notes, voice)),
        when=None,
        then=Apply(TRUTH, QUOTES, run),
        unless=None,
        say=(
            f"these are {most + 1} notes in a row of ",
            Apply(QUOTED, QUOTED, run),
            f', which "{name}" was learned from',
        ),
    )
