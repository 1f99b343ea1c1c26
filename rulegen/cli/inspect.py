"""`rulegen inspect`: what a style comes to, in figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from rulegen.cli.compose import given_files
from rulegen.cli.faults import show
from rulegen.cli.screen import Progress, painted
from rulegen.cli.styles import open_style
from rulegen.cli.tables import table

if TYPE_CHECKING:
    from rulegen.compose import Prepared
    from rulegen.explain import LayerGroup
    from rulegen.lattice.problem import Problem

_EXAMPLE = (
    "\b\nExamples:\n  rulegen inspect chorale\n  rulegen inspect chorale --seconds 120\n"
    "  rulegen inspect chorale --marginals 4.2"
)
_FEWEST_TO_SHORTEN = 10**15
_LONGEST_LINE = 60
_MOST_SHOWN, _LEAST_SHOWN = 12, 0.0005


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, as the command line says it."""

    style: str
    marginals: str | None
    seconds: float
    given: tuple[str, ...]
    cached: bool
    budget: int | None


@click.command(name="inspect", epilog=_EXAMPLE)
@click.argument("style", metavar="STYLE")
@click.option("--marginals", metavar="BAR.BEAT", help="Only this: how likely each chord and note is there.")
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, show_default=True, metavar="S",
              help="Time for measuring what each rule takes away.")  # fmt: skip
@click.option(
    "--given",
    multiple=True,
    metavar="VOICE=FILE",
    help="Gives a voice from a score file; FILE:2 is its second part.",
)
@click.option(
    "--no-cache", "cached", is_flag=True, default=True, flag_value=False, help="Keep no built lattices."
)
@click.option(
    "--budget", type=click.IntRange(min=1), metavar="ARCS", help="Arcs a layer may have.  [2000000]"
)
def command(**said: Any) -> None:
    """Show what STYLE comes to: states and arcs, memories, how many scores there are, and what each
    rule takes away.

    A bit that a rule takes away halves the number of scores: it is measured by leaving out that rule alone.
    """
    wish = Wish(**said)
    place = None if wish.marginals is None else _bar_and_beat(wish.marginals)
    given = given_files(wish.given)
    style = open_style(wish.style, given)
    from rulegen.cli.cache import open_cache
    from rulegen.compose import BUDGET, prepare
    from rulegen.explain import relaxation
    from rulegen.plan.given import tunes_of

    with Progress() as progress:
        progress.say("building …")
        tunes, cache, budget = tunes_of(style, given), open_cache(wish.cached), wish.budget or BUDGET
        rules = replace(style, models=())  # scores are counted on a lattice whose paths are scores
        prepared = prepare(rules, tunes, cache, budget)
        consulting = prepare(style, tunes, cache, budget) if style.models else None
    warning = relaxation(prepared)
    if warning is not None:
        show((warning,))
    if place is not None:
        click.echo("\n".join(_marginals(prepared, *place)))
        return
    click.echo("\n".join(_figures(prepared)))
    if consulting is not None:
        click.echo("\n".join(_models(consulting)))
    click.echo("\n".join(_rules(prepared, wish.budget or BUDGET, wish.seconds)))


def _bar_and_beat(text: str) -> tuple[int, Fraction]:
    bar, _, beat = text.partition(".")
    try:
        return int(bar), Fraction(beat or "1")
    except (ValueError, ZeroDivisionError):
        raise click.UsageError(f"--marginals {text}: write bar and beat as in 4.2, or 4.5/2") from None


def _figures(prepared: Prepared) -> Iterator[str]:
    from rulegen.explain import layer_groups, total_arcs
    from rulegen.lattice.count import count

    lattice = prepared.lattice
    yield painted(prepared.plan.style.title, bold=True)
    yield from table(
        ("layers", "states", "arcs", "openings"), [_layers(each) for each in layer_groups(lattice)]
    )
    yield f"{lattice.layers} layers, {total_arcs(lattice):,} arcs in all"
    yield ""
    bound = "" if prepared.is_exact else "at most "
    yield f"scores    {bound}{_short(count(lattice))}"
    yield f"log mass  {bound}{prepared.ahead.total:.6f} nats"
    yield "exact     " + _exactness(prepared)


