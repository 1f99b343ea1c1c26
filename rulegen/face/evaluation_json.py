"""What `rulegen evaluate` finds, for other programs; docs/evaluate-schema.md says what each field means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rulegen import __version__
from rulegen.models.compare import SAMPLES, SEED, Copied, Distance, Statistic

if TYPE_CHECKING:
    from rulegen.face.evaluation import Evaluation

SCHEMA = 1  # goes up when a field changes its meaning or goes away
_DIGITS = 9


def as_text(found: Evaluation) -> str:
    """The comparison as indented JSON."""
    comparison, copied = found.comparison, found.comparison.copied
    plain = {
        "schema": SCHEMA,
        "rulegen": __version__,
        "corpus": {"name": found.corpus, "pieces": comparison.corpus_pieces},
        "part": found.selection.part,
        "mode": found.selection.mode,
        "beats": found.selection.beats,
        "other_mode": {"set": found.other_mode[0], "corpus": found.other_mode[1]},
        "pieces": comparison.pieces,
        "skipped": [{"score": score, "why": why} for score, why in found.skipped],
        "samples": {"count": SAMPLES if comparison.sample else 0, "pieces": comparison.sample, "seed": SEED},
        "distances": [_distance(each) for each in comparison.distances],
        "not_compared": list(comparison.missing),
        "figures": [_figure(each) for each in comparison.figures],
        "longest_copy": None if copied is None else _copied(copied),
    }
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _distance(each: Distance) -> dict[str, Any]:
    return {
        "feature": each.feature,
        "total_variation": round(each.distance, _DIGITS),
        "corpus_itself": _rounded(each.itself),
        "samples": [round(value, _DIGITS) for value in each.samples],
        "counted": {"set": each.counted[0], "corpus": each.counted[1]},
        "histogram": [
            {"symbol": bar.symbol, "set": round(bar.ours, _DIGITS), "corpus": round(bar.corpus, _DIGITS)}
            for bar in each.bars
        ],
    }


def _figure(each: Statistic) -> dict[str, Any]:
    return {
        "name": each.name,
        "unit": each.unit,
        "set": round(each.ours, _DIGITS),
        "corpus": round(each.corpus, _DIGITS),
        "corpus_samples": _rounded(each.itself),
    }


def _copied(copied: Copied) -> dict[str, Any]:
    return {
        "notes": copied.notes,
        "score": copied.piece,
        "corpus_piece": copied.corpus_piece,
        "samples": list(copied.samples),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
