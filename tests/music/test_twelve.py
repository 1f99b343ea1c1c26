"""Twelve things that composers ask for in time: each is written in a few lines, comes out as it is meant, and is read
back and graded clean.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.score.events import Note, Score
from tests.style.building import style_of

F = Fraction
HEAD = 'style "Twelve"  meter 4/4  key C major\n'
WALTZ = 'style "Twelve"  meter 3/4  key C major\n'

STYLES = {
    "oom-pah-pah with a rest on one": WALTZ
    + """
voices { violin G4..G5  viola C4..E4  cello G2..E3 }
form { A = 4 bars }
harmony { chords I IV V7  change every bar }
pattern oompah = rest 1/4, 1/4, 1/4
pattern oom = 1/4, rest 1/2
rhythm viola { patterns oompah }
rhythm cello { patterns oom }
""",
    "an answer after two bars' rest": HEAD
    + """
voices { dux C5..G5  comes F4..C5 }
form { A = 6 bars }
rhythm dux { every 1/2 }
rhythm comes { every 1/2  begin after 2 bars }
rule answers is required {
  "The second voice says a fifth below what the first said two bars before."
  for  consecutive moments a, b, c, d, e
  when e.bar > 2
  then interval(comes@e, dux@a) is P5
}
require answers
""",
    "call and response": HEAD
    + """
voices { call C5..G5  response C4..G4 }
form { A = 2 bars, 2 bars, 2 bars, 2 bars }
rhythm call { every beat  breath 1/4 }
rhythm call in phrases 2, 4 { tacet }
rhythm response { every beat  breath 1/4 }
rhythm response in phrases 1, 3 { tacet }
""",
    "a blues with a walking bass": 'style "Twelve"  meter 4/4  key F major\n'
    + """
voices { horn F4..F5  bass F2..C4 }
form { A = 4 bars, 4 bars, 4 bars }
given harmony in A = | Idom7 | IVdom7 | Idom7 | Idom7 | IVdom7 | IVdom7 | Idom7 | Idom7 | V7 | IVdom7 | Idom7 | V7 |
melody horn { notes F Ab Bb C Eb }
melody bass { notes chromatic }
rhythm horn { values 1/8, 1/4, 1/2  grid 1/8  breath 1/8 }
rhythm bass { every beat }
rule walks is required {
  "The bass strikes the root of a new chord, and goes on by near notes."
  for  consecutive notes a, b in bass
  then abs(interval(a, b)) <= P4 and a.pitch != b.pitch
}
rule root_on_one is required {
  "The bar begins on the root."
  for  note n in bass
  when n.beat == 1
  then n.class == n.chord.root
}
require walks, root_on_one
""",
    "triplets by threes": HEAD
    + """
voices { flute C5..G5 }
form { A = 2 bars }
pattern turn = 3 in 1/4, 1/4, 3 in 1/4, 1/4
rhythm flute { patterns turn }
""",
    "a rhythm that differs by section": HEAD
    + """
voices { flute C5..G5 }
form { A = 2 bars  B = 2 bars  piece = A B A }
rhythm flute { every beat }
rhythm flute in section B { every 1/8 }
""",
    "a drum part": HEAD
    + """
voices { flute C5..G5  drums percussion { hat snare kick } }
form { A = 2 bars }
pattern eighths = 8 of 1/8
pattern back = rest 1/4, 1/4, rest 1/4, 1/4
pattern kicks = euclid(3, 8) of 1/8
rhythm flute { every beat }
rhythm hat { patterns eighths }
rhythm snare { patterns back }
rhythm kick { patterns kicks }
""",
    "a held pedal": HEAD
    + """
voices { soprano C5..G5  alto E4..C5  bass C3..C3 }
form { A = 4 bars }
rhythm soprano, alto { every beat }
rhythm bass { every phrase }
melody bass { notes C }
""",
    "a suspension at each cadence": HEAD
    + """
use ornaments
voices { soprano C5..A5  alto F4..D5  bass C3..C4 }
form { A = 2 bars, cadence half, 2 bars, cadence authentic }
harmony { chords I ii6 IV V  change every half bar }
rhythm soprano, bass { every half bar }
pattern late = rest 1/4, 3 of 1/2, 1/4
rhythm alto { patterns each 2 bars late }
foreign alto { suspension }
rule hangs_over is required {
  "Before a phrase closes its last note but one hangs over."
  for  note n in alto
  when n.before_close
  then n.kind is suspension
}
require hangs_over
""",
    "a voice that enters late": HEAD
    + """
