"""The registry's rows: each names what there is, and asking what there is loads none of it."""

import subprocess
import sys

import pytest

from rulegen.errors import ModelError
from rulegen.models.base import StorableLaw, StorableStandIn
from rulegen.models.registry import (
    KINDS,
    STAND_INS,
    VIEWS,
    Kind,
    kind_of,
    known_kind,
    law_of,
    learning_of,
    stand_in_of,
    view_of,
    view_of_part,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.views[0].name}")
def test_each_row_names_a_law_and_its_learning(kind: Kind) -> None:
    assert issubclass(law_of(kind), StorableLaw)
    assert callable(learning_of(kind))
    assert all(kind_of(kind.name, view) is kind for view in kind.views)


def test_each_stand_in_is_one() -> None:
    assert all(issubclass(stand_in_of(kind), StorableStandIn) for kind in STAND_INS)


def test_views_part_the_kinds_of_alphabets_and_the_words_of_learn() -> None:
    kinds = [kind for view in VIEWS for kind in view.alphabets]
    assert len(kinds) == len(set(kinds)) and all(kind in view_of(kind).alphabets for kind in kinds)
    assert all(sorted(view.order) == list(range(len(view.order))) for view in VIEWS)
    assert [view_of_part(part).name for part in ("alto", "2", "harmony", "four-voices")] == [
        "voice", "voice", "harmony", "four voices",
    ]  # fmt: skip


def test_a_kind_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(
        ModelError, match="no tree model of voice can be learned; there are markov, hmm, lstm"
    ):
        known_kind("tree", VIEWS[0])


def test_reading_the_rows_loads_no_law_and_no_trainer() -> None:
    asked = "import sys, rulegen.models.registry; print(*sorted(m for m in sys.modules if 'rulegen.models' in m or m in ('numpy', 'torch')))"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["rulegen.models", "rulegen.models.registry"]
