"""A diagnostic is printed so that its place is seen, whatever the text looks like."""

import re

from rulegen.errors import Diagnostic, Label, Source, Span
from rulegen.errors.rendering import WIDEST, render


def at(source: Source, part: str, text: str = "") -> Label:
    start = source.text.index(part)
    return Label(Span(start, start + len(part)), text, source)


def rows(diagnostic: Diagnostic) -> list[str]:
    return render(diagnostic).split("\n")


def test_message_place_excerpt_notes_and_help() -> None:
    source = Source("style.rules", 'style "T"\nforbid parallel_fifth\n')
    diagnostic = Diagnostic(
        "unknown-rule",
        'there is no rule "parallel_fifth"',
        (at(source, "parallel_fifth"),),
        ("rules come from packs\nand from the file",),
        'did you mean "parallel_fifths"?',
    )
    assert rows(diagnostic) == [
        'error[unknown-rule]: there is no rule "parallel_fifth"',
        " --> style.rules:2:8",
        "  |",
        "2 | forbid parallel_fifth",
        "  |        ^^^^^^^^^^^^^^",
        "  |",
        "  = note: rules come from packs",
        "          and from the file",
        '  = help: did you mean "parallel_fifths"?',
    ]


def test_without_a_place_there_is_no_excerpt() -> None:
    assert rows(Diagnostic("no-such-file", "there is no file x", help="y")) == [
        "error[no-such-file]: there is no file x",
        " = help: y",
    ]


def test_several_labels_on_one_line() -> None:
    source = Source("s", "one two three four")
    labels = (at(source, "three", "here"), at(source, "one", "first"), at(source, "two"))
    assert rows(Diagnostic("c", "m", labels))[3:] == [
        "1 | one two three four",
        "  | --- --- ^^^^^ here",
        "  | first",
    ]


def test_lines_that_are_left_out_are_shown_as_dots() -> None:
    source = Source("s", "".join(f"line {number}\n" for number in range(1, 13)))
    labels = (at(source, "line 12", "b"), at(source, "line 2", "a"))
    assert rows(Diagnostic("c", "m", labels))[1:] == [
        "  --> s:12:1",
        "   |",
        " 2 | line 2",
        "   | ------ a",
        "...",
        "12 | line 12",
        "   | ^^^^^^^ b",
    ]


def test_several_files() -> None:
    style, pack = Source("style.rules", "forbid x"), Source("pack.rules", "\nrule x")
    found = rows(Diagnostic("c", "m", (at(style, "x"), at(pack, "x", "defined here"))))
    assert found[1] == " --> style.rules:1:8"
    assert found[5:] == [" ::: pack.rules:2:6", "  |", "2 | rule x", "  |      - defined here"]


def test_a_span_of_several_lines_is_underlined_on_each() -> None:
    source = Source("s", "rule r {\n  a\n  b\n}")
    label = Label(Span(5, len(source.text)), "all of it", source)
    assert rows(Diagnostic("c", "m", (label,)))[3:] == [
        "1 | rule r {",
        "  |      ^^^",
        "2 |   a",
        "  |   ^",
        "3 |   b",
        "  |   ^",
        "4 | }",
        "  | ^ all of it",
    ]


def test_of_a_long_span_the_first_and_last_line_are_shown() -> None:
    source = Source("s", "\n".join("abcdefghij"))
    found = rows(Diagnostic("c", "m", (Label(Span(0, len(source.text)), "", source),)))
    assert [row for row in found if re.match(r" *\d+ \|", row)] == [" 1 | a", "10 | j"]


def test_tabs_and_wide_characters_take_their_room() -> None:
    source = Source("s", "\t主題 e\u0301 x")
    assert rows(Diagnostic("c", "m", (at(source, "x"),)))[3:] == [
        "1 |     主題 e\u0301 x",
        "  |            ^",
    ]
    assert rows(Diagnostic("c", "m", (at(source, "題"),)))[4] == "  |       ^^"


def test_a_long_line_is_cut_around_the_span() -> None:
    for filling in ("a", "主"):
        source = Source("s", filling * 500 + "HERE" + filling * 500)
        line, under = rows(Diagnostic("c", "m", (at(source, "HERE"),)))[3:]
        assert len(line) <= WIDEST + 6 and "…" in line
        columns = line.replace("主", "主 ")
        assert columns.index("HERE") == under.index("^^^^")


def test_what_cannot_be_seen_is_replaced() -> None:
    source = Source("s", "a\x1b[31m b")
    assert "\x1b" not in render(Diagnostic("c", "m", (at(source, "b"),)))


def test_an_empty_span_is_pointed_at() -> None:
    source = Source("s", "ab")
    assert rows(Diagnostic("c", "m", (Label(Span(2, 2), "", source),)))[-1] == "  |   ^"
    empty = Source("s", "")
    assert rows(Diagnostic("c", "m", (Label(Span(0, 0), "", empty),)))[-2:] == ["1 |", "  | ^"]


def test_colour_adds_nothing_but_colour() -> None:
    source = Source("s", "one two")
    diagnostic = Diagnostic("c", "m", (at(source, "two", "x"), at(source, "one", "y")), ("n",), "h")
    coloured = render(diagnostic, colour=True)
    assert "\033[1;31m" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == render(diagnostic)
