"""The surfaces of a skeleton, written out cell by cell, with the log weight of each: nothing here knows the engine.

The time of each note of the skeleton (its cell) is filled in turn: by the note itself, by the note before held on and
then the note itself, by an ornament and then the note; and it may end with an ornament on the way to the next.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rulegen.score.events import Score
from rulegen.style.model import Embellishment, Narrow, OrnamentKind, Style, Use
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch, PitchClass
from tests.oracle import brute
from tests.oracle.music import Music
from tests.oracle.pieces import Key, Piece, Sound, key_of, pieces

Line = tuple[Sound, ...]
_KINDS: dict[
    object, tuple[Style, float | None]
] = {}  # what was asked before; styles are held, so that no id comes again


def uses_at(style: Style, stage: str) -> list[Use]:
    """The uses that are read at the skeleton or on the surface: what is hard at both, what is soft at the first."""
    return [
        use for use in style.uses if (use.stage or ("both" if use.hard else "skeleton")) in (stage, "both")
    ]


def law(style: Style) -> dict[tuple[Key, Key], float]:
    """Each skeleton with each of its surfaces, and the probability of the two."""
    masses: dict[Key, float] = {}
    shares: dict[tuple[Key, Key], float] = {}
    for piece in pieces(style):
        mass = math.exp(brute.log_weight(piece, uses_at(style, "skeleton")) + piece.length_weight)
        weights = surfaces(piece) if mass else {}
        if weights:
            skeleton, total = key_of(piece.score()), sum(weights.values())
            masses[skeleton] = mass
            shares.update({(skeleton, key): weight / total for key, weight in weights.items()})
    whole = sum(masses.values())
    return {key: share * masses[key[0]] / whole for key, share in shares.items()}


def surfaces(piece: Piece) -> dict[Key, float]:
    """The weight of each surface that the rules leave."""
    found = dict[Key, float]()
    for score, nats in scored(piece):
        assert key_of(score) not in found
        found[key_of(score)] = math.exp(nats)
    return found


def scored(piece: Piece) -> Iterator[tuple[Score, float]]:
    """Each surface that the rules leave, and its nats."""
    choices = [list(lines(piece, name)) for name in piece.lines]
    for chosen in itertools.product(*choices):
        named = zip(piece.lines, chosen, strict=True)
        surface = replace(piece, lines={name: line for name, (line, _) in named}, length_weight=0.0)
        weight = brute.log_weight(surface, uses_at(piece.style, "surface")) + sum(nats for _, nats in chosen)
        if weight > -math.inf:
            yield surface.score(), weight


def lines(piece: Piece, voice: str) -> Iterator[tuple[Line, float]]:
    """What a voice may sound, each line once, with the nats of its ornaments."""
    given = {each.subject for each in piece.style.givens}
    blocks = [each for each in piece.style.embellishments if voice in each.voices and voice not in given]
    if not blocks:
        yield piece.lines[voice], 0.0
        return
    stated = [each for each in piece.statements if each.repeat_of is None]
    phrases = [
        phrase for phrase in piece.phrases if any(each.onset <= phrase.onset < each.end for each in stated)
    ]
    seen: set[Line] = set()
    for parts in itertools.product(
        *(list(_Phrase.of(piece, voice, each.onset, blocks[0]).fill()) for each in phrases)
    ):
        line = tuple(sound for part, _ in parts for sound in part)
        line = tuple(_restated(piece, line))
        assert line not in seen
        seen.add(line)
        yield line, sum(nats for _, nats in parts)


def _restated(piece: Piece, line: Line) -> Iterator[Sound]:
    """The line in all its statements."""
    for statement in piece.statements:
        first = statement.onset if statement.repeat_of is None else statement.repeat_of
        lasts, later = statement.end - statement.onset, statement.onset - first
        for sound in line:
            if first <= sound.onset < first + lasts:
                yield replace(sound, onset=sound.onset + later, end=sound.end + later)


@dataclass(frozen=True)
class _Phrase:
    """The notes of a voice in a phrase, each the time of one cell."""

    piece: Piece
    voice: str
    cells: Line
    block: Embellishment

    @classmethod
    def of(cls, piece: Piece, voice: str, onset: float, block: Embellishment) -> _Phrase:
        phrase = piece.phrase_at(onset)
        cells = [each for each in piece.lines[voice] if phrase.onset <= each.onset < phrase.end]
        return cls(piece, voice, tuple(cells), block)

    def fill(self) -> Iterator[tuple[Line, float]]:
        """All that the phrase may be; where the same notes come about in several ways, the first listed kind weighs."""
        yield from self._from(0, (), 0.0, is_plain=False)

    def _from(
        self, place: int, done: Line, nats: float, is_plain: bool, must: str = ""
    ) -> Iterator[tuple[Line, float]]:
        """What is done up to a cell, and how it may go on. is_plain: whether what sounds last is the note of the cell
        before, to its end. must: what the cell has to begin with.
        """
        if place == len(self.cells):
            yield done, nats
            return
        cell = self.cells[place]
        yield from self._end(place, (*done, cell), nats)
        if must or not is_plain:
            return
        for part in parts_of(cell.end - cell.onset):
            middle = cell.onset + part
            held = self._kind(place, part, done_pitch(done), "held")
            if held is not None:
                longer = (*done[:-1], replace(done[-1], end=middle), replace(cell, onset=middle))
                yield from self._end(place, longer, nats + held)
            for pitch in self._pitches(cell.onset):
                front = self._kind(place, part, pitch, "front")
                if front is not None:
                    notes = (*done, Sound(cell.onset, middle, pitch), replace(cell, onset=middle))
                    yield from self._end(place, notes, nats + front)
        if place + 1 < len(self.cells) and self.cells[place + 1].what == cell.what:
            held = self._kind(place, cell.end - cell.onset, done_pitch(done), "held")
            if held is not None:
                longer = (*done[:-1], replace(done[-1], end=cell.end))
                yield from self._from(place + 1, longer, nats + held, is_plain=False, must="own")

    def _end(self, place: int, done: Line, nats: float) -> Iterator[tuple[Line, float]]:
        """The last note is that of the cell; it stays, or makes room for an ornament."""
        yield from self._from(place + 1, done, nats, is_plain=True)
        if place + 1 == len(self.cells):
            return
        cell, last = self.cells[place], done[-1]
        for part in parts_of(cell.end - cell.onset):
            start = cell.end - part
            for pitch in self._pitches(start) if start > last.onset else ():
                end = self._kind(place, part, pitch, "end")
                if end is not None:
                    notes = (*done[:-1], replace(last, end=start), Sound(start, cell.end, pitch))
                    yield from self._from(place + 1, notes, nats + end, is_plain=False, must="own")

    def _pitches(self, onset: float) -> list[Pitch]:
        """Those of the chord that sounds and of its key, in the voice's range."""
        chord = next((each.what for each in self.piece.chords if each.onset <= onset < each.end), None)
        classes = {*self.piece.key_at(onset).collection}
        if isinstance(chord, Chord):
            classes = {*chord.tones, *chord.local_key.collection}
        voice = self.piece.style.voice(self.voice).voice
        return sorted(
            pitch
            for each in classes
            for octave in range(10)
            for pitch in [PitchClass(each.letter, each.alter).in_octave(octave)]
            if voice.low.midi <= pitch.midi <= voice.high.midi
        )

    def _kind(self, place: int, part: float, pitch: Pitch, where: str) -> float | None:
        """The nats of the first kind that an ornament is of, in the time of a cell; None where it is of none."""
        others = self.piece.lines if any(each.figures for each in self.block.ornaments) else None
        around = tuple(self.piece.lines[self.voice]), self.piece.chords, repr(others)
        key = (id(self.piece.style), self.voice, self.cells[place], part, pitch, where, around)
        if key not in _KINDS:
            _KINDS[key] = self.piece.style, self._asked(place, part, pitch, where)
        return _KINDS[key][1]

    def _asked(self, place: int, part: float, pitch: Pitch, where: str) -> float | None:
        cell = self.cells[place]
        if where == "end":
            start = cell.end - part
            notes = (replace(cell, end=start), Sound(start, cell.end, pitch))
            stranger = pitch == cell.what
        else:
            notes = (Sound(cell.onset, cell.onset + part, pitch), replace(cell, onset=cell.onset + part))
            before = self.cells[place - 1].what
            stranger = pitch in (cell.what, before) if where == "front" else pitch != before
        if (place == 0 and where != "end") or stranger:
            return None
        line = tuple(
            sound
            for each in self.piece.lines[self.voice]
            for sound in (notes if each == cell else (each,))
            if sound.end > sound.onset
        )
        onset = notes[1].onset if where == "end" else cell.onset
        played = Music(replace(self.piece, lines={**self.piece.lines, self.voice: line}))
        for ornament in self.block.ornaments:
            if self._holds(ornament, played, onset) and self._fits(ornament, played, onset):
                return ornament.weight
        return None

    def _holds(self, ornament: OrnamentKind, played: Music, onset: float) -> bool:
        """Whether the note that begins at an onset is of a kind."""
        use = Use(0, "avoid", False, 1.0, ornament.rule, (Narrow("voices", False, (self.voice,)),))
        size = len(ornament.rule.bindings[-1].variables)
        row = [each.onset for each in played.windows("note", self.voice, 1) for each in each]
        last = row.index(onset) + size - 2
        return last < len(row) and any(place.onset == row[last] for place in brute._places(use, played))

    def _fits(self, ornament: OrnamentKind, played: Music, onset: float) -> bool:
        """Whether the ornament and the note after it stand in one of its figures above the lowest other voice."""
        if not ornament.figures:
            return True
        line = [each for each in played.piece.lines[self.voice] if each.onset >= onset][:2]
        steps = [each.what.diatonic for each in line if isinstance(each.what, Pitch)]
        others = [
            [
                sound.what.diatonic
                for each in line
                for sound in played.piece.lines[name]
                if sound.onset <= each.onset < sound.end and isinstance(sound.what, Pitch)
            ]
            for name in played.piece.lines
            if name != self.voice
        ]
        lowest = [min(column) for column in zip(*others, strict=True)]
        for figure, resolved in ornament.figures:
            above = [(one - low) % 7 for one, low in zip(steps, lowest, strict=True)]
            if steps[0] >= lowest[0] and above == [(figure - 1) % 7, (resolved - 1) % 7]:
                return True
            if steps[0] < lowest[0] and resolved > figure:
                below = [[(high - own) % 7 for high, own in zip(each, steps, strict=True)] for each in others]
                if [figure - 1, resolved - 1] in below:
                    return True
        return False


def done_pitch(done: Sequence[Sound]) -> Pitch:
    """The pitch that sounds last."""
    pitch = done[-1].what
    assert isinstance(pitch, Pitch)
    return pitch


def parts_of(length: float) -> list[float]:
    """What an ornament may take of a note's time on eighths: a half of it or a quarter; of three eighths one or two."""
    eighths = length * 8
    halves = [eighths / each for each in (2, 4) if (eighths / each).is_integer()]
    return [each / 8 for each in (*halves, *((1.0, 2.0) if eighths == 3 else ()))]
