"""Compiled rules that were kept are those that were compiled."""

import json
import zlib
from itertools import chain
from pathlib import Path

import pytest

from rulegen.folds.store import recall, remember
from rulegen.lattice.problem import Factor, Problem
from rulegen.lattice.store import Cache
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.rules import draft as drafts
from rulegen.style.check import load_style
from rulegen.style.model import Style
from tests.oracle.brute import style_of
from tests.oracle.styles import STYLES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, 1 << 28)


def fresh(style: Style, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan of which no rule is known, as in another process."""
    monkeypatch.setattr(drafts, "_KEPT", {})
    return plan_of(style, tunes_of(style, {}))


def tables_of(factor: Factor) -> list[object]:
    arrays = factor.log_weight, factor.next, factor.output
    return [None if each is None else (each.dtype.str, each.tolist()) for each in arrays]


def factors_of(problem: Problem) -> list[Factor]:
    """Those of rules."""
    return [factor for factor in chain.from_iterable(problem.families()) if factor.use >= 0]


def assert_alike(kept: Problem, made: Problem) -> None:
    assert kept.slots == made.slots
    assert factors_of(kept) == factors_of(made)  # their keys are what they hold
    distinct = {one.key: (one, other) for one, other in zip(factors_of(kept), factors_of(made), strict=True)}
    assert all(tables_of(one) == tables_of(other) for one, other in distinct.values())


@pytest.mark.parametrize("name", sorted(STYLES))
def test_what_was_kept_is_what_is_compiled(name: str, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    style = style_of(STYLES[name])
    made = fresh(style, monkeypatch)
    problem = compiled(made)
    remember(made.draft, cache)
    plan = fresh(style, monkeypatch)
    recall(plan.draft, cache)
    assert len(plan.draft.stored) == len(made.draft.compiled)
    assert_alike(compiled(plan), problem)


def test_rules_that_read_more_than_a_table_holds_are_kept_as_expressions(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    style = load_style(ROOT / "styles" / "chorale.rules")
    made = fresh(style, monkeypatch)
    problem = compiled(made)
    remember(made.draft, cache)
    plan = fresh(style, monkeypatch)
    recall(plan.draft, cache)
    assert all(stored() is not None for stored in plan.draft.stored.values())
    assert_alike(compiled(plan), problem)


def test_an_edited_rule_is_compiled_anew_and_kept_beside_the_others(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, odd = (
        STYLES["no note twice"],
        "  rule odd is avoided { for note n in voice then n.midi > %d } avoid odd weight 1",
    )
    texts = [text, text + odd % 60, text + odd % 62]
    found = []
    for each in texts:
        plan = fresh(style_of(each), monkeypatch)
        recall(plan.draft, cache)
        found.append(len(plan.draft.stored))
        compiled(plan)
        remember(plan.draft, cache)
    assert found == [0, found[1], found[1] + 1]
    assert found[1] == len(style_of(text).uses)


def test_rules_are_kept_for_another_cantus_of_other_notes(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, cantus = (
        (ROOT / "styles" / "first_species.rules").read_text(),
        "D4:1/1 F4 E4 D4 G4 F4 A4 G4 F4 E4 D4",
    )
    assert cantus in text
    first = fresh(style_of(text), monkeypatch)
    compiled(first)
    remember(first.draft, cache)
    other = fresh(style_of(text.replace(cantus, "D4:1/1 C4 D4 F4 E4 D4 C4 D4 F4 E4 D4")), monkeypatch)
    recall(other.draft, cache)
    assert len(other.draft.stored) == len(first.draft.compiled)


@pytest.mark.parametrize("damage", ["cut", "flipped", "object", "number"])
def test_a_damaged_file_of_rules_is_as_none(
    damage: str, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    style = style_of(STYLES["no note twice"])
    made = fresh(style, monkeypatch)
    problem = compiled(made)
    remember(made.draft, cache)
    [path] = cache.folder.iterdir()
    path.write_bytes(damaged(path.read_bytes(), damage))
    plan = fresh(style, monkeypatch)
    recall(plan.draft, cache)
    assert_alike(compiled(plan), problem)


def damaged(data: bytes, how: str) -> bytes:
    if how == "cut":
        return data[:-100]
    if how == "flipped":
        return data[:-200] + bytes([data[-200] ^ 1]) + data[-199:]
    begin = data.index(b"\n") + 1
    length = int(data[begin : begin + 20])
    header = json.loads(data[begin + 32 : begin + 32 + length])
    if how == "object":  # a kind of array that would have to be unpickled
        header["arrays"][0][0] = "|O"
    else:
        for use in header["uses"].values():
            use["factors"] = [[name, [999], *rest] for name, _, *rest in use["factors"]]
    text = json.dumps(header, separators=(",", ":")).encode()
    lead = data[:begin] + b"%020d %010d\n" % (len(text), zlib.crc32(text)) + text
    old = begin + 32 + length
    return lead + bytes(-len(lead) % 64) + data[old + -old % 64 :]
