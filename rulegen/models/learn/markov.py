"""Learning of Markov models of one token a moment: counting."""

from __future__ import annotations

from rulegen.errors import ModelError
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.markov import LARGEST, counted


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The model of a lesson. Raises ModelError where it would have too many contexts."""
    order, least = lesson.options["order"], lesson.options["least"]
    model = counted(lesson.training, lesson.alphabet, order, least)
    if model.contexts * len(lesson.alphabet) > LARGEST:
        raise ModelError(
            f"{model.contexts} contexts of {len(lesson.alphabet)} symbols are too many: "
            f"try --order {max(1, order - 1)} or --least {2 * least}"
        )
    return Taught(model)
