"""The words of the short notation: notes, rests, holds and bar lines, with durations that stick."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from rulegen.theory.duration import parse_duration

HOLD = "_"
REST = "r"
GAP = "s"
STRUCK = "x"
BAR_LINE = "|"

ORNAMENT, FERMATA, SLURRED = "*", "!", "~"
ARTICULATION_SIGNS = {"staccato": "'", "tenuto": "=", "accent": ">", "marcato": "^"}
SIGNS = "".join([ORNAMENT, FERMATA, SLURRED, *ARTICULATION_SIGNS.values()])

QUOTED = r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'
_TOKEN = re.compile(
    rf"""(?P<bar>\|)
       | \[(?P<key>[^\]]*)\]
       | (?P<name>[^\s|:{SIGNS}"\[\]]+)(?P<duration>:[\d/]+)?(?P<marks>[{SIGNS}]*)(?P<lyric>{QUOTED})?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a line, where it begins and how long it lasts; bar lines and keys last no time.

    `marks` are the signs that follow its duration, of `SIGNS`.
    """

    name: str
    onset: Fraction
    duration: Fraction
    marks: str = ""
    lyric: str | None = None
    key: str | None = None

    @property
    def is_bar_line(self) -> bool:
        """Whether it is a bar line."""
        return self.name == BAR_LINE


def read_tokens(text: str, duration: Fraction, onset: Fraction = Fraction(0)) -> Iterator[Token]:
    """Reads a line of music into tokens, of which each takes the last duration that was written.

    Raises ValueError for a word that is none, as in 'C4:'.
    """
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        found = _TOKEN.match(text, place)
        if found is None or not _ends_word(text, found):
            wrong = text[place:].split()[0]
            raise ValueError(f"{wrong!r} is no note: write a note and its length, as in C4:1/2")
        place = found.end()
        if found["bar"] or found["key"] is not None:
            yield Token(BAR_LINE if found["bar"] else "", onset, Fraction(0), key=found["key"])
            continue
        duration = parse_duration(found["duration"][1:]) if found["duration"] else duration
        lyric = unquoted(found["lyric"]) if found["lyric"] else None
        yield Token(found["name"], onset, duration, found["marks"], lyric)
        onset += duration


def unquoted(text: str) -> str:
    """The text that stands between quotes, its escapes resolved."""
    return str(json.loads(text, strict=False))


def join_holds(tokens: list[Token]) -> list[Token]:
    """The tokens without bar lines, in which every hold has lengthened what stands before it.

    Raises ValueError where a hold has nothing before it.
    """
    joined: list[Token] = []
    for token in tokens:
        if token.is_bar_line:
            continue
        if token.name != HOLD:
            joined.append(token)
            continue
        if not joined or joined[-1].key is not None:
            raise ValueError(f"{HOLD} holds the note before it, and there is none")
        last = joined.pop()
        joined.append(replace(last, duration=last.duration + token.duration))
    return joined


def _ends_word(text: str, found: re.Match[str]) -> bool:
    after = text[found.end() : found.end() + 1]
    return not after or after.isspace() or after in "|[" or found["bar"] is not None
