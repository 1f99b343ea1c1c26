"""At which stages a rule is read."""

from __future__ import annotations

from functools import lru_cache

from rulegen.style.expression import Aggregated, Apply, Typed, walk
from rulegen.style.facets import SKELETON, SOUND, SURFACE
from rulegen.style.model import Rule, Use
from rulegen.style.vacuous import later_asked
from rulegen.style.vocabulary import CHORD, NOTE


def stages_of(use: Use, has_surface: bool) -> tuple[str, ...]:
    """The stages at which a use is read: where marks are drawn, if it reads any; else at the skeleton, and
    what is hard and reads notes again on the surface, unless the use itself says where.
    """
    if later_asked(use.rule):
        return (SOUND,)
    if not has_surface:
        return (SKELETON,)
    if use.stage is not None:
        return (use.stage,)
    return (SKELETON, SURFACE) if use.hard and reads_notes(use.rule) else (SKELETON,)


@lru_cache(maxsize=4096)
def reads_notes(rule: Rule) -> bool:
    """Whether a rule reads more of a piece than its chords and its form."""
    kinds = {binding.kind for binding in rule.bindings}
    parts = [part for part in (rule.when, rule.then, rule.unless) if part is not None]
    return not kinds <= {CHORD, "phrase", "section", "piece", "bar", "beat"} or any(map(_reads_notes, parts))


def _reads_notes(part: Typed) -> bool:
    return any(
        any(binding.kind not in (CHORD, "phrase", "section", "bar", "beat") for binding in each.bindings)
        if isinstance(each, Aggregated)
        else isinstance(each, Apply) and each.operation.partition(".")[0] in (NOTE, "at", "moves", "motion")
        for each in walk(part)
    )
