"""How a voice looks and sounds: its name on paper, its clef, and its MIDI program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rulegen.score.events import Note, Score, Voice

CLEFS = {"treble": 30, "treble8vb": 23, "alto": 24, "bass": 18}
"""The clefs that we write, with the diatonic number of the lowest line: E4, E3, F3, G2."""

_SUNG = ("soprano", "mezzo", "alto", "tenor", "baritone", "bass", "cantus", "altus", "bassus", "quintus")
_SUNG_LOW = ("tenor",)
_C_CLEF = ("viola",)
_CHOIR, _ORGAN = 52, 19
PROGRAMS = {
    "choir": _CHOIR, "violin": 40, "viola": 41, "cello": 42, "violoncello": 42, "flute": 73, "oboe": 68,
    "clarinet": 71, "bassoon": 70, "piano": 0, "harpsichord": 6, "organ": _ORGAN, "guitar": 24,
    "trumpet": 56, "horn": 60, "trombone": 57, "recorder": 74, "melody": 73, "lead": 73,
}  # fmt: skip
"""Words of instruments and their General MIDI programs, counted from 0."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff of one voice; `program` is a General MIDI program, counted from 0."""

    name: str
    abbreviation: str
    clef: str
    program: int


def staves_of(score: Score) -> tuple[Staff, ...]:
    """A staff for each voice, in order. Metadata may say `clef soprano` and `instrument soprano`."""
    names = [_printed(voice.name) for voice in score.voices]
    said = dict(score.metadata)
    return tuple(
        Staff(
            name,
            _abbreviation(name, names),
            _clef_said(said, voice) or _clef(voice, score.notes_of(voice.name)),
            program_of(said.get(f"instrument {voice.name}", voice.name)),
        )
        for name, voice in zip(names, score.voices, strict=True)
    )


def _clef_said(said: Mapping[str, str], voice: Voice) -> str | None:
    clef = said.get(f"clef {voice.name}")
    return clef if clef in CLEFS else None


def program_of(name: str) -> int:
    """The General MIDI program that suits a voice: choir for sung voices, organ where nothing says more."""
    words = name.lower().replace("_", " ").split()
    for word in words:
        if word in PROGRAMS:
            return PROGRAMS[word]
    return _CHOIR if any(word.startswith(_SUNG) for word in words) else _ORGAN


def _printed(name: str) -> str:
    shown = name.replace("_", " ")
    return shown[:1].upper() + shown[1:]


def _abbreviation(name: str, names: Sequence[str]) -> str:
    """The shortest beginning of a name that no other voice has, with the number that the name ends in."""
    head, _, number = name.rpartition(" ")
    if head and number.isdigit():
        return f"{head[0]}. {number}"
    for length in range(1, len(name)):
        short = name[:length]
        if sum(other.startswith(short) for other in names) == 1:
            return short if length == len(name) else f"{short}."
    return name


def _clef(voice: Voice, notes: Sequence[Note]) -> str:
    """The clef with the fewest ledger lines, and treble or bass where there is little between them."""
    heights = [note.pitch.diatonic for note in notes if note.pitch is not None]
    if not heights:
        heights = [voice.low.diatonic, voice.high.diatonic]
    name = voice.name.lower()
    handicap = {
        "treble": 0.0,
        "bass": 0.01,
        "treble8vb": -0.5 if name.startswith(_SUNG_LOW) else 0.4,
        "alto": -1.0 if name.startswith(_C_CLEF) else 0.6,
    }
    return min(CLEFS, key=lambda clef: _ledger_cost(CLEFS[clef], heights) + handicap[clef])


def _ledger_cost(lowest_line: int, heights: Sequence[int]) -> float:
    """The mean over all notes of the square of their ledger lines."""
    top_line = lowest_line + 8
    lines = [max(0, (lowest_line - height) // 2, (height - top_line) // 2) for height in heights]
    return sum(count * count for count in lines) / len(lines)
