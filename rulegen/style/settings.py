"""What a style and its blocks may say: tables of words, each with what reads its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from rulegen.language.syntax import FormLine, Kit, Name, Setting, Span, VoiceRange
from rulegen.perform.timing import WishedTimes
from rulegen.score.timeline import Tempo
from rulegen.style.faults import suggestion
from rulegen.style.text import Text
from rulegen.style.values import TempoRange, read_key, read_meter, read_tempo_range
from rulegen.style.words import Words, split
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

USUAL_TEMPO = Tempo(96)
LONGEST_PIECE = 3_600  # seconds

_NOT_YET = (
    "keep cadence motif changes talea color lyrics rests density accent syncopation "
    "contour tessitura progression pedal modulation"
)
NOT_YET = {word: f"`{word}` is not in this version of rulegen" for word in _NOT_YET.split()} | {
    "swing": "`swing` is how a piece is played: write `perform { swing 2:1 }`"
}
"""Words that the language knows and this version does not."""


@dataclass(slots=True)
class Said:
    """What was said: the values of each word in the order of the text (None: at fault), and where."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    settings: dict[str, list[Setting]] = field(default_factory=dict)

    def last(self, word: str, usual: Any = None) -> Any:
        """The value of a word that is said once; the usual one where it is not, or not rightly."""
        values = [value for value in self.values.get(word, ()) if value is not None]
        return values[-1] if values else usual

    def __contains__(self, word: str) -> bool:
        return word in self.settings

    def span(self, word: str) -> Span:
        """Where a word is said first."""
        return self.settings[word][0].keyword.span


@dataclass(frozen=True, slots=True)
class SettingTable:
    """The words that a style or one of its blocks may say, and what reads the values of each.

    A reader takes the words after its own and reports what it cannot read; what it leaves is too much.
    `again`: words that may be said more than once; `elsewhere`: words that are read elsewhere; `apart`: each
    line says one thing, where else several may stand in one (`every beat close 1/2`).
    """

    owner: str  # as in "is nothing that a rhythm says"
    readers: Mapping[str, Callable[[Words], Any]]
    again: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    apart: bool = False

    def read(self, statements: Iterable[Setting | VoiceRange | Kit | FormLine], text: Text) -> Said:
        """What is said; faults are reported."""
        said = Said()
        for statement in statements:
            if not isinstance(statement, Setting):
                message = f"this is nothing that {self.owner} says"
                text.report("unknown-setting", message, (statement.span, "here"))
            elif statement.keyword.text not in self.elsewhere:
                for setting in self._parts(statement):
                    self._read(setting, said, text.about(statement))
        return said

    def _parts(self, statement: Setting) -> Iterator[Setting]:
        return iter((statement,)) if self.apart else split(statement, self.readers)

    def _read(self, setting: Setting, said: Said, text: Text) -> None:
        word, span = setting.keyword.text, setting.keyword.span
        reader = self.readers.get(word)
        if reader is None:
            self._report_unknown(word, span, text)
            return
        if word in said and word not in self.again:
            marks = (span, "again here"), (said.span(word), "first here")
            text.report("said-twice", f"`{word}` is said twice", *marks)
        words = Words(setting, text)
        said.settings.setdefault(word, []).append(setting)
        said.values.setdefault(word, []).append(reader(words))
        if words.at:  # else the reader has said what it wants
            words.end()

    def _report_unknown(self, word: str, span: Span, text: Text) -> None:
        if word in NOT_YET:
            report_not_yet(word, span, text)
        else:
            help = suggestion(word, self.readers)
            message = f"`{word}` is nothing that {self.owner} says"
            text.report("unknown-setting", message, (span, "here"), help=help)


def report_not_yet(word: str, span: Span, text: Text) -> None:
    """Says of a word of the language that this version cannot do what it asks."""
    text.report("not-yet", NOT_YET[word], (span, "not yet"))


_FROM = "key from"
_OF_STYLES = SettingTable(
    "a style",
    {
        "title": Words.quoted,
        "composer": Words.quoted,
        "meter": read_meter,
        "key": lambda words: read_key(words, words.rest()),
        _FROM: lambda words: words.name("the name of a given voice"),
        "tempo": read_tempo_range,
        "duration": lambda words: _seconds(words),
        "cadence": lambda words: _cadence(words),
        "loop": lambda words: words.name("`yes` or `no`", ("yes", "no")),
        "rhythm": lambda words: words.name("`first`", ("first",)),
    },
    elsewhere=("form", "pickup", "repeats", "model", "pattern"),
    again=("cadence",),
    apart=True,
)


def _seconds(words: Words) -> Fraction | None:
    """`30 s`: a time in seconds."""
    start = words.span
    found = words.number("seconds, as in `30 s`")
    if found is None:
        return None
    if not words.skip("s"):
        words.fault("bad-setting", f"`{words.setting.keyword.text}` wants seconds, as in `30 s`")
    elif not 0 < found <= LONGEST_PIECE:
        words.fault("bad-setting", f"a time lies between 0 and {LONGEST_PIECE} seconds", None, start)
    else:
        return found
    return None


def _cadence(words: Words) -> Fraction | None:
    """`at 12.5 s`."""
    if not words.skip("at"):
        words.fault("bad-setting", "`cadence` says when one comes, as in `cadence at 12.5 s`")
        return None
    return _seconds(words)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set once for the whole piece, and where; None for what is not set, or not rightly."""

    title: str | None = None
    composer: str | None = None
    meter: Meter | None = None
    key: Key | None = None
    key_from: str | None = None
    key_from_span: Span | None = None
    tempo: Tempo = USUAL_TEMPO
    rhythm_first: bool = False
    timing: WishedTimes = WishedTimes()
    timing_span: Span | None = None  # where times are asked for


def read_settings(statements: Iterable[Setting], text: Text) -> Settings:
    """The settings of a style; `form`, `pickup` and `repeats` are left to the form."""
    said = _OF_STYLES.read(map(_told_apart, statements), text)
    tempi: TempoRange = said.last("tempo") or TempoRange(USUAL_TEMPO)
    cadences = tuple(each for each in said.values.get("cadence", ()) if each is not None)
    timing = WishedTimes(
        said.last("duration"), cadences, tempi.slowest, tempi.fastest, said.last("loop") == "yes"
    )
    asked = [said.span(word) for word in ("duration", "cadence") if word in said]
    if list(cadences) != sorted(set(cadences)):
        text.report("bad-setting", "the times of cadences go up", (said.span("cadence"), "from here"))
        timing = replace(timing, cadences=())
    elif cadences and timing.seconds is not None and cadences[-1] >= timing.seconds:
        text.report("bad-setting", "a cadence comes after the end", (said.span("cadence"), "here"))
        timing = replace(timing, cadences=())
    voices = said.settings.get(_FROM, ())
    return Settings(
        **{word: said.last(word) for word in ("title", "composer", "meter", "key")},
        key_from=said.last(_FROM),
        key_from_span=next((each.words[0].span for each in voices if each.words), None),
        tempo=tempi.tempo,
        rhythm_first="rhythm" in said,
        timing=timing,
        timing_span=min(asked, key=lambda span: span.start, default=None),
    )


def _told_apart(statement: Setting) -> Setting:
    """`key from soprano` holds beside the key that is said for when nothing is given: a word of its own."""
    first = statement.words[0] if statement.words else None
    if statement.keyword.text != "key" or not isinstance(first, Name) or first.text != "from":
        return statement
    keyword = Name(_FROM, statement.keyword.span)
    return Setting(keyword, statement.words[1:], statement.span)
