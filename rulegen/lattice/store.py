"""A lattice as one file, and a folder bounded in size of what is kept between runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rulegen.lattice.arcs import AnyArcs, Arcs, ArcsByMoves, MemorySteps
from rulegen.lattice.arrays import AnyArray, Arrays, Json, read
from rulegen.lattice.layers import Block, Child, Lattice, LayerArcs, Relaxed, Spread
from rulegen.lattice.lookahead import Ahead
from rulegen.lattice.mixed import Mixed, Values
from rulegen.storage import cache_folder

_MAGIC = b"rulegen lattice 2\n"  # the number changes with the layout or meaning of what is stored
_KEPT = ("*.lattice", "*.folds", "*.proofs", "*.passed")  # what a folder holds
_LARGEST_CACHE = 512 * 1024 * 1024  # bytes
_STALE_SECONDS = 3600  # an unfinished file older than this was left by a process that died


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A lattice from a file, with its look-ahead where that was stored too. The arrays are read-only."""

    lattice: Lattice
    ahead: Ahead | None


def save(path: Path, lattice: Lattice, ahead: Ahead | None = None) -> None:
    """Write a lattice beside `path` and move it there whole."""
    arrays = Arrays()
    header = _lattice(arrays, lattice)
    header["ahead"] = None if ahead is None else [[_values(arrays, v) for v in b] for b in ahead.values]
    arrays.write(path, _MAGIC, header)


def load(path: Path) -> Stored | None:
    """The lattice stored at `path`;
    None where there is no such file, or it is truncated, damaged or of another kind."""
    found = read(path, _MAGIC)
    try:
        return None if found is None else _stored(*found)
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _stored(header: dict[str, Json], arrays: Sequence[AnyArray]) -> Stored:
    ahead = header["ahead"]
    values = None if ahead is None else Ahead(tuple(_read_values(block, arrays) for block in ahead))
    return Stored(_read_lattice(header, arrays), values)


def _values(arrays: Arrays, values: Values) -> Json:
    if isinstance(values, Mixed):
        return [arrays.add(values.by_end), arrays.add(values.end)]
    return arrays.add(values)


def _read_values(block: Sequence[Json], arrays: Sequence[AnyArray]) -> tuple[Values, ...]:
    return tuple(arrays[v] if isinstance(v, int) else Mixed(arrays[v[0]], arrays[v[1]]) for v in block)


def _lattice(arrays: Arrays, lattice: Lattice) -> dict[str, Json]:
    arcs = lattice.distinct_arcs()
    number = {id(a): i for i, a in enumerate(arcs)}
    return {
        "components": list(lattice.components),
        "layers": lattice.layers,
        "relaxed": [[r.slot, r.name, r.use, r.layer, r.arcs, r.states, r.without] for r in lattice.relaxed],
        "arcs": [_arcs(arrays, each) for each in arcs],
        "blocks": [_block(arrays, block, number) for block in lattice.blocks],
    }


def _arcs(arrays: Arrays, arcs: AnyArcs) -> Json:
    if isinstance(arcs, Arcs):
        return [arrays.add(arcs.target), arrays.add(arcs.log_weight), arrays.add(arcs.first), arcs.entered]
    steps = [arrays.add(arcs.steps.log_weight), arrays.add(arcs.steps.following), arcs.steps.after]
    moves = arcs.move_first, arcs.after, arcs.kind, arcs.log_weight
    states = arcs.moment, arcs.memory, arcs.keys
    return [*(arrays.add(e) for e in moves), steps, *(arrays.add(e) for e in states), arcs.size]


def _read_arcs(stored: Json, arrays: Sequence[AnyArray]) -> AnyArcs:
    if len(stored) == 4:
        target, log_weight, first, entered = stored
        counts = np.diff(arrays[first])
        source = np.repeat(np.arange(counts.size, dtype=np.int32), counts)
        return Arcs(source, arrays[target], arrays[log_weight], arrays[first], entered)
    *moves, (weight, following, after), moment, memory, keys, size = stored
    steps = MemorySteps(arrays[weight], arrays[following], after)
    first, entered, kind, log_weight = (arrays[each] for each in moves)
    states = arrays[moment], arrays[memory], arrays[keys]
    return ArcsByMoves(first, entered, kind, log_weight, steps, *states, size)


def _block(arrays: Arrays, block: Block, number: dict[int, int]) -> dict[str, Json]:
    return {
        "starts": block.starts,
        "columns": block.columns,
        "seam": arrays.optional(block.seam),
        "children": [[c.block, arrays.optional(c.start)] for c in block.children],
        "stages": [
            [
                s.layer,
                number[id(s.arcs)],
                arrays.add(s.moment),
                arrays.add(s.moments),
                _spread(arrays, s.spread),
            ]
            for s in block.stages
        ],
    }


def _spread(arrays: Arrays, spread: Spread | None) -> Json:
    if spread is None:
        return None
    return [arrays.add(spread.state), arrays.add(spread.column), spread.states, spread.columns]


def _read_lattice(header: dict[str, Json], arrays: Sequence[AnyArray]) -> Lattice:
    def optional(number: int | None) -> AnyArray | None:
        return None if number is None else arrays[number]

    arcs = [_read_arcs(stored, arrays) for stored in header["arcs"]]
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
    """A folder of at most `max_bytes` of what is kept between runs, lattices and others; what is unused
    longest goes first. Processes may share it.
    """

    folder: Path
    max_bytes: int

    def get(self, key: str) -> Stored | None:
        """The lattice kept under a key, or None; `key` is a file name without an ending, say a hash."""
        return self.find(f"{key}.lattice", load)

    def put(self, key: str, lattice: Lattice, ahead: Ahead | None = None) -> None:
        """Keep a lattice."""
        self.keep(f"{key}.lattice", lambda path: save(path, lattice, ahead))

    def find(self, name: str, load: Callable[[Path], Found | None]) -> Found | None:
        """What is kept in a file of this name, as `load` reads it, or None."""
        path = self.folder / name
        found = load(path)
        if found is not None:
            with contextlib.suppress(OSError):
                os.utime(path)
        return found

    def keep(self, name: str, save: Callable[[Path], None]) -> None:
        """Keep a file, as `save` writes it; a folder that cannot be written to keeps nothing, without
        complaint.
        """
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            save(self.folder / name)
            self._shrink()

    def _shrink(self) -> None:
        files = _existing(chain(*map(self.folder.glob, _KEPT)), os.stat)
        total = sum(status.st_size for _, status in files)
        for path, status in sorted(files, key=lambda item: (item[1].st_mtime_ns, item[0].name)):
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size
        for path, status in _existing(self.folder.glob(".*.part"), os.stat):
            if time.time() - status.st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)


def users_cache() -> Cache | None:
    """What is kept for the user between runs; None where there is no place for it."""
    folder = cache_folder()
    return None if folder is None else Cache(folder, _LARGEST_CACHE)


def _existing(paths: Any, stat: Callable[[Path], os.stat_result]) -> list[tuple[Path, os.stat_result]]:
    """Paths with their status; another process may have taken one away meanwhile."""
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found.append((path, stat(path)))
    return found
