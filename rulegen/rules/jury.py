"""Judges many finished pieces of one frame at a time by hard rules alone: what is asked is bound once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.draft import Draft
from rulegen.rules.judge import Sounding, counted_groups, judge, window_reading
from rulegen.rules.places import Group, Instance, finding_of, instances
from rulegen.style.model import Use
from rulegen.style.vocabulary import SPANS

Bools = NDArray[np.bool_]


class Jury:
    """The hard uses of a style, bound to a frame."""

    def __init__(self, uses: Sequence[Use], draft: Draft) -> None:
        self.draft = draft
        self.uses = [use for use in uses if use.hard and draft.tables.bears(use.rule)]

    @cached_property
    def by_piece(self) -> list[Use]:
        """Uses that count, or speak of stretches: they are judged piece by piece."""
        return [
            use
            for use in self.uses
            if use.limit is not None or any(_speaks_of_stretch(each) for each in self._instances(use))
        ]

    @cached_property
    def bound(self) -> list[tuple[Instance, Group]]:
        """What is asked at the windows of all other uses."""
        return [
            (instance, group)
            for use in self.uses
            if use not in self.by_piece
            for instance in self._instances(use)
            for group in counted_groups(instance, finding_of(use), self.draft)
        ]

    def _instances(self, use: Use) -> list[Instance]:
        return instances(use, self.draft.frame)

    def broken(self, pieces: Sequence[Sounding]) -> Bools:
        """(pieces,): whether a hard rule is broken in each. All pieces are of the jury's own draft."""
        together = Sounding(self.draft, np.stack([piece.codes for piece in pieces]))
        found = np.zeros(len(pieces), dtype=bool)
        for instance, group in self.bound:
            holds = np.asarray(window_reading(instance, group, together).evaluate(group.event), dtype=bool)
            found |= np.broadcast_to(holds, (len(pieces), len(group.windows))).any(axis=1)
        for use in self.by_piece:
            found |= [bool(judge(use, piece).found) for piece in pieces]
        return found


def _speaks_of_stretch(instance: Instance) -> bool:
    return instance.binding is None or instance.binding.kind in SPANS
