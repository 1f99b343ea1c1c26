"""MusicXML goes out and comes back; it is valid, complete, and the same every time."""

import io
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rulegen.errors import OutputError
from rulegen.io.container import read_tree
from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.io.read import read_score
from rulegen.io.read_musicxml import score_of
from rulegen.score.events import (
    ARTICULATIONS,
    DYNAMICS,
    HAIRPINS,
    ChordEvent,
    Dynamic,
    Hairpin,
    Note,
    Score,
    Voice,
)
from rulegen.score.timeline import MeterChange, Section, Tempo, Timeline
from rulegen.theory.chord import parse_roman
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import MODES, Key

KEYS = [
    Key.parse(tonic, mode)
    for tonic, mode in (("G", "major"), ("Eb", "major"), ("F#", "minor"), ("D", "dorian"))
]
KEYS += [Key.parse("E", "phrygian"), Key.parse("C", "minor"), Key.parse("B", "major")]
METERS = [
    Meter.parse(text)
    for text in ("4/4", "3/4", "2/2", "6/8", "9/8", "5/4 = 3+2", "7/8", "3/8", "7/8 = 3+2+2")
]
LENGTHS = [Fraction(text) for text in ("1/16", "1/8", "3/16", "1/4", "3/8", "1/2", "5/8", "3/4", "1", "5/4")]
VOICES = (
    Voice("upper", Pitch.parse("C4"), Pitch.parse("C6")),
    Voice("low one", Pitch.parse("E2"), Pitch.parse("E4")),
)

SLOW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate],  # music21 is too slow for shrinking to end
)

pitches = st.builds(Pitch, st.integers(0, 6), st.integers(-2, 2), st.integers(2, 5))


@st.composite
def lines(draw: st.DrawFn, voice: str, end: Fraction) -> list[Note]:
    """Notes, rests and triplets that fill the time; no two rests stand together."""
    found: list[Note] = []
    clock = Fraction(0)
    while clock < end:
        left = end - clock
        if left >= Fraction(1, 4) and (clock * 4).denominator == 1 and draw(st.integers(0, 5)) == 0:
            for third in range(3):
                onset = clock + third * Fraction(1, 12)
                found.append(Note(voice, onset, Fraction(1, 12), draw(pitches)))
            clock += Fraction(1, 4)
            continue
        length = min(left, draw(st.sampled_from(LENGTHS)))
        is_rest = draw(st.integers(0, 4)) == 0 and not (found and found[-1].is_rest)
        pitch = None if is_rest else draw(pitches)
        fermata = pitch is not None and draw(st.integers(0, 6)) == 0
        marks = draw(st.sets(st.sampled_from(ARTICULATIONS), max_size=2)) if pitch is not None else set()
        articulations = tuple(mark for mark in ARTICULATIONS if mark in marks)
        slurred = pitch is not None and draw(st.integers(0, 3)) == 0
        note = Note(voice, clock, length, pitch, fermata=fermata, articulations=articulations)
        found.append(replace(note, slurred=slurred))
        clock += length
    sounding = [place for place, note in enumerate(found) if note.pitch is not None]
    for place in sounding[-1:]:
        found[place] = replace(found[place], slurred=False)  # there is no note that a slur could lead to
    return found


@st.composite
def loudness(draw: st.DrawFn, end: Fraction) -> tuple[tuple[Dynamic, ...], tuple[Hairpin, ...]]:
    """Dynamics of all voices or of one, at most one at a place, and hairpins one after the other."""
    places = [Fraction(place, 8) for place in range(int(end * 8))]
    onsets = sorted(draw(st.sets(st.sampled_from(places), max_size=3)))
    voices = st.sampled_from([None, VOICES[0].name, VOICES[1].name])
    dynamics = tuple(Dynamic(onset, draw(st.sampled_from(DYNAMICS)), draw(voices)) for onset in onsets)
    ends = sorted(draw(st.sets(st.sampled_from([*places, end]), max_size=4)))
    hairpins = tuple(
        Hairpin(start, stop, draw(st.sampled_from(HAIRPINS)), draw(voices))
        for start, stop in zip(ends[::2], ends[1::2], strict=False)
    )
    return dynamics, hairpins


