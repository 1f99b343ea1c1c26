"""The law of a style, written out: every score that fits it, with the log weight that its text gives by definition.

Rules are judged by `tests.oracle.music`, places, verbs, narrowings and allowances here; rulegen/rules takes no part in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rulegen.errors import Source
from rulegen.language.parser import parse
from rulegen.style.check import check
from rulegen.style.expression import Aggregated, Apply, Literal, Typed, Variable, walk
from rulegen.style.model import Narrow, Rule, Style, Use
from tests.oracle.music import SPANS, Absent, Music, NoHarmony
from tests.oracle.pieces import Key, Piece, key_of, pieces
from tests.oracle.words import MARKS, Element


@dataclass(frozen=True)
class Place:
    """Where a use found something: when its last element begins."""

    onset: float


def style_of(text: str) -> Style:
    """The style of a text without faults."""
    source = Source("style.rules", text)
    style, found = check(parse(source), source)
    assert style is not None, [each.message for each in found]
    return style


def law(style: Style) -> dict[Key, float]:
    """Every score of positive weight, with its log weight."""
    found: dict[Key, float] = {}
    for piece in pieces(style):
        weight = log_weight(piece)
        if weight > -math.inf:
            key = key_of(piece.score())
            assert key not in found
            found[key] = weight
    return found


def log_weight(piece: Piece, uses: Iterable[Use] | None = None) -> float:
    """The log weight of a score, by the definition in the language's guide, or what some uses have of it."""
    music = Music(piece)
    total = piece.length_weight if uses is None else 0.0
    for use in sorted(piece.style.uses if uses is None else uses, key=lambda use: not use.hard):
        count = len(counted(use, music))
        if use.hard and count:
            return -math.inf
        total += 0.0 if use.hard else (use.weight if use.verb == "prefer" else -use.weight) * count
    return total


def counted(use: Use, music: Music) -> list[Place]:
    """The places that weigh: those beyond the allowance, where there is one."""
    places = sorted(_places(use, music), key=lambda place: place.onset)
    if use.limit is None:
        return places
    seen: Counter[tuple[int, int]] = Counter()
    beyond = []
    for place in places:
        spans = music.stretches(use.per)
        owner = next(i for i, each in enumerate(spans) if each.onset <= place.onset < each.end)
        # what crosses into a restated section is counted by itself: the section's own places count in its first statement
        statement = music.statement(place.onset) if music.is_restated(place.onset) else -1
        seen[owner, statement] += 1
        if seen[owner, statement] > use.limit:
            beyond.append(place)
    return beyond


def marks_read(use: Use) -> set[str]:
    """The marks of notes that a use speaks of."""
    parts = [part for part in (use.rule.when, use.rule.then, use.rule.unless) if part is not None]
    read = [each.operation for part in parts for each in walk(part) if isinstance(each, Apply)]
    return {name for name in MARKS if f"note.{name}" in read}


def _places(use: Use, music: Music) -> Iterator[Place]:
    if marks_read(use) - {marking.facet for marking in music.piece.style.markings}:
        return  # it speaks of marks that there are not
    bindings = use.rule.bindings
    row = next((each for each in bindings if each.kind != "voice"), None)
    for voices in music.all_choices(bindings):
        named = set(voices.values())
        if row is not None and row.voice is not None:
            named.add(music.value(row.voice, voices))
        if not all(_allows(narrow, named, use.between) for narrow in use.narrowings):
            continue
        if row is None or row.kind in SPANS:
            kind = "piece" if row is None else row.kind
            for stretch in music.stretches(kind):
                names = {"piece": stretch} if row is None else {row.variables[0].name: stretch}
                begins = max(
                    each.onset for each in music.moments if stretch.onset <= each.onset < stretch.end
                )
                if (
                    not stretch.restates
                    and _admits(use, begins, music)
                    and _holds(use, music, {**voices, **names}, None)
                ):
                    yield Place(begins)
        else:
            voice = None if row.voice is None else music.value(row.voice, voices)
            for window in music.windows(row.kind, voice, len(row.variables)):
                last = window[-1]
                names = {each.name: element for each, element in zip(row.variables, window, strict=True)}
                if (
                    _sounds_anew(window, music)
                    and _admits(use, last.onset, music)
                    and _holds(use, music, {**voices, **names}, last)
                ):
                    yield Place(last.onset)


