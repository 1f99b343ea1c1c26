"""Whatever bytes a score file has, it is read, or refused with its name: it never fails otherwise, or waits."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.errors import OutputError, ScoreReadError
from rulegen.face.scores import open_score
from rulegen.io.midi import midi_bytes, to_pretty_midi
from rulegen.io.midi_file import MidiError, MidiFile, MidiNote, MidiTrack, read_midi_file, write_midi_file
from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.io.read import read_part, read_score
from rulegen.io.read_midi import midi_score
from rulegen.score.events import Score
from rulegen.score.notation import parse_score


def is_read_or_refused(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    for read in (read_score, lambda path: read_part(path, "1")):
        try:
            read(place)
        except ScoreReadError as error:
            assert place.name in str(error)


def spoilt(content: bytes, dice: random.Random) -> bytes:
    """The content with some bytes changed, left out or put in."""
    found = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 8])):
        place = dice.randrange(len(found))
        match dice.randrange(3):
            case 0:
                found[place] = dice.randrange(256)
            case 1:
                del found[place : place + dice.choice([1, 2, 30])]
            case _:
                found[place:place] = bytes(dice.randrange(256) for _ in range(dice.choice([1, 4])))
    return bytes(found)


def packed(score: Score, place: Path) -> bytes:
    write_musicxml(score, place)
    return place.read_bytes()


@pytest.mark.parametrize("ending", [".mid", ".mxl", ".musicxml"])
def test_spoilt_files_are_read_or_refused(chorale: Score, tmp_path: Path, ending: str) -> None:
    write: dict[str, Callable[[], bytes]] = {
        ".mid": lambda: midi_bytes(chorale),
        ".mxl": lambda: packed(chorale, tmp_path / "whole.mxl"),
        ".musicxml": lambda: musicxml_text(chorale).encode(),
    }
    content, dice = write[ending](), random.Random(8)
    for _ in range(150):
        is_read_or_refused(tmp_path / f"spoilt{ending}", spoilt(content, dice))


def test_two_bytes_may_be_missing_anywhere_in_a_compressed_file(chorale: Score, tmp_path: Path) -> None:
    content = packed(chorale, tmp_path / "whole.mxl")
    for place in [*range(0, len(content), 41), *range(len(content) - 120, len(content))]:
        is_read_or_refused(tmp_path / "cut.mxl", content[:place] + content[place + 2 :])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_read_and_refused_where_damaged(
    chorale: Score, tmp_path: Path, method: int
) -> None:
    buffer = io.BytesIO()
    container = b'<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("s.xml", musicxml_text(chorale))
    (tmp_path / "it.mxl").write_bytes(buffer.getvalue())
    assert read_score(tmp_path / "it.mxl") == chorale
    dice = random.Random(1)
    for _ in range(60):
        is_read_or_refused(tmp_path / "it.mxl", spoilt(buffer.getvalue(), dice))


META = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk"
NOTE = b"\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (b"\xff\x59\x02\x00\x4e", "a key signature of the bytes 00 4e"),
        (b"\xff\x59\x02\x09\x00", "a key signature of the bytes 09 00"),
        (b"\xff\x59\x01\x00", "a key signature of the bytes 00"),
        (b"\xff\x58\x04\x00\x02\x18\x08", "a meter of the bytes 00 02 18 08"),
        (b"\xff\x58\x04\x04\x14\x18\x08", "a meter of the bytes 04 14 18 08"),
        (b"\xff\x51\x03\x00\x00\x00", "a tempo that lasts no time"),
        (b"\xff\x51\x01\x07", "a tempo that lasts no time"),
    ],
)
def test_an_event_of_midi_that_makes_no_sense_is_left_out_and_named(event: bytes, said: str) -> None:
    body = b"\0" + event + NOTE
    score = midi_score(META + len(body).to_bytes(4, "big") + body, "it.mid")
    assert [note.duration for note in score.notes] == [Fraction(1, 4)]
    assert dict(score.metadata) == {"left out": said}


@pytest.mark.parametrize(
    "content",
    [
        b"MThd\0\0\0\x06\0\0\0\x01\xe8\x28",  # frames of film
        b"MThd\0\0\0\x06\0\0\0\x01\0\0",
        b"MThd\0\0\0\x06\0\0\0\x02\0\x60",  # fewer tracks than it says
        META + b"\xff\xff\xff\xff" + NOTE,
        META + b"\0\0\0\x04\0\x3c\x40\0",  # data without a status
        META + b"\0\0\0\x05\xff\xff\xff\xff\x7f",
    ],
)
def test_a_damaged_midi_file_is_refused(content: bytes) -> None:
    with pytest.raises(MidiError):
        read_midi_file(content)


def test_a_midi_file_comes_back_as_it_was_written() -> None:
    notes = [MidiNote(0, 480, 60, 70), MidiNote(480, 100_000, 60, 1), MidiNote(100_000, 100_001, 72, 127)]
    file = MidiFile(
        480,
        [MidiTrack("Flöte", 0, 73, notes), MidiTrack("low", 10, 5, notes[:1])],
        [(0, 3, 4), (1440, 6, 8)],
        [(0, -3, True), (960, 7, False)],
        [(0, 500_000), (480, 900_000)],
        end=100_001,
    )
    assert read_midi_file(write_midi_file(file)) == file


def test_pretty_midi_reads_what_is_written(chorale: Score) -> None:
    midi = to_pretty_midi(chorale)
    assert [track.name for track in midi.instruments] == [voice.name for voice in chorale.voices]
    assert [len(track.notes) for track in midi.instruments] == [
        sum(not note.is_rest for note in chorale.notes_of(voice.name)) for voice in chorale.voices
    ]
    (sign,) = midi.key_signature_changes
    assert sign.key_number == 7  # G major
    assert [(each.numerator, each.denominator) for each in midi.time_signature_changes] == [(1, 4), (4, 4)]


def test_a_note_without_a_midi_number_is_refused() -> None:
    with pytest.raises(OutputError, match="MIDI has no number for B9"):
        midi_bytes(parse_score("key C major\nvoice v C4..C10\nv | B9:1/1 |"))


def test_a_pipe_is_no_score(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.musicxml")
    with pytest.raises(ScoreReadError, match="is not a file"):
        read_score(tmp_path / "pipe.musicxml")
    with pytest.raises(ScoreReadError, match="is not a file"):
        read_part(tmp_path / "pipe.musicxml", "1")


@pytest.mark.parametrize("which", ["99", "2", "0", "9" * 5000])
def test_the_only_part_goes_by_no_number_beyond_one(tmp_path: Path, which: str) -> None:
    score = parse_score("key C major\nvoice tune C4..C5\ntune | C4:1/1 |")
    for name, content in (("it.musicxml", musicxml_text(score).encode()), ("it.mid", midi_bytes(score))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ScoreReadError, match=r"has one part \(tune\), and none of them is called"):
            read_part(tmp_path / name, which)
        assert len(read_part(tmp_path / name, "1").voices) == 1


def test_a_file_whose_name_is_no_text_is_read(chorale: Score, tmp_path: Path) -> None:
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.musicxml"))
    write_musicxml(chorale, place)
    assert read_score(place) == chorale


@pytest.mark.parametrize("name", ["it.musicxml", "it.mid", "it.txt"])
def test_a_note_of_a_million_bars_is_refused(tmp_path: Path, name: str) -> None:
    short = parse_score("key C major\nvoice v C4..C5\nv | C4:1/1 |")
    content = {
        "it.musicxml": musicxml_text(short).replace("<duration>4<", "<duration>4000000<").encode(),
        "it.mid": write_midi_file(MidiFile(1, [MidiTrack("v", 0, 0, [MidiNote(0, 4_000_000, 60, 60)])])),
        "it.txt": b"key C major\nvoice v C4..C5\nv | C4:1000000/1 |",
    }
    (tmp_path / name).write_bytes(content[name])
    with pytest.raises(ScoreReadError, match="longer than 20000 bars"):
        open_score(tmp_path / name)
