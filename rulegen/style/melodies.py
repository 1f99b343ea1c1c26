"""Which notes a voice may sound: `melody soprano { notes scale, leading_tone }`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rulegen.language.syntax import BlockStatement, Name
from rulegen.style.faults import suggestion
from rulegen.style.model import NoteDomain, Place
from rulegen.style.settings import SettingTable
from rulegen.style.text import Text
from rulegen.style.words import Words
from rulegen.theory.pitch import PitchClass

DOMAINS = ("scale", "chord", "chromatic")
LEADING_TONE = "leading_tone"


@dataclass(frozen=True, slots=True)
class Melody:
    """What a block says of its voices; no notes where it names none."""

    notes: NoteDomain | None = None
    ornaments: bool = False


def read_melody(block: BlockStatement, text: Text) -> Melody:
    """What a block says of its voices' notes; faults are reported."""
    said = _TABLE.read(block.statements, text)
    return Melody(said.last("notes"), said.last("ornaments", False))


def _domain(words: Words) -> NoteDomain | None:
    kind, leading_tone = "listed", False
    classes: list[PitchClass] = []

    def read() -> None:
        nonlocal kind, leading_tone
        word = words.left[0]
        if isinstance(word, Name) and word.text in DOMAINS:
            named = {kind, word.text} - {"listed"}
            if "chord" in named and len(named) > 1:
                help = "write `notes chord` for its tones alone, else `notes scale` or `notes chromatic`"
                words.fault("bad-notes", "`chord` holds a voice to the chord that sounds", help)
            kind = "chromatic" if "chromatic" in named else word.text  # which has the notes of the scale
        elif words.is_next(LEADING_TONE):
            leading_tone = True
        elif isinstance(word, Name):
            classes.extend(_class(word, words))
        else:
            words.fault("bad-notes", "this is no note", f"{_WHICH}, as in `notes C D E`")
        words.take()

    words.separated(read)
    setting = words.setting
    if not words.is_faulty and kind == "listed" and not classes:
        words.fault("bad-notes", "`notes` does not say which", _WHICH, setting.span)
    if words.is_faulty:
        return None
    place = Place(words.text.source, setting.span)
    return NoteDomain(kind, tuple(dict.fromkeys(classes)), leading_tone, place)


def _class(word: Name, words: Words) -> Iterator[PitchClass]:
    try:
        yield PitchClass.parse(word.text)
    except ValueError as error:
        words.is_faulty = True
        help = suggestion(word.text, (*DOMAINS, LEADING_TONE))
        words.text.report("bad-notes", str(error), (word.span, "no note name"), help=help)


def _ornaments(words: Words) -> bool:
    if words.skip("off") and (words.skip("beats") or words.skip("beat")):
        return True
    words.fault("bad-setting", "ornaments are notes `off beats`", "write `ornaments off beats`")
    return False


_WHICH = "write `notes scale`, `notes chord`, `notes chromatic` or note names"
_TABLE = SettingTable("a melody", {"notes": _domain, "ornaments": _ornaments}, elsewhere=("model",))
