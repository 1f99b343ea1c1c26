"""What learning is given, and what comes of it: the same for every kind of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rulegen.models.base import Alphabet, StorableLaw, StorableStandIn, Tokens

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Lesson:
    """Pieces to learn from, and pieces to judge by. options: of the kind, by name, all of them. checkpoint:
    where a training is kept while it goes on, and `mark` what it must agree with; `afresh`: it is left.
    """

    kind: str
    alphabet: Alphabet
    training: Sequence[Tokens]
    validation: Sequence[Tokens]
    options: Mapping[str, Any]
    seed: int
    checkpoint: Path
    mark: str
    with_chords: bool = False
    afresh: bool = False


@dataclass(frozen=True, eq=False)
class Taught:
    """A law, what stands in for it where no lattice holds it, and losses by epoch where there are any."""

    law: StorableLaw
    stand_in: StorableStandIn | None = None
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
