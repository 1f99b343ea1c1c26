"""What of a score was given when it was composed, as its metadata says it: `soprano 0..4, harmony`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from fractions import Fraction

from rulegen.score.events import Score

GIVEN = "given"  # the entry of the metadata
CHECK = "given notes"  # the entry that tells whether what was given in a worksheet is as it was
HARMONY = "harmony"
Given = tuple[str, Fraction, Fraction]  # a voice or the harmony, from when to when in whole notes

_PART = re.compile(r"(.+?)(?: (\d+(?:/\d+)?)\.\.(\d+(?:/\d+)?))?")


def described(given: Iterable[Given], end: Fraction) -> str:
    """What is given, as the metadata of a score that lasts so long says it."""
    return ", ".join(
        name if not onset and until == end else f"{name} {onset}..{until}" for name, onset, until in given
    )


def given_in(score: Score) -> tuple[Given, ...]:
    """What of a score was given, as its metadata says; what cannot be read there says nothing."""
    text = dict(score.metadata).get(GIVEN, "")
    found = (_PART.fullmatch(part.strip()) for part in text.split(","))
    return tuple(
        (each[1], Fraction(each[2] or 0), Fraction(each[3] or score.end))
        for each in found
        if each is not None
    )


def as_given(score: Score, names: Collection[str]) -> Score:
    """The score, with voices (or the harmony) taken to be given as a whole."""
    kept = [each for each in score.metadata if each[0] != GIVEN]
    stretches = [*(each for each in given_in(score) if each[0] not in names)]
    stretches += [(name, Fraction(0), score.end) for name in names]
    return replace(score, metadata=(*kept, (GIVEN, described(stretches, score.end))))


def digest_of_given(score: Score) -> str:
    """What tells the notes that are given from others, as the metadata of a worksheet has it."""
    stretches = given_in(score)
    held = sorted(
        (note.voice, note.onset, note.duration, str(note.pitch))
        for note in score.notes
        if any(name == note.voice and onset <= note.onset < until for name, onset, until in stretches)
    )
    return hashlib.blake2b(repr(held).encode(), digest_size=8).hexdigest()
