"""Composes embellished chorales, has them judged without the engine, and sets the same measures of Bach beside them.

    python benchmarks/embellished.py [--style chorale_embellished] [--count 300] [--seconds 3600] [--bach 20]

Each piece is graded by its own style, written as MusicXML and MIDI and read back; `benchmarks/slices.py` judges the
MusicXML. Bach's chorales are files of music21's corpus, read by the same judge. With --seconds it stops there and says how
many pieces there were.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from slices import Judged, judged, lines_of

import rulegen
from rulegen.io.read import read_score
from rulegen.score.events import Score

Sounding = list[list[tuple[Fraction, Fraction, int]]]


def sounding(score: Score) -> Sounding:
    """Onset, length and semitones of the notes of each voice."""
    return [
        [
            (note.onset, note.duration, note.pitch.midi)
            for note in score.notes_of(voice.name)
            if note.pitch is not None
        ]
        for voice in score.voices
    ]


def ours(name: str, count: int, seconds: float) -> tuple[Judged, dict[str, int]]:
    """What the judge finds in pieces of a style, and how many there were with each fault."""
    style, total, faults = rulegen.load(name), Judged(), {"pieces": 0, "hard": 0, "musicxml": 0, "midi": 0}
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        written, played = Path(folder, "piece.musicxml"), Path(folder, "piece.mid")
        for seed in range(count):
            if time.monotonic() > until:
                break
            piece = style.compose(seed)
            for path in (written, played):
                piece.save(path)
            heard = sounding(piece.score)
            faults["pieces"] += 1
            faults["hard"] += any(finding.hard for finding in style.grade(written).findings)
            faults["musicxml"] += sounding(read_score(written)) != heard
            faults["midi"] += sounding(read_score(played)) != heard
            total.add(judged(lines_of(written), f"seed {seed}"))
    return total, faults


def bach(count: int) -> Judged:
    """The same of chorales, evenly spread over the corpus: those of four parts of one voice each."""
    found = find_spec("music21")
    assert found is not None and found.origin is not None
    every = []
    for path in sorted(Path(found.origin).parent.glob("corpus/bach/bwv*.mxl")):
        try:
            lines = lines_of(path)
        except (ValueError, StopIteration):
            continue
        if len(lines) == 4:
            every.append((path.stem, lines))
    total = Judged()
    for name, lines in every[:: max(1, len(every) // count)][:count]:
        total.add(judged(lines, name))
    return total


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--style", default="chorale_embellished")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--bach", type=int, default=20)
    wish = parser.parse_args(arguments)
    found, faults = ours(wish.style, wish.count, wish.seconds)
    beside = bach(wish.bach)
    print(f"| | `{wish.style}`, {faults['pieces']} pieces | Bach, {wish.bach} chorales |")
    print("| --- | --- | --- |")
    print(f"| moments | {found.slices:,} | {beside.slices:,} |")
    for name, rate in found.rates.items():
        print(f"| {name} | {rate:.3g} | {beside.rates[name]:.3g} |")
    print(
        f"| moments that the judge does not explain | {len(found.unexplained)} | {len(beside.unexplained)} |"
    )
    print(f"| pieces with a hard finding of `grade` | {faults['hard']} | |")
    print(f"| pieces that MusicXML, MIDI give back otherwise | {faults['musicxml']}, {faults['midi']} | |")
    print(*found.unexplained, *beside.unexplained, sep="\n")


if __name__ == "__main__":
    main()
