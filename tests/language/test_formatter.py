"""What is laid out anew means the same, keeps every comment, and stays as it is when laid out again."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegen.errors import Source, StyleError
from rulegen.language import syntax
from rulegen.language.formatter import format_source
from rulegen.language.parser import parse

EVERYTHING = (Path(__file__).parent / "everything.rules").read_text(encoding="utf-8")
HOUSE = Path(__file__).parents[2]
LIBRARY = sorted((Path(syntax.__file__).parent.parent / "library").glob("*.rules"))
EXAMPLES = sorted((HOUSE / "examples").glob("*.rules"))
COMMENT = re.compile(r"(?<!\S)#+(?!\S)[^\n]*")


def formatted(text: str) -> str:
    return format_source(Source("test.rules", text))


def comments(text: str) -> list[str]:
    return [found.rstrip() for found in COMMENT.findall(re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text))]


def assert_laid_out_well(text: str) -> None:
    before = parse(Source("test.rules", text))
    assert before.diagnostics == ()
    once = formatted(text)
    after = parse(Source("test.rules", once))
    assert after.diagnostics == ()
    assert after.file == before.file
    assert comments(once) == comments(text)
    assert formatted(once) == once
    assert "\n\n\n\n" not in once and once.endswith("\n") and not re.search(r"[ \t]+$", once, re.MULTILINE)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_packs_of_the_library(path: Path) -> None:
    assert_laid_out_well(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*LIBRARY, *EXAMPLES], ids=lambda path: path.stem)
def test_what_is_shipped_is_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


def test_marks_are_listed_in_a_row_and_hang_on_their_notes() -> None:
    text = """style "T"
