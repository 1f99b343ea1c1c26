"""`rulegen render`: a score or a MIDI file in other formats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from rulegen.cli.outputs import FormatName, outputs_of
from rulegen.face.formats import FORMATS

_EXAMPLE = (
    "\b\nExamples:\n  rulegen render tune.musicxml -o tune.wav\n"
    "  rulegen render song.mid -o song.mp3 --soundfont piano.sf2\n  rulegen render tune.musicxml -o tune.pdf"
)


@click.command(name="render", epilog=_EXAMPLE)
@click.argument("score", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", "outputs", metavar="FILE", multiple=True, required=True,
              help="Write here; - is standard output.")  # fmt: skip
@click.option("--format", "kind", type=FormatName(FORMATS), help="The format, where no ending says it.")
@click.option("--soundfont", "sound_font", type=click.Path(path_type=Path), metavar="FILE",
              help="Sound with this font (.sf2).  [the one that comes with it]")  # fmt: skip
def command(score: Path, outputs: tuple[str, ...], kind: str | None, sound_font: Path | None) -> None:
    """Render FILE (MusicXML, MIDI, or the short text notation) as sound, picture or another notation.

    Formats go by the ending: .wav .flac .ogg .mp3 sound, and all that compose writes. A MIDI file sounds as
    it stands.
    """
    from rulegen.face.rendering import ScoreFile

    wanted = replace(outputs_of(outputs, kind, score.stem, 1), inputs=frozenset({score.resolve()}))
    wanted = replace(wanted, sound_font=sound_font)
    files = wanted.write(ScoreFile(score), "", None)
    click.echo(f"{score} -> {', '.join(files) or 'standard output'}", err=wanted.uses_standard_output)
