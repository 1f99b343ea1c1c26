"""Files are read with a plain word about whatever is wrong with them."""

import os
import pickle
from pathlib import Path

import pytest

from rulegen.errors import InternalError, RulegenError, Source, Span, StyleError, Unsatisfiable
from rulegen.language.source import LARGEST_BYTES, read_source


def refusal(path: Path) -> tuple[str, str, str | None]:
    with pytest.raises(StyleError) as caught:
        read_source(path)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, diagnostic.message, diagnostic.help


def test_a_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.rules"
    path.write_bytes(b'\xef\xbb\xbfstyle "T"\r\nmeter 4/4\r\n')
    source = read_source(path)
    assert (source.name, source.text) == (str(path), 'style "T"\nmeter 4/4\n')


def test_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "chorale.rules").write_text("x", encoding="utf-8")
    code, message, help = refusal(tmp_path / "corale.rules")
    assert (code, message) == ("no-such-file", f"there is no file {tmp_path / 'corale.rules'}")
    assert help == f'did you mean "{tmp_path / "chorale.rules"}"?'
    assert refusal(tmp_path / "nowhere" / "x.rules")[2] is None


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path)[0] == "not-a-file"


@pytest.mark.parametrize("content", [b"MThd\0\0\0\6", b"style \xff\xfe", "größe".encode("latin-1")])
def test_what_is_no_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.rules"
    path.write_bytes(content)
    assert refusal(path)[0] == "not-text"


def test_a_file_beyond_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.rules"
    path.write_bytes(b" " * (LARGEST_BYTES + 1))
    assert refusal(path)[:2] == ("file-too-large", f"{path} is larger than 1 MB, the limit")


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.rules"
    path.write_bytes(content)
    assert refusal(path)[0] == "empty-file"


def test_a_name_that_is_no_path() -> None:
    assert refusal(Path("a\0b"))[0] == "unreadable-file"


def test_places_in_a_text() -> None:
    source = Source("s", "one\n\tthree\n")
    assert [source.position(offset) for offset in (0, 3, 4, 10, 11, 99)] == [
        (1, 1),
        (1, 4),
        (2, 1),
        (2, 7),
        (3, 1),
        (3, 1),
    ]
    assert (source.line(2), source.line(3)) == ("\tthree", "")
    assert source.cut(Span(5, 10)) == "three"
    assert (source.begins_line(5), source.begins_line(6), source.indent(7)) == (True, False, 1)


def test_errors_say_what_the_command_line_prints() -> None:
    with pytest.raises(RulegenError) as caught:
        read_source("")
    assert isinstance(caught.value, StyleError)
    diagnostic = caught.value.diagnostics[0]
    printed = f"error[{diagnostic.code}]: {diagnostic.message}\n = help: {diagnostic.help}"
    assert str(Unsatisfiable(diagnostic)) == repr(Unsatisfiable(diagnostic)) == printed
    assert str(StyleError((diagnostic, diagnostic))) == f"{printed}\n\n{printed}"
    assert pickle.loads(pickle.dumps(caught.value)).diagnostics == caught.value.diagnostics
    bug = InternalError("no future", style="a.rules", seed=1, version="0.1")
    assert str(bug) == "a bug in rulegen: no future (style a.rules, seed 1, version 0.1)"
    assert not isinstance(bug, RulegenError)


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.rules")
    for path in (tmp_path / "pipe.rules", Path("/dev/null")):
        assert refusal(path) == (
            "not-a-file",
            f"{path} is a device or a pipe",
            "give the path of a .rules file",
        )
