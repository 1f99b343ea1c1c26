"""A grade to be read: a verdict, the findings by bar, and the rules that had something to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from rulegen.cli.screen import counted, painted
from rulegen.cli.tables import table
from rulegen.grade import Finding, Grade, Tally
from rulegen.style.model import Style

WIDTH = 100
_RULES = ("rule", "verb", "weight", "opportunities", "found", "exceptions")


def report(grade: Grade, style: Style, name: str) -> str:
    """The whole report, without a line break at its end."""
    lines = [f'{name}, in {grade.score.key.name}, graded by "{style.title}"']
    if grade.labels_inferred:
        lines.append("the score has no chord labels: they were inferred, as the style would best hear them")
    lines += [*_by_bar(grade.findings), *_excused(grade.exceptions)]
    lines += [*_tallies(grade.tallies), "", _verdict(grade)]
    return "\n".join(lines)


def _by_bar(findings: Sequence[Finding]) -> Iterator[str]:
    for bar, here in groupby(findings, key=lambda finding: finding.bar):
        yield from ("", painted("pickup" if bar == 0 else f"bar {bar}", bold=True))
        for finding in here:
            sign = painted("broken", fg="red", bold=True) if finding.hard else f"{finding.weight:6.2f}"
            yield f"  beat {finding.beat!s:<5} {sign}  {_said(finding)}  [{finding.rule}]"


def _excused(exceptions: Sequence[Finding]) -> Iterator[str]:
    """What would have been found but for an `unless`."""
    if exceptions:
        yield from ("", painted("excused", bold=True))
    for each in exceptions:
        bar = "pickup" if each.bar == 0 else f"bar {each.bar}"
        yield f"  {bar}, beat {each.beat}: {', '.join(each.notes)}  [{each.rule}]"


def _said(finding: Finding) -> str:
    """The message, with the voice before it where it does not name it."""
    if len(finding.voices) == 1 and finding.voices[0] not in finding.message:
        return f"{finding.voices[0]}: {finding.message}"
    return finding.message


def _tallies(tallies: Sequence[Tally]) -> list[str]:
    rows = [_row(each) for each in tallies if each.found or each.exceptions]
    silent = [f"{each.verb} {each.rule}" for each in tallies if each.opportunities == 0]
    said = f"{counted(len(tallies), 'use')} of rules"
    said += f"; {len(silent)} of them met nothing that they speak of"
    said += f": {', '.join(silent)}" if silent else ""
    lines = wrap(said, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return ["", *(table(_RULES, rows) if rows else ()), *([""] if rows else ()), *lines]


def _row(tally: Tally) -> tuple[str, ...]:
    weight = "hard" if tally.weight is None else f"{tally.weight:g}"
    return tally.rule, tally.verb, weight, str(tally.opportunities), str(tally.found), str(tally.exceptions)


def _verdict(grade: Grade) -> str:
    broken = [finding.rule for finding in grade.findings if finding.hard]
    soft = counted(len(grade.findings) - len(broken), "soft finding")
    exceptions = counted(sum(tally.exceptions for tally in grade.tallies), "exception")
    rest = f"{soft}, {grade.cost:.2f} nats together; {exceptions} used"
    if not broken:
        return f"{painted('clean', fg='green', bold=True)}: no hard rule is broken; {rest}"
    what = f"{counted(len(broken), 'place')} against {counted(len(set(broken)), 'hard rule')}"
    return f"{painted('not clean', fg='red', bold=True)}: {what}; {rest}"
