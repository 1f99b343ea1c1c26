"""Marks that notes bear: how a finished score says them, and how they are written into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from rulegen.score.events import Note, Score

NONE = "none"
Words = Mapping[tuple[str, Fraction], str]  # (voice, onset) → the word of the note that begins there


@dataclass(frozen=True)
class Mark:
    """read: the word of a note of a score. write: the score with the words of its notes, of the voices that
    share them.
    """

    read: Callable[[Score, Note], str]
    write: Callable[[Score, tuple[str, ...], Words], Score]


def _articulation(_: Score, note: Note) -> str:
    """Of several, the first."""
    return note.articulations[0] if note.articulations else NONE


def _articulated(score: Score, _: tuple[str, ...], words: Words) -> Score:
    notes = (
        replace(note, articulations=() if word == NONE else (word,)) if word is not None else note
        for note in score.notes
        for word in [words.get((note.voice, note.onset))]
    )
    return replace(score, notes=tuple(notes))


MARKS: Mapping[str, Mark] = MappingProxyType({"articulation": Mark(_articulation, _articulated)})
"""The name of the facet → how it is read and written."""
