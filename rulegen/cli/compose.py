"""`rulegen compose`: from a style to files."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.faults import Known, show
from rulegen.cli.formats import FORMATS
from rulegen.cli.outputs import Outputs, outputs_of
from rulegen.cli.screen import Progress, counted
from rulegen.cli.styles import open_style
from rulegen.errors import Diagnostic, OutputError, StyleError

if TYPE_CHECKING:
    from rulegen.compose import Composition, Prepared

_EXAMPLE = (
    "\b\nExamples:\n"
    "  rulegen compose chorale --seed 7\n"
    "  rulegen compose chorale --seed 1 --count 20 -o out/c.musicxml -o out/c.mid\n"
    "  rulegen compose chorale --best --count 5 -o best.mxl\n"
    "  rulegen compose harmonise.rules --given soprano=tune.musicxml -o - --format txt"
)
_BATCH = 16  # pieces drawn together
_FRESH_BELOW = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, as the command line says it."""

    style: str
    outputs: tuple[str, ...]
    kind: str | None
    seed: int | None
    count: int
    best: bool
    given: tuple[str, ...]
    cached: bool
    exact: bool
    budget: int | None
    particles: int
    labels: bool

    def __post_init__(self) -> None:
        if self.best and self.seed is not None:
            raise click.UsageError(
                "the best score is one and the same for every seed: leave --seed or --best out"
            )


@click.command(name="compose", epilog=_EXAMPLE)
@click.argument("style", metavar="STYLE")
@click.option(
    "-o", "--output", "outputs", metavar="FILE", multiple=True, help="Write here; - is standard output."
)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="The format, where no ending says it.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The same seed, the same piece.")
@click.option(
    "--count", type=click.IntRange(min=1), default=1, metavar="N", help="Pieces of seeds N, N+1, and on."
)
@click.option("--best", is_flag=True, help="The scores of greatest weight, proved, instead of drawn ones.")
@click.option(
    "--given",
    multiple=True,
    metavar="VOICE=FILE",
    help="Gives a voice from a score file; FILE:2 is its second part.",
)
@click.option(
    "--no-cache", "cached", is_flag=True, default=True, flag_value=False, help="Keep no built lattices."
)
@click.option("--no-labels", "labels", is_flag=True, default=True, flag_value=False,
              help="Leave the chords out of what is written.")  # fmt: skip
@click.option("--exact", is_flag=True, help="Stop where draws would not be exact.")
@click.option(
    "--budget", type=click.IntRange(min=1), metavar="ARCS", help="Arcs a layer may have.  [2000000]"
)
@click.option("--particles", type=click.IntRange(1, 100_000), default=64, show_default=True, metavar="N",
              help="Particles that keep the rules that do not fit.")  # fmt: skip
def command(**said: Any) -> None:
    """Compose music from STYLE: a file of rules, or a ready style by its name.

    Without -o, MusicXML and MIDI are written into the current folder, named after style and seed. Formats
    go by the ending: .musicxml .xml .mxl .mid .midi .txt, and .svg .png .pdf where verovio is installed.
    With --count, -o out/c.musicxml writes out/c-001.musicxml and on.
    """
    wish = Wish(**said)
    outputs = outputs_of(wish.outputs, wish.kind, Path(wish.style).stem, wish.count)
    given = given_files(wish.given, wish.outputs)
    fresh = wish.seed is None and not wish.best
    wish = replace(wish, seed=secrets.randbelow(_FRESH_BELOW)) if fresh else wish
    click.get_current_context().ensure_object(Known).seed = wish.seed
    with Progress() as progress:
        progress.say("building …")
        prepared = _prepared(wish, given)
        outputs = replace(outputs, inputs=_inputs(prepared, given))
        notes = _notes(prepared, wish)
        progress.say("")
        click.echo(_heading(prepared), err=outputs.uses_standard_output)
        pieces = progress.through(_pieces(prepared, wish), "piece", wish.count)
        for number, piece in enumerate(pieces, 1):
            score = piece.score if wish.labels else replace(piece.score, chords=())
            with naming_seed(piece.seed if fresh else None):
                files = outputs.write(score, _label(piece, number, wish), number if wish.count > 1 else None)
            progress.say("")
            click.echo(_line(piece, number, files, fresh), err=outputs.uses_standard_output)
    click.echo(notes, err=outputs.uses_standard_output)


