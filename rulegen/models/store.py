"""A model as one file: safetensors, with a card in JSON that says what it is and where it comes from.

Nothing in a file is executed, and everything in it is asked whether it fits together before it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as tensors

from rulegen import __version__
from rulegen.errors import ModelError
from rulegen.models import lines as training
from rulegen.models.base import Alphabet, Array, Facts, StandIn, StorableLaw, StorableStandIn, Symbol
from rulegen.models.registry import LEVELS, View, kind_of, law_of, stand_in_kind, stand_in_of
from rulegen.storage import write_whole

LARGEST_FILE = 64 * 1024 * 1024
FORMAT = 1
_MOST_SYMBOLS = 4096
_KEY = "rulegen"
_STAND_IN = "stand_in."  # before the names of its arrays
_HEADER_LENGTH = 8  # bytes in which safetensors says how long its header is
_LARGEST_HEADER = 2**20  # bytes
_LENGTH = re.compile(r"\d{1,6}(/\d{1,6})?")  # of a note, in whole notes: 1e9 would be read as long as it is


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is, what it was learned from and how well; `held_out`: figures by name, in nats.

    `subject` is a voice, `harmony`, or `four voices`; `terms` are those of the corpus; `level`: of LEVELS, or
    empty where pieces were learned from as they sound.
    """

    kind: str  # a name of `registry.KINDS`
    subject: str
    corpus: str
    terms: str
    command: str
    seed: int
    held_out: Mapping[str, float]
    level: str = ""
    version: str = __version__
    format: int = FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A law with its card; `stand_in`, learned with one that no lattice holds, looks ahead in its place."""

    card: Card
    law: StorableLaw
    stand_in: StorableStandIn | None = None
    lines: training.TrainingLines | None = None  # of what it was trained on; None for harmony

    @property
    def alphabet(self) -> Alphabet:
        """The symbols that it speaks of."""
        return self.law.alphabet

    @property
    def view(self) -> View:
        """What it speaks of."""
        return self.alphabet.view

    @property
    def ahead(self) -> StandIn | None:
        """What can say of it what two tokens after one another tell: itself, or what stands in for it."""
        return self.law if isinstance(self.law, StandIn) else self.stand_in


def save(path: Path, model: Model) -> int:
    """Writes a model whole and says how many bytes it has. Raises OutputError where it cannot be written."""
    content = to_bytes(model)
    write_whole(path, content)
    return len(content)


def to_bytes(model: Model) -> bytes:
    """The bytes of a file: the same model gives the same bytes. Weights of four voices are rounded."""
    facts, own = model.law.taken_apart()
    told: Facts = {"prior": facts}
    arrays = dict(own)
    if model.stand_in is not None:
        facts, others = model.stand_in.taken_apart()
        told["stand_in"] = {"kind": stand_in_kind(model.stand_in), **facts}
        arrays |= {_STAND_IN + name: array for name, array in others.items()}
    symbols = [_plain_symbol(symbol) for symbol in model.alphabet.symbols]
    card = {**asdict(model.card), "held_out": dict(model.card.held_out)}
    told |= {"card": card, "alphabet": {"kind": model.alphabet.kind, "symbols": symbols}}
    if model.lines is not None:
        told[training.KEY] = training.told_of(model.lines)
        arrays[training.KEY] = model.lines.intervals
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content: bytes = tensors.save(whole, {_KEY: json.dumps(told, sort_keys=True)})
    return content


def load(path: Path) -> Model:
    """The model of a file. Raises ModelError, saying what is wrong, for anything but a sound model."""
    try:
        if not path.is_file():
            raise ModelError(
                f"{path} is no model: " + ("it is a folder" if path.is_dir() else "there is no such file")
            )
        if path.stat().st_size > LARGEST_FILE:
            raise ModelError(f"{path} is too large for a model: it has more than {LARGEST_FILE >> 20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from None
    return from_bytes(content, str(path))


def from_bytes(content: bytes, name: str) -> Model:
    """The model of a file's bytes; `name` is what errors call it. Raises ModelError."""
    told = _header(content, name)
    try:
        arrays: dict[str, Array] = tensors.load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise ModelError(f"{name} is damaged: its numbers are cut short or do not fit its header") from None
    try:
        card = _card(told["card"])
        alphabet = _alphabet(told["alphabet"])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise ModelError(f"{name} is damaged: its card is not whole") from None
    try:
        array = arrays.pop(training.KEY, None)
        lines = None if array is None else training.sound_lines(array, told[training.KEY])
        return Model(card, *_laws(card.kind, alphabet, told, arrays), lines)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise ModelError(f"{name} is damaged: its numbers do not fit together") from None


