"""The form of a style: sections with their phrases, and the order in which they are stated."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.language.syntax import BlockStatement, FormLine, Name, Setting, Span
from rulegen.score.events import REPEAT_STYLES
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Form, PhrasePlan, Place, SectionPlan
from rulegen.style.narrowings import CADENCES
from rulegen.style.settings import Settings
from rulegen.style.text import Text
from rulegen.style.words import Words

MOST_BARS = 4000  # of a whole piece
FINEST = 64  # parts of a whole note in which a phrase may end


@dataclass(slots=True)
class FormReader:
    """Reads all that a style says of its form."""

    text: Text
    settings: Settings
    sections: dict[str, SectionPlan | None] = field(default_factory=dict)  # None: faulty
    lines: dict[str, FormLine] = field(default_factory=dict)
    order: list[Name] | None = None
    piece: FormLine | None = None
    repeats: str | None = None
    pickup: Fraction = Fraction(0)
    fermatas: bool = False
    from_voice: Name | None = None
    place: Place | None = None
    is_said: bool = False
    is_sure: bool = True  # that nothing is missing: no fault of syntax stands in it

    def block(self, block: BlockStatement) -> None:
        """Reads `form { … }`."""
        text = self.text
        if self.is_said:
            text.report("said-twice", "a style has one form", (block.keyword.span, "a second one"))
        self.is_said = True
        self.is_sure = self.is_sure and not self.text.is_damaged(block)
        self.place = Place(text.source, block.keyword.span)
        for statement in block.statements:
            if isinstance(statement, FormLine):
                self._line(statement, text)
            elif isinstance(statement, Setting):
                self.setting(statement, text)

    def setting(self, setting: Setting, text: Text) -> None:
        """Reads `form from soprano`, `pickup 1/4` or `repeats written`."""
        words = Words(setting, text)
        word = setting.keyword.text
        if word == "form":
            self._from_voice(words, text)
        elif word == "pickup":
            self._pickup(words)
        elif word == "repeats":
            if self.repeats is not None:
                text.report("said-twice", "`repeats` is said twice", (setting.keyword.span, "again here"))
            self.repeats = words.name("how repeats are written", REPEAT_STYLES) or self.repeats
            words.end()
        elif word == "hold":
            self.fermatas = words.name("what is held: phrases", ("phrases",)) is not None
            words.end()
        elif word in ("key", "meter", "tempo"):
            message = f"`{word}` holds for the whole piece in this version: write it outside the form"
            text.report("not-yet", message, (setting.keyword.span, "here"))
        else:
            help = suggestion(word, ("pickup", "repeats", "hold", "piece"))
            text.report(
                "unknown-setting",
                f"`{word}` is nothing that a form says",
                (setting.keyword.span, "here"),
                help=help,
            )

    def _from_voice(self, words: Words, text: Text) -> None:
        if self.from_voice is not None:
            text.report("said-twice", "a style has one form", (words.setting.keyword.span, "a second one"))
        self.place = self.place or Place(text.source, words.setting.span)
        span_of = {id(each): each for each in words.setting.words if isinstance(each, Name)}
        if not words.skip("from"):
            words.fault("bad-setting", "write `form from soprano`, or the form in braces")
            return
        last = list(span_of.values())[-1]
        if words.name("the name of a given voice") is not None and words.end():
            self.from_voice = last

    def _pickup(self, words: Words) -> None:
        start = words.span
        length = words.duration()
        if length is None or not words.end():
            return
        meter = self.settings.meter
        if meter is not None and length >= meter.bar_length:
            message = f"a pickup is shorter than a bar, and a bar of {meter} lasts {meter.bar_length}"
            words.fault("bad-pickup", message, None, start)
            return
        self.pickup = length

    def _line(self, line: FormLine, text: Text) -> None:
        name = line.name
        first = self.piece if name.text == "piece" else self.lines.get(name.text)
        if first is not None:
            marks = (name.span, "again here"), (first.name.span, "first here")
            text.report("said-twice", f"`{name.text}` is said twice", *marks)
            return
        is_order = bool(line.clauses) and line.clauses[0].keyword.text in ("=", "->")
        if text.source.text[name.span.end :].lstrip().startswith("->"):
            help = f"write `{name.text} = …`"
            text.report("bad-section", "a line of a form is said with `=`", (line.span, "here"), help=help)
        if name.text == "piece":
            self.piece = line
            self._order(line, is_order, text)
            return
        self.lines[name.text] = line
        self.sections[name.text] = None
        if is_order:
            help = f"write its bars and its cadence, as in `{name.text} = 4 bars, cadence half`"
            text.report(
                "bad-section",
                f"`{name.text}` is a section: say how long it is",
                (line.span, "here"),
                help=help,
            )
            return
        phrases = self._phrases(line, text)
        if phrases is not None:
            self.sections[name.text] = SectionPlan(name.text, phrases, Place(text.source, line.span))

    def _order(self, line: FormLine, is_order: bool, text: Text) -> None:
        names = [each for each in line.clauses[0].words if isinstance(each, Name)] if is_order else []
        wrong = [each for clause in line.clauses for each in clause.words if not isinstance(each, Name)]
        if not names or wrong:
            span = wrong[0].span if wrong else line.span
            help = "write `piece = A A B`"
            text.report("bad-order", "a piece is sections in their order", (span, "here"), help=help)
            return
        self.order = [each for each in names if each.text != ","]

    def _phrases(self, line: FormLine, text: Text) -> tuple[PhrasePlan, ...] | None:
        phrases: list[PhrasePlan] = []
        before = len(text.faults)
        for clause in line.clauses:
            words = Words(clause, text)
            if clause.keyword.text in ("bars", "bar"):
                bars = self._bars(words)
                phrases.append(PhrasePlan(bars or Fraction(1), None))
            elif clause.keyword.text == "cadence":
                self._cadence(words, phrases)
            else:
                self._other_clause(clause, text)
        if not phrases and len(text.faults) == before:
            help = "a phrase begins with its length, as in `4 bars, cadence half`"
            text.report("bad-section", f"`{line.name.text}` has no length", (line.span, "here"), help=help)
        return tuple(phrases) if len(text.faults) == before else None

    def _other_clause(self, clause: Setting, text: Text) -> None:
        word = clause.keyword.text
        known = "bars beats opens ends key meter tempo vary like follow repeats pickup opening final duration"
        if word in known.split():
            message = f"`{word}` is not said of a section in this version of rulegen"
            text.report("not-yet", message, (clause.keyword.span, "not yet"))
            return
        help = suggestion(word, ("bars", "cadence")) or "a section is said as in `4 bars, cadence half`"
        text.report(
            "bad-section",
            f"`{word}` is nothing that a section says",
            (clause.keyword.span, "here"),
            help=help,
        )

    def _bars(self, words: Words) -> Fraction | None:
        start = words.span
        if start.start > words.setting.keyword.span.start:
            help = "write `4 bars`, and a comma between two phrases"
            words.fault("bad-length", "the number of bars stands before `bars`", help, words.setting.span)
            return None
        bars = words.number("a number of bars")
        if bars is None or not words.end():
            return None
        meter = self.settings.meter
        length = bars * (meter.bar_length if meter else 1)
        if not 0 < bars <= MOST_BARS or FINEST % length.denominator:
            message = f"a phrase has some bars, up to {MOST_BARS}"
            words.fault("bad-length", message, None, start)
            return None
        return bars

    def _cadence(self, words: Words, phrases: list[PhrasePlan]) -> None:
        cadence = words.name("a kind of cadence", (*CADENCES, "none"))
        if cadence is None or not words.end():
            return
        span = words.setting.span
        if not phrases:
            words.fault(
                "bad-section", "a cadence ends a phrase: say the bars of the phrase first", None, span
            )
        elif phrases[-1].cadence is not None:
            words.fault("said-twice", "one phrase has one cadence", "a new phrase begins with its bars", span)
        else:
            phrases[-1] = PhrasePlan(phrases[-1].bars, None if cadence == "none" else cadence)

    def form(self) -> Form | None:
        """The form, or None where it is faulty or not said (which is reported elsewhere)."""
        leader = None if self.from_voice is None else self.from_voice.text
        repeats = self.repeats or REPEAT_STYLES[0]
        if leader is not None and not self.is_said:
            return Form((), (), repeats, self.pickup, leader, self.place, self.fermatas)
        if not self.is_said or not self.is_sure:
            return None
        order = self._checked_order()
        sections = [each for each in self.sections.values() if each is not None]
        if order is None or len(sections) < len(self.sections):
            return None
        lengths = {each.name: sum((phrase.bars for phrase in each.phrases), Fraction(0)) for each in sections}
        if sum(lengths[name] for name in order) > MOST_BARS:
            self._report(f"a piece has at most {MOST_BARS} bars", "too-long")
            return None
        ordered = {each.name: each for each in sections}
        kept = tuple(ordered[name] for name in dict.fromkeys(order))
        return Form(
            kept,
            tuple(order),
            repeats,
            self.pickup,
            leader,
            self.place,
            self.fermatas,
        )

    def _checked_order(self) -> list[str] | None:
        if self.order is None:
            if self.piece is not None:
                return None
            if len(self.sections) == 1:
                return list(self.sections)
            self._report(
                "the form does not say in what order its sections stand", "no-order", "add `piece = A A B`"
            )
            return None
        for name in self.order:
            if name.text not in self.sections:
                known = f"there {'are' if len(self.sections) > 1 else 'is'} {listing(self.sections)}"
                help = suggestion(name.text, self.sections) or (known if self.sections else None)
                message = f"there is no section called `{name.text}`"
                self.text.report("unknown-section", message, (name.span, "not known"), help=help)
        order = [name.text for name in self.order]
        for label, line in self.lines.items():
            if label not in order:
                message = f"the section `{label}` is never stated"
                help = "state it in `piece = …`, or take it out"
                self.text.report("unused-section", message, (line.name.span, "not used"), help=help)
        return order if set(order) == set(self.sections) else None

    def _report(self, message: str, code: str, help: str | None = None) -> None:
        span = self.place.span if self.place else Span(0, 0)
        self.text.report(code, message, (span, "this form"), help=help)
