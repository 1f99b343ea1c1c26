"""The bridge to music21: what our MusicXML says, with the chords as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulegen.io.bars import printed_bars
from rulegen.io.labels import is_symbol, labelled_staff, printed_chords
from rulegen.io.musicxml import musicxml_text
from rulegen.score.events import Score

if TYPE_CHECKING:
    from music21.stream import Score as Notation


def to_music21(score: Score, labels: bool = True) -> Notation:
    """The score in music21, a part a staff; `labels` shows the chords as texts.

    They are no harmonies, which music21 would count among the notes. Raises ValueError where a length has no
    notation, or where notes of one voice overlap.
    """
    from music21 import converter, expressions, stream

    found = converter.parseData(musicxml_text(score, labels=False), format="musicxml")
    assert isinstance(found, stream.Score)
    if not labels or not score.voices:
        return found
    bars = printed_bars(score)
    measures = list(found.parts[labelled_staff(score)].getElementsByClass("Measure"))
    for place, event, label in printed_chords(score, bars):
        text = expressions.TextExpression(label)
        text.placement = "above" if is_symbol(event.chord) else "below"
        measures[place].insert(float(4 * (event.onset - bars[place].start)), text)
    return found
