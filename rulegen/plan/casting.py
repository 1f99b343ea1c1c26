"""Which voice of a score is which of a style, as one says, by name, or by how high it lies; and its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeVar

from rulegen.errors import ScoreReadError
from rulegen.score.events import Dynamic, Hairpin, Score, Voice
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key

_APART = 2.0  # semitones by which voices lie in another order than they stand, at least
_LEAST = 3  # letters of a name that is cut short, but for an initial

_Mark = TypeVar("_Mark", Dynamic, Hairpin)
Casting = dict[str, str]  # the voice of the score that sings each voice of the style


@dataclass(frozen=True, slots=True)
class Cast:
    """A score with the voices of a style, in their order; which of its own each is, and what was assumed."""

    score: Score
    casting: Casting
    assumed: tuple[str, ...] = ()


def cast(score: Score, style: Style, told: Mapping[str, str] | None = None) -> Cast:
    """The score with the style's voices. told: voice of the style → name, or number from 1, of the score's.

    What is not told goes by name, whole or cut short ("Sop.", "S"), else in the order of the score, unless
    its voices lie in another one. Empty and percussion parts that the style has no voice for are left out.
    Raises ScoreReadError where that leaves a voice without music, or music without a voice.
    """
    found = [voice.name for voice in score.voices]
    if not told and found == [voice.name for voice in style.voices]:
        return Cast(score, {name: name for name in found})
    said = _as_told(score, style, told or {})
    wanted = [voice for voice in style.voices if voice.name not in said]
    free = [voice for voice in score.voices if voice.name not in said.values()]
    casting, reason = said, ""
    if wanted:
        by_name = _by_name([voice.name for voice in wanted], [voice.name for voice in free])
        if by_name is not None:
            casting = said | by_name
        else:
            free = _with_music(score, free, wanted)
            if len(free) != len(wanted):
                raise _refusal(score, style)
            by_height, reason = _by_height(score, free, wanted)
            casting = said | by_height
    return Cast(_recast(score, style, casting), casting, tuple(_assumed(score, style, casting, reason)))


def in_key_of(score: Score, style: Style, told: Key | None = None) -> tuple[Score, tuple[str, ...]]:
    """The score in the key that is told; else in that of its style, where its signature is that key's and its
    lowest voice ends on that tonic, since files seldom say modes. And what was assumed.
    """
    if told is not None:
        return _at_home_in(score, told), ()
    key, finals = style.key, [_final(score, voice.name) for voice in score.voices]
    final = next((each for each in reversed(finals) if each is not None), None)
    is_alike = key is not None and score.key.signature_fifths == key.signature_fifths
    if (
        key is None
        or score.key == key
        or not is_alike
        or final != key.tonic
        or style.alternatives is not None
    ):
        return score, ()
    said = f"the key is {key.name}, as in the style, and not {score.key.name}: the bass ends on {final.name}"
    return _at_home_in(score, key), (said,)


def _at_home_in(score: Score, key: Key) -> Score:
    """The score with another home key, its labels read in that."""
    timeline = score.timeline.at_home_in(key)
    chords = [
        replace(each, chord=_read_in(key, each.chord)) if timeline.key_at(each.onset) == key else each
        for each in score.chords
    ]
    return replace(score, timeline=timeline, chords=tuple(chords))


def _read_in(key: Key, chord: Chord) -> Chord:
    try:
        return parse_chord(chord.label, key)
    except ValueError:
        return chord


def _final(score: Score, voice: str) -> PitchClass | None:
    sounding = [note.pitch for note in score.notes_of(voice) if note.pitch is not None]
    return sounding[-1].pitch_class if sounding else None


def _as_told(score: Score, style: Style, told: Mapping[str, str]) -> Casting:
    names = [voice.name for voice in score.voices]
    own = [voice.name for voice in style.voices]
    found: Casting = {}
    for voice, which in told.items():
        if voice not in own:
            raise ScoreReadError(f"the style has no voice {voice!r}: its voices are {', '.join(own)}")
        lowered = [name.lower() for name in names]
        wanted = " ".join(which.replace("_", " ").split()).lower()
        if wanted in lowered:
            found[voice] = names[lowered.index(wanted)]
        elif wanted.isdecimal() and len(wanted) < 9 and 1 <= int(wanted) <= len(names):
            found[voice] = names[int(wanted) - 1]
        else:
            shown = ", ".join(f"{number} {name}" for number, name in enumerate(names, 1))
            raise ScoreReadError(f"the score has no voice {which!r} for {voice}: its voices are {shown}")
    twice = next((name for name in found.values() if [*found.values()].count(name) > 1), None)
    if twice is not None:
        raise ScoreReadError(f"{twice} of the score cannot be two voices of the style")
    return found


def _by_name(wanted: Sequence[str], found: Sequence[str]) -> Casting | None:
    """The one way in which each wanted name is a name that was found, whole or cut short; None where there
    is none.
    """
    casting: Casting = {}
    for name in wanted:
        same = [each for each in found if _plain(each) == _plain(name)]
        alike = same or [each for each in found if _is_short(_plain(each), _plain(name), wanted)]
        if len(alike) != 1:
            return None
        casting[name] = alike[0]
    return casting if len(set(casting.values())) == len(casting) else None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _is_short(one: str, other: str, wanted: Sequence[str]) -> bool:
    """Whether one name is the other's beginning: its initial where no two that are wanted share it."""
    short, long = sorted((one, other), key=len)
    if not short or not long.startswith(short):
        return False
    initials = [_plain(name)[:1] for name in wanted]
    return len(short) >= _LEAST or (len(short) == 1 and initials.count(short) == 1)


