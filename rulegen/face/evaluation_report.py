"""What `rulegen evaluate` finds, to be read: distances, figures, and the longest copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulegen.models.compare import SAMPLES, Comparison, Copied
from rulegen.tables import counted, table

if TYPE_CHECKING:
    from rulegen.face.evaluation import Evaluation, Selection

_DISTANCES = ("total variation of", "set", "corpus itself", "at most", "times")
_FIGURES = ("figure", "unit", "set", "corpus", "corpus samples")


def report(found: Evaluation) -> str:
    """The whole report, without a line break at its end."""
    comparison = found.comparison
    pieces = f"{counted(comparison.pieces, 'piece')} against {comparison.corpus_pieces}"
    first = ", ".join([f"{pieces} of {found.corpus}", *_restrictions(found.selection)])
    lines = [first, "", *_distances(comparison), "", *_figures(comparison)]
    lines += ["", _copied(comparison.copied), _measured(comparison)]
    if comparison.missing:
        lines.append(f"not compared, since one side has none: {', '.join(comparison.missing)}")
    if found.selection.mode is not None:
        ours, theirs = found.other_mode
        lines.append(f"left out, in the other mode: {ours} of the set, {theirs} of {found.corpus}")
    return "\n".join(lines)


def _restrictions(selection: Selection) -> list[str]:
    """What of the pieces is compared."""
    said = ["all voices" if selection.part == "all" else f"part {selection.part}"]
    if selection.mode is not None:
        said.append(f"in {selection.mode}")
    return [*said, "on the beats"] if selection.beats else said


def _distances(comparison: Comparison) -> list[str]:
    rows = []
    for each in comparison.distances:
        itself = each.itself
        times = f"{each.distance / itself:.1f}" if itself else ""
        most = _number(max(each.samples, default=None))
        rows.append((each.feature, _number(each.distance), _number(itself), most, times))
    return table(_DISTANCES, rows)


def _figures(comparison: Comparison) -> list[str]:
    rows = [
        (each.name, each.unit, _number(each.ours), _number(each.corpus), _number(each.itself))
        for each in comparison.figures
    ]
    return table(_FIGURES, rows)


def _copied(copied: Copied | None) -> str:
    if copied is None:
        return "nothing is copied: no interval is shared"
    said = f"longest copy: {copied.notes} notes, by intervals, in {copied.piece} from {copied.corpus_piece}"
    if not copied.samples:
        return said
    return f"{said}; the corpus from itself {min(copied.samples)} to {max(copied.samples)}"


def _measured(comparison: Comparison) -> str:
    if not comparison.sample:
        return "the corpus has one piece, and cannot be measured against itself"
    size = counted(comparison.sample, "piece")
    return f"the corpus against itself: the mean of {SAMPLES} samples of {size} against the rest"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
