"""Four voices whose tokens tell a note that is held from one that is struck again, and know rests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Alphabet, Ints
from rulegen.models.quartet import ALPHABET, SYMBOLS

HOLD = SYMBOLS  # what sounds, or the rest, goes on
STRUCK = Alphabet("struck voicing", (*ALPHABET.symbols, "hold"))

Strikes = NDArray[np.bool_]


def heard_in(tells_strikes: bool, tokens: Ints, before: Ints) -> tuple[Ints, Strikes]:
    """What voices sound after tokens, and which of them struck; `before`: what they sounded. Where tokens
    do not tell strikes, a voice strikes where it changes.
    """
    if not tells_strikes:
        return tokens, tokens != before
    struck = tokens != HOLD
    return np.where(struck, tokens, before).astype(np.int32), struck
