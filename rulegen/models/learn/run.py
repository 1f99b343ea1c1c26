"""One training from the corpus to a model with its card: what `rulegen learn` calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ModelError
from rulegen.models import splits
from rulegen.models.base import Alphabet
from rulegen.models.cells import GATES
from rulegen.models.corpus import Body, gather, tune_of
from rulegen.models.counted import Counted
from rulegen.models.grids import Grid, four_voices, grid_of
from rulegen.models.lines import TrainingLines, lines_for
from rulegen.models.markov import LARGEST, counted
from rulegen.models.measure import figures_of, given_loss
from rulegen.models.named_arrays import Prior, as_kept
from rulegen.models.places import Encoded, Line, alphabet_of, encoded, line_of, untold
from rulegen.models.quartet import Quartet
from rulegen.models.rows import counted_loss, rows_of
from rulegen.models.splits import TEST, TRAINING, VALIDATION, Split
from rulegen.models.stand_ins import VoicingTable
from rulegen.models.store import Card, Model, with_figures

if TYPE_CHECKING:
    from rulegen.models.learn.loop import Epoch, Plan
    from rulegen.models.learn.lstm import Size

KINDS = ("markov", "hmm", *GATES)
QUARTET, HARMONY = "four-voices", "harmony"
TUNES = "tunes"
_LEAST = 50  # symbols to learn from

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How models are learned: order and least of markov, states and starts of hmm, the rest of networks."""

    order: int = 3
    least: int = 1
    states: tuple[int, ...] = (4, 8, 12, 16)
    starts: int = 4
    hidden: int = 128
    width: int = 128
    dropout: float = 0.4
    epochs: int = 45
    patience: int = 10
    batch: int = 8
    rate: float = 3e-3
    decay: float = 0.03
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be learned; `command` is how it was said; `afresh`: an interrupted training is left."""

    kind: str
    corpus: str
    part: str
    split: str
    seed: int
    command: str
    with_lengths: bool = False
    with_chords: bool = False
    afresh: bool = False
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Learned:
    """A model; how many pieces and symbols it was learned from; the losses by epoch where there are any."""

    model: Model
    pieces: int
    symbols: int
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Sequences, encoded, by what they are for; `new`: those measured on whose tune is new."""

    training: list[Encoded]
    validation: list[Encoded]
    test: list[Encoded]
    new: list[Encoded]

    def without_chords(self) -> _Parts:
        """The same, nothing being told of chords."""
        own = (self.training, self.validation, self.test, self.new)
        return _Parts(*([untold(sequence) for sequence in each] for each in own))


def split_for(wish: Wish, body: Body) -> Split:
    """The split of a body that a wish names. Raises ModelError for one of other pieces."""
    pieces = body.pieces
    if wish.split != TUNES:
        found = splits.laid_down(wish.split)
        if not any(piece.name in found.part for piece in pieces):
            raise ModelError(f"the split {wish.split} names no piece of {body.name}: take --split {TUNES}")
        return found
    return splits.by_tunes([piece.name for piece in pieces], [tune_of(piece) for piece in pieces], wish.seed)


def lines_of(wish: Wish, body: Body) -> list[Line]:
    """The lines of a voice in all pieces that have it. Raises ModelError where none has."""
    found = [line_of(piece, wish.part, wish.with_lengths, wish.with_chords) for piece in body.pieces]
    lines = [line for line in found if line is not None]
    if not lines:
        voices = sorted({name for piece in body.pieces for name, _ in piece.voices})
        shown = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
        raise ModelError(f"no piece of {body.name} has a voice {wish.part}; there are {shown}")
    return lines


def training_lines(wish: Wish, body: Body) -> TrainingLines | None:
    """The lines of the voice, or of the four voices, that a model is trained on; None for harmony."""
    if wish.part == HARMONY:
        return None
    if wish.part == QUARTET:
        every = [(piece, four_voices(piece)) for piece in body.pieces if grid_of(piece) is not None]
    else:
        every = [(piece, [line]) for piece in body.pieces if (line := piece.voice(wish.part))]
    places = split_for(wish, body).of(TRAINING, [piece.name for piece, _ in every])
    return lines_for([every[place][0] for place in places], [every[place][1] or () for place in places])


