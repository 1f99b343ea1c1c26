"""What each verb makes of a rule, and whose word holds: the style's before its packs'."""

from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.language.parser import parse
from rulegen.language.source import read_source
from rulegen.style.check import check
from rulegen.style.expression import Literal, Variable, walk
from rulegen.style.model import Narrow, Style
from rulegen.theory.interval import Interval
from tests.style.building import HEAD, faults, style_of

RULES = """
rule steady(size = P4) is required { for consecutive notes a, b in voice then abs(interval(a, b)) <= size
  say "more than {size}" }
rule clash is forbidden { for voices u, l for moment s then interval(u@s, l@s) is m2 }
rule leapy is avoided weight 0.3 { for consecutive notes a, b in voice when leap(a, b) }
rule smooth is preferred { for consecutive notes a, b in voice when step(a, b) }
rule soft is required weight 2 { for consecutive notes a, b in voice then step(a, b) }
"""
PACK = 'pack "P"\n' + RULES.replace("{ for", '{ "A sentence." source "A book" for')


def force(line: str) -> tuple[str, bool, float]:
    use = style_of(RULES + line).uses[0]
    return use.verb, use.hard, use.weight


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("require steady", ("require", True, 1)),
        ("require steady weight 2.5", ("require", False, 2.5)),
        ("forbid clash", ("forbid", True, 1)),
        ("avoid clash", ("avoid", False, 1)),
        ("avoid leapy", ("avoid", False, 1)),
        ("avoid leapy slightly", ("avoid", False, 0.5)),
        ("prefer smooth strongly", ("prefer", False, 3)),
        ("apply steady", ("require", True, 1)),
        ("apply clash", ("forbid", True, 1)),
        ("apply leapy", ("avoid", False, 0.3)),
        ("apply smooth", ("prefer", False, 1)),
        ("apply soft", ("require", False, 2)),
        ("apply leapy weight 4", ("avoid", False, 4)),
    ],
)
def test_a_verb_makes_this_of_a_rule(line: str, expected: tuple[str, bool, float]) -> None:
    assert force(line) == expected


def test_one_line_uses_several_rules_and_narrows_them_all() -> None:
    uses = style_of(
        RULES + "require steady, soft in soprano, bass except at half cadences at most 2 per phrase"
    ).uses
    narrowed = (Narrow("voices", False, ("soprano", "bass")), Narrow("cadences", True, ("half",)))
    assert [(use.index, use.rule.name, use.narrowings) for use in uses] == [
        (0, "steady", narrowed),
        (1, "soft", narrowed),
    ]
    assert {(use.limit, use.per, use.between) for use in uses} == {(2, "phrase", False)}


def test_narrowings_are_read_by_their_kind() -> None:
    (use,) = style_of(
        RULES + "forbid clash between soprano, bass in section B in bars 5..8 on strong beats"
    ).uses
    assert use.between
    assert use.narrowings == (
        Narrow("voices", False, ("soprano", "bass")),
        Narrow("sections", False, ("B",)),
        Narrow("bars", False, (), ((5, 8),)),
        Narrow("strength", False, ("strong",)),
    )


@pytest.mark.parametrize("given", ["(P5)", "(size = P5)"])
def test_arguments_are_written_into_the_rule(given: str) -> None:
    (use,) = style_of(RULES + f"require steady{given}").uses
    fifth = Literal("interval", Interval.parse("P5"))
    assert use.rule.then is not None
    assert fifth in tuple(walk(use.rule.then))
    assert not any(isinstance(each, Variable) and each.name == "size" for each in walk(use.rule.then))
    assert use.rule.say == ("more than ", fifth)


def test_the_normal_value_is_written_in_where_none_is_given() -> None:
    (use,) = style_of(RULES + "require steady").uses
    assert use.rule.then is not None
    assert Literal("interval", Interval.parse("P4")) in tuple(walk(use.rule.then))


def test_two_uses_in_one_file_add_up() -> None:
    uses = style_of(RULES + "avoid leapy weight 1\navoid leapy in soprano weight 2").uses
    assert [use.weight for use in uses] == [1, 2]


def with_packs(folder: Path, text: str, **packs: str) -> Style:
    for name, pack in packs.items():
        (folder / f"{name}.rules").write_text(pack, encoding="utf-8")
    (folder / "style.rules").write_text(HEAD + text, encoding="utf-8")
    source = read_source(folder / "style.rules")
    style, found = check(parse(source), source)
    assert style is not None, found
    return style


