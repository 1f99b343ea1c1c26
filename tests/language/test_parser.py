"""Every construct of the language gives the tree that it should."""

from fractions import Fraction

import pytest

from rulegen.errors import Source
from rulegen.language.parser import parse
from rulegen.language.syntax import (
    Aggregate,
    Allowance,
    Argument,
    At,
    Attribute,
    Binary,
    Binder,
    BlockStatement,
    Call,
    CaseLine,
    Define,
    Expression,
    FormLine,
    GivenStatement,
    Import,
    Name,
    Narrowing,
    NoteWord,
    Number,
    Parameter,
    Quoted,
    RuleStatement,
    Setting,
    Several,
    Statement,
    Target,
    Unary,
    UseStatement,
    VoiceRange,
    WordGroup,
)

Word = Name | Number | Quoted


def statements(text: str) -> tuple[Statement, ...]:
    result = parse(Source("test.rules", f'style "T"\n{text}'))
    assert result.diagnostics == ()
    return result.file.statements


def statement(text: str) -> Statement:
    (only,) = statements(text)
    return only


def expression(text: str) -> Expression:
    defined = statement(f"define it = {text}")
    assert isinstance(defined, Define)
    return defined.body


def rule(body: str, head: str = "r") -> RuleStatement:
    found = statement(f"rule {head} {{ {body} }}")
    assert isinstance(found, RuleStatement)
    return found


def block(text: str) -> BlockStatement:
    found = statement(text)
    assert isinstance(found, BlockStatement)
    return found


def words(text: str) -> tuple[Word, ...]:
    """Words as a setting holds them; a number is a Number, what is quoted a Text."""
    return tuple(
        Quoted(word[1:-1])
        if word.startswith('"')
        else Number(Fraction(word))
        if word.replace(".", "").isdigit()
        else Name(word)
        for word in text.split()
    )


def setting(keyword: str, values: str) -> Setting:
    return Setting(Name(keyword), words(values))


@pytest.mark.parametrize("kind", ["style", "pack"])
def test_a_file_says_what_it_is(kind: str) -> None:
    file = parse(Source("test.rules", f'{kind} "Four-part chorale"')).file
    assert (file.kind, file.title, file.statements) == (kind, Quoted("Four-part chorale"), ())


def test_packs_and_files_are_used() -> None:
    assert statements('use common_practice, "mine.rules"\nuse fux') == (
        Import(Name("common_practice")),
        Import(Quoted("mine.rules")),
        Import(Name("fux")),
    )


@pytest.mark.parametrize(
    ("keyword", "text", "values"),
    [
        ("meter", "4/4", "4 / 4"),
        ("meter", "7/8 = 2+2+3", "7 / 8 = 2 + 2 + 3"),
        ("key", "G major", "G major"),
        ("key", "from soprano", "from soprano"),
        ("form", "from soprano", "from soprano"),
        ("tempo", "quarter = 72", "quarter = 72"),
        ("tempo", "dotted quarter = 60.5", "dotted quarter = 60.5"),
        ("title", '"Air"', '"Air"'),
        ("composer", '"Anon"', '"Anon"'),
        ("repeats", "signs", "signs"),
        ("pickup", "1/4", "1 / 4"),
        ("model", 'hmm "bach-harmony" on harmony weight 0.6', 'hmm "bach-harmony" on harmony weight 0.6'),
        (
            "model",
            'mix { hmm "a" 0.3, lstm "b" 0.7 } on soprano',
            'mix { hmm "a" 0.3 , lstm "b" 0.7 } on soprano',
        ),
        ("keep", '"draft.musicxml" bars 1..4, 9..12', '"draft.musicxml" bars 1 .. 4 , 9 .. 12'),
        ("motif", "head = 0 +1 +1 -2 : 1/8 1/8", "head = 0 + 1 + 1 - 2 : 1 / 8 1 / 8"),
        ("changes", "= | Dm7 | G7 | % |", "= | Dm7 | G7 | % |"),
    ],
)
def test_settings_keep_their_words(keyword: str, text: str, values: str) -> None:
    assert statement(f"{keyword} {text}") == setting(keyword, values)


