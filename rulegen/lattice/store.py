"""A lattice as one file, and a folder of them bounded in size.

The file: a magic line, the length and checksum of a JSON header, the header, then the arrays one after
another, each aligned to 64 bytes. Nothing in it is executed: header and arrays are read as plain data.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rulegen.lattice.layers import Arcs, Block, Child, Lattice, LayerArcs, Relaxed, Spread
from rulegen.lattice.lookahead import Ahead
from rulegen.storage import replace_whole

_MAGIC = b"rulegen lattice 1\n"  # the number changes with the layout or meaning of what is stored
_ALIGN = 64
_STALE_SECONDS = 3600  # an unfinished file older than this was left by a process that died

Json = Any
AnyArray = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A lattice from a file, with its look-ahead where that was stored too. The arrays are read-only."""

    lattice: Lattice
    ahead: Ahead | None


def save(path: Path, lattice: Lattice, ahead: Ahead | None = None) -> None:
    """Write a lattice beside `path` and move it there whole."""
    writer = _Writer()
    header = writer.lattice(lattice)
    header["ahead"] = None if ahead is None else [[writer.add(v) for v in block] for block in ahead.values]
    header["arrays"] = writer.described
    header["payload"] = writer.checksum
    text = json.dumps(header, separators=(",", ":")).encode()
    lead = _MAGIC + b"%020d %010d\n" % (len(text), zlib.crc32(text)) + text
    padded = ((array.data, bytes(-array.nbytes % _ALIGN)) for array in writer.arrays)
    replace_whole(path, chain([lead + bytes(-len(lead) % _ALIGN)], chain.from_iterable(padded)))


def load(path: Path) -> Stored | None:
    """The lattice stored at `path`;
    None where there is no such file, or it is truncated, damaged or of another kind."""
    try:
        data = path.read_bytes()
        return _parse(data) if data.startswith(_MAGIC) else None
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _parse(data: bytes) -> Stored | None:
    lead = len(_MAGIC) + 32
    length, check = (int(number) for number in data[len(_MAGIC) : lead].split())
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
    ahead = header["ahead"]
    values = None if ahead is None else Ahead(tuple(tuple(arrays[i] for i in block) for block in ahead))
    return Stored(_read_lattice(header, arrays), values)


@dataclass(slots=True, eq=False)
class _Writer:
    """Collects arrays, each once, and describes objects by the numbers of theirs."""

    arrays: list[AnyArray] = field(default_factory=list)
    described: list[Json] = field(default_factory=list)
    checksum: int = 0
    _numbers: dict[int, int] = field(default_factory=dict)
    _held: list[AnyArray] = field(default_factory=list)  # so that no id is given twice
    _offset: int = 0

    def add(self, array: AnyArray) -> int:
        """The number of an array, written once however often it is used."""
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.arrays)
            self._held.append(array)
            plain = np.ascontiguousarray(array).reshape(array.shape)
            self.arrays.append(plain)
            self.described.append([plain.dtype.str, list(plain.shape), self._offset])
            self._offset += plain.nbytes + -plain.nbytes % _ALIGN
            self.checksum = zlib.crc32(plain.data, self.checksum) if plain.size else self.checksum
        return self._numbers[id(array)]

    def optional(self, array: AnyArray | None) -> int | None:
        return None if array is None else self.add(array)

    def lattice(self, lattice: Lattice) -> dict[str, Json]:
        arcs = lattice.distinct_arcs()
        number = {id(a): i for i, a in enumerate(arcs)}
        return {
            "components": list(lattice.components),
            "layers": lattice.layers,
            "relaxed": [
                [r.slot, r.name, r.use, r.layer, r.arcs, r.states, r.without] for r in lattice.relaxed
            ],
            "arcs": [
                [self.add(a.target), self.add(a.log_weight), self.add(a.first), a.entered] for a in arcs
            ],
            "blocks": [self.block(block, number) for block in lattice.blocks],
        }

    def block(self, block: Block, number: dict[int, int]) -> dict[str, Json]:
        return {
            "starts": block.starts,
            "columns": block.columns,
            "seam": self.optional(block.seam),
            "children": [[c.block, self.optional(c.start)] for c in block.children],
            "stages": [
                [s.layer, number[id(s.arcs)], self.add(s.moment), self.add(s.moments), self.spread(s.spread)]
                for s in block.stages
            ],
        }

    def spread(self, spread: Spread | None) -> Json:
        if spread is None:
            return None
        return [self.add(spread.state), self.add(spread.column), spread.states, spread.columns]


def _read_lattice(header: dict[str, Json], arrays: Sequence[AnyArray]) -> Lattice:
    def optional(number: int | None) -> AnyArray | None:
        return None if number is None else arrays[number]

    arcs = []
    for target, log_weight, first, entered in header["arcs"]:
        counts = np.diff(arrays[first])
        source = np.repeat(np.arange(counts.size, dtype=np.int32), counts)
        arcs.append(Arcs(source, arrays[target], arrays[log_weight], arrays[first], entered))
    blocks = []
    for block in header["blocks"]:
        stages = tuple(
            LayerArcs(layer, arcs[a], arrays[moment], arrays[moments], _read_spread(spread, arrays))
            for layer, a, moment, moments, spread in block["stages"]
        )
        children = tuple(Child(following, optional(start)) for following, start in block["children"])
        blocks.append(Block(block["starts"], block["columns"], stages, optional(block["seam"]), children))
    relaxed = tuple(Relaxed(*row) for row in header["relaxed"])
    return Lattice(tuple(header["components"]), header["layers"], tuple(blocks), relaxed)


def _read_spread(spread: Json, arrays: Sequence[AnyArray]) -> Spread | None:
    return None if spread is None else Spread(arrays[spread[0]], arrays[spread[1]], spread[2], spread[3])


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of lattices of at most `max_bytes`; the one unused longest goes first.
    Processes may share it."""

    folder: Path
    max_bytes: int

    def get(self, key: str) -> Stored | None:
        """The lattice kept under a key, or None; `key` is a file name without an ending, say a hash."""
        path = self._path(key)
        stored = load(path)
        if stored is not None:
            with contextlib.suppress(OSError):
                os.utime(path)
        return stored

    def put(self, key: str, lattice: Lattice, ahead: Ahead | None = None) -> None:
        """Keep a lattice; a folder that cannot be written to keeps nothing, without complaint."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            save(self._path(key), lattice, ahead)
            self._shrink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.lattice"

    def _shrink(self) -> None:
        files = _existing(self.folder.glob("*.lattice"), os.stat)
        total = sum(status.st_size for _, status in files)
        for path, status in sorted(files, key=lambda item: (item[1].st_mtime_ns, item[0].name)):
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size
        for path, status in _existing(self.folder.glob(".*.part"), os.stat):
            if time.time() - status.st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)


def _existing(paths: Any, stat: Callable[[Path], os.stat_result]) -> list[tuple[Path, os.stat_result]]:
    """Paths with their status; another process may have taken one away meanwhile."""
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found.append((path, stat(path)))
    return found
