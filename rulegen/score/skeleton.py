"""The skeleton of an embellished score, as its metadata keeps it: `skeleton alto` · `G4:1/4 E4 D4:1/2`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction

from rulegen.score.events import Note, Score
from rulegen.score.notation import parse_line
from rulegen.score.tokens import REST

ENTRY = "skeleton "  # what the entries of the metadata begin with


def entries(skeleton: Score, voices: Collection[str]) -> Iterator[tuple[str, str]]:
    """The entries of the metadata that keep these voices of a skeleton."""
    for voice in voices:
        words, length = list[str](), Fraction(0)
        for note in skeleton.notes_of(voice):
            name = REST if note.pitch is None else note.pitch.name
            words.append(name if note.duration == length else f"{name}:{note.duration}")
            length = note.duration
        yield ENTRY + voice, " ".join(words)


def skeleton_of(score: Score) -> Score | None:
    """The score with the notes of its skeleton; None where its metadata keeps none that fits it."""
    kept = {name.removeprefix(ENTRY): text for name, text in score.metadata if name.startswith(ENTRY)}
    lines = {voice.name: kept[voice.name] for voice in score.voices if voice.name in kept}
    if not lines:
        return None
    notes = [note for note in score.notes if note.voice not in lines]
    for voice, text in lines.items():
        try:
            read = parse_line(text)
        except ValueError:
            return None
        now = Fraction(0)
        for pitch, duration in read:
            notes.append(Note(voice, now, duration, pitch))
            now += duration
        if now != score.end:
            return None
    return replace(score, notes=tuple(notes))
