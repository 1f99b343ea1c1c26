"""Packs: files of rules that styles use, of the library or beside the style, each checked once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rulegen.errors import Diagnostic, Source, Span, StyleError
from rulegen.language import syntax
from rulegen.language.archive import parse_kept
from rulegen.language.parser import parse
from rulegen.language.source import read_source
from rulegen.resources import library_names, library_path
from rulegen.style.cases import check_cases
from rulegen.style.definitions import check_definitions
from rulegen.style.faults import Faults, suggestion
from rulegen.style.model import Rule, Use
from rulegen.style.rules import read_definitions, read_rules
from rulegen.style.scope import Definition
from rulegen.style.text import Text
from rulegen.style.uses import UseScope, read_uses

ENDING = ".rules"
DEEPEST = 40  # packs that are being read, each for the one before it


@dataclass(frozen=True, slots=True)
class Pack:
    """A checked pack: what it defines, what it builds on, what it applies, and its faults."""

    name: str
    title: str
    source: Source
    rules: Mapping[str, Rule | None]  # its own; None: faulty
    definitions: Mapping[str, Definition]  # its own
    packs: tuple[Pack, ...]  # those that it uses
    uses: tuple[Use, ...] = ()  # what it applies, what it uses being overruled where it speaks itself
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def family(self) -> tuple[Pack, ...]:
        """The pack and all that it builds on, each once, those it builds on first."""
        return families((self,))


def families(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """The packs and all they build on, each once, what a pack builds on before it."""
    found: dict[int, Pack] = {}
    for pack in packs:
        if id(pack) not in found:
            _add_family(pack, found)
    return tuple(found.values())


def _add_family(pack: Pack, found: dict[int, Pack]) -> None:
    for each in pack.packs:
        if id(each) not in found:
            _add_family(each, found)
    found[id(pack)] = pack


@dataclass(slots=True)
class Shelf:
    """The packs that were read already, by their resolved path."""

    packs: dict[Path, Pack | None] = field(default_factory=dict)  # None: being read


_LIBRARY = Shelf()  # packs of the library do not change while the process runs


def load_pack(name: str) -> Pack:
    """A pack of the library by name; raises StyleError with all its faults, and for an unknown name."""
    if name not in library_names():
        help = suggestion(name, library_names())
        raise StyleError((Diagnostic("unknown-pack", f"the library has no pack called `{name}`", help=help),))
    pack = _read(library_path(name), name, _LIBRARY)
    faults = tuple(fault for each in pack.family for fault in each.diagnostics)
    if faults:
        raise StyleError(faults)
    return pack


def read_imports(
    text: Text, statements: Iterable[syntax.Statement], shelf: Shelf | None = None
) -> tuple[Pack, ...]:
    """The packs that a file uses, in its order; those that cannot be had are reported."""
    shelf = Shelf() if shelf is None else shelf
    found: dict[int, Pack] = {}
    for statement in statements:
        if isinstance(statement, syntax.Import):
            pack = _import(statement, text, shelf)
            if pack is None:
                text.lacks_packs = True
            else:
                found[id(pack)] = pack
    return tuple(found.values())


def _import(statement: syntax.Import, text: Text, shelf: Shelf) -> Pack | None:
    what = statement.what
    if isinstance(what, syntax.Name):
        return _named(what, text)
    if not what.value.endswith(ENDING):
        message = f'"{what.value}" is no file of rules: their names end in {ENDING}'
        text.report(
            "not-rules", message, (what.span, "here"), help="a pack of the library is named without quotes"
        )
        return None
    try:
        path = Path(text.source.name).parent / what.value
        if shelf.packs.get(path.resolve(), ...) is None:
            text.report("circle", f'"{what.value}" uses itself, by way of this line', (what.span, "here"))
            return None
        if sum(pack is None for pack in shelf.packs.values()) > DEEPEST:
            message = f"packs use packs that use packs, {DEEPEST} and more"
            help = "use them side by side, in the style or in one pack"
            text.report("too-deep", message, (what.span, "here"), help=help)
            return None
        return _read(path, path.stem, shelf)
    except StyleError as error:
        for each in error.diagnostics:
            text.report(each.code, each.message, (what.span, "used here"), help=each.help)
    except (OSError, ValueError) as error:
        text.report("unreadable-file", f'"{what.value}" cannot be read: {error}', (what.span, "used here"))
    return None


def _named(what: syntax.Name, text: Text) -> Pack | None:
    names = library_names()
    if what.text not in names:
        help = suggestion(what.text, names) or f"there are {', '.join(names)}" if names else None
        message = f"the library has no pack called `{what.text}`"
        text.report("unknown-pack", message, (what.span, "not in the library"), help=help)
        return None
    path = library_path(what.text)
    if _LIBRARY.packs.get(path.resolve(), ...) is None:
        text.report("circle", f"`{what.text}` uses itself, by way of this line", (what.span, "here"))
        return None
    return _read(path, what.text, _LIBRARY)


def _read(path: Path, name: str, shelf: Shelf) -> Pack:
    """The pack of a file, read and checked if it is not yet; StyleError where there is no such file."""
    key = path.resolve()
    known = shelf.packs.get(key)
    if known is not None:
        return known
    shelf.packs[key] = None
    try:
        pack = _check(read_source(path), name, shelf)
    except BaseException:
        del shelf.packs[key]
        raise
    shelf.packs[key] = pack
    return pack


def check_pack(source: Source) -> Pack:
    """The pack that a text says, read by itself, with its faults; those of the packs it uses are in these."""
    return _check(source, Path(source.name).stem, Shelf())


def _check(source: Source, name: str, shelf: Shelf) -> Pack:
    result = parse_kept(source, name) if shelf is _LIBRARY else parse(source)
    file = result.file
    faults = Faults(list(result.diagnostics))
    title = file.title.value if file.title else name
    text = Text(source, title, faults, is_pack=True, is_damaged=result.is_damaged, advise=pack_that_has)
    _check_kind(text, file)
    packs = read_imports(text, file.statements, shelf)
    own = read_definitions(text, file.statements)
    text.definitions = visible_definitions(packs, own)
    rules = read_rules(text, file.statements)
    check_definitions(text, own.values())
    if shelf is not _LIBRARY:  # whose cases are run when it is tested
        check_cases(text, file.statements)
    frame = UseScope(text, visible_rules(text, packs, rules), applied(packs), pack=name)
    uses = read_uses(file.statements, frame)
    return Pack(name, title, source, rules, own, packs, uses, tuple(faults.found))


def _check_kind(text: Text, file: syntax.File) -> None:
    if file.kind == "style":
        span = file.title.span if file.title else Span(0, 0)
        text.report("not-a-pack", "a style cannot be used: only packs can", (span, 'write `pack "…"`'))
    for statement in file.statements:
        if isinstance(statement, (syntax.Setting, syntax.BlockStatement, syntax.GivenStatement)):
            word = "given" if isinstance(statement, syntax.GivenStatement) else statement.keyword.text
            message = f"`{word}` belongs into a style: a pack holds rules, definitions and uses"
            text.report("not-in-a-pack", message, (statement.span, "here"))


def pack_that_has(kind: str, name: str) -> str | None:
    """Where the library has a rule or a function of this name, as advice; None where it has none."""
    for pack in _shelved():
        if name in (pack.rules if kind == "rule" else pack.definitions):
            return f"it is in the pack `{pack.name}`: `use {pack.name}`"
    return None


def _shelved() -> Iterator[Pack]:
    """The packs of the library, but for one that is just being read."""
    for name in library_names():
        path = library_path(name)
        if _LIBRARY.packs.get(path.resolve(), ...) is not None:
            yield _read(path, name, _LIBRARY)


def visible_definitions(packs: Iterable[Pack], own: Mapping[str, Definition]) -> dict[str, Definition]:
    """The user functions that a file can call: its own hide those of the packs it uses."""
    found: dict[str, Definition] = {}
    for pack in families(packs):
        found.update(pack.definitions)
    return {**found, **own}


def visible_rules(
    text: Text, packs: Iterable[Pack], own: Mapping[str, Rule | None]
) -> dict[str, Rule | None]:
    """The rules that a file can use: its own hide those of packs; one name in two packs is reported."""
    found: dict[str, Rule | None] = {}
    home: dict[str, Pack] = {}
    for pack in families(packs):
        for name, rule in pack.rules.items():
            if name in home and name not in own:
                message = f"`{home[name].name}` and `{pack.name}` both have a rule called `{name}`"
                text.report(
                    "two-rules",
                    message,
                    (_use_of(text, pack), "used here"),
                    help="define it here to say which holds",
                )
            found[name], home[name] = rule, pack
    return {**found, **own}


def _use_of(text: Text, pack: Pack) -> Span:
    """Where a file uses a pack, or its beginning where another pack does."""
    quoted = text.source.text.find(pack.name)
    return Span(max(quoted, 0), max(quoted, 0) + len(pack.name) if quoted >= 0 else 0)


def applied(packs: Iterable[Pack]) -> tuple[Use, ...]:
    """What packs apply together; one pack that is reached by two ways applies once."""
    seen: dict[object, Use] = {}
    for pack in packs:
        for use in pack.uses:
            key = (use.pack, use.place and (use.place.source.name, use.place.span), use.rule.name)
            seen.setdefault(key, use)
    return tuple(seen.values())