def said(style: Style) -> list[tuple[str, str, str | None]]:
    return [(use.verb, use.rule.name, use.pack) for use in style.uses]


def test_the_uses_of_a_pack_hold(tmp_path: Path) -> None:
    style = with_packs(tmp_path, 'use "p.rules"', p=PACK + "apply steady, leapy")
    assert said(style) == [("require", "steady", "p"), ("avoid", "leapy", "p")]


def test_a_use_of_the_style_replaces_all_of_its_packs(tmp_path: Path) -> None:
    packs = {"p": PACK + "avoid leapy in soprano\navoid leapy in bass\napply clash"}
    style = with_packs(tmp_path, 'use "p.rules" prefer leapy weight 2', **packs)
    assert said(style) == [("forbid", "clash", "p"), ("prefer", "leapy", None)]


def test_without_takes_back_what_a_pack_applied(tmp_path: Path) -> None:
    style = with_packs(tmp_path, 'use "p.rules" without leapy', p=PACK + "apply leapy, clash")
    assert said(style) == [("forbid", "clash", "p")]


def test_a_pack_overrules_the_packs_that_it_uses(tmp_path: Path) -> None:
    packs = {
        "p": PACK + "apply leapy, clash",
        "q": 'pack "Q" use "p.rules" without clash avoid leapy weight 4',
    }
    style = with_packs(tmp_path, 'use "q.rules"', **packs)
    assert [(use.rule.name, use.weight, use.pack) for use in style.uses] == [("leapy", 4, "q")]


def test_a_pack_that_is_reached_twice_applies_once(tmp_path: Path) -> None:
    packs = {"p": PACK + "apply leapy", "q": 'pack "Q" use "p.rules"', "r": 'pack "R" use "p.rules"'}
    assert said(with_packs(tmp_path, 'use "q.rules", "r.rules"', **packs)) == [("avoid", "leapy", "p")]


def test_a_rule_of_the_style_stands_for_one_of_its_packs(tmp_path: Path) -> None:
    own = "rule clash is forbidden { for voices u, l for moment s then interval(u@s, l@s) is M2 }"
    style = with_packs(tmp_path, f'use "p.rules" {own}', p=PACK + "apply clash")
    (use,) = style.uses
    assert use.rule.then is not None
    assert Literal("interval", Interval.parse("M2")) in tuple(walk(use.rule.then))


def test_a_fault_of_a_pack_is_reported_in_the_pack(tmp_path: Path) -> None:
    (tmp_path / "p.rules").write_text(PACK + "apply leappy", encoding="utf-8")
    (tmp_path / "style.rules").write_text(HEAD + 'use "p.rules" avoid leapy', encoding="utf-8")
    source = read_source(tmp_path / "style.rules")
    (fault,) = check(parse(source), source)[1]
    assert fault.code == "unknown-rule"
    assert Path(fault.labels[0].source.name).name == "p.rules"


def test_a_rule_of_a_pack_has_a_sentence_and_a_source(tmp_path: Path) -> None:
    (tmp_path / "p.rules").write_text('pack "P" ' + RULES, encoding="utf-8")
    (tmp_path / "style.rules").write_text(HEAD + 'use "p.rules"', encoding="utf-8")
    source = read_source(tmp_path / "style.rules")
    assert {each.code for each in check(parse(source), source)[1]} == {"no-sentence", "no-source"}


def test_packs_that_use_one_another_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.rules").write_text('pack "P" use "q.rules"', encoding="utf-8")
    (tmp_path / "q.rules").write_text('pack "Q" use "p.rules"', encoding="utf-8")
    (tmp_path / "style.rules").write_text(HEAD + 'use "p.rules"', encoding="utf-8")
    source = read_source(tmp_path / "style.rules")
    assert [each.code for each in check(parse(source), source)[1]] == ["circle"]


def test_what_is_missing_for_want_of_a_pack_is_not_reported() -> None:
    assert [each.code for each in faults("use no_such_pack\nforbid parallel_fifths")] == ["unknown-pack"]


def test_a_hard_use_said_twice_is_one() -> None:
    assert len(style_of(RULES + "forbid clash\nforbid clash").uses) == 1


def test_weights_are_numbers_of_nats() -> None:
    assert style_of(RULES + "avoid leapy weight 0.25").uses[0].weight == float(Fraction(1, 4))