def test_voices_have_ranges() -> None:
    text = 'voices { soprano C4..A5 clef treble instrument "Flute" alto F#3..Bb4 key E2..D4 }'
    assert block(text).statements == (
        VoiceRange(
            Name("soprano"),
            Name("C4"),
            Name("A5"),
            (setting("clef", "treble"), setting("instrument", '"Flute"')),
        ),
        VoiceRange(Name("alto"), Name("F#3"), Name("Bb4")),
        VoiceRange(Name("key"), Name("E2"), Name("D4")),
    )


def test_a_form_has_lines_and_settings() -> None:
    text = "form { A = 4 bars, cadence half  A' = bars 8, key D major, opens I  piece = A A A' B pickup 1/4 }"
    assert block(text).statements == (
        FormLine(Name("A"), (setting("bars", "4"), setting("cadence", "half"))),
        FormLine(Name("A'"), (setting("bars", "8"), setting("key", "D major"), setting("opens", "I"))),
        FormLine(Name("piece"), (setting("=", "A A A' B"),)),
        setting("pickup", "1 / 4"),
    )


def test_a_variation_says_what_is_kept() -> None:
    text = "form { A' = vary A { keep harmony, rhythm change melody at most 40% } piece = A A' }"
    first, second = block(text).statements
    assert first == FormLine(
        Name("A'"),
        (Setting(Name("vary"), words("A { keep harmony , rhythm change melody at most 40 % }")),),
    )
    assert second == FormLine(Name("piece"), (setting("=", "A A'"),))


@pytest.mark.parametrize("keyword", ["harmony", "rhythm", "melody", "embellish"])
def test_blocks_may_name_voices(keyword: str) -> None:
    assert block(f"{keyword} alto, form {{ notes scale }}").subjects == (Name("alto"), Name("form"))
    assert block(f"{keyword} {{ notes scale }}").subjects == ()
    assert block(f"{keyword} {{ }}").statements == ()


def test_a_setting_ends_where_the_next_begins() -> None:
    text = """harmony {
      chords  I I6 ii ii65 V7/V viio6 bII6 #ivo7  chords minor i iio6
      change  every beat  model hmm "bach" weight 0.6
      values 1/8 weight 2, 1/4 weight 1, dotted quarter
      every bar passing eighth often suspension 4-3, 7-6 sometimes
      T -> I | vi  D -> V7 | viio6
      pattern dactyl = 1/4 1/8 1/8  grid euclid(3, 8)
    }"""
    assert block(text).statements == (
        setting("chords", "I I6 ii ii65 V7 / V viio6 bII6 #ivo7"),
        setting("chords", "minor i iio6"),
        setting("change", "every beat"),
        setting("model", 'hmm "bach" weight 0.6'),
        setting("values", "1 / 8 weight 2 , 1 / 4 weight 1 , dotted quarter"),
        setting("every", "bar"),
        setting("passing", "eighth often"),
        setting("suspension", "4 - 3 , 7 - 6 sometimes"),
        setting("T", "-> I | vi"),
        setting("D", "-> V7 | viio6"),
        setting("pattern", "dactyl = 1 / 4 1 / 8 1 / 8"),
        setting("grid", "euclid ( 3 , 8 )"),
    )


def test_an_unknown_setting_is_left_to_the_checker() -> None:
    assert block("melody { ambitus P8 notes scale }").statements == (
        setting("ambitus", "P8"),
        setting("notes", "scale"),
    )


def test_notes_and_chords_are_given() -> None:
    assert statements('given soprano = D4:1/1 F#4:1/2 r _ | E4:1\ngiven bass from "c.xml"') == (
        GivenStatement(
            Name("soprano"),
            (
                NoteWord("D4", Fraction(1)),
                NoteWord("F#4", Fraction(1, 2)),
                NoteWord("r"),
                NoteWord("_"),
                NoteWord("|"),
                NoteWord("E4", Fraction(1)),
            ),
            None,
        ),
        GivenStatement(Name("bass"), None, Quoted("c.xml")),
    )
    harmony = statement("given harmony = | I | V7:1/2 V7/V:1/2 | % |")
    assert isinstance(harmony, GivenStatement) and harmony.words is not None
    assert [word.text for word in harmony.words] == ["|", "I", "|", "V7", "V7/V", "|", "%", "|"]
    assert harmony.words[4].duration == Fraction(1, 2)