dynamics { p ,mf weight 1, f hairpins  change every phrase }
rule r is forbidden { for note n in voice then n.is_first wrong { voice: C4' D4:1/8>~ | E4= } }
"""
    laid_out = formatted(text)
    assert "  p, mf weight 1, f  hairpins\n  change every phrase\n" in laid_out
    assert "{ voice: C4' D4:1/8>~ | E4= }" in laid_out
    assert_laid_out_well(text)


@pytest.mark.parametrize(
    "words", [("chords", "change"), ("notes", "ornaments"), ("every", "values", "grid", "close")]
)
def test_every_setting_of_a_block_has_a_line_of_its_own(words: tuple[str, ...]) -> None:
    text = 'style "T"\nrhythm { ' + " ".join(f"{word} x" for word in words) + " }\n"
    assert [line.split() for line in formatted(text).splitlines()[2:-1]] == [[word, "x"] for word in words]


def test_every_construct() -> None:
    assert_laid_out_well(EVERYTHING)


TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\S+')
TITLE, *STATEMENTS = re.split(r"\n(?=[a-z])", COMMENT.sub("", EVERYTHING).strip())
IN_A_ROW = 5


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_white_space_and_comments_anywhere(data: st.DataObject) -> None:
    """Some statements in a row, so that what stands between two is moved too."""
    start = data.draw(st.integers(0, len(STATEMENTS) - IN_A_ROW))
    tokens = TOKEN.findall("\n".join(STATEMENTS[start : start + IN_A_ROW]))
    space = st.sampled_from([" ", "  ", "\n", "\n\n\n", "\t", " # why\n", "\n  # note\n", "\n\n# far\n\n"])
    spaces = data.draw(st.lists(space, min_size=1, max_size=60))
    text = TITLE + "\n"
    for place, token in enumerate(tokens):
        text += token + spaces[place % len(spaces)]
    assume(not parse(Source("test.rules", text)).diagnostics)
    assert_laid_out_well(text)


def test_a_style_is_laid_out() -> None:
    text = """style "T"
use a,b   # packs
meter   4/4
key G major


tempo quarter=72
voices{soprano C4..A5  # high
bass E2 .. D4}
form { A=4 bars,cadence half piece=A A }
harmony { chords I
V
change every beat }
forbid a( size=P4 ),b
require c in soprano weight 2
rule r(size=P4)is required{"S." for notes a,b in voice when a+b>size
and not(a) then f( a,b ) unless a in(P5,P8)
right{voice:C4 G4}
wrong{ key G major upper:C4:1/2 lower:D4 }at note 3  "c" }
"""
    assert (
        formatted(text)
        == """style "T"
use a, b  # packs
meter 4/4
key   G major

tempo quarter = 72
voices {
  soprano  C4..A5  # high
  bass     E2..D4
}
form {
  A = 4 bars, cadence half
  piece = A A
}
harmony {
  chords  I
          V
  change  every beat
}
forbid  a(size = P4), b
require c  in soprano  weight 2
rule r(size = P4) is required {
  "S."
  for    notes a, b in voice
  when   a+b > size
           and not (a)
  then   f(a, b)
  unless a in (P5, P8)
  right  { voice: C4 G4 }
  wrong  { key G major  upper: C4:1/2  lower: D4 }  at note 3 "c"
}
"""
    )


def test_comments_stay_where_they_stood() -> None:
    text = """# above
style "T"
# before the block
harmony {  # opens
  # inside
  chords I   # one
  change every beat # two

  # last
}
# at the end
"""
    assert (
        formatted(text)
        == """# above
style "T"
# before the block
harmony {  # opens
  # inside
  chords  I           # one
  change  every beat  # two

  # last
}
# at the end
"""
    )


def test_columns_that_were_straight_stay_where_they_stood() -> None:
    text = """style "T"
voices {
  soprano     C4..A5    clef treble
  bass        E2..D4    clef bass
}
form {
  A     = 2 bars
  piece = A
}
harmony {
  chords  major  I    ii6  V
  chords  minor  i    iio6 V
  change  every beat      # as in a hymn
}

forbid  leap            in bass              at most 2 per phrase
avoid   leap            in soprano, alto     weight 0.5
prefer  contrary_motion                      weight 1      # a taste
forbid  repeated_note   except at cadences                 # a law
rule r is forbidden {
  for    consecutive notes a, b in voice
  then   a == b
            and (a.midi > 60
              or b.midi > 60)
          or a.midi > 80
  right  { voice: C4 D4     harmony: I V }
  wrong  { voice: C4 C4     harmony: I }      at note 2
  wrong  { voice: C4 C4 C4  harmony: I }      at note 2
}
"""
    assert formatted(text) == text


def test_what_stands_under_a_value_by_chance_is_no_column() -> None:
    text = 'style "T"\nharmony {\n  change  every beat\n  model  hmm "bach"\n  T  ->  I | vi\n}\n'
    assert_laid_out_well(text)
    assert "  T -> I | vi\n" in formatted(text)


def test_columns_that_were_not_straight_are_made_so() -> None:
    text = """style "T"
voices {
  soprano     C4..A5
  bass      E2..D4
}
forbid   leap in bass
avoid leap      in soprano, alto weight 0.5
require closes # why
apply r         # and why
"""
    assert (
        formatted(text)
        == """style "T"
voices {
  soprano  C4..A5
  bass     E2..D4
}
forbid  leap  in bass
avoid   leap  in soprano, alto  weight 0.5
require closes  # why
apply   r       # and why
"""
    )


def test_two_empty_lines_stay_above_the_heading_of_a_part() -> None:
    text = 'style "T"\n\n\n# ── Voices ──\n\nvoices { soprano C4..A5 }\n\n\n\nkey G major\n'
    assert formatted(text) == text.replace("{ ", "{\n  ").replace(" }", "\n}").replace("\n\n\n\n", "\n\n")


def test_a_text_with_faults_is_not_touched() -> None:
    with pytest.raises(StyleError) as caught:
        formatted('style "T"\nmeter ^\n')
    assert [fault.code for fault in caught.value.diagnostics] == ["syntax"]
