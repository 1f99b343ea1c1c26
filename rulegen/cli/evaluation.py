"""What `rulegen evaluate` is asked, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulegen.models.compare import Comparison


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be compared: a corpus and a part, perhaps heard by a style, in one mode, on the beats."""

    corpus: str
    part: str
    style: str | None = None
    mode: str | None = None
    beats: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was compared, and what was left out of the set, each with the reason.

    `other_mode`: how many pieces of the set and of the corpus were left out since they are in the other mode.
    """

    comparison: Comparison
    corpus: str
    selection: Selection
    skipped: tuple[tuple[str, str], ...]
    other_mode: tuple[int, int]
