"""A grade to be read: the findings by bar, the rules that had something to say, and a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from rulegen.score.events import LEFT_OUT
from rulegen.tables import counted, table

if TYPE_CHECKING:  # which show themselves by this module
    from rulegen.grading.finding import Finding
    from rulegen.grading.grade import Grade, Tally
    from rulegen.score.timeline import Timeline

Paint = Callable[[str, str], str]  # a text and its colour, "bold" for none: the text for the screen

WIDTH = 100
_RULES = ("rule", "verb", "weight", "opportunities", "found", "exceptions")


def plain(text: str, colour: str) -> str:
    """The text without its colour."""
    return text


def report(grade: Grade, paint: Paint = plain, least: float = 0.0) -> str:
    """The whole report, without a line break at its end; of soft findings those that weigh `least` nats."""
    lines = [f'{grade.name}, in {_keys(grade.score.timeline)}, graded by "{grade.style}"']
    left_out = dict(grade.score.metadata).get(LEFT_OUT)
    if left_out is not None:
        lines.append(f"left out of the file, since it makes no sense: {left_out}")
    lines += [line for said in grade.assumed for line in wrap(said, WIDTH, subsequent_indent="  ")]
    if grade.forms_tried:
        of = f", of {grade.forms_tried} that are as long" if grade.forms_tried > 1 else ""
        lines.append(f"the score says no form: it was graded in that which fits it best{of}: {grade.form}")
    elif grade.form:
        lines.append(f"its form: {grade.form}")
    if grade.labels_inferred:
        lines.append("the score has no chord labels: they were inferred, as the style would best hear them")
    lines += _ornaments(grade)
    told = grade.told(least)
    lines += [*_by_bar(told, paint), *_in_given(grade.given, paint)]
    if len(told) < len(grade.findings):
        lines += ["", f"{counted(len(grade.findings) - len(told), 'soft finding')} not told one by one"]
    lines += _excused(grade.exceptions, paint)
    lines += [*_tallies(grade.tallies), "", _verdict(grade, paint)]
    return "\n".join(lines)


def _keys(timeline: Timeline) -> str:
    """The home key, and those that follow it."""
    later = [f"{key.name} from bar {timeline.bar_number(onset)}" for onset, key in timeline.keys[1:]]
    return ", ".join([timeline.key.name, *later])


def _ornaments(grade: Grade) -> list[str]:
    """How many notes are foreign to their chords, kind by kind, where the style lets them be."""
    kinds = Counter(each.kind for each in grade.ornaments if each.is_allowed and each.kind is not None)
    if not kinds:
        return []
    said = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(kinds.items()))
    return wrap(f"foreign to their chords: {said}", WIDTH, subsequent_indent="  ")


def _by_bar(findings: Sequence[Finding], paint: Paint) -> Iterator[str]:
    for place, here in groupby(findings, key=lambda finding: finding.place):
        yield from ("", paint(place, "bold"))
        for finding in here:
            sign = paint("broken", "red") if finding.hard else f"{finding.weight:6.2f}"
            yield f"  beat {finding.beat!s:<5} {sign}  {_said(finding)}  [{finding.rule}]"


def _in_given(findings: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """What lies wholly in what was given: no fault of the score."""
    if findings:
        yield from ("", paint("in what was given", "bold"))
    for each in findings:
        yield f"  {each.place}, beat {each.beat}: {_said(each)}  [{each.rule}]"


def _excused(exceptions: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """What would have been found but for an `unless`."""
    if exceptions:
        yield from ("", paint("excused", "bold"))
    for each in exceptions:
        yield f"  {each.place}, beat {each.beat}: {', '.join(each.notes)}  [{each.rule}]"


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


def _verdict(grade: Grade, paint: Paint) -> str:
    broken = [finding.rule for finding in grade.findings if finding.hard]
    soft = counted(len(grade.findings) - len(broken), "soft finding")
    exceptions = counted(sum(tally.exceptions for tally in grade.tallies), "exception")
    rest = f"{soft}, {grade.cost:.2f} nats together; {exceptions} used"
    if not broken:
        return f"{paint('clean', 'green')}: no hard rule is broken; {rest}"
    what = f"{counted(len(broken), 'place')} against {counted(len(set(broken)), 'hard rule')}"
    return f"{paint('not clean', 'red')}: {what}; {rest}"
