"""What a style comes to, in figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2

from rulegen.compose import Prepared, PreparedForms
from rulegen.explain import (
    LayerGroup,
    Taken,
    bits_taken,
    consultations,
    layer_groups,
    memories,
    total_arcs,
)
from rulegen.face.forms import FormFigures, figures_of, shown
from rulegen.face.rule_page import line_of
from rulegen.lattice.count import count
from rulegen.plan.given_surface import with_given_ornaments
from rulegen.plan.problem import compiled
from rulegen.tables import table

_FEWEST_TO_SHORTEN = 10**15
_LONGEST_LINE = 60


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What a use of a rule costs and takes.

    line: as the style says it. weight: nats a place; None for a hard rule. memory: the classes of each of its
    memories. bits: how often the number of scores would double without it. arcs: what the lattice would gain
    without it. Both are None where it was not measured.
    """

    line: str
    weight: float | None
    memory: tuple[int, ...]
    bits: float | None = None
    arcs: int | None = None


@dataclass(frozen=True, repr=False)
class Explanation:
    """What a style comes to; `rules` are measured when they are first asked for.

    forms: of a style with alternatives, all forms with their probabilities, and what each comes to; all else
    is said of the likeliest that has pieces.
    """

    _prepared: Prepared
    _consulting: Prepared | None
    _budget: int
    seconds: float
    _progress: Callable[[str], None] = field(compare=False)
    forms: tuple[FormFigures, ...] = ()

    @cached_property
    def layers(self) -> tuple[LayerGroup, ...]:
        """The layers of the lattice with their states and arcs, equal neighbours together."""
        return tuple(layer_groups(self._prepared.lattice))

    @cached_property
    def scores(self) -> int:
        """How many scores there are; where the style is not exact, at most so many."""
        return count(self._prepared.lattice)

    @property
    def log_mass(self) -> float:
        """The log of their summed weight, nats."""
        return float(self._prepared.ahead.total)

    @property
    def is_exact(self) -> bool:
        """Whether every rule is in the lattice, so that all figures are proved."""
        return self._prepared.is_exact

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the style consults, and how."""
        if self._consulting is None:
            return ()
        return tuple(
            f"{use.title}, weight {use.weight:g}: {how}" for use, how in consultations(self._consulting)
        )

    @cached_property
    def rules(self) -> tuple[RuleFigures, ...]:
        """What each use of a rule costs and takes, hard ones first."""
        plan = self._prepared.plan
        problem = with_given_ornaments(plan, compiled(plan))
        held = {use: tuple(sizes) for use, sizes in memories(problem).items()}
        uses = self._prepared.plan.uses
        hard, found = sum(use.hard for use in uses), []
        measured: Iterator[Taken] = bits_taken(self._prepared, problem, self._budget, self.seconds)
        for number, taken in enumerate(measured, 1):
            self._progress(f"leaving out rule {number} of {hard}")
            use = taken.use
            found.append(RuleFigures(line_of(use), None, held.get(use.index, ()), taken.bits, taken.arcs))
        self._progress("")
        soft = (use for use in uses if not use.hard)
        return (*found, *(RuleFigures(line_of(use), use.weight, held.get(use.index, ())) for use in soft))

    @property
    def later(self) -> tuple[str, ...]:
        """What is drawn on the notes, and the uses that are decided with it: no figure counts them."""
        plan = self._prepared.plan
        drawn = [component.name for component in plan.tables.marks]
        uses = [line_of(use) for use in plan.style.uses if use not in plan.uses]
        return tuple(drawn) + tuple(f"by {use}" for use in uses)

    @property
    def figures(self) -> str:
        """The size of the lattice, the number of scores, their mass, and the models, as text."""
        return "\n".join(self._figures())

    def _figures(self) -> Iterator[str]:
        lattice = self._prepared.lattice
        yield self._prepared.plan.style.title
        if self.forms:
            yield from shown(self.forms)
            yield from ("", f"the likeliest form that has pieces: {self._prepared.plan.style.form_taken}")
        yield from table(("layers", "states", "arcs", "openings"), [_layers(each) for each in self.layers])
        yield f"{lattice.layers} layers, {total_arcs(lattice):,} arcs in all"
        yield ""
        bound = "" if self.is_exact else "at most "
        yield f"scores    {bound}{shortened(self.scores)}"
        yield f"log mass  {bound}{self.log_mass:.6f} nats"
        yield f"exact     {self._exactness()}"
        if self.later:
            yield from ("", "drawn on the notes, which all figures above and the table below leave out:")
            yield from (f"  {each}" for each in self.later)
        if self.models:
            yield from ("", "models, which all figures above and the table below leave out:")
            yield from (f"  {model}" for model in self.models)

    def _exactness(self) -> str:
        if self.is_exact:
            return "yes: every rule is in the lattice; count, best score and probabilities are proved"
        gone = ", ".join(dict.fromkeys(held.name for held in self._prepared.lattice.relaxed))
        return (
            f"no: {gone} left the lattice, which passed the budget of arcs; particles keep it while composing"
        )

    @property
    def table(self) -> str:
        """What each rule costs and takes, as text."""
        heads = ("rule", "weight", "memory", "bits it takes away", "arcs without it")
        lines = table(heads, [_row(each) for each in self.rules])
        unmeasured = sum(each.weight is None and each.bits is None for each in self.rules)
        if unmeasured:
            why = f"--seconds {self.seconds:g} were over" if self.is_exact else "the lattice is not exact"
            lines.append(f"{unmeasured} rules not measured: {why}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.figures}\n\n{self.table}"

    __repr__ = __str__


def explanation_of_forms(
    forms: PreparedForms,
    consulting: Prepared | PreparedForms | None,
    budget: int,
    seconds: float,
    progress: Callable[[str], None],
) -> Explanation:
    """What a style with alternatives of form comes to. Raises Unsatisfiable where no form has a piece."""
    figures = figures_of(forms, seconds)
    listed = [form for form, _ in forms.forms.listed()]
    first = next((n for n, each in enumerate(figures) if not each.is_empty), None)
    if first is None:
        raise forms.unsatisfiable(listed[0])
    prepared = forms.prepared(listed[first])
    heard = consulting.prepared(listed[first]) if isinstance(consulting, PreparedForms) else consulting
    assert prepared is not None
    return Explanation(prepared, heard, budget, seconds, progress, figures)


def _row(figures: RuleFigures) -> tuple[str, ...]:
    line, memory = figures.line, _memory(figures.memory)
    line = line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
    if figures.weight is not None:
        return line, f"{figures.weight:g}", memory, "", ""
    bits = "not measured" if figures.bits is None else f"{figures.bits:.2f}"
    return line, "hard", memory, bits, "" if figures.arcs is None else f"{figures.arcs:+,}"


def _memory(sizes: Sequence[int]) -> str:
    """Classes of each memory: `4 of 3` are four memories with three classes each."""
    return ", ".join(f"{sizes.count(size)} of {size}" for size in dict.fromkeys(sizes)) or "none"


def _layers(group: LayerGroup) -> tuple[str, ...]:
    span = str(group.first) if group.first == group.last else f"{group.first}-{group.last}"
    return span, f"{group.states:,}", f"{group.arcs:,}", f"{group.columns:,}"


def shortened(number: int) -> str:
    """An exact integer, the middle of a long one left out, and its base-two logarithm."""
    if number <= 0:
        return "0"
    bits = f"2^{log2(number):.2f}"
    if number < _FEWEST_TO_SHORTEN:
        return f"{number:,} = {bits}"
    digits = _digits(number)
    return f"{digits[:9]}…{digits[-6:]} ({len(digits)} digits) = {bits}"


def _digits(number: int) -> str:
    """All digits, however many: Python by itself stops at 4,300."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return str(number)
    finally:
        sys.set_int_max_str_digits(limit)