@st.composite
def clocks(draw: st.DrawFn) -> Timeline:
    """Up to three sections, each in a key, a meter and a tempo of its own, some with an upbeat, which the bar
    before it may be short by; within a section a phrase may be in another key.
    """
    keys, signatures, meters, tempi, sections = [], [], [], [], []
    clock, upbeats = Fraction(0), st.sampled_from([Fraction(0), Fraction(1, 8), Fraction(1, 4)])
    for name in "ABC"[: draw(st.integers(1, 3))]:
        meter, key, upbeat = draw(st.sampled_from(METERS)), draw(st.sampled_from(KEYS)), draw(upbeats)
        if clock and upbeat and draw(st.booleans()):
            clock -= upbeat  # the last section is shorter by it
        if sections and clock <= sections[-1].onset:
            continue
        beat = draw(st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 8)]))
        sections = [replace(each, end=min(each.end, clock)) for each in sections]
        end = clock + upbeat + draw(st.integers(1, 3)) * meter.bar_length
        signatures.append((clock, key))
        keys += [(clock, key), (clock + upbeat + meter.bar_length, draw(st.sampled_from([key, *KEYS])))]
        meters.append(MeterChange(clock, meter, upbeat))
        tempi.append((clock, Tempo(draw(st.sampled_from([60, 72, 92.5, 101.3])), beat)))
        sections.append(Section(name, clock, end))
        clock = end
    kept = tuple(change for change in keys if change[0] < clock)
    return Timeline(kept, tuple(meters), tuple(tempi), tuple(signatures), tuple(sections), end=clock)


@st.composite
def scores(draw: st.DrawFn, time: st.SearchStrategy[Timeline] | None = None) -> Score:
    clock = draw(clocks() if time is None else time)
    end = clock.end
    notes = [note for voice in VOICES for note in draw(lines(voice.name, end))]
    if any(not any(note.voice == voice.name and note.pitch for note in notes) for voice in VOICES):
        notes = [replace(note, pitch=Pitch.parse("A3"), slurred=False) for note in notes]
    chords = []
    for at in range(int(end * 4)):
        key = clock.key_at(Fraction(at, 4))
        labels = {
            "major": ("I", "V65", "ii", "V7/V", "bVII"),
            "minor": ("i", "V7", "iv6", "viio7"),
        }.get(key.mode)
        if labels and draw(st.booleans()):
            label = draw(st.sampled_from(labels))
            chords.append(ChordEvent(Fraction(at, 4), Fraction(1, 4), parse_roman(label, key)))
    score = Score("A title & more", VOICES, clock, tuple(notes), tuple(chords))
    dynamics, hairpins = draw(loudness(score.end))
    return replace(score, dynamics=dynamics, hairpins=hairpins)


@st.composite
def plain_clocks(draw: st.DrawFn) -> Timeline:
    """One key, meter and tempo, perhaps with a pickup."""
    meter, key = draw(st.sampled_from(METERS)), draw(st.sampled_from(KEYS))
    pickup = draw(st.sampled_from([Fraction(0), Fraction(1, 8), Fraction(1, 4)]))
    end = pickup + draw(st.integers(1, 4)) * meter.bar_length
    return Timeline.plain(key, meter, pickup=pickup).until(end)


def back(score: Score) -> Score:
    return score_of(read_tree(musicxml_text(score).encode(), "it"), "it")


@settings(SLOW, max_examples=25)
@given(scores())
def test_a_score_goes_out_and_comes_back_equal(score: Score) -> None:
    assert back(score) == score


@settings(SLOW, max_examples=10)
@given(scores(plain_clocks()))
def test_every_bar_is_full_and_every_tie_is_closed(score: Score) -> None:
    root = ElementTree.fromstring(musicxml_text(score))
    for part in root.findall("part"):
        divisions = int(part.findtext("measure/attributes/divisions") or "0")
        full = score.meter.bar_length * 4 * divisions
        open_tie = False
        for measure in part.findall("measure"):
            length = sum(int(note.findtext("duration") or "0") for note in measure.findall("note"))
            assert length == (score.timeline.pickup * 4 * divisions if measure.get("number") == "0" else full)
            for note in measure.findall("note"):
                kinds = {tie.get("type") for tie in note.findall("tie")}
                assert ("stop" in kinds) == open_tie
                open_tie = "start" in kinds
        assert not open_tie


@settings(SLOW, max_examples=6)
@given(score=scores())
def test_what_is_written_is_valid(schema: Any, score: Score) -> None:
    schema.validate(ElementTree.fromstring(musicxml_text(score)))


def test_a_chorale_comes_back_with_chords_form_ornaments_and_metadata(chorale: Score, schema: Any) -> None:
    assert back(chorale) == chorale
    schema.validate(ElementTree.fromstring(musicxml_text(chorale)))


