"""Expressions cut into leaves that read little, and a skeleton that joins their values."""

from __future__ import annotations

from rulegen.rules.decomposition import cut, shifted
from rulegen.rules.evaluate import cells
from rulegen.style.expression import Apply, Cell, Literal, Typed
from rulegen.theory.pitch import Pitch


def pitch(element: int, voice: int = 0) -> Cell:
    """The pitch of a voice at an element."""
    return Cell("pitch", "pitch", voice, element)


def same(a: Typed, b: Typed) -> Apply:
    """Whether two pitches are one."""
    return Apply("truth", "same_pitch", (a, b))


def both(a: Typed, b: Typed) -> Apply:
    """Whether two statements hold."""
    return Apply("truth", "and", (a, b))


def neighbours(read: frozenset[Cell]) -> bool:
    """Whether what is read lies within two elements."""
    elements = {cell.element for cell in read}
    return max(elements) - min(elements) <= 1


def test_the_largest_parts_that_fit_are_leaves() -> None:
    event = both(
        both(same(pitch(0), pitch(1)), same(pitch(1), Literal("pitch", Pitch.parse("C4")))),
        same(pitch(1), pitch(2)),
    )
    found = cut(event, neighbours, lambda read: False)
    assert [{cell.element for cell in cells(leaf)} for leaf in found.leaves] == [{0, 1}, {1, 2}]


def test_a_leaf_that_stands_twice_is_read_once() -> None:
    one = same(pitch(0), pitch(1))
    found = cut(both(one, both(same(pitch(1), pitch(2)), one)), neighbours, lambda read: False)
    assert len(found.leaves) == 2


def test_what_cannot_be_cut_is_a_leaf_as_a_last_resort() -> None:
    wide = same(pitch(0), pitch(2))
    found = cut(both(wide, same(pitch(0), pitch(1))), neighbours, lambda read: True)
    assert wide in found.leaves and len(found.leaves) == 2


def test_without_a_last_resort_the_whole_expression_is_one_leaf() -> None:
    event = both(same(pitch(0), pitch(2)), same(pitch(0), pitch(1)))
    assert cut(event, neighbours, lambda read: False).leaves == (event,)


def test_leaves_that_read_alike_are_equal_wherever_they_stand() -> None:
    assert shifted(same(pitch(1), pitch(2)), -1) == same(pitch(0), pitch(1))
