"""Alternatives to be read: one note with all that could stand in its place, or many notes as a table."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from rulegen.grading.alternatives import Alternative, NoteExplained
from rulegen.tables import counted, table

_WIDTH = 100
_MOST_COSTS = 4


def of_note(found: NoteExplained) -> str:
    """A note: what could stand there and how likely, then what rules each other pitch out."""
    lines = [_heading(found), ""]
    chosen = found.note.pitch
    rows = [(f"{each.chance or 0.0:.3f}", _name(each, found), _costs(each)) for each in found.possible]
    if rows:
        lines += table(("chance", "pitch", "what rules take from it, nats"), rows)
    else:
        lines.append("no pitch keeps all hard rules, as all else stands")
    out = [each for each in found.alternatives if each.chance is None]
    if out:
        lines += ["", "ruled out"]
    for each in out:
        more = f" (and {counted(len(each.broken) - 1, 'more rule')})" if len(each.broken) > 1 else ""
        said = f"{each.broken[0].message} [{each.broken[0].rule}]{more}" if each.broken else ""
        mark = "*" if each.pitch == chosen else " "
        lines += wrap(
            f"{each.pitch!s:<4} {said}", _WIDTH, initial_indent=f" {mark}", subsequent_indent=" " * 7
        )
    return "\n".join(lines)


def of_notes(found: Sequence[NoteExplained]) -> str:
    """Many notes: how many pitches each could be, and how likely it is as it stands."""
    rows = [
        (
            each.bar,
            str(each.beat),
            each.note.voice,
            str(each.note.pitch),
            str(len(each.possible)),
            _chance(each),
        )
        for each in found
    ]
    lines = table(("bar", "beat", "voice", "pitch", "could be", "chance"), rows)
    alone = sum(len(each.possible) == 1 for each in found)
    wrong = sum(each.chance is None for each in found)
    lines += ["", f"{alone} of {counted(len(found), 'note')} could be no other, as all else stands"]
    if wrong:
        lines.append(f"{wrong} break a hard rule")
    return "\n".join(lines)


def as_json(found: NoteExplained) -> dict[str, Any]:
    """A note and its alternatives, of plain values alone."""
    return {
        "voice": found.note.voice,
        "bar": found.bar,
        "beat": str(found.beat),
        "onset": str(found.note.onset),
        "pitch": str(found.note.pitch),
        "chord": found.chord,
        "alternatives": [
            {
                "pitch": str(each.pitch),
                "chance": None if each.chance is None else round(each.chance, 9),
                "costs": [{"rule": rule, "nats": round(cost, 9)} for rule, cost in each.costs],
                "broken": [{"rule": fault.rule, "message": fault.message} for fault in each.broken],
            }
            for each in found.alternatives
        ],
    }


def _row(each: NoteExplained) -> tuple[str, ...]:
    pitch, could_be = str(each.note.pitch), str(len(each.possible))
    return each.bar, str(each.beat), each.note.voice, pitch, could_be, _chance(each)


def _heading(found: NoteExplained) -> str:
    over = f" over {found.chord}" if found.chord is not None else ""
    number = len(found.possible)
    several = f"{number} pitch{'es' * (number != 1)}"
    return (
        f"{found.note.voice}, bar {found.bar}, beat {found.beat}: {found.note.pitch}{over}; "
        f"as all else stands, {several} could stand there"
    )


def _name(each: Alternative, found: NoteExplained) -> str:
    return f"{each.pitch} *" if each.pitch == found.note.pitch else str(each.pitch)


def _costs(each: Alternative) -> str:
    told = ", ".join(f"{rule} {cost:.2f}" for rule, cost in each.costs[:_MOST_COSTS])
    more = len(each.costs) - _MOST_COSTS
    return f"{told}, and {more} more" if more > 0 else told


def _chance(found: NoteExplained) -> str:
    return "breaks a rule" if found.chance is None else f"{found.chance:.3f}"
