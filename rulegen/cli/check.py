"""`rulegen check`: all faults of style files and packs at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulegen.cli.faults import OF_THE_INPUT, show
from rulegen.cli.screen import counted, painted
from rulegen.cli.styles import find_style
from rulegen.errors import Diagnostic, Label, Source, StyleError

if TYPE_CHECKING:
    from rulegen.language.parser import ParseResult
    from rulegen.style.library import Pack
    from rulegen.style.model import Rule, Style

_EXAMPLE = (
    "\b\nExamples:\n  rulegen check my-style.rules\n  rulegen check styles/*.rules\n"
    "  rulegen check --cases my-pack.rules"
)


@click.command(name="check", epilog=_EXAMPLE)
@click.argument("styles", metavar="STYLE...", nargs=-1, required=True)
@click.option("--cases", is_flag=True, help="Also run the cases of the rules that stand in these files.")
def command(styles: tuple[str, ...], cases: bool) -> None:
    """Check style files and packs (or ready styles by name) and report all faults at once, each at its place.

    Whether any score can keep all that a style demands is found out by `compose` and `inspect`.
    """
    sound = [_check(name, cases) for name in styles]
    if not all(sound):
        raise SystemExit(OF_THE_INPUT)


def _check(name: str, cases: bool) -> bool:
    """Whether a file has no fault; says which it has."""
    from rulegen.language.parser import parse
    from rulegen.language.source import read_source

    try:
        path = find_style(name)
        source = read_source(path)
    except StyleError as error:
        show(error.diagnostics)
        return False
    result = parse(source)
    diagnostics, rules, summary = (_of_pack if result.file.kind == "pack" else _of_style)(result, source)
    if cases and not _errors(diagnostics):
        failing = tuple(_failing(rules, source))
        summary += f", {counted(sum(len(rule.cases) for rule in rules), 'case')}"
        diagnostics += failing
    return _told(path, diagnostics, summary)


def _told(path: Path, diagnostics: tuple[Diagnostic, ...], summary: str) -> bool:
    if diagnostics:
        show(diagnostics)
    if _errors(diagnostics):
        click.echo(f"{path}: {counted(_errors(diagnostics), 'fault')}", err=True)
        return False
    click.echo(f"{path}: {painted('no fault', fg='green')}; {summary}")
    return True


def _errors(diagnostics: Iterable[Diagnostic]) -> int:
    return sum(each.severity == "error" for each in diagnostics)


def _of_style(result: ParseResult, source: Source) -> tuple[tuple[Diagnostic, ...], list[Rule], str]:
    """The faults of a style, the rules that stand in it, and what it comes to."""
    from rulegen.style.check import check

    style, diagnostics = check(result, source)
    if style is None:
        return diagnostics, [], ""
    if style.models:
        from rulegen.plan.learned import faults_of_models

        diagnostics += faults_of_models(style)
    own = [rule for rule in style.rules if rule.place is not None and rule.place.source == source]
    return diagnostics, own, _summary(style)


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


def _failing(rules: Iterable[Rule], source: Source) -> Iterable[Diagnostic]:
    """The cases that do not come true, each at its place."""
    from rulegen.rules.cases import failure

    for rule in rules:
        for case in rule.cases:
            wrong = failure(rule, case)
            if wrong is not None:
                label = Label(case.span, f"said to be {case.verdict}", source)
                yield Diagnostic("case-fails", f"`{rule.name}`: {wrong}", (label,))
