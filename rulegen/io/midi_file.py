"""Standard MIDI files as notes, meters, keys and tempi in ticks: read from bytes, and written to bytes.

mido and pretty_midi give up a whole file for one meta event that makes no sense, such as a key of nine
sharps, which sequencers do write; here it is left out and named.
"""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

DRUMS = 9  # the channel, counted from 0, that has no pitches
_MOST_ACCIDENTALS = 7
_NAME, _LYRIC, _MARKER, _END, _TEMPO, _METER, _KEY = 0x03, 0x05, 0x06, 0x2F, 0x51, 0x58, 0x59
_OFF, _ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_PAN = 10  # the number of a control
_ONE_BYTE = (0xC0, 0xD0)  # the messages of channels that have one byte of data


class MidiError(ValueError):
    """A file that is no MIDI file, or a damaged one."""


class MidiNote(NamedTuple):
    """A note in ticks."""

    start: int
    end: int
    pitch: int
    velocity: int


@dataclass(slots=True)
class MidiTrack:
    """What one channel plays in a track."""

    name: str
    channel: int
    program: int = 0
    notes: list[MidiNote] = field(default_factory=list)
    pan: int | None = None
    lyrics: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class MidiFile:
    """A file of tracks. Times are ticks from the start.

    meters: (time, upper number, lower number); keys: (time, sharps or minus flats, whether minor); tempi:
    (time, microseconds a quarter); markers: (time, text). `end`: where the last track ends. `ignored` says
    which events of a file that was read made no sense. Markers, lyrics, the title and the places of channels
    between left and right (`pan`) are written, and not read.
    """

    ticks_a_quarter: int
    tracks: list[MidiTrack] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, bool]] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    title: str = ""
    end: int = 0
    ignored: list[str] = field(default_factory=list)


def read_midi_file(content: bytes) -> MidiFile:
    """Reads a file, in a RIFF wrapper or without. Raises MidiError for what is none, or is cut off.

    An event that makes no sense, such as a key of nine sharps, is left out and named in `ignored`.
    """
    if content.startswith(b"RIFF"):
        content = content[max(content.find(b"MThd"), 0) :]
    if not content.startswith(b"MThd"):
        raise MidiError("it does not begin with MThd")
    data = _Bytes(content)
    header = _Bytes(data.chunk()[1])
    _, count, division = (int.from_bytes(header.take(2), "big") for _ in range(3))
    if division >= 0x8000 or division == 0:
        raise MidiError("it counts time in frames of film, which have no beats")
    found = MidiFile(division)
    tracks = 0
    while tracks < count:
        kind, body = data.chunk()
        if kind == b"MTrk":
            found.tracks += _Track(found, _Bytes(body)).read()
            tracks += 1
    for changes in (found.meters, found.keys, found.tempi):
        changes.sort(key=lambda change: change[0])
    return found


@dataclass(slots=True)
class _Bytes:
    """Bytes that are taken one after the other; raises MidiError where there are none left."""

    content: bytes
    place: int = 0

    def take(self, count: int) -> bytes:
        end = self.place + count
        if end > len(self.content):
            raise MidiError("it is cut off")
        found = self.content[self.place : end]
        self.place = end
        return found

    def chunk(self) -> tuple[bytes, bytes]:
        kind = self.take(4)
        return kind, self.take(int.from_bytes(self.take(4), "big"))

    def number(self) -> int:
        """A number of one to four bytes, each with seven bits of it."""
        found = 0
        for _ in range(4):
            (byte,) = self.take(1)
            found = found << 7 | byte & 0x7F
            if byte < 0x80:
                return found
        raise MidiError("it has a number of more than four bytes")


