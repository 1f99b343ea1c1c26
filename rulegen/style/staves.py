"""Which voices share a staff, and which staves are one player's: `staff women { soprano, alto }`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rulegen.language.syntax import BlockStatement, Name, Setting
from rulegen.style.faults import suggestion
from rulegen.style.model import StaffPlan
from rulegen.style.text import Text
from rulegen.style.words import Words

STAVES = ("staff", "brace")


def read_staves(
    blocks: Iterable[BlockStatement], voices: Sequence[str] | None, text: Text
) -> tuple[StaffPlan, ...]:
    """The staves that several voices share, then the braces; faults are reported."""
    found: list[StaffPlan] = []
    for block in sorted(blocks, key=lambda each: STAVES.index(each.keyword.text)):
        word = block.keyword.text
        if len(block.subjects) != 1:
            help = f"write its name, as in `{word} piano {{ right, left }}`"
            text.report("no-name", f"a {word} has one name", (block.keyword.span, "here"), help=help)
            continue
        name = block.subjects[0]
        if any(each.kind == word and each.name == name.text for each in found):
            text.report("said-twice", f"the {word} `{name.text}` is said twice", (name.span, "again here"))
            continue
        members = _members(block, found, voices, text)
        if not block.statements:
            what = "voices" if word == "staff" else "staves or voices"
            text.report("no-members", f"`{word} {name.text}` does not say which {what}", (block.span, "here"))
        found.append(StaffPlan(word, name.text, tuple(members)))
    return tuple(found)


def _members(
    block: BlockStatement, found: Sequence[StaffPlan], voices: Sequence[str] | None, text: Text
) -> list[str]:
    """What a block names: voices of a staff; staves of a brace, or voices that have their own."""
    word = block.keyword.text
    staves = [each for each in found if each.kind == "staff"]
    shared = {voice: staff.name for staff in staves for voice in staff.members}
    known = list(voices or ()) if word == "staff" else [each.name for each in staves]
    if word == "brace":
        known += [voice for voice in voices or () if voice not in shared]
    taken = {member: each.name for each in found if each.kind == word for member in each.members}
    members: list[str] = []

    def read(words: Words) -> None:
        each = words.take()
        if not isinstance(each, Name):
            words.fault("bad-setting", f"a {word} names voices", None, each.span if each else None)
        elif voices is not None and each.text not in known:
            _report_unknown(word, each, shared, known, text)
        elif each.text in members or each.text in taken:
            where = f"in {word} `{taken[each.text]}`" if each.text in taken else "here"
            text.report("said-twice", f"`{each.text}` stands {where} already", (each.span, "again here"))
        else:
            members.append(each.text)

    for statement in block.statements:
        if isinstance(statement, Setting):
            words = Words(Setting(block.keyword, (statement.keyword, *statement.words), statement.span), text)
            words.separated(lambda words=words: read(words))  # type: ignore[misc]
            words.end()
        else:
            text.report("unknown-setting", f"a {word} names voices", (statement.span, "here"))
    return members


def _report_unknown(word: str, each: Name, shared: dict[str, str], known: Sequence[str], text: Text) -> None:
    if word == "brace" and each.text in shared:
        message = f"`{each.text}` is on the staff `{shared[each.text]}`"
        text.report("shared-staff", message, (each.span, "here"), help=f"write `{shared[each.text]}`")
        return
    what = "voice" if word == "staff" else "staff or voice"
    message = f"there is no {what} called `{each.text}`"
    text.report("unknown-voice", message, (each.span, "not known"), help=suggestion(each.text, known))
