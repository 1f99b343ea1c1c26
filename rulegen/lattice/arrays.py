"""A header and arrays as one file.

A magic line, the length and checksum of a JSON header, the header, then the arrays one after another, each
aligned to 64 bytes. Nothing in it is executed: header and arrays are read as plain data.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rulegen.storage import replace_whole

_ALIGN = 64

Json = Any
AnyArray = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True, eq=False)
class Arrays:
    """Collects the arrays of a file, each once, and numbers them."""

    arrays: list[AnyArray] = field(default_factory=list)
    described: list[Json] = field(default_factory=list)
    checksum: int = 0
    size: int = 0  # bytes
    _numbers: dict[int, int] = field(default_factory=dict)
    _held: list[AnyArray] = field(default_factory=list)  # so that no id is given twice

    def add(self, array: AnyArray) -> int:
        """The number of an array, written once however often it is used."""
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.arrays)
            self._held.append(array)
            plain = np.ascontiguousarray(array).reshape(array.shape)
            self.arrays.append(plain)
            self.described.append([plain.dtype.str, list(plain.shape), self.size])
            self.size += plain.nbytes + -plain.nbytes % _ALIGN
            self.checksum = zlib.crc32(plain.data, self.checksum) if plain.size else self.checksum
        return self._numbers[id(array)]

    def optional(self, array: AnyArray | None) -> int | None:
        """The number of an array, where there is one."""
        return None if array is None else self.add(array)

    def write(self, path: Path, magic: bytes, header: dict[str, Json]) -> None:
        """Write a header and the arrays beside `path` and move them there whole."""
        described = {**header, "arrays": self.described, "payload": self.checksum}
        text = json.dumps(described, separators=(",", ":")).encode()
        lead = magic + b"%020d %010d\n" % (len(text), zlib.crc32(text)) + text
        padded = ((array.data, bytes(-array.nbytes % _ALIGN)) for array in self.arrays)
        replace_whole(path, chain([lead + bytes(-len(lead) % _ALIGN)], chain.from_iterable(padded)))


def read(path: Path, magic: bytes) -> tuple[dict[str, Json], list[AnyArray]] | None:
    """The header and arrays of a file, which are read-only; None where there is no such file, or it is
    truncated, damaged or of another kind.
    """
    try:
        data = path.read_bytes()
        return _parse(data, magic) if data.startswith(magic) else None
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _parse(data: bytes, magic: bytes) -> tuple[dict[str, Json], list[AnyArray]] | None:
    lead = len(magic) + 32
    length, check = (int(number) for number in data[len(magic) : lead].split())
    text = data[lead : lead + length]
    if zlib.crc32(text) != check:
        return None
    header = json.loads(text)
    begin = lead + length + -(lead + length) % _ALIGN
    arrays, end, checksum = [], begin, 0
    for kind, shape, offset in header["arrays"]:
        size = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(data, dtype=np.dtype(kind), count=size, offset=begin + offset)
        checksum = zlib.crc32(array.data, checksum) if size else checksum
        arrays.append(array.reshape(shape))
        end = max(end, begin + offset + array.nbytes)
    if checksum != header["payload"] or len(data) != end + -(end - begin) % _ALIGN:
        return None
    return header, arrays
