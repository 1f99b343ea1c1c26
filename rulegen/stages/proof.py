"""What is said where no draw of a stage could be completed: whether what its stages decide together leaves
anything is asked of all of it at once.
"""

from __future__ import annotations

from dataclasses import replace

from rulegen.errors import Unsatisfiable
from rulegen.lattice.problem import Problem
from rulegen.lattice.reach import is_feasible
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.problem import Plan
from rulegen.stages.stage import TRIES

Together = tuple[Plan, Problem]  # all that two stages decide, as one problem


def given_up(
    clash: Unsatisfiable, what: str, drawn: tuple[str, str], together: Together | None
) -> Unsatisfiable:
    """The error of a stage none of whose draws could be completed: the lines that clash in both stages, which
    is a proof, else those that clash on the last draw.

    what: is left without a value, as in `marks on the notes that were drawn`. drawn: what was drawn, and what
    does not fit it. together: None where the two cannot be looked at as one.
    """
    possible = None if together is None else is_feasible(together[1])
    if together is not None and possible is False:
        return unsatisfiable(*together)
    stood, later = drawn
    others = "there are others that they fit, which other seeds may find"
    if possible is None:
        others = "that they fit others is not ruled out"
    note = f"{stood} were drawn {TRIES} times, and no {later} fit them; {others}"
    found = clash.diagnostic
    message = found.message.replace("no score keeps", f"no {what} keep")
    return Unsatisfiable(replace(found, message=message, notes=(*found.notes, note)))
