"""The kinds of models that there are, and the views of music that they speak of: a row each.

A new kind is a law (a `StorableLaw`), its learning (a function of a `Lesson`), and a row in `KINDS`.
Rows name both as `module:name`: they are imported where they are asked for, so that composing needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from rulegen.errors import ModelError

if TYPE_CHECKING:
    from rulegen.models.base import StorableLaw, StorableStandIn
    from rulegen.models.learn.lesson import Lesson, Taught


BEATS, SURFACE = "beats", "surface"
LEVELS = (BEATS, SURFACE)  # of what a model is learned from: pieces on their beats alone, or as they sound


@dataclass(frozen=True, slots=True)
class View:
    """What a model speaks of: some tokens at each moment.

    alphabets: kinds of alphabets that its tokens are of. order: in which the tokens of a moment are placed,
    each knowing those before it. part: as `learn --part` says it; None for a voice, which has its own name.
    knows: what of the place `model show` names.
    """

    name: str
    alphabets: tuple[str, ...]
    order: tuple[int, ...] = (0,)
    part: str | None = None
    elements: str = "note"
    unit: str = "nats a symbol"
    knows: str | None = "the mode, the place in the bar and in the phrase"


VOICE = View("voice", ("pitch", "pitch+length"))
HARMONY = View("harmony", ("chord",), part="harmony", elements="chord")
FOUR_VOICES = View(
    "four voices",
    ("voicing", "struck voicing"),
    order=(0, 3, 1, 2),  # soprano, bass, alto, tenor
    part="four-voices",
    unit="nats a voice and sixteenth, key and bar given",
    knows=None,
)
VIEWS = (VOICE, HARMONY, FOUR_VOICES)


@dataclass(frozen=True, slots=True)
class Option:
    """An option of `learn`. form: whole, real, or wholes (several, with commas between).

    least and most: of a number; `least` itself is excluded where `is_open`.
    """

    name: str
    help: str
    form: str
    default: Any = None
    least: float = 0
    most: float | None = None
    is_open: bool = False
    metavar: str = "N"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model of some views. needs: the package that learns it."""

    name: str
    views: tuple[View, ...]
    law: str
    learn: str
    options: tuple[Option, ...] = ()
    needs: str | None = None
    hears_chords: bool = False  # whether it can be taught what chord sounds under a note
    tells_strikes: bool = False  # whether, of four voices, it can tell what is struck again from what is held

    def has(self, option: str) -> bool:
        """Whether it has an option of this name."""
        return any(each.name == option for each in self.options)


_CHAIN = (
    Option("order", "symbols remembered", "whole", 3, 0, 12),
    Option("least", "how often a context is seen", "whole", 1, 1),
)
_SEARCH = (
    Option("states", "hidden states to try", "wholes", (4, 8, 12, 16), 1, 200, metavar="N,…"),
    Option("starts", "random starts of each", "whole", 4, 1, 100),
)
_NETWORK = (
    Option("hidden", "size of the memory", "whole", 128, 1, 1024),
    Option("width", "size of the layer after it", "whole", 128, 1, 2048),
    Option("dropout", "share left out", "real", 0.4, 0, 0.9, metavar="P"),
    Option("epochs", "epochs at most", "whole", 45, 1, 10_000),
    Option("patience", "epochs without getting better", "whole", 10, 1),
    Option("batch", "pieces an update", "whole", 8, 1, 1024),
    Option("rate", "learning rate", "real", 0.003, 0, 1, is_open=True, metavar="X"),
    Option("decay", "weight decay", "real", 0.03, 0, 1, metavar="X"),
    Option("threads", "cores to use", "whole", None, 1, 256),
)
_FOR_ATTENTION = {"epochs": 40, "batch": 4, "rate": 0.002}
_ATTENTION = (
    Option("hidden", "size of an event", "whole", 96, 1, 1024),
    Option("layers", "how often it looks back", "whole", 3, 1, 16),
    Option("heads", "in how many ways at once", "whole", 4, 1, 64),
    *(replace(each, default=_FOR_ATTENTION.get(each.name, each.default)) for each in _NETWORK[1:]),
)
_ONE, _FOUR = (VOICE, HARMONY), (FOUR_VOICES,)
_CELLS = ("lstm", "gru", "rnn")

