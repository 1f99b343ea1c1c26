"""What is asked of a style with alternatives of form: over all its forms, each with its probability."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import log2

from rulegen.compose import Composition, Prepared, PreparedForms, best
from rulegen.explain import chances, moment_at, total_arcs
from rulegen.lattice.count import count
from rulegen.tables import table


@dataclass(frozen=True, slots=True)
class FormFigures:
    """A form, and what its lattice comes to.

    form: what of the alternatives is taken. probability: that of the form; as the weights say where not all
    forms were built, since those without any piece are then not known. layers, arcs, scores, log_mass: of
    its lattice; None where it was not built. is_empty: whether it has no piece at all.
    """

    form: str
    probability: float
    layers: int | None = None
    arcs: int | None = None
    scores: int | None = None
    log_mass: float | None = None
    is_empty: bool = False


def ready_forms(forms: PreparedForms) -> Iterator[tuple[float, Prepared]]:
    """The forms that have pieces, the likeliest first, each made ready, with the probability that weights
    give it. Raises StyleError where they are too many to go through.
    """
    for form, probability in forms.forms.listed():
        prepared = forms.prepared(form)
        if prepared is not None:
            yield probability, prepared


def figures_of(forms: PreparedForms, seconds: float) -> tuple[FormFigures, ...]:
    """All forms, the likeliest first; lattices are built for so many seconds, and the first that has a piece
    in any case. Raises StyleError where they are too many to go through.
    """
    listed, limit = forms.forms.listed(), time.monotonic() + seconds
    found: list[FormFigures] = []
    is_met, left = False, 1.0
    for form, probability in listed:
        said = forms.forms[form].form_taken
        if is_met and time.monotonic() >= limit:
            found.append(FormFigures(said, probability))
            continue
        prepared = forms.prepared(form)
        if prepared is None:
            found.append(FormFigures(said, 0.0, is_empty=True))
            left -= probability
            continue
        is_met, lattice = True, prepared.lattice
        sizes = lattice.layers, total_arcs(lattice), count(lattice), float(prepared.ahead.total)
        found.append(FormFigures(said, probability, *sizes))
    return tuple(
        FormFigures(
            each.form,
            each.probability / left,
            each.layers,
            each.arcs,
            each.scores,
            each.log_mass,
            each.is_empty,
        )
        for each in found
    )


def shown(figures: tuple[FormFigures, ...]) -> Iterator[str]:
    """The forms as a table, and what they come to together."""
    built = [each for each in figures if each.layers is not None]
    empty = [each for each in figures if each.is_empty]
    heads = ("probability", "layers", "arcs", "scores", "log mass", "form")
    yield from table(heads, [_row(each) for each in figures[:_MOST_ROWS]])
    if len(figures) > _MOST_ROWS:
        yield f"and {len(figures) - _MOST_ROWS:,} forms more"
    yield ""
    is_whole = len(built) + len(empty) == len(figures)
    said = f"forms     {len(figures):,}"
    if empty:
        said += f", {len(empty):,} of them without any piece: they are left out"
    if not is_whole:
        said += f"; {len(built):,} built within --seconds, and probabilities as if the others have pieces"
    yield said
    scores = sum(each.scores or 0 for each in built)
    yield f"scores    {'' if is_whole else 'at least '}2^{log2(scores):.2f} in all forms"


_MOST_ROWS = 40


def _row(each: FormFigures) -> tuple[str, ...]:
    if each.is_empty:
        return "no piece", "", "", "", "", each.form
    if each.layers is None or each.arcs is None or each.scores is None:
        return f"{each.probability:.4f}", "", "", "", "", each.form
    bits = f"2^{log2(each.scores):.2f}"
    mass = f"{each.log_mass:.6f}"
    return f"{each.probability:.4f}", str(each.layers), f"{each.arcs:,}", bits, mass, each.form


def chances_in_forms(forms: PreparedForms, bar: int, beat: Fraction) -> dict[str, dict[str, float]] | None:
    """How likely each note is at a beat of a bar, over all forms that have it; None where none has."""
    sums: dict[str, dict[str, float]] = {}
    whole = 0.0
    for probability, prepared in ready_forms(forms):
        moment = moment_at(prepared.plan, bar, beat)
        if moment is None:
            continue
        whole += probability
        for name, ranked in chances(prepared, moment).items():
            of = sums.setdefault(name, {})
            for said, chance in ranked:
                of[said] = of.get(said, 0.0) + probability * chance
    if not whole:
        return None
    return {
        name: {said: each / whole for said, each in sorted(of.items(), key=lambda item: (-item[1], item[0]))}
        for name, of in sums.items()
    }


def best_in_forms(forms: PreparedForms, most: int, particles: int) -> Iterator[tuple[Composition, float]]:
    """The best score of each of the likeliest forms, with the probability of the form."""
    for (probability, prepared), _ in zip(ready_forms(forms), range(most), strict=False):
        [found] = best(prepared, 1, particles)
        yield found, probability
