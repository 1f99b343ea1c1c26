"""Where results are kept, and files that are put in their place whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rulegen.storage import cache_folder, replace_whole


def test_results_are_kept_in_the_folder_named_or_in_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RULEGEN_CACHE", str(tmp_path / "kept"))
    assert cache_folder() == tmp_path / "kept"
    monkeypatch.setenv("RULEGEN_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "rulegen"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == Path.home() / ".cache" / "rulegen"


def test_a_file_that_is_replaced_keeps_its_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    place = tmp_path / "it"
    place.write_bytes(b"old")
    place.chmod(0o640)
    replace_whole(place, [b"new ", memoryview(b"text")])
    assert place.read_bytes() == b"new text"
    assert place.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("moment", [KeyboardInterrupt, OSError, MemoryError])
def test_an_interrupted_file_is_taken_away_and_the_old_one_stays(
    tmp_path: Path, moment: type[BaseException]
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise moment

    place = tmp_path / "it"
    place.write_bytes(b"old")
    with pytest.raises(moment):
        replace_whole(place, pieces())
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]