def _models(prepared: Prepared) -> Iterator[str]:
    from rulegen.explain import consultations

    yield ""
    yield "models, which all figures above and the table below leave out:"
    for use, how in consultations(prepared):
        yield f"  {use.title}, weight {use.weight:g}: {how}"


def _layers(group: LayerGroup) -> tuple[str, ...]:
    span = str(group.first) if group.first == group.last else f"{group.first}-{group.last}"
    return span, f"{group.states:,}", f"{group.arcs:,}", f"{group.columns:,}"


def _exactness(prepared: Prepared) -> str:
    if prepared.is_exact:
        return "yes: every rule is in the lattice; count, best score and probabilities are proved"
    gone = ", ".join(dict.fromkeys(held.name for held in prepared.lattice.relaxed))
    return f"no: {gone} left the lattice, which passed the budget of arcs; particles keep it while composing"


def _short(number: int) -> str:
    """An exact integer, the middle of a long one left out, and its base-two logarithm."""
    from math import log2

    if number <= 0:
        return "0"
    bits = f"2^{log2(number):.2f}"
    if number < _FEWEST_TO_SHORTEN:
        return f"{number:,} = {bits}"
    digits = _digits(number)
    return f"{digits[:9]}…{digits[-6:]} ({len(digits)} digits) = {bits}"


def _digits(number: int) -> str:
    """All digits, however many: Python by itself stops at 4,300."""
    import sys

    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return str(number)
    finally:
        sys.set_int_max_str_digits(limit)


def _rules(prepared: Prepared, budget: int, seconds: float) -> Iterator[str]:
    from rulegen.cli.rule_page import line_of
    from rulegen.explain import bits_taken, memories
    from rulegen.plan.problem import compiled

    problem: Problem = compiled(prepared.plan)
    held = memories(problem)
    rows = []
    with Progress() as progress:
        hard = sum(use.hard for use in prepared.plan.style.uses)
        for taken in progress.through(
            bits_taken(prepared, problem, budget, seconds), "leaving out rule", hard
        ):
            bits = "not measured" if taken.bits is None else f"{taken.bits:.2f}"
            arcs = "" if taken.arcs is None else f"{taken.arcs:+,}"
            rows.append(
                (_shortened(line_of(taken.use)), "hard", _memory(held.get(taken.use.index)), bits, arcs)
            )
    for use in prepared.plan.style.uses:
        if not use.hard:
            rows.append((_shortened(line_of(use)), f"{use.weight:g}", _memory(held.get(use.index)), "", ""))
    yield ""
    yield from table(("rule", "weight", "memory", "bits it takes away", "arcs without it"), rows)
    unmeasured = sum(row[3] == "not measured" for row in rows)
    if unmeasured:
        why = f"--seconds {seconds:g} were over" if prepared.is_exact else "the lattice is not exact"
        yield f"{unmeasured} rules not measured: {why}"


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _memory(sizes: list[int] | None) -> str:
    """Classes of each memory: `4 of 3` are four memories with three classes each."""
    if not sizes:
        return "none"
    return ", ".join(f"{sizes.count(size)} of {size}" for size in dict.fromkeys(sizes))


def _marginals(prepared: Prepared, bar: int, beat: Fraction) -> Iterator[str]:
    from rulegen.explain import chances, moment_at

    moment = moment_at(prepared.plan, bar, beat)
    if moment is None:
        raise click.UsageError(f"the piece has no bar {bar}, beat {beat}")
    sure = "" if prepared.is_exact else ", as the relaxed lattice sees it"
    yield f"bar {bar}, beat {beat}{sure}"
    for name, ranked in chances(prepared, moment).items():
        shown = [(value, chance) for value, chance in ranked[:_MOST_SHOWN] if chance >= _LEAST_SHOWN]
        rest = sum(chance for _, chance in ranked) - sum(chance for _, chance in shown)
        said = [f"{value} {chance:.1%}" for value, chance in shown] + (
            [f"others {rest:.1%}"] if rest >= _LEAST_SHOWN else []
        )
        yield f"{painted(name, bold=True)}: {', '.join(said)}"
