"""All faults of a style file or a pack, and what it comes to where it has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import Diagnostic, Label, Source, StyleError
from rulegen.face.passed import has_passed, place_of, remember_passed
from rulegen.face.sources import find_style
from rulegen.language.parser import ParseResult, parse
from rulegen.language.source import read_source
from rulegen.style.expression import Aggregated, walk
from rulegen.style.vocabulary import ROWS
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.style.library import Pack
    from rulegen.style.model import Rule, Style


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file is found to be: its faults and warnings, and what it comes to, in a few words."""

    path: Path
    diagnostics: tuple[Diagnostic, ...]
    summary: str = ""
    was_read: bool = True

    @property
    def faults(self) -> int:
        """How many faults it has; warnings are none."""
        return sum(each.severity == "error" for each in self.diagnostics)


def check(name: str, cases: bool = False) -> Checked:
    """Checks a style or a pack, a file or by its name; `cases` runs those of the rules that stand in it."""
    path = Path(name)
    try:
        path = find_style(name)
        source = read_source(path)
    except StyleError as error:
        return Checked(path, error.diagnostics, was_read=False)
    result = parse(source)
    found, rules, summary = (_of_pack if result.file.kind == "pack" else _of_style)(result, source)
    if cases and not any(each.severity == "error" for each in found):
        found += tuple(_failing(rules, source))
        summary += f", {counted(sum(len(rule.cases) for rule in rules), 'case')}"
    return Checked(path, found, summary)


def _of_style(result: ParseResult, source: Source) -> tuple[tuple[Diagnostic, ...], list[Rule], str]:
    """The faults of a style, the rules that stand in it, and what it comes to."""
    from rulegen.style.check import check

    style, diagnostics = check(result, source)
    if style is None:
        return diagnostics, [], ""
    place = place_of(style)
    if not has_passed(place):
        hindering = _hindering(style, source)
        diagnostics += hindering
        if not hindering:
            remember_passed(place)
    own = [rule for rule in style.rules if rule.place is not None and rule.place.source == source]
    return diagnostics, own, _summary(style)


def _hindering(style: Style, source: Source) -> tuple[Diagnostic, ...]:
    """What hinders a style from being laid out in time, or composed with."""
    from rulegen.plan.rows import faults_of_layout

    diagnostics = faults_of_layout(style)
    if style.models:
        from rulegen.plan.learned import faults_of_models

        diagnostics += faults_of_models(style)
    if _may_pass_composing(style, source):
        from rulegen.lattice.store import users_cache
        from rulegen.plan.composable import uncomposable

        diagnostics += uncomposable(style, users_cache())
    return diagnostics


def _may_pass_composing(style: Style, source: Source) -> bool:
    """Whether a rule might ask for what cannot be composed with: one of the file itself that looks far, any
    where a section is stated again, a rhythm is sampled or voices are many.
    """
    from rulegen.style.narrowings import CROWD

    own = (use.rule for use in style.uses if use.rule.place is not None and use.rule.place.source == source)
    is_sampled = any(voice.is_drawn for voice in style.voices)
    states_again = len(set(style.form.order)) < len(style.form.order)
    return any(map(_looks_far, own)) or is_sampled or states_again or len(style.voices) > CROWD


def _looks_far(rule: Rule) -> bool:
    """Whether it speaks of more than three elements at a time, of a stretch, or of aggregates."""
    parts = [part for part in (rule.when, rule.then, rule.unless) if part is not None]
    size = max((len(each.variables) for each in rule.bindings if each.kind != "voice"), default=0)
    is_near = 1 <= size <= 3 and all(each.kind in (*ROWS, "voice") for each in rule.bindings)
    return not is_near or any(isinstance(each, Aggregated) for part in parts for each in walk(part))


def _of_pack(result: ParseResult, source: Source) -> tuple[tuple[Diagnostic, ...], list[Rule], str]:
    """The same of a pack."""
    from rulegen.style.library import check_pack

    pack = check_pack(source)
    diagnostics = tuple(fault for each in reversed(pack.family) for fault in each.diagnostics)
    own = [rule for rule in pack.rules.values() if rule is not None]
    return diagnostics, own, _summary_of_pack(pack)


def _summary(style: Style) -> str:
    hard = sum(use.hard for use in style.uses)
    rules = f"{counted(hard, 'hard rule')}, {counted(len(style.uses) - hard, 'soft rule')}"
    return f'"{style.title}", {counted(len(style.voices), "voice")}, {rules}'


def _summary_of_pack(pack: Pack) -> str:
    own = [use for use in pack.uses if use.pack == pack.name]
    return f'"{pack.title}", a pack, {counted(len(pack.rules), "rule")}, {counted(len(own), "use")}'


def _failing(rules: Iterable[Rule], source: Source) -> Iterator[Diagnostic]:
    """The cases that do not come true, each at its place."""
    from rulegen.folds.cases import failure

    for rule in rules:
        for case in rule.cases:
            wrong = failure(rule, case)
            if wrong is not None:
                label = Label(case.span, f"said to be {case.verdict}", source)
                yield Diagnostic("case-fails", f"`{rule.name}`: {wrong}", (label,))
