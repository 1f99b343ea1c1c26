"""Files that are parsed once and then kept."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from rulegen.errors import Source
from rulegen.language import archive
from rulegen.language.archive import decoded, encoded, parse_kept
from rulegen.language.parser import parse
from rulegen.language.source import read_source
from rulegen.resources import library_names, library_path, style_names, style_path

EVERYTHING = Path(__file__).parent / "everything.rules"
FILES = (EVERYTHING, *map(library_path, library_names()), *map(style_path, style_names()))
TEXT = 'pack "P"\nrule r is forbidden { for note n in voice when n.midi > 1.5 wrong { voice: C4:1/3 } "c" }\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RULEGEN_CACHE", str(tmp_path))
    return tmp_path


def with_places(value: object) -> object:
    """A tree as plain values, places among them: they take no part in its equality."""
    if isinstance(value, tuple):
        return [with_places(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return type(value), [with_places(getattr(value, each.name)) for each in fields(value)]
    return type(value), value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kept_file_is_the_parsed_one(path: Path) -> None:
    source = read_source(path)
    fresh = parse(source)
    back = decoded(json.loads(json.dumps(encoded(fresh.file))))
    assert back == fresh.file
    assert with_places(back) == with_places(fresh.file)
    assert parse_kept(source, "it") == parse_kept(source, "it") == fresh


def test_a_kept_file_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("a", TEXT)
    fresh = parse_kept(source, "it")

    def parse_again(source: Source) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(archive, "parse", parse_again)
    assert parse_kept(source, "it") == fresh
    with pytest.raises(AssertionError, match="parsed again"):
        parse_kept(Source("a", TEXT.replace("1.5", "2.5")), "it")


def test_a_changed_text_is_parsed_anew() -> None:
    parse_kept(Source("a", TEXT), "it")
    changed = Source("a", TEXT.replace("1.5", "2.5"))
    assert parse_kept(changed, "it") == parse(changed)


def test_a_damaged_file_is_made_anew(folder: Path) -> None:
    source = Source("a", TEXT)
    parse_kept(source, "it")
    (place,) = folder.iterdir()
    whole = place.read_bytes()
    place.write_bytes(whole.replace(b"midi", b"nidi"))
    assert parse_kept(source, "it") == parse(source)
    assert place.read_bytes() == whole


def test_a_faulty_file_is_told_of_each_time(folder: Path) -> None:
    source = Source("a", TEXT + "rule }")
    assert parse_kept(source, "it").diagnostics == parse(source).diagnostics != ()
    assert parse_kept(source, "it") == parse(source)
    assert list(folder.iterdir()) == []
