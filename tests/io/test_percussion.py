"""Percussion goes out and comes back: as text, as MusicXML on a staff of its own, as MIDI on the channel of drums."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.errors import ScoreReadError
from rulegen.io.midi import midi_bytes
from rulegen.io.midi_file import DRUMS, read_midi_file
from rulegen.io.musicxml import musicxml_text
from rulegen.io.read import read_score
from rulegen.score.reading import parse_score
from rulegen.score.writing import format_score
from rulegen.theory.stroke import BY_KEY, STROKES

TEXT = """title "Groove"
key C major
meter 4/4
tempo quarter = 100
voice lead C4..E4
voice hat percussion drums
voice snare percussion drums
voice kick percussion drums
section A 0..2
phrase 0..2 section A

lead  | C4:1/4 D4 E4 C4             | D4:1/2 C4                  |
hat   | x:1/8 x x x x> x x x        | x:1/4 x r:1/2              |
snare | r:1/4 x r x                 | r:1/4 x:1/16 x x x r:1/2   |
kick  | x:3/8 x:1/8 x:1/4 x         | x:1/2 r                    |
"""


def test_text_says_strokes_and_their_kit() -> None:
    score = parse_score(TEXT)
    assert [voice.kit for voice in score.voices] == [None, "drums", "drums", "drums"]
    assert {note.pitch.midi for note in score.notes_of("snare") if note.pitch} == {38}
    assert parse_score(format_score(score)) == score


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("hat | x:1/4 C4 |", "'C4' is no stroke: write x, or r for a rest"),
        ("lead | x:1/4 |", "'x' is not a pitch"),
        ("voice gong percussion drums", "no instrument of percussion is called 'gong'"),
    ],
)
def test_what_is_no_stroke_is_told(line: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_score(TEXT + line)


def test_musicxml_has_one_staff_for_a_kit_and_comes_back(tmp_path: Path) -> None:
    score = parse_score(TEXT)
    root = ElementTree.fromstring(musicxml_text(score).encode())
    _lead, drums = root.findall("part")
    assert [each.findtext("part-name") for each in root.iterfind("part-list/score-part")] == ["Lead", "Drums"]
    assert drums.findtext("measure/attributes/clef/sign") == "percussion"
    assert {
        each.findtext("midi-channel") for each in root.iterfind(".//midi-instrument[midi-unpitched]")
    } == {"10"}
    struck = [note for note in drums.iter("note") if note.find("unpitched") is not None]
    assert len(struck) == len([n for n in score.notes if n.voice != "lead" and n.pitch is not None])
    kick = next(note for note in struck if note.find("instrument").get("id") == "P2-kick")  # type: ignore[union-attr]
    assert kick.findtext("unpitched/display-step") == "F" and kick.findtext("stem") == "down"
    hat = next(note for note in struck if note.find("instrument").get("id") == "P2-hat")  # type: ignore[union-attr]
    assert hat.findtext("notehead") == "x" and hat.findtext("stem") == "up"
    path = tmp_path / "drums.musicxml"
    path.write_text(musicxml_text(score), encoding="utf-8")
    again = read_score(path)
    assert (again.voices, again.notes, again.phrases) == (score.voices, score.notes, score.phrases)


def test_rests_of_a_kit_are_printed_where_nothing_sounds() -> None:
    root = ElementTree.fromstring(musicxml_text(parse_score(TEXT)).encode())
    first, second = root.findall("part")[1].findall("measure")
    shown = [note.get("print-object") for note in first.iter("note") if note.find("rest") is not None]
    assert set(shown) == {"no"}
    rests = [note for note in second.iter("note") if note.find("rest") is not None]
    assert [note.get("print-object") for note in rests].count(
        None
    ) == 1  # the half bar in which all are silent


def test_midi_strikes_the_keys_of_the_kit_on_its_channel(tmp_path: Path) -> None:
    score = parse_score(TEXT)
    tracks = {track.name: track for track in read_midi_file(midi_bytes(score)).tracks if track.notes}
    assert {name: track.channel == DRUMS for name, track in tracks.items()} == {
        "lead": False, "hat": True, "snare": True, "kick": True,
    }  # fmt: skip
    assert {note.pitch for note in tracks["hat"].notes} == {42}
    path = tmp_path / "drums.mid"
    path.write_bytes(midi_bytes(score))
    again = read_score(path)
    plain = [(note.voice, note.onset, note.duration, note.pitch) for note in score.notes]
    assert [(note.voice, note.onset, note.duration, note.pitch) for note in again.notes] == plain
    assert [voice.kit for voice in again.voices] == [None, "drums", "drums", "drums"]


def test_strokes_that_another_program_writes_as_chords_are_lines_of_their_own(tmp_path: Path) -> None:
    def note(instrument: str, duration: int, chord: str = "") -> str:
        return (
            f"<note>{chord}<unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>"
            f'<duration>{duration}</duration><instrument id="{instrument}"/></note>'
        )

    text = f"""<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Kit</part-name>
      <score-instrument id="a"><instrument-name>Hi-Hat</instrument-name></score-instrument>
      <score-instrument id="b"><instrument-name>Bass Drum</instrument-name></score-instrument>
      <midi-instrument id="a"><midi-unpitched>43</midi-unpitched></midi-instrument>
      <midi-instrument id="b"><midi-unpitched>37</midi-unpitched></midi-instrument></score-part></part-list>
      <part id="P1"><measure number="1"><attributes><divisions>2</divisions><key><fifths>0</fifths></key>
      <time><beats>2</beats><beat-type>4</beat-type></time><clef><sign>percussion</sign></clef></attributes>
      {note("a", 2)}{note("b", 2, "<chord/>")}{note("a", 1)}{note("a", 1)}</measure></part></score-partwise>"""
    path = tmp_path / "kit.musicxml"
    path.write_text(text, encoding="utf-8")
    score = read_score(path)
    lines = {
        voice.name: [(n.onset, n.duration, n.is_rest) for n in score.notes_of(voice.name)]
        for voice in score.voices
    }
    quarter, eighth = Fraction(1, 4), Fraction(1, 8)
    assert lines == {
        "hat": [(0, quarter, False), (quarter, eighth, False), (quarter + eighth, eighth, False)],
        "kick": [(0, quarter, False), (quarter, quarter, True)],
    }
    path.write_text(
        text.replace("<midi-unpitched>43</midi-unpitched>", "").replace(
            "<midi-unpitched>37</midi-unpitched>", ""
        )
    )
    with pytest.raises(ScoreReadError, match="does not say what is struck"):
        read_score(path)


def test_every_stroke_has_a_key_of_its_own_and_a_place() -> None:
    assert len(BY_KEY) == len(STROKES) == 47
    assert [stroke.pitch.midi for stroke in STROKES.values()] == list(range(35, 82))


def test_the_page_has_a_staff_of_drums() -> None:
    verovio = pytest.importorskip("verovio")
    toolkit = verovio.toolkit()
    assert toolkit.loadData(musicxml_text(parse_score(TEXT)))
    page = io.StringIO(toolkit.renderToSVG(1)).read()
    assert page.count('class="staff"') >= 2 and "E069" in page  # the clef of percussion
