"""What was made and may be asked for again: as long as it was asked for lately."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True, eq=False)
class Kept(Generic[Value]):
    """Values by their keys; what is not asked for between two renewals goes."""

    values: dict[Hashable, Value] = field(default_factory=dict)
    asked: set[Hashable] = field(default_factory=set, repr=False)

    def __contains__(self, key: Hashable) -> bool:
        return key in self.values

    def __getitem__(self, key: Hashable) -> Value:
        self.asked.add(key)
        return self.values[key]

    def __setitem__(self, key: Hashable, value: Value) -> None:
        self.values[key] = value

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made where there is none."""
        if key not in self.values:
            self.values[key] = make()
        return self[key]

    def ask(self, key: Hashable) -> None:
        """Keep what a key has, where there is any, as if it were asked for."""
        self.asked.add(key)

    def renew(self, held: Callable[[Value], bool] = lambda _: False) -> None:
        """Let go of what was not asked for since this was last done, and is not held by anything else."""
        kept = {key: value for key, value in self.values.items() if key in self.asked or held(value)}
        self.values = kept
        self.asked.clear()

    def clear(self) -> None:
        """Let go of all."""
        self.values.clear()
        self.asked.clear()
