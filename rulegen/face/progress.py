"""How far a long run has come, for whoever wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


class Progress:
    """Is told what goes on, and keeps it to itself."""

    def say(self, text: str) -> None:
        """Puts a text in place of the last one."""

    def through(self, items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
        """The items, counted as they go by."""
        for number, item in enumerate(items, 1):
            if total > 1:
                self.say(f"{what} {number} of {total}")
            yield item
