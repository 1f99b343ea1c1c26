"""Dynamics and hairpins as they sound; what the bars of all parts say is said of all voices."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from rulegen.io.parts import WrittenBar
from rulegen.score.events import HAIRPINS, Dynamic, Hairpin

Sounding = Iterable[tuple[Fraction, WrittenBar]]


def loudness_of(
    parts: Mapping[str, Sequence[tuple[Fraction, WrittenBar]]], voices: Mapping[str, Sequence[str]]
) -> tuple[tuple[Dynamic, ...], tuple[Hairpin, ...]]:
    """The dynamics and hairpins of a score: `parts` have their bars as they sound, with their onsets;
    `voices` are the names of the voices in each part.
    """
    levels: dict[tuple[Fraction, str], set[str]] = {}
    spans: dict[tuple[Fraction, Fraction, str], set[str]] = {}
    for part, bars in parts.items():
        hairpins = _hairpins(bars)
        for hairpin in hairpins:
            spans.setdefault(hairpin, set()).update(voices[part])
        for entry in _dynamics(bars, hairpins):
            levels.setdefault(entry, set()).update(voices[part])
    names = [name for own in voices.values() for name in own]
    dynamics = [
        Dynamic(onset, level, voice) for (onset, level), own in levels.items() for voice in _whose(own, names)
    ]
    found = [
        Hairpin(onset, end, kind, voice)
        for (onset, end, kind), own in spans.items()
        for voice in _whose(own, names)
    ]
    return (
        tuple(sorted(dynamics, key=lambda each: each.onset)),
        tuple(sorted(found, key=lambda each: each.onset)),
    )


def _whose(own: Collection[str], names: Sequence[str]) -> list[str | None]:
    """The voices of a mark, in order; None alone where it is all of them."""
    return [None] if len(own) == len(names) else [name for name in names if name in own]


def _dynamics(
    bars: Sounding, hairpins: Sequence[tuple[Fraction, Fraction, str]]
) -> Iterator[tuple[Fraction, str]]:
    """The dynamics of a part; what a repeat says again of what holds already is left out."""
    seen: set[int] = set()
    last: tuple[Fraction, str] | None = None
    for start, bar in bars:
        is_again = id(bar) in seen
        seen.add(id(bar))
        for offset, level in sorted(bar.dynamics, key=lambda entry: entry[0]):
            onset = start + offset
            holds = last is not None and last[1] == level
            moved = last is not None and any(begun < onset and end > last[0] for begun, end, _ in hairpins)
            if not (is_again and holds and not moved):
                yield onset, level
            last = (onset, level)


def _hairpins(bars: Sounding) -> list[tuple[Fraction, Fraction, str]]:
    """The hairpins of a part; one that stops nowhere, or where it begins, is left out."""
    found = []
    begun: dict[str, tuple[Fraction, str]] = {}
    marks = [
        (start + offset, kind != "stop", kind, number)
        for start, bar in bars
        for offset, kind, number in bar.wedges
    ]
    for onset, _, kind, number in sorted(marks):
        if kind in HAIRPINS:
            begun[number] = (onset, kind)
        elif kind == "stop" and number in begun:
            start, said = begun.pop(number)
            if start < onset:
                found.append((start, onset, said))
    return found
