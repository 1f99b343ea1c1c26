"""Harmonises the melodies of Bach's chorales with a style that takes a soprano, and says why it refuses some.

    python benchmarks/tunes.py [--style styles/chorale.rules] [--count 200] [--every 1] [--only bwv10.7,bwv101.7] [--why]

The melodies are the soprano parts of the first four-part chorales in music21's corpus, written once to a
folder of their own. A tune counts as taken when it is harmonised and the result keeps all that the style
demands, ornaments included; a second judge (`benchmarks/thousand.py`) reads the notes of the file for parallels. Of a refused one it tells where no way leads on, and the notes around; with --why also which single
rule, left out, would free its phrase: half a minute a tune.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import FrameType

from thousand import faults

from rulegen.compose import BUDGET, Prepared, compose, told_by
from rulegen.errors import RulegenError
from rulegen.io.musicxml import write_musicxml
from rulegen.lattice.conflict import without
from rulegen.lattice.problem import Problem
from rulegen.lattice.reach import reach
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.tune import Tune
from rulegen.stages.later import later_stages
from rulegen.stages.skeleton import NoScore, Skeleton, posed_of
from rulegen.style.check import load_style
from rulegen.style.model import Style
from rulegen.style.open_forms import only_form

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.gettempdir()) / "rulegen-tunes"
VOICE = "soprano"


class TooLong(Exception):
    """The time allowed is over."""


@dataclass(frozen=True)
class Answer:
    """What became of a tune: `reason` is empty where it was taken. A star: its key is not its signature's."""

    name: str
    key: str
    reason: str = ""
    details: tuple[str, ...] = ()
    seconds: float = 0.0


@contextmanager
def allowed(seconds: int) -> Iterator[None]:
    """Raises TooLong within the block when so many seconds of processor time are over."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def melodies(count: int, folder: Path = FOLDER) -> list[Path]:
    """The first melodies of the corpus, in the order of its catalogue, each as a file with one part."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / f"first-{count}.txt"
    if not listed.exists():
        names = [path.stem for path in _written(count, folder)]
        listed.write_text("\n".join(names), encoding="utf-8")
    return [folder / f"{name}.musicxml" for name in listed.read_text(encoding="utf-8").split()]


def _written(count: int, folder: Path) -> Iterator[Path]:
    from music21 import converter, corpus

    found: set[Path] = set()
    for place in sorted(map(str, corpus.getComposer("bach"))):
        path = folder / f"{Path(place).stem}.musicxml"
        if len(found) == count:
            return
        if path in found:  # a chorale in two formats
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = list(converter.parse(place).parts)
            if len(parts) != 4:
                continue
            if not path.exists():
                parts[0].write("musicxml", str(path))
        found.add(path)
        yield path


def harmonise(style: Style, path: Path, folder: Path, why: bool = False) -> Answer:
    """Harmonises a tune with seed 1, writes it into a folder and judges it; with `why`, looks for what frees
    one that is refused.
    """
    start = time.process_time()
    key, reason, details = "?", "", tuple[str, ...]()
    try:
        tunes = tunes_of(style, {VOICE: path})
        key = tunes[VOICE].timeline.key.name + "*" * bool(tunes[VOICE].key_reason)
        with allowed(120):
            reason, details = _attempt(style, tunes, folder / path.name, why)
    except TooLong:
        reason = "took too long"
    except RulegenError as error:
        reason, details = type(error).__name__, (str(error).splitlines()[0],)
    return Answer(path.stem, key, reason, details, time.process_time() - start)


def _attempt(
    style: Style, tunes: Mapping[str, Tune], written: Path, why: bool
) -> tuple[str, tuple[str, ...]]:
    """As `rulegen.compose.prepare` does it, without the diagnostic, which takes longer than all the rest."""
    style = only_form(style, told_by(style, tunes))
    plan = plan_of(style, tunes)
    try:
        posed = posed_of(plan, BUDGET)
    except NoScore as nothing:
        return "refused", _explained(plan, nothing.problem or compiled(plan), why)
    prepared = Prepared(style, Skeleton(posed), later_stages(plan, BUDGET))
    piece = compose(prepared, [1])[0]
    broken = tuple(finding.message for finding in piece.grade.findings if finding.hard)
    if broken:
        return "breaks a rule", broken
    write_musicxml(piece.score, written)
    found = tuple(fault for fault in faults(written) if fault.startswith("parallel"))
    return ("parallels" if found else ""), found


