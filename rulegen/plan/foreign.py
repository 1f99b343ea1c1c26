"""Which notes foreign to a chord the kinds of a voice leave possible: the domains widen by these alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rulegen.rules.evaluate import Reading
from rulegen.rules.tables import Component, Tables
from rulegen.style.expression import FITS, Apply, Cell, Literal, Typed, Variable
from rulegen.style.facets import CHORDS, COMPONENT, FACETS, TIMED
from rulegen.style.kinds import ITSELF
from rulegen.style.model import AllowedKind
from rulegen.style.vocabulary import CHORD, NOTE
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key

_OCTAVE = 4  # that classes are tried in: what kinds ask of octaves is left open
_OPEN = ("pitch.octave", "pitch.midi")

Bools = NDArray[np.bool_]
Bounds = tuple[Bools, Bools]  # of a statement, by cases: whether it may hold, whether it must


def classes_of_kinds(
    kinds: tuple[AllowedKind, ...], key: Key, chords: Sequence[Chord]
) -> tuple[PitchClass, ...]:
    """The classes that may be foreign to some chord of a key, by what kinds ask of the note itself."""
    return _classes(tuple(each.fits for each in kinds), key, tuple(chords)) if kinds and chords else ()


@lru_cache(maxsize=256)
def _classes(kinds: tuple[Typed, ...], key: Key, chords: tuple[Chord, ...]) -> tuple[PitchClass, ...]:
    classes = tuple(dict.fromkeys([*key.collection, *key.chromatic]))
    voice = Component.of_pitches("", 0, [each.in_octave(_OCTAVE) for each in classes])
    tables = Tables.of((key,), [voice], chords)
    cases = np.indices((len(chords), len(classes))).reshape(2, -1)
    reading = Reading(tables, {(0, 0): cases[0], (1, 0): cases[1]})
    is_foreign = reading.truth(_bound("is_foreign"), cases.shape[1])
    may_be = np.zeros(cases.shape[1], dtype=bool)
    for kind in kinds:
        may_be |= is_foreign & _bounds(kind, reading, cases.shape[1])[0]
    return tuple(classes[place] for place in np.unique(cases[1][may_be]).tolist())


def _bounds(part: Typed, reading: Reading, size: int) -> Bounds:
    """Whether a statement may hold, and whether it must, of each note over each chord, whatever is around."""
    if isinstance(part, Apply) and part.operation in ("and", "or", "not", FITS):
        parts = [_bounds(each, reading, size) for each in part.arguments]
        if part.operation == "not":
            return ~parts[0][1], ~parts[0][0]
        join = np.logical_and if part.operation == "and" else np.logical_or
        return tuple(join.reduce([each[side] for each in parts]) for side in (0, 1))
    known = _of_itself(part)
    if known is None:
        return np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    truth = reading.truth(known, size)
    return truth, truth


def _of_itself(part: Typed) -> Typed | None:
    """The statement on the note alone, bound; None where it asks of time or of notes around."""
    if isinstance(part, Literal):
        return part
    if isinstance(part, Variable):
        return Apply("key", "chord.key", (_CHORD,)) if part.kind == "key" else None
    if not isinstance(part, Apply) or part.operation in _OPEN:
        return None
    owner, _, attribute = part.operation.partition(".")
    if owner == NOTE:
        itself = isinstance(part.arguments[0], Variable) and part.arguments[0].name == ITSELF
        return (
            _bound(attribute)
            if itself and attribute not in TIMED and attribute not in _OPEN_OF_NOTES
            else None
        )
    arguments = [_of_itself(each) for each in part.arguments]
    kept = tuple(each for each in arguments if each is not None)
    return Apply(part.kind, part.operation, kept) if len(kept) == len(arguments) else None


def _bound(attribute: str) -> Typed:
    """An attribute of the note itself, over its chord."""
    facet = FACETS[NOTE, attribute]
    if facet.known == COMPONENT:
        return Cell(facet.kind, attribute, 1, 0)
    if facet.known == CHORDS:
        return _CHORD if attribute == "chord" else Apply("key", f"chord.{_OF_CHORD[attribute]}", (_CHORD,))
    return Apply(facet.kind, facet.operation, tuple(_bound(each) for each in facet.reads))


_CHORD = Cell(CHORD, "chord", 0, 0)
_OF_CHORD = {"key": "key", "phrase_key": "region"}
_OPEN_OF_NOTES = ("octave", "midi", "articulation", "dynamic", "hairpin")
