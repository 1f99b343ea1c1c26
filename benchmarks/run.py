"""Measures what rulegen promises of its speed, and writes benchmarks/results.md: what people wait for, beside what
was measured before (speed.py), and parts of the work with their bars.

    python benchmarks/run.py [PART …]        parts: chorale models length species cpsat clash process grading warm

Times are CPU seconds (of all threads), the least of several runs, each in a process of its own whose modules
are loaded and whose garbage is frozen; against CP-SAT, which has two threads, the clock on the wall is read.
"""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import speed

HERE = Path(__file__).parent
STYLES = HERE.parent / "styles"
SPECIES = {2: "first_species", 3: "first_species_three", 4: "first_species_four"}

CPSAT_SECONDS, CPSAT_PIECES = 120.0, 2

Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One line of the table. `least`: the figure is to be at least the bar."""

    what: str
    figure: float
    bar: float | None
    unit: str
    least: bool = False

    def __str__(self) -> str:
        if self.bar is None:
            return f"| {self.what} | {self.figure:.4g} {self.unit} | | | |"
        kept = self.figure >= self.bar if self.least else self.figure <= self.bar
        figures = f"{self.figure:.4g} {self.unit} | {self.bar:.4g} {self.unit} | {self.figure / (self.bar or 1):.2f}"
        return f"| {self.what} | {figures} | {'yes' if kept else '**no**'} |"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what came of it."""
    begun = process_time()
    result = work()
    return process_time() - begun, result


def style_of(name: str, bars: int, *lines: str) -> Any:
    """A style of benchmarks/ with as many bars, in phrases of four, and further lines."""
    from rulegen.style.check import load_style

    cadences = ["half", "authentic"] * (bars // 8) if bars > 4 else ["authentic"]
    form = "A = " + ", ".join(f"4 bars, cadence {each}" for each in cadences)
    text = "\n".join([re.sub(r"A = .*", form, (HERE / f"{name}.rules").read_text()), *lines, ""])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.rules")
        path.write_text(text)
        return load_style(path)


def ready() -> None:
    """All modules loaded, garbage frozen."""
    import numpy.random

    import rulegen.compose

    assert numpy.random and rulegen.compose
    gc.collect()
    gc.freeze()


def chorale(bars: int) -> Figures:
    """Building, loading from the cache, and drawing."""
    import numpy as np

    from rulegen.compose import compose, prepare
    from rulegen.lattice.store import Cache
    from rulegen.plan.realise import realise
    from rulegen.sampling.exact import draw

    style = style_of("chorale", bars)
    ready()
    found: Figures = {
        "hard": sum(use.hard for use in style.uses),
        "chords": len(style.harmony.labels("major")),
    }
    found["built"], prepared = timed(lambda: prepare(style, {}))
    uniforms = np.random.default_rng(0).random((1000, prepared.lattice.layers))
    found["drawn"], values = timed(lambda: draw(prepared.lattice, uniforms, prepared.ahead))

    def score() -> None:
        for each in values:
            realise(prepared.plan, each)

    found["scored"] = found["drawn"] + timed(score)[0]
    found["first"] = timed(lambda: compose(prepared, [1]))[0]
    found["composed"] = timed(lambda: compose(prepared, range(200)))[0] * 5
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder), 1 << 30)
        prepare(style, {}, cache)
        found["cached"] = min(timed(lambda: prepare(style, {}, cache))[0] for _ in range(3))
    return found