def learn(wish: Wish, lines: Sequence[Line], body: Body, checkpoint: Path, progress: Progress) -> Learned:
    """A model of lines, or of the chords of pieces. Raises ModelError where there is too little."""
    kind = "chord" if wish.part == HARMONY else "pitch+length" if wish.with_lengths else "pitch"
    alphabet = alphabet_of(lines, kind)
    parts = _parted(lines, alphabet, split_for(wish, body))
    symbols = sum(len(sequence) for sequence, _ in parts.training)
    _need(symbols, len(parts.validation), len(parts.test), wish, body)
    prior, curves = _trained(wish, parts, alphabet, checkpoint, progress)
    plain = parts.without_chords()
    stand_in = counted(plain.training, alphabet, order=1) if wish.kind in GATES else None
    model = _carded(wish, body, prior, {})
    model = replace(model, stand_in=stand_in, lines=training_lines(wish, body))
    figures = figures_of(
        model.streaming,
        plain.training,
        {"validation": plain.validation, "test": plain.test, "new tunes of test": plain.new},
    )
    if wish.with_chords:
        told = {"test, chords told": parts.test, "new tunes of test, chords told": parts.new}
        figures |= figures_of(model.streaming, (), told)
    return Learned(with_figures(model, figures), len(parts.training), symbols, curves)


def learn_quartet(wish: Wish, body: Body, checkpoint: Path, progress: Progress) -> Learned:
    """A model of four voices together. Raises ModelError where there is too little to learn from."""
    grids = [grid for grid in map(grid_of, body.pieces) if grid is not None]
    split = split_for(wish, body)
    names = [grid.name for grid in grids]
    by_part = {
        part: [grids[place] for place in split.of(part, names)] for part in (TRAINING, VALIDATION, TEST)
    }
    symbols = sum(grid.symbols.size for grid in by_part[TRAINING])
    _need(symbols, len(by_part[VALIDATION]), len(by_part[TEST]), wish, body)
    prior, table, curves = _trained_quartet(
        wish, by_part[TRAINING], by_part[VALIDATION], checkpoint, progress
    )
    chosen = {
        "validation": by_part[VALIDATION],
        "test": by_part[TEST],
        "new tunes of test": [grid for grid in by_part[TEST] if grid.name in split.new],
    }
    progress("measuring")
    figures = {
        f"{name}, nats a voice and sixteenth, key and bar given": _loss(prior, own)
        for name, own in chosen.items()
        if own
    }
    model = _carded(wish, body, prior, figures)
    model = replace(model, stand_in=table, lines=training_lines(wish, body))
    return Learned(model, len(by_part[TRAINING]), symbols, curves)


def _loss(prior: Quartet | Counted, grids: Sequence[Grid]) -> float:
    """Nats a voice and sixteenth, key and place in the bar given."""
    return counted_loss(prior, rows_of(grids)) if isinstance(prior, Counted) else given_loss(prior, grids)


def _trained_quartet(
    wish: Wish, training: Sequence[Grid], validation: Sequence[Grid], checkpoint: Path, progress: Progress
) -> tuple[Quartet | Counted, VoicingTable | None, dict[str, list[float]]]:
    """The model of four voices, what stands in for a network, and its losses by epoch."""
    if wish.kind == "markov":
        from rulegen.models.learn.counted import learned

        return learned(training, progress), None, {}
    if wish.kind == "hmm":
        from rulegen.models.learn.hidden_counted import learned_hidden
        from rulegen.models.learn.hmm import Search

        search = Search(wish.options.states, wish.options.starts, wish.seed)
        return learned_hidden(training, validation, search, progress), None, {}
    from rulegen.models.learn import quartet, stand_in
    from rulegen.models.learn.loop import seeded, train

    plan, size = _plan_and_size(wish)
    seeded(wish.seed)
    task = quartet.QuartetTask([*training, *validation], len(training), size)
    network, epochs = train(task, plan, checkpoint, _mark(wish, len(training)), progress)
    prior = as_kept(task.model(network))
    progress("looking for what can stand in for it")
    return prior, stand_in.table_of(prior, training), _curves(epochs)


