"""The packs of the library: each is sound, is found by name, and is read once."""

from pathlib import Path

import pytest

from rulegen.errors import Source, StyleError
from rulegen.language.parser import parse
from rulegen.resources import library_names
from rulegen.style.check import check, load_pack


@pytest.mark.parametrize("name", library_names())
def test_a_pack_of_the_library_has_no_fault(name: str) -> None:
    pack = load_pack(name)
    assert pack.diagnostics == ()
    assert all(rule is not None for rule in pack.rules.values())


def test_a_pack_is_read_once() -> None:
    assert load_pack("voice_leading") is load_pack("voice_leading")


def test_a_pack_that_there_is_not_is_refused_with_a_suggestion() -> None:
    with pytest.raises(StyleError) as refused:
        load_pack("voice_leadin")
    assert refused.value.diagnostics[0].help == "did you mean `voice_leading`?"


def _chain(folder: Path, count: int, uses: int) -> Source:
    """A style on a chain of packs, each of which uses the next so many."""
    for number in range(count):
        after = range(number + 1, min(number + 1 + uses, count))
        lines = "".join(f'use "p{each}.rules"\n' for each in after)
        (folder / f"p{number}.rules").write_text(f'pack "P{number}"\n{lines}')
    head = 'style "T"  meter 4/4  key C major  voices { a C4..C5 }  form { A = 2 bars }\n'
    return Source(str(folder / "style.rules"), f'{head}use "p0.rules"\n')


def test_a_chain_of_packs_that_is_too_deep_is_refused_where_it_goes_too_deep(tmp_path: Path) -> None:
    source = _chain(tmp_path, 300, 1)
    _, found = check(parse(source), source)
    assert [each.code for each in found] == ["too-deep"]
    assert found[0].labels[0].source.name.endswith("p40.rules")


def test_packs_that_meet_again_and_again_are_each_looked_at_once(tmp_path: Path) -> None:
    source = _chain(tmp_path, 35, 3)
    style, found = check(parse(source), source)
    assert style is not None and not found
    assert len(style.packs) == 35
