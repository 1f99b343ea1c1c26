"""The checked meaning of a file: rules, uses, and all that a style says of voices, form, harmony, rhythm and
melody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

from rulegen.errors import Diagnostic
from rulegen.language.source import Source
from rulegen.language.syntax import Case, File, Span
from rulegen.perform.manner import Manner
from rulegen.perform.timing import WishedTimes
from rulegen.score.events import Voice
from rulegen.score.timeline import Phrase, Tempo, Timeline
from rulegen.style.expression import Binding, Literal, Typed
from rulegen.theory.chord import tonicised
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the text, so that every message can point there."""

    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class RuleParameter:
    """A parameter of a rule: its kind comes from its default."""

    name: str
    default: Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its page. Parameters appear in the expressions as Variables of their names."""

    name: str
    pack: str  # title or name of the file that defines it
    sentence: str
    sources: tuple[str, ...]
    manner: str  # "require" | "forbid" | "prefer" | "avoid"
    hard: bool  # whether `apply` makes it a hard rule
    weight: float  # nats, where `apply` makes it soft
    parameters: tuple[RuleParameter, ...]
    bindings: tuple[Binding, ...]
    when: Typed | None
    then: Typed | None
    unless: Typed | None
    say: tuple[str | Typed, ...]  # the message: text and expressions in turn
    cases: tuple[Case, ...] = field(compare=False, repr=False, default=())
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Narrow:
    """One narrowing of a use: where it holds, or where it does not (`excepted`).

    kind: voices, sections, bars, phrases, beats, strength (`strong` or `weak`), stage (`skeleton` or
    `surface`), cadences (names: kinds of cadence, empty for all).
    """

    kind: str
    excepted: bool
    names: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """One rule as one line asks for it, its arguments already written into the rule's expressions."""

    index: int  # its place among the style's uses
    verb: str  # "require" | "forbid" | "prefer" | "avoid"
    hard: bool
    weight: float  # nats a place, above 0; of no account where hard
    rule: Rule
    narrowings: tuple[Narrow, ...] = ()
    between: bool = False  # `between a, b`: the bound voices are just these
    limit: int | None = None  # `at most 2 per phrase`
    per: str = "piece"
    place: Place | None = field(compare=False, repr=False, default=None)
    pack: str | None = None  # the pack whose use this is; None: the style's own

    @property
    def content(self) -> str:
        """What tells it from others by what it says, wherever it stands."""
        return _content(replace(self, index=0))

    @property
    def title(self) -> str:
        """The use as one would say it: `forbid parallel_fifths`."""
        return f"{self.verb} {self.rule.name}"

    @property
    def stage(self) -> str | None:
        """The stage at which alone it is read, where it says one: `skeleton` or `surface`."""
        return next((each.names[0] for each in self.narrowings if each.kind == "stage"), None)


