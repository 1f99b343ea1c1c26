"""How voices look and sound: the parts and staves on which they stand, their clefs, their MIDI programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rulegen.score.events import Note, Score
from rulegen.theory.instruments import instrument_in
from rulegen.theory.stroke import Stroke

CLEFS = {"treble": 30, "treble8vb": 23, "alto": 24, "bass": 18}
"""The clefs that we write, with the diatonic number of the lowest line: E4, E3, F3, G2."""

PERCUSSION = "percussion"  # the clef of a kit

_SUNG = ("soprano", "mezzo", "alto", "tenor", "baritone", "bass", "cantus", "altus", "bassus", "quintus")
_OCTAVE_LOWER = ("tenor", "guitar")
_C_CLEF = ("viola",)
_CHOIR, _ORGAN = 52, 19
_FLUTE = 73
_MELODIC = {"melody": _FLUTE, "lead": _FLUTE}


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff: its clef, and the voices on it, from the top, by the stems that they share."""

    clef: str
    stems: tuple[tuple[str, ...], ...]
    strokes: tuple[Stroke, ...] = ()  # of each stem, where it is the staff of a kit

    @property
    def voices(self) -> tuple[str, ...]:
        """Its voices from the top."""
        return tuple(voice for stem in self.stems for voice in stem)


@dataclass(frozen=True, slots=True)
class Player:
    """What one player reads: a staff, or several in a brace; `program` is General MIDI's, counted from 0."""

    name: str
    abbreviation: str
    program: int
    staves: tuple[Staff, ...]


def parts_of(score: Score) -> tuple[Player, ...]:
    """The parts in the order of their first voices. Metadata may say `clef soprano`, `instrument soprano`,
    which voices share a `staff women`, and which staves a `brace piano`; other voices have a part each.
    """
    said = dict(score.metadata)
    owners = _owners(said, [voice.name for voice in score.voices], _kits(score))
    names = [_printed(name) for name, _ in owners]
    return tuple(
        Player(
            shown,
            _abbreviation(shown, names),
            _program(said, name, staves[0][0]),
            tuple(_staff(score, said, voices) for voices in staves),
        )
        for shown, (name, staves) in zip(names, owners, strict=True)
    )


def _staff(score: Score, said: Mapping[str, str], voices: Sequence[str]) -> Staff:
    struck = [stroke for stroke in (score.voice(voice).stroke for voice in voices) if stroke is not None]
    if struck:
        return Staff(PERCUSSION, tuple((voice,) for voice in voices), tuple(struck))
    return Staff(_clef(score, said, voices), _stems(score, voices))


def _kits(score: Score) -> dict[str, list[str]]:
    """The instruments of each kit, which share a staff."""
    found: dict[str, list[str]] = {}
    for voice in score.voices:
        if voice.kit is not None:
            found.setdefault(voice.kit, []).append(voice.name)
    return found


