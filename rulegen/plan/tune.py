"""A tune that is given: its notes on the beats, which are harmonised, and the ornaments between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from rulegen.score.events import Note, Score
from rulegen.score.timeline import Event, Timeline
from rulegen.theory.pitch import Pitch


@dataclass(frozen=True)
class Tune:
    """A given voice, or the part of one that is given. With `on_beats`, what sounds on the beats is its
    skeleton and the rest ornaments.

    key_reason: why its key is not that of its signature; empty where it is.
    """

    timeline: Timeline
    notes: tuple[Note, ...]
    on_beats: bool = False
    key_reason: str = field(default="", repr=False, compare=False)

    @classmethod
    def of_score(cls, score: Score, voice: str, on_beats: bool) -> Tune:
        """The tune of a score with one voice, under the name that the style gives it; rests where the score
        says nothing.
        """
        notes: list[Note] = []
        now = Fraction(0)
        for note in score.notes:
            if note.onset > now:
                notes.append(Note(voice, now, note.onset - now, None))
            notes.append(replace(note, voice=voice, ornament=False))
            now = note.end
        return cls(score.timeline, tuple(notes), on_beats)

    @cached_property
    def end(self) -> Fraction:
        """Where the last note stops."""
        return max(note.end for note in self.notes)

    @cached_property
    def stretches(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """From when to when notes or rests are given; elsewhere the voice is composed."""
        found: list[tuple[Fraction, Fraction]] = []
        for note in self.notes:
            if found and found[-1][1] == note.onset:
                found[-1] = found[-1][0], note.end
            else:
                found.append((note.onset, note.end))
        return tuple(found)

    def gives(self, place: Fraction) -> bool:
        """Whether a note or a rest is given there."""
        number = bisect_right(self.stretches, (place, self.end)) - 1
        return number >= 0 and place < self.stretches[number][1]

    def open_events(self, events: Sequence[Event]) -> list[Event]:
        """Events of the voice, as far as they lie where nothing is given."""
        edges = sorted({edge for stretch in self.stretches for edge in stretch})
        found = []
        for event in events:
            cuts = [event.onset, *(edge for edge in edges if event.onset < edge < event.end), event.end]
            found += [replace(event, onset=onset, end=end) for onset, end in pairwise(cuts)]
        return [event for event in found if not self.gives(event.onset)]

    @cached_property
    def phrases(self) -> tuple[tuple[Fraction, Fraction, str | None], ...]:
        """(onset, end, cadence): a fermata ends a phrase, and so does the end; no cadence is laid down."""
        found: list[tuple[Fraction, Fraction, str | None]] = []
        onset = Fraction(0)
        sounding = [note for note in self.notes if note.pitch is not None]
        for note, following in zip(sounding, [*sounding[1:], None], strict=True):
            if note.fermata or following is None:
                end = self.end if following is None else self._next_onset(note, following)
                found.append((onset, end, None))
                onset = end
        return tuple(found)

    def _next_onset(self, note: Note, following: Note) -> Fraction:
        return following.onset if following.onset > note.onset else note.end

    def close_of(self, onset: Fraction) -> Fraction:
        """How long the last note of the phrase that begins at an onset lasts, to the phrase's end."""
        return self._closes[onset]

    @cached_property
    def _closes(self) -> dict[Fraction, Fraction]:
        sounding = [note.onset for note in self.notes if note.pitch is not None]
        return {onset: end - sounding[bisect_left(sounding, end) - 1] for onset, end, _ in self.phrases}

    @cached_property
    def skeleton(self) -> tuple[Note, ...]:
        """The notes that are harmonised: all of them, or what sounds on each beat and at each phrase's two
        ends.
        """
        if not self.on_beats:
            return self.notes
        found: list[Note] = []
        places = [place for place in self._places() if self.gives(place)]
        for place, following in zip(places, [*places[1:], self.end], strict=True):
            until = min(following, *(end for _, end in self.stretches if end > place))
            note = self._sounding(place)
            if (
                found
                and note.pitch is not None
                and found[-1].end == place
                and self._sounding(found[-1].onset) is note
            ):
                last = found[-1]
                found[-1] = Note(last.voice, last.onset, until - last.onset, last.pitch)
            else:
                found.append(Note(note.voice, place, until - place, note.pitch))
        return tuple(found)

    def _places(self) -> list[Fraction]:
        places: set[Fraction] = set()
        for start, end, _ in self.phrases:
            last = end - self.close_of(start)
            places |= {start, last, *self.timeline.points(start, last, "beat")}
        return sorted(places)

    def pitch_at(self, place: Fraction) -> Pitch | None:
        """What sounds of the skeleton at a place in time."""
        return self.skeleton[bisect_right(self._skeleton_onsets, place) - 1].pitch

    @cached_property
    def _skeleton_onsets(self) -> list[Fraction]:
        return [note.onset for note in self.skeleton]

    @cached_property
    def _onsets(self) -> list[Fraction]:
        return [note.onset for note in self.notes]

    def sounding(self, place: Fraction) -> Pitch | None:
        """What sounds at a place in time, ornaments too."""
        return self._sounding(place).pitch

    def _sounding(self, place: Fraction) -> Note:
        number = bisect_right(self._onsets, place) - 1
        if number >= 0 and place < self.notes[number].end:
            return self.notes[number]
        return Note(self.notes[0].voice, place, Fraction(0), None)

    def written(self) -> tuple[Note, ...]:
        """The notes as they were, those that are not of the skeleton marked as ornaments."""
        if not self.on_beats:
            return self.notes
        kept = {id(self._sounding(note.onset)) for note in self.skeleton}
        return tuple(
            replace(note, ornament=note.pitch is not None and id(note) not in kept) for note in self.notes
        )

    @property
    def has_ornaments(self) -> bool:
        """Whether it sounds more than its skeleton."""
        return any(note.ornament for note in self.written())

    def accompaniment(self, chords: Sequence[Event]) -> list[Event]:
        """When the other voices begin their notes: with every chord, or without harmony note against note."""
        return list(chords) or [Event(note.onset, note.end, note.pitch is not None) for note in self.skeleton]
