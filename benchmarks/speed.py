"""The speed of what people wait for: this tree beside an older one, measured by the same script on one machine.

    python benchmarks/speed.py [ROW …]              the table, of all rows or those that begin with these words
    python benchmarks/speed.py --before TREE [ROW …]   measures another checkout; its figures go to before.json

Times are CPU seconds of all threads, the least of several runs, each in a process of its own with a cache of its
own; modules are loaded and garbage is frozen before the clock starts, but for rows of whole processes.
"""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

HERE = Path(__file__).parent
BEFORE = HERE / "before.json"
SPECIES = {2: "first_species", 3: "first_species_three", 4: "first_species_four"}
CANTUS = "D4:1/1 F4 E4 D4 G4 F4 A4 G4 F4 E4 D4"
ANOTHER = "D4:1/1 E4 F4 E4 D4 F4 A4 G4 F4 E4 D4"
OF_ITS_OWN = """
rule own_top is avoided {
  for    note n in voice
  then   n.midi > 72
}
avoid own_top in soprano weight 0.3
"""  # what is edited in the text of the chorale, whose other rules stand in packs
LONGEST = 600  # CPU seconds that a measure may take


@dataclass(frozen=True)
class Row:
    """A figure: what is measured, how, how often, and where it is to stay below, in seconds."""

    what: str
    measure: str
    arguments: tuple[str, ...]
    bar: float | None
    runs: int = 5


ROWS = (
    *(
        Row(f"first species, {voices} voices, a new cantus, new process, rules kept from before", "species",
            (str(voices), "new"), bar)
        for voices, bar in ((2, 0.015), (3, 0.040), (4, 0.150))
    ),
    *(
        Row(f"first species, {voices} voices, a new cantus, in a process that has composed with them", "species",
            (str(voices), "warm"), None)
        for voices in (2, 3, 4)
    ),
    Row("the chorale with one rule of its text changed, next piece in the same process", "edited", (), 0.2, 3),
    Row("`rulegen compose styles/chorale.rules`, new process, nothing kept", "process",
        ("compose", "styles/chorale.rules", "--seed", "1", "-o", "OUT/c.musicxml", "--no-cache"), 2.0),
    Row("the same, its lattice kept", "process",
        ("compose", "styles/chorale.rules", "--seed", "1", "-o", "OUT/c.musicxml"), 0.8),
    Row("`rulegen check styles/chorale.rules`, new process", "process", ("check", "styles/chorale.rules"), 0.3),
    Row("`grade` of a 16-bar chorale, in a batch, reading aside", "graded", (), 0.040, 3),
    Row("writing MusicXML of 2,000 bars of sixteenths", "written", ("2000",), 8.0, 2),
    Row("a clash in a tune of 65 bars", "clash", (), 15.0, 2),
)  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what came of it."""
    begun = process_time()
    result = work()
    return process_time() - begun, result


def ready() -> None:
    """All modules loaded, garbage frozen."""
    import numpy.random

    import rulegen.compose

    assert numpy.random and rulegen.compose
    gc.collect()
    gc.freeze()


def checked(text: str) -> Any:
    """The meaning of a style's text."""
    from rulegen.style.check import load_style

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "style.rules")
        path.write_text(text)
        return load_style(path)


def kept() -> Any:
    """The cache as the command line has it."""
    from rulegen.lattice.store import Cache

    return Cache(Path(os.environ["RULEGEN_CACHE"]), 1 << 29)


def piece(style: Any, given: dict[str, Any] | None = None) -> Any:
    """The first piece of a style."""
    from rulegen.compose import compose, prepare
    from rulegen.plan.given import tunes_of

    return compose(prepare(style, tunes_of(style, given or {}), kept()), [1])[0]


def species(voices: str, when: str) -> float:
    """The first piece on a new cantus, once another has been composed on: in another process, or in this one."""
    text = Path("styles", f"{SPECIES[int(voices)]}.rules").read_text()
    assert CANTUS in text
    if when == "new":
        primed = [sys.executable, __file__, "--measure", "species", voices, "first"]
        subprocess.run(primed, check=True, capture_output=True)
    elif when == "first":
        return timed(lambda: piece(checked(text)))[0]
    else:
        piece(checked(text))
    style = checked(text.replace(CANTUS, ANOTHER))
    ready()
    return timed(lambda: piece(style))[0]


def edited() -> float:
    """Reading the text anew, and the first piece."""
    rule = "then   n.midi > 72"
    text = Path("styles/chorale.rules").read_text() + OF_ITS_OWN
    assert rule in text
    ready()
    piece(checked(text))
    gc.collect()
    return timed(lambda: piece(checked(text.replace(rule, "then   n.midi > 71"))))[0]