def _sounds_anew(window: tuple[Element, ...], music: Music) -> bool:
    """Whether a window is no copy: it lies in a first statement, or crosses into a section that is stated again."""
    first, last = window[0].onset, window[-1].onset
    return not music.is_restated(last) or music.statement(first) != music.statement(last)


def _holds(use: Use, music: Music, names: dict[str, object], last: Element | None) -> bool:
    """Whether the place is a breach (require) or an occurrence (all other verbs)."""
    rule = use.rule

    def true(part: Typed | None) -> bool:
        return part is None or bool(music.value(part, names, last))

    try:
        when, then = true(rule.when), true(rule.then)
        unless = rule.unless is not None and true(rule.unless)
    except (Absent, NoHarmony):
        return False
    if last is not None and not _in_one_key(rule, names, music):
        return False
    return when and not unless and (not then if use.verb == "require" else then)


_RELATIVE = {"degree", "alteration", "is_leading_tone", "function"}


def _in_one_key(rule: Rule, names: dict[str, object], music: Music) -> bool:
    """Whether the elements of which degrees are asked, or the labels of chords, lie in one key."""
    if id(rule) not in _RELATIVE_OF:
        _RELATIVE_OF[id(rule)] = rule, frozenset(_asked_by_key(rule))
    asked = _RELATIVE_OF[id(rule)][1]
    elements = [names[each] for each in asked if isinstance(names.get(each), Element)]
    return len({music.region_of(each) for each in elements if isinstance(each, Element)}) < 2


_RELATIVE_OF: dict[
    int, tuple[Rule, frozenset[str]]
] = {}  # each rule, which is kept, and what of it is asked by key


def _asked_by_key(rule: Rule) -> set[str]:
    """The names of the elements of which a rule asks what depends on the key."""
    asked: set[str] = set()

    def visit(part: object, of_moment: dict[str, str]) -> None:
        if isinstance(part, Aggregated):
            for binding in part.bindings:
                if binding.scope is not None:
                    of_moment = {**of_moment, **{each.name: binding.scope.name for each in binding.variables}}
            visit(part.where, of_moment)
            visit(part.value, of_moment)
        elif isinstance(part, Apply):
            with_label = part.operation.endswith("_chord") and isinstance(part.arguments[-1], Literal)
            if part.operation.partition(".")[2] in _RELATIVE or with_label:
                asked.update(of_moment.get(each, each) for each in _named(part))
            for each in part.arguments:
                visit(each, of_moment)

    for part in (rule.when, rule.then, rule.unless):
        visit(part, {})
    return asked


def _named(part: object) -> Iterator[str]:
    if isinstance(part, Variable):
        yield part.name
    elif isinstance(part, Apply):
        for each in part.arguments:
            yield from _named(each)


# narrowings


def _allows(narrow: Narrow, voices: set[str], between: bool) -> bool:
    if narrow.kind != "voices":
        return True
    named = set(narrow.names)
    if not narrow.excepted:
        return voices <= named
    return not voices <= named if between else not voices & named


def _admits(use: Use, onset: float, music: Music) -> bool:
    return all(
        _inside(narrow, onset, music) != narrow.excepted
        for narrow in use.narrowings
        if narrow.kind not in ("voices", "stage")
    )


def _inside(narrow: Narrow, onset: float, music: Music) -> bool:
    piece = music.piece
    if narrow.kind == "sections":
        return piece.statements[music.statement(onset)].name in narrow.names
    if narrow.kind == "strength":
        return piece.is_strong(onset) == ("strong" in narrow.names)
    if narrow.kind == "cadences":
        return _in_cadence(onset, narrow, music)
    number = {
        "bars": piece.bar(onset),
        "phrases": music.phrase(onset) + 1,
        "beats": piece.beat(onset),
    }[narrow.kind]
    return any(first <= number <= last for first, last in narrow.ranges)


def _in_cadence(onset: float, narrow: Narrow, music: Music) -> bool:
    """A cadence is the last two chords of a phrase that has one, or without harmony its last two moments."""
    phrase = music.piece.phrases[music.phrase(onset)]
    row = music.chords or music.moments
    begins = [each.onset for each in row if phrase.onset <= each.onset < phrase.end][-2:]
    named = phrase.cadence is not None and (not narrow.names or phrase.cadence in narrow.names)
    return named and onset >= begins[0]
