"""The harmony of a style: which chords may sound, by mode, and how often they change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.language.syntax import BlockStatement, FormLine, Kit, Setting, Span, VoiceRange
from rulegen.style.literals import NO_SYMBOLS, NUMERALS, is_symbol
from rulegen.style.model import Harmony, Place
from rulegen.style.settings import SettingTable
from rulegen.style.text import Text
from rulegen.style.words import Words, plain
from rulegen.theory.chord import parse_roman
from rulegen.theory.meter import Meter
from rulegen.theory.scale import MODES, Key

_MAJOR, _MINOR = Key.parse("C major"), Key.parse("A minor")


@dataclass(slots=True)
class HarmonyReader:
    """Reads `harmony { … }`."""

    text: Text
    key: Key | None
    meter: Meter | None
    chords: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    change: str | Fraction = "beat"
    block_read: BlockStatement | None = None

    def block(self, block: BlockStatement) -> None:
        """Reads one block; a second one is a fault."""
        text, whole = self.text, self.text.about(block)
        if self.block_read is not None:
            marks = (block.keyword.span, "a second one"), (self.block_read.keyword.span, "the first")
            text.report("said-twice", "a style has one harmony", *marks)
        self.block_read = self.block_read or block
        for name in block.subjects:
            text.report("bad-setting", "a harmony belongs to all voices", (name.span, "name no voice here"))
        readers = {"chords": self._chords, "change": self._change}
        table = SettingTable("a harmony", readers, again=("chords",), elsewhere=("model",))
        said = table.read((each for each in block.statements if not self._is_grammar(each)), text)
        self.chords += [(mode, labels) for mode, labels, _ in said.values.get("chords", ())]
        self.places += [place for _, _, place in said.values.get("chords", ())]
        self.change = said.last("change", self.change)
        if not any(labels for _, labels in self.chords) and not text.faults:
            help = "add `chords I ii6 V V7 vi …`"
            whole.report("no-chords", "the harmony has no chords", (block.keyword.span, "here"), help=help)

    def _is_grammar(self, statement: Setting | VoiceRange | Kit | FormLine) -> bool:
        """Whether this is a line of a grammar of chords, `T -> I`, which is reported."""
        if not isinstance(statement, Setting) or plain(statement.words[:1]) != "->":
            return False
        message = "a grammar of chords is not in this version of rulegen"
        self.text.report("not-yet", message, (statement.span, "not yet"))
        return True

    def _chords(self, words: Words) -> tuple[str | None, tuple[str, ...], Place]:
        """Chords, and the mode in which they hold."""
        setting, text = words.setting, words.text
        if not setting.words:
            text.report("no-chords", "`chords` names none", (setting.keyword.span, "here"))
        mode = next((each for each in MODES if words.skip(each)), None)
        named = list(chord_labels(words))
        labels = [label for label, span in named if is_chord(label, span, self._keys(mode), text)]
        return mode, tuple(dict.fromkeys(labels)), Place(text.source, setting.span)

    def _keys(self, mode: str | None) -> tuple[Key, ...]:
        """The keys in which the chords of a mode must exist."""
        if mode is None:
            return (self.key,) if self.key is not None else (_MAJOR, _MINOR)
        if self.key is not None and self.key.mode == mode:
            return (self.key,)
        return (Key(_MAJOR.tonic if mode != "minor" else _MINOR.tonic, mode),)

    def _change(self, words: Words) -> str | Fraction | None:
        if words.skip("every"):
            return words.pulse(self.meter)
        help = "write `change every beat`, `bar`, `half bar` or a duration, as in `1/2`"
        words.fault("bad-setting", "`change` wants `every` here", help)
        return None

    def harmony(self) -> Harmony | None:
        """The harmony, None where the style has none."""
        if self.block_read is None:
            return None
        return Harmony(tuple(self.chords), self.change, tuple(self.places))


def chord_labels(words: Words) -> Iterator[tuple[str, Span]]:
    """The labels of the words left: what stands together, or has a stroke between, as in `V65 / V`."""
    while words.left:
        start = words.span
        if words.skip(","):
            continue
        if words.skip("weight"):
            message = "weights of chords are not in this version of rulegen"
            words.text.report("not-yet", message, (start, "not yet"))
            words.take()
            continue
        label, end = "", start.start
        while words.left and not words.is_next(","):
            word = words.left[0]
            if label and word.span.start > end and not words.is_next("/") and not label.endswith("/"):
                break
            words.take()
            label, end = label + plain((word,)), word.span.end
        yield label, Span(start.start, end)


def _figures_apart(label: str) -> str | None:
    """What would do where the figures of a chord are written apart: `I6/4`, `V4-3`."""
    found = re.fullmatch(r"([^\d/-]+)(\d+)([/-])(\d+)", label)
    if found is None:
        return None
    if found[3] == "/":
        return f"figures stand together: write `{found[1]}{found[2]}{found[4]}`"
    return f"write the chord alone, `{found[1]}`: a suspension is no part of it"


def is_chord(label: str, span: Span, keys: tuple[Key, ...], text: Text) -> bool:
    """Whether some of the keys have this chord; reported where none has."""
    errors: list[str] = []
    for key in keys:
        try:
            parse_roman(label, key)
        except ValueError as error:
            errors.append(str(error))
        else:
            return True
    if is_symbol(label):
        text.report("not-yet", NO_SYMBOLS, (span, "not yet"), help=NUMERALS)
        return False
    help = _figures_apart(label)
    message = errors[0] if help is None else f"'{label}' is no chord"
    text.report("bad-chord", message, (span, "no chord"), help=help)
    return False