def test_a_rule_has_all_its_parts_in_any_order_of_clauses() -> None:
    found = rule(
        """
        "A sentence."
        then c
        source "One" source "Two"
        unless d unless e
        for notes a, b in voice for voices upper, lower
        when b
        say "it {a}"
        """,
        "r(size = P4, other) is preferred weight 1/2",
    )
    assert found == RuleStatement(
        Name("r"),
        (Parameter(Name("size"), Name("P4")), Parameter(Name("other"), None)),
        Name("preferred"),
        Binary("/", Number(Fraction(1)), Number(Fraction(2))),
        Quoted("A sentence."),
        (Quoted("One"), Quoted("Two")),
        (
            Binder(Name("note"), None, (Name("a"), Name("b")), (Name("voice"),)),
            Binder(Name("voice"), None, (Name("upper"), Name("lower"))),
        ),
        Name("b"),
        Name("c"),
        (Name("d"), Name("e")),
        Quoted("it {a}"),
        (),
    )


@pytest.mark.parametrize("manner", ["required", "forbidden", "preferred", "avoided"])
def test_a_rule_says_how_it_is_meant(manner: str) -> None:
    found = rule("", f"r is {manner} strongly")
    assert (found.manner, found.weight) == (Name(manner), Name("strongly"))


def test_a_rule_may_be_nearly_empty() -> None:
    found = rule("")
    assert (found.manner, found.sentence, found.then, found.cases) == (None, None, None, ())


def test_cases_have_lines_settings_places_and_a_comment() -> None:
    (case,) = rule(
        """wrong { key G minor meter 3/4 upper: G4:1/2 A4  lower: C4 r  key: D4 harmony: V7/V I
                   cadence authentic pickup 1/4 ornaments passing } at note 3, note 5 at moment 2 "why" """
    ).cases
    assert (case.verdict, case.comment) == ("wrong", Quoted("why"))
    assert case.lines == (
        CaseLine(Name("upper"), (NoteWord("G4", Fraction(1, 2)), NoteWord("A4"))),
        CaseLine(Name("lower"), (NoteWord("C4"), NoteWord("r"))),
        CaseLine(Name("key"), (NoteWord("D4"),)),
        CaseLine(Name("harmony"), (NoteWord("V7/V"), NoteWord("I"))),
    )
    assert case.settings == (
        (Name("key"), Quoted("G minor")),
        (Name("meter"), Quoted("3/4")),
        (Name("cadence"), Quoted("authentic")),
        (Name("pickup"), Quoted("1/4")),
        (Name("ornaments"), Quoted("passing")),
    )
    assert case.at == ((Name("note"), 3), (Name("note"), 5), (Name("moment"), 2))


def test_a_comment_is_no_part_of_a_setting() -> None:
    (case,) = rule("right { key G # not E\n minor ornaments passing ,neighbour voice: C4 }").cases
    assert case.settings == (
        (Name("key"), Quoted("G minor")),
        (Name("ornaments"), Quoted("passing, neighbour")),
    )


def test_a_place_may_leave_its_word_to_the_one_before() -> None:
    (case,) = rule("wrong { voice: C4 } at notes 3, 5").cases
    assert case.at == ((Name("note"), 3), (Name("note"), 5))


def test_functions_are_defined() -> None:
    assert statements('define f(a, b) = a "What it is."\ndefine g() = 1 define h = 2') == (
        Define(Name("f"), (Name("a"), Name("b")), Name("a"), Quoted("What it is.")),
        Define(Name("g"), (), Number(Fraction(1))),
        Define(Name("h"), (), Number(Fraction(2))),
    )


@pytest.mark.parametrize("verb", ["require", "forbid", "prefer", "avoid", "apply", "without"])
def test_rules_are_used_by_six_verbs(verb: str) -> None:
    assert statement(f"{verb} a, b(size = P5, 3)") == UseStatement(
        Name(verb),
        (
            Target(Name("a")),
            Target(Name("b"), (Argument(Name("P5"), Name("size")), Argument(Number(Fraction(3))))),
        ),
    )


