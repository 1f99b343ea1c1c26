"""What is only for a terminal."""

import logging

import pytest

from rulegen.cli import screen
from rulegen.cli.screen import ProgressLine


def test_a_long_search_tells_a_terminal_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "is_terminal", lambda stream: True)
    log = logging.getLogger("rulegen.plan.clash")
    with ProgressLine():
        log.info("nothing reaches %s", "bar 33, beat 3")
    log.info("unheard")
    assert capsys.readouterr().err == "\r\033[Knothing reaches bar 33, beat 3\r\033[K"


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine():
        logging.getLogger("rulegen.plan.clash").info("nothing reaches bar 33, beat 3")
    assert capsys.readouterr().err == ""
