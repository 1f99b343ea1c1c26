"""What a network that attends keeps of the moments at which a voice struck: keys and values, written once.

Walkers that come of one another share the events before they parted, so that a walker holds the numbers of
its events, and all hold one store. Rows of it are only ever added: what a state names stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rulegen.models.base import Array, Ints, Which
from rulegen.models.cells import Weights
from rulegen.models.quartet import NOTHING

WINDOW = 64  # events before the own one
_EMPTY = -(2**30)  # when an event was that there was not
_LEAST = 256  # rows of a store


@dataclass(slots=True, eq=False)
class Store:
    """Keys and values of events, float32 (layers, room, size), of which `used` rows are written."""

    keys: Weights
    values: Weights
    used: int = 0

    @classmethod
    def empty(cls, layers: int, size: int, room: int = _LEAST) -> Store:
        """One without events."""
        shape = (layers, room, size)
        return cls(np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32))

    def only(self, rows: Which, room: int) -> Store:
        """Of some rows, with room for so many."""
        layers, _, size = self.keys.shape
        found = Store.empty(layers, size, room)
        found.used = len(rows)
        found.keys[:, : found.used], found.values[:, : found.used] = self.keys[:, rows], self.values[:, rows]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The last events of each walker, the last one last. row: int64 (count, events), in the store; when:
    int32 (count, events), the sixteenth of each; then: int32 (count, events, 4), what sounded after it.
    """

    store: Store
    row: Which
    when: Ints
    then: Ints

    @classmethod
    def none(cls, count: int, layers: int, size: int) -> Events:
        """Of so many walkers that have heard nothing."""
        times = np.zeros((count, 0), dtype=np.int32)
        rows = np.zeros((count, 0), dtype=np.int64)
        return cls(Store.empty(layers, size), rows, times, np.zeros((count, 0, 4), dtype=np.int32))

    @property
    def is_there(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """(count, events): which are events at all; walkers with fewer have others before theirs."""
        return np.asarray(self.when > _EMPTY)

    def select(self, which: Which) -> Events:
        """Of the walkers `which`."""
        return replace(self, row=self.row[which], when=self.when[which], then=self.then[which])

    def with_own(self, which: Which, clock: Ints, notes: Ints) -> tuple[Events, Which]:
        """With one event more of the walkers `which`, and the rows, int64 (which,), where its keys and values
        are to be written. clock, notes: of those walkers, its sixteenth, and what sounds after it.
        """
        store, row = self._with_room(len(which))
        own = np.arange(store.used, store.used + len(which))
        store.used += len(which)
        added = Events(
            store,
            _shifted(row, which, own, 0),
            _shifted(self.when, which, clock, _EMPTY),
            _shifted(self.then, which, notes, NOTHING),
        )
        return added, own

    def either(self, which: Array, other: Events) -> Events:
        """These for walkers that are true of `which`, bool (count,), else the others."""
        keys, values = (
            [getattr(each.store, name)[:, : each.store.used] for each in (self, other)]
            for name in ("keys", "values")
        )
        store = Store(
            np.concatenate(keys, axis=1), np.concatenate(values, axis=1), self.store.used + other.store.used
        )
        events = max(self.row.shape[1], other.row.shape[1])

        def chosen(mine: Array, yours: Array, nothing: int) -> Array:
            both = [_from_right(each, events, nothing) for each in (mine, yours)]
            return np.asarray(np.where(which.reshape(-1, *[1] * (mine.ndim - 1)), *both))

        row = chosen(self.row, other.row + self.store.used, 0)
        return Events(
            store, row, chosen(self.when, other.when, _EMPTY), chosen(self.then, other.then, NOTHING)
        )

    def heard_before(self) -> Events:
        """The last WINDOW of them, which the next event looks back at."""
        return Events(self.store, self.row[:, -WINDOW:], self.when[:, -WINDOW:], self.then[:, -WINDOW:])

    def _with_room(self, count: int) -> tuple[Store, Which]:
        """A store with so much room, and the rows in it; what no walker looks back at is left behind."""
        if self.store.used + count <= self.store.keys.shape[1]:
            return self.store, self.row
        kept, row = np.unique(self.row, return_inverse=True)
        store = self.store.only(kept, max(_LEAST, 2 * (len(kept) + count)))
        return store, row.reshape(self.row.shape)


def _shifted(whole: Array, which: Which, last: Array, nothing: int) -> Array:
    """With one more at the end, of the walkers `which`; of others with one before them."""
    found = _from_right(whole, whole.shape[1] + 1, nothing)
    found[which, :-1], found[which, -1] = whole[which], last
    return found


def _from_right(whole: Array, events: int, nothing: int) -> Array:
    """With so many events, those that lack put before the others."""
    lacking = (len(whole), events - whole.shape[1], *whole.shape[2:])
    return np.concatenate([np.full_like(whole, nothing, shape=lacking), whole], axis=1)