def shared_voices(said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The voices of each part that metadata says to have several, by its name in small letters."""
    mentioned = [name for key, text in said.items() if key.startswith("staff ") for name in _names(text)]
    braced = [name for key, text in said.items() if key.startswith("brace ") for name in _names(text)]
    voices = dict.fromkeys([*mentioned, *(name for name in braced if f"staff {name}" not in said)])
    return {
        _printed(name).lower(): tuple(voice for staff in staves for voice in staff)
        for name, staves in _owners(said, list(voices), {})
    }


def program_of_voice(score: Score, voice: str) -> int:
    """The General MIDI program of a voice."""
    said = dict(score.metadata)
    owners = _owners(said, [each.name for each in score.voices], _kits(score))
    owner = next(name for name, staves in owners if any(voice in staff for staff in staves))
    return _program(said, owner, voice)


def _owners(
    said: Mapping[str, str], voices: Sequence[str], kits: Mapping[str, list[str]]
) -> list[tuple[str, list[list[str]]]]:
    """The name of each part, and the voices on each of its staves, in the order of the score."""
    struck = {voice for kit in kits.values() for voice in kit}
    left = dict.fromkeys(voice for voice in voices if voice not in struck)
    staves: dict[str, list[str]] = dict(kits)
    for key, text in said.items():
        kind, _, name = key.partition(" ")
        own = sorted((each for each in _names(text) if each in left), key=voices.index)
        if kind == "staff" and own:
            staves[name] = own
            left = dict.fromkeys(each for each in left if each not in own)
    staves |= {name: [name] for name in left}
    found: dict[str, list[list[str]]] = {}
    for key, text in said.items():
        kind, _, name = key.partition(" ")
        own = [each for each in _names(text) if each in staves]
        if kind == "brace" and own:
            found[name] = [staves.pop(each) for each in dict.fromkeys(own)]
    found |= {name: [own] for name, own in staves.items() if name not in found}
    return sorted(found.items(), key=lambda each: min(voices.index(staff[0]) for staff in each[1]))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _stems(score: Score, voices: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Which voices of a staff share a stem: of two none, of more those beside each other that move together
    and never meet.
    """
    if len(voices) < 3:
        return tuple((voice,) for voice in voices)
    notes = {voice: score.notes_of(voice) for voice in voices}
    found = [[voices[0]]]
    for voice in voices[1:]:
        if _move_together(notes[found[-1][-1]], notes[voice]):
            found[-1].append(voice)
        else:
            found.append([voice])
    return tuple(map(tuple, found))


def _move_together(upper: Sequence[Note], lower: Sequence[Note]) -> bool:
    if [(each.onset, each.duration) for each in upper] != [(each.onset, each.duration) for each in lower]:
        return False
    pairs = [(above.pitch, below.pitch) for above, below in zip(upper, lower, strict=True)]
    sounding = [(above, below) for above, below in pairs if above is not None and below is not None]
    rests = sum(above is None and below is None for above, below in pairs)
    never_meet = all(above.diatonic > below.diatonic for above, below in sounding)
    return never_meet and len(sounding) + rests == len(pairs)


def _program(said: Mapping[str, str], part: str, voice: str) -> int:
    """The program of a voice: what is said of it, what the name of its part says, or its own."""
    told = said.get(f"instrument {voice}")
    if told is None and instrument_in(part) is not None:
        told = part
    return program_of(told or voice)


def program_of(name: str) -> int:
    """The General MIDI program that suits a voice: choir for sung voices, organ where nothing says more."""
    words = name.lower().replace("_", " ").split()
    found = instrument_in(name)
    if found is not None:
        return found.program
    for word in words:
        if word in _MELODIC:
            return _MELODIC[word]
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


def _clef(score: Score, said: Mapping[str, str], voices: Sequence[str]) -> str:
    """The clef that is said of one of the voices of a staff; or that with the fewest ledger lines over their
    ranges, so one for all scores of a style, and treble or bass where there is little between them.
    """
    told = (said.get(f"clef {voice}") for voice in voices)
    known = next((clef for clef in told if clef in CLEFS), None)
    if known is not None:
        return known
    ranges = ((voice.low.diatonic, voice.high.diatonic) for voice in map(score.voice, voices))
    heights = [height for low, high in ranges for height in range(low, high + 1)]
    name = voices[0].lower()
    handicap = {"treble": 0.0, "bass": 0.01, "treble8vb": -0.5, "alto": -1.0}
    usual = ["treble", "bass"]
    if len(voices) == 1:  # clefs that only some read
        usual += ["treble8vb"] if name.startswith(_OCTAVE_LOWER) else []
        usual += ["alto"] if name.startswith(_C_CLEF) else []
    return min(usual, key=lambda clef: _ledger_cost(CLEFS[clef], heights) + handicap[clef])


def _ledger_cost(lowest_line: int, heights: Sequence[int]) -> float:
    """The mean over all heights of the square of their ledger lines."""
    top_line = lowest_line + 8
    lines = [max(0, (lowest_line - height) // 2, (height - top_line) // 2) for height in heights]
    return sum(count * count for count in lines) / len(lines)
