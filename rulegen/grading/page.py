"""Grades as one page of HTML that needs nothing else: a table of the class, and each score with its findings.

Findings and the notes that they speak of light each other up, by pointer and by keyboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from rulegen.grading.finding import Finding
from rulegen.grading.grade import Grade
from rulegen.resources import page_template
from rulegen.tables import counted


@dataclass(frozen=True, slots=True)
class Sheet:
    """A score that was handed in: its grade and its engraved pages, or why it could not be read. findings:
    those that are told; notes: the ids of the notes of each in the pictures.
    """

    name: str
    grade: Grade | None
    fault: str = ""
    pages: tuple[str, ...] = ()  # SVG
    findings: tuple[Finding, ...] = ()
    notes: tuple[tuple[str, ...], ...] = ()


def html(sheets: Sequence[Sheet], style: str) -> str:
    """The page of some sheets that were graded by a style of that title."""
    title = (
        f"{sheets[0].name}, graded by {style}"
        if len(sheets) == 1
        else f"{len(sheets)} scores, graded by {style}"
    )
    body = [f"<h1>{escape(title)}</h1>"]
    if len(sheets) > 1:
        body += [*_class(sheets), *_most_wrong(sheets)]
    for number, sheet in enumerate(sheets, 1):
        body += _section(sheet, number)
    return Template(page_template()).substitute(title=escape(title), body="\n".join(body))


def _class(sheets: Sequence[Sheet]) -> Iterator[str]:
    """The table of the class."""
    yield f"<table><caption>The class</caption>{_head('score', 'verdict', 'hard', 'soft', 'nats')}<tbody>"
    for number, sheet in enumerate(sheets, 1):
        link = f'<th scope="row"><a href="#s{number}">{escape(sheet.name)}</a></th>'
        if sheet.grade is None:
            yield f"<tr>{link}<td colspan=4>{escape(sheet.fault)}</td></tr>"
            continue
        hard = sum(each.hard for each in sheet.grade.findings)
        soft = len(sheet.grade.findings) - hard
        cells = (_verdict(sheet.grade), hard, soft, f"{sheet.grade.cost:.2f}")
        yield f"<tr>{link}" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table>"


def _head(*columns: str) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{each}</th>' for each in columns) + "</tr></thead>"


def _verdict(grade: Grade) -> str:
    return "clean" if grade.is_clean else '<strong class="hard">not clean</strong>'


def most_wrong(sheets: Sequence[Sheet]) -> list[tuple[str, int, int]]:
    """The hard rules that were broken, by how many scores, and at how many places; the most common first."""
    found: dict[str, list[int]] = {}
    for sheet in sheets:
        broken = [each.rule for each in sheet.grade.findings if each.hard] if sheet.grade is not None else []
        for rule in dict.fromkeys(broken):
            found.setdefault(rule, []).append(broken.count(rule))
    rows = [(rule, len(places), sum(places)) for rule, places in found.items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def _most_wrong(sheets: Sequence[Sheet]) -> Iterator[str]:
    rows = most_wrong(sheets)
    if rows:
        yield f"<table><caption>What went wrong most</caption>{_head('rule', 'scores', 'places')}<tbody>"
        for rule, scores, places in rows:
            yield f'<tr><th scope="row">{escape(_words(rule))}</th><td>{scores}</td><td>{places}</td></tr>'
        yield "</tbody></table>"


def _section(sheet: Sheet, number: int) -> Iterator[str]:
    """A score with its findings beside it."""
    yield f'<section id="s{number}"><h2>{escape(sheet.name)}</h2>'
    grade = sheet.grade
    if grade is None:
        yield f'<p class="hard">{escape(sheet.fault)}</p></section>'
        return
    hard = sum(each.hard for each in grade.findings)
    soft = len(grade.findings) - hard
    said = (
        f"{counted(hard, 'place')} against hard rules; {counted(soft, 'soft finding')}, {grade.cost:.2f} nats"
    )
    yield f"<p>{_verdict(grade)}: {said}</p>"
    for each in grade.assumed:
        yield f'<p class="assumed">{escape(each)}</p>'
    if grade.labels_inferred:
        yield '<p class="assumed">The score has no chord labels: they were inferred.</p>'
    yield '<div class="sheet"><div class="score">'
    for page in sheet.pages:
        yield _bare(page)
    yield "</div><ol>"
    for place, (finding, notes) in enumerate(zip(sheet.findings, sheet.notes, strict=True), 1):
        kind = "hard" if finding.hard else "soft"
        where = f"{finding.place}, beat {finding.beat}"
        weight = "" if finding.weight is None else f" ({finding.weight:g})"
        yield (
            f'<li><button type="button" id="s{number}f{place}" class="{kind}" aria-pressed="false" '
            f'data-notes="{escape(" ".join(notes))}"><b>{escape(where)}</b> {escape(finding.message)} '
            f"<i>{escape(_words(finding.rule))}{weight}</i></button></li>"
        )
    yield "</ol></div></section>"


def _words(rule: str) -> str:
    return rule.replace("_", " ")


def _bare(svg: str) -> str:
    """An SVG as it stands within a page."""
    return re.sub(r"^\s*(<\?xml[^>]*\?>|<!DOCTYPE[^>]*>|\s)*", "", svg)
