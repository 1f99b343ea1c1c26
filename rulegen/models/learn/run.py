"""One training from the corpus to a model with its card: what `rulegen learn` calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rulegen.errors import ModelError
from rulegen.models import splits
from rulegen.models.base import Alphabet, Tokens
from rulegen.models.beats import on_beats
from rulegen.models.corpus import Body, gather, tune_of
from rulegen.models.grids import four_voices, grid_of, struck_grid_of
from rulegen.models.learn.lesson import Lesson, Taught
from rulegen.models.lines import TrainingLines, lines_for
from rulegen.models.measure import figures_of, untold
from rulegen.models.places import SymbolLine, alphabet_of, encoded, line_of
from rulegen.models.quartet import ALPHABET
from rulegen.models.registry import (
    BEATS,
    FOUR_VOICES,
    HARMONY,
    SURFACE,
    Kind,
    View,
    known_kind,
    learning_of,
    view_of_part,
)
from rulegen.models.splits import TEST, TRAINING, VALIDATION, Split
from rulegen.models.store import Card, Model
from rulegen.models.struck import STRUCK

TUNES = "tunes"
_LEAST = 50  # tokens to learn from
_MARK_LESS = {"threads": 1, "patience": 1}  # options that do not decide the course of a training

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be learned; `command` is how it was said; `afresh`: an interrupted training is left.

    level: of LEVELS, or None: pieces as they sound, of four voices in pitches alone. options: those of the
    kind that were said.
    """

    kind: str
    corpus: str
    part: str
    split: str
    seed: int
    command: str
    level: str | None = None
    with_lengths: bool = False
    with_chords: bool = False
    afresh: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def view(self) -> View:
        """What is spoken of."""
        return view_of_part(self.part)

    @property
    def row(self) -> Kind:
        """The kind of the view. Raises ModelError where there is none."""
        return known_kind(self.kind, self.view)


