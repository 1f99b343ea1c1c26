"""Composes a thousand chorales, and looks in them for what no chorale of ours may have.

    python benchmarks/thousand.py [--count 1000] [--style styles/chorale.rules]

Each is graded by its own style as it was composed; fifty of them again, from the MusicXML that was written
and read back. The first hundred go through a second judge that shares no rule with rulegen: music21 reads the
file and looks for parallels, hidden fifths and octaves; crossing, spacing and ranges are measured here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from rulegen.compose import Composition, Prepared, compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.score.events import Score
from rulegen.score.notation import format_score
from rulegen.style.check import load_style
from rulegen.style.model import Style

ROOT = Path(__file__).resolve().parent.parent
BATCH = 50
READ_BACK, JUDGED = 50, 100
VOICES = ("soprano", "alto", "tenor", "bass")
RANGES = (("A3", "A5"), ("F3", "D5"), ("C3", "A4"), ("D2", "D4"))
SPACING = (12, 12, 19)  # semitones between neighbours, from the top
STEP = 2  # semitones

Moment = tuple[str, ...]  # what the four voices sound, as music21 names pitches


def pieces(prepared: Prepared, count: int) -> Iterator[Composition]:
    """The pieces of seeds 0, 1, and on."""
    for begin in range(0, count, BATCH):
        yield from compose(prepared, range(begin, min(begin + BATCH, count)))


def music_of(score: Score) -> str:
    """All that sounds, without what tells one seed from another."""
    return "\n".join(line for line in format_score(score).splitlines() if not line.startswith("meta"))


def written_and_read(score: Score, folder: Path) -> tuple[Path, Score]:
    """The file of a score, and what reading it gives."""
    path = folder / "piece.musicxml"
    write_musicxml(score, path)
    return path, read_score(path)


def hard_findings(score: Score, style: Style) -> list[str]:
    """What a score breaks of what its style demands."""
    return [f"bar {each.bar}: {each.message}" for each in grade(score, style).findings if each.hard]


def faults(path: Path) -> list[str]:
    """What the second judge finds in a file: kind, voices and quarter note."""
    times, moments = _moments(path)
    found = [
        f"{fault} at {time}"
        for time, moment in zip(times, moments, strict=True)
        for fault in _standing(moment)
    ]
    for time, (before, after) in zip(times[1:], pairwise(moments), strict=True):
        for upper, lower in combinations(range(4), 2):
            kinds = _moving(
                before[upper], after[upper], before[lower], after[lower], (upper, lower) == (0, 3)
            )
            found += [f"{kind} of {VOICES[upper]} and {VOICES[lower]} at {time}" for kind in kinds]
    return found


def _moments(path: Path) -> tuple[list[Any], list[Moment]]:
    from music21 import converter

    lines = []
    for part in converter.parse(path, forceSource=True).parts:
        flat = part.flatten().notesAndRests
        lines.append({each.offset: each.pitch.nameWithOctave if each.isNote else "" for each in flat})
    times = sorted(set().union(*lines))
    sounding = ["", "", "", ""]
    moments = []
    for time in times:
        sounding = [line.get(time, now) for line, now in zip(lines, sounding, strict=True)]
        moments.append(tuple(sounding))
    return times, moments


@cache
def _height(name: str) -> int:
    from music21.pitch import Pitch

    return int(Pitch(name).ps)


@cache
def _standing(moment: Moment) -> tuple[str, ...]:
    if not all(moment):
        return ()  # a voice is silent
    heights = [_height(name) for name in moment]
    found = []
    for place, (upper, lower) in enumerate(pairwise(heights)):
        if upper < lower:
            found.append(f"crossing of {VOICES[place]} and {VOICES[place + 1]}")
        if upper - lower > SPACING[place]:
            found.append(f"wide spacing of {VOICES[place]} and {VOICES[place + 1]}")
    for place, (low, high) in enumerate(RANGES):
        if not _height(low) <= heights[place] <= _height(high):
            found.append(f"range of {VOICES[place]}")
    return tuple(found)


@cache
def _moving(upper: str, upper_next: str, lower: str, lower_next: str, outer: bool) -> tuple[str, ...]:
    """What two voices do wrong in a step; `outer`: they are soprano and bass, where hidden ones count too."""
    from music21.note import Note
    from music21.voiceLeading import VoiceLeadingQuartet

    if upper == upper_next or lower == lower_next or "" in (upper, upper_next, lower, lower_next):
        return ()
    step = VoiceLeadingQuartet(Note(upper), Note(upper_next), Note(lower), Note(lower_next))
    found = [
        name
        for name, is_so in (
            ("parallel fifths", step.parallelFifth()),
            ("parallel octaves", step.parallelOctave()),
            ("parallel unisons", step.parallelUnison()),
        )
        if is_so
    ]
    if outer and abs(_height(upper_next) - _height(upper)) > STEP:
        found += ["hidden fifths"] * step.hiddenFifth() + ["hidden octaves"] * step.hiddenOctave()
    return tuple(found)


def report(found: Sequence[str], what: str) -> str:
    """A line: how many faults, and of which kinds."""
    kinds = Counter(each.rpartition(" at ")[0] or each for each in found)
    return f"{what}: {len(found) or 'none'}" + "".join(
        f"\n    {n:4} {kind}" for kind, n in kinds.most_common()
    )


def main() -> None:
    """Composes, judges, and prints; ends with 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--style", type=Path, default=ROOT / "styles" / "chorale.rules")
    parser.add_argument("--count", type=int, default=1000)
    wish = parser.parse_args()
    style = load_style(wish.style)
    start = perf_counter()
    prepared = prepare(style, tunes_of(style, {}))
    print(f"{style.title}: built in {perf_counter() - start:.1f} s", flush=True)
    graded, read, judged, seen = [], [], [], Counter[str]()
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        for number, piece in enumerate(pieces(prepared, wish.count)):
            seconds += perf_counter() - start
            graded += [each.message for each in piece.grade.findings if each.hard]
            seen[music_of(piece.score)] += 1
            path, again = written_and_read(piece.score, Path(folder)) if number < JUDGED else (None, None)
            if again is not None and number < READ_BACK:
                read += hard_findings(again, style)
            if path is not None:
                judged += faults(path)
            start = perf_counter()
    alike = sum(seen.values()) - len(seen)
    print(f"{wish.count} pieces composed and graded in {seconds:.0f} s")
    print(report(graded, "hard rules broken, by grade"))
    print(report(read, f"hard rules broken, by grade, in {min(READ_BACK, wish.count)} written and read back"))
    print(report(judged, f"faults that music21 finds in {min(JUDGED, wish.count)}"))
    print(f"pieces alike: {alike or 'none'}")
    if graded or read or judged or alike:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
