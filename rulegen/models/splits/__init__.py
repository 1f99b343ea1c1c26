"""Which pieces are trained on, which judge the training, and which it is measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rulegen.errors import ModelError
from rulegen.models.corpus import tune_groups

TRAINING, VALIDATION, TEST = "train", "valid", "test"
_SHARE = 0.1  # of the pieces that judge, and as many that measure
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Split:
    """The part of each piece by its name; `new`: those measured on whose tune is none trained on."""

    part: Mapping[str, str]
    new: frozenset[str]

    def of(self, part: str, names: Sequence[str]) -> list[int]:
        """The places of the names that belong to a part."""
        return [place for place, name in enumerate(names) if self.part.get(name) == part]


def split_names() -> tuple[str, ...]:
    """The splits that are laid down."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.txt")))


def laid_down(name: str) -> Split:
    """A split that is kept in a file beside this one; pieces that it does not name take no part."""
    if name not in split_names():
        raise ModelError(f"there is no split {name}: there are tunes, {', '.join(split_names())}")
    part, new = {}, set()
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        where, piece, *marks = line.split()
        part[piece] = where
        if marks:
            new.add(piece)
    return Split(part, frozenset(new))


def by_tunes(names: Sequence[str], tunes: Sequence[Sequence[int]], seed: int) -> Split:
    """A tenth of the pieces judges and a tenth measures, at random; settings of one tune stay together.

    Raises ModelError where there are fewer than three different tunes.
    """
    groups: dict[int, list[str]] = {}
    for name, group in zip(names, tune_groups(tunes), strict=True):
        groups.setdefault(group, []).append(name)
    if len(groups) < 3:
        found = "one tune" if len(groups) == 1 else f"{len(groups)} different tunes"
        raise ModelError(
            f"the corpus has {found}, and three are the least: to learn from, to judge by and to measure with"
        )
    order = sorted(groups.values(), key=len)
    shuffled = [order[place] for place in np.random.default_rng(seed).permutation(len(order)).tolist()]
    largest = max(shuffled, key=len)
    rest = [group for group in shuffled if group is not largest]  # the largest group is always learned from
    part: dict[str, str] = {name: TRAINING for name in largest}
    wanted = max(1, round(_SHARE * len(names)))
    counts = {TEST: 0, VALIDATION: 0}
    for place, own in enumerate(rest):
        where = next((each for each in counts if counts[each] < wanted), TRAINING)
        if place == len(rest) - 1 and not counts[VALIDATION]:
            where = VALIDATION
        if where != TRAINING:
            counts[where] += len(own)
        part |= {name: where for name in own}
    return Split(part, frozenset(name for name, where in part.items() if where == TEST))
