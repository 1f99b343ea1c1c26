"""What differs from piece to piece of a chorale style, and what returns within one, beside Bach.

    python benchmarks/free_pieces.py [--style styles/chorale.rules] [--count 60] [--seed 1] [--bach]

Counted are forms, modes, keys, upbeats, how many beats phrases last and their last notes are held, phrases in
another key than home, figures of the soprano that return (five notes with their lengths, sections that are
stated again counted once), tonic closes in minor with a major third, and suspensions: a note of an upper
voice held or struck again on a beat where it is dissonant above the bass, or against a voice between, and
which then steps down. `--bach` counts what can be counted of the chorales in four voices of music21's corpus.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from rulegen.compose import compose, prepare
from rulegen.io.pieces import CorpusPiece
from rulegen.models.corpus import gather
from rulegen.plan.given import tunes_of
from rulegen.score.events import Score
from rulegen.style.check import load_style

ROOT = Path(__file__).resolve().parent.parent
BEAT = Fraction(1, 4)
FIGURE = 5  # notes
DISSONANT = {1, 2, 5, 6, 10, 11}  # semitones above the bass, within an octave
BATCH = 16

Line = Sequence[tuple[Fraction, Fraction, int]]
"""The notes of a voice: onset and duration in whole notes, and pitch as MIDI number."""


@dataclass(frozen=True)
class Counts:
    """Suspensions, in so many whole notes of music, and how many of the figures of a tune return."""

    suspensions: int
    length: Fraction
    returning: int
    figures: int


def counted(lines: Sequence[Line], beats: Iterable[Fraction], tune: Line) -> Counts:
    """Of the voices of a piece, from the top; the tune is the soprano without what is stated again."""
    found = suspensions(lines, set(beats))
    figures = Counter(tuple((pitch, last) for _, last, pitch in tune[n : n + FIGURE])
                      for n in range(len(tune) - FIGURE + 1))  # fmt: skip
    returning = sum(number for number in figures.values() if number > 1)
    length = max(onset + last for line in lines for onset, last, _ in line)
    return Counts(found, length, returning, figures.total())


def suspensions(lines: Sequence[Line], beats: set[Fraction]) -> int:
    """How often an upper voice is held, or struck again, over a beat into a dissonance, and then steps down."""
    found = 0
    for place, line in enumerate(lines[:-1]):
        held = _joined(line)
        for (onset, last, pitch), (_, _, following) in pairwise(held):
            inside = [beat for beat in beats if onset < beat < onset + last]
            if inside and following - pitch in (-1, -2):
                found += any(_clashes(lines, place, pitch, beat, onset) for beat in inside)
    return found


def _clashes(lines: Sequence[Line], place: int, pitch: int, beat: Fraction, onset: Fraction) -> bool:
    """Whether a note is dissonant at a beat and was not where it began."""
    return _is_dissonant(lines, place, pitch, beat) and not _is_dissonant(lines, place, pitch, onset)


def _is_dissonant(lines: Sequence[Line], place: int, pitch: int, time: Fraction) -> bool:
    others = [_sounding(line, time) for number, line in enumerate(lines) if number != place]
    bass = others[-1]
    own = bass is not None and (pitch - bass) % 12 in DISSONANT - {5, 6}
    fourth = bass is not None and (pitch - bass) % 12 == 5
    with_third = any(other is not None and (other - (bass or 0)) % 12 == 7 for other in others[:-1])
    return own or (fourth and with_third)


def _sounding(line: Line, time: Fraction) -> int | None:
    return next((pitch for onset, last, pitch in line if onset <= time < onset + last), None)


def _joined(line: Line) -> list[tuple[Fraction, Fraction, int]]:
    """The notes, those that repeat a pitch at once as one."""
    found: list[tuple[Fraction, Fraction, int]] = []
    for onset, last, pitch in line:
        if found and found[-1][2] == pitch and found[-1][0] + found[-1][1] == onset:
            found[-1] = found[-1][0], found[-1][1] + last, pitch
        else:
            found.append((onset, last, pitch))
    return found


def of_score(score: Score) -> Counts:
    """What is counted of a piece of a style."""
    lines = [
        [(n.onset, n.duration, n.pitch.midi) for n in score.notes_of(voice.name) if n.pitch is not None]
        for voice in score.voices
    ]
    again = [each for before, each in pairwise(score.timeline.sections) if each.name == before.name]
    tune = [note for note in lines[0] if not any(each.onset <= note[0] < each.end for each in again)]
    return counted(lines, score.timeline.points(Fraction(0), score.end, "beat"), tune)


def of_corpus(piece: CorpusPiece) -> Counts:
    """What is counted of a piece of the corpus."""
    lines = [[(each.onset, each.duration, each.midi) for each in sung] for _, sung in piece.voices]
    first = next(sung[0] for _, sung in piece.voices if sung)
    beats = [first.onset - first.offset + BEAT * n for n in range(4 * 400)]
    return counted(lines, [each for each in beats if each >= 0], lines[0])


def share(counts: Counter[str]) -> str:
    """What was counted, the most frequent first, in per cent."""
    whole = counts.total()
    return ", ".join(f"{name} {100 * number / whole:.0f}" for name, number in counts.most_common()) + " %"


def in_sum(counts: Sequence[Counts]) -> list[str]:
    """Lines that tell the sums over pieces."""
    bars = sum(each.length for each in counts)
    held, figures = sum(each.suspensions for each in counts), sum(each.figures for each in counts)
    return [
        f"suspensions in 16 bars of 4/4: {float(16 * held / bars):.1f}",
        f"figures of the soprano that return: {100 * sum(e.returning for e in counts) / figures:.1f} %",
    ]


def told(scores: Sequence[Score]) -> str:
    """All that is counted of pieces, a line each."""
    forms = {dict(score.metadata).get("form", "") for score in scores}
    closes, lengths, upbeats, thirds = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    keys = Counter(score.key.name for score in scores)
    away = phrases = 0
    for score in scores:
        upbeats[f"upbeat of {score.timeline.pickup / BEAT}" if score.timeline.pickup else "none"] += 1
        ends = {event.end: event for event in score.chords}
        last = {note.end: note for note in score.notes_of(score.voices[0].name)}
        for phrase in score.phrases:
            closes[f"{last[phrase.end].duration / BEAT}"] += 1
            lengths[f"{(phrase.end - phrase.onset) / BEAT}"] += 1
            chord = ends[phrase.end].chord
            phrases += 1
            away += chord.key != score.key
            if chord.key.mode == "minor" and chord.degree == 1 and not chord.is_applied:
                thirds["major" if chord.quality == "major" else "minor"] += 1
    return "\n".join(
        [
            f"pieces {len(scores)}, forms {len(forms)}",
            f"keys: {share(keys)}",
            f"upbeats: {share(upbeats)}",
            f"beats a phrase: {share(lengths)}",
            f"beats of its last note: {share(closes)}",
            f"phrases that close in another key: {100 * away / phrases:.0f} %",
            f"tonic closes in minor: {share(thirds)}" if thirds else "no tonic closes in minor",
            *in_sum([of_score(score) for score in scores]),
        ]
    )


def main() -> None:
    """Composes, counts, and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--style", type=Path, default=ROOT / "styles" / "chorale.rules")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bach", action="store_true")
    wish = parser.parse_args()
    if wish.bach:
        pieces = [each for each in gather("bach-chorales").pieces if len(each.voices) == 4]
        print("\n".join([f"Bach: {len(pieces)} chorales", *in_sum([of_corpus(each) for each in pieces])]))
        return
    style = load_style(wish.style)
    prepared = prepare(style, tunes_of(style, {}))
    seeds = range(wish.seed, wish.seed + wish.count)
    scores = [piece.score for start in range(0, wish.count, BATCH)
              for piece in compose(prepared, seeds[start : start + BATCH])]  # fmt: skip
    print(f"{style.title}, seeds {seeds[0]} to {seeds[-1]}")
    print(told(scores))


if __name__ == "__main__":
    main()