@pytest.mark.parametrize(
    ("text", "narrowing"),
    [
        ("in soprano, bass", Narrowing("in", "voices", False, (Name("soprano"), Name("bass")))),
        ("between soprano, key", Narrowing("between", "voices", False, (Name("soprano"), Name("key")))),
        ("in section B", Narrowing("in", "sections", False, (Name("B"),))),
        ("in sections A, A'", Narrowing("in", "sections", False, (Name("A"), Name("A'")))),
        ("in bars 5..8, 12", Narrowing("in", "bars", False, (), ((5, 8), (12, 12)))),
        ("in phrase 2", Narrowing("in", "phrases", False, (), ((2, 2),))),
        ("in phrases 1..2", Narrowing("in", "phrases", False, (), ((1, 2),))),
        ("on strong beats", Narrowing("on", "beats", False, (Name("strong"),))),
        ("on beats 1, 3", Narrowing("on", "beats", False, (), ((1, 1), (3, 3)))),
        ("on beat 1", Narrowing("on", "beats", False, (), ((1, 1),))),
        ("at cadences", Narrowing("at", "cadences", False)),
        ("at half cadences", Narrowing("at", "cadences", False, (Name("half"),))),
        ("except in soprano", Narrowing("in", "voices", True, (Name("soprano"),))),
        ("except at cadences", Narrowing("at", "cadences", True)),
        ("except on weak beats", Narrowing("on", "beats", True, (Name("weak"),))),
    ],
)
def test_uses_are_narrowed(text: str, narrowing: Narrowing) -> None:
    assert statement(f"forbid r {text}") == UseStatement(Name("forbid"), (Target(Name("r")),), (narrowing,))


def test_narrowings_allowance_and_weight_stand_in_any_order() -> None:
    for text in (
        "weight 1.5 in bass at most 2 per phrase at cadences",
        "in bass at cadences at most 2 per phrase weight 1.5",
    ):
        assert statement(f"avoid r {text}") == UseStatement(
            Name("avoid"),
            (Target(Name("r")),),
            (Narrowing("in", "voices", False, (Name("bass"),)), Narrowing("at", "cadences", False)),
            Allowance(2, Name("phrase")),
            Number(Fraction(3, 2)),
        )


@pytest.mark.parametrize("word", ["slightly", "strongly"])
def test_weights_may_be_words(word: str) -> None:
    assert statement(f"avoid r {word}") == UseStatement(
        Name("avoid"), (Target(Name("r")),), weight=Name(word)
    )


