"""Voices that share a staff, and staves that share a brace."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.io.read import read_score
from rulegen.io.staves import parts_of
from rulegen.score.events import Score
from rulegen.score.reading import parse_score

TEXT = """
title "Afterbeats"
key G major
meter 3/4
tempo quarter = 120
voice melody D4..G5
voice upper G3..E4
voice lower D3..C4
voice bass G2..B3
melody | B4:1/4 A4 G4 | F#4:1/2 F4:1/4 |
upper | r:1/4 D4 D4 | r:1/4 C4 C4 |
lower | r:1/4 B3 B3 | r:1/4 A3 A3 |
bass | G2:3/4 | D3:3/4 |
"""


def _score(**metadata: str) -> Score:
    said = tuple((name.replace("_", " "), text) for name, text in metadata.items())
    return replace(parse_score(TEXT), metadata=said)


def test_voices_without_a_staff_of_their_name_have_a_part_each() -> None:
    assert [part.name for part in parts_of(_score())] == ["Melody", "Upper", "Lower", "Bass"]


def test_a_brace_joins_staves_and_a_staff_voices() -> None:
    score = _score(staff_left="upper, lower, bass", brace_piano="melody, left")
    [part] = parts_of(score)
    assert (part.name, part.program) == ("Piano", 0)
    assert [staff.stems for staff in part.staves] == [(("melody",),), (("upper", "lower"), ("bass",))]
    assert [staff.clef for staff in part.staves] == ["treble", "bass"]


def test_the_clef_is_of_the_range_and_not_of_the_notes() -> None:
    score = "key C major\nmeter 4/4\nvoice lower D3..D4\nlower | {note}:1/1 |\n"
    clefs = {parts_of(parse_score(score.format(note=note)))[0].staves[0].clef for note in ("D3", "A3", "D4")}
    assert clefs == {"bass"}


def test_voices_that_meet_do_not_share_a_stem() -> None:
    crossing = TEXT.replace("r:1/4 B3 B3", "r:1/4 B3 D4").replace("D3..C4", "D3..D4")
    score = replace(parse_score(crossing), metadata=(("staff left", "upper, lower, bass"),))
    assert parts_of(score)[1].staves[0].stems == (("upper",), ("lower",), ("bass",))


@pytest.mark.parametrize(
    "metadata",
    [
        {"staff_women": "melody, upper", "staff_men": "lower, bass"},
        {"staff_left": "upper, lower, bass", "brace_piano": "melody, left"},
        {"brace_organ": "melody, upper", "staff_pedal": "lower, bass"},
        {"staff_all": "melody, upper, lower, bass"},
    ],
)
def test_what_shares_a_staff_is_read_back_by_its_own_names(tmp_path: Path, metadata: dict[str, str]) -> None:
    score = _score(**metadata)
    write_musicxml(score, tmp_path / "piece.musicxml")
    found = read_score(tmp_path / "piece.musicxml")
    assert {voice.name for voice in found.voices} == {"melody", "upper", "lower", "bass"}
    for voice in score.voices:
        sounding = [note for note in score.notes_of(voice.name) if note.pitch is not None]
        assert [note for note in found.notes_of(voice.name) if note.pitch is not None] == sounding


def test_an_accidental_holds_for_the_other_voice_of_the_staff() -> None:
    text = TEXT.replace("G2:3/4", "F2:3/4").replace("r:1/4 B3 B3", "r:1/4 F2 B3")
    score = parse_score(text.replace("D3..C4", "F2..C4").replace("G2..B3", "F2..B3"))
    root = fromstring(musicxml_text(replace(score, metadata=(("staff low", "lower, bass"),))))
    notes = root.findall("part[3]/measure[1]/note")
    low = [note for note in notes if note.findtext("pitch/step") == "F"]
    assert len(low) == 2
    assert sum(note.find("accidental") is not None for note in low) == 1


def test_stems_go_apart_and_staves_are_told(tmp_path: Path) -> None:
    root = fromstring(musicxml_text(_score(staff_left="upper, lower, bass", brace_piano="melody, left")))
    notes = [note for note in root.iter("note") if note.find("pitch") is not None]
    told = {(note.findtext("staff"), note.findtext("voice"), note.findtext("stem")) for note in notes}
    assert told == {("1", "1", None), ("2", "5", "up"), ("2", "6", "down")}
    assert root.findtext("part/measure/attributes/staves") == "2"


def test_a_foreign_chord_is_read_as_lines_from_the_top(tmp_path: Path) -> None:
    path = tmp_path / "chord.musicxml"
    text = musicxml_text(_score(staff_left="upper, lower, bass"))
    path.write_text(re.sub("<miscellaneous>.*</miscellaneous>", "", text, flags=re.DOTALL))
    found = read_score(path)
    assert [voice.name for voice in found.voices] == ["melody", "left 1", "left 2", "left 3"]
    assert [note.pitch.name for note in found.notes_of("left 2") if note.pitch][:2] == ["B3", "B3"]
    assert found.end == Fraction(3, 2)


def test_one_player_sees_no_rest_where_another_voice_sounds() -> None:
    def shown(**metadata: str) -> list[bool]:
        root = fromstring(musicxml_text(_score(**metadata)))
        return [
            note.get("print-object") != "no" for note in root.iter("note") if note.find("rest") is not None
        ]

    assert shown(staff_left="upper, lower, bass", brace_piano="melody, left") == [False] * 2
    assert shown(staff_men="upper, lower, bass") == [True] * 2


@pytest.mark.parametrize(
    ("name", "low", "high", "clef"),
    [
        ("soprano", "C4", "A5", "treble"), ("alto", "F3", "D5", "treble"), ("tenor", "C3", "A4", "treble8vb"),
        ("bass", "D2", "D4", "bass"), ("viola", "C3", "E5", "alto"), ("lower", "C3", "C4", "bass"),
    ],
)  # fmt: skip
def test_a_voice_has_the_clef_that_its_singer_reads(name: str, low: str, high: str, clef: str) -> None:
    score = parse_score(f"key C major\nmeter 4/4\nvoice {name} {low}..{high}\n\n{name} | {low}:1 |\n")
    assert parts_of(score)[0].staves[0].clef == clef
