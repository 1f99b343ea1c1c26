"""The page of the API is what the docstrings say, and their examples come true."""

import doctest
import shutil
from pathlib import Path

import pytest

import rulegen
from docs.make_api import CLASSES, ERRORS, FUNCTIONS, PAGE, homes, page
from tests.docs.pages import ROOT

FLAGS = doctest.ELLIPSIS


def _examples() -> list[object]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    named = [(name, getattr(rulegen, name)) for name in rulegen.__all__]
    parts = [(name, home) for name, thing in named for home in (homes(thing) or [thing])]
    found = [test for name, part in parts for test in finder.find(part, name)]
    return [pytest.param(test, id=test.name) for test in found if test.examples]


@pytest.mark.parametrize("example", _examples())
def test_an_example_comes_true(example: doctest.DocTest, folder: Path) -> None:
    shutil.copytree(ROOT / "examples", folder / "examples")
    told: list[str] = []
    example.globs = {"rulegen": rulegen}
    outcome = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(example, out=told.append)
    assert outcome.attempted and not outcome.failed, "".join(told)


def test_the_page_is_what_the_docstrings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew: python docs/make_api.py"


def test_the_page_has_all_that_is_public() -> None:
    assert {"__version__", "Diagnostic", *FUNCTIONS, *CLASSES, *ERRORS} == set(rulegen.__all__)
