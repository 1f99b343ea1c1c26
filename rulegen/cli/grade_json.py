"""A grade for other programs. What each field means stands in docs/grade-schema.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rulegen import __version__

if TYPE_CHECKING:
    from rulegen import Finding, Grade, Ornament, Style, Tally

SCHEMA = 1  # goes up when a field changes its meaning or goes away


def as_text(grade: Grade, style: Style) -> str:
    """The grade as indented JSON."""
    found = {
        "schema": SCHEMA,
        "rulegen": __version__,
        "score": grade.name,
        "style": {"title": style.title, "file": style.name},
        "clean": grade.is_clean,
        "cost": round(grade.cost, 9),
        "form": grade.form or None,
        "forms_tried": grade.forms_tried,
        "assumed": list(grade.assumed),
        "labels_inferred": grade.labels_inferred,
        "labels": [{"onset": str(event.onset), "label": event.chord.label} for event in grade.score.chords],
        "ornaments": [_ornament(each, grade) for each in grade.ornaments],
        "findings": [_finding(each) for each in grade.findings],
        "given": [_finding(each) for each in grade.given],
        "exceptions": [_finding(each) for each in grade.exceptions],
        "rules": [_tally(each) for each in grade.tallies],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "verb": finding.verb,
        "hard": finding.hard,
        "weight": finding.weight,
        "bar": finding.bar,
        "printed": finding.printed or str(finding.bar),
        "beat": str(finding.beat),
        "onset": str(finding.onset),
        "voices": list(finding.voices),
        "notes": list(finding.notes),
        "kinds": list(finding.kinds),
        "message": finding.message,
    }


def _ornament(ornament: Ornament, grade: Grade) -> dict[str, Any]:
    clock = grade.score.timeline
    return {
        "kind": ornament.kind,
        "allowed": ornament.is_allowed,
        "bar": clock.bar_number(ornament.onset),
        "beat": str(clock.beat(ornament.onset)),
        "onset": str(ornament.onset),
        "end": str(ornament.end),
        "voice": ornament.voice,
        "note": str(ornament.pitch),
        "chord": ornament.chord.label,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "rule": tally.rule,
        "verb": tally.verb,
        "hard": tally.hard,
        "weight": tally.weight,
        "opportunities": tally.opportunities,
        "found": tally.found,
        "exceptions": tally.exceptions,
    }
