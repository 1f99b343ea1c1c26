"""All faults of a file are found in one run, and what is sound around them is kept."""

import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegen.errors import Source
from rulegen.errors.rendering import render
from rulegen.language.faults import MOST_FAULTS
from rulegen.language.parser import ParseResult, parse
from rulegen.language.syntax import BlockStatement, Define, Number, RuleStatement, UseStatement, VoiceRange


def read(text: str) -> ParseResult:
    return parse(Source("test.rules", text))


def faults(text: str) -> list[tuple[str, int]]:
    """Code and line of each fault."""
    return [
        (fault.code, fault.labels[0].source.position(fault.labels[0].span.start)[0])
        for fault in read(text).diagnostics
    ]


def test_every_statement_tells_of_its_own_fault() -> None:
    text = """style "T"
rule a is requird {
  when x and
  then y
  right { voice: C4 G4 }
}
rule b is required
  when x = 3
  then (a and b
  say "hello
}
harmny {
  chords I IV
}
forbid parallel_fifths in soprano, on beat
key G major
forbd y
define f(a a + 1
define g(a) = a < b < c
define h = .5
"""
    assert faults(text) == [
        ("unknown-manner", 2),
        ("syntax", 4),
        ("syntax", 8),
        ("equals", 8),
        ("unclosed-bracket", 9),
        ("unclosed-text", 10),
        ("unknown-word", 12),
        ("syntax", 15),
        ("unknown-word", 17),
        ("unclosed-bracket", 18),
        ("chained-comparison", 19),
        ("number", 20),
    ]


def test_what_is_sound_is_kept() -> None:
    result = read(
        'style "T"\nforbid a\nrule r { when ) \n then x }\nmeter ^\n'
        "harmony { chords ; \n change every beat }\ndefine f(a) = a\nprefer b"
    )
    assert len(result.diagnostics) == 3
    kinds = [type(statement) for statement in result.file.statements]
    assert [kind for kind in kinds if kind in (UseStatement, RuleStatement, BlockStatement, Define)] == [
        UseStatement,
        RuleStatement,
        BlockStatement,
        Define,
        UseStatement,
    ]
    rule = next(statement for statement in result.file.statements if isinstance(statement, RuleStatement))
    assert rule.when is None and rule.then is not None


def test_a_statement_with_a_fault_is_damaged() -> None:
    result = read('style "T"\nrule r { when ) }\nrule s { when x }')
    first, second = result.file.statements
    assert result.is_damaged(first) and not result.is_damaged(second)


def test_a_clause_that_breaks_off_does_not_swallow_the_next() -> None:
    (rule,) = read('style "T"\nrule r {\n  when a and\n  then b\n  say "c"\n}').file.statements
    assert isinstance(rule, RuleStatement)
    assert (rule.when is None, rule.then is None, rule.say is None) == (True, False, False)


def test_an_open_block_ends_before_the_next_statement() -> None:
    text = 'style "T"\nharmony {\n  chords I V\n\nmelody soprano {\n  notes scale\n}\nforbid a\n'
    result = read(text)
    assert [fault.code for fault in result.diagnostics] == ["unclosed-brace"]
    _, melody, use = result.file.statements
    assert isinstance(melody, BlockStatement) and melody.keyword.text == "melody"
    assert isinstance(use, UseStatement)


def test_an_open_block_at_the_end_keeps_its_statements() -> None:
    result = read('style "T"\nform {\n  A = 4 bars\n  piece = A')
    assert [fault.code for fault in result.diagnostics] == ["unclosed-brace"]
    (form,) = result.file.statements
    assert isinstance(form, BlockStatement)


def test_settings_after_an_open_block_stand_once() -> None:
    result = read('style "T"\nform {\n  A = 4 bars\n  pickup 1/4\n\nkey G major\nmeter 4/4\n')
    form, _, _ = result.file.statements
    assert isinstance(form, BlockStatement) and len(form.statements) == 2


def test_an_open_case_ends_before_the_next() -> None:
    result = read('style "T"\nrule r {\n  right { voice: C4 G4\n  wrong { voice: C4 D4 } at note 2\n}\n')
    assert [fault.code for fault in result.diagnostics] == ["unclosed-brace"]
    (rule,) = result.file.statements
    assert isinstance(rule, RuleStatement) and [case.verdict for case in rule.cases] == ["wrong"]


