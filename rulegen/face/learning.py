"""Models learned from a corpus: what is to be learned, and the file that comes of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rulegen.errors import ModelError
from rulegen.io.corpus import ENDINGS
from rulegen.models.corpus import named
from rulegen.models.learn import run
from rulegen.models.learn.run import Assignment
from rulegen.models.places import SymbolLine
from rulegen.models.registry import (
    FOUR_VOICES,
    HARMONY,
    KINDS,
    LEVELS,
    SURFACE,
    VOICE,
    Kind,
    View,
    known_kind,
    view_of_part,
)
from rulegen.models.store import from_bytes, save, to_bytes
from rulegen.storage import write_whole
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.models.corpus import Body
    from rulegen.models.learn.run import Learned
    from rulegen.models.store import Card, Model

_VIEWS = {VOICE.name: "one voice", HARMONY.name: "the harmony", FOUR_VOICES.name: "four-voices"}
_TEST, _COUNTING = "test, nats a symbol", "test by counting alone, nats a symbol"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Training:
    """What is to be learned, and where it goes.

    kind: markov, hmm, lstm, gru, rnn or attention. corpus: a body of music21's corpus by its name, or a
    folder of scores. part: a voice by its name or number, "harmony", or "four-voices". split: "tunes", or
    "jsb" for Bach's. level: "beats" (pieces on their beats alone), "surface" (of four voices, with what is
    struck again told from what is held), or None (as they sound). lengths: the symbols are pitches with
    lengths. chords: each note knows its chord (networks). style: the one by which chords are heard. curve: a
    picture of the losses, .svg or .png. afresh: an interrupted training is left. options: of the kind, as
    `order=3` (`rulegen learn --help` lists them).
    """

    kind: str
    corpus: str
    part: str
    output: Path
    split: str = "tunes"
    seed: int = 0
    level: str | None = None
    lengths: bool = False
    chords: bool = False
    style: str = "chorale"
    curve: Path | None = None
    afresh: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Finds out before the work whether all fits together, its fruits can be kept, and the tools are
        there. Raises ValueError, ModelError.
        """
        for name in self.options:
            self._check_option(name)
        if self.chords and (not self.row.hears_chords or self.view is not VOICE):
            hearing = dict.fromkeys(each.name for each in KINDS if each.hears_chords)
            raise ValueError(f"--chords is for networks of one voice: {', '.join(hearing)}")
        self._check_level()
        if self.lengths and self.view is not VOICE:
            raise ValueError("--lengths is for a voice, not for the harmony or four-voices")
        self._check_places()
        needed = self.row.needs
        if needed is not None and find_spec(needed) is None:
            raise ModelError(f"learning {self.kind} needs {needed}: pip install 'rulegen[learn]'")

    @property
    def view(self) -> View:
        """What is spoken of."""
        return view_of_part(self.part)

    @property
    def row(self) -> Kind:
        """The kind, of what is spoken of. Raises ModelError where there is none."""
        return known_kind(self.kind, self.view)

    def _check_option(self, name: str) -> None:
        kinds = [kind for kind in KINDS if kind.has(name)]
        own = [kind for kind in kinds if kind.name == self.kind]
        if not kinds:
            raise ValueError(f"learning has no option {name}")
        if not own:
            known = ", ".join(dict.fromkeys(kind.name for kind in kinds))
            raise ValueError(f"--{name} is for {known}, not for {self.kind}")
        if not self.row.has(name):
            known = " or ".join(_VIEWS[view.name] for kind in own for view in kind.views)
            raise ValueError(f"--{name} is for {known}, not for {self.view.part}")

    def _check_level(self) -> None:
        if self.level not in (None, *LEVELS):
            raise ValueError(f"there is no level {self.level}: there are {' and '.join(LEVELS)}")
        if self.level is not None and self.view is HARMONY:
            raise ValueError("--level is for notes, not for the harmony")
        if self.level == SURFACE and self.view is FOUR_VOICES and not self.row.tells_strikes:
            telling = ", ".join(dict.fromkeys(each.name for each in KINDS if each.tells_strikes))
            raise ValueError(f"of four-voices, --level surface is for {telling}, not for {self.kind}")

    def _check_places(self) -> None:
        for path in (self.output, self.curve):
            reason = None if path is None else _hindrance(path)
            if reason is not None:
                raise ValueError(f"{path} cannot be written: {reason}")
        if self.curve is None:
            return
        if self.curve.resolve() == self.output.resolve():
            raise ValueError(f"{self.curve} is where the model goes: give the curve another name")
        if self.curve.suffix.lower() not in (".svg", ".png"):
            raise ValueError(f"{self.curve} is no picture: give it the ending .svg or .png")
        if _is_png(self.curve) and find_spec("resvg_py") is None:
            raise ModelError("a PNG needs resvg: pip install resvg-py, or take .svg")

    @property
    def checkpoint(self) -> Path:
        """Where a network keeps the epochs that are over, so that an interrupted training goes on."""
        return self.output.with_name(self.output.name + ".checkpoint")

    @property
    def command(self) -> str:
        """The command that makes the same model again."""
        words = ["rulegen", "learn", self.kind, "--corpus", self.corpus, "--part", self.part]
        words += ["--split", self.split, "--seed", str(self.seed)]
        words += ["--level", self.level] if self.level is not None else []
        words += ["--lengths"] * self.lengths + ["--chords"] * self.chords
        if self.view is HARMONY or self.chords:
            words += ["--style", self.style]
        for name, value in self.options.items():
            words += [f"--{name}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
        return shlex.join([*words, "-o", self.output.name])

    @property
    def assignment(self) -> Assignment:
        """The same as the trainers take it."""
        options = {"threads": os.cpu_count() or 1} | self.options
        kinds = self.level, self.lengths, self.chords, self.afresh
        return Assignment(
            self.kind, self.corpus, self.part, self.split, self.seed, self.command, *kinds, options
        )


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """A model that was learned and written.

    path: its file, as `model … "mine.model"` names it in a style. pieces, symbols: what it was learned from.
    size: bytes. skipped: files that could not be read, with the reason.
    """

    path: Path
    model: Model
    pieces: int
    symbols: int
    size: int
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def figures(self) -> dict[str, float]:
        """The held-out figures of its card."""
        return dict(self.model.card.held_out)

    @property
    def warnings(self) -> list[str]:
        """What is to be told of files that were left out, and of a model that is worse than counting."""
        found = []
        if self.skipped:
            found.append(f"{counted(len(self.skipped), 'file')} could not be read:\n{named(self.skipped)}")
        if self.figures.get(_TEST, 0.0) > self.figures.get(_COUNTING, float("inf")):
            found.append("it foresees less than counting alone: train it longer, or on a larger corpus")
        return found

    def __str__(self) -> str:
        learned = f"{counted(self.symbols, self.model.view.elements)} in {counted(self.pieces, 'piece')}"
        return (
            f"{self.path}: learned from {learned}, {self.size / 1024:.0f} KB\n{figures_of(self.model.card)}"
        )

    __repr__ = __str__


def learn(
    kind: str,
    *,
    corpus: str | PathLike[str],
    part: str,
    output: str | PathLike[str],
    progress: Progress = lambda text: None,
    **settings: Any,
) -> LearnedModel:
    """Learns a model from a corpus and writes it: a style consults it with `model KIND "FILE.model" on PART`.

    kind: markov, hmm, lstm, gru, rnn or attention; networks need torch, hidden Markov models hmmlearn.
    corpus: a body of music21's corpus by its name, or a folder of scores. part: a voice by its name or
    number, "harmony", or "four-voices". settings: split ("tunes", or "jsb" for Bach's), seed, level ("beats"
    or "surface"), lengths (the symbols are pitches with lengths), chords (each note knows its chord:
    networks), style (by which chords are heard), curve (a picture of the losses, .svg or .png), afresh (an
    interrupted training is left), and the options of the kind, such as order=3 or epochs=20 (`rulegen learn
    --help` lists them). progress: is told what goes on.
    Raises ValueError for settings that do not go together, ModelError for a corpus that does not suffice.

    >>> import os
    >>> os.mkdir("duets")
    >>> for duet in rulegen.load("first_species").compose(seed=1, count=30):
    ...     saved = duet.save(f"duets/{duet.seed}.musicxml")
    >>> learned = rulegen.learn("markov", corpus="duets", part="cantus", output="cantus.model", order=2)
    >>> learned.path.name, learned.pieces
    ('cantus.model', 24)
    """
    own = {name: settings.pop(name) for name in _SETTINGS if name in settings}
    if own.get("curve") is not None:
        own["curve"] = Path(own["curve"])
    training = Training(kind, os.fspath(corpus), part, Path(output), **own, options=settings)
    training.check()
    return trained(training, progress)


_SETTINGS = ("split", "seed", "level", "lengths", "chords", "style", "curve", "afresh")


def trained(training: Training, progress: Progress) -> LearnedModel:
    """The model of a training, written."""
    task, lines = training.assignment, list[SymbolLine]()
    body = run.body_of(task, progress)
    if task.view is HARMONY:
        from rulegen.face.labelling import chord_lines

        lines = chord_lines(task, body, training.style, progress)
    elif task.view is VOICE:
        heard = _with_chords(task, body, training.style, progress) if task.with_chords else body
        lines = run.lines_of(task, heard)
    learned = run.learn(task, body, lines, training.checkpoint, progress)
    size = _written(learned, training)
    return LearnedModel(
        training.output, learned.model, learned.pieces, learned.tokens, size, tuple(body.skipped)
    )


def _with_chords(task: Assignment, body: Body, style_name: str, progress: Progress) -> Body:
    """The body with chords in the pieces that take part: those it states, else those that a style hears."""
    from rulegen.face.labelling import hearing, with_chords

    heard = with_chords(body, task.corpus, hearing(style_name), progress, run.split_for(task, body).part)
    if not any(piece.chords for piece in heard.pieces):
        raise ModelError(f"{body.name} states no chords, and {style_name} hears none in it")
    return heard


def _written(learned: Learned, training: Training) -> int:
    """Writes the model and its curve, and takes the checkpoint away; how many bytes the model has."""
    _check_readable(learned.model)
    size = save(training.output, learned.model)
    if training.curve is not None and learned.curves:
        from rulegen.io.render import to_pixels
        from rulegen.models.learn.curve import curve

        title = f"{learned.model.card.kind} of {learned.model.card.subject}, {learned.model.card.corpus}"
        drawn = curve(title, dict(learned.curves))
        write_whole(training.curve, to_pixels(drawn) if _is_png(training.curve) else drawn.encode())
    if learned.curves:  # what is counted leaves no checkpoint, and one that lies there is another training's
        training.checkpoint.unlink(missing_ok=True)
    return size


def _check_readable(model: Model) -> None:
    """Raises ModelError where the file could not be read again: it takes the place of no sound one."""
    try:
        with np.errstate(over="ignore"):
            from_bytes(to_bytes(model), "the model")
    except ModelError:
        raise ModelError(
            "the model that was learned cannot be kept: its weights grew past all bounds, or it has too many "
            "symbols; a lower --rate may help, or a corpus of fewer lengths"
        ) from None


def _is_png(path: Path) -> bool:
    return path.suffix.lower() == ".png"


def _hindrance(path: Path) -> str | None:
    """Why a file cannot be written there, or None."""
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it first"
    if path.exists() and not path.is_file():
        return "it is a device or a pipe"
    if path.exists() and path.suffix.lower() in ENDINGS:
        return "it is a score, and would be written over"
    return None if os.access(path.resolve().parent, os.W_OK) else f"nothing may be written to {path.parent}"


def figures_of(card: Card) -> str:
    """The held-out figures of a card, a line each."""
    width = max((len(name) for name in card.held_out), default=0)
    return "\n".join(f"  {printable(name):<{width}}  {value:.4f}" for name, value in card.held_out.items())


def printable(text: str) -> str:
    """A text of a file that anyone may have made, without what would steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
