"""Marks that notes bear: how a finished score says them, and how they are written into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from rulegen.score.events import Dynamic, Hairpin, Note, Score

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
    """The level that was written last."""
    written = score.dynamic_at(note.voice, note.onset)
    return UNWRITTEN if written is None else written.level


def _with_dynamics(score: Score, voices: tuple[str, ...], words: Words) -> Score:
    """A dynamic wherever the level changes, and where a statement of a section begins."""
    levels = sorted((onset, word) for (_, onset), word in words.items())
    found: list[tuple[Fraction, str]] = []
    for onset, level in levels:
        begins = found and any(found[-1][0] < each.onset <= onset for each in score.timeline.sections)
        if not found or begins or found[-1][1] != level:
            found.append((onset, level))
    dynamics = [Dynamic(onset, level, voice) for onset, level in found for voice in _owners(score, voices)]
    return replace(score, dynamics=(*score.dynamics, *dynamics))


def _owners(score: Score, voices: tuple[str, ...]) -> tuple[str | None, ...]:
    """Whom a mark is written for: each voice, or all with one."""
    return (None,) if set(voices) == {voice.name for voice in score.voices} else voices


def _hairpin(score: Score, note: Note) -> str:
    under = (
        each.kind
        for each in score.hairpins
        if each.voice in (None, note.voice) and each.onset <= note.onset < each.end
    )
    return next(under, NONE)


def _with_hairpins(score: Score, voices: tuple[str, ...], words: Words) -> Score:
    """A hairpin over notes that follow one another, as far as the next dynamic or the end."""
    stops = {each.onset for each in score.dynamics}
    found: list[tuple[Fraction, Fraction, str]] = []
    for onset, word in sorted({(onset, word) for (_, onset), word in words.items()}):
        if found and found[-1][1] == score.end and (onset in stops or word != found[-1][2]):
            found[-1] = (found[-1][0], onset, found[-1][2])
        if word != NONE and not (found and found[-1][1] == score.end):
            found.append((onset, score.end, word))
    hairpins = [Hairpin(*each, voice) for each in found for voice in _owners(score, voices)]
    return replace(score, hairpins=(*score.hairpins, *hairpins))


MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "articulation": Mark(_articulation, _articulated),
        "dynamic": Mark(_dynamic, _with_dynamics),
        "hairpin": Mark(_hairpin, _with_hairpins),
    }
)
"""The name of the facet → how it is read and written."""
