"""The words of a setting, read one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.language.syntax import Name, Number, Quoted, Setting, Span
from rulegen.style.faults import listing, suggestion
from rulegen.style.text import Text
from rulegen.theory.duration import duration_name, parse_duration
from rulegen.theory.meter import Meter

SHORTEST, LONGEST = Fraction(1, 128), Fraction(32)  # durations that are worth reading, in whole notes
HEAVIEST = 50  # nats
_MOST_WORDS = 5  # of one duration: double dotted thirty - second

_NAMES = ("whole", "half", "quarter", "eighth", "sixteenth", "thirty-second", "dotted", "triplet")

Word = Name | Number | Quoted


@dataclass(slots=True)
class Words:
    """A place in the words of a setting; faults are reported at the word that is read."""

    setting: Setting
    text: Text
    at: int = field(default=0)
    is_faulty: bool = False  # what is left then is left for that reason

    @property
    def left(self) -> tuple[Word, ...]:
        """The words not read yet."""
        return self.setting.words[self.at :]

    @property
    def span(self) -> Span:
        """Where the next word stands, or the setting's keyword where none is left."""
        return self.left[0].span if self.left else self.setting.keyword.span

    def take(self) -> Word | None:
        """The next word, which is then read."""
        if not self.left:
            return None
        self.at += 1
        return self.setting.words[self.at - 1]

    def rest(self) -> tuple[Word, ...]:
        """All words that are left, which are then read."""
        left = self.left
        self.at += len(left)
        return left

    def is_next(self, word: str) -> bool:
        """Whether a name of this text comes next."""
        return bool(self.left) and isinstance(self.left[0], Name) and self.left[0].text == word

    def skip(self, word: str) -> bool:
        """Reads a name of this text if it comes next."""
        found = self.is_next(word)
        self.at += found
        return found

    def fault(self, code: str, message: str, help: str | None = None, span: Span | None = None) -> None:
        """Reports a fault at the next word."""
        self.is_faulty = True
        self.text.report(code, message, (span or self.span, "here"), help=help)

    def name(self, what: str, among: Iterable[str] | None = None) -> str | None:
        """The next word as a name, one of a set where there is one; reported where it is not."""
        word = self.left[0] if self.left else None
        known = None if among is None else tuple(among)
        if isinstance(word, Name) and (known is None or word.text in known):
            self.at += 1
            return word.text
        help = None
        if known is not None:
            near = suggestion(word.text, known) if isinstance(word, Name) else None
            help = near or f"one of {listing(known, 'or')}"
        self.fault("bad-setting", f"`{self.setting.keyword.text}` wants {what} here", help)
        return None

    def number(self, what: str) -> Fraction | None:
        """The next word as a number; reported where it is none."""
        word = self.left[0] if self.left else None
        if isinstance(word, Number):
            self.at += 1
            return word.value
        self.fault("bad-setting", f"`{self.setting.keyword.text}` wants {what} here")
        return None

    def log_weight(self, start: Span) -> float:
        """`weight` and a number, in nats, which may be below 0; 0 where none is said. `start`: of what."""
        if not self.skip("weight"):
            return 0.0
        sign = -1 if self.skip("-") else 1
        number = self.number("a weight, in nats")
        if number is None:
            self.take()
        elif number > HEAVIEST:
            self.fault("bad-weight", f"a weight is at most {HEAVIEST}", None, start)
        return sign * float(min(number or Fraction(0), Fraction(HEAVIEST)))

    def duration(self, others: Iterable[str] = ()) -> Fraction | None:
        """The next words as a duration: `1/8`, `dotted quarter`; reported where they are none, with `others`
        that might have been meant.
        """
        start, first = self.span, self.left[0] if self.left else None
        found = self._ratio() if self.left and isinstance(self.left[0], Number) else self._named_duration()
        if found is None:
            near = suggestion(first.text, (*_NAMES, *others)) if isinstance(first, Name) else None
            help = near or "a duration is written as in `1/8` or `dotted quarter`"
            self.fault("bad-duration", f"`{self.setting.keyword.text}` wants a duration here", help, start)
        elif not SHORTEST <= found <= LONGEST:
            message = f"a duration lies between {SHORTEST} and {LONGEST} whole notes"
            self.fault("bad-duration", message, None, start)
            return None
        return found

    def pulse(self, meter: Meter | None) -> str | Fraction | None:
        """The next words as what comes again and again: `beat`, `bar`, `half bar`, or a duration of which
        some make a bar of the meter (or some bars one of it). None where they are nothing of that.
        """
        start = self.span
        if self.is_next("half") and len(self.left) > 1:  # `half` alone is a duration
            self.take()
            if self.skip("bar"):
                return "half bar"
            self.fault("bad-duration", "`half` what? Write `half bar`, or `1/2`", None, start)
            return None
        named = next((word for word in ("beat", "bar") if self.skip(word)), None)
        found = named or self.duration(("beat", "bar", "half bar"))
        if isinstance(found, Fraction) and meter is not None and not meter.is_divided_by(found):
            message = f"a bar of {meter} cannot be divided into notes of {duration_name(found)}"
            help = f"write `{meter.nearest_division(found)}`, which is the nearest that divides it"
            self.fault("uneven-division", message, help, start)
        return found

    def _ratio(self) -> Fraction | None:
        above = self.number("a duration")
        if above is None or not self.skip("/"):
            return above
        below = self.number("a duration")
        return None if below is None or below == 0 else above / below

    def _named_duration(self) -> Fraction | None:
        for count in range(min(_MOST_WORDS, len(self.left)), 0, -1):
            words = [each.text if isinstance(each, Name) else "?" for each in self.left[:count]]
            try:
                found = parse_duration(" ".join(words).replace(" - ", "-"))
            except ValueError:
                continue
            self.at += count
            return found
        return None

    def quoted(self) -> str | None:
        """The next word as a quoted text; reported where it is none."""
        word = self.take()
        if isinstance(word, Quoted):
            return word.value
        self.at -= word is not None
        keyword = self.setting.keyword.text
        self.fault("bad-setting", f"`{keyword}` wants a quoted text", f'write `{keyword} "…"`')
        return None

    def end(self) -> bool:
        """Whether all words are read; the first that is left is reported."""
        if self.left and not self.is_faulty:
            self.fault("too-much", f"this is too much for `{self.setting.keyword.text}`")
        return not self.left

    def separated(self, read: Callable[[], object]) -> None:
        """Reads to the end what stands between commas, or without commas one after another."""
        while self.left:
            before = self.at
            read()
            self.skip(",")
            if self.at == before:
                return


def split(setting: Setting, keywords: Iterable[str]) -> Iterator[Setting]:
    """The setting, parted where another keyword stands among its words: `every beat close 1/2`."""
    known = tuple(keywords)
    keyword, words = setting.keyword, list[Word]()
    for word in setting.words:
        if isinstance(word, Name) and word.text in known and words:
            yield Setting(keyword, tuple(words), Span(keyword.span.start, words[-1].span.end))
            keyword, words = word, []
        else:
            words.append(word)
    end = words[-1].span.end if words else keyword.span.end
    yield Setting(keyword, tuple(words), Span(keyword.span.start, end))


def plain(words: Iterable[Word]) -> str:
    """The words as one text."""
    shown = (
        str(word.value) if isinstance(word, Number) else word.value if isinstance(word, Quoted) else word.text
        for word in words
    )
    return " ".join(shown)
