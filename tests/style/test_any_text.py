"""Whatever a file says, it is a style or has diagnostics: never another exception."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulegen.errors import Source
from rulegen.language.parser import parse
from rulegen.style.check import check
from tests.style.building import HEAD

WHOLE = (
    HEAD
    + """use voice_leading
tempo dotted quarter = 72  pickup 1/4
harmony { chords I ii6 V7/V vi change every half bar }
rhythm soprano { every 1/8 close 1/2 }
rhythm bass { every beat }
melody { notes scale, leading_tone ornaments off beats }
given soprano = C4:1/2 D4 | r _
given harmony = | I | V:1/2 I | % |
define wide(a, b) = abs(interval(a, b)) > P8
rule r(size = P4, most = 2) is required weight 2 {
  "A sentence." source "A book"
  for consecutive notes a, b in voice
  when wide(a, b) or a.duration >= 1/8 * 2 and a.chord in (V7, V/V)
  then count(note n in voice where n.midi > max(k.midi for note k in voice)) < most
  unless direction(a, b) is not up
  say "{a} to {interval(a, b)}"
}
require r(P5, most = 3) in soprano, bass except at half cadences at most 2 per phrase
forbid parallel_fifths, parallel_octaves between soprano, bass in bars 2..3
avoid unison_by_leap on strong beats slightly
"""
)
PIECES = re.split(r"(\s+|[(){}.,=@|/:\"])", WHOLE)
WORDS = sorted({piece for piece in PIECES if piece.strip()})
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(PIECES) - 1), st.sampled_from(["", *WORDS, "\0", "é", "-1", "99999999999", "0"])
    ),
    min_size=1,
    max_size=5,
)


def test_the_text_that_is_changed_is_sound() -> None:
    source = Source("style.rules", WHOLE)
    assert {each.severity for each in check(parse(source), source)[1]} <= {"note"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES)
def test_a_changed_text_has_diagnostics_or_none(changes: list[tuple[int, str]]) -> None:
    pieces = list(PIECES)
    for place, word in changes:
        pieces[place] = word
    source = Source("style.rules", "".join(pieces))
    style, found = check(parse(source), source)
    assert (style is None) == any(each.severity == "error" for each in found)
    for label in (label for each in found for label in each.labels):
        assert 0 <= label.span.start <= label.span.end <= len(label.source.text)