def _explained(plan: Plan, problem: Problem, why: bool) -> tuple[str, ...]:
    """Where a tune comes to an end, the notes around, and with `why` what frees it."""
    layer = reach(problem).dead_layer
    if layer is None:
        return ("ends nowhere, going forward",)
    found = (f"ends at {plan.place_of(layer)}: {_around(plan, layer)}",)
    return (*found, _freeing(plan, layer)) if why else found


def _freeing(plan: Plan, layer: int) -> str:
    """The hard rules of which leaving one out makes the phrase possible in which a tune ends."""
    tune = plan.tunes[VOICE]
    onset = plan.onset_of(layer)
    spans = [span for span in tune.phrases if span[0] <= onset]
    for back in (1, 2):
        cut = plan_of(plan.style, {VOICE: _cut(tune, spans[-back:][0][0], spans[-1][1])})
        problem = compiled(cut)
        if not reach(problem).feasible:
            break
    else:
        return "the phrase alone is possible, and so are two: only what comes before makes it impossible"
    hard = {use.index for use in cut.style.uses if use.hard}
    if not reach(without(problem, hard)).feasible:
        return "no chord can sound there, whatever the rules"
    freed = [
        use.title for use in cut.style.uses if use.hard and reach(without(problem, {use.index})).feasible
    ]
    return f"the phrase is freed by leaving out one of: {'; '.join(freed) or 'none alone'}"


def _cut(tune: Tune, start: Fraction, end: Fraction) -> Tune:
    """The phrases of a tune from one time to another, as a tune."""
    notes = tuple(replace(note, onset=note.onset - start) for note in tune.notes if start <= note.onset < end)
    return replace(tune, notes=notes, timeline=tune.timeline.from_onset(start, end))


def _around(plan: Plan, layer: int) -> str:
    """The notes of the tune from five before to three after a place."""
    tune = plan.tunes[VOICE]
    onset = plan.onset_of(layer)
    notes = list(tune.skeleton)
    here = next((i for i, note in enumerate(notes) if note.end > onset), len(notes) - 1)
    return " ".join(
        f"[{note.pitch}]" if i == here else str(note.pitch or "r")
        for i, note in enumerate(notes[: here + 4])
        if i >= here - 5
    )


def told(answers: Sequence[Answer]) -> str:
    """The totals by reason, and the time."""
    taken = sum(not each.reason for each in answers)
    reasons = Counter(each.reason for each in answers if each.reason)
    lines = [f"{taken} of {len(answers)} tunes taken, {sum(a.seconds for a in answers):.0f} s"]
    lines += [f"{number:4} {reason}" for reason, number in reasons.most_common()]
    return "\n".join(lines)


def main() -> None:
    """Harmonises, and prints a line a tune."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--style", type=Path, default=ROOT / "styles" / "chorale.rules")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--every", type=int, default=1, help="one of so many")
    parser.add_argument("--only", default="", help="names, with commas between")
    parser.add_argument(
        "--into", type=Path, default=FOLDER / "harmonised", help="a folder for what comes of it"
    )
    parser.add_argument("--why", action="store_true", help="look for what frees a refused tune")
    wish = parser.parse_args()
    wish.into.mkdir(parents=True, exist_ok=True)
    style = load_style(wish.style)
    only = set(filter(None, wish.only.split(",")))
    answers = []
    for path in melodies(wish.count)[:: wish.every]:
        if only and path.stem not in only:
            continue
        answer = harmonise(style, path, wish.into, wish.why)
        answers.append(answer)
        print(
            f"{answer.name:14} {answer.key:9} {answer.reason or 'ok':14} {answer.seconds:5.1f} s", flush=True
        )
        for detail in answer.details:
            print(f"    {detail}", flush=True)
    print(told(answers))


if __name__ == "__main__":
    main()
