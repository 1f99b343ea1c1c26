"""The tree of a style file: frozen nodes whose spans take no part in equality.

Words are kept as written: whether `A4` is a note, a section or a variable is for the checker to decide by
what is bound and what type is expected. Line breaks, comments and order of blocks are not in the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.errors import Span as Span


def _span() -> Span:
    return field(compare=False, repr=False, default=Span(0, 0))


@dataclass(frozen=True, slots=True)
class Name:
    """A word: a variable, voice, rule, note, numeral, interval, … (`A4`, `V65`, `soprano`, `#ivo7`, `A'`)."""

    text: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Number:
    """A number without a sign: exact (`4`, `0.5`)."""

    value: Fraction
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted string, without its quotes and with escapes resolved."""

    value: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Attribute:
    """`n.pitch`"""

    of: Expression
    name: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class At:
    """`voice@moment`: what sounds in that voice at that moment, or where a note begins; `voice@end(note)`:
    where it ends.
    """

    voice: Name
    moment: Name
    side: Name | None = None  # the word before the parenthesis
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call or a rule use; `name` where it was given by name (`size = P4`)."""

    value: Expression
    name: Name | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Call:
    """`interval(a, b)`"""

    function: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x`, `-x`"""

    operator: str  # "not", "-"
    operand: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands: arithmetic `+ - * /`, comparison `== != < <= > >= is is-not in not-in`, `and`, `or`.

    `/` between names or numbers may turn out to be a duration, a meter or an applied chord (`1/8`, `V65/V`):
    types decide.
    """

    operator: str  # + - * / == != < <= > >= is in and or, "is not", "not in"
    left: Expression
    right: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Several:
    """A parenthesised list, the right-hand side of `in`: `(P5, P8)`."""

    items: tuple[Expression, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Words that make one literal together, such as `dotted quarter`."""

    words: tuple[Name, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`count(note n in voice where c)`, `max(n.midi for note n in soprano in p where c)`.

    function: count, exists, all, sum, max, min.
    """

    function: Name
    value: Expression | None
    binders: tuple[Binder, ...]
    where: Expression | None
    span: Span = _span()


Expression = Name | Number | Quoted | Attribute | At | Call | Unary | Binary | Several | WordGroup | Aggregate


@dataclass(frozen=True, slots=True)
class Binder:
    """What `for` binds: `[consecutive|adjacent] KIND name, name … [in OWNER] [in SCOPE]`.

    kind is the singular: note, moment, chord, voice, bar, beat, phrase, section, piece, motif. `owners` are
    the words after each `in`.
    """

    kind: Name  # text in singular, whatever was written
    modifier: str | None  # "consecutive", "adjacent" or None
    names: tuple[Name, ...]
    owners: tuple[Name, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Parameter:
    """`size = P4`"""

    name: Name
    default: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class NoteWord:
    """A note in a line of notes: `C4`, `F#4:1/2>`, `r`, `_`, `|`; its length in whole notes, where written,
    and the signs that it bears, in the line of a case.
    """

    text: str
    duration: Fraction | None = None
    marks: str = ""
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """`upper: G4 A4` or `harmony: V7 I`: notes or chord labels, with durations where written."""

    name: Name
    words: tuple[NoteWord, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Case:
    """A right or wrong example; `settings` are `key G major`, `meter 3/4` as (word, rest as written)."""

    verdict: str  # "right" | "wrong"
    lines: tuple[CaseLine, ...]
    settings: tuple[tuple[Name, Quoted], ...] = ()
    at: tuple[
        tuple[Name, int], ...
    ] = ()  # (`note`|`moment`|`chord`|`bar`|…, number): one for each breach stated
    comment: Quoted | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class RuleStatement:
    """A rule with its page."""

    name: Name
    parameters: tuple[Parameter, ...]
    manner: Name | None  # required | forbidden | preferred | avoided
    weight: Expression | None
    sentence: Quoted | None
    sources: tuple[Quoted, ...]
    binders: tuple[Binder, ...]
    when: Expression | None
    then: Expression | None
    unless: tuple[Expression, ...]
    say: Quoted | None
    cases: tuple[Case, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Define:
    """`define name(args) = expression`"""

    name: Name
    parameters: tuple[Name, ...]
    body: Expression
    sentence: Quoted | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Target:
    """A rule that is used, with its arguments: `recover_leap(size = P5)`."""

    name: Name
    arguments: tuple[Argument, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Where a use holds: `in soprano, bass`, `in section B`, `in bars 5..8`, `on strong beats`.

    `word` is in, between, on or at; `kind` is voices, sections, bars, phrases, beats, stage, cadences;
    `excepted` for `except …`.
    """

    word: str
    kind: str
    excepted: bool
    names: tuple[Name, ...] = ()  # voices, sections, `strong`/`weak`, `skeleton`/`surface`, cadences
    ranges: tuple[tuple[int, int], ...] = ()  # bars, phrases, beats: first and last, both included
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Allowance:
    """`at most 2 per phrase`: phrase, bar, section or piece."""

    limit: int
    per: Name
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class UseStatement:
    """`forbid parallel_fifths, parallel_octaves between soprano, bass except at cadences weight 2`."""

    verb: Name  # require forbid prefer avoid apply without
    targets: tuple[Target, ...]
    narrowings: tuple[Narrowing, ...] = ()
    allowance: Allowance | None = None
    weight: Expression | None = None  # a number; `slightly` and `strongly` stay Names
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Setting:
    """A word and its values: `meter 4/4`, `key G major`, `change every beat`, `tempo quarter = 72`.

    `words` are the values as written, in order: Name, Number, Text; operators between words (`=`, `+`, `/`,
    `..`, `,`, `->`, `|`, `:`) stand as Name with that text.
    """

    keyword: Name
    words: tuple[Name | Number | Quoted, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class VoiceRange:
    """`soprano C4..A5` (and words after it, such as `clef treble` or `instrument "Flute"`)."""

    name: Name
    low: Name
    high: Name
    settings: tuple[Setting, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Kit:
    """`drums percussion { kick snare hat }`"""

    name: Name
    strokes: tuple[Name, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FormLine:
    """`A = 4 bars, cadence half` (its clauses as Settings) or `piece = A A B` (one Setting, keyword `=`)."""

    name: Name
    clauses: tuple[Setting, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class BlockStatement:
    """`harmony { … }`, `rhythm soprano, alto in section B { … }`: a word, voices, where, and statements."""

    keyword: Name
    subjects: tuple[Name, ...]
    statements: tuple[Setting | VoiceRange | Kit | FormLine, ...]
    where: Narrowing | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class GivenStatement:
    """`given soprano = D4:1/1 F4 E4`, `given harmony in A = | I | V7 |`, `given bass from "bass.mid"`."""

    subject: Name
    words: tuple[NoteWord, ...] | None
    file: Quoted | None
    section: Name | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Import:
    """`use common_practice` (a pack of the library) or `use "mine.rules"` (a file beside this one)."""

    what: Name | Quoted
    span: Span = _span()


Statement = Import | Setting | BlockStatement | GivenStatement | RuleStatement | Define | UseStatement


@dataclass(frozen=True, slots=True)
class File:
    """A whole file: `style "…"` or `pack "…"` with its title, then statements in the order of the text."""

    kind: str  # "style" | "pack"
    title: Quoted | None
    statements: tuple[Statement, ...]
    span: Span = _span()
