"""The short text notation of music, for rule cases and golden tests: what is written reads back equal.

    title "Four bars"
    key G major
    meter 4/4
    tempo quarter = 72
    voice soprano C4..A5
    section A 0..2
    phrase 0..2 section A cadence half

    soprano | G4:1/4 A4 B4:1/2 | _:1/4 A4:3/4 |
    harmony | I:1/2 V6         | vi:1/2 V     |

A duration holds for what follows until another is written; `r` is a rest, `_` lengthens the note before it,
`s` is time in which a voice has no event; `*` marks an ornament, `!` a fermata, `'` staccato, `=` tenuto,
`>` an accent, `^` marcato, `~` a slur to the next note; a lyric stands in quotes after its note. `[D
major]` in the harmony gives the key in which the chords after it are read. What changes on the way is said
with its time, as in `at 4 key D major`, `at 4 meter 3/4`, `at 4 tempo half = 84` and `at 4 pickup 1/4`;
`signature` gives the key that is printed where it is not the first. `dynamic 2 mf` and `hairpin 2..3
crescendo voice soprano` say how loud it is, in all voices or in one.
"""

from fractions import Fraction

from rulegen.score.reading import parse_score
from rulegen.score.tokens import REST, join_holds, read_tokens
from rulegen.score.writing import format_score
from rulegen.theory.pitch import Pitch

__all__ = ["format_score", "parse_line", "parse_score"]

_QUARTER = Fraction(1, 4)


def parse_line(text: str, default: Fraction = _QUARTER) -> list[tuple[Pitch | None, Fraction]]:
    """Reads one voice, such as "C4:1/2 D4 E4:1/4 r _", into pitches (None for a rest) and durations.

    Bar lines may stand anywhere; raises ValueError for what is no note.
    """
    tokens = join_holds(list(read_tokens(text, default)))
    return [(None if token.name == REST else Pitch.parse(token.name), token.duration) for token in tokens]