voices { soprano C5..G5  bass C3..G3 }
form { A = 4 bars }
rhythm soprano { every beat }
rhythm bass { every half bar  begin after 2 bars }
""",
    "a hemiola before the cadence": WALTZ
    + """
voices { flute C5..G5 }
form { A = 4 bars, 2 bars, cadence authentic }
pattern hemiola = 1/2, 1/2, 1/2
rhythm flute { every beat }
rhythm flute in phrases 2 { patterns each 2 bars hemiola }
""",
    "a breath after each phrase": HEAD
    + """
voices { flute C5..G5 }
form { A = 2 bars, 2 bars }
rhythm flute { every beat  breath 1/8 }
""",
}


def _sounding(score: Score, voice: str) -> list[Note]:
    return [note for note in score.notes_of(voice) if not note.is_rest]


def _onsets(score: Score, voice: str, length: Fraction) -> set[Fraction]:
    """Where in the bar notes begin."""
    return {note.onset % length for note in _sounding(score, voice)}


def _answers(score: Score) -> bool:
    dux, comes = _sounding(score, "dux"), _sounding(score, "comes")
    pairs = zip(dux, comes, strict=False)
    return comes[0].onset == 2 and all(
        a.pitch.midi - b.pitch.midi == 7 for a, b in pairs if a.pitch and b.pitch
    )


def _take_turns(score: Score) -> bool:
    call, response = ({note.onset for note in _sounding(score, name)} for name in ("call", "response"))
    return not call & response and max(call) < 6 and min(response) == 2


def _hangs_over(score: Score) -> bool:
    """Whether the last note but one of each phrase is held into a chord that lacks it, and falls by step."""
    notes = _sounding(score, "alto")
    for phrase in score.phrases:
        *_, held, last = [note for note in notes if phrase.onset <= note.onset < phrase.end]
        assert held.pitch is not None and last.pitch is not None
        [after] = [event.chord for event in score.chords if held.onset < event.onset < held.end]
        if held.pitch.pitch_class in after.tones or held.pitch.diatonic - last.pitch.diatonic != 1:
            return False
    return True


def _silent_between(score: Score) -> bool:
    return all(note.end % 2 != 0 for note in _sounding(score, "flute"))


CHECKS: dict[str, Callable[[Score], bool]] = {
    "oom-pah-pah with a rest on one": lambda score: _onsets(score, "viola", F(3, 4)) == {F(1, 4), F(1, 2)},
    "an answer after two bars' rest": _answers,
    "call and response": _take_turns,
    "a blues with a walking bass": lambda score: (
        {note.duration for note in _sounding(score, "bass")} == {F(1, 4)}
    ),
    "triplets by threes": lambda score: sum(note.duration == F(1, 12) for note in score.notes) == 12,
    "a rhythm that differs by section": lambda score: (
        {note.duration for note in score.notes if 2 <= note.onset < 4} == {F(1, 8)}
        and {note.duration for note in score.notes if not 2 <= note.onset < 4} == {F(1, 4)}
    ),
    "a drum part": lambda score: _onsets(score, "kick", F(1)) == {F(0), F(3, 8), F(6, 8)},
    "a held pedal": lambda score: [note.duration for note in _sounding(score, "bass")] == [F(4)],
    "a suspension at each cadence": _hangs_over,
    "a voice that enters late": lambda score: _sounding(score, "bass")[0].onset == 2,
    "a hemiola before the cadence": lambda score: (
        {note.duration for note in _sounding(score, "flute") if note.onset >= 3} == {F(1, 2)}
    ),
    "a breath after each phrase": _silent_between,
}


@pytest.mark.parametrize("name", STYLES)
def test_a_thing_that_is_asked_for_comes_out(name: str, tmp_path: Path) -> None:
    style = style_of(STYLES[name], "")
    prepared = prepare(style, tunes_of(style, {}))
    assert prepared.is_exact
    for piece in compose(prepared, [1, 2]):
        assert CHECKS[name](piece.score)
        write_musicxml(piece.score, tmp_path / "piece.musicxml")
        found = read_score(tmp_path / "piece.musicxml")
        assert grade(found, style).is_clean
        for voice in style.voices:
            assert _sounding(found, voice.name) == _sounding(piece.score, voice.name)
