"""Uses that can never meet anything are warned of; the style is sound all the same."""

import pytest

from tests.style.building import faults, style_of

RULES = """use melody, voice_leading, harmony
rule neighbours is forbidden { for adjacent voices upper, lower  for moment m  then upper@m == lower@m }
rule foreign is forbidden { for note n in voice  then not n.is_chord_tone }
"""


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("forbid leap in section A in section B", "what it is narrowed to has no place in common"),
        ("forbid leap in section B in bars 1..4", "what it is narrowed to has no place in common"),
        ("forbid leap in section A at cadences", "what it is narrowed to has no place in common"),
        ("forbid leap at plagal cadences", "the form has no plagal cadence"),
        ("forbid leap in soprano in bass", "no voice is left"),
        ("forbid leap on strong beats on weak beats", "what it is narrowed to has no beat in common"),
        ("forbid leap on beats 1 on beats 2", "what it is narrowed to has no beat in common"),
        (
            "forbid neighbours between soprano, bass",
            "`neighbours` speaks of voices that are neighbours, and these are none",
        ),
        ("forbid foreign", "`foreign` speaks of chords, and the style has no harmony"),
        ("forbid static_harmony", "`static_harmony` speaks of chords, and the style has no harmony"),
    ],
)
def test_a_use_that_meets_nothing_is_warned_of(use: str, reason: str) -> None:
    (warning,) = style_of(RULES + use).warnings
    assert warning.severity == "warning"
    assert warning.message.partition(": ")[2] == reason
    (label,) = warning.labels
    assert label.source.cut(label.span) == use


@pytest.mark.parametrize(
    "use",
    [
        "forbid leap in section B at cadences",
        "forbid leap in section A in bars 1..4",
        "forbid leap in section B except in bars 9..10",
        "forbid leap at half cadences",
        "forbid neighbours between soprano, alto",
        "forbid leap on strong beats except on beats 3",
        "harmony { chords I V } forbid foreign",
    ],
)
def test_a_use_that_may_meet_something_is_not(use: str) -> None:
    assert style_of(RULES + use).warnings == ()


def test_what_packs_apply_is_not_warned_of() -> None:
    assert style_of("use common_practice").warnings == ()


def test_a_style_with_faults_is_not_warned_of_more() -> None:
    found = faults(RULES + "forbid leap at plagal cadences  forbid nothing_such")
    assert [each.severity for each in found] == ["error"]


def test_a_section_that_ends_within_a_bar_is_warned_of() -> None:
    head = 'style "T"  meter 4/4  key C major  voices { soprano C4..A5 }  form { A = 1.5 bars }'
    (warning,) = style_of("", head).warnings
    assert warning.message == "the section `A` ends within a bar"
    assert style_of("", head.replace("A = 1.5 bars", "A = 1.5 bars, 0.5 bars")).warnings == ()
