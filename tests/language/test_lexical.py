"""The traps of the lexical ground: what looks like one thing and is another."""

from fractions import Fraction

import pytest

from rulegen.errors import Source
from rulegen.language.parser import parse
from rulegen.language.syntax import (
    Attribute,
    Binary,
    BlockStatement,
    Define,
    Expression,
    FormLine,
    Name,
    Number,
    Quoted,
    Setting,
    UseStatement,
)

WORDS = """
A4 A B I V7 ii65 v i d5 A' A'' F# F#4 Bb4 F## #ivo7 #iv bII6 bVI viiø7 iiø65 viio6 ii° III+ Ger65
Dm7b5 Cmaj7#11 r _ first_note P5 aug4 größe 音
"""


def expression(text: str) -> Expression:
    result = parse(Source("test.rules", f'style "T"\ndefine it = {text}\n'))
    assert result.diagnostics == ()
    (defined,) = result.file.statements
    assert isinstance(defined, Define)
    return defined.body


def chords(text: str) -> list[str]:
    result = parse(Source("test.rules", f'style "T" harmony {{ chords {text} }}'))
    assert result.diagnostics == ()
    (block,) = result.file.statements
    assert isinstance(block, BlockStatement)
    (setting,) = block.statements
    assert isinstance(setting, Setting)
    return [word.text for word in setting.words if isinstance(word, Name)]


@pytest.mark.parametrize(
    "word",
    WORDS.split(),
)
def test_words_are_names(word: str) -> None:
    assert expression(word) == Name(word)
    assert chords(f"I {word} V") == ["I", word, "V"]


@pytest.mark.parametrize("end", [" ", ", ", ")", "/V", "\n"])
def test_an_augmented_numeral_ends_in_a_plus(end: str) -> None:
    text = {")": "f(III+)", ", ": "f(III+, 1)"}.get(end, f"III+{end}")
    result = parse(Source("test.rules", f'style "T" define it = {text}'))
    assert result.diagnostics == ()
    assert "III+" in repr(result.file)


def test_a_plus_before_a_word_adds() -> None:
    assert expression("III+1") == Binary("+", Name("III"), Number(Fraction(1)))
    assert expression("a+ b") == Binary("+", Name("a"), Name("b"))
    assert expression("n + i") == Binary("+", Name("n"), Name("i"))


def test_a_number_needs_a_digit_after_its_dot() -> None:
    result = parse(Source("test.rules", 'style "T" forbid r in bars 5..8'))
    (use,) = result.file.statements
    assert isinstance(use, UseStatement) and use.narrowings[0].ranges == ((5, 8),)
    assert expression("1.25") == Number(Fraction(5, 4))


def test_a_number_may_have_an_attribute_of_a_name_only() -> None:
    assert parse(Source("test.rules", 'style "T" define x = 5.')).diagnostics


def test_a_name_before_an_equals_sign_begins_a_line() -> None:
    result = parse(Source("test.rules", 'style "T" form { piece = A A B C = 4 bars }'))
    assert result.diagnostics == ()
    (form,) = result.file.statements
    assert isinstance(form, BlockStatement)
    assert [line.name.text for line in form.statements if isinstance(line, FormLine)] == ["piece", "C"]


def test_two_equals_signs_compare() -> None:
    assert expression("C == 4") == Binary("==", Name("C"), Number(Fraction(4)))


def test_a_comment_stands_apart() -> None:
    text = '# first\nstyle "T" # second\n## third\n#\n\t# fourth\nharmony { # fifth\n chords #ivo7 F# I #\n}'
    result = parse(Source("test.rules", text))
    assert result.diagnostics == ()
    (block,) = result.file.statements
    assert isinstance(block, BlockStatement)
    assert [word for word in block.statements[0].words if isinstance(word, Name)] == [  # type: ignore[union-attr]
        Name("#ivo7"),
        Name("F#"),
        Name("I"),
    ]


@pytest.mark.parametrize("text", ["#x", "#comment", "#in the end", "#ivory", "#5", 'title "T"# c', "#iv7x"])
def test_a_hash_that_is_neither_comment_nor_numeral_is_a_fault(text: str) -> None:
    (fault,) = parse(Source("test.rules", f'style "T"\nmeter 4/4 {text}\n')).diagnostics
    assert fault.code == "comment"


def test_a_string_holds_what_would_be_a_comment() -> None:
    assert expression('"a # b {x}"') == Quoted("a # b {x}")


def test_backslashes_in_texts() -> None:
    assert expression(r'"a \"b\" \\ \n \x"') == Quoted('a "b" \\ \n \\x')


@pytest.mark.parametrize("word", ["in", "at", "key", "voice", "weight", "is", "for", "rule", "not", "where"])
def test_any_word_may_follow_a_dot_or_name_an_argument(word: str) -> None:
    assert expression(f"n.{word}") == Attribute(Name("n"), Name(word))
    assert parse(Source("test.rules", f'style "T" forbid r({word} = 1)')).diagnostics == ()


@pytest.mark.parametrize("word", ["key", "form", "weight", "harmony", "at", "rule", "chords"])
def test_keywords_are_names_where_a_name_is_due(word: str) -> None:
    text = f"""style "T"
    voices {{ {word} C4..A5 }}
    forbid r between {word}, bass in bass, {word}
    given {word} = C4 D4
    melody {word} {{ notes scale }}
    define {word}(a) = {word}(a) + {word}
    rule {word} {{ for voice {word} then {word}@{word} is a right {{ {word}: C4 D4 bass: C4 }} }}
    """
    assert parse(Source("test.rules", text)).diagnostics == ()


def test_a_keyword_ends_where_its_word_ends() -> None:
    assert expression("a and android or order") == Binary(
        "or", Binary("and", Name("a"), Name("android")), Name("order")
    )
    assert expression("notes") == Name("notes")


def test_line_breaks_carry_no_meaning() -> None:
    text = """style "T" key G major form { A = 4 bars, cadence half piece = A A } harmony { chords I V
      change every beat } forbid a in b at cadences prefer c weight 2 rule r is required { when x then y }"""
    result = parse(Source("test.rules", text))
    assert result.diagnostics == ()
    assert parse(Source("test.rules", "\n".join(text.split(" ")))).file == result.file


@pytest.mark.parametrize(
    "text",
    [
        "voices {{ v{}C4{}..G4 w C3..G3 }}",
        "form {{ A{}= 1 bars, cadence half piece{}= A A }}",
        "harmony {{ D{}-> V7 | viio6 }}",
        'melody v {{ model mix{}{{ hmm {}"a" 0.3 }} }}',
        "rule r {{ for note a in voice when count{}(note n in voice) > 1 right {{ voice{}: C4 }} }}",
        "define d = a.duration == dotted{}quarter",
        "apply r(not{}= 1)",
        'forbid quoting{}"bach" beyond 8 notes',
    ],
)
def test_line_breaks_and_comments_carry_no_meaning(text: str) -> None:
    plain = parse(Source("test.rules", f'style "T"\n{text.format(" ", " ")}'))
    comment = " # so # {on} = .. : x -> (\n  ## again\n"
    commented = parse(Source("test.rules", f'style "T"\n{text.format(comment, comment)}'))
    assert plain.diagnostics == commented.diagnostics == ()
    assert plain.file == commented.file


def test_a_long_row_of_comments_after_a_name_is_read_at_once() -> None:
    text = 'style "T" voices { v ' + "# # # #\n" * 5000 + " C4..G4 }"
    assert parse(Source("test.rules", text)).diagnostics == ()
