"""How often uses find something in phrases of one frame: breaches of what is required, occurrences else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.run import places_of
from rulegen.rules.draft import Draft
from rulegen.rules.music import Sounding
from rulegen.rules.places import event_of, row_binding
from rulegen.style.expression import Apply, walk
from rulegen.style.model import Use

Counts = NDArray[np.int64]

_WHOLE = ("piece", "section")


def counted(uses: Sequence[Use], draft: Draft, phrases: Sequence[Sounding]) -> Counts:
    """(phrases, uses): how many places of each use each phrase has. All are of the one draft."""
    together = Sounding(draft, np.stack([phrase.codes for phrase in phrases]))
    found = np.zeros((len(phrases), len(uses)), dtype=np.int64)
    for column, use in enumerate(uses):
        found[:, column] = places_of(use, event_of(use), together)
    return found


def reaches_further(use: Use) -> bool:
    """Whether a use speaks of more than a phrase: of the piece, of sections, or of bars or phrases by their
    number.
    """
    binding = row_binding(use.rule)
    if binding is None or binding.kind in _WHOLE or (use.limit is not None and use.per in _WHOLE):
        return True
    if any(narrow.kind in ("sections", "phrases", "bars") for narrow in use.narrowings):
        return True
    parts = (part for part in (use.rule.when, use.rule.then, use.rule.unless) if part is not None)
    asked = (each for part in parts for each in walk(part))
    return any(isinstance(each, Apply) and _is_of_bars(each.operation) for each in asked)


def _is_of_bars(operation: str) -> bool:
    return operation.endswith(".bar") or operation == "bar.number"
