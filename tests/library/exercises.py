"""Fux's own solutions as scores (MarkGotham/species, MIT), which lie beside the project's own checkout."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from rulegen.score.events import Note, Score, Voice
from rulegen.score.timeline import Phrase, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

ROOT = Path(__file__).parents[2]
FILE = ROOT.parent / "shared" / "cases" / "fux_solutions.json"
EXERCISES: list[dict[str, Any]] = json.loads(FILE.read_text())["exercises"] if FILE.exists() else []
MODES = {"d": "dorian", "e": "phrygian", "f": "lydian", "g": "mixolydian", "a": "aeolian", "c": "ionian"}
NAMES = {2: ("upper", "lower"), 3: ("upper", "middle", "lower"), 4: ("soprano", "alto", "tenor", "bass")}
LOW, HIGH = Pitch.parse("C2"), Pitch.parse("C6")


def species_of(exercise: dict[str, Any]) -> str:
    """The species, several as `2,3`."""
    return str(exercise["meta"][0]["species"])


def key_of(exercise: dict[str, Any]) -> Key:
    """The mode of its final."""
    final = exercise["meta"][0]["final"]
    return Key.parse(f"{final.upper()} {MODES[final]}")


def score_of(exercise: dict[str, Any]) -> Score:
    """The exercise as a score: a phrase that closes."""
    parts = exercise["parts_top_first"]
    names = NAMES[len(parts)]
    notes = [each for name, part in zip(names, parts, strict=True) for each in _line(name, part)]
    end = max(note.end for note in notes)
    voices = tuple(Voice(name, LOW, HIGH) for name in names)
    phrases = (Phrase(Fraction(0), end, "A", 1, "authentic"),)
    timeline = replace(Timeline.plain(key_of(exercise), Meter.parse("4/4")), phrases=phrases)
    return Score(exercise["id"], voices, timeline, tuple(notes))


def _line(voice: str, part: list[list[Any]]) -> list[Note]:
    """The notes of a part, with rests where it is silent."""
    found, end = [], Fraction(0)
    for name, onset, length in part:
        begin, duration = Fraction(onset) / 4, Fraction(length) / 4
        if begin > end:
            found.append(Note(voice, end, begin - end, None))
        found.append(Note(voice, begin, duration, Pitch.parse(name.replace("-", "b"))))
        end = begin + duration
    return found


def voices_said(voices: int) -> str:
    """The voices of an exercise as a style declares them."""
    return "  ".join(f"{name} C2..C6" for name in NAMES[voices])