@pytest.mark.parametrize("mode", list(MODES))
def test_every_mode_comes_back(chorale: Score, mode: str) -> None:
    key = Key.parse("D", mode)
    assert back(replace(chorale, timeline=chorale.timeline.in_key(key), chords=())).key == key


def test_the_same_score_gives_the_same_bytes(chorale: Score, tmp_path: Path) -> None:
    for name in ("a.musicxml", "b.musicxml", "a.mxl", "b.mxl"):
        write_musicxml(chorale, tmp_path / name)
    assert (tmp_path / "a.musicxml").read_bytes() == (tmp_path / "b.musicxml").read_bytes()
    assert (tmp_path / "a.mxl").read_bytes() == (tmp_path / "b.mxl").read_bytes()
    assert b"encoding-date" not in (tmp_path / "a.musicxml").read_bytes()


@pytest.mark.parametrize("name", ["it.musicxml", "it.xml", "it.mxl", "IT.MXL"])
def test_every_ending_is_written_and_read(chorale: Score, tmp_path: Path, name: str) -> None:
    write_musicxml(chorale, tmp_path / name)
    assert read_score(tmp_path / name) == chorale


def test_a_stream_is_written_to(chorale: Score) -> None:
    stream = io.BytesIO()
    write_musicxml(chorale, stream)
    assert stream.getvalue().decode() == musicxml_text(chorale)


def test_labels_can_be_left_out(chorale: Score) -> None:
    assert "<harmony" in musicxml_text(chorale)
    assert "<harmony" not in musicxml_text(chorale, labels=False)


def test_a_repeat_is_a_sign_or_the_notes_again(repeated: Score) -> None:
    signs = ElementTree.fromstring(musicxml_text(repeated))
    written = ElementTree.fromstring(musicxml_text(replace(repeated, repeat_style="written")))
    shown = [(sign.get("direction"), sign.get("times")) for sign in signs.iter("repeat")]
    assert shown == [("backward", None), ("forward", None), ("backward", "3")]
    assert not list(written.iter("repeat"))
    assert len(list(signs.iter("note"))) < len(list(written.iter("note")))
    assert back(repeated) == repeated
    assert back(replace(repeated, repeat_style="written")) == replace(repeated, repeat_style="written")


def test_a_statement_with_other_notes_is_not_folded(repeated: Score) -> None:
    last = repeated.notes[-1]
    changed = replace(repeated, notes=(*repeated.notes[:-1], replace(last, pitch=Pitch.parse("C5"))))
    shown = [sign.get("times") for sign in ElementTree.fromstring(musicxml_text(changed)).iter("repeat")]
    assert shown == [None, None, None]
    assert back(changed) == changed


def test_accidentals_stand_only_where_needed(chorale: Score) -> None:
    root = ElementTree.fromstring(musicxml_text(chorale))
    soprano = root.findall("part")[0]
    assert [mark.text for mark in soprano.iter("accidental")] == ["sharp"]


def test_clefs_suit_the_voices(chorale: Score) -> None:
    clefs = [
        (clef.findtext("sign"), clef.findtext("clef-octave-change"))
        for clef in ElementTree.fromstring(musicxml_text(chorale)).iter("clef")
    ]
    assert clefs == [("G", None), ("G", None), ("G", "-1"), ("F", None)]


def test_a_folder_that_is_not_there_is_named(chorale: Score, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*nowhere"):
        write_musicxml(chorale, tmp_path / "nowhere" / "it.musicxml")
    with pytest.raises(OutputError, match="it is a folder"):
        (tmp_path / "is.xml").mkdir()
        write_musicxml(chorale, tmp_path / "is.xml")
    with pytest.raises(OutputError, match=r"ends in \.musicxml"):
        write_musicxml(chorale, tmp_path / "it.pdf")


def test_an_interrupted_run_leaves_the_old_file(
    chorale: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "it.musicxml"
    place.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_musicxml(chorale, place)
    assert place.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["it.musicxml"]


def test_verovio_reads_it_without_a_word(
    chorale: Score, repeated: Score, capfd: pytest.CaptureFixture[str]
) -> None:
    verovio = pytest.importorskip("verovio")
    verovio.enableLog(verovio.LOG_WARNING)
    for score in (chorale, repeated):
        toolkit = verovio.toolkit()
        assert toolkit.loadData(musicxml_text(score))
        assert toolkit.getPageCount() == 1
        assert toolkit.getLog() == ""
    assert capfd.readouterr().err == ""
