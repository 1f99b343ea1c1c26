"""Marks that notes bear: how a finished score says them, and how they are written into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from rulegen.score.events import Note, Score

Words = Mapping[tuple[str, Fraction], str]  # (voice, onset) → the word of the note that begins there


@dataclass(frozen=True)
class Mark:
    """read: the word of a note of a score. write: the score with the words of its notes, of the voices that
    share them.
    """

    read: Callable[[Score, Note], str]
    write: Callable[[Score, tuple[str, ...], Words], Score]


MARKS: Mapping[str, Mark] = MappingProxyType({})
"""The name of the facet → how it is read and written."""