@dataclass(frozen=True, slots=True)
class Learned:
    """A model; how many pieces and tokens it was learned from; the losses by epoch where there are any."""

    model: Model
    pieces: int
    tokens: int
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Pieces by what they are for; `new`: those measured on whose tune is new."""

    training: list[Tokens]
    validation: list[Tokens]
    test: list[Tokens]
    new: list[Tokens]


def split_for(task: Assignment, body: Body) -> Split:
    """The split of a body that a task names. Raises ModelError for one of other pieces."""
    pieces = body.pieces
    if task.split != TUNES:
        found = splits.laid_down(task.split)
        if not any(piece.name in found.part for piece in pieces):
            raise ModelError(f"the split {task.split} names no piece of {body.name}: take --split {TUNES}")
        return found
    return splits.by_tunes([piece.name for piece in pieces], [tune_of(piece) for piece in pieces], task.seed)


def lines_of(task: Assignment, body: Body) -> list[SymbolLine]:
    """The lines of a voice in all pieces that have it. Raises ModelError where none has."""
    found = [line_of(piece, task.part, task.with_lengths, task.with_chords) for piece in body.pieces]
    lines = [line for line in found if line is not None]
    if not lines:
        voices = sorted({name for piece in body.pieces for name, _ in piece.voices})
        shown = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
        raise ModelError(f"no piece of {body.name} has a voice {task.part}; there are {shown}")
    return lines


def training_lines(task: Assignment, body: Body) -> TrainingLines | None:
    """The lines of the voice, or of the four voices, that a model is trained on; None for harmony."""
    if task.view is HARMONY:
        return None
    if task.view is FOUR_VOICES:
        every = [(piece, four_voices(piece)) for piece in body.pieces if grid_of(piece) is not None]
    else:
        every = [(piece, [line]) for piece in body.pieces if (line := piece.voice(task.part))]
    places = split_for(task, body).of(TRAINING, [piece.name for piece, _ in every])
    return lines_for([every[place][0] for place in places], [every[place][1] or () for place in places])


def learn(
    task: Assignment, body: Body, lines: Sequence[SymbolLine], checkpoint: Path, progress: Progress
) -> Learned:
    """A model of lines, of the chords of pieces, or of four voices, which need no lines. Raises ModelError
    where there is too little.
    """
    alphabet, pieces = _heard(task, body, lines)
    parts = _parted(pieces, split_for(task, body))
    tokens = sum(each.symbols.size for each in parts.training)
    _need(tokens, parts, task, body)
    options = {each.name: each.default for each in task.row.options} | dict(task.options)
    mark = _mark(task, options, len(parts.training))
    lesson = Lesson(
        task.kind, alphabet, parts.training, parts.validation, options, task.seed, checkpoint, mark,
        task.with_chords, task.afresh,
    )  # fmt: skip
    taught = learning_of(task.row)(lesson, progress)
    progress("measuring")
    card = _card(task, body, _figures(taught, parts, task.with_chords))
    model = Model(card, taught.law, taught.stand_in, training_lines(task, body))
    return Learned(model, len(parts.training), tokens, taught.curves)


def body_of(task: Assignment, progress: Progress) -> Body:
    """The body that is to be learned from, on its level. Raises ModelError."""
    body = gather(task.corpus, progress)
    if task.level != BEATS:
        return body
    return replace(body, pieces=tuple(on_beats(piece) for piece in body.pieces))


def _heard(task: Assignment, body: Body, lines: Sequence[SymbolLine]) -> tuple[Alphabet, list[Tokens]]:
    """All pieces as the view hears them."""
    if task.view is FOUR_VOICES:
        alphabet, made = (STRUCK, struck_grid_of) if task.level == SURFACE else (ALPHABET, grid_of)
        return alphabet, [grid for grid in map(made, body.pieces) if grid is not None]
    kind = task.view.alphabets[task.with_lengths]
    alphabet = alphabet_of(lines, kind)
    return alphabet, [encoded(line, alphabet) for line in lines]


def _figures(taught: Taught, parts: _Parts, with_chords: bool) -> dict[str, float]:
    """The figures of a card."""
    plain = {"validation": parts.validation, "test": parts.test, "new tunes of test": parts.new}
    measured = {name: untold(own) for name, own in plain.items()}
    found = figures_of(taught.law, parts.training, measured)
    if with_chords:
        told = {"test, chords told": parts.test, "new tunes of test, chords told": parts.new}
        found |= figures_of(taught.law, (), told)
    return found


def _parted(pieces: Sequence[Tokens], split: Split) -> _Parts:
    names = [piece.name for piece in pieces]
    training, validation, test = (
        [pieces[place] for place in split.of(part, names)] for part in (TRAINING, VALIDATION, TEST)
    )
    return _Parts(training, validation, test, [piece for piece in test if piece.name in split.new])


def _need(tokens: int, parts: _Parts, task: Assignment, body: Body) -> None:
    what = task.view.elements
    if tokens < _LEAST:
        count = f"{tokens} {what}s" if tokens != 1 else f"one {what}"
        raise ModelError(f"{body.name} has {count} to learn from, and {_LEAST} are the least")
    if not parts.validation or not parts.test:
        raise ModelError(
            f"{body.name} has no piece left to judge by or to measure with: take a larger corpus"
        )


def _mark(task: Assignment, options: Mapping[str, Any], training: int) -> str:
    """What a checkpoint must agree with: all that decides the course of a training."""
    told = (task.kind, task.part, task.corpus, task.split, task.seed, task.level)
    return " ".join(
        map(str, (*told, task.with_lengths, task.with_chords, {**options, **_MARK_LESS}, training))
    )


def _card(task: Assignment, body: Body, figures: Mapping[str, float]) -> Card:
    subject = task.part if task.view.part is None else task.view.name
    if len(task.view.order) > 1:  # the last digits of sums so long depend on how they are batched
        figures = {name: round(value, 5) for name, value in figures.items()}
    level = task.level or ""
    return Card(task.kind, subject, body.name, body.terms, task.command, task.seed, figures, level)
