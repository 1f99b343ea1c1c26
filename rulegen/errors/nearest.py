"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LONGEST = 60  # longer words are not guessed at


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or None where none is near: about one slip in four letters."""
    if not word or len(word) > LONGEST:
        return None
    ranked = [(_likeness(word, other), other) for other in sorted(set(candidates)) if other != word]
    likeness, best = max(ranked, key=lambda pair: pair[0], default=(0.0, ""))
    return best if likeness >= 0.75 else None


def _likeness(word: str, other: str) -> float:
    if word.lower() == other.lower():
        return 1.0
    matcher = SequenceMatcher(None, word.lower(), other.lower(), autojunk=False)
    if len(other) > LONGEST or matcher.real_quick_ratio() < 0.75:
        return 0.0
    return matcher.ratio()
