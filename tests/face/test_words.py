"""What `rulegen words` and `rulegen styles` list is what styles are read with."""

import pytest
from click.testing import CliRunner, Result

import rulegen
from rulegen.cli import program
from rulegen.face.words import words
from rulegen.theory.chord import parse_chord
from rulegen.theory.duration import parse_duration
from rulegen.theory.scale import Key

STYLE = """style "S"
use melody
meter 4/4
key C major
voices {{ a C4..C5{voice} }}
form {{ A = 2 bars{cadence} }}
{lines}
"""


def loaded(voice: str = "", cadence: str = "", lines: str = "") -> rulegen.Style:
    return rulegen.load(STYLE.format(voice=voice, cadence=cadence, lines=lines))


@pytest.mark.parametrize("word", words("instruments"))
def test_an_instrument_is_one_of_a_voice(word: str) -> None:
    loaded(voice=f' instrument "{word}"')


@pytest.mark.parametrize("word", words("clefs"))
def test_a_clef_is_one_of_a_voice(word: str) -> None:
    loaded(voice=f" clef {word}")


@pytest.mark.parametrize("word", words("modes"))
def test_a_mode_makes_a_key(word: str) -> None:
    assert Key.parse(f"D {word}").mode == word


@pytest.mark.parametrize("word", words("cadences"))
def test_a_cadence_ends_a_phrase(word: str) -> None:
    loaded(cadence=f", cadence {word}", lines="harmony { chords I IV V vi }")


@pytest.mark.parametrize("word", [*words("chords"), *words("symbols")])
def test_a_chord_is_read(word: str) -> None:
    for each in word.replace("I … VII", "III").replace("i … vii", "iii").split(", "):
        assert parse_chord(each, Key.parse("C major")).label


def test_a_duration_is_as_long_as_it_says() -> None:
    assert all(str(parse_duration(word)) == length for word, length in words("durations").items())


@pytest.mark.parametrize("word", words("melody"))
def test_a_domain_is_one_of_a_melody(word: str) -> None:
    loaded(lines=f"melody {{ notes {word} }}\nharmony {{ chords I IV V }}")


@pytest.mark.parametrize("word", words("packs"))
def test_a_pack_is_used(word: str) -> None:
    assert rulegen.load(STYLE.format(voice="", cadence="", lines="").replace("melody", word))


@pytest.mark.parametrize("word", [word for word in words("attributes") if word.startswith("note.")])
def test_an_attribute_of_a_note_can_be_asked(word: str) -> None:
    name = word.removeprefix("note.").replace("key", "key.tonic")
    asked = "n.kind is passing" if name == "kind" else f"n.{name} == n.{name}"
    rule = f"rule r is required {{ for note n in voice then {asked} }}\nrequire r"
    loaded(lines=f"use ornaments\nharmony {{ chords I IV V }}\n{rule}")


def test_a_style_is_listed_with_its_title_and_loads() -> None:
    listed = rulegen.styles()
    assert {"chorale", "folk_jig", "first_species"} <= listed.keys()
    assert listed["folk_jig"] == "Jig: A tune for dancing."
    assert all(rulegen.load(name).title == said.split(": ")[0] for name, said in listed.items())


def test_both_are_commands() -> None:
    def run(*said: str) -> Result:
        return CliRunner().invoke(program, said)

    assert run("styles").stdout == f"{rulegen.styles()}\n"
    assert run("words").stdout == f"{words()}\n"
    assert all(run("words", topic).stdout == f"{words(topic)}\n" for topic in words())
    done = run("words", "chord")
    assert (done.exit_code, "did you mean chords?" in done.stderr) == (2, True)
    assert "there are chords, symbols" in run("words", "zzz").stderr
