"""Pictures: what verovio is given, and what is drawn where its font cannot be read."""

from __future__ import annotations

import re

import pytest

from rulegen.io.musicxml import musicxml_text
from rulegen.io.numerals import typeset
from rulegen.io.render import to_png, to_svg
from rulegen.score.notation import parse_score

TUNE = """
key C major
meter 4/4
tempo {tempo} = 60
voice v C4..C5
v | {notes} |
harmony | viio7/V:1/1 |
"""


def page(tempo: str) -> str:
    pytest.importorskip("verovio")
    text = TUNE.format(tempo=tempo, notes="C4:1/4' D4> E4~ F4^")
    return to_svg(musicxml_text(parse_score(text)))[0]


def test_the_hidden_root_of_a_numeral_is_not_drawn() -> None:
    label = re.search(r'class="harm".*?</g>', page("quarter"), re.DOTALL)
    assert label is not None
    assert re.findall(r">([^<>\n]+)<", label[0]) == ["vii", "°7", "/V"]


@pytest.mark.parametrize(
    ("label", "texts"),
    [
        ("I", ["I"]),
        ("bII6", ["♭II", "6"]),
        ("iiø65", ["ii", "ø6", "5"]),
        ("D: V42/V", ["D: V", "4", "2", "/V"]),
        ("V/V", ["V", "/V"]),
        ("Imaj7", ["I", "maj7"]),
        ("Dm7", ["Dm7"]),
    ],
)
def test_numerals_are_set_with_raised_figures(label: str, texts: list[str]) -> None:
    drawn = typeset(f'<g class="harm"><text x="1"><tspan id="a"><tspan font-size="405px">{label}</tspan>')
    assert re.findall(r">([^<>]+)<", drawn) == texts
    falls = [int(fall) for fall in re.findall(r'dy="(-?\d+)"', drawn)]
    assert not label.endswith("/V") or abs(sum(falls)) <= 1  # the target stands on the line again


def test_a_page_names_its_composer_and_is_the_same_each_time(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("verovio")
    text = musicxml_text(parse_score(TUNE.format(tempo="quarter", notes="C4:1/1")))
    named = text.replace(">rulegen</creator>", ">Anon. &amp; Co.</creator>")
    assert named != text
    assert ">rulegen<" not in to_svg(text)[0]
    assert ">Anon. &amp; Co.<" in to_svg(named)[0]
    assert to_svg(named) == to_svg(named)
    with pytest.raises(ValueError, match="cannot read"):
        to_svg("no score")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("tempo", "shapes"), [("quarter", 0), ("half", 2), ("dotted half", 2), ("whole", 1)])
def test_the_notes_of_a_tempo_that_text_fonts_lack_are_drawn(
    tempo: str, shapes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("resvg_py")
    drawn: list[str] = []
    monkeypatch.setattr("rulegen.io.render.to_pixels", lambda svg, zoom: drawn.append(svg) or b"")
    pytest.importorskip("verovio")
    text = TUNE.format(tempo=tempo, notes="C4:1/1")
    to_png(musicxml_text(parse_score(text)))
    assert not re.search("[\ueca0-\uecbf]", drawn[0])
    assert drawn[0].count('<ellipse cx="115"') + drawn[0].count('width="24" height="450"') == shapes
