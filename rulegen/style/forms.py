"""The form of a style: sections with their phrases, and the order in which they are stated."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.language.syntax import BlockStatement, FormLine, Name, Setting, Span
from rulegen.score.events import REPEAT_STYLES
from rulegen.score.timeline import MeterChange, Timeline
from rulegen.style.faults import listing, suggestion
from rulegen.style.layout import ANY_KEY, Base, followers, pickup_of, timeline_of_form
from rulegen.style.model import Form, Place, SectionPlan
from rulegen.style.sections import MOST_BARS, SectionReader, read_pickup
from rulegen.style.settings import Settings
from rulegen.style.text import Text
from rulegen.style.words import Words


@dataclass(slots=True)
class FormReader:
    """Reads all that a style says of its form."""

    text: Text
    settings: Settings
    layout: Text  # its faults are what hinders the form from being laid out
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
            self.pickup = read_pickup(words, self.settings.meter) or self.pickup
        elif word == "repeats":
            if self.repeats is not None:
                text.report("said-twice", "`repeats` is said twice", (setting.keyword.span, "again here"))
            self.repeats = words.name("how repeats are written", REPEAT_STYLES) or self.repeats
            words.end()
        elif word == "hold":
            self.fermatas = words.name("what is held: phrases", ("phrases",)) is not None
            words.end()
        elif word in ("key", "meter", "tempo"):
            help: str | None
            example = {"key": "in G minor", "meter": "meter 3/4", "tempo": "tempo quarter = 72"}[word]
            help = f"of a section it is said as in `A = {example}, 8 bars`"
            message = f"`{word}` of the whole piece is written outside the form"
            text.report("bad-setting", message, (setting.keyword.span, "here"), help=help)
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
        self.sections[name.text] = SectionReader(line, text, self.settings).read()

    def _order(self, line: FormLine, is_order: bool, text: Text) -> None:
        names = [each for each in line.clauses[0].words if isinstance(each, Name)] if is_order else []
        wrong = [each for clause in line.clauses for each in clause.words if not isinstance(each, Name)]
        if not names or wrong:
            span = wrong[0].span if wrong else line.span
            help = "write `piece = A A B`"
            text.report("bad-order", "a piece is sections in their order", (span, "here"), help=help)
            return
        self.order = [each for each in names if each.text != ","]

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
        form = Form(kept, tuple(order), repeats, self.pickup, leader, self.place, self.fermatas)
        return form if self._lies_in_bars(form) else None

    def _lies_in_bars(self, form: Form) -> bool:
        """Whether upbeats and changes of meter fall where bars can have them; reported where they do not."""
        faults, plans = self.layout.faults, {section.name: section for section in form.sections}
        before = len(faults)
        for name, after in followers(form).items():
            upbeats = {pickup_of(plans[each], form): each for each in reversed(after)}
            if len(upbeats) > 1:
                shown = " and ".join(f"`{each}` ({length or 'none'})" for length, each in upbeats.items())
                message = (
                    f"`{name}` comes before different upbeats, {shown}, and its last bar is always the same"
                )
                help = "give both the same `pickup`, or state what stands before them under two names"
                self._fault("bad-pickup", message, plans[name].place, help)
        if self.settings.meter is None or len(faults) > before:
            return len(faults) == before
        base = Base(self.settings.key or ANY_KEY, self.settings.meter, self.settings.tempo)
        timeline = timeline_of_form(form, base)
        phrases = [phrase for name in form.order for phrase in plans[name].phrases]
        for laid, plan in zip(timeline.phrases, phrases, strict=True):
            change = next((each for each in timeline.meters[1:] if each.onset == laid.onset), None)
            if laid.end <= laid.onset:
                self._fault("bad-pickup", "the upbeat that follows leaves nothing of it", plan.place)
            elif change is not None and not _fits(timeline, change):
                was = timeline.meters[timeline.meters.index(change) - 1].meter
                message = (
                    f"the meter changes to {change.meter} within a bar of {was}, "
                    "which the phrase before does not fill"
                )
                self._fault("bad-meter", message, plan.place, "give the phrase before it whole bars")
        return len(faults) == before

    def _fault(self, code: str, message: str, place: Place | None, help: str | None = None) -> None:
        span = place.span if place is not None else Span(0, 0)
        self.layout.report(code, message, (span, "here"), help=help)

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


def _fits(timeline: Timeline, change: MeterChange) -> bool:
    """Whether the bar before a change of meter is full, or short by the upbeat to the next."""
    before = timeline.meters[timeline.meters.index(change) - 1]
    length = before.meter.bar_length
    return (change.onset + change.upbeat - before.onset - before.upbeat) % length in (0, change.upbeat)