@lru_cache(maxsize=1 << 12)
def _content(use: Use) -> str:
    return hashlib.sha256(repr(use).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NoteDomain:
    """Which notes a voice may sound: `scale`, `chord`, `chromatic`, and classes named beside them."""

    kind: str  # "scale" | "chord" | "chromatic" | "listed" | "stroke"
    classes: tuple[PitchClass, ...] = ()
    leading_tone: bool = False  # the raised seventh of the mode too
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class PatternItem:
    """A part of a pattern: a note, a rest, or what is tied to the note before."""

    duration: Fraction
    kind: str = "note"  # "note" | "rest" | "tied"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm with a name."""

    name: str
    items: tuple[PatternItem, ...]
    place: Place | None = field(compare=False, repr=False, default=None)

    @property
    def length(self) -> Fraction:
        """How long it lasts."""
        return sum((item.duration for item in self.items), Fraction(0))


@dataclass(frozen=True, slots=True)
class Wait:
    """A rest before a voice begins: so many full bars, and a length."""

    bars: int = 0
    length: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a voice moves: evenly (`every`), in values or patterns with log weights, or not at all."""

    every: Fraction | None = None  # None: drawn, or with the harmony
    values: tuple[tuple[Fraction, float], ...] = ()  # (duration, log weight in nats)
    grid: Fraction | None = None
    close: Fraction | None = None  # the length of the last note of each phrase, where fixed
    pulse: str | None = None  # beat, bar, half bar, phrase or section, where that was said of `every`
    closes_with: str | None = None  # the last note of each phrase begins with its last `bar` or `half bar`
    patterns: tuple[tuple[Pattern, float], ...] = ()  # (pattern, log weight in nats)
    each: str | Fraction = "bar"  # what each pattern fills
    begin: Wait = Wait()  # silence where the piece begins, or each statement of the rhythm's section
    begin_phrases: Wait = Wait()  # and where each phrase does
    breath: Fraction = Fraction(0)  # and at the end of each phrase
    tacet: bool = False
    within_bars: bool = False  # no note that is drawn crosses a bar line
    together: bool = False  # its voices begin and end their notes together
    rests: tuple[tuple[Fraction, float], ...] = ()  # drawn among the values
    drawn: tuple[PatternItem, ...] = ()  # its notes and rests throughout the piece, where they are decided
    place: Place | None = field(compare=False, repr=False, default=None)

    @property
    def has_own_lengths(self) -> bool:
        """Whether its notes have lengths of several kinds that neither the harmony nor a pulse gives them."""
        return bool(self.values or self.patterns or self.drawn)

    @property
    def is_drawn(self) -> bool:
        """Whether there is a choice: of values, or of patterns that last as long as one another."""
        lengths = {pattern.length for pattern, _ in self.patterns}
        return bool(self.values) or len(lengths) < len(self.patterns)

    @property
    def follows_harmony(self) -> bool:
        """Whether its notes begin with the chords."""
        return not (self.tacet or self.has_own_lengths or self.every or self.pulse)

    def every_in(self, meter: Meter, usual: Meter) -> str | Fraction | None:
        """How the voice moves evenly in a meter, where the style has another as its usual one."""
        if self.pulse is not None and (self.every is None or meter != usual):
            return self.pulse
        return self.every

    def close_in(self, timeline: Timeline, phrase: Phrase) -> Fraction | None:
        """How long the last note of a phrase is, where that is fixed."""
        if self.closes_with is None:
            return self.close
        return phrase.end - max((phrase.onset, *timeline.points(phrase.onset, phrase.end, self.closes_with)))


@dataclass(frozen=True, slots=True)
class LocalRhythm:
    """How a voice moves in some sections or phrases."""

    where: Narrow
    rhythm: Rhythm

    def holds(self, section: str, phrase: int) -> bool:
        """Whether it is that of a phrase, by its section's name and its number in the piece."""
        ranges = self.where.ranges
        return section in self.where.names or any(first <= phrase <= last for first, last in ranges)


@dataclass(frozen=True, slots=True)
class AllowedKind:
    """A kind of foreign note that a voice may have. fits: whether a note `n` and those around it are of it,
    on the beats where it may be; weight: nats for each.
    """

    name: str
    weight: float
    fits: Typed
    place: Place | None = field(compare=False, repr=False, default=None)
    block: Place | None = field(compare=False, repr=False, default=None)  # where all kinds of its voice stand


@dataclass(frozen=True, slots=True)
class VoicePlan:
    """A voice, what it may sound and how it moves."""

    voice: Voice
    notes: NoteDomain
    rhythm: Rhythm
    ornaments: bool = False  # notes off the beat are ornaments: kept, graded as such, not harmonised
    clef: str | None = None
    instrument: str | None = None
    local_rhythms: tuple[LocalRhythm, ...] = ()  # those of phrases first, which come before those of sections
    kinds: tuple[AllowedKind, ...] = ()  # of notes that may be foreign to their chord
    place: Place | None = field(compare=False, repr=False, default=None)

    @property
    def name(self) -> str:
        """The voice's name."""
        return self.voice.name

    @property
    def rhythms(self) -> tuple[Rhythm, ...]:
        """All its rhythms."""
        return (self.rhythm, *(each.rhythm for each in self.local_rhythms))

    @property
    def is_drawn(self) -> bool:
        """Whether any of its rhythms is drawn."""
        return any(each.is_drawn for each in self.rhythms)

    @property
    def lengths(self) -> tuple[Fraction, ...]:
        """The values among which its rhythms choose, and the parts of their patterns."""
        values = (value for each in self.rhythms for value, _ in each.values)
        patterns = (pattern for each in self.rhythms for pattern, _ in each.patterns)
        return (*values, *(item.duration for pattern in patterns for item in pattern.items))

    @property
    def has_own_lengths(self) -> bool:
        """Whether its notes have lengths that neither the harmony nor one pulse gives them."""
        return bool(self.local_rhythms) or self.rhythm.has_own_lengths

    def local_rhythm(self, section: str, phrase: int) -> LocalRhythm | None:
        """The rhythm that a phrase has of its own."""
        return next((each for each in self.local_rhythms if each.holds(section, phrase)), None)


KeyWish = Key | str  # a key, or what it is to another: `home`, `V`, `vi`


def key_of(wish: KeyWish, home: Key) -> Key:
    """The key that is meant where home is known."""
    return wish if isinstance(wish, Key) else home if wish == "home" else tonicised(wish, home)


@dataclass(frozen=True, slots=True)
class PhrasePlan:
    """A phrase: its length in bars (Fraction: a pickup may be taken from it) and its cadence, or none; its
    key, and that to which it moves; its meter and tempo. What it does not say, its section says.
    """

    bars: Fraction
    cadence: str | None
    key: KeyWish | None = None
    key_to: KeyWish | None = None
    meter: Meter | None = None
    tempo: Tempo | None = None
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section: its name and phrases, what it says in place of the style of key, meter, tempo, upbeat."""

    name: str
    phrases: tuple[PhrasePlan, ...]
    place: Place | None = field(compare=False, repr=False, default=None)
    key: KeyWish | None = None
    meter: Meter | None = None
    tempo: Tempo | None = None
    pickup: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Sections, the order in which they are stated, and how a repeat is written; or the form of a given
    voice.
    """

    sections: tuple[SectionPlan, ...] = ()
    order: tuple[str, ...] = ()
    repeats: str = "signs"
    pickup: Fraction = Fraction(0)
    from_voice: str | None = None
    place: Place | None = field(compare=False, repr=False, default=None)
    fermatas: bool = False  # a fermata over the last note of each phrase


@dataclass(frozen=True, slots=True)
class Harmony:
    """The chords that may sound, by mode (`None`: in every mode), and how often they may change."""

    chords: tuple[tuple[str | None, tuple[str, ...]], ...]
    change: str | Fraction = "beat"  # "beat" | "bar" | "half bar" | a duration
    places: tuple[Place, ...] = field(compare=False, repr=False, default=())
    laid: tuple[tuple[Fraction, Fraction], ...] = ()  # when each chord begins and ends, where that is decided

    def labels(self, mode: str) -> tuple[str, ...]:
        """The chords for a mode, in the order of the text."""
        minor = "minor" if mode in ("minor", "aeolian", "dorian", "phrygian", "locrian") else "major"
        found = [labels for of, labels in self.chords if of in (None, mode, minor)]
        return tuple(dict.fromkeys(label for labels in found for label in labels))

    def keys(self, key: Key | None) -> tuple[Key, ...]:
        """The key of the style; where a tune has it, one for each mode that chords are named for."""
        if key is not None:
            return (key,)
        modes = dict.fromkeys(of or "major" for of, _ in self.chords)
        return tuple(Key.parse(f"{'A' if mode == 'minor' else 'C'} {mode}") for mode in modes)


@dataclass(frozen=True, slots=True)
class Marking:
    """Marks that are drawn: of which facet, in which voices (who bear the same), and the log weight of each.

    change: a mark stays for a `note`, or from where a `bar`, `phrase`, `section` or the `piece` begins.
    """

    facet: str
    kind: str
    voices: tuple[str, ...]
    marks: tuple[tuple[str, float], ...]  # (word, nats)
    change: str
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """Voices that share a staff, or staves that are joined by a brace; kind: staff, brace."""

    kind: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrnamentKind:
    """A kind of ornament: the log weight of each, what it asks of the notes around it (a rule that nothing
    uses, on the note before, the ornament and the note after), and the figures that it is restricted to:
    what it and its resolution are above the bass.
    """

    kind: str
    weight: float
    rule: Rule
    figures: tuple[tuple[int, int], ...] = ()
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Embellishment:
    """Voices whose notes are embellished at a stage of their own, on a grid, with ornaments of these kinds:
    where several fit the same notes, the first of them counts.
    """

    voices: tuple[str, ...]
    grid: Fraction
    ornaments: tuple[OrnamentKind, ...]
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Given:
    """What is given for a voice or for the harmony: notes or labels in the text, or a file; for the whole
    piece from its beginning, or for each statement of a section.
    """

    subject: str
    notes: tuple[tuple[Pitch | None, Fraction], ...] = ()
    labels: tuple[tuple[str, Fraction | None], ...] = ()
    file: str | None = None
    section: str | None = None
    place: Place | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True)