def body_of(wish: Wish, progress: Progress) -> Body:
    """The body that a wish names. Raises ModelError."""
    return gather(wish.corpus, progress)


def _parted(lines: Sequence[Line], alphabet: Alphabet, split: Split) -> _Parts:
    names = [line.name for line in lines]

    def chosen(places: Sequence[int]) -> list[Encoded]:
        return [encoded(lines[place], alphabet) for place in places]

    test = split.of(TEST, names)
    new = [place for place in test if names[place] in split.new]
    return _Parts(
        chosen(split.of(TRAINING, names)),
        chosen(split.of(VALIDATION, names)),
        chosen(test),
        chosen(new),
    )


def _need(symbols: int, validation: int, test: int, wish: Wish, body: Body) -> None:
    what = "chords" if wish.part == HARMONY else "notes"
    if symbols < _LEAST:
        count = f"{symbols} {what}" if symbols != 1 else f"one {what[:-1]}"
        raise ModelError(f"{body.name} has {count} to learn from, and {_LEAST} are the least")
    if not validation or not test:
        raise ModelError(
            f"{body.name} has no piece left to judge by or to measure with: take a larger corpus"
        )


def _trained(
    wish: Wish, parts: _Parts, alphabet: Alphabet, checkpoint: Path, progress: Progress
) -> tuple[Prior, dict[str, list[float]]]:
    if wish.kind == "markov":
        model = counted(parts.training, alphabet, wish.options.order, wish.options.least)
        if model.contexts * len(alphabet) > LARGEST:
            raise ModelError(
                f"{model.contexts} contexts of {len(alphabet)} symbols are too many: "
                f"try --order {max(1, wish.options.order - 1)} or --least {2 * wish.options.least}"
            )
        return model, {}
    if wish.kind == "hmm":
        from rulegen.models.learn import hmm

        search = hmm.Search(wish.options.states, wish.options.starts, wish.seed)
        return hmm.train(parts.training, parts.validation, alphabet, search, progress), {}
    from rulegen.models.learn import lstm
    from rulegen.models.learn.loop import seeded, train

    plan, size = _plan_and_size(wish)
    seeded(wish.seed)
    judged = [*parts.validation, *map(untold, parts.validation)] if wish.with_chords else parts.validation
    task = lstm.VoiceTask(alphabet, [*parts.training, *judged], len(parts.training), size, wish.with_chords)
    network, epochs = train(task, plan, checkpoint, _mark(wish, len(parts.training)), progress)
    return task.model(network), _curves(epochs)


def _curves(epochs: Sequence[Epoch]) -> dict[str, list[float]]:
    """The losses by epoch."""
    return {
        "training": [epoch.training for epoch in epochs],
        "validation": [epoch.validation for epoch in epochs],
    }


def _plan_and_size(wish: Wish) -> tuple[Plan, Size]:
    from rulegen.models.learn.loop import Plan
    from rulegen.models.learn.lstm import Size

    own = wish.options
    plan = Plan(own.epochs, own.patience, own.batch, own.rate, own.decay, wish.seed, own.threads, wish.afresh)
    return plan, Size(wish.kind, own.hidden, own.hidden, own.width, own.dropout)


def _mark(wish: Wish, training: int) -> str:
    """What a checkpoint must agree with: all that decides the course of a training."""
    own = replace(wish.options, threads=1, patience=1)
    told = (wish.kind, wish.part, wish.corpus, wish.split, wish.seed, wish.with_lengths, wish.with_chords)
    return " ".join(map(str, (*told, own, training)))


def _carded(wish: Wish, body: Body, prior: Prior, figures: Mapping[str, float]) -> Model:
    subject = "four voices" if wish.part == QUARTET else wish.part
    rounded = {name: round(value, 5) for name, value in figures.items()}
    return Model(Card(wish.kind, subject, body.name, body.terms, wish.command, wish.seed, rounded), prior)
