"""What tests of several folders share."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# Tests that go through the same lines of rulegen again and again, in every file or on much music: they hold as
# much as others, but tell little of which lines are reached, and measuring makes them three times as slow.
UNMEASURED = (
    "docs/",
    "face/test_rests.py",
    "fit/test_law.py::test_what_is_counted_in_a_phrase_is_what_the_definition_counts",
    "fit/test_rewrite.py::test_any_style_is_written_with_any_weights_and_says_what_was_meant",
    "fit/test_run.py::test_weights_",
    "io/test_music21.py",
    "language/test_archive.py::test_a_kept_file_is_the_parsed_one",
    "language/test_formatter.py::test_packs_of_the_library",
    "language/test_formatter.py::test_what_is_shipped_is_laid_out",
    "language/test_formatter.py::test_white_space_and_comments_anywhere",
    "language/test_recovery.py::test_no_text_makes_the_parser_stumble",
    "language/test_recovery.py::test_not_even_what_is_no_text_at_all",
    "language/test_tables.py::test_what_may_stand_is_what_lark_lets_stand",
    "plan/test_labels.py::test_no_labelling_costs_less_than_the_one_that_is_heard",
    "rules/test_law.py",
    "rules/test_proof.py::test_proofs_tell_what_running_tells_of_the_rules_of_the_packs",
    "style/test_any_text.py",
    "test_house.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: see tests/music/test_golden.py."""
    parser.addoption("--quick", action="store_true", help="compose the first seeds of golden records alone")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that are not measured say so to pytest-cov."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if f"{place}::{getattr(item, 'originalname', item.name)}".startswith(UNMEASURED):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with a cache of its own beside it."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("RULEGEN_CACHE", str(tmp_path / "cache"))
    return here
