"""How often uses find something in phrases of one frame: breaches of what is required, occurrences else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.draft import Draft
from rulegen.rules.judge import Sounding, counted_groups, judge, window_reading
from rulegen.rules.places import event_of, instances, row_binding
from rulegen.style.expression import Apply, walk
from rulegen.style.model import Use
from rulegen.style.vocabulary import SPANS

Counts = NDArray[np.int64]

_WHOLE = ("piece", "section")


def counted(uses: Sequence[Use], draft: Draft, phrases: Sequence[Sounding]) -> Counts:
    """(phrases, uses): how many places of each use each phrase has. All are of the one draft."""
    together = Sounding(draft, np.stack([phrase.codes for phrase in phrases]))
    found = np.zeros((len(phrases), len(uses)), dtype=np.int64)
    for column, use in enumerate(uses):
        binding = row_binding(use.rule)
        if not draft.tables.bears(use.rule):
            continue
        if use.limit is not None or binding is None or binding.kind in SPANS:
            as_event = replace(use, verb="avoid") if use.verb == "prefer" else use
            found[:, column] = [len(judge(as_event, phrase).found) for phrase in phrases]
        else:
            found[:, column] = _places(use, together, len(phrases))
    return found


def _places(use: Use, together: Sounding, phrases: int) -> Counts:
    """(phrases,): how many windows of each phrase are places of a use."""
    found = np.zeros(phrases, dtype=np.int64)
    for instance in instances(use, together.draft.frame):
        for group in counted_groups(instance, event_of(use), together.draft):
            holds = np.asarray(window_reading(instance, group, together).evaluate(group.event), dtype=bool)
            found += np.broadcast_to(holds, (phrases, len(group.windows))).sum(axis=1)
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
