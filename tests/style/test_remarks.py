"""What may be meant otherwise is remarked on; it stands all the same."""

import pytest

from tests.style.building import HEAD, style_of


def remarks(text: str, head: str = HEAD) -> list[str]:
    """What is remarked on in a style."""
    found = style_of(text, head).warnings
    assert {each.severity for each in found} <= {"note"}
    return [each.message for each in found]


@pytest.mark.parametrize(
    ("chords", "message"),
    [
        ("I7 IV7 V7", "`I7` and `IV7` are Cmaj7 and Fmaj7 in C major"),
        ("I IV65/V V", "`IV65/V` is Cmaj7 in C major"),
        ("I9 V9", "`I9` is Cmaj7 in C major"),
        ("major I7  chords minor i VI7", "`I7` is Cmaj7 in C major"),
    ],
)
def test_a_major_seventh_that_is_not_said_is_remarked_on(chords: str, message: str) -> None:
    assert remarks(f"harmony {{ chords {chords} }}") == [message]


def test_each_mode_is_looked_at_where_the_key_is_that_of_a_tune() -> None:
    head = HEAD.replace("key C major", "key from soprano")
    chords = "harmony { chords major I IV7  chords minor i VI7 }"
    assert remarks(f"{chords}  given soprano = C5:1/1", head.replace("key from soprano", "key C major"))
    assert remarks(chords, head) == ["`IV7` is Fmaj7 in C major", "`VI7` is Fmaj7 in A minor"]


@pytest.mark.parametrize("chords", ["Imaj7 IVmaj65 V7", "Idom7 IVdom65 V7", "i7 ii7 V9 V7/IV viiø7"])
def test_a_seventh_that_says_what_it_is_is_not_remarked_on(chords: str) -> None:
    assert remarks(f"harmony {{ chords {chords} }}") == []
