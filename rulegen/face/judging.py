"""What a style says of scores: grades, what else could stand in them, corrections, worksheets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING

from rulegen.face.numbers import whole
from rulegen.face.piece import Piece

if TYPE_CHECKING:
    from rulegen.grading.alternatives import NoteExplained
    from rulegen.grading.exercise import Exercise
    from rulegen.grading.grade import Grade
    from rulegen.grading.repair import Repair
    from rulegen.score.events import Score
    from rulegen.style.model import Style as CheckedStyle


class Judging(ABC):
    """A style as a judge of scores."""

    meaning: CheckedStyle

    def grade(
        self,
        score: str | PathLike[str] | Piece | Score,
        given: Collection[str] = (),
        *,
        voices: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Grade:
        """Where a score breaks the style's rules, place by place; printed, the report of `rulegen grade`.

        score: a file, or a piece. given: voices that were given, or `harmony`, beside those of which the
        score says so: what lies wholly in them is no fault of it. voices: voice → name or number (from 1) of
        its part, where that is not found out. key: as "G dorian", where the score says another. Raises
        ScoreReadError where it cannot be read, its voices are not the style's, or that is no key; StyleError
        for a voice that the style has not.

        >>> style = rulegen.load("first_species")
        >>> graded = style.grade(style.compose(seed=3))
        >>> graded.is_clean
        True
        >>> graded.findings[0]
        bar 2, beat 1: counterpoint and cantus go the same way [contrary_motion]
        """
        from rulegen.face.scores import as_score, key_said
        from rulegen.grading.grade import grade

        read = as_score(score, self.meaning.key)
        name = str(score) if isinstance(score, (str, PathLike)) else read.title or "the score"
        home = None if key is None else key_said(key)
        return replace(grade(read, self.meaning, given, voices, home), name=name)

    def alternatives(
        self,
        score: str | PathLike[str] | Piece | Score,
        *,
        place: tuple[str, str, str] | None = None,
        bar: str | None = None,
        voices: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> list[NoteExplained]:
        """The notes of a score, each with all that could stand in its place as all else stands: how likely
        it is, models left out, or which hard rules forbid it.

        place: voice, bar and beat of one note; bar: the notes of that bar, as it is printed; else all. voices
        and key as in `grade`. Of a style that embellishes, the notes of the skeleton. Raises ScoreReadError,
        also where there is no such note.

        >>> style = rulegen.load("first_species")
        >>> [note] = style.alternatives(style.compose(seed=3), place=("counterpoint", "3", "1"))
        >>> [(str(each.pitch), round(each.chance, 3)) for each in note.possible]
        [('C5', 0.646), ('E5', 0.354)]
        """
        from rulegen.face.scores import as_score, key_said, notes_at
        from rulegen.grading.alternatives import explained
        from rulegen.grading.grade import music_of

        home = None if key is None else key_said(key)
        music = music_of(as_score(score, self.meaning.key), self.meaning, voices, home)
        return explained(music, notes_at(music.score, place, bar), with_faults=place is not None)

    def repair(
        self,
        score: str | PathLike[str] | Piece | Score,
        count: int = 1,
        *,
        keep: Collection[str] = (),
        voices: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> list[Repair]:
        """The corrected scores with the fewest changed notes, proved, the best by the style first; none where
        no score of that rhythm keeps all hard rules. A score that keeps them comes back unchanged.

        keep: voices that stay as they are, beside those that the style gives; voices and key as in `grade`.
        Raises ScoreReadError where the score is not laid out as the style is, and StyleError for a style that
        embellishes.

        >>> style = rulegen.load("first_species")
        >>> [repaired] = style.repair(style.compose(seed=3))
        >>> repaired.changes, repaired.is_proved
        ((), True)
        """
        from rulegen.face.scores import as_score, key_said
        from rulegen.grading.repair import repairs

        home = None if key is None else key_said(key)
        read = as_score(score, self.meaning.key)
        return repairs(read, self.meaning, keep, whole(count, "a count", 1), voices, home)

    def exercise(self, seed: int, *, give: Collection[str] = (), mistakes: int = 0) -> Exercise:
        """A worksheet made of the piece of a seed, and its key: with the voices to be filled in that are not
        given, or with mistakes to be found, each a place against one hard rule.

        Raises what `compose` raises, and ScoreReadError where the piece has no such voice or no room for so
        many mistakes.

        >>> exercise = rulegen.load("first_species").exercise(1, give=["cantus"])
        >>> {note.pitch for note in exercise.sheet.notes_of("counterpoint")}
        {None}
        >>> exercise = rulegen.load("first_species").exercise(1, mistakes=2)
        >>> len(exercise.mistakes)
        2
        """
        import numpy as np

        from rulegen.grading.exercise import to_fill, with_mistakes

        score = self._composed(seed)
        if mistakes:
            return with_mistakes(score, self.meaning, mistakes, np.random.default_rng(seed))
        return to_fill(score, self.meaning, give)

    @abstractmethod
    def _composed(self, seed: int) -> Score:
        """The score of a seed."""
