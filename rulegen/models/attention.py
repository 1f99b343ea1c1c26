"""A model of four voices that attends: it looks back by how long ago a thing was, and how far away in pitch.

Within a sixteenth the voices are placed in the order soprano, bass, alto, tenor, each knowing those before
it. Each sixteenth at which some voice strikes is an event; there every layer looks back at the last WINDOW
events and itself. How it looks knows the time between two events and, of each head, the interval of one voice
between them (relative attention: Shaw et al. 2018, Huang et al. 2018), so that what is learned holds anywhere
in a piece and in every key. Keys and values of events are kept, so that each is worked out once.

    event = Σ heard[what is seen of the event];  for each layer:
        event += out · Σ softmax((query · event) · (key · then + by_time + by_interval)) value · then
        event += shrink · relu(grow · event + grow_bias)
    asked = recall · event + Σ table[what a voice sees] + classes · (pitch classes that sound)
    deep  = relu(asked);  deep += relu(middle · deep + middle_bias)

asked twice, with weights of their own: whether the voice strikes, and, where it does, which note. A note is
foreseen by its pitch, by the interval from the note before, and by the intervals to the other voices.
Of models that tell a note held from one struck again, a voice that goes on has a token of its own.

Trained by `learn.attention` with torch; run here in NumPy, equal to torch to 1e-5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Alphabet, Array, Facts, Floats, Ints, StorableLaw, Which, normalised
from rulegen.models.cells import Weights, are_bounded
from rulegen.models.events import Events
from rulegen.models.quartet import ALPHABET, NOTHING, ORDER, SILENCE, SYMBOLS
from rulegen.models.rounding import restored, rounded
from rulegen.models.seen import (
    BITS,
    EVENT,
    INTERVALS,
    Rows,
    asked_rows,
    event_rows,
    numbered_interval,
    rows_of_rank,
)
from rulegen.models.struck import STRUCK, heard_in
from rulegen.models.viewpoints import Recalled, nothing_recalled

TIMES = 160  # sixteenths between events that are told apart; longer is as long
OWN, ABOVE = 24, 36  # semitones that intervals in a voice and between voices are told apart by
STRIKE, NOTE = "strike", "note"  # what is asked
SHOWN = {STRIKE: 1, NOTE: SYMBOLS + 2 * OWN + 1 + 3 * (2 * ABOVE + 1)}
_REACHES = np.array([OWN, ABOVE, ABOVE, ABOVE])[:, None]
_MIDDLES = SYMBOLS + np.cumsum([0, 2 * OWN + 1, 2 * ABOVE + 1, 2 * ABOVE + 1])[:, None] + _REACHES  # unisons
WIDEST_TABLE = max(rows_of_rank(rank) for rank in range(4))
_NEVER = np.float32(-1e9)
_UNHEARD = -30.0  # nats, of holding what has not begun
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Attended:
    """What walkers have heard. event: float32 (count, size), what the last event came to; events: the last
    WINDOW of them; clock: int32 (count,), the sixteenth that comes; last: int32 (count,), that of the last
    event.
    """

    recalled: Recalled
    event: Weights
    events: Events
    clock: Ints
    last: Ints

    @property
    def notes(self) -> Ints:
        """What voices hold, int32 (count, 4), symbols or NOTHING."""
        return self.recalled.notes


@dataclass(frozen=True, eq=False)
class Attention(StorableLaw):
    """weights, float32: heard (EVENT, size); of each layer, a leading axis, before and after (size,), query,
    key, value and out (size, size), by_time (heads, TIMES, size / heads), by_interval (heads, INTERVALS,
    size / heads), grow (2 · size, size), grow_bias, shrink (size, 2 · size); last (size,); of each of
    SHOWN, with a leading 4 for the rank of the voice: table, recall, classes, middle, middle_bias, show,
    show_bias.
    """

    alphabet: Alphabet
    heads: int
    weights: Mapping[str, Weights]

    @property
    def tells_strikes(self) -> bool:
        """Whether it tells a note that is held from one that is struck again."""
        return self.alphabet == STRUCK

    @property
    def layers(self) -> int:
        """How often it looks back."""
        return len(self.weights["query"])

    @property
    def _each(self) -> int:
        """The size of a head."""
        return self.size // self.heads

    @property
    def size(self) -> int:
        """The size of an event."""
        return int(self.weights["last"].shape[0])

    def begin(self, count: int) -> Attended:
        """The state of so many walkers that have heard nothing."""
        event, times = np.zeros((count, self.size), dtype=np.float32), np.zeros(count, dtype=np.int32)
        return Attended(
            nothing_recalled(count), event, Events.none(count, self.layers, self.size), times, times
        )

    def select(self, state: Attended, which: Which) -> Attended:
        """The state of the walkers `which`, as often as each is named."""
        recalled, event, clock, last = super().select(_apart(state), which)
        return Attended(recalled, event, state.events.select(which), clock, last)

    def either(self, which: Array, one: Attended, other: Attended) -> Attended:
        """The state that is `one` for walkers that are true of `which`, else `other`."""
        recalled, event, clock, last = super().either(which, _apart(one), _apart(other))
        return Attended(recalled, event, one.events.either(which, other.events), clock, last)

    def log_probs(self, state: Attended, places: Ints, placed: Ints) -> Floats:
        """float64 (count, symbols), nats: what the next voice in ORDER does; see `Quartet.log_probs`."""
        rank = placed.shape[1]
        asked = self._asked(rank, state, places, placed)
        before = state.notes[:, ORDER[rank]]
        goes, strikes = self._whether(asked, state, before)
        notes = strikes[:, None] + self._which(asked, state, before)
        if self.tells_strikes:
            return normalised(np.hstack([notes, goes[:, None]]))
        rows = np.flatnonzero(before != NOTHING)
        notes[rows, before[rows]] = goes[rows]
        return notes

    def told(self, state: Attended, places: Ints, placed: Ints, token: Ints) -> Floats:
        """float64 (count,), nats: that the next token is just this; notes are asked for only where it
        strikes one.
        """
        rank = placed.shape[1]
        asked = self._asked(rank, state, places, placed)
        before = state.notes[:, ORDER[rank]]
        goes, strikes = self._whether(asked, state, before)
        note, struck = heard_in(self.tells_strikes, token, before)
        found, rows = np.where(struck, strikes, goes), np.flatnonzero(struck)
        if len(rows):
            own = self._which(asked.only(rows), self.select(state, rows), before[rows])
            found[rows] += own[np.arange(len(rows)), note[rows]]
        if self.tells_strikes:
            found[before == NOTHING] -= np.logaddexp(0, _UNHEARD)
        return found

    def _asked(self, rank: int, state: Attended, places: Ints, placed: Ints) -> Question:
        before = state.notes[:, list(ORDER[:rank])]
        now, struck = heard_in(self.tells_strikes, placed, before)
        rows, bits = asked_rows(rank, state.recalled, places, now, struck)
        return Question(rank, rows, bits, others(rank, state.notes, now))

    def _whether(self, asked: Question, state: Attended, before: Ints) -> tuple[Floats, Floats]:
        """(count,) each, nats: that the voice goes on, and that it strikes. A first note always comes."""
        strike = self._shown(STRIKE, asked, state)[:, 0].astype(np.float64)
        begins = before == NOTHING
        goes, strikes = -np.logaddexp(0, strike), -np.logaddexp(0, -strike)
        return np.where(begins, _UNHEARD, goes), np.where(begins, 0.0, strikes)

    def _which(self, asked: Question, state: Attended, before: Ints) -> Floats:
        """(count, SYMBOLS), nats: the note that is struck; where strikes are not told, not the one before."""
        shown = self._shown(NOTE, asked, state)
        near = by_interval(shown, np.hstack([before[:, None], asked.others]))
        found = shown[:, :SYMBOLS].astype(np.float64) + near
        if not self.tells_strikes:
            rows = np.flatnonzero(before != NOTHING)
            found[rows, before[rows]] = -np.inf
        return normalised(found)

    def _shown(self, what: str, asked: Question, state: Attended) -> Weights:
        own = {name: self.weights[f"{what}_{name}"][asked.rank] for name in _OF_ASKED}
        deep = (
            state.event @ own["recall"].T + own["table"][asked.rows].sum(axis=1) + asked.bits @ own["classes"]
        )
        deep = np.maximum(deep, 0)
        deep = deep + np.maximum(deep @ own["middle"].T + own["middle_bias"], 0)
        return np.asarray(deep @ own["show"].T + own["show_bias"])

    def advance(self, state: Attended, places: Ints, tokens: Ints, steps: int = 1) -> Attended:
        """The state after all voices, in the order of VOICES, were placed and held for so many sixteenths."""
        notes, struck = heard_in(self.tells_strikes, tokens, state.notes)
        which = np.flatnonzero(struck.any(axis=1))
        recalled = state.recalled.moved(notes, steps, struck)
        clock = (state.clock + steps).astype(np.int32)
        if not len(which):
            return replace(state, recalled=recalled, clock=clock)
        own = self.select(state, which)
        rows = event_rows(own.recalled, places[which], notes[which], struck[which], own.clock - own.last)
        events, place = state.events.with_own(which, own.clock, notes[which])
        event = state.event.copy()
        event[which] = self._attended(rows, events.select(which), place)
        last = state.last.copy()
        last[which] = own.clock
        return Attended(recalled, event, events.heard_before(), clock, last)

    def _attended(self, rows: Rows, events: Events, place: Which) -> Weights:
        """What the last of some events comes to, (count, size); its keys and values go to rows `place`."""
        own, store, (count, heads, each) = self.weights, events.store, (len(rows), self.heads, self._each)
        is_there = np.where(events.is_there, np.float32(0), _NEVER)[:, None, :]
        times = np.clip(events.when[:, -1:] - events.when, 0, TIMES - 1)[:, None, :]
        notes = events.then[:, -1:]
        apart = np.stack(
            [numbered_interval(notes[..., h % 4], events.then[..., h % 4]) for h in range(heads)], axis=1
        )
        event = own["heard"][rows].sum(axis=1)
        for layer in range(self.layers):
            calm = normal(event) * own["before"][layer]
            asks = (calm @ own["query"][layer].T).reshape(count, heads, each)
            store.keys[layer, place] = calm @ own["key"][layer].T
            store.values[layer, place] = calm @ own["value"][layer].T
            known = store.keys[layer][events.row].reshape(count, -1, heads, each)
            heard = store.values[layer][events.row].reshape(count, -1, heads, each)
            scores = np.einsum("nhd,nwhd->nhw", asks, known)
            scores += np.take_along_axis(_by_head(asks, own["by_time"][layer]), times, axis=2)
            scores += np.take_along_axis(_by_head(asks, own["by_interval"][layer]), apart, axis=2)
            shares = _shares(scores * np.float32(each**-0.5) + is_there)
            found = np.einsum("nhw,nwhd->nhd", shares, heard)
            event = event + found.reshape(count, -1) @ own["out"][layer].T
            calm = normal(event) * own["after"][layer]
            grown = np.maximum(calm @ own["grow"][layer].T + own["grow_bias"][layer], 0)
            event = event + grown @ own["shrink"][layer].T
        return normal(event) * own["last"]

    @property
    def is_sound(self) -> bool:
        """Whether its weights fit together and hold numbers alone."""
        own = self.weights
        if (
            self.alphabet not in (ALPHABET, STRUCK)
            or own["query"].ndim != 3
            or own["strike_middle"].ndim != 3
        ):
            return False
        layers, size = own["query"].shape[:2]
        if not 1 <= self.heads <= size or size % self.heads or not layers:
            return False
        wanted = shapes(size, layers, self.heads, own["strike_middle"].shape[1])
        fits = all(own[name].shape == shape for name, shape in wanted.items())
        return fits and are_bounded(own.values())

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """How many heads it has, and its weights, a byte each."""
        return {"heads": self.heads}, rounded(self.weights, _PLAIN)

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The law of its weights; see `Storable`."""
        if type(facts["heads"]) is not int:
            raise TypeError("no number of heads")
        found = cls(alphabet, facts["heads"], restored(arrays, _PLAIN))
        if not found.is_sound:
            raise ValueError("weights that do not fit together")
        return found

    def rounded(self) -> Attention:
        """The model as its file will hold it."""
        return Attention.put_together(self.alphabet, *self.taken_apart())