def _laws(
    kind: str, alphabet: Alphabet, told: Facts, arrays: Mapping[str, Array]
) -> tuple[StorableLaw, StorableStandIn | None]:
    """The law of a file and what stands in for it; raises as `Storable.put_together` does."""
    row = kind_of(kind, alphabet.view)
    if row is None:
        raise ValueError("no kind of model")
    own = {name: array for name, array in arrays.items() if not name.startswith(_STAND_IN)}
    law = law_of(row).put_together(alphabet, told["prior"], own)
    if "stand_in" not in told:
        return law, None
    others = {name.removeprefix(_STAND_IN): array for name, array in arrays.items() if name not in own}
    facts = told["stand_in"]
    stand_in = stand_in_of(facts["kind"]).put_together(alphabet, facts, others)
    if isinstance(law, StandIn) or len(stand_in.partners) != len(alphabet.view.order):
        raise ValueError("it stands for another kind of model")
    return law, stand_in


def _header(content: bytes, name: str) -> Facts:
    """What the file says of itself."""
    length = int.from_bytes(content[:_HEADER_LENGTH], "little")
    try:
        if not 2 <= length <= min(len(content) - _HEADER_LENGTH, _LARGEST_HEADER):
            raise ValueError
        metadata = json.loads(content[_HEADER_LENGTH : _HEADER_LENGTH + length])["__metadata__"]
        told: Facts = json.loads(metadata[_KEY])
        found = told["card"]["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError(f"{name} is no model of rulegen, or it is cut short") from None
    if found != FORMAT:
        raise ModelError(
            f"{name} was made by another version of rulegen (format {found}, and this one reads {FORMAT}): "
            "learn it again, by the command on its card"
        )
    if not isinstance(told, dict):
        raise ModelError(f"{name} is no model of rulegen")
    return told


def _card(plain: Mapping[str, Any]) -> Card:
    held_out = {str(figure): float(value) for figure, value in plain["held_out"].items()}
    texts = {name: plain[name] for name in ("kind", "subject", "corpus", "terms", "command", "version")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a text of the card is none")
    level = plain.get("level", "")
    if level not in ("", *LEVELS):
        raise ValueError("no level")
    return Card(**texts, seed=int(plain["seed"]), held_out=held_out, level=level)


def _alphabet(plain: Mapping[str, Any]) -> Alphabet:
    symbols = plain["symbols"]
    if not isinstance(symbols, list) or len(symbols) > _MOST_SYMBOLS:
        raise ValueError("no list of symbols, or too long a one")
    return Alphabet(str(plain["kind"]), tuple(_symbol(each) for each in symbols))


def _plain_symbol(symbol: Symbol) -> Any:
    return [symbol[0], str(symbol[1])] if isinstance(symbol, tuple) else symbol


def _symbol(plain: Any) -> Symbol:
    if isinstance(plain, list):
        pitch, length = plain
        if type(pitch) is int and isinstance(length, str) and _LENGTH.fullmatch(length):
            return pitch, Fraction(length)
        raise ValueError("no pitch with a length")
    if isinstance(plain, int | str) and not isinstance(plain, bool):
        return plain
    raise ValueError("a symbol is neither a number nor a text nor a pair")
