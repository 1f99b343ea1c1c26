"""`rulegen play`: a score, or a piece of a style, on the machine's sound device."""

from __future__ import annotations

from pathlib import Path

import click

_EXAMPLE = "\b\nExamples:\n  rulegen play tune.musicxml\n  rulegen play chorale --seed 7"
_SCORES = (".musicxml", ".xml", ".mxl", ".mid", ".midi", ".txt")


@click.command(name="play", epilog=_EXAMPLE)
@click.argument("what", metavar="FILE|STYLE")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The same seed, the same piece.")
@click.option("--soundfont", "sound_font", type=click.Path(path_type=Path), metavar="FILE",
              help="Sound with this font (.sf2).  [the one that comes with it]")  # fmt: skip
def command(what: str, seed: int | None, sound_font: Path | None) -> None:
    """Play FILE (MusicXML, MIDI, the short text notation), or a piece of STYLE.

    It needs a sound device and a program that plays on it: pw-play, paplay, aplay, afplay or ffplay.
    """
    from rulegen.face.rendering import ScoreFile, play

    if Path(what).suffix.lower() in _SCORES:
        if seed is not None:
            raise click.UsageError(f"{what} is a score, which has no seeds: leave --seed out")
        play(ScoreFile(Path(what)), sound_font)
        return
    from rulegen.cli.opening import open_style
    from rulegen.face.numbers import fresh_seed

    piece = open_style(what).compose(fresh_seed() if seed is None else seed)
    click.echo(piece.report.line)
    play(piece, sound_font)