def test_lines_and_clauses_with_a_fault_are_left_out_and_others_stay() -> None:
    text = """style "T"
voices {
  soprano C4..A5
  alto G3.D5
  tenor C3..A4
}
rule r {
  for note a in voice
  wen b
  then a.midi > 60
  unless a b
}
"""
    voices, rule = read(text).file.statements
    assert isinstance(voices, BlockStatement) and isinstance(rule, RuleStatement)
    assert [each.name.text for each in voices.statements if isinstance(each, VoiceRange)] == [
        "soprano",
        "tenor",
    ]
    assert rule.binders and rule.then is not None and not rule.unless


def test_a_block_on_one_line_goes_on_at_its_next_voice() -> None:
    result = read('style "T" voices { v C4..G4 w C3 ; G3 x C3..G3 y C2..G2 }')
    assert [fault.code for fault in result.diagnostics] == ["stray-character"]
    (voices,) = result.file.statements
    assert isinstance(voices, BlockStatement)
    assert [each.name.text for each in voices.statements if isinstance(each, VoiceRange)] == ["v", "x", "y"]


def test_a_mended_range_damages_nothing() -> None:
    result = read('style "T" voices { v C4-G4 } avoid leap in bars 5–8, 9 weight 2')
    assert [fault.code for fault in result.diagnostics] == ["range", "range"]
    assert not any(result.is_damaged(statement) for statement in result.file.statements)
    _, use = result.file.statements
    assert (
        isinstance(use, UseStatement)
        and use.narrowings[0].ranges == ((5, 8), (9, 9))
        and use.weight == Number(Fraction(2))
    )


def test_a_brace_too_many_is_passed_over() -> None:
    result = read('style "T"\nmeter 4/4\n}\nforbid a')
    assert [fault.code for fault in result.diagnostics] == ["stray-brace"]
    assert len(result.file.statements) == 2


@pytest.mark.parametrize(
    "text",
    [
        "define x = " + "(" * 5000 + "a" + ")" * 5000,
        "define x = " + "(" * 5000,
        "define x = " + "-" * 5000 + "a",
        "define x = " + "not " * 5000 + "a",
        "define x = " + "a + " * 5000 + "a",
        "define x = " + "f(" * 5000 + "a",
        "define x = a" + ".b" * 5000,
        "model " + "mix {" * 5000,
        "rule r { " * 5000,
    ],
)
def test_what_is_nested_without_end_is_a_fault(text: str) -> None:
    result = read(f'style "T"\n{text}\nforbid a')
    assert result.diagnostics
    repr(result), hash(result.file)


GARBAGE = ["rule", "{", "}", "(", ")", '"', "when", "C4", "#x", "key", "\n", "=", ";", "# ", "..", "1", "A ="]


@pytest.mark.parametrize("line_end", ["\n", " "])
def test_a_large_file_of_garbage_is_soon_done_with(line_end: str) -> None:
    choose = random.Random(1)
    text = line_end.join(choose.choice(GARBAGE) for _ in range(300_000))
    start = time.process_time()
    result = read(text)
    assert time.process_time() - start < 20
    assert 0 < len(result.diagnostics) <= MOST_FAULTS + 1


def test_after_fifty_faults_it_stops() -> None:
    found = read('style "T"\n' + "meter ^\n" * 60).diagnostics
    assert len(found) == MOST_FAULTS + 1
    assert (found[-1].code, found[-1].severity) == ("too-many-faults", "note")


MORE = """style "T"|harmony {|form {|rule r {|then|for|right {|x|'|in|not|forbid a|weight|upper:|C4:1/2
|at note 3|+|-|@|.|,|count(|define f(a) ="""
PIECES = st.sampled_from([*GARBAGE, *MORE.replace("\n", "").split("|")])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40), st.sampled_from(["\n", " "]))
def test_no_text_makes_the_parser_stumble(pieces: list[str], between: str) -> None:
    result = read(between.join(pieces))
    for fault in result.diagnostics:
        assert render(fault)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_not_even_what_is_no_text_at_all(text: str) -> None:
    for fault in read(text).diagnostics:
        assert render(fault)