def test_quoting_is_forbidden_beyond_a_length() -> None:
    assert statement('forbid quoting "bach" beyond 8 notes') == UseStatement(
        Name("forbid"),
        (
            Target(
                Name("quoting"),
                (Argument(Quoted("bach")), Argument(Number(Fraction(8)), Name("beyond"))),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "binder"),
    [
        ("note n in voice", Binder(Name("note"), None, (Name("n"),), (Name("voice"),))),
        ("notes n in soprano", Binder(Name("note"), None, (Name("n"),), (Name("soprano"),))),
        (
            "consecutive notes a, b, c in voice",
            Binder(Name("note"), "consecutive", (Name("a"), Name("b"), Name("c")), (Name("voice"),)),
        ),
        ("voices upper, lower", Binder(Name("voice"), None, (Name("upper"), Name("lower")))),
        (
            "adjacent voices upper, lower",
            Binder(Name("voice"), "adjacent", (Name("upper"), Name("lower"))),
        ),
        ("voice v", Binder(Name("voice"), None, (Name("v"),))),
        ("moment m", Binder(Name("moment"), None, (Name("m"),))),
        (
            "consecutive moments s, t in p",
            Binder(Name("moment"), "consecutive", (Name("s"), Name("t")), (Name("p"),)),
        ),
        ("chord c", Binder(Name("chord"), None, (Name("c"),))),
        ("consecutive chords c, d", Binder(Name("chord"), "consecutive", (Name("c"), Name("d")))),
        ("bar b", Binder(Name("bar"), None, (Name("b"),))),
        ("beat b", Binder(Name("beat"), None, (Name("b"),))),
        ("phrase p", Binder(Name("phrase"), None, (Name("p"),))),
        ("section q", Binder(Name("section"), None, (Name("q"),))),
        ("note n in voice in p", Binder(Name("note"), None, (Name("n"),), (Name("voice"), Name("p")))),
        ("piece", Binder(Name("piece"), None, ())),
    ],
)
def test_for_binds(text: str, binder: Binder) -> None:
    assert rule(f"for {text} then x").binders == (binder,)


A, B, C, D = Name("a"), Name("b"), Name("c"), Name("d")
ONE, TWO = Number(Fraction(1)), Number(Fraction(2))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b and c", Binary("or", A, Binary("and", B, C))),
        ("a and b or c", Binary("or", Binary("and", A, B), C)),
        ("a and b and c", Binary("and", Binary("and", A, B), C)),
        ("not a and b", Binary("and", Unary("not", A), B)),
        ("not a is b", Unary("not", Binary("is", A, B))),
        ("not not a", Unary("not", Unary("not", A))),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a / b * c", Binary("*", Binary("/", A, B), C)),
        ("-a * b", Binary("*", Unary("-", A), B)),
        ("a - -b", Binary("-", A, Unary("-", B))),
        ("-a.b", Unary("-", Attribute(A, B))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a + 1 < b - 1", Binary("<", Binary("+", A, ONE), Binary("-", B, ONE))),
        ("a.b.c", Attribute(Attribute(A, B), C)),
        ("f(a).b", Attribute(Call(Name("f"), (Argument(A),)), B)),
        ("(a).b", Attribute(A, B)),
        ("f()", Call(Name("f"), ())),
        ("f(a, size = b)", Call(Name("f"), (Argument(A), Argument(B, Name("size"))))),
        ("a@b", At(A, B)),
        ("a@b.c", Attribute(At(A, B), C)),
        ("f(a@b)", Call(Name("f"), (Argument(At(A, B)),))),
        ("V65/V", Binary("/", Name("V65"), Name("V"))),
        ("1/8", Binary("/", ONE, Number(Fraction(8)))),
        ("0.5", Number(Fraction(1, 2))),
        ("dotted quarter", WordGroup((Name("dotted"), Name("quarter")))),
        ("double dotted half", WordGroup((Name("double"), Name("dotted"), Name("half")))),
        ("a == dotted half", Binary("==", A, WordGroup((Name("dotted"), Name("half"))))),
        ("double", Name("double")),
        ('a is "b"', Binary("is", A, Quoted("b"))),
        ("a in (b, c)", Binary("in", A, Several((B, C)))),
        ("a in (b)", Binary("in", A, Several((B,)))),
        ("a not in (b, c,)", Binary("not in", A, Several((B, C)))),
        ("a in b", Binary("in", A, B)),
        ("a is not b", Binary("is not", A, B)),
        ("max(a, b)", Call(Name("max"), (Argument(A), Argument(B)))),
        ("min(a)", Call(Name("min"), (Argument(A),))),
        ("count", Name("count")),
    ],
)
def test_expressions_group_as_they_should(text: str, tree: Expression) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"])
def test_all_comparisons_are_known(operator: str) -> None:
    assert expression(f"a {operator} b") == Binary(operator, A, B)


@pytest.mark.parametrize("function", ["count", "exists", "all"])
def test_places_are_gathered(function: str) -> None:
    binder = Binder(Name("note"), None, (Name("n"),), (Name("voice"), Name("p")))
    assert expression(f"{function}(note n in voice in p where a and b)") == Aggregate(
        Name(function), None, (binder,), Binary("and", A, B)
    )
    assert expression(f"{function}(note n in voice in p) > 2") == Binary(
        ">", Aggregate(Name(function), None, (binder,), None), TWO
    )


@pytest.mark.parametrize("function", ["sum", "max", "min"])
def test_values_are_gathered(function: str) -> None:
    note = Binder(Name("note"), None, (Name("n"),), (Name("v"),))
    bar = Binder(Name("bar"), None, (Name("b"),))
    value = Attribute(Name("n"), Name("midi"))
    assert expression(f"{function}(n.midi for note n in v)") == Aggregate(
        Name(function), value, (note,), None
    )
    assert expression(f"{function}(n.midi for note n in v for bar b where a)") == Aggregate(
        Name(function), value, (note, bar), A
    )
