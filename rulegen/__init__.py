"""rulegen composes music from files of rules.

    style = rulegen.load("chorale")     # a ready style by its name, a file, or the text itself
    piece = style.compose(seed=7)       # in a notebook: the engraved score
    piece.save("chorale.musicxml")
    print(style.grade("exercise.musicxml"))

Everything here is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing has it, which is not loaded for that

if TYPE_CHECKING:
    from rulegen.errors import Diagnostic as Diagnostic
    from rulegen.errors import InternalError as InternalError
    from rulegen.errors import ModelError as ModelError
    from rulegen.errors import OutputError as OutputError
    from rulegen.errors import RulegenError as RulegenError
    from rulegen.errors import ScoreReadError as ScoreReadError
    from rulegen.errors import StyleError as StyleError
    from rulegen.errors import Unsatisfiable as Unsatisfiable
    from rulegen.face.explanation import Explanation as Explanation
    from rulegen.face.explanation import RuleFigures as RuleFigures
    from rulegen.face.learning import LearnedModel as LearnedModel
    from rulegen.face.learning import learn as learn
    from rulegen.face.opening import load as load
    from rulegen.face.opening import read as read
    from rulegen.face.piece import Piece as Piece
    from rulegen.face.piece import Report as Report
    from rulegen.face.style import Style as Style
    from rulegen.face.words import styles as styles
    from rulegen.face.words import words as words
    from rulegen.grading.alternatives import Alternative as Alternative
    from rulegen.grading.alternatives import NoteExplained as NoteExplained
    from rulegen.grading.exercise import Exercise as Exercise
    from rulegen.grading.finding import Finding as Finding
    from rulegen.grading.grade import Grade as Grade
    from rulegen.grading.grade import Ornament as Ornament
    from rulegen.grading.grade import Tally as Tally
    from rulegen.grading.repair import NoteChange as NoteChange
    from rulegen.grading.repair import Repair as Repair

__version__ = "0.1.0"

_HOMES = {
    "errors": "Diagnostic InternalError ModelError OutputError RulegenError ScoreReadError StyleError "
    "Unsatisfiable",
    "face.explanation": "Explanation RuleFigures",
    "face.learning": "LearnedModel learn",
    "face.opening": "load read",
    "face.piece": "Piece Report",
    "face.style": "Style",
    "face.words": "styles words",
    "grading.alternatives": "Alternative NoteExplained",
    "grading.exercise": "Exercise",
    "grading.finding": "Finding",
    "grading.grade": "Grade Ornament Tally",
    "grading.repair": "NoteChange Repair",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> object:
    """What is public, from its home."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'rulegen' has no attribute {name!r}")
    found = getattr(import_module(f"rulegen.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