def _with_music(score: Score, free: Sequence[Voice], wanted: Sequence[VoicePlan]) -> list[Voice]:
    """The voices that are left, without drums that no voice strikes and, where they are too many, without
    those that are silent.
    """
    left = [*free]
    if not any(voice.voice.kit is not None for voice in wanted):
        left = [voice for voice in left if voice.kit is None]
    if len(left) > len(wanted):
        left = [voice for voice in left if any(not note.is_rest for note in score.notes_of(voice.name))]
    return left


def _by_height(score: Score, free: Sequence[Voice], wanted: Sequence[VoicePlan]) -> tuple[Casting, str]:
    """In the order of the score, or of their mean pitches where that is clearly another one; and why."""
    in_order = {plan.name: voice.name for plan, voice in zip(wanted, free, strict=True)}
    heights = {voice.name: _height(score, voice) for voice in free}
    known = [height for height in heights.values() if height is not None]
    if len(known) < len(free) or any(plan.voice.kit is not None for plan in wanted):
        return in_order, "in the order of the score"
    ranked = sorted(free, key=lambda voice: -(heights[voice.name] or 0.0))
    by_range = sorted(wanted, key=lambda plan: -(plan.voice.low.midi + plan.voice.high.midi))
    by_height = {plan.name: voice.name for plan, voice in zip(by_range, ranked, strict=True)}
    moved = [name for name in in_order if in_order[name] != by_height[name]]
    is_clear = any(
        abs((heights[in_order[name]] or 0.0) - (heights[by_height[name]] or 0.0)) > _APART for name in moved
    )
    return (by_height, "by how high they lie") if is_clear else (in_order, "in the order of the score")


def _height(score: Score, voice: Voice) -> float | None:
    """The mean pitch of a voice, in semitones; None for silence."""
    sounding = [note.pitch.midi for note in score.notes_of(voice.name) if note.pitch is not None]
    return fmean(sounding) if sounding else None


def _recast(score: Score, style: Style, casting: Casting) -> Score:
    names = {own: name for name, own in casting.items()}
    voices = {
        names[voice.name]: replace(voice, name=names[voice.name])
        for voice in score.voices
        if voice.name in names
    }
    notes = tuple(replace(note, voice=names[note.voice]) for note in score.notes if note.voice in names)
    return replace(
        score,
        voices=tuple(voices[plan.name] for plan in style.voices),
        notes=notes,
        dynamics=tuple(_of_voices(score.dynamics, names)),
        hairpins=tuple(_of_voices(score.hairpins, names)),
    )


def _of_voices(marks: Sequence[_Mark], names: Mapping[str, str]) -> Iterator[_Mark]:
    """The marks of all voices, and of those that have a name now."""
    for each in marks:
        if each.voice is None:
            yield each
        elif each.voice in names:
            yield replace(each, voice=names[each.voice])


def _assumed(score: Score, style: Style, casting: Casting, reason: str) -> list[str]:
    """What one should know: voices that go by another name, and parts that are left out."""
    found = []
    renamed = [
        f"{plan.name} is {casting[plan.name]}"
        for plan in style.voices
        if _plain(plan.name) != _plain(casting[plan.name])
    ]
    if renamed:
        found.append("voices" + (f", {reason}" if reason else "") + ": " + ", ".join(renamed))
    for voice in score.voices:
        if voice.name not in casting.values():
            is_silent = all(note.is_rest for note in score.notes_of(voice.name))
            what = "percussion" if voice.kit is not None else "silent" if is_silent else "not asked for"
            found.append(f"{voice.name} is left out: {what}")
    return found


def _refusal(score: Score, style: Style) -> ScoreReadError:
    found, own = [voice.name for voice in score.voices], [voice.name for voice in style.voices]
    said = f"the score has {len(found)} voice{'s' * (len(found) > 1)} ({', '.join(found)}), "
    said += f"the style {len(own)} ({', '.join(own)})"
    if len(found) > len(own):
        said += f"; say which they are, as in {', '.join(f'{name}={n}' for n, name in enumerate(own, 1))}"
    return ScoreReadError(said)
