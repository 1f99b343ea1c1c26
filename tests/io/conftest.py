"""Scores to write and read, and the schema that judges what is written."""

import gzip
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from rulegen.score.events import Score
from rulegen.score.notation import parse_score

CHORALE = """
title "Vier Zeilen"
key G major
meter 4/4
tempo quarter = 72
pickup 1/4
meta style "chorale"
meta seed "7"
voice soprano C4..A5
voice alto G3..D5
voice tenor C3..A4
voice bass E2..D4
section A 0..2
section B 2..4
phrase 0..2 section A cadence half
phrase 2..4 section B cadence authentic
soprano | D5:1/4 | B4 C5:1/8 B4 A4:1/4 B4 | A4:3/4! A4:1/4 | B4 C#5:1/8 D5 C#5:1/4 A4 | B4:1/4 A4 A4! |
alto    | G4:1/4 | G4 G4 F#4 G4 | F#4:3/4! F#4:1/4 | G4 A4 G4 F#4:1/8 E4* | D4:1/4 D4:1/8 E4 C#4:1/4! |
tenor   | B3:1/4 | D4 E4 D4 D4 | D4:3/4! D4:1/4 | D4 E4 E4 D4 | G3:1/4 A3 E3! |
bass    | G3:1/4 | G3 C3 D3 G2 | D3:3/4! D3:1/4 | G2 A2 A2 D3 | G2 F#2 A2! |
harmony | I:1/4 | I IV V I | V:3/4 V:1/4 | I V/V [D major] V7 I | [G major] IV64 viio65/V V/V |
"""

REPEATED = """
title "Jig"
key D major
meter 6/8
tempo quarter = 120
pickup 1/8
voice melody C4..A5
section A 0..3/2
section A 3/2..3 statement 2 repeats 0
section B 3..9/2
section B 9/2..6 statement 2 repeats 2
section B 6..15/2 statement 3 repeats 2
melody | A4:1/8 | D5:1/4 D5:1/8 F#5 E5 D5 | D5:3/8 D5:1/4 A4:1/8 |
melody | D5:1/4 D5:1/8 F#5 E5 D5 | D5:3/8 D5:1/4 A5:1/8 |
melody | B4:1/2 r:1/8 A4 | G#4:3/8 G4:1/4 A5:1/8 |
melody | B4:1/2 r:1/8 A4 | G#4:3/8 G4:1/4 A5:1/8 | B4:1/2 r:1/8 A4 | G#4:3/8 G4:1/4 |
"""


@pytest.fixture
def chorale() -> Score:
    return parse_score(CHORALE)


@pytest.fixture
def repeated() -> Score:
    return parse_score(REPEATED)


@pytest.fixture(scope="session")
def schema() -> Any:
    """The schema of MusicXML 4.0, as the W3C Music Notation Community Group publishes it."""
    import xmlschema

    text = gzip.decompress((Path(__file__).parent / "musicxml-4.0.xsd.gz").read_bytes()).decode()
    schemas = _folder("xmlschema") / "schemas"
    for name, place in (("xml", schemas / "XML" / "xml.xsd"), ("xlink", schemas / "XLINK" / "xlink.xsd")):
        assert place.is_file()
        text = text.replace(f"http://www.musicxml.org/xsd/{name}.xsd", place.as_uri())
    return xmlschema.XMLSchema(text, base_url=schemas.as_uri(), allow="local")


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
