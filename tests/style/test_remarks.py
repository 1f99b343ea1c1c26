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


def cadences(key: str, chords: str, cadence: str = "half", more: str = "") -> list[str]:
    """What is said of the cadences of a style with these chords."""
    head = f'style "T"  meter 4/4  key {key}  voices {{ v C3..C5 }}  form {{ A = 2 bars, cadence {cadence} }}'
    text = f"use harmony  harmony {{ chords {chords} }}  require cadence_{cadence} {more}"
    return [each.message for each in style_of(text, head).warnings]


@pytest.mark.parametrize(
    ("key", "chords", "cadence"),
    [
        ("D dorian", "i v VII IV", "half"),
        ("D dorian", "i V", "half"),
        ("E phrygian", "i II iv", "half"),
        ("A aeolian", "i VI v", "half"),
        ("C lydian", "I V", "half"),
        ("A minor", "i iv V", "half"),
        ("C major", "I V7", "authentic"),
        ("D dorian", "i IV", "plagal"),
    ],
)
def test_a_cadence_that_the_chords_can_make_is_not_warned_of(key: str, chords: str, cadence: str) -> None:
    assert cadences(key, chords, cadence) == []


@pytest.mark.parametrize(
    ("key", "chords", "cadence", "what"),
    [
        ("D dorian", "i VII IV", "half", "chord"),
        ("E phrygian", "i II v", "half", "chord"),
        ("B locrian", "iii VI iv II v", "half", "chord"),
        ("A minor", "i iv v", "half", "chord"),
        ("C major", "I6 V V7", "authentic", "chords"),
        ("D dorian", "i v IV", "authentic", "chords"),
        ("C major", "I V IV", "phrygian", "chords"),
        ("C major", "I vi IV", "deceptive", "chords"),
    ],
)
def test_a_cadence_that_no_chords_can_make_is_warned_of(
    key: str, chords: str, cadence: str, what: str
) -> None:
    assert cadences(key, chords, cadence) == [
        f"no {what} of the style can close a {cadence} cadence in {key}",
    ]


def test_a_rule_that_holds_elsewhere_alone_says_nothing_of_cadences() -> None:
    assert cadences("C major", "I IV", more="weight 2") == []
    assert cadences("C major", "I IV", more="in bars 1") == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("soprano = C5:1/2 D5", "what is given for soprano lasts 1 bar, and the form 12 bars"),
        ("harmony in B = | I | V:1/2", "what is given for harmony lasts 1.5 bars, and the section B 4 bars"),
    ],
)
def test_what_is_given_in_part_is_remarked_on(given: str, message: str) -> None:
    assert remarks(f"harmony {{ chords I V }}  given {given}") == [message]


def test_a_cadence_is_looked_at_in_the_key_of_its_phrase() -> None:
    head = """style "T"  meter 4/4  key C major  voices { v C3..C5 }
    form { A = 2 bars, cadence half, 2 bars in D dorian, cadence half }"""
    text = "use harmony  harmony { chords major I V  chords dorian i VII }  require cadence_half"
    messages = [each.message for each in style_of(text, head).warnings]
    assert messages == ["no chord of the style can close a half cadence in D dorian"]


@pytest.mark.parametrize(
    ("order", "upbeat", "message"),
    [
        ("A B A", "1/8", "the last bar is short by 1/8, and the first upbeat lasts 1/4"),
        ("A B A", "0", "the last bar is short by nothing, and the first upbeat lasts 1/4"),
        ("A B A", "1/4", None),
        ("A B", "1/8", None),
    ],
)
def test_a_last_bar_that_does_not_make_up_for_the_first_upbeat_is_remarked_on(
    order: str, upbeat: str, message: str | None
) -> None:
    form = f"form {{ A = pickup 1/4, 2 bars  B = pickup {upbeat}, 2 bars  piece = {order} }}"
    found = remarks(form, HEAD.partition("form")[0])
    assert found == ([] if message is None else [message])


def test_a_voice_that_its_instrument_does_not_reach_is_remarked_on() -> None:
    told = (
        'style "T" meter 4/4 key C major form {{ A = 2 bars  piece = A }} voices {{ it {} instrument "{}" }} '
    )
    assert remarks("", told.format("C3..C5", "Flöte")) == [
        "it goes beyond what the flute plays, which is C4..D7"
    ]
    assert remarks("", told.format("C4..C5", "flauto")) == []
