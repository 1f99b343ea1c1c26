"""`rulegen compose`: from a style to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.faults import Known, show
from rulegen.cli.opening import open_style
from rulegen.cli.outputs import FormatName, outputs_of
from rulegen.cli.screen import ProgressLine
from rulegen.errors import OutputError
from rulegen.face.formats import FORMATS
from rulegen.face.numbers import fresh_seed

if TYPE_CHECKING:
    from rulegen import Piece, Style

_EXAMPLE = (
    "\b\nExamples:\n"
    "  rulegen compose chorale --seed 7\n"
    "  rulegen compose chorale --seed 1 --count 20 -o out/c.musicxml -o out/c.mid\n"
    "  rulegen compose chorale --best --count 5 -o best.mxl\n"
    "  rulegen compose harmonise.rules --given soprano=tune.musicxml -o - --format txt"
)


@dataclass(frozen=True, slots=True)
class ComposeOptions:
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
    sound_font: Path | None

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
@click.option("--format", "kind", type=FormatName(FORMATS), help="The format, where no ending says it.")
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
@click.option("--soundfont", "sound_font", type=click.Path(path_type=Path), metavar="FILE",
              help="Sound with this font (.sf2).  [the one that comes with it]")  # fmt: skip
@click.option("--exact", is_flag=True, help="Stop where draws would not be exact.")
@click.option(
    "--budget", type=click.IntRange(min=1), metavar="ARCS", help="Arcs a layer may have.  [2000000]"
)
@click.option("--particles", type=click.IntRange(1, 100_000), default=64, show_default=True, metavar="N",
              help="Particles that keep the rules that do not fit.")  # fmt: skip
def command(**said: Any) -> None:
    """Compose music from STYLE: a file of rules, or a ready style by its name.

    Without -o, MusicXML and MIDI are written into the current folder, named after style and seed. Formats
    go by the ending: .musicxml .xml .mxl .mid .midi .txt, .rntxt .ly .abc, .wav .flac .ogg .mp3, and .svg
    .png .pdf where verovio is installed.
    With --count, -o out/c.musicxml writes out/c-001.musicxml and on.
    """
    wish = ComposeOptions(**said)
    outputs = outputs_of(wish.outputs, wish.kind, Path(wish.style).stem, wish.count)
    given = given_files(wish.given, wish.outputs)
    fresh = wish.seed is None and not wish.best
    wish = replace(wish, seed=fresh_seed()) if fresh else wish
    click.get_current_context().ensure_object(Known).seed = wish.seed
    style = open_style(wish.style, given, budget=wish.budget, particles=wish.particles, cached=wish.cached)
    outputs = replace(outputs, inputs=style.files(given), labels=wish.labels, sound_font=wish.sound_font)
    with ProgressLine() as progress:
        progress.say("building …")
        if not (wish.best or wish.exact) and (told := style.relaxation(given)) is not None:
            progress.say("")
            show((told,))
        pieces = _pieces(style, wish, given)
        heading = style.heading(given)
        progress.say("")
        click.echo(heading, err=outputs.uses_standard_output)
        for number, piece in enumerate(progress.through(pieces, "piece", wish.count), 1):
            with naming_seed(piece.seed if fresh else None):
                files = outputs.write(piece, _label(piece, number, wish), number if wish.count > 1 else None)
            progress.say("")
            click.echo(_line(piece, files, fresh), err=outputs.uses_standard_output)
    click.echo(piece.report.exactness, err=outputs.uses_standard_output)
    for line in _of_given(piece):
        click.echo(line, err=outputs.uses_standard_output)


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


def _pieces(style: Style, wish: ComposeOptions, given: dict[str, Path]) -> Iterable[Piece]:
    """The pieces that are asked for; what hinders them comes up before the first."""
    if wish.seed is None:
        return style.best(wish.count, given=given, exact=wish.exact)
    return _noted(style.compose(wish.seed, count=wish.count, given=given, exact=wish.exact))


def _of_given(piece: Piece) -> Iterator[str]:
    """What rules find that lies wholly in what is given."""
    if "given" in dict(piece.score.metadata):
        found = piece.grade().given
        for rule in dict.fromkeys(each.rule for each in found):
            bars = ", ".join(dict.fromkeys(str(each.bar) for each in found if each.rule == rule))
            yield f"what is given does not keep {rule}, which is no fault of the piece: bar {bars}"


def _noted(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces; a report of a bug then knows how far they came."""
    known = click.get_current_context().ensure_object(Known)
    for piece in pieces:
        yield piece
        known.seed = None if piece.seed is None else piece.seed + 1


def _label(piece: Piece, number: int, wish: ComposeOptions) -> str:
    """What stands in a file's name after the style's."""
    if piece.seed is not None:
        return str(piece.seed)
    return "best" if wish.count == 1 else f"best-{number:03}"


def _line(piece: Piece, files: list[str], fresh: bool) -> str:
    what = piece.report.line
    if fresh:
        what = what.replace(f"seed {piece.seed}", f"seed {piece.seed} (fresh)", 1)
    if piece.report.form:
        what += f", {piece.size}"
    return f"{what} -> {', '.join(files) or 'standard output'}"
