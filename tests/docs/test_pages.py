"""What README.md and the guide show is what happens."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import Source
from rulegen.folds.cases import breaches, stated
from rulegen.language.parser import parse
from rulegen.language.syntax import BlockStatement as Braces
from rulegen.language.syntax import Setting
from rulegen.plan.given import tunes_of
from rulegen.style.check import check
from rulegen.style.model import Style
from rulegen.style.settings import NOT_YET
from rulegen.style.vocabulary import WORDS
from tests.docs.pages import (
    ROOT,
    Block,
    Call,
    blocks_of,
    calls_of,
    commands_in_tables,
    run,
    shows,
    write_files,
)

PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("language", "how-it-works", "notation")),
]
_BASE = {
    "use": "use melody, voice_leading",
    "meter": "meter 4/4",
    "key": "key C major",
    "voices": "voices { soprano C5..A5  alto G4..D5  bass C3..C4 }",
    "form": "form { A = 2 bars }",
}
_HARMONY = "harmony { chords I IV V7  change every bar }"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with the examples in it and a cache of its own beside it."""
    here = tmp_path / "here"
    here.mkdir()
    shutil.copytree(ROOT / "examples", here / "examples")
    monkeypatch.chdir(here)
    monkeypatch.setenv("RULEGEN_CACHE", str(tmp_path / "cache"))
    return here


def _consoles() -> list[object]:
    return [
        pytest.param(page, block, id=f"{page.name}:{block.line}")
        for page in PAGES
        for block in blocks_of(page)
        if block.kind == "console"
    ]


@pytest.mark.parametrize(("page", "block"), _consoles())
def test_a_command_prints_what_the_page_shows(page: Path, block: Block, folder: Path) -> None:
    write_files(blocks_of(page), folder)
    for call in calls_of(block):
        code, printed = run(call.command)
        assert code == call.fails, printed
        assert "bug in rulegen" not in printed
        if call.shown.strip():
            assert shows(call.shown, printed), f"{call.command} prints:\n{printed}"
        for word in call.command.split():
            if word.endswith((".png", ".musicxml")) and "=" not in word:
                assert (folder / word).exists()


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.kind == "python" for b in blocks_of(page))])
def test_the_programs_of_a_page_run(page: Path, folder: Path) -> None:
    write_files(blocks_of(page), folder)
    names: dict[str, object] = {}
    for block in blocks_of(page):
        if block.kind == "python":
            exec(compile(block.text, f"{page.name}:{block.line}", "exec"), names)
            for saved in re.findall(r'save\("([^"]+)"', block.text):
                assert (folder / saved).is_file()


@pytest.mark.parametrize("command", commands_in_tables(PAGES[0]))
def test_a_command_of_the_table_runs(command: str, folder: Path) -> None:
    write_files(blocks_of(PAGES[0]), folder)
    code, printed = run(command)
    assert code == (1 if "grade" in command or "fmt --check" in command else 0), printed


def test_a_failure_passes_only_where_it_is_shown() -> None:
    calls = [
        call
        for page in PAGES
        for block in blocks_of(page)
        if block.kind == "console"
        for call in calls_of(block)
    ]
    assert {call.command.split()[1] for call in calls if call.fails} == {"check", "compose", "grade"}
    assert not Call("rulegen check a.rules", "a.rules: no error\n").fails
    assert not Call("rulegen grade a.txt --style a.rules", "clean: no hard rule is broken\n").fails


def test_what_the_front_page_calls_not_yet_is_so() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    [said] = re.findall(r"answers with `not-yet`: (.*?)\. Besides", page, re.DOTALL)
    words = re.findall(r"`(\w+)`", said)
    assert words
    assert set(words) <= NOT_YET.keys()


def test_the_page_of_the_vocabulary_has_all_words_and_no_others() -> None:
    page = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    part = page.partition("\n## Words\n")[2].partition("\n## ")[0]
    entries = re.split(r"^- |; (?=\w+: )", part, flags=re.MULTILINE)
    listed = {
        name: {word for shown in re.findall(r"`([^`]*)`", text) for word in shown.split()}
        for name, colon, text in (entry.partition(":") for entry in entries)
        if colon
    }
    tops = {"ninth", "eleventh", "thirteenth"}
    assert tops <= listed["quality"]  # "for `seventh`": of each of the sevenths
    sevenths = {word for word in listed["quality"] if word.endswith("_seventh")}
    listed["quality"] -= {*tops, "seventh"}
    listed["quality"] |= {word.replace("seventh", top) for word in sevenths for top in tops}
    optional = {"none"}  # said only where it can be met
    assert listed.keys() == WORDS.keys()
    for name, words in WORDS.items():
        assert set(words) - optional == listed[name] - optional, name


def _parts() -> list[object]:
    return [
        pytest.param(block, id=f"{page.name}:{block.line}")
        for page in PAGES
        for block in blocks_of(page)
        if block.kind == "rules" and block.file is None
    ]


@pytest.mark.parametrize("block", _parts())
def test_a_part_of_a_style_holds_in_a_style(block: Block) -> None:
    source = Source("part.rules", _completed(block))
    style, faults = check(parse(source), source)
    assert style is not None, faults
    assert not faults
    _holds(style)


def _completed(block: Block) -> str:
    """The part, with what it does not say itself added."""
    title = 'style "Part"'
    parsed = parse(Source("part.rules", f"{title}\n{block.text}"))
    assert not parsed.diagnostics
    said = {each.keyword.text for each in parsed.file.statements if isinstance(each, (Setting, Braces))}
    base = {**_BASE, "harmony": _HARMONY} if "harmony" in block.words else _BASE
    return "\n".join([title, *(text for word, text in base.items() if word not in said), block.text])


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (page, block.file)
        for page in PAGES
        for block in blocks_of(page)
        if block.kind == "rules" and block.file
    ],
)
def test_the_cases_of_a_page_come_out_as_stated(page: Path, name: str, folder: Path) -> None:
    write_files(blocks_of(page), folder)
    source = Source(name, (folder / name).read_text(encoding="utf-8"))
    style, _ = check(parse(source), source)
    if style is not None:
        _cases_hold(style)


def _holds(style: Style) -> None:
    _cases_hold(style)
    [piece] = compose(prepare(style, tunes_of(style, {})), [1])
    assert piece.grade.is_clean


def _cases_hold(style: Style) -> None:
    own = [
        use.rule for use in style.uses if use.rule.place and use.rule.place.source.name == style.source.name
    ]
    for rule in own:
        for case in rule.cases:
            assert breaches(rule, case) == stated(case), rule.name


def test_the_sample_rule_for_contributors_is_sound() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r"^ {7}rule .*?^ {7}\}$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    source = Source(
        "sample.rules", "\n".join(['style "Sample"', *_BASE.values(), found[0], "apply insistent_note"])
    )
    style, faults = check(parse(source), source)
    assert style is not None, faults
    verdicts = [case.verdict for case in style.uses[0].rule.cases]
    assert verdicts.count("right") >= 2 and verdicts.count("wrong") >= 2
    _cases_hold(style)