_PLAIN = frozenset({"before", "after", "last", "grow_bias"} | {
    f"{what}_{name}_bias" for what in SHOWN for name in ("middle", "show")
})  # fmt: skip
_OF_ASKED = ("table", "recall", "classes", "middle", "middle_bias", "show", "show_bias")


@dataclass(frozen=True, eq=False)
class Question:
    """What the voice of a rank sees: rows and classes, as `seen` numbers them; others: int32 (count, 3),
    what the other voices sound, those before it in ORDER now and those after it still.
    """

    rank: int
    rows: Rows
    bits: Weights
    others: Ints

    def only(self, which: NDArray[np.int64]) -> Question:
        """Of some walkers."""
        return Question(self.rank, self.rows[which], self.bits[which], self.others[which])


def others(rank: int, notes: Ints, now: Ints) -> Ints:
    """int32 (count, 3): what the voices but the one of a rank sound, in ORDER, where `now` are placed."""
    return np.hstack([now, notes[:, list(ORDER[rank + 1 :])]])


def by_interval(shown: Weights, origins: Ints) -> Weights:
    """(count, SYMBOLS): what each pitch gets for its intervals from its own note before and from the other
    voices, (count, 4); silence gets nothing, and nothing is above it.
    """
    away = np.arange(SYMBOLS) - origins[:, :, None]
    known = (np.abs(away) <= _REACHES) & (origins[:, :, None] < SILENCE)
    known[..., SILENCE] = False
    taken = shown[np.arange(len(shown))[:, None, None], np.where(known, away + _MIDDLES, 0)]
    return np.asarray(np.where(known, taken, np.float32(0)).sum(axis=1))