def process(*command: str) -> float:
    """A command as a new process, once all modules are compiled and what may be kept is kept."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "rulegen", *(each.replace("OUT", folder) for each in command)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run(line, capture_output=True, env=environment)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(line, capture_output=True, env=environment, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime


def graded() -> float:
    """One of twenty chorales, once one has been graded."""
    from rulegen.compose import compose, prepare
    from rulegen.grading.grade import grade

    style = checked(Path("styles/chorale.rules").read_text())
    scores = [each.score for each in compose(prepare(style, {}, kept()), range(21))]
    grade(scores.pop(), style)
    ready()
    return timed(lambda: [grade(score, style) for score in scores])[0] / len(scores)


def written(bars: str) -> float:
    """A line of sixteenths up and down, as text of MusicXML."""
    from rulegen.io.musicxml import musicxml_text
    from rulegen.score.notation import parse_score

    bar = "C5:1/16 D5 E5 F5 G5 A5 G5 F5 E5 D5 C5 B4 C5 D5 E5 D5"
    head = 'title "Long"\nkey C major\nmeter 4/4\ntempo quarter = 96\nvoice a A4..C6\n\n'
    score = parse_score(f"{head}a | {' | '.join([bar] * int(bars))} |\n")
    musicxml_text(parse_score(f"{head}a | {bar} |\n"))  # once, so that all modules are loaded
    gc.collect()
    return timed(lambda: musicxml_text(score))[0]


def clash() -> float:
    """From a tune with a leap that no chorale may have, in bar 62, to the lines that clash."""
    from rulegen.errors import RulegenError

    scale = [f"{step}{octave}" for octave in "45" for step in "CDEFGAB"]
    steps, place, bars = random.Random(1), 7, []  # a walk that never comes again, so that all layers differ
    while len(bars) < 61:
        place += steps.choice([-1, 1]) if 2 < place < 10 else 1 if place <= 2 else -1
        bars.append(" ".join(scale[place + off] for off in ((0, 1, 0, -1), (0, -1))[len(bars) % 4 == 3]))
    bars += ["C4 D4", "F4 A5", "G5 E5", "C5"]
    style = checked(Path("styles/chorale.rules").read_text())
    with tempfile.TemporaryDirectory() as folder:
        tune = Path(folder, "tune.musicxml")
        tune.write_text(music_xml(bars))
        ready()
        try:
            seconds = timed(lambda: refused(style, tune, RulegenError))[0]
        except AssertionError:
            raise SystemExit("the tune was harmonised") from None
    return seconds


def refused(style: Any, tune: Path, expected: type[Exception]) -> None:
    """Composes on a tune that cannot be kept."""
    try:
        piece(style, {"soprano": tune})
    except expected:
        return
    raise AssertionError


def music_xml(bars: list[str]) -> str:
    """A soprano whose notes divide each bar evenly, as MusicXML."""

    def note(said: str, duration: int) -> str:
        step, octave = said[0], said[1]
        pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        return f"<note>{pitch}<duration>{duration}</duration><voice>1</voice></note>"

    time = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    attributes = f"<attributes><divisions>1</divisions><key><fifths>0</fifths><mode>major</mode></key>{time}</attributes>"
    measures = []
    for number, bar in enumerate(bars, 1):
        pitches = bar.split()
        notes = "".join(note(pitch, 4 // len(pitches)) for pitch in pitches)
        measures.append(f'<measure number="{number}">{attributes if number == 1 else ""}{notes}</measure>')
    part = '<part-list><score-part id="P1"><part-name>soprano</part-name></score-part></part-list>'
    return f'<score-partwise version="4.0">{part}<part id="P1">{"".join(measures)}</part></score-partwise>'


MEASURES: dict[str, Callable[..., float]] = {
    each.__name__: each for each in (species, edited, process, graded, written, clash)
}


def least(row: Row, tree: Path) -> float | None:
    """The least of a row's runs in a tree; None where it takes longer than may be waited for."""
    found = []
    for _ in range(row.runs):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONPATH": str(tree), "RULEGEN_CACHE": folder}
            environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
            line = [sys.executable, str(HERE / "speed.py"), "--measure", row.measure, *row.arguments]
            done = subprocess.run(line, cwd=tree, env=environment, capture_output=True, text=True)
        if done.returncode == -signal.SIGXCPU:
            return None
        if done.returncode:
            sys.exit(done.stderr)
        found.append(float(done.stdout))
    return min(found)


def said(seconds: float | None) -> str:
    """Seconds, or milliseconds where they are few."""
    if seconds is None:
        return f"> {LONGEST} s"
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def chosen(wanted: list[str]) -> list[Row]:
    """The rows that begin with one of these words; all where there are none."""
    return [row for row in ROWS if not wanted or any(row.what.startswith(each) for each in wanted)]


def table(wanted: list[str]) -> list[str]:
    """The lines of the table, printed as they are measured."""
    before = json.loads(BEFORE.read_text()) if BEFORE.exists() else {}
    lines = ["| what | before | now | bar | kept |", "| --- | --- | --- | --- | --- |"]
    print("\n".join(lines), flush=True)
    for row in chosen(wanted):
        found = least(row, HERE.parent)
        then = said(before[row.what]) if row.what in before else ""
        verdict = "" if row.bar is None else "yes" if found is not None and found <= row.bar else "**no**"
        bar = "" if row.bar is None else said(row.bar)
        lines.append(f"| {row.what} | {then} | {said(found)} | {bar} | {verdict} |")
        print(lines[-1], flush=True)
    return lines


def main(words: list[str]) -> None:
    """Measures one thing, an older tree, or this one."""
    if words[:1] == ["--measure"]:
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST + 1))
        print(MEASURES[words[1]](*words[2:]))
    elif words[:1] == ["--before"]:
        figures = json.loads(BEFORE.read_text()) if BEFORE.exists() else {}
        for row in chosen(words[2:]):
            figures[row.what] = least(row, Path(words[1]).resolve())
            print(f"{row.what}: {said(figures[row.what])}", flush=True)
            BEFORE.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    else:
        table(words)


if __name__ == "__main__":
    main(sys.argv[1:])
