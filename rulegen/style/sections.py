"""A line of a form as a section: its phrases, with what they and it say of key, meter, tempo and upbeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from rulegen.language.syntax import FormLine, Name, Number, Setting, Span
from rulegen.style.faults import suggestion
from rulegen.style.layout import ANY_KEY
from rulegen.style.model import KeyWish, PhrasePlan, Place, SectionPlan, key_of
from rulegen.style.narrowings import CADENCES
from rulegen.style.settings import Settings
from rulegen.style.text import Text
from rulegen.style.values import read_key, read_meter, read_tempo
from rulegen.style.words import Word, Words, plain
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

MOST_BARS = 4000  # of a whole piece
FINEST = 64  # parts of a whole note in which a phrase may end
_NUMERAL = re.compile(r"[b#]*[ivIV]{1,3}(?![a-z]{3})")
NOT_YET = ["beats", "opens", "ends", "vary", "like", "follow", "repeats", "opening", "final", "duration"]


@dataclass(slots=True)
class SectionReader:
    """Reads the clauses of a line; what stands before the first length is said of the whole section."""

    line: FormLine
    text: Text
    settings: Settings
    section: SectionPlan = field(init=False)
    phrases: list[PhrasePlan] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.section = SectionPlan(self.line.name.text, (), Place(self.text.source, self.line.span))

    def read(self) -> SectionPlan | None:
        """The section; None where it is faulty, which is reported."""
        before = len(self.text.faults)
        readers = {
            "bars": self._bars,
            "bar": self._bars,
            "cadence": self._cadence,
            "in": self._key,
            "home": self._key,
            "meter": self._meter,
            "tempo": self._tempo,
            "pickup": self._pickup,
        }
        for clause in self.line.clauses:
            word = clause.keyword.text
            if word in readers:
                readers[word](Words(clause, self.text))
            else:
                self._other(clause, tuple(readers))
        if not self.phrases and len(self.text.faults) == before:
            help = "a phrase begins with its length, as in `4 bars, cadence half`"
            message = f"`{self.line.name.text}` has no length"
            self.text.report("bad-section", message, (self.line.span, "here"), help=help)
        return replace(self.section, phrases=tuple(self.phrases)) if len(self.text.faults) == before else None

    def _other(self, clause: Setting, known: Sequence[str]) -> None:
        word, here = clause.keyword.text, (clause.keyword.span, "here")
        if word in NOT_YET:
            message = f"`{word}` is not said of a section in this version of rulegen"
            self.text.report("not-yet", message, (clause.keyword.span, "not yet"))
            return
        help = suggestion(word, known) or "a section is said as in `4 bars, cadence half`"
        if word == "key":
            help = f"write `in {plain(clause.words) or 'G minor'}`"
        self.text.report("bad-section", f"`{word}` is nothing that a section says", here, help=help)

    def _bars(self, words: Words) -> None:
        start = words.span
        if start.start > words.setting.keyword.span.start:
            help = "write `4 bars`, and a comma between two phrases"
            words.fault("bad-length", "the number of bars stands before `bars`", help, words.setting.span)
            return
        bars = words.number("a number of bars")
        meter = self.section.meter or self.settings.meter
        length = (bars or 1) * (meter.bar_length if meter else 1)
        if bars is None or words.left:
            self._report_length(words, bars)
        elif not 0 < bars <= MOST_BARS or FINEST % length.denominator:
            message = f"a phrase has some bars, up to {MOST_BARS}"
            words.fault("bad-length", message, None, start)
        # of a faulty one too, so that what else is said of the phrase is not said of another
        self.phrases.append(
            PhrasePlan(bars or Fraction(1), None, place=Place(self.text.source, words.setting.span))
        )

    def _report_length(self, words: Words, bars: Fraction | None) -> None:
        """Says of what stands before `bars` how a length is written, where nothing else was wrong with it."""
        if words.is_faulty:
            return
        said = plain(words.setting.words).replace(" / ", "/")
        help = "write `4 bars`, and a comma before what else is said of the phrase"
        match words.left:
            case (Name(text="/"), Number(value=below)) if bars is not None and below:
                help = f"write part of a bar as a decimal, `{float(bars / below):.4g} bars`; "
                help += f"a meter is said as in `meter {said}, 4 bars`"
        words.fault("bad-length", f"`{said}` is no number of bars", help, words.setting.span)

    def _cadence(self, words: Words) -> None:
        cadence = words.name("a kind of cadence", (*CADENCES, "none"))
        if cadence is None or not words.end():
            return
        span = words.setting.span
        if not self.phrases:
            message = "a cadence ends a phrase: say the bars of the phrase first"
            words.fault("bad-section", message, None, span)
        elif self.phrases[-1].cadence is not None:
            words.fault("said-twice", "one phrase has one cadence", "a new phrase begins with its bars", span)
        else:
            self.phrases[-1] = replace(self.phrases[-1], cadence=None if cadence == "none" else cadence)

    def _key(self, words: Words) -> None:
        """`in D major`, `in V`, and of a phrase `home to V`, `in G major to D major`."""
        named = list(words.left)
        if words.setting.keyword.text == "home":
            named = [Name("home", words.setting.keyword.span), *named]
        cut = next((n for n, each in enumerate(named) if isinstance(each, Name) and each.text == "to"), None)
        key = self._wish(words, named if cut is None else named[:cut])
        key_to = None if cut is None else self._wish(words, named[cut + 1 :])
        if key is None or (cut is not None and key_to is None) or self._is_said("key", words):
            return
        if not self.phrases:
            if key_to is not None:
                help = "a section is in one key; a phrase moves from one to another: `4 bars home to V`"
                words.fault("bad-section", "a section does not change its key", help, words.setting.span)
                return
            self.section = replace(self.section, key=key)
        else:
            self.phrases[-1] = replace(self.phrases[-1], key=key, key_to=key_to)

    def _wish(self, words: Words, named: Sequence[Word]) -> KeyWish | None:
        if len(named) == 1 and isinstance(named[0], Name):
            said, home = named[0].text, self.settings.key or ANY_KEY
            if self.phrases and self.section.key is not None:
                home = key_of(self.section.key, home)
            try:
                key = key_of(said, home)
            except ValueError as error:
                if _NUMERAL.match(said):
                    help = "a key is named by a major or minor triad, as in `in V`, `in vi`, `in bVII`"
                    words.fault("bad-key", f"{said} is no key in {home.mode}: {error}", help, named[0].span)
                    return None
            else:
                return None if _is_too_far(key, words, named[0].span) else said
        return read_key(words, named)

    def _meter(self, words: Words) -> None:
        meter = read_meter(words)
        if meter is not None and not self._is_said("meter", words):
            self._say("meter", meter)

    def _tempo(self, words: Words) -> None:
        tempo = read_tempo(words)
        if tempo is not None and not self._is_said("tempo", words):
            self._say("tempo", tempo)

    def _say(self, what: str, value: object) -> None:
        if self.phrases:
            self.phrases[-1] = replace(self.phrases[-1], **{what: value})  # type: ignore[arg-type]
        else:
            self.section = replace(self.section, **{what: value})  # type: ignore[arg-type]

    def _is_said(self, what: str, words: Words) -> bool:
        """Whether the phrase, or the section before its phrases, has said so already; that is reported."""
        said = getattr(self.phrases[-1] if self.phrases else self.section, what) is not None
        if said:
            of = "phrase" if self.phrases else "section"
            words.fault("said-twice", f"one {of} has one {what}", None, words.setting.span)
        return said

    def _pickup(self, words: Words) -> None:
        length = read_pickup(words, self.section.meter or self.settings.meter)
        if length is not None:
            self.section = replace(self.section, pickup=length)


def _is_too_far(key: Key, words: Words, span: Span) -> bool:
    """Whether a key would need a signature of double accidentals; reported where it does."""
    try:
        Key.parse(key.name)
    except ValueError as error:
        words.fault("bad-key", str(error), None, span)
        return True
    return False


def read_pickup(words: Words, meter: Meter | None) -> Fraction | None:
    """The words left as an upbeat in a meter, `none` or `0` for none; reported where they are no length."""
    start: Span = words.span
    if plain(words.left) in ("0", "none"):
        return Fraction(0)
    length = words.duration()
    if length is None or not words.end():
        return None
    if meter is not None and length >= meter.bar_length:
        message = f"a pickup is shorter than a bar, and a bar of {meter} lasts {meter.bar_length}"
        words.fault("bad-pickup", message, None, start)
        return None
    return length
