"""Every file of the tour runs, keeps its own rules, and is laid out to be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import Unsatisfiable
from rulegen.errors.rendering import render
from rulegen.folds.cases import breaches, stated
from rulegen.language.parser import parse
from rulegen.language.source import read_source
from rulegen.plan.given import tunes_of
from rulegen.style.check import check
from rulegen.style.model import Style
from tests.docs.pages import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.rules"))
IMPOSSIBLE = "11_impossible"
_EXPLAINED = """\
error[unsatisfiable]: no score keeps all of this: forbid repeated_note and require rises; \
nothing reaches bar 2, beat 3
  --> 11_impossible.rules:27:1
   |
27 | forbid  repeated_note
   | ^^^^^^^^^^^^^^^^^^^^^ `forbid repeated_note`
28 | require rises
   | ------------- `require rises`
   |
   = note: leave any one of these 2 lines out, and the others can be kept"""


def _style(path: Path) -> Style:
    source = read_source(path)
    style, faults = check(parse(source), source)
    assert style is not None, faults
    assert not faults
    return style


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_composes_what_keeps_its_rules(path: Path) -> None:
    style = _style(path)
    if path.stem == IMPOSSIBLE:
        return
    prepared = prepare(style, tunes_of(style, {}))
    assert prepared.is_exact == (not prepared.companions)
    for piece in compose(prepared, [1, 2, 3]):
        assert piece.grade.is_clean


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_cases_of_an_example_come_out_as_stated(path: Path) -> None:
    own = [
        use
        for use in _style(path).uses
        if use.rule.place and use.rule.place.source.name.startswith(str(ROOT / "examples"))
    ]
    for use in own:
        for case in use.rule.cases:
            assert breaches(use.rule, case) == stated(case), use.rule.name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_on_top_what_to_run(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("\nstyle ")[0]
    assert re.search(rf"^#   rulegen \w+ {re.escape(path.name)}", head, re.MULTILINE)


def test_the_examples_are_numbered_without_a_gap() -> None:
    assert [int(path.stem[:2]) for path in EXAMPLES] == list(range(1, len(EXAMPLES) + 1))


def test_the_impossible_example_is_explained() -> None:
    [path] = [path for path in EXAMPLES if path.stem == IMPOSSIBLE]
    style = _style(path)
    with pytest.raises(Unsatisfiable) as caught:
        prepare(style, {})
    told = render(caught.value.diagnostic).replace(str(path), path.name)
    explained, help, _ = told.partition("   = help:")
    assert help
    assert "\n".join(line.rstrip() for line in explained.splitlines()) == _EXPLAINED