@contextmanager
def naming_seed(seed: int | None) -> Iterator[None]:
    """Lets what cannot be written say with which seed the piece comes again."""
    try:
        yield
    except OutputError as error:
        again = "" if seed is None else f"; the piece comes again with --seed {seed}"
        raise OutputError(f"{error}{again}") from None


def given_files(given: Sequence[str], outputs: Sequence[str] = ()) -> dict[str, Path]:
    """Voice → file, of `VOICE=FILE`. Raises UsageError."""
    found: dict[str, Path] = {}
    for text in given:
        voice, sign, file = text.partition("=")
        if not (voice and sign and file):
            raise click.UsageError(f"--given {text}: write it as VOICE=FILE, as in soprano=tune.musicxml")
        if voice in found:
            raise click.UsageError(f"--given says {voice} twice")
        if Path(file).resolve() in {Path(name).resolve() for name in outputs}:
            raise click.UsageError(f"{file} is given, and would be written over: choose another output")
        found[voice] = Path(file)
    return found


def _prepared(wish: Wish, given: dict[str, Path]) -> Prepared:
    style = open_style(wish.style, given)
    from rulegen.cli.cache import open_cache
    from rulegen.compose import BUDGET, prepare
    from rulegen.explain import relaxation
    from rulegen.plan.given import tunes_of

    cache, budget = open_cache(wish.cached), wish.budget or BUDGET
    prepared = prepare(style, tunes_of(style, given), cache, budget, wish.best)
    told = relaxation(prepared)
    if told is not None:
        if wish.exact:
            raise StyleError((replace(told, severity="error", help="a larger --budget keeps it exactly"),))
        if not wish.best:
            show((told,))
    if wish.exact and prepared.companions:
        message = "models are consulted on the way: pieces are drawn by particles, not exactly"
        help = "a Markov model, or a hidden Markov model at weight 1, can join the lattice"
        raise StyleError((Diagnostic("not-exact", message, help=help),))
    return prepared


def _inputs(prepared: Prepared, given: dict[str, Path]) -> frozenset[Path]:
    """The files that the pieces are made from."""
    style = prepared.plan.style
    here = Path(style.source.name)
    own = [here.parent / each.file for each in style.givens if each.file is not None]
    return frozenset(path.resolve() for path in (here, *own, *given.values()))


def _pieces(prepared: Prepared, wish: Wish) -> Iterator[Composition]:
    from rulegen.compose import best, compose

    if wish.seed is None:
        yield from best(prepared, wish.count, wish.particles)
        return
    known = click.get_current_context().ensure_object(Known)
    for begin in range(0, wish.count, _BATCH):
        seeds = range(wish.seed + begin, wish.seed + min(begin + _BATCH, wish.count))
        known.seed = seeds[0]
        yield from compose(prepared, seeds, wish.particles)


def _label(piece: Composition, number: int, wish: Wish) -> str:
    """What stands in a file's name after the style's."""
    if piece.seed is not None:
        return str(piece.seed)
    return "best" if wish.count == 1 else f"best-{number:03}"


def _heading(prepared: Prepared) -> str:
    timeline = prepared.plan.timeline
    bars = -(-(timeline.frame.end - timeline.frame.pickup) // timeline.meter.bar_length)
    size = f"{counted(int(bars), 'bar')}, {counted(len(timeline.frame.voices), 'voice')}"
    return f"{prepared.plan.style.title}: {timeline.key.name}, {size}"


def _line(piece: Composition, number: int, files: list[str], fresh: bool) -> str:
    if piece.seed is None:
        rank = "best" if number == 1 else f"best, place {number}"
        what = f"{rank}: log weight {piece.log_weight:.6f} nats"
    else:
        what = f"seed {piece.seed}" + (" (fresh)" if fresh else "")
    if piece.effective_size is not None:
        what += f", least effective sample size {piece.effective_size:.1f}"
    if piece.returns:
        what += f", biased: all particles died and went back {counted(piece.returns, 'time')}"
    return f"{what} -> {', '.join(files) or 'standard output'}"


def _notes(prepared: Prepared, wish: Wish) -> str:
    if wish.best and prepared.companions:
        return "not proved: the best that particles found, since models are consulted on the way"
    if wish.best:
        return (
            "proved: no score of the style has a greater weight than the first, and none is left out between"
        )
    if prepared.is_exact:
        return "exact: drawn from just the style's distribution"
    why = "models are consulted on the way" if prepared.companions else "a rule left the lattice"
    return f"not exact, {why}: drawn with {wish.particles} particles; every hard rule is kept all the same"


__all__ = ["Outputs", "command", "given_files"]
