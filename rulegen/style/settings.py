"""The settings of a whole style: title, composer, meter, key and tempo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulegen.language.syntax import Name, Number, Setting, Span
from rulegen.score.timeline import Tempo
from rulegen.style.faults import suggestion
from rulegen.style.text import Text
from rulegen.style.words import Word, Words, plain
from rulegen.theory.meter import Meter
from rulegen.theory.scale import MODES, Key

USUAL_TEMPO = Tempo(96)
SLOWEST, FASTEST = 5, 600
LARGEST_METER = 64

NOT_YET = {
    "embellish": "embellishment is not in this version of rulegen",
    **{
        word: f"`{word}` is not in this version of rulegen"
        for word in (
            "keep",
            "duration",
            "cadence",
            "motif",
            "pattern",
            "changes",
            "swing",
            "talea",
            "color",
            "lyrics",
            "rests",
            "density",
            "accent",
            "syncopation",
            "euclid",
            "contour",
            "tessitura",
            "dynamics",
            "articulation",
            "progression",
            "pedal",
            "modulation",
        )
    },
}
"""Words that the language knows and this version does not."""


@dataclass(slots=True)
class Settings:
    """What is set once for the whole piece, and where; None for what is not set, or not rightly."""

    title: str | None = None
    composer: str | None = None
    meter: Meter | None = None
    key: Key | None = None
    key_from: str | None = None
    key_from_span: Span | None = None
    tempo: Tempo = USUAL_TEMPO


def read_settings(statements: tuple[Setting, ...], text: Text) -> Settings:
    """The settings of a style; `form`, `pickup` and `repeats` are left to the form."""
    settings = Settings()
    seen: dict[str, Setting] = {}
    readers = {"title": _title, "composer": _composer, "meter": _meter, "key": _key, "tempo": _tempo}
    for statement in statements:
        word = statement.keyword.text
        here = text.about(statement)
        if word in NOT_YET:
            report_not_yet(word, statement.keyword.span, here)
        elif word in readers:
            saying = word + " from" * _is_from(statement)
            if saying in seen:
                marks = (statement.keyword.span, "again here"), (seen[saying].keyword.span, "first here")
                here.report("said-twice", f"`{word}` is said twice", *marks)
            seen.setdefault(saying, statement)
            readers[word](Words(statement, here), settings)
        elif word not in ("form", "pickup", "repeats", "model"):
            help = suggestion(word, readers)
            here.report(
                "unknown-setting",
                f"nothing is called `{word}` here",
                (statement.keyword.span, "here"),
                help=help,
            )
    return settings


def _is_from(statement: Setting) -> bool:
    """Whether it says `from soprano`, which holds beside what is said for when nothing is given."""
    first = statement.words[0] if statement.words else None
    return isinstance(first, Name) and first.text == "from"


def report_not_yet(word: str, span: Span, text: Text) -> None:
    """Says of a word of the language that this version cannot do what it asks."""
    text.report("not-yet", NOT_YET[word], (span, "not yet"))


def _title(words: Words, settings: Settings) -> None:
    settings.title = words.quoted()
    words.end()


def _composer(words: Words, settings: Settings) -> None:
    settings.composer = words.quoted()
    words.end()


def _meter(words: Words, settings: Settings) -> None:
    settings.meter = read_meter(words) or settings.meter


def read_meter(words: Words) -> Meter | None:
    """The words left as a meter; reported where they are none."""
    span = words.span
    large = [each for each in words.left if isinstance(each, Number) and each.value > LARGEST_METER]
    if large:
        words.fault("bad-meter", f"no number of a meter is above {LARGEST_METER}", None, large[0].span)
        return None
    try:
        return Meter.parse(plain(words.left))
    except ValueError as error:
        words.fault("bad-meter", str(error), None, span)
        return None


def _key(words: Words, settings: Settings) -> None:
    if words.skip("from"):
        settings.key_from_span = words.span
        settings.key_from = words.name("the name of a given voice")
        words.end()
        return
    settings.key = read_key(words, words.left) or settings.key


def read_key(words: Words, named: Sequence[Word]) -> Key | None:
    """The key that some of the words name; reported where they name none."""
    try:
        return Key.parse(plain(named))
    except ValueError as error:
        near = suggestion(plain(named[-1:]), MODES) if named else None
        start = named[0].span.start if named else words.span.start
        end = named[-1].span.end if named else words.setting.span.end
        words.fault("bad-key", str(error), near, Span(start, end))
        return None


def _tempo(words: Words, settings: Settings) -> None:
    settings.tempo = read_tempo(words) or settings.tempo


def read_tempo(words: Words) -> Tempo | None:
    """The words left as a tempo, `quarter = 72` or quarters alone; reported where they are none."""
    start = words.span
    beat = Fraction(1, 4)
    if len(words.left) > 1:
        found = words.duration()
        if found is None:
            return None
        beat = found
        if not words.skip("="):
            words.fault("bad-setting", "a tempo is written as in `tempo quarter = 72`")
            return None
    count = words.number("the number of beats in a minute")
    if count is None or not words.end():
        return None
    quarters = count * beat * 4
    if not SLOWEST <= quarters <= FASTEST:
        words.fault(
            "bad-tempo", f"a tempo lies between {SLOWEST} and {FASTEST} quarters a minute", None, start
        )
        return None
    return Tempo(float(count), beat)
