"""Sound as a file: WAV and FLAC of sixteen bits, Ogg Vorbis, and MP3. The same sound gives the same bytes."""

from __future__ import annotations

import io
import struct
import zlib

from rulegen.errors import OutputError
from rulegen.sound.mastering import Recording
from rulegen.sound.synthesis import RATE

_FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
KINDS = tuple(_FORMATS)
_SERIAL = 0x72756C65  # of every Ogg stream of ours, where its library draws one at random
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_AT_ONCE = 24_000  # samples that the encoders take at once: Vorbis cannot do with many


def encoded(sound: Recording, kind: str) -> bytes:
    """A sound as a file of a kind of `KINDS`. Raises OutputError."""
    import soundfile

    container, coding = _FORMATS[kind]
    buffer = io.BytesIO()
    try:
        with soundfile.SoundFile(buffer, "w", RATE, 2, coding, format=container) as file:
            for piece in sound.pieces(_AT_ONCE):
                file.write(piece)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise OutputError(f"no sound as {kind}: {error}") from None
    content = buffer.getvalue()
    return _with_one_serial(content) if kind == "ogg" else content


def _with_one_serial(content: bytes) -> bytes:
    """An Ogg file with another serial number on each page, and the checksum that goes with it."""
    found, start = bytearray(content), 0
    while start < len(found):
        count = found[start + 26]
        end = start + 27 + count + sum(found[start + 27 : start + 27 + count])
        found[start + 14 : start + 18] = struct.pack("<I", _SERIAL)
        found[start + 22 : start + 26] = bytes(4)
        found[start + 22 : start + 26] = struct.pack("<I", _checksum(bytes(found[start:end])))
        start = end
    return bytes(found)


def _checksum(page: bytes) -> int:
    """Ogg's: the CRC of zlib with all bits the other way round, begun with 0 and left as it is."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
