"""What the phrases of a corpus show of a style: how often each use finds something, and which keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen.fit.counting import Counts, counted, reaches_further
from rulegen.fit.frame import PhraseFrame
from rulegen.fit.phrases import Heard
from rulegen.plan.domains import chords_of, pitches_of
from rulegen.rules.draft import Draft
from rulegen.rules.music import Sounding
from rulegen.rules.tables import Component, Tables
from rulegen.style.foreign import is_of_kinds
from rulegen.style.model import Style, Use
from rulegen.style.vacuous import later_asked
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

FOREIGN = "a note outside its chord"
MORE, MARKS = "more than a phrase", "articulation or dynamics"  # what is not read
KINDS = "a kind of foreign notes"


@dataclass(frozen=True, eq=False)
class PhraseGroup:
    """Phrases that are alike in time and in their key, which one lattice therefore stands for.

    counts: (phrases, uses), of hard uses alone. strange: what of a phrase the style has no words for, or
    FOREIGN where a note is foreign to its chord, "" where nothing is.
    """

    key: Key
    frame: PhraseFrame
    phrases: tuple[Heard, ...]
    counts: Counts
    strange: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """All phrases of a corpus by groups. `uses`: those that are read in phrases, in the order of the columns
    of counts; `unread`: all others, each with what it speaks of.
    """

    uses: tuple[Use, ...]
    unread: tuple[tuple[Use, str], ...]
    groups: tuple[PhraseGroup, ...]

    @cached_property
    def hard(self) -> NDArray[np.int64]:
        """The columns of uses that bind."""
        return np.flatnonzero([use.hard for use in self.uses])

    def says(self, group: PhraseGroup) -> NDArray[np.bool_]:
        """(phrases,): which of a group's phrases the style has all the notes and chords for."""
        return np.array([each in ("", FOREIGN) for each in group.strange], dtype=bool)

    def keeps(self, group: PhraseGroup) -> NDArray[np.bool_]:
        """(phrases,): which of a group's phrases the style allows."""
        said = np.array([not each for each in group.strange], dtype=bool)
        return said & ~group.counts[:, self.hard].any(axis=1)

    @cached_property
    def units(self) -> int:
        """How many chords or notes all phrases have together."""
        return sum(phrase.units for group in self.groups for phrase in group.phrases)

    @cached_property
    def totals(self) -> Counts:
        """(uses,): places in all phrases."""
        zero = np.zeros(len(self.uses), dtype=np.int64)
        return sum((group.counts.sum(axis=0) for group in self.groups), zero)


def evidence_of(
    phrases: Sequence[Heard], style: Style, progress: Callable[[str], None] = lambda _: None
) -> Evidence:
    """What phrases show. Their voices are the style's."""
    whole = all(each.frame.opens_piece and each.frame.closes_piece for each in phrases)
    of = {use: _beyond(use, whole) for use in style.uses}
    unread = tuple((use, beyond) for use, beyond in of.items() if beyond is not None)
    uses = tuple(use for use, beyond in of.items() if beyond is None)
    alike: dict[tuple[Key, PhraseFrame], list[Heard]] = {}
    for each in phrases:
        frame = replace(each.frame, bars_before=0)
        alike.setdefault((each.key, frame), []).append(each)
    books = {key: _Book.of(style, key, phrases) for key in dict.fromkeys(key for key, _ in alike)}
    groups = []
    for number, ((key, frame), members) in enumerate(alike.items(), 1):
        progress(f"counting: {number} of {len(alike)} kinds of phrase")
        groups.append(books[key].group(frame, members, uses))
    return Evidence(uses, unread, tuple(groups))


def _beyond(use: Use, whole: bool) -> str | None:
    """What a use speaks of that is not read of phrases, or None. `whole`: each phrase is a piece."""
    if later_asked(use.rule):
        return MARKS
    if is_of_kinds(use) and not use.hard:
        return KINDS
    return None if whole or not reaches_further(use) else MORE


@dataclass(frozen=True, eq=False)
class _Book:
    """The codes of all phrases in one key: what the style can sound, and what is sounded beside."""

    style: Style
    tables: Tables
    own: tuple[frozenset[Pitch], ...]  # what the style lets each voice sound
    allowed: frozenset[str]  # labels of the style's chords

    @classmethod
    def of(cls, style: Style, key: Key, phrases: Iterable[Heard]) -> _Book:
        """The book of a key."""
        here = [each for each in phrases if each.key == key]
        chords = chords_of(style, key)
        own = [pitches_of(voice, key, chords) for voice in style.voices]
        voices = []
        for voice, pitches in enumerate(own):
            sounded = {pitch for each in here for pitch in each.pitches[voice] if pitch is not None}
            name = style.voices[voice].name
            voices.append(Component.of_pitches(name, voice, sorted({*pitches, *sounded})))
        every = tuple(dict.fromkeys([*chords, *(chord for each in here for chord in each.chords)]))
        allowed = frozenset(chord.label for chord in chords)
        tables = Tables.of((key,), voices, every if style.harmony is not None else ())
        return cls(style, tables, tuple(map(frozenset, own)), allowed)

    def group(self, frame: PhraseFrame, phrases: Sequence[Heard], uses: Sequence[Use]) -> PhraseGroup:
        """Phrases of one frame, with their counts."""
        draft = Draft(frame, self.tables)
        codes = {chord: code for code, chord in enumerate(self.tables.chords)}
        music = [self._sounding(each, draft, codes) for each in phrases]
        strange = tuple(self._strange(each) for each in phrases)
        counts = np.zeros((len(phrases), len(uses)), dtype=np.int64)
        hard = [column for column, use in enumerate(uses) if use.hard]
        counts[:, hard] = counted([uses[column] for column in hard], draft, music)
        return PhraseGroup(self.tables.home, frame, tuple(phrases), counts, strange)

    def _sounding(self, phrase: Heard, draft: Draft, codes: dict[Chord, int]) -> Sounding:
        tables = self.tables
        found = np.full((len(tables.components), len(draft.frame.onsets)), -1, dtype=np.int64)
        for voice, line in enumerate(phrase.pitches):
            code = tables.voices[voice].code
            found[tables.of_voice(voice)] = [-1 if pitch is None else code[pitch] for pitch in line]
        if tables.harmony is not None:
            found[tables.harmony] = [codes[chord] for chord in phrase.chords]
        return Sounding(draft, found)

    def _strange(self, phrase: Heard) -> str:
        """What the style cannot say of a phrase, or nothing."""
        if self.tables.chords and any(chord.label not in self.allowed for chord in phrase.chords):
            return "a chord that the style has not"
        found = ""
        for voice, line in enumerate(phrase.pitches):
            plan = self.style.voices[voice]
            low, high = plan.voice.low.midi, plan.voice.high.midi
            for moment, pitch in enumerate(line):
                if pitch is None:
                    continue
                if not low <= pitch.midi <= high:
                    return "a note outside its voice's range"
                if pitch not in self.own[voice]:
                    return "a note that its voice has not"
                if plan.notes.kind == "chord" and pitch.pitch_class not in phrase.chords[moment].tones:
                    found = FOREIGN
        return found
