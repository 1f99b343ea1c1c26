"""Alternatives of a form, as in `A = 2 bars | 3 bars weight -1`: one of each is taken, and a text is left
that says one form.

What is asked of a text depends on what was taken before: sections that the piece does not state are not
asked for theirs, nor is `in minor III | v` where the key is major. So a form is a path of decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log

from rulegen.language.syntax import BlockStatement, File, FormLine, Kit, Name, Setting, Span, VoiceRange
from rulegen.style.layout import ANY_KEY
from rulegen.style.model import key_of
from rulegen.style.text import Text
from rulegen.style.words import Word, Words, plain
from rulegen.theory.scale import Key

OR = "|"
_OF_STYLES = ("key", "meter", "tempo", "pickup")
_LENGTHS = ("bars", "bar")
_KEYS = ("in", "home")
_MODES = ("major", "minor")

Line = Setting | VoiceRange | Kit | FormLine


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands at one place of the text, and what it may be; weights in nats."""

    options: tuple[Setting, ...]
    weights: tuple[float, ...]
    span: Span

    @property
    def log_probabilities(self) -> tuple[float, ...]:
        """How likely each is, where every form has pieces."""
        most = max(self.weights)
        total = most + log(sum(exp(weight - most) for weight in self.weights))
        return tuple(weight - total for weight in self.weights)