@dataclass(slots=True)
class _Track:
    """Reads the events of one track; each of its channels is a track of ours."""

    file: MidiFile
    data: _Bytes
    name: str = ""
    clock: int = 0
    channels: dict[int, MidiTrack] = field(default_factory=dict)
    sounding: dict[tuple[int, int], deque[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def read(self) -> list[MidiTrack]:
        status = 0
        while self.data.place < len(self.data.content):
            self.clock += self.data.number()
            byte = self.data.content[self.data.place : self.data.place + 1]
            if byte and byte[0] >= 0x80:
                status = self.data.take(1)[0]
            if status < 0x80 or 0xF1 <= status <= 0xF6 or 0xF8 <= status <= 0xFE:
                raise MidiError("it has an event that no file may have")
            if status == 0xFF:
                kind = self.data.take(1)[0]
                self._meta(kind, self.data.take(self.data.number()))
                if kind == _END:
                    break
            elif status in (0xF0, 0xF7):
                self.data.take(self.data.number())
            else:
                self._message(status & 0xF0, status & 0x0F)
        for (channel, pitch), begun in self.sounding.items():  # what is never let go ends with the track
            self._close(channel, pitch, begun)
        self.file.end = max(self.file.end, self.clock)
        for track in self.channels.values():
            track.name = self.name
            track.notes.sort()
        return [self.channels[channel] for channel in sorted(self.channels)]

    def _message(self, kind: int, channel: int) -> None:
        first, *rest = self.data.take(1 if kind in _ONE_BYTE else 2)
        if max(first, *rest, 0) >= 0x80:
            raise MidiError("it has an event that no file may have")
        track = self.channels.setdefault(channel, MidiTrack("", channel))
        if kind == _PROGRAM and not track.notes:
            track.program = first
        elif kind == _ON and rest[0]:
            self.sounding[channel, first].append((self.clock, rest[0]))
        elif kind in (_ON, _OFF) and self.sounding[channel, first]:
            start, velocity = self.sounding[channel, first].popleft()
            if start < self.clock:
                track.notes.append(MidiNote(start, self.clock, first, velocity))

    def _close(self, channel: int, pitch: int, begun: Iterable[tuple[int, int]]) -> None:
        notes = [MidiNote(start, self.clock, pitch, velocity) for start, velocity in begun]
        self.channels[channel].notes += [note for note in notes if note.start < note.end]

    def _meta(self, kind: int, body: bytes) -> None:
        ignored = self.file.ignored
        if kind == _NAME and not self.name:
            self.name = _text(body)
        elif kind == _TEMPO:
            microseconds = int.from_bytes(body[:3], "big")
            if len(body) < 3 or not microseconds:
                ignored.append("a tempo that lasts no time")
            else:
                self.file.tempi.append((self.clock, microseconds))
        elif kind == _METER:
            upper, lower = (body[0], 2 ** body[1]) if len(body) >= 2 and body[1] <= 6 else (0, 0)
            if not upper:
                ignored.append(f"a meter of the bytes {body.hex(' ')}")
            else:
                self.file.meters.append((self.clock, upper, lower))
        elif kind == _KEY:
            fifths, mode = struct.unpack("bB", body[:2]) if len(body) >= 2 else (99, 0)
            if abs(fifths) > _MOST_ACCIDENTALS or mode > 1:
                ignored.append(f"a key signature of the bytes {body.hex(' ')}")
            else:
                self.file.keys.append((self.clock, fifths, mode == 1))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def write_midi_file(file: MidiFile) -> bytes:
    """The bytes of a file: a track for meters, keys and tempi, then a track for each of its own."""
    conductor = [
        *([(0, _meta_event(_NAME, file.title.encode("utf-8")))] if file.title else []),
        *((time, _meta_event(_METER, bytes((upper, lower.bit_length() - 1, _click(upper, lower), 8))))
          for time, upper, lower in file.meters),
        *((time, _meta_event(_KEY, struct.pack("bB", fifths, minor))) for time, fifths, minor in file.keys),
        *((time, _meta_event(_TEMPO, microseconds.to_bytes(3, "big"))) for time, microseconds in file.tempi),
        *((time, _meta_event(_MARKER, text.encode("utf-8"))) for time, text in file.markers),
    ]  # fmt: skip
    tracks = [_track_bytes(conductor, file.end), *(_track_bytes(_events(track)) for track in file.tracks)]
    header = struct.pack(">HHH", 1, len(tracks), file.ticks_a_quarter)
    return b"".join([_chunk(b"MThd", header), *(_chunk(b"MTrk", track) for track in tracks)])


def _click(upper: int, lower: int) -> int:
    """The length of a click of the metronome in 24ths of a quarter: a beat, of three units in 6/8."""
    units = 3 if lower >= 8 and upper % 3 == 0 and upper > 3 else 1
    return min(255, max(1, 96 * units // lower))


def _events(track: MidiTrack) -> Iterator[tuple[int, bytes]]:
    yield 0, _meta_event(_NAME, track.name.encode("utf-8"))
    yield 0, bytes((_PROGRAM | track.channel, track.program))
    if track.pan is not None:
        yield 0, bytes((_CONTROL | track.channel, _PAN, track.pan))
    for time, text in track.lyrics:
        yield time, _meta_event(_LYRIC, text.encode("utf-8"))
    for note in track.notes:
        yield note.start, bytes((_ON | track.channel, note.pitch, note.velocity))
        yield note.end, bytes((_OFF | track.channel, note.pitch, 0))


def _track_bytes(events: Iterable[tuple[int, bytes]], end: int = 0) -> bytes:
    """The events in order of time, notes let go before others are struck; the track lasts to `end`."""
    ordered = sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == _ON))
    found, clock = bytearray(), 0
    for time, event in ordered:
        found += _number_bytes(time - clock) + event
        clock = time
    return bytes(found + _number_bytes(max(0, end - clock)) + _meta_event(_END, b""))


def _meta_event(kind: int, body: bytes) -> bytes:
    return bytes((0xFF, kind)) + _number_bytes(len(body)) + body


def _number_bytes(number: int) -> bytes:
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body)) + body
