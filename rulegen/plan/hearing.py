"""The chords of a score that has none, heard together with what in it is ornament and what is not."""

from __future__ import annotations

from dataclasses import replace

from rulegen.plan.labels import labelled
from rulegen.plan.ornaments import Ornament, ornaments_of, without
from rulegen.rules.music import music_of
from rulegen.score.events import Score
from rulegen.style.model import Style


def heard(score: Score, style: Style) -> Score:
    """The score with the chords that the style best hears in it. Raises ScoreReadError where it has none.

    Where notes are foreign to those that would be heard of all alike, or the style has foreign notes itself,
    ornaments are heard as such first, and then the chords of what is left without those that the style does
    not use.
    """
    if not any(voice.kinds for voice in style.voices):
        plain = labelled(score, style)
        if not _strays(plain, style):
            return plain
    found = labelled(score, style, ornamented=True)
    strays = _strays(found, style)
    if not strays:
        return found
    kept = labelled(replace(without(found, strays), chords=(), timeline=score.timeline), style)
    return replace(score, chords=kept.chords, timeline=kept.timeline)


def _strays(score: Score, style: Style) -> list[Ornament]:
    return [each for each in ornaments_of(music_of(score), style) if not each.is_allowed]