KINDS: list[Kind] = [
    Kind("markov", _ONE, "rulegen.models.markov:Markov", "rulegen.models.learn.markov:learn", _CHAIN),
    Kind("markov", _FOUR, "rulegen.models.counted:Counted", "rulegen.models.learn.counted:learn", _CHAIN[1:]),
    Kind("hmm", _ONE, "rulegen.models.hmm:Hidden", "rulegen.models.learn.hmm:learn", _SEARCH, "hmmlearn"),
    Kind("hmm", _FOUR, "rulegen.models.counted:Counted", "rulegen.models.learn.hidden_counted:learn", _SEARCH,
         "hmmlearn"),
    *(Kind(cell, _ONE, "rulegen.models.lstm:Recurrent", "rulegen.models.learn.lstm:learn", _NETWORK, "torch",
           hears_chords=True) for cell in _CELLS),
    *(Kind(cell, _FOUR, "rulegen.models.quartet:Quartet", "rulegen.models.learn.quartet:learn", _NETWORK,
           "torch") for cell in _CELLS),
    Kind("attention", _FOUR, "rulegen.models.attention:Attention", "rulegen.models.learn.attention:learn",
         _ATTENTION, "torch", tells_strikes=True),
]  # fmt: skip

STAND_INS = {  # what looks ahead in place of a model that no lattice holds
    "markov": "rulegen.models.markov:Markov",
    "table": "rulegen.models.stand_ins:VoicingTable",
}


def kind_names() -> tuple[str, ...]:
    """The names of all kinds, each once, in the order of their rows."""
    return tuple(dict.fromkeys(kind.name for kind in KINDS))


def option_names() -> tuple[str, ...]:
    """The names of all options, each once, in the order of the rows."""
    return tuple(dict.fromkeys(option.name for kind in KINDS for option in kind.options))


def kind_of(name: str, view: View) -> Kind | None:
    """The row of a kind of a view."""
    return next((kind for kind in KINDS if kind.name == name and view in kind.views), None)


def known_kind(name: str, view: View) -> Kind:
    """The row of a kind of a view. Raises ModelError where there is none."""
    found = kind_of(name, view)
    if found is None:
        known = ", ".join(kind.name for kind in KINDS if view in kind.views)
        raise ModelError(f"no {name} model of {view.name} can be learned; there are {known}")
    return found


def view_of(alphabet: str) -> View:
    """The view whose tokens are of a kind of alphabet. Raises ValueError where there is none."""
    for view in VIEWS:
        if alphabet in view.alphabets:
            return view
    known = ", ".join(kind for view in VIEWS for kind in view.alphabets)
    raise ValueError(f"{alphabet!r} is no kind of alphabet: there are {known}")


def view_of_part(part: str) -> View:
    """The view of what `learn --part` says."""
    return next((view for view in VIEWS if view.part == part), VOICE)


def law_of(kind: Kind) -> type[StorableLaw]:
    """The class of a kind's laws."""
    return cast("type[StorableLaw]", _named(kind.law))


def stand_in_of(kind: str) -> type[StorableStandIn]:
    """The class of what stands in. Raises KeyError where there is no such kind."""
    return cast("type[StorableStandIn]", _named(STAND_INS[kind]))


def stand_in_kind(stand_in: StorableStandIn) -> str:
    """What a file calls it."""
    own = f"{type(stand_in).__module__}:{type(stand_in).__name__}"
    return next(kind for kind, place in STAND_INS.items() if place == own)


def learning_of(kind: Kind) -> Callable[[Lesson, Callable[[str], None]], Taught]:
    """What learns laws of a kind."""
    return cast("Callable[[Lesson, Callable[[str], None]], Taught]", _named(kind.learn))


def _named(place: str) -> Any:
    module, name = place.split(":")
    return getattr(import_module(module), name)
