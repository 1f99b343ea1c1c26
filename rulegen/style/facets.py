"""The facets of music: each attribute that expressions can ask for, a row of one table.

From it come the checker's kinds, what the binder reads, the evaluator's columns and docs/vocabulary.md. To
add an attribute is to add its row, and, where a component holds it, its column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rulegen.style.vocabulary import (
    CHORD,
    CLASS,
    DURATION,
    KEY,
    LABEL,
    METER,
    MOMENT,
    NOTE,
    NUMBER,
    PHRASE,
    PIECE,
    PITCH,
    ROWS,
    SPANS,
    TRUTH,
)

TIME, COMPONENT, CHORDS, OTHERS = "in time", "in a component", "in the chord", "of others"
SKELETON, SURFACE, SOUND = "skeleton", "surface", "sound"  # stages of composing


@dataclass(frozen=True, slots=True)
class FacetBlock:
    """The block of a style that draws marks. change: with what a mark changes if nothing is said. is_shared:
    whether the voices that the block names bear one and the same. setting: the word of the block that draws
    them beside its own.
    """

    keyword: str
    change: str
    is_shared: bool = False
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """An attribute: what it is of, its name and its kind, where its value is known, and what it says.

    known: `TIME`: where time alone decides it, as long as the rhythm is fixed; `COMPONENT`: as a column of
    the component that holds it; `CHORDS`: as a column of the chords; `OTHERS`: computed by `operation` from
    the facets of the same note that it `reads`. stage: the stage of composing that decides it. block: the
    block of a style that draws it, where it is a mark.
    """

    owners: tuple[str, ...]
    name: str
    kind: str
    known: str
    says: str
    reads: tuple[str, ...] = ()
    operation: str = ""
    stage: str = SKELETON
    block: FacetBlock | None = None


def _of_pitch(name: str, kind: str, says: str) -> Facet:
    return Facet((NOTE, PITCH), name, kind, OTHERS, says, ("pitch",), f"pitch.{name}")


_EVERY_SPAN = tuple(SPANS)
_TABLE = (
    Facet(ROWS, "onset", DURATION, TIME, "when it begins, in whole notes from the first sound"),
    Facet(ROWS, "beat", NUMBER, TIME, "the beat on which it begins: 1, 2, 2.5 …"),
    Facet(
        ROWS, "strength", NUMBER, TIME, "of the place where it begins: 1 downbeat, 0.5, 0.25 beats, 0.125 …"
    ),
    Facet(ROWS, "is_strong", TRUTH, TIME, "whether it begins on a strong beat"),
    Facet(ROWS, "bar", NUMBER, TIME, "the number of the bar in which it begins, 0 for a pickup"),
    Facet(ROWS, "opens_phrase", TRUTH, TIME, "whether it is the first of its phrase"),
    Facet(ROWS, "closes_phrase", TRUTH, TIME, "whether it is the last that sounds in its phrase"),
    Facet(ROWS, "before_close", TRUTH, TIME, "whether it stands just before the one that closes"),
    Facet(ROWS, "cadence", "cadence", TIME, "the cadence of its phrase"),
    Facet(ROWS, "is_first", TRUTH, TIME, "whether it is the first of the piece"),
    Facet(ROWS, "is_last", TRUTH, TIME, "whether it is the last of the piece"),
    Facet(ROWS, "duration", DURATION, TIME, "how long it lasts"),
    Facet((NOTE,), "after_rest", TRUTH, TIME, "whether a rest stands before it in its phrase"),
    Facet((NOTE,), "before_rest", TRUTH, TIME, "whether a rest follows it in its phrase"),
    Facet(
        ROWS,
        "phrase_position",
        NUMBER,
        TIME,
        "the share of its phrase that is gone where it begins, from 0",
    ),
    Facet(
        ROWS,
        "held_over",
        NUMBER,
        TIME,
        "the strength of the strongest place that it is held over after it begins: 1 a bar line, 0.5, 0.25 a "
        "beat, 0.125 half a beat; 0 none",
    ),
    Facet((NOTE,), "since_rest", DURATION, TIME, "how long its voice has sounded without a rest before it"),
    Facet((NOTE,), "pitch", PITCH, COMPONENT, "what it sounds"),
    _of_pitch("class", CLASS, "its pitch class"),
    _of_pitch("midi", NUMBER, "its key on the keyboard, 60 for C4"),
    _of_pitch("octave", NUMBER, "the octave of its name, 4 from C4 on"),
    Facet(
        (NOTE,),
        "degree",
        NUMBER,
        OTHERS,
        "1 to 7, by letter, in the local key: F is 1 under V7/IV in C; `degree(n, piece.key)` is 4",
        ("pitch", "key"),
        "degree",
    ),
    Facet(
        (NOTE,),
        "alteration",
        NUMBER,
        OTHERS,
        "semitones against the key's own note; in minor the raised sixth and seventh are 1",
        ("pitch", "key"),
        "alteration",
    ),
    _of_pitch("accidental", NUMBER, "how far it is raised, sharps positive"),
    Facet((NOTE,), "factor", "factor", OTHERS, "what it is in its chord", ("chord", "pitch"), "factor"),
    Facet(
        (NOTE,),
        "is_chord_tone",
        TRUTH,
        OTHERS,
        "whether it belongs to its chord",
        ("chord", "pitch"),
        "is_chord_tone",
    ),
    Facet(
        (NOTE,),
        "is_foreign",
        TRUTH,
        OTHERS,
        "whether it does not belong to its chord",
        ("chord", "pitch"),
        "is_foreign",
    ),
    Facet(
        (NOTE,),
        "kind",
        "kind of foreign note",
        OTHERS,
        "asked as `n.kind is passing`: whether this definition fits it and the notes around it",
    ),
    Facet(
        (NOTE,),
        "is_leading_tone",
        TRUTH,
        OTHERS,
        "whether it is the leading tone of the local key",
        ("pitch", "key"),
        "is_leading_tone",
    ),
    Facet((NOTE,), "is_rest", TRUTH, OTHERS, "of `voice@moment`, whether the voice rests there"),
    Facet(
        (NOTE,),
        "articulation",
        "articulation",
        COMPONENT,
        "the mark that it bears, where the style draws any",
        stage=SOUND,
        block=FacetBlock("articulation", "note"),
    ),
    Facet(
        (NOTE,),
        "dynamic",
        "dynamic",
        COMPONENT,
        "how loud it begins, `mf` before the first that is written, where the style draws any",
        stage=SOUND,
        block=FacetBlock("dynamics", "phrase", is_shared=True),
    ),
    Facet(
        (NOTE,),
        "hairpin",
        "hairpin",
        COMPONENT,
        "the hairpin under which it begins, where the style draws any",
        stage=SOUND,
        block=FacetBlock("dynamics", "phrase", is_shared=True, setting="hairpins"),
    ),
    Facet((NOTE, MOMENT), "chord", CHORD, CHORDS, "the chord that sounds"),
    Facet((*ROWS,), "phrase_key", KEY, CHORDS, "the key of its phrase, whatever its chord is applied to"),
    Facet((*ROWS,), "key", KEY, CHORDS, "the local key: that of the chord, where it is applied to another"),
    Facet(
        (MOMENT,),
        "lowest",
        NOTE,
        OTHERS,
        "the lowest note that sounds; of its marks only where all that sound bear such marks",
    ),
    Facet((MOMENT,), "highest", NOTE, OTHERS, "the highest note that sounds, likewise"),
    Facet((MOMENT,), "sounding", NUMBER, OTHERS, "how many voices sound"),
    Facet((CHORD,), "root", CLASS, CHORDS, "its root"),
    Facet((CHORD,), "bass", CLASS, CHORDS, "what lies in the bass"),
    Facet((CHORD,), "third", CLASS, CHORDS, "its third"),
    Facet((CHORD,), "fifth", CLASS, CHORDS, "its fifth"),
    Facet((CHORD,), "seventh", CLASS, CHORDS, "its seventh; no class is equal to one that it has not"),
    Facet((CHORD,), "degree", NUMBER, CHORDS, "the degree on which it stands"),
    Facet((CHORD,), "quality", "quality", CHORDS, "its quality"),
    Facet((CHORD,), "inversion", NUMBER, CHORDS, "0 in root position, 1, 2 …"),
    Facet((CHORD,), "function", "function", CHORDS, "its harmonic function"),
    Facet((CHORD,), "is_applied", TRUTH, CHORDS, "whether it is applied to another, as V/V"),
    Facet(
        (CHORD,),
        "is_pivot",
        TRUTH,
        CHORDS,
        "whether all its tones are notes of another key of the piece too",
    ),
    Facet((CHORD,), "is_seventh", TRUTH, CHORDS, "whether it has a seventh"),
    Facet((CHORD,), "label", LABEL, CHORDS, "as it is written"),
    Facet((KEY,), "tonic", CLASS, CHORDS, "its tonic"),
    Facet((KEY,), "final", CLASS, CHORDS, "its final, which is its tonic"),
    Facet((KEY,), "mode", "mode", CHORDS, "its mode"),
    Facet((KEY,), "leading_tone", CLASS, CHORDS, "its leading tone"),
    Facet((METER,), "bar_length", DURATION, TIME, "how long a bar lasts"),
    Facet((METER,), "beats", NUMBER, TIME, "how many beats a bar has"),
    Facet(_EVERY_SPAN, "number", NUMBER, TIME, "which it is, from 1; bar 0 is a pickup"),
    Facet(_EVERY_SPAN, "length", DURATION, TIME, "how long it lasts"),
    Facet(_EVERY_SPAN, "cadence", "cadence", TIME, "of a phrase, its cadence"),
    Facet(_EVERY_SPAN, "is_first", TRUTH, TIME, "whether it is the first"),
    Facet(_EVERY_SPAN, "is_last", TRUTH, TIME, "whether it is the last"),
    Facet((PIECE,), "key", KEY, TIME, "the home key"),
    Facet((PHRASE,), "key", KEY, TIME, "the key in which it begins"),
)

FACETS: Mapping[tuple[str, str], Facet] = MappingProxyType(
    {(owner, facet.name): facet for facet in _TABLE for owner in facet.owners}
)
"""(owner, name) → the attribute."""

ATTRIBUTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        owner: {name: facet.kind for (of, name), facet in FACETS.items() if of == owner}
        for owner in dict.fromkeys(owner for owner, _ in FACETS)
    }
)
"""Owner → the kind of each of its attributes."""

TIMED: frozenset[str] = frozenset(
    facet.name for facet in _TABLE if facet.known == TIME and set(facet.owners) & set(ROWS)
)
"""Attributes that the timeline alone decides, as long as the rhythm is fixed."""


MARKS: Mapping[str, Facet] = MappingProxyType(
    {facet.block.keyword: facet for facet in _TABLE if facet.block is not None and not facet.block.setting}
)
"""The word of a block → the attribute of notes that it draws."""

BESIDE: Mapping[tuple[str, str], Facet] = MappingProxyType(
    {(each.block.keyword, each.block.setting): each for each in _TABLE if each.block and each.block.setting}
)
"""The words of a block and of its setting → the attribute that this draws beside."""

LATER: frozenset[str] = frozenset(facet.name for facet in _TABLE if facet.stage != SKELETON)
"""Attributes of notes that the stage `sound` decides."""


def page() -> str:
    """The table of attributes of docs/vocabulary.md."""
    rows = ["| of | attribute | is | what it says |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {', '.join(facet.owners)} | `{facet.name}` | {facet.kind} | {facet.says} |" for facet in _TABLE
    ]
    return "\n".join(rows)
