"""Marks that notes bear: how a finished score says them, and how they are written into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from types import MappingProxyType

from rulegen.score.events import DYNAMICS, Dynamic, Note, Score

NONE = "none"
LEGATO = "legato"  # a slur binds the note to the next of its voice
UNWRITTEN = "mf"  # how loud it is before the first dynamic
Words = Mapping[tuple[str, Fraction], str]  # (voice, onset) → the word of the note that begins there


@dataclass(frozen=True)
class Mark:
    """read: the word of a note of a score. write: the score with the words of its notes, of the voices that
    share them.
    """

    read: Callable[[Score, Note], str]
    write: Callable[[Score, tuple[str, ...], Words], Score]


def _articulation(_: Score, note: Note) -> str:
    """Of several, the first; a slur to the next note where there is nothing else."""
    return (*note.articulations, LEGATO if note.slurred else NONE)[0]


def _articulated(score: Score, _: tuple[str, ...], words: Words) -> Score:
    notes = (
        note if word is None else replace(note, slurred=word == LEGATO, articulations=_marks(word))
        for note in score.notes
        for word in [words.get((note.voice, note.onset))]
    )
    return replace(score, notes=tuple(notes))


def _marks(word: str) -> tuple[str, ...]:
    return () if word in (NONE, LEGATO) else (word,)


def _dynamic(score: Score, note: Note) -> str:
    """The level at which it begins, under a hairpin the one that was passed last."""
    level = score.level_at(note.voice, note.onset)
    return UNWRITTEN if level is None else DYNAMICS[floor(level)]


def _with_dynamics(score: Score, voices: tuple[str, ...], words: Words) -> Score:
    """A dynamic wherever the level changes, and where a statement of a section begins."""
    levels = sorted((onset, word) for (_, onset), word in words.items())
    found: list[tuple[Fraction, str]] = []
    for onset, level in levels:
        begins = found and any(found[-1][0] < each.onset <= onset for each in score.timeline.sections)
        if not found or begins or found[-1][1] != level:
            found.append((onset, level))
    owners = [None] if set(voices) == {voice.name for voice in score.voices} else voices
    dynamics = [Dynamic(onset, level, voice) for onset, level in found for voice in owners]
    return replace(score, dynamics=(*score.dynamics, *dynamics))


MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "articulation": Mark(_articulation, _articulated),
        "dynamic": Mark(_dynamic, _with_dynamics),
    }
)
"""The name of the facet → how it is read and written."""
