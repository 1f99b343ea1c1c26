"""What else could stand in the place of a note, and how likely: as all scores written out say it."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from rulegen.grading.alternatives import explained
from rulegen.grading.grade import music_of
from rulegen.score.events import Note, Score
from rulegen.theory.pitch import Pitch
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import key_of, pieces

PAIR = """style "T"  meter 3/4  key C major  voices { upper C4..G4  lower C4..E4 }  form { A = 1 bars }
rhythm { every 1/4 }
rule parallel is forbidden { for voices a, b  for consecutive moments m, n  when a@m != a@n
  then interval(b@m, a@m) is P5 and interval(b@n, a@n) is P5 }
rule stepwise is preferred weight 0.7 { for consecutive notes a, b in voice  when a.pitch != b.pitch  then step(a, b) }
rule busy is forbidden { for consecutive notes a, b, c in voice  then a.pitch == b.pitch and b.pitch == c.pitch }
rule crest is required { for phrase p  then max(n.midi for note n in upper in p) > 64 }
forbid parallel  prefer stepwise  forbid busy at most 1 per phrase  apply crest
"""
AGAIN = """style "T"  meter 2/4  key C major  voices { v C4..F4 }  form { A = 1 bars  B = 1 bars  piece = A B A }
rhythm { every 1/4 }
rule stepwise is preferred weight 0.7 { for consecutive notes a, b in voice  then step(a, b) }
rule leap is forbidden { for consecutive notes a, b in voice  then interval(a, b) is P4 }
prefer stepwise  forbid leap
"""
CHORDS = """style "T"  meter 3/4  key A minor  voices { upper A3..E4  lower A3..C4 }  form { A = 1 bars }
harmony { chords i iv V  change every bar }  rhythm { every beat }
rule tones is required { for note n in voice  then n.is_chord_tone }
rule apart is preferred weight 1.1 { for moment m  then upper@m > lower@m }
rule same is avoided weight 0.3 { for consecutive notes a, b in voice  then a.pitch == b.pitch }
require tones  prefer apart  avoid same in upper
"""


OF_CHORDS = CHORDS.replace("require tones  ", "")


def with_pitch(score: Score, note: Note, pitch: Pitch) -> Score:
    """The score with another pitch in the place of a note, and wherever its section is stated again."""
    home = next((each for each in score.sections if each.onset <= note.onset < each.end), None)
    places = {note.onset}
    if home is not None:
        alike = [each for each in score.sections if each.name == home.name]
        places = {each.onset + note.onset - home.onset for each in alike}
    notes = (
        replace(each, pitch=pitch) if each.voice == note.voice and each.onset in places else each
        for each in score.notes
    )
    return replace(score, notes=tuple(notes))


@pytest.mark.parametrize("text", [PAIR, AGAIN, CHORDS, OF_CHORDS])
def test_chances_are_those_of_the_law_given_all_else(text: str) -> None:
    style = style_of(text)
    law, scores = {}, []
    for piece in pieces(style):
        weight = log_weight(piece)
        if weight > -math.inf:
            score = piece.score()
            law[key_of(score)] = weight
            scores.append(score)
    chooser, several = random.Random(3), 0
    for score in chooser.sample(scores, 6):
        music = music_of(score, style)
        for found in explained(music, [note for note in score.notes if note.pitch is not None]):
            expected = {
                each.pitch: math.exp(law[key])
                for each in found.alternatives
                if (key := key_of(with_pitch(score, found.note, each.pitch))) in law
            }
            total = sum(expected.values())
            assert {each.pitch for each in found.possible} == set(expected)
            for each in found.possible:
                assert each.chance == pytest.approx(expected[each.pitch] / total, abs=1e-9)
            several += len(expected) > 1
            for each in found.alternatives:
                assert bool(each.broken) is (each.chance is None)
    assert several >= 10
