"""The packs of the library: each is sound, is found by name, and is read once."""

import pytest

from rulegen.errors import StyleError
from rulegen.resources import library_names
from rulegen.style.check import load_pack


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
