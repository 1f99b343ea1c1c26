"""The word that was probably meant is found, and none where none is near."""

import pytest

from rulegen.errors.nearest import nearest

RULES = ["parallel_fifths", "parallel_octaves", "leap", "step", "wide_leap"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("parallel_fifth", "parallel_fifths"),
        ("paralel_octaves", "parallel_octaves"),
        ("LEAP", "leap"),
        ("laep", "leap"),
        ("hocket", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_the_nearest_word(word: str, meant: str | None) -> None:
    assert nearest(word, RULES) == meant


def test_a_word_is_not_its_own_nearest() -> None:
    assert nearest("leap", ["leap"]) is None


def test_ties_go_by_the_alphabet() -> None:
    assert nearest("abcx", ["abcz", "abcy"]) == nearest("abcx", ["abcy", "abcz"]) == "abcy"
