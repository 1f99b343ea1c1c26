"""What is kept between runs."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rulegen.language import store

VALUE = {"a": [1, "♯", None]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RULEGEN_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_a_value_comes_back_under_its_key_alone() -> None:
    assert store.load("it", "key") is None
    store.save("it", "key", VALUE)
    assert store.load("it", "key") == VALUE
    assert store.load("it", "another key") is None
    assert store.load("other", "key") is None


def test_a_new_value_takes_the_place_of_the_old(folder: Path) -> None:
    store.save("it", "key", VALUE)
    store.save("it", "key 2", [2])
    assert store.load("it", "key 2") == [2]
    assert [path.name for path in folder.iterdir()] == ["it.json"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"1", b"7"),
        lambda whole: whole + b" ",
        lambda whole: b"\xff\xfe" + whole,
        lambda whole: b"\0" * len(whole),
        lambda whole: json.dumps(VALUE).encode(),
        lambda whole: b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_as_none(folder: Path, damage) -> None:  # type: ignore[no-untyped-def]
    store.save("it", "k", VALUE)
    place = folder / "it.json"
    place.write_bytes(damage(place.read_bytes()))
    assert store.load("it", "k") is None
    store.save("it", "k", VALUE)
    assert store.load("it", "k") == VALUE


def test_what_is_no_folder_is_gone_without(folder: Path) -> None:
    folder.write_text("a file")
    store.save("it", "key", VALUE)
    assert store.load("it", "key") is None
    assert folder.read_text() == "a file"


def test_a_folder_in_the_place_of_the_file_is_gone_without(folder: Path) -> None:
    (folder / "it.json").mkdir(parents=True)
    store.save("it", "key", VALUE)
    assert store.load("it", "key") is None
    assert [path.name for path in folder.iterdir()] == ["it.json"]


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("RULEGEN_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    store.save("it", "key", VALUE)
    assert store.load("it", "key") is None


def test_writers_at_the_same_time_leave_one_whole_file(folder: Path) -> None:
    values = [[number] * 5000 for number in range(40)]

    def write_and_read(value: list[int]) -> object:
        store.save("it", "key", value)
        return store.load("it", "key")

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(write_and_read, values))
    assert all(value in values for value in seen)
    assert [path.name for path in folder.iterdir()] == ["it.json"]


def test_a_key_depends_on_each_text_and_on_where_one_ends() -> None:
    keys = {store.key_of(*texts) for texts in (("a", "b"), ("ab",), ("a", "c"), ("a",), ())}
    assert len(keys) == 5