def normal(values: Weights) -> Weights:
    """Rows whose squares are one on the mean (Zhang & Sennrich 2019)."""
    return np.asarray(values / np.sqrt(np.square(values).mean(axis=-1, keepdims=True) + np.float32(_TINY)))


def _apart(state: Attended) -> tuple[Recalled, Weights, Ints, Ints]:
    """All but the events."""
    return state.recalled, state.event, state.clock, state.last


def _by_head(asks: Weights, table: Weights) -> Weights:
    """(count, heads, rows): how much each head asks for each row of its table, (heads, rows, each)."""
    return np.asarray(np.matmul(asks.transpose(1, 0, 2), table.transpose(0, 2, 1)).transpose(1, 0, 2))


def _shares(scores: Weights) -> Weights:
    likely = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=-1, keepdims=True))


def shapes(size: int, layers: int, heads: int, width: int) -> dict[str, tuple[int, ...]]:
    """The shape of each array."""
    each = size // heads
    found: dict[str, tuple[int, ...]] = {"heard": (EVENT, size), "last": (size,)}
    found |= {name: (layers, size) for name in ("before", "after")}
    found |= {name: (layers, size, size) for name in ("query", "key", "value", "out")}
    found |= {"by_time": (layers, heads, TIMES, each), "by_interval": (layers, heads, INTERVALS, each)}
    found |= {
        "grow": (layers, 2 * size, size),
        "grow_bias": (layers, 2 * size),
        "shrink": (layers, size, 2 * size),
    }
    for what, out in SHOWN.items():
        own = {
            "table": (4, WIDEST_TABLE, width),
            "recall": (4, width, size),
            "classes": (4, BITS, width),
            "middle": (4, width, width),
            "middle_bias": (4, width),
            "show": (4, out, width),
            "show_bias": (4, out),
        }
        found |= {f"{what}_{name}": shape for name, shape in own.items()}
    return found
