"""The codes of scores by the book of their style, which is made anew where they have what was not known."""

from __future__ import annotations

from dataclasses import dataclass, field

from rulegen.plan.domains import chords_in, pitches_in
from rulegen.rules.music import Codebook, Sounding, marks_read
from rulegen.score.events import Score
from rulegen.style.model import Style
from rulegen.theory.scale import Key


@dataclass(eq=False)
class ScoreReader:
    """Reads scores that are fitted to a style; those that are alike in time are bound once."""

    style: Style
    books: dict[tuple[Key, ...], Codebook] = field(default_factory=dict)

    def music_of(self, score: Score) -> Sounding:
        """The codes of a score that was fitted to the style."""
        return self._book(score).music_of(score)

    def _book(self, score: Score) -> Codebook:
        """The book of a score's keys, made anew where the score has a pitch or a chord that was not known."""
        regions = score.timeline.regions
        book = self.books.get(regions)
        sounded = {(note.voice, note.pitch) for note in score.notes if note.pitch is not None}
        heard = {event.chord for event in score.chords}
        names = [voice.name for voice in score.voices]
        if book is not None:
            voices = zip(names, book.tables.voices, strict=True)
            known = {(name, pitch) for name, voice in voices for pitch in voice.pitches if pitch is not None}
            if sounded <= known and heard <= set(book.tables.chords):
                return book
            sounded, chords = sounded | known, book.tables.chords
        else:
            chords = chords_in(self.style, regions)
            ranges = [(voice.name, pitches_in(voice, regions, chords)) for voice in self.style.voices]
            sounded |= {(name, pitch) for name, pitches in ranges for pitch in pitches}
        pitches = [sorted(pitch for owner, pitch in sounded if owner == name) for name in names]
        every = tuple(dict.fromkeys([*chords, *(event.chord for event in score.chords)]))
        book = self.books[regions] = Codebook.of(
            regions,
            pitches,
            every,
            [voice.kit is not None for voice in score.voices],
            marks_read(self.style.markings, names),
        )
        return book


_READERS: list[ScoreReader] = []  # of the styles that were graded by last


def reader_of(style: Style) -> ScoreReader:
    """The reader of a style, the same object for those that were asked for last."""
    found = next((each for each in _READERS if each.style is style), None)
    if found is None:
        found = ScoreReader(style)
        _READERS[:] = [*_READERS[-3:], found]
    return found
