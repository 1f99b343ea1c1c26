"""Which notes a voice may sound: `melody soprano { notes scale, leading_tone }`."""

from __future__ import annotations

from dataclasses import dataclass

from rulegen.language.syntax import BlockStatement, Name, Setting
from rulegen.style.faults import suggestion
from rulegen.style.model import NoteDomain, Place
from rulegen.style.settings import NOT_YET, report_not_yet
from rulegen.style.text import Text
from rulegen.style.words import Words, split
from rulegen.theory.pitch import PitchClass

KEYWORDS = ("notes", "ornaments")
DOMAINS = ("scale", "chord", "chromatic")
LEADING_TONE = "leading_tone"


@dataclass(frozen=True, slots=True)
class Melody:
    """What a block says of its voices; no notes where it names none."""

    notes: NoteDomain | None = None
    ornaments: bool = False


def read_melody(block: BlockStatement, text: Text) -> Melody:
    """What a block says of its voices' notes; faults are reported."""
    notes, ornaments, seen = None, False, set[str]()
    for statement in block.statements:
        if isinstance(statement, Setting) and statement.keyword.text == "model":
            continue  # see `models`
        parts = tuple(split(statement, KEYWORDS)) if isinstance(statement, Setting) else ()
        for setting in parts:
            word = setting.keyword.text
            if word in seen:
                text.report("said-twice", f"`{word}` is said twice", (setting.keyword.span, "again here"))
            seen.add(word)
            if word == "notes":
                notes = _domain(setting, text)
            elif word == "ornaments":
                ornaments = _ornaments(setting, text)
            elif word in NOT_YET:
                report_not_yet(word, setting.keyword.span, text)
            else:
                message = f"`{word}` is nothing that a melody says in this version of rulegen"
                help = suggestion(word, KEYWORDS)
                text.report("unknown-setting", message, (setting.keyword.span, "here"), help=help)
        if not parts:
            text.report("unknown-setting", "this is nothing that a melody says", (statement.span, "here"))
    return Melody(notes, ornaments)


def _domain(setting: Setting, text: Text) -> NoteDomain | None:
    kind, leading_tone = "listed", False
    classes: list[PitchClass] = []
    words = Words(setting, text)
    before = len(text.faults)

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
            found = _class(word, text)
            classes.extend([] if found is None else [found])
        else:
            help = "write `notes scale`, `notes chord`, `notes chromatic` or note names, as in `notes C D E`"
            words.fault("bad-notes", "this is no note", help)
        words.take()

    words.separated(read)
    if not setting.words or (kind == "listed" and not classes and len(text.faults) == before):
        help = "write `notes scale`, `notes chord`, `notes chromatic` or note names"
        text.report("bad-notes", "`notes` does not say which", (setting.span, "here"), help=help)
    if len(text.faults) > before:
        return None
    return NoteDomain(kind, tuple(dict.fromkeys(classes)), leading_tone, Place(text.source, setting.span))


def _class(word: Name, text: Text) -> PitchClass | None:
    try:
        return PitchClass.parse(word.text)
    except ValueError as error:
        help = suggestion(word.text, (*DOMAINS, LEADING_TONE))
        text.report("bad-notes", str(error), (word.span, "no note name"), help=help)
        return None


def _ornaments(setting: Setting, text: Text) -> bool:
    words = Words(setting, text)
    if words.skip("off") and (words.skip("beats") or words.skip("beat")):
        return words.end()
    words.fault("bad-setting", "ornaments are notes `off beats`", "write `ornaments off beats`")
    return False