def models(bars: int) -> Figures:
    """The same with a hidden Markov model of the harmony and a network of the voices, by 64 particles."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as `rulegen` sets it
    from rulegen.compose import compose, prepare

    style = style_of(
        "chorale",
        bars,
        'model hmm "bach-harmony" on harmony weight 0.6',
        'model attention "bach-chorale" on voices weight 0.8',
    )
    ready()
    found: Figures = {}
    found["built"], prepared = timed(lambda: prepare(style, {}))
    compose(prepared, [0])
    count = 10
    found["piece"], pieces = timed(lambda: [compose(prepared, [seed])[0] for seed in range(1, count + 1)])
    found["piece"] /= count
    found["size"] = sum(piece.effective_size for piece in pieces) / count
    found["learners"] = sum(name in sys.modules for name in ("torch", "hmmlearn"))
    return found


def species(voices: int) -> Figures:
    """The first piece, first thing in its process."""
    from rulegen.compose import compose, prepare
    from rulegen.plan.given import tunes_of
    from rulegen.style.check import load_style

    style = load_style(STYLES / f"{SPECIES[voices]}.rules")
    tunes = tunes_of(style, {})
    ready()
    return {"first": timed(lambda: compose(prepare(style, tunes), [1]))[0]}


def species_best(voices: int) -> Figures:
    """The proved best, first thing in its process."""
    from rulegen.compose import best, prepare
    from rulegen.plan.given import tunes_of
    from rulegen.style.check import load_style

    style = load_style(STYLES / f"{SPECIES[voices]}.rules")
    tunes = tunes_of(style, {})
    ready()
    return {"best": timed(lambda: best(prepare(style, tunes)))[0]}


def grading(bars: int) -> Figures:
    """Grading scores that were composed, one after another, the first apart."""
    from rulegen.compose import compose, prepare
    from rulegen.grading.grade import grade

    style = style_of("chorale", bars)
    ready()
    scores = [piece.score for piece in compose(prepare(style, {}), range(21))]
    grade(scores[0], style)
    return {"graded": timed(lambda: [grade(score, style) for score in scores[1:]])[0] / 20}


def warm(voices: int) -> Figures:
    """The next piece in a process that has composed with the style."""
    from rulegen.compose import compose, prepare
    from rulegen.plan.given import tunes_of
    from rulegen.style.check import load_style

    style = load_style(STYLES / f"{SPECIES[voices]}.rules")
    tunes = tunes_of(style, {})
    compose(prepare(style, tunes), [1])
    ready()
    return {"next": timed(lambda: compose(prepare(style, tunes), [2]))[0]}


def clash(bars: int) -> Figures:
    """From a style that no score can keep to the lines that clash."""
    from rulegen.compose import prepare
    from rulegen.errors import Unsatisfiable

    style = style_of("impossible", bars)
    ready()

    def refused() -> None:
        try:
            prepare(style, {})
        except Unsatisfiable:
            return
        raise SystemExit("the impossible style was kept")

    return {"clash": timed(refused)[0]}


def cpsat(bars: int) -> Figures:
    """The same hard rules, to CP-SAT and to the lattice; wall seconds."""
    from against_cpsat import Encoding

    from rulegen.compose import compose, prepare
    from rulegen.lattice.conflict import without
    from rulegen.plan.problem import plan_of, problem_of

    style = style_of("chorale", bars)
    ready()
    begun = perf_counter()
    plan = plan_of(style, {})
    encoding = Encoding(without(problem_of(plan), {use.index for use in style.uses if not use.hard}))
    found: Figures = {"their model": perf_counter() - begun}
    solved = [encoding.solve(1 + seed, CPSAT_SECONDS, 2) for seed in range(CPSAT_PIECES)]
    found["their first"] = found["their model"] + solved[0][1]
    found["their piece"] = sum(seconds for _, seconds in solved) / len(solved)
    found["their pieces found"] = sum(good for good, _ in solved)
    begun = perf_counter()
    prepared = prepare(style, {})
    compose(prepared, [1])
    found["our first"] = perf_counter() - begun
    begun = perf_counter()
    compose(prepared, range(1000))
    found["our piece"] = (perf_counter() - begun) / 1000
    return found


def process(*command: str) -> Figures:
    """A command as a new process: CPU seconds and MiB."""
    with tempfile.TemporaryDirectory() as folder:
        line = [
            str(Path(sys.executable).with_name("rulegen")),
            *(each.replace("OUT", folder) for each in command),
        ]
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run(line, capture_output=True, env=kept)  # once, so that all modules are compiled
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(line, capture_output=True, text=True, env=kept)
    if done.returncode:
        raise SystemExit(done.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "mebibytes": used.ru_maxrss / 1024}


def apart(part: str, *said: object, runs: int = 5) -> Figures:
    """The least of what several new processes measure."""
    line = [sys.executable, str(Path(__file__)), "--measure", part, *map(str, said)]
    found = [
        json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]
    return {name: min(each[name] for each in found) for name in found[0]}


def chorale_rows() -> list[Row]:
    """Sixteen bars in four voices."""
    found = apart("chorale", 16)
    what = f"four voices, 16 bars, {found['chords']:.0f} chords, {found['hard']:.0f} hard rules"
    return [
        Row(f"{what}: lattice built", found["built"], 1.0, "s"),
        Row("the same from the cache", found["cached"], 0.15, "s"),
        Row("a piece drawn, in batches of 1000", found["drawn"], None, "ms"),
        Row("drawn, and written as a score", found["scored"], 3.0, "ms"),
        Row("drawn, written, and read once more by all hard rules", found["composed"], 10.0, "ms"),
        Row("the first piece after building, so read", found["first"] * 1000, None, "ms"),
    ]


def models_rows() -> list[Row]:
    """Sixteen bars in four voices, with learned models."""
    found = apart("models", 16, runs=3)
    return [
        Row("the same with HMM (0.6) and LSTM (0.8): lattice built", found["built"], None, "s"),
        Row("a piece by 64 particles, read once more by all hard rules", found["piece"], 1.5, "s"),
        Row("least effective sample size on the way, mean", found["size"], None, "of 64"),
        Row("torch and hmmlearn imported by it", found["learners"], 0.0, "modules"),
    ]


def length_rows() -> list[Row]:
    """Longer pieces."""
    short = apart("chorale", 16, runs=3)
    rows = []
    for bars in (64, 256):
        found = apart("chorale", bars, runs=2)
        for name, what in (("built", "built"), ("scored", "a thousand drawn and written")):
            rows.append(
                Row(f"{bars} bars: {what}, a bar", 1000 * found[name] / bars, 1000 * short[name] / 16, "ms")
            )
    return rows


def species_rows() -> list[Row]:
    """First species."""
    rows = []
    for voices, bar in ((2, 20.0), (3, 60.0), (4, 300.0)):
        first, best = apart("species", voices)["first"], apart("species_best", voices)["best"]
        rows.append(Row(f"first species, {voices} voices: the first piece", 1000 * first, bar, "ms"))
        rows.append(Row(f"first species, {voices} voices: the proved best", 1000 * best, 2000 * first, "ms"))
    return rows


def cpsat_rows() -> list[Row]:
    """Against a solver. A search that its time ended without a piece counts with that time, so that the ratio is
    a bound from below."""
    found = apart("cpsat", 16, runs=1)
    bound = "" if found["their pieces found"] == CPSAT_PIECES else ", at least"
    return [
        Row("CP-SAT: model built (wall)", found["their model"], None, "s"),
        Row(
            f"CP-SAT: pieces found, of {CPSAT_PIECES} asked, {CPSAT_SECONDS:.0f} s each",
            found["their pieces found"],
            None,
            "pieces",
        ),
        Row("CP-SAT: a piece after that (wall)" + bound, found["their piece"], None, "s"),
        Row(
            "pieces a second, against CP-SAT" + bound,
            found["their piece"] / found["our piece"],
            100.0,
            "times",
            least=True,
        ),
        Row(
            "to the first piece, building included (wall), against theirs" + bound,
            found["our first"],
            found["their first"],
            "s",
        ),
    ]


def grading_rows() -> list[Row]:
    """Scores that are graded by one style."""
    figures = apart("grading", 16)
    return [Row("grade of a chorale of 16 bars, in a batch", 1000 * figures["graded"], 40.0, "ms")]


def warm_rows() -> list[Row]:
    """Pieces in a process that has composed with the style."""
    return [
        Row(
            f"first species, {voices} voices, the next piece", 1000 * apart("warm", voices)["next"], bar, "ms"
        )
        for voices, bar in ((2, 15.0), (3, 40.0), (4, 150.0))
    ]


def clash_rows() -> list[Row]:
    """What cannot be done."""
    return [
        Row(f"clashing set of an impossible chorale, {bars} bars", apart("clash", bars)["clash"], 2.0, "s")
        for bars in (4, 16)
    ]


def process_rows() -> list[Row]:
    """New processes."""
    style = str(STYLES / "chorale.rules")
    line = ("compose", style, "--seed", "1", "-o", "OUT/chorale.musicxml")
    composed, again = apart("process", *line, "--no-cache"), apart("process", *line)
    return [
        Row(
            "`rulegen compose styles/chorale.rules`, MusicXML, no lattice kept", composed["seconds"], 2.5, "s"
        ),
        Row("the same, its lattice kept from the first time", again["seconds"], None, "s"),
        Row("its memory", composed["mebibytes"], 400.0, "MiB"),
        Row("`rulegen check styles/chorale.rules`", apart("process", "check", style)["seconds"], 0.4, "s"),
    ]


PARTS = {
    "chorale": chorale_rows, "models": models_rows, "length": length_rows, "species": species_rows,
    "cpsat": cpsat_rows, "clash": clash_rows, "process": process_rows, "grading": grading_rows, "warm": warm_rows,
}  # fmt: skip
MEASURES = {
    "chorale": chorale,
    "models": models,
    "species": species,
    "species_best": species_best,
    "clash": clash,
    "cpsat": cpsat,
    "grading": grading,
    "warm": warm,
}


def main(said: list[str]) -> None:
    """Measures all parts, or those that are named."""
    if said[:1] == ["--measure"]:
        found = process(*said[2:]) if said[1] == "process" else MEASURES[said[1]](int(said[2]))
        print(json.dumps(found))
        return
    if not set(said) <= PARTS.keys():
        sys.exit(f"usage: python benchmarks/run.py [PART …], of {', '.join(PARTS)}; all without one")
    waited = [] if said else [*speed.table([]), ""]
    lines = ["| what | figure | bar | ratio | kept |", "|---|---|---|---|---|"]
    print("\n".join(["", *lines]))
    for part in said or PARTS:
        for row in PARTS[part]():
            lines.append(str(row))
            print(row, flush=True)
    if not said:
        (HERE / "results.md").write_text("\n".join(["# What was measured", "", *waited, *lines, ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
