"""What expressions can speak of: kinds, words and functions, in one table each; attributes are in `facets`.

The checker, the evaluator and the reference pages read these tables; nothing is listed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from rulegen.theory.chord import QUALITIES

NUMBER, DURATION, TRUTH = "number", "duration", "truth"
PITCH, CLASS, INTERVAL = "pitch", "class", "interval"
NOTE, MOMENT, CHORD, VOICE, KEY, LABEL, METER = (
    "note",
    "moment",
    "chord",
    "voice",
    "key",
    "chord label",
    "meter",
)
BAR, BEAT, PHRASE, SECTION, PIECE = "bar", "beat", "phrase", "section", "piece"

SPANS = (BAR, BEAT, PHRASE, SECTION, PIECE)
ROWS = (NOTE, MOMENT, CHORD)

KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        NUMBER: "a number",
        DURATION: "a duration",
        TRUTH: "a statement that is true or false",
        PITCH: "a pitch",
        CLASS: "a pitch class",
        INTERVAL: "an interval",
        NOTE: "a note",
        MOMENT: "a moment",
        CHORD: "a chord",
        VOICE: "a voice",
        KEY: "a key",
        LABEL: "a chord",
        METER: "a meter",
        "factor": "a chord factor (root, third, fifth, seventh)",
        "quality": "a chord quality",
        "function": "a harmonic function",
        "cadence": "a kind of cadence",
        "mode": "a mode",
        "direction": "a direction (up, down, level)",
        "motion": "a kind of motion",
        "articulation": "an articulation",
        "dynamic": "a dynamic",
        "hairpin": "a hairpin",
    }
)

FACTORS: Mapping[str, int] = MappingProxyType(
    {
        "root": 1,
        "second": 2,
        "third": 3,
        "fourth": 4,
        "fifth": 5,
        "sixth": 6,
        "seventh": 7,
        "ninth": 9,
        "eleventh": 11,
        "thirteenth": 13,
    }
)
"""What a tone is in its chord; the second, fourth and sixth where they stand for another or are added."""


def quality_word(quality: str) -> str:
    """The word for a chord's quality: `half_diminished_seventh`; a suspended chord is `suspended`, whatever
    stands above it."""
    return "suspended" if quality.startswith("suspended") else re.sub("[ -]", "_", quality)


WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "factor": ("none", *FACTORS),
        "quality": ("none", *dict.fromkeys(quality_word(quality) for quality in QUALITIES)),
        "function": ("none", "tonic", "subdominant", "dominant"),
        "cadence": ("none", "authentic", "half", "plagal", "deceptive", "phrygian"),
        "mode": (
            "major",
            "minor",
            "ionian",
            "dorian",
            "phrygian",
            "lydian",
            "mixolydian",
            "aeolian",
            "locrian",
        ),
        "direction": ("down", "level", "up"),
        "motion": ("still", "oblique", "contrary", "similar", "parallel"),
        "articulation": ("none", "staccato", "tenuto", "accent", "marcato", "legato"),
        "hairpin": ("none", "crescendo", "diminuendo"),
        "dynamic": ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"),
    }
)
"""The small sets of words; a word's value is its place in the tuple."""

RANKED = ("dynamic",)
"""The sets of words that have an order, from the least to the greatest."""

FACTOR_NUMBERS = (0, *FACTORS.values())  # chord factors in the order of WORDS["factor"]

FUNCTIONS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = MappingProxyType(
    {
        "interval": (((PITCH, PITCH), INTERVAL),),
        "abs": (((INTERVAL,), INTERVAL), ((NUMBER,), NUMBER)),
        "number": (((INTERVAL,), NUMBER),),
        "semitones": (((INTERVAL,), NUMBER),),
        "step": (((PITCH, PITCH), TRUTH),),
        "leap": (((PITCH, PITCH), TRUTH),),
        "direction": (((PITCH, PITCH), "direction"),),
        "moves": (((VOICE, MOMENT, MOMENT), TRUTH),),
        "begins": (((VOICE, MOMENT), TRUTH),),
        "motion": (((VOICE, VOICE, MOMENT, MOMENT), "motion"),),
        "consonant": (((PITCH, PITCH), TRUTH),),
        "dissonant": (((PITCH, PITCH), TRUTH),),
        "outlines_triad": (((PITCH, PITCH, PITCH), TRUTH),),
        "degree": (((PITCH, KEY), NUMBER),),
        "min": (((NUMBER, NUMBER), NUMBER), ((INTERVAL, INTERVAL), INTERVAL)),
        "max": (((NUMBER, NUMBER), NUMBER), ((INTERVAL, INTERVAL), INTERVAL)),
    }
)
"""Name → its signatures (kinds of arguments, kind of result); a note may stand where a pitch is asked."""

AGGREGATES: Mapping[str, str | None] = MappingProxyType(
    {"count": NUMBER, "exists": TRUTH, "all": TRUTH, "sum": None, "max": None, "min": None, "last": TRUTH}
)
"""Aggregate → kind of result; None: the kind of its value."""
