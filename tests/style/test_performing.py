"""What `perform { … }` says reaches the score's metadata, MIDI and sound, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest

import rulegen
from rulegen.io.midi_file import read_midi_file
from rulegen.perform.manner import Manner
from tests.style.building import style_of

STYLE = """style "It"  meter 3/4  key C major  tempo quarter = 60
voices { flute C4..C6 }  form { A = 4 bars  piece = A }  rhythm { every 1/8 }
"""


@pytest.mark.parametrize(
    ("said", "manner"),
    [
        ("", Manner()),
        ("ritardando 20%", Manner(ritardando=F(1, 5))),
        ("ritardando 20% over 2 bars", Manner(ritardando=F(1, 5), over=F(2))),
        ("ritardando 20% over dotted half", Manner(ritardando=F(1, 5), over=F(3, 4))),
        ("phrases 15%  breath 1/16", Manner(phrases=F(3, 20), breath=F(1, 16))),
        ("fermatas 1.5", Manner(fermatas=F(3, 2))),
        ("swing 3:2", Manner(swing=F(3, 2))),
        ("swing 2:1 of 1/16", Manner(swing=F(2), swing_of=F(1, 16))),
        ("lengths plain 90%, staccato 40% slurred 105%",
         Manner(plain=F(9, 10), staccato=F(2, 5), slurred=F(21, 20))),
        ("humanise 10 ms", Manner(humanise=F(10))),
        ("humanise 10 ms, loudness 4", Manner(humanise=F(10), velocity=F(4))),
    ],
)  # fmt: skip
def test_each_thing_is_read_as_it_is_said(said: str, manner: Manner) -> None:
    assert style_of(f"perform {{ {said} }}").manner == manner


def test_a_performance_changes_midi_and_leaves_the_score() -> None:
    plain, played = (
        rulegen.load(STYLE + more).compose(3) for more in ("", "perform { swing 2:1 ritardando 30% }")
    )
    first, second = (replace(each.score, metadata=()) for each in (plain, played))
    assert first == second
    assert dict(played.score.metadata)["perform"] == "ritardando 3/10, swing 2"
    assert "perform" not in dict(plain.score.metadata)
    straight, swung = (read_midi_file(each.pages("midi")[0]) for each in (plain, played))
    assert swung.tracks[0].notes[1].start * 3 == straight.tracks[0].notes[1].start * 4
    assert len(swung.tempi) == 1 + 12
    again = rulegen.load(STYLE + "perform { swing 2:1 ritardando 30% }").compose(3)
    assert again.pages("midi") == played.pages("midi")


def test_a_score_that_is_read_again_is_played_in_the_same_manner(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    piece = rulegen.load(STYLE + "perform { swing 2:1 humanise 9 ms }").compose(3)
    for ending in ("musicxml", "mxl", "txt"):
        path = tmp_path / f"it.{ending}"
        piece.save(path)
        assert rulegen.read(path).pages("midi") == piece.pages("midi")