Decide = Callable[[Choice], int]


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice, and the place of the option that was taken."""

    choice: Choice
    taken: int


@dataclass(frozen=True, slots=True)
class Told:
    """What given voices say of the form, which is then not open: the key, all else but the key."""

    key: Key | None = None
    form: bool = False


@dataclass(frozen=True, slots=True)
class FormTaken:
    """The text with one of each of its alternatives. said: what was taken, as the text says it."""

    file: File
    decisions: tuple[Decision, ...]
    said: str

    @property
    def path(self) -> tuple[int, ...]:
        """Which option was taken of each choice."""
        return tuple(each.taken for each in self.decisions)

    @property
    def log_probability(self) -> float:
        """Of the form, where every form has pieces."""
        return sum(each.choice.log_probabilities[each.taken] for each in self.decisions)


def take(file: File, text: Text, decide: Decide, told: Told = Told()) -> FormTaken:
    """The text with the options that are decided for; faults of alternatives are reported."""
    return _Taker(file, text, decide, told).taken()


def along(path: Sequence[int]) -> Decide:
    """Decides as a path does, and beyond its end for what stands first."""
    left = iter(path)
    return lambda choice: next(left, 0)


def every(file: File, text: Text, told: Told = Told()) -> Iterator[FormTaken]:
    """Each path of decisions, in the order of the text."""
    path: list[int] = []
    while True:
        taken = take(file, text, along(path), told)
        yield taken
        path, sizes = list(taken.path), [len(each.choice.options) for each in taken.decisions]
        while path and path[-1] == sizes[len(path) - 1] - 1:
            path.pop()
        if not path:
            return
        path[-1] += 1


def covering(file: File, text: Text, told: Told = Told()) -> Iterator[FormTaken]:
    """Paths in which each option of each choice is taken at least once; as few as come of trying one after
    another.
    """
    seen: set[tuple[int, int]] = set()
    asked: set[tuple[int, int]] = set()
    waiting: list[tuple[int, ...]] = [()]
    for path in waiting:
        taken = take(file, text, along(path), told)
        met = {(each.choice.span.start, each.taken) for each in taken.decisions}
        if seen and met <= seen:
            continue
        seen |= met
        yield taken
        for place, each in enumerate(taken.decisions):
            for other in range(len(each.choice.options)):
                wanted = (each.choice.span.start, other)
                if wanted not in seen | asked:
                    asked.add(wanted)
                    waiting.append((*taken.path[:place], other))


@dataclass(slots=True)
class _Taker:
    """Goes through a file: what holds for the whole piece, the order of the sections, these, the rhythms."""

    file: File
    text: Text
    decide: Decide
    told: Told
    decisions: list[Decision] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def taken(self) -> FormTaken:
        """The file, one of its alternatives taken of each."""
        statements = list(self.file.statements)
        home = self.told.key or ANY_KEY
        for place, each in enumerate(statements):
            if isinstance(each, Setting) and each.keyword.text in _OF_STYLES and not _is_from(each):
                chosen = statements[place] = self._line(each, self._is_told(each.keyword.text))
                if each.keyword.text == "key" and self.told.key is None:
                    home = _key(chosen, ANY_KEY)
        for place, each in enumerate(statements):
            if isinstance(each, BlockStatement) and each.keyword.text == "form":
                statements[place] = self._form(each, home)
        for place, each in enumerate(statements):
            if isinstance(each, BlockStatement) and each.keyword.text == "rhythm":
                inside = tuple(self._close(line) for line in each.statements)
                statements[place] = replace(each, statements=inside)
        return FormTaken(
            replace(self.file, statements=tuple(statements)), tuple(self.decisions), "; ".join(self.said)
        )

    def _close(self, line: Line) -> Line:
        """A line of a rhythm."""
        if isinstance(line, Setting) and line.keyword.text == "close":
            return self._line(line, self.told.form)
        return line

    def _is_told(self, word: str) -> bool:
        return self.told.key is not None if word == "key" else self.told.form

    def _line(self, setting: Setting, is_told: bool) -> Setting:
        """A setting that is a line of its own."""
        before = len(self.decisions)
        chosen = self._option(setting, is_told)
        if len(self.decisions) > before:
            self.said.append(_shown(chosen))
        return chosen

    def _form(self, block: BlockStatement, home: Key) -> BlockStatement:
        """The block with the sections that the piece states, in the order of the text."""
        chosen: dict[int, Setting | FormLine] = {}
        for place, each in enumerate(block.statements):
            if isinstance(each, Setting) and each.keyword.text == "pickup":
                chosen[place] = self._line(each, self.told.form)
        lines = {place: each for place, each in enumerate(block.statements) if isinstance(each, FormLine)}
        dropped: set[str] = set()
        order: list[str] = []
        for place, line in lines.items():
            if line.name.text == "piece" and line.clauses and not order:
                ordered = self._line(line.clauses[0], self.told.form)
                chosen[place] = replace(line, clauses=(ordered, *line.clauses[1:]))
                order = list(dict.fromkeys(_names(ordered)))
                dropped = set(_names(line.clauses[0])) - {*order}
        stated = sorted(lines, key=lambda place: _rank(lines[place].name.text, order))
        for place in stated:
            if place not in chosen and lines[place].name.text not in dropped:
                chosen[place] = self._section(lines[place], home)
        kept = [
            chosen.get(place, each)
            for place, each in enumerate(block.statements)
            if place in chosen or place not in lines or lines[place].name.text not in dropped
        ]
        return replace(block, statements=tuple(kept))

    def _section(self, line: FormLine, home: Key) -> FormLine:
        """A section with one option of each of its clauses, and what it says for the mode that it is in."""
        before, own, clauses, has_length = len(self.decisions), home, list[Setting](), False
        for clause in line.clauses:
            word = clause.keyword.text
            of = _mode_of(clause)
            if of is not None:
                if (of == "major") != own.has_major_third:
                    continue
                clause = Setting(clause.keyword, clause.words[1:], clause.span)
            chosen = self._option(clause, self.told.form)
            has_length = has_length or word in _LENGTHS
            if word in _KEYS and not has_length:
                own = _key(chosen, home)
            clauses.append(chosen)
        if len(self.decisions) > before:
            shown = ", ".join(map(_shown, clauses))
            self.said.append(f"{line.name.text} = {shown.replace(', in ', ' in ')}")
        return replace(line, clauses=tuple(clauses))

    def _option(self, setting: Setting, is_told: bool) -> Setting:
        """The setting as it is where it leaves nothing open, or the option that is decided for."""
        if OR not in map(_text, setting.words):
            return setting
        choice = self._choice(setting)
        if len(choice.options) < 2 or is_told:
            return choice.options[0]
        self.decisions.append(Decision(choice, self.decide(choice)))
        return choice.options[self.decisions[-1].taken]

    def _choice(self, setting: Setting) -> Choice:
        options: list[Setting] = []
        weights: list[float] = []
        first: dict[str, Span] = {}
        for words in _parted(setting):
            option, weight = self._weighed(setting, words)
            if option is None:
                continue
            shown = plain(option.words)
            if shown in first:
                marks = (option.span, "again here"), (first[shown], "first here")
                self.text.report("said-twice", "an alternative is said twice", *marks)
                continue
            first[shown] = option.span
            options.append(option)
            weights.append(weight)
        return Choice(tuple(options) or (setting,), tuple(weights) or (0.0,), setting.span)

    def _weighed(self, setting: Setting, words: Sequence[Word]) -> tuple[Setting | None, float]:
        """An option as a setting of its own, and its weight; None where it is missing, which is reported."""
        cut = next((n for n, each in enumerate(words) if _text(each) == "weight"), len(words))
        named, weighing = list(words[:cut]), tuple(words[cut:])
        weight = 0.0
        if weighing:
            reader = Words(Setting(setting.keyword, weighing, setting.span), self.text)
            weight = reader.log_weight(weighing[0].span)
            reader.end()
        if not named:
            help = "alternatives are said as in `2 bars | 3 bars weight -1`"
            self.text.report(
                "bad-alternative", "an alternative is missing here", (setting.span, "here"), help=help
            )
            return None, weight
        return _as_setting(setting.keyword, named), weight


def _as_setting(keyword: Name, named: list[Word]) -> Setting:
    """An option as a setting: with the keyword that it says itself, or that of all."""
    span = Span(named[0].span.start, named[-1].span.end)
    if keyword.text in _LENGTHS:
        own = next((each for each in named if isinstance(each, Name) and each.text in _LENGTHS), None)
        left = tuple(each for each in named if each is not own)
        return Setting(own or replace(keyword, span=Span(span.end, span.end)), left, span)
    if keyword.text == "home":
        keyword = replace(keyword, text="in")
    if len(named) > 1 and _text(named[0]) == keyword.text:
        named = named[1:]
    return Setting(keyword, tuple(named), span)


def _parted(setting: Setting) -> Iterator[list[Word]]:
    """The words between the strokes. `home to V | vi` is `in home to V | vi`."""
    words = list(setting.words)
    if setting.keyword.text == "home":
        words = [Name("home", setting.keyword.span), *words]
    part: list[Word] = []
    for word in words:
        if _text(word) == OR:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _mode_of(clause: Setting) -> str | None:
    """The mode for which a key is said, as in `in minor III | v`."""
    words = [_text(each) for each in clause.words[:2]]
    return words[0] if clause.keyword.text == "in" and words[0] in _MODES and len(words) > 1 else None


def _key(setting: Setting, home: Key) -> Key:
    """The key that a setting names, home where it names none."""
    said = plain(setting.words)
    try:
        return key_of(said, home) if len(setting.words) == 1 else Key.parse(said)
    except ValueError:
        return home


def _names(ordered: Setting) -> list[str]:
    """The sections of all orders."""
    return [
        each.text for each in ordered.words if isinstance(each, Name) and each.text not in (OR, ",", "weight")
    ]


def _rank(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)


def _is_from(setting: Setting) -> bool:
    return bool(setting.words) and _text(setting.words[0]) == "from"


def _text(word: Word) -> str:
    return word.text if isinstance(word, Name) else ""


def _shown(setting: Setting) -> str:
    """A setting as it is said."""
    word, said = setting.keyword.text, plain(setting.words).replace(" / ", "/")
    if word in _LENGTHS:
        return f"{said} {word}"
    if word == "=":
        return f"piece = {said}"
    return f"{word} {said}"