class ModelPart:
    """A learned model by its kind and name: a shipped one, or a file beside the style. `share`: its part of a
    mixture.
    """

    kind: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What is consulted on a voice, the harmony, all voices or their surface: one model, or a mixture. P(x)
    takes its probability to the power of `weight`. `order`: how many symbols a Markov model remembers at
    most, where that is said. is_geometric: whether a mixture multiplies its parts by their shares, and does
    not add them.
    """

    parts: tuple[ModelPart, ...]
    subject: str
    weight: float
    order: int | None = None
    is_geometric: bool = False
    place: Place | None = field(compare=False, repr=False, default=None)

    @property
    def title(self) -> str:
        """As a message names it: `lstm "bach-soprano" on soprano`."""
        names = [f'{part.kind} "{part.name}"' for part in self.parts]
        mix = "geometric mix of " if self.is_geometric else "mix of "
        return f"{names[0] if len(names) == 1 else mix + ', '.join(names)} on {self.subject}"


@dataclass(frozen=True, slots=True)
class Style:
    """A whole style, checked: what is left to find out is only whether it can be satisfied.

    Of a style with alternatives of form, meter, key, tempo, voices and form are those of one of its forms.
    """

    title: str
    source: Source
    meter: Meter
    key: Key | None  # None: the key of the given voice `key_from`
    key_from: str | None
    tempo: Tempo
    voices: tuple[VoicePlan, ...]
    form: Form
    harmony: Harmony | None
    uses: tuple[Use, ...]
    rules: tuple[Rule, ...]
    givens: tuple[Given, ...] = ()
    composer: str | None = None
    models: tuple[ModelUse, ...] = ()
    markings: tuple[Marking, ...] = ()
    staves: tuple[StaffPlan, ...] = ()
    manner: Manner = Manner()  # how it is played
    timing: WishedTimes = WishedTimes()  # how long it lasts
    embellishments: tuple[Embellishment, ...] = ()
    packs: tuple[Source, ...] = ()  # the texts of all packs that it builds on
    rhythm_first: bool = False  # rhythms are drawn at a stage of their own
    applied: tuple[str, ...] = ()  # the names of rules that its packs apply, whatever it says itself
    warnings: tuple[Diagnostic, ...] = field(compare=False, repr=False, default=())
    alternatives: File | None = field(compare=False, repr=False, default=None)  # its text, where it has any
    form_taken: str = ""  # which of its alternatives this is, as the text says it

    @property
    def lines(self) -> tuple[Use | ModelUse, ...]:
        """All that bears on the notes, as lattices number it: uses of rules, then models."""
        return (*self.uses, *self.models)

    @property
    def embellished(self) -> tuple[str, ...]:
        """The voices that are embellished, in the order of the text."""
        named = {name for each in self.embellishments for name in each.voices}
        return tuple(voice.name for voice in self.voices if voice.name in named)

    @property
    def surfaced(self) -> tuple[str, ...]:
        """The voices that may sound more than their skeletons: embellished, or given with ornaments."""
        return tuple(voice.name for voice in self.voices if voice.ornaments or voice.name in self.embellished)

    def voice(self, name: str) -> VoicePlan:
        """The voice of that name; KeyError where there is none."""
        return next(each for each in self.voices if each.name == name)
