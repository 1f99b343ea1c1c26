"""A piece whose sections change key, meter and tempo is composed, written, read back and graded clean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rulegen
from rulegen.io.bars import printed_bars
from rulegen.io.midi import write_midi
from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.score.events import Score
from rulegen.score.notation import format_score, parse_score
from rulegen.score.timeline import Tempo

STYLE = """
style "Changing"
use voice_leading
meter 4/4
key C major
tempo half = 50
voices { upper G4..E5  lower C3..G4 }
form {
  A = 2 bars, 2 bars in G major
  B = 3 bars in F major meter 3/4 tempo quarter = 90
  piece = A A B
}
"""


UPBEATS = """
style "Upbeats"
use voice_leading
key C major
meter 4/4
voices { upper G4..E5  lower C3..G4 }
form {
  A = pickup 1/4, 2 bars, 2 bars
  B = pickup 1/4 meter 6/8 tempo dotted quarter = 70, 3 bars
  piece = A A B B A
}
"""


@pytest.fixture(scope="module")
def piece() -> Score:
    return rulegen.load(STYLE).compose(seed=1).score


def test_what_was_composed_changes_where_it_says(piece: Score) -> None:
    clock = piece.timeline
    assert [(onset, key.name) for onset, key in clock.keys] == [
        (0, "C major"), (2, "G major"), (4, "C major"), (6, "G major"), (8, "F major")]  # fmt: skip
    assert [(onset, meter.name) for onset, meter, _ in clock.meters] == [(0, "4/4"), (8, "3/4")]
    assert [str(tempo) for _, tempo in clock.tempi] == ["half = 50", "quarter = 90"]


@pytest.mark.parametrize("ending", ["musicxml", "mxl", "txt", "mid"])
def test_it_is_read_back_and_clean(piece: Score, tmp_path: Path, ending: str) -> None:
    place = tmp_path / f"it.{ending}"
    if ending == "txt":
        place.write_text(format_score(piece))
    elif ending == "mid":
        write_midi(piece, place)
    else:
        write_musicxml(piece, place)
    read = rulegen.read(place).score
    if ending == "mid":
        assert read.timeline.keys == piece.timeline.keys
        assert [tempo.quarter_bpm for _, tempo in read.timeline.tempi] == [100, 90]
    else:
        assert read == piece
    assert rulegen.load(STYLE).grade(place).is_clean


def test_it_is_valid_and_folded(piece: Score, schema: Any) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(musicxml_text(piece))
    schema.validate(root)
    assert [unit.text for unit in root.iter("beat-unit")] == ["half", "quarter"]
    assert len(list(root.iter("repeat"))) == 2
    assert Tempo(50, parse_score(format_score(piece)).timeline.tempo.beat) == piece.timeline.tempo


def test_the_upbeats_of_sections_stand_in_bars_of_their_own(tmp_path: Path) -> None:
    piece = rulegen.load(UPBEATS).compose(seed=2).score
    bars = printed_bars(piece)
    assert [(bar.number, bar.meter.name) for bar in bars if bar.offset] == [
        (0, "4/4"),
        (4, "6/8"),
        (7, "4/4"),
    ]
    assert [bar.repeats_to for bar in bars] == [1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1]
    for name, write in (("it.musicxml", write_musicxml), ("it.mid", write_midi)):
        write(piece, tmp_path / name)
        assert rulegen.load(UPBEATS).grade(tmp_path / name).is_clean
    assert rulegen.read(tmp_path / "it.musicxml").score == piece
    read = rulegen.read(tmp_path / "it.mid").score
    downbeats = [note.onset for note in piece.notes if not piece.timeline.position(note.onset)]
    assert not any(read.timeline.position(onset) for onset in downbeats)
