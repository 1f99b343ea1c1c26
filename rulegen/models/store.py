"""A model as one file: safetensors, with a card in JSON that says what it is and where it comes from.

Nothing in a file is executed, and everything in it is asked whether it fits together before it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as tensors

from rulegen import __version__
from rulegen.errors import ModelError
from rulegen.models import counted, hmm, markov, quartet
from rulegen.models import lines as training
from rulegen.models.base import (
    Alphabet,
    Filtered,
    FinitePrior,
    FourVoices,
    HiddenPrior,
    Streamed,
    StreamingPrior,
    Symbol,
)
from rulegen.models.named_arrays import Arrays, Prior, StandIn, Told, put_together, taken_apart
from rulegen.models.stand_ins import VoicingTable
from rulegen.storage import write_whole

LARGEST_FILE = 64 * 1024 * 1024
FORMAT = 1
_MOST_SYMBOLS = 4096
_KEY = "rulegen"
_HEADER_LENGTH = 8  # bytes in which safetensors says how long its header is
_LARGEST_HEADER = 2**20  # bytes
_LENGTH = re.compile(r"\d{1,6}(/\d{1,6})?")  # of a note, in whole notes: 1e9 would be read as long as it is


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is, what it was learned from and how well; `held_out`: figures by name, in nats.

    `subject` is a voice, `harmony`, or `four voices`; `terms` are those of the corpus.
    """

    kind: str  # markov | hmm | lstm | gru | rnn, or those with four voices
    subject: str
    corpus: str
    terms: str
    command: str
    seed: int
    held_out: Mapping[str, float]
    version: str = __version__
    format: int = FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model with its card; `stand_in`, learned with a network, looks ahead in its place."""

    card: Card
    prior: Prior
    stand_in: StandIn | None = None
    lines: training.TrainingLines | None = None  # of what it was trained on; None for harmony

    @property
    def alphabet(self) -> Alphabet:
        """The symbols that it speaks of."""
        return self.prior.alphabet

    @property
    def finite(self) -> FinitePrior | None:
        """The model where it remembers finitely many contexts."""
        return self.prior if isinstance(self.prior, markov.Markov) else None

    @property
    def hidden(self) -> HiddenPrior | None:
        """The model where it is a hidden Markov model."""
        return self.prior if isinstance(self.prior, hmm.Hidden) else None

    @property
    def chain(self) -> FinitePrior | None:
        """The Markov chain that stands for a network of one voice, where it has one."""
        return self.stand_in if isinstance(self.stand_in, markov.Markov) else None

    @property
    def table(self) -> VoicingTable | None:
        """The table that stands for a network of four voices, where it has one."""
        return self.stand_in if isinstance(self.stand_in, VoicingTable) else None

    @property
    def quartet(self) -> FourVoices | None:
        """The model where it speaks of four voices together."""
        return self.prior if isinstance(self.prior, quartet.Quartet | counted.Counted) else None

    @property
    def streaming(self) -> StreamingPrior:
        """The model, asked step by step. Raises ModelError for one of four voices, asked voice by voice."""
        if isinstance(self.prior, markov.Markov):
            return Streamed(self.prior)
        if isinstance(self.prior, hmm.Hidden):
            return Filtered(self.prior)
        if isinstance(self.prior, quartet.Quartet | counted.Counted):
            raise ModelError("a model of four voices stands on all four voices together, not on one of them")
        return self.prior


def save(path: Path, model: Model) -> int:
    """Writes a model whole and says how many bytes it has. Raises OutputError where it cannot be written."""
    content = to_bytes(model)
    write_whole(path, content)
    return len(content)


def to_bytes(model: Model) -> bytes:
    """The bytes of a file: the same model gives the same bytes. Weights of four voices are rounded."""
    plain, arrays = taken_apart(model.prior, model.stand_in)
    symbols = [_plain_symbol(symbol) for symbol in model.alphabet.symbols]
    card = {**asdict(model.card), "held_out": dict(model.card.held_out)}
    told = {"card": card, "alphabet": {"kind": model.alphabet.kind, "symbols": symbols}, **plain}
    if model.lines is not None:
        told[training.KEY] = training.told_of(model.lines)
        arrays = {**arrays, training.KEY: model.lines.intervals}
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
        arrays: Arrays = tensors.load(content)
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
        return Model(card, *put_together(card.kind, alphabet, told, arrays), lines)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise ModelError(f"{name} is damaged: its numbers do not fit together") from None


def _header(content: bytes, name: str) -> Told:
    """What the file says of itself."""
    length = int.from_bytes(content[:_HEADER_LENGTH], "little")
    try:
        if not 2 <= length <= min(len(content) - _HEADER_LENGTH, _LARGEST_HEADER):
            raise ValueError
        metadata = json.loads(content[_HEADER_LENGTH : _HEADER_LENGTH + length])["__metadata__"]
        told: Told = json.loads(metadata[_KEY])
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
    return Card(**texts, seed=int(plain["seed"]), held_out=held_out)


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


def with_figures(model: Model, figures: Mapping[str, float]) -> Model:
    """The model with further figures on its card."""
    return replace(model, card=replace(model.card, held_out={**model.card.held_out, **figures}))
