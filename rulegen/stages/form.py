"""The form: which of its alternatives, where a style has any. It is drawn first, by their weights alone.

A form without any piece is drawn again, which leaves it out and renormalises the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rulegen.errors import Diagnostic, Unsatisfiable
from rulegen.stages.stage import Decided, Pieces
from rulegen.style.alternatives import Choice, Decide

MOST_DRAWN = 10_000  # forms without any piece, one after another


class Forms(Protocol):
    """The forms of a style, each made ready when it is first drawn."""

    def taken(self, decide: Decide) -> int | None:
        """The number of the form that is decided for; None where it is known to have no piece."""

    def pieces(self, form: int) -> Pieces | None:
        """What draws the pieces of a form; None where it has none."""

    def barren(self) -> int | None:
        """A form that is known to have no piece, if there is any."""

    def unsatisfiable(self, form: int) -> Unsatisfiable:
        """Why a form has no piece."""


@dataclass(frozen=True)
class FormStage:
    """The stage that decides the form."""

    forms: Forms

    def pose(self, draft: Decided) -> FormStage:
        """All forms, whatever stands."""
        return self

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A form for each piece, from the piece's own random stream. Raises Unsatisfiable where all that are
        drawn have no piece.
        """
        return [self._drawn(draft) for draft in drafts]

    def _drawn(self, draft: Decided) -> Decided:
        decide = drawn_from(draft.rng)
        for again in range(MOST_DRAWN):
            form = self.forms.taken(decide)
            if form is not None:
                return replace(draft, form=form, again=draft.again + again)
        barren = self.forms.barren()
        if barren is not None:
            raise self.forms.unsatisfiable(barren)
        message = f"no form was found that has a piece: {MOST_DRAWN:,} were drawn one after another"
        help = "`rulegen inspect` tells the forms, and which of them have pieces"
        raise Unsatisfiable(Diagnostic("no-form", message, help=help))

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes in the form that was drawn."""
        return self.forms.unsatisfiable(draft.form)


@dataclass(frozen=True)
class WithinForm:
    """All that is decided of a piece given its form, stage by stage."""

    forms: Forms

    def pose(self, draft: Decided) -> Pieces | None:
        """The pieces of the form; None where it has none."""
        return self.forms.pieces(draft.form)

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes in the form that was drawn."""
        return self.forms.unsatisfiable(draft.form)


def drawn_from(rng: np.random.Generator) -> Decide:
    """Decides by the weights of alternatives."""

    def decide(choice: Choice) -> int:
        reached = np.cumsum(np.exp(choice.log_probabilities))
        return min(int(np.searchsorted(reached, rng.random(), side="right")), len(reached) - 1)

    return decide
