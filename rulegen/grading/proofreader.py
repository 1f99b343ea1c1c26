"""Whether scores keep all hard rules of a style, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulegen.folds.proof import broken
from rulegen.grading.grade import grade
from rulegen.grading.obligations import out_of_range
from rulegen.grading.reader import ScoreReader
from rulegen.plan.matching import is_read, levels
from rulegen.rules.music import Sounding
from rulegen.score.events import Score
from rulegen.score.timeline import Event
from rulegen.style.facets import SKELETON, SURFACE


@dataclass(eq=False)
class Proofreader:
    """Tells which scores keep all hard rules of a style; those that are alike in time are bound once."""

    reader: ScoreReader

    def clean(self, scores: Sequence[Score]) -> list[bool]:
        """Whether each score keeps them, as `grade` would find, and each voice fills its time."""
        style = self.reader.style
        found = [not out_of_range(score, style) for score in scores]
        together: dict[tuple[int, str], list[tuple[int, Sounding]]] = {}
        for place, score in enumerate(scores):
            bare, fitted = levels(score, style)
            if style.harmony is not None and not fitted.chords:
                found[place] = grade(score, style).is_clean
                continue
            for stage, each in ((SKELETON, bare), (SURFACE, fitted)):
                if stage == SURFACE or style.surfaced:
                    music = self.reader.music_of(each)
                    together.setdefault((id(music.draft), stage), []).append((place, music))
        for (_, stage), alike in together.items():
            draft = alike[0][1].draft
            filled = all(_fills(row, draft.frame.end) for row in draft.frame.notes)
            uses = [use for use in style.uses if is_read(use, stage, style)]
            is_broken = broken(uses, [music for _, music in alike])
            for (place, _), breaks in zip(alike, is_broken, strict=True):
                found[place] = found[place] and filled and not breaks
        return found


def _fills(row: Sequence[Event], end: Fraction) -> bool:
    """Whether notes and rests follow one another to the end, without a gap or an overlap."""
    ends = [Fraction(0), *(event.end for event in row)]
    return ends == [*(event.onset for event in row), end]
