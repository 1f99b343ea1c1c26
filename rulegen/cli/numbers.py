"""Numbers on the command line."""

from __future__ import annotations

import math
from typing import Any

import click


class Real(click.FloatRange):
    """A number in a range; `nan`, which is below and above nothing, is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Fails with a usage error."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number", param, ctx)
        return found
