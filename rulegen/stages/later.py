"""What stands on the notes of a piece: the stages that come after its skeleton."""

from __future__ import annotations

from rulegen.plan.problem import Plan
from rulegen.stages.sound import Sound
from rulegen.stages.stage import Stage
from rulegen.stages.surface import Ornaments


def later_stages(plan: Plan, budget: int) -> tuple[Stage, ...]:
    """Those that a plan's style asks for, one after another. Raises StyleError where one cannot be posed."""
    ornaments = Ornaments.of(plan, budget)
    sound = Sound.of(plan if ornaments is None else ornaments.plan, budget)
    return tuple(stage for stage in (ornaments, sound) if stage is not None)
