"""`rulegen learn`: from a corpus to a model."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.numbers import Real
from rulegen.cli.screen import Progress
from rulegen.errors import ModelError
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.models.corpus import Body
    from rulegen.models.learn.run import Learned, Wish
    from rulegen.models.store import Model

_KINDS = ("markov", "hmm", "lstm", "gru", "rnn")
_EXAMPLE = (
    "\b\nExamples:\n"
    "  rulegen learn markov --corpus bach-chorales --part soprano --order 3 -o soprano.model\n"
    "  rulegen learn hmm --corpus bach-chorales --part harmony --style chorale -o harmony.model\n"
    "  rulegen learn lstm --corpus my-scores/ --part 1 -o mine.model --curve mine.svg"
)
_OF_KIND = {  # which kinds an option is for
    "order": ("markov",),
    "least": ("markov",),
    "states": ("hmm",),
    "starts": ("hmm",),
    **dict.fromkeys(
        (
            "hidden",
            "width",
            "dropout",
            "epochs",
            "patience",
            "batch",
            "rate",
            "decay",
            "threads",
            "curve",
            "afresh",
        ),
        ("lstm", "gru", "rnn"),
    ),
}

_QUARTET = "four-voices"
_TEST, _COUNTING = "test, nats a symbol", "test by counting alone, nats a symbol"
_OF_ONE = ("order", "least")  # chains of four voices are laid down


@dataclass(frozen=True, slots=True)
class Said:
    """What the command line says beside the options of a kind."""

    output: Path
    curve: Path | None
    style: str


def _states(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(1 <= each <= 200 for each in found):
        raise click.BadParameter("write numbers from 1 to 200 with commas between, as in 4,8,12")
    return found


@click.command(name="learn", epilog=_EXAMPLE)
@click.argument("kind", metavar="KIND", type=click.Choice(_KINDS))
@click.option("--corpus", required=True, metavar="NAME|FOLDER", help="A body of music21's corpus, or scores.")
@click.option(
    "--part", required=True, metavar="PART", help="A voice by name or number, harmony, four-voices."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE.model")
@click.option("--split", default="tunes", show_default=True, metavar="NAME", help="tunes, or jsb for Bach's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N")
@click.option("--lengths", "with_lengths", is_flag=True, help="The symbols are pitches with lengths.")
@click.option(
    "--chords", "with_chords", is_flag=True, help="Networks: each note knows its chord, stated or heard."
)
@click.option("--style", default="chorale", show_default=True, help="The style by which chords are heard.")
@click.option("--order", type=click.IntRange(0, 12), metavar="N", help="markov: symbols remembered.  [3]")
@click.option(
    "--least", type=click.IntRange(1), metavar="N", help="markov: how often a context is seen.  [1]"
)
@click.option("--states", callback=_states, metavar="N,…", help="hmm: hidden states to try.  [4,8,12,16]")
@click.option("--starts", type=click.IntRange(1, 100), metavar="N", help="hmm: random starts of each.  [4]")
@click.option("--hidden", type=click.IntRange(1, 1024), metavar="N", help="Size of the memory.  [128]")
@click.option("--width", type=click.IntRange(1, 2048), metavar="N", help="Size of the layer after it.  [128]")
@click.option("--dropout", type=Real(0, 0.9), metavar="P", help="Share left out.  [0.4]")
@click.option("--epochs", type=click.IntRange(1, 10_000), metavar="N", help="Epochs at most.  [45]")
@click.option("--patience", type=click.IntRange(1), metavar="N", help="Epochs without getting better.  [10]")
@click.option("--batch", type=click.IntRange(1, 1024), metavar="N", help="Pieces an update.  [8]")
@click.option("--rate", type=Real(0, 1, min_open=True), metavar="X", help="Learning rate.  [0.003]")
@click.option("--decay", type=Real(0, 1), metavar="X", help="Weight decay.  [0.03]")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Cores to use.  [all]")
@click.option(
    "--curve",
    type=click.Path(path_type=Path),
    metavar="FILE.svg",
    help="Draw the losses; as PNG by its ending.",
)
@click.option(
    "--afresh", is_flag=True, default=None, help="Begin anew where an interrupted training is left."
)
def command(**said: Any) -> None:
    """Learn a model of a voice, of the harmony, or of four voices from a corpus.

    KIND is markov, hmm, lstm, gru or rnn. A network that is interrupted goes on where it was when the same
    command is given again; what it needs for that is kept beside the output as FILE.model.checkpoint.
    """
    kind = said["kind"]
    own = {name: said.pop(name) for name in _OF_KIND}
    for name, value in own.items():
        if value is not None and kind not in _OF_KIND[name]:
            raise click.UsageError(f"--{name} is for {', '.join(_OF_KIND[name])}, not for {kind}")
        if value is not None and name in _OF_ONE and said["part"] == _QUARTET:
            raise click.UsageError(f"--{name} is for one voice or the harmony, not for {_QUARTET}")
    if said["with_chords"] and (kind in ("markov", "hmm") or said["part"] in (_QUARTET, "harmony")):
        raise click.UsageError("--chords is for networks of one voice: lstm, gru, rnn")
    if said["with_lengths"] and said["part"] in (_QUARTET, "harmony"):
        raise click.UsageError("--lengths is for a voice, not for the harmony or four-voices")
    place = Said(said.pop("output"), own.pop("curve"), said.pop("style"))
    said["afresh"] = bool(own.pop("afresh"))
    _check(place, kind)
    try:
        with Progress() as progress:
            wish, body, learned = _learn(_wish(said, own, place), place, progress)
            size = _written(learned, place)
    except KeyboardInterrupt:
        _tell_kept(place, kind)
        raise
    _report(wish, body, learned, place, size)


def _tell_kept(place: Said, kind: str) -> None:
    """What is left of a training that was interrupted."""
    checkpoint = _checkpoint(place)
    if kind in ("markov", "hmm") or not checkpoint.is_file():
        return
    click.echo(
        f"\n{checkpoint} keeps all epochs that were over: the same command goes on from there, "
        "and --afresh begins anew",
        err=True,
    )


def _checkpoint(place: Said) -> Path:
    return place.output.with_name(place.output.name + ".checkpoint")


def _wish(said: dict[str, Any], own: dict[str, Any], place: Said) -> Wish:
    from rulegen.models.learn.run import Options, Wish

    chosen = {name: value for name, value in own.items() if value is not None}
    options = replace(Options(threads=os.cpu_count() or 1), **chosen)
    wish = Wish(options=options, command="", **said)
    return replace(wish, command=_command(wish, chosen, place))


def _command(wish: Wish, chosen: dict[str, Any], place: Said) -> str:
    """The command that makes the same model again."""
    words = [
        "rulegen",
        "learn",
        wish.kind,
        "--corpus",
        wish.corpus,
        "--part",
        wish.part,
        "--split",
        wish.split,
    ]
    words += ["--seed", str(wish.seed)] + ["--lengths"] * wish.with_lengths + ["--chords"] * wish.with_chords
    if wish.part == "harmony" or wish.with_chords:
        words += ["--style", place.style]
    for name, value in chosen.items():
        words += [f"--{name}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    return shlex.join([*words, "-o", place.output.name])


def _check(place: Said, kind: str) -> None:
    """Finds out before the work whether its fruits can be kept, and whether the tools are there."""
    from importlib.util import find_spec

    for path in (place.output, place.curve):
        reason = None if path is None else _hindrance(path)
        if reason is not None:
            raise click.UsageError(f"{path} cannot be written: {reason}")
    if place.curve is not None and place.curve.resolve() == place.output.resolve():
        raise click.UsageError(f"{place.curve} is where the model goes: give the curve another name")
    if place.curve is not None and place.curve.suffix.lower() not in (".svg", ".png"):
        raise click.UsageError(f"{place.curve} is no picture: give it the ending .svg or .png")
    if place.curve is not None and _is_png(place.curve) and find_spec("resvg_py") is None:
        raise ModelError("a PNG needs resvg: pip install resvg-py, or take .svg")
    needed = "hmmlearn" if kind == "hmm" else "torch"
    if kind != "markov" and find_spec(needed) is None:
        raise ModelError(f"learning {kind} needs {needed}: pip install 'rulegen[learn]'")


def _is_png(path: Path) -> bool:
    return path.suffix.lower() == ".png"


def _hindrance(path: Path) -> str | None:
    """Why a file cannot be written there, or None."""
    from rulegen.io.corpus import ENDINGS

    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it first"
    if path.exists() and not path.is_file():
        return "it is a device or a pipe"
    if path.exists() and path.suffix.lower() in ENDINGS:
        return "it is a score, and would be written over"
    return None if os.access(path.resolve().parent, os.W_OK) else f"nothing may be written to {path.parent}"


def _learn(wish: Wish, place: Said, progress: Progress) -> tuple[Wish, Body, Learned]:
    from rulegen.models.learn import run

    checkpoint = _checkpoint(place)
    body = run.body_of(wish, progress.say)
    if wish.part == run.QUARTET:
        learned = run.learn_quartet(wish, body, checkpoint, progress.say)
    elif wish.part == run.HARMONY:
        from rulegen.face.labelling import chord_lines

        lines = chord_lines(wish, body, place.style, progress.say)
        learned = run.learn(wish, lines, body, checkpoint, progress.say)
    else:
        heard = _with_chords(wish, body, place.style, progress) if wish.with_chords else body
        learned = run.learn(wish, run.lines_of(wish, heard), body, checkpoint, progress.say)
    return wish, body, learned


def _with_chords(wish: Wish, body: Body, style_name: str, progress: Progress) -> Body:
    """The body with chords in the pieces that take part: those it states, else those that a style hears."""
    from rulegen.face.labelling import hearing, with_chords
    from rulegen.models.learn.run import split_for

    heard = with_chords(body, wish.corpus, hearing(style_name), progress.say, split_for(wish, body).part)
    if not any(piece.chords for piece in heard.pieces):
        raise ModelError(f"{body.name} states no chords, and {style_name} hears none in it")
    return heard


def _written(learned: Learned, place: Said) -> int:
    """Writes the model and its curve, and takes the checkpoint away; how many bytes the model has."""
    from rulegen.models.store import save
    from rulegen.storage import write_whole

    _check_readable(learned.model)
    size = save(place.output, learned.model)
    if place.curve is not None and learned.curves:
        from rulegen.io.render import to_pixels
        from rulegen.models.learn.curve import curve

        title = f"{learned.model.card.kind} of {learned.model.card.subject}, {learned.model.card.corpus}"
        drawn = curve(title, dict(learned.curves))
        write_whole(place.curve, to_pixels(drawn) if _is_png(place.curve) else drawn.encode())
    if learned.curves:  # what is counted leaves no checkpoint, and one that lies there is another training's
        _checkpoint(place).unlink(missing_ok=True)
    return size


def _check_readable(model: Model) -> None:
    """Raises ModelError where the file could not be read again: it takes the place of no sound one."""
    import numpy as np

    from rulegen.models.store import from_bytes, to_bytes

    try:
        with np.errstate(over="ignore"):
            from_bytes(to_bytes(model), "the model")
    except ModelError:
        raise ModelError(
            "the model that was learned cannot be kept: its weights grew past all bounds, or it has too many "
            "symbols; a lower --rate may help, or a corpus of fewer lengths"
        ) from None


def _report(wish: Wish, body: Body, learned: Learned, place: Said, size: int) -> None:
    from rulegen.cli.model import figures
    from rulegen.models.corpus import named

    if body.skipped:
        click.echo(
            f"{counted(len(body.skipped), 'file')} could not be read:\n{named(body.skipped)}", err=True
        )
    what = "chord" if wish.part == "harmony" else "note"
    pieces = counted(learned.pieces, "piece")
    click.echo(
        f"{place.output}: learned from {counted(learned.symbols, what)} in {pieces}, {size / 1024:.0f} KB"
    )
    click.echo(figures(learned.model.card))
    found = learned.model.card.held_out
    if found.get(_TEST, 0.0) > found.get(_COUNTING, float("inf")):
        click.echo("it foresees less than counting alone: train it longer, or on a larger corpus", err=True)
