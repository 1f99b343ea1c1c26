"""From trees to settings, form lines, voices, lines of notes and the cases of rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from rulegen.errors import Span
from rulegen.errors.nearest import nearest
from rulegen.language.build_expressions import name_of, number_of, singular, span_of, text_of
from rulegen.language.faults import SyntaxFaults
from rulegen.language.syntax import (
    Case,
    CaseLine,
    FormLine,
    Name,
    NoteWord,
    Number,
    Quoted,
    Setting,
    VoiceRange,
)
from rulegen.language.tree import Lexeme, Node, Tree

Word = Name | Number | Quoted

# Words that begin a clause of a form line: `A = 4 bars, cadence half`. Others are successions: `piece = A B`.
OF_LENGTH = ("bars", "bar", "beats", "duration")
OF_HARMONY = ("cadence", "opens", "ends", "opening", "final", "key", "in", "home")
OR = "|"  # between alternatives
OF_TIME = ("meter", "tempo", "pickup", "repeats")
FORM_CLAUSES = frozenset((*OF_LENGTH, *OF_HARMONY, *OF_TIME, "vary", "like", "follow"))
PLACES = ("note", "moment", "chord", "bar", "beat", "phrase", "section", "voice", "piece")
WORDS_OF_TIME = FORM_CLAUSES.union(PLACES)  # no slips, though some are near to a keyword
JOINING = ("/", "-", "+", "*", "..")  # signs that need a value after them
SHORTEST_GUESS = 4  # a shorter word is not taken for a keyword with a slip


class LineBuilder:
    """Builds what consists of plain words in a row."""

    def __init__(
        self,
        faults: SyntaxFaults,
        words_of_blocks: frozenset[str],
        words_of_files: frozenset[str],
        words_of_voices: frozenset[str],
    ) -> None:
        self.faults = faults
        self._words_of_voices = words_of_voices
        self._words_of_blocks = words_of_blocks
        self._words_of_files = words_of_files

    def setting(self, tree: Tree) -> Setting:
        """`key G major`, `change every beat`, `D -> V7 | viio6`"""
        keyword, *values = tree.children
        at_top = tree.data == "setting"
        kept = self._up_to_misspelled(values, *self._words(at_top))
        end = span_of(kept[-1] if kept else keyword).end
        return Setting(name_of(keyword), words_of(kept), Span(span_of(tree).start, end))

    def form_line(self, tree: Tree) -> FormLine:
        """`A = 4 bars, cadence half`, or `piece = A A B`"""
        label, sign, *values = tree.children
        values = self._up_to_misspelled(values, *self._words(False))
        whole = Span(span_of(tree).start, span_of(values[-1] if values else sign).end)
        if not values or not _opens_clause(values[0]):
            span = Span(span_of(sign).start, whole.end)
            return FormLine(name_of(label), (Setting(name_of(sign), words_of(values), span),), whole)
        return FormLine(name_of(label), tuple(_clauses(values)), whole)

    def voice(self, tree: Tree) -> VoiceRange:
        """`soprano C4..A5 clef treble`"""
        name, low, high, *settings = tree.children
        trees = [child for child in settings if isinstance(child, Tree)]
        for child in trees:
            self.without_range(child)
        built = tuple(self.setting(child) for child in trees)
        return VoiceRange(name_of(name), name_of(low), name_of(high), built, span_of(tree))

    def without_range(self, tree: Tree) -> None:
        """Tells of words that stand where a voice begins, and have no range."""
        at_start = tree.children[:1] if tree.data == "no_range" else []
        words = [*at_start, *(word for word in tree.children[1:] if self._is_word_at_start_of_line(word))]
        for word in words:
            if self.faults.on_line_of(span_of(word).start):
                continue
            near = nearest(str(word), self._words_of_voices)
            if near is not None:
                message, advice = f'there is no setting "{word}" of a voice', f'did you mean "{near}"?'
                self.faults.add("unknown-word", message, span_of(word), help=advice)
            else:
                advice = "give its lowest and its highest note, as in: soprano C4..A5"
                self.faults.add("no-range", f'the voice "{word}" has no range', span_of(word), help=advice)

    def case(self, tree: Tree) -> Case:
        """`wrong { key G minor upper: G4 A4 lower: C4 D4 } at moment 2 "comment"`"""
        verdict, *parts = tree.children
        lines = [child for child in parts if isinstance(child, Tree) and child.data == "case_line"]
        settings = [child for child in parts if isinstance(child, Tree) and child.data == "case_setting"]
        comments = [child for child in parts if isinstance(child, Lexeme)]
        if len(comments) > 1:
            self.faults.add("second-comment", "a case has one comment", span_of(comments[1]))
        return Case(
            str(verdict),
            tuple(
                CaseLine(name_of(line.children[0]), self._played(line.children[1:]), span_of(line))
                for line in lines
            ),
            tuple(self._case_setting(setting) for setting in settings),
            tuple(self._places(parts)),
            text_of(comments[0]) if comments else None,
            span_of(tree),
        )

    def notes(self, nodes: Sequence[Node]) -> tuple[NoteWord, ...]:
        """`C4:1/2`, `r`, `_`, `|`, `V7/V`"""
        return tuple(self._note(node) for node in nodes if isinstance(node, Tree))

    def _played(self, nodes: Sequence[Node]) -> tuple[NoteWord, ...]:
        """`C4'`, `C4:1/2>~`: primes after a note's name are signs too."""
        words = []
        for node in nodes:
            if isinstance(node, Tree):
                marked = node.data == "played"
                inner = node.children[0]
                word = self._note(inner if marked and isinstance(inner, Tree) else node)
                name = word.text if word.duration else word.text.rstrip("'")
                signs = word.text[len(name) :] + (str(node.children[1]) if marked else "")
                words.append(replace(word, text=name, marks=signs, span=span_of(node)))
        return tuple(words)

    def whole_number(self, token: Node) -> int:
        """A number that counts; one with a fraction is reported and rounded down."""
        value = number_of(token).value
        if value.denominator != 1:
            self.faults.add("not-whole", f'"{token}" is no whole number', span_of(token))
        return int(value)

    def _note(self, tree: Tree) -> NoteWord:
        words = [str(child) for child in tree.children if isinstance(child, Lexeme)]
        length = next((child for child in tree.children if isinstance(child, Tree)), None)
        return NoteWord("/".join(words), None if length is None else self._length(length), span=span_of(tree))

    def _length(self, tree: Tree) -> Fraction:
        above, *below = (self.whole_number(token) for token in tree.children)
        if 0 in (above, *below):
            self.faults.add("no-length", "a note lasts longer than nothing", span_of(tree))
            return Fraction(1)
        return Fraction(above, *below)

    def _case_setting(self, tree: Tree) -> tuple[Name, Quoted]:
        keyword, *values = tree.children
        span = Span(span_of(values[0]).start, span_of(values[-1]).end)
        text = str(values[0])
        for before, value in pairwise(values):
            apart = span_of(before).end < span_of(value).start
            text += f" {value}" if str(before) == "," or (apart and str(value) != ",") else str(value)
        return name_of(keyword), Quoted(text, span)

    def _places(self, parts: Sequence[Node]) -> Iterator[tuple[Name, int]]:
        """`note 3, note 5`; the word may be left out after the first: `note 3, 5`."""
        places = [
            place
            for part in parts
            if isinstance(part, Tree) and part.data == "case_at"
            for place in part.children
            if isinstance(place, Tree)
        ]
        kind: Name | None = None
        for place in places:
            *word, number = place.children
            kind = self._place_kind(word[0]) if word else kind
            if kind is None:
                self.faults.add(
                    "place-without-kind",
                    f'what is "{number}" the number of?',
                    span_of(number),
                    help=f"write: at note {number}, at moment {number}",
                )
                kind = Name("note", span_of(number))
            yield kind, self.whole_number(number)

    def _place_kind(self, token: Node) -> Name:
        kind = singular(str(token))
        if kind not in PLACES:
            near = nearest(kind, PLACES)
            advice = f'did you mean "{near}"?' if near else f"one of: {', '.join(PLACES)}"
            self.faults.add("unknown-place", f'"{token}" is no place of a case', span_of(token), help=advice)
        return Name(kind, span_of(token))

    def _words(self, at_top: bool) -> tuple[frozenset[str], str]:
        """The words that begin what may follow here, and what that is called."""
        return (self._words_of_files, "statement") if at_top else (self._words_of_blocks, "setting")

    def _up_to_misspelled(self, values: Sequence[Node], keywords: frozenset[str], what: str) -> list[Node]:
        """The values up to a word that begins its line and is, but for a slip, a keyword; it is reported.

        So is a keyword at the start of a line where a sign still waits for its value.
        """
        for index, token in enumerate(values[1:], 1):
            before = str(values[index - 1])
            if not self._is_word_at_start_of_line(token) or before in (",", "="):
                continue
            fault: tuple[str, str, str | None] | None = None
            if str(token) not in keywords | WORDS_OF_TIME:
                meant = self._meant(str(token), keywords)
                if meant is not None:
                    fault = "unknown-word", f'there is no {what} "{token}"', f'did you mean "{meant}"?'
            elif before in JOINING:
                fault = "syntax", f'expected a value after "{before}", found "{token}"', None
            if fault is not None:
                code, message, advice = fault
                if not self.faults.on_line_of(span_of(token).start):
                    self.faults.add(code, message, span_of(token), help=advice)
                return list(values[:index])
        return list(values)

    def _is_word_at_start_of_line(self, node: Node) -> bool:
        return isinstance(node, Lexeme) and node.type == "NAME" and self._begins_its_line(node)

    def _begins_its_line(self, token: Lexeme) -> bool:
        return self.faults.source.begins_line(token.start)

    def _meant(self, word: str, keywords: frozenset[str]) -> str | None:
        if len(word) < SHORTEST_GUESS or not word.isalpha() or not word.islower():
            return None
        return nearest(word, keywords)


def words_of(nodes: Sequence[Node]) -> tuple[Word, ...]:
    """The values of a setting, signs among them, as they stand in the tree of syntax."""
    return tuple(_word(node) for node in nodes)


def _word(node: Node) -> Word:
    if isinstance(node, Lexeme) and node.type == "NUMBER":
        return number_of(node)
    if isinstance(node, Lexeme) and node.type == "TEXT":
        return text_of(node)
    return name_of(node)


def _opens_clause(node: Node) -> bool:
    return isinstance(node, Lexeme) and (node.type == "NUMBER" or str(node) in FORM_CLAUSES)


def _clauses(values: Sequence[Node]) -> Iterator[Setting]:
    """Clauses are parted by commas, or begin with a word that can only begin one."""
    clause: list[Node] = []
    depth = 0  # of braces
    for node in values:
        word = str(node)
        depth += (word == "{") - (word == "}")
        begins = _begins_clause(word, clause)
        if clause and not depth and (word == "," or begins):
            yield _clause(clause)
            clause = []
        if word != "," or depth:
            clause.append(node)
    if clause:
        yield _clause(clause)


def _begins_clause(word: str, clause: Sequence[Node]) -> bool:
    """Whether a word begins a clause after what stands of the one before."""
    if word not in FORM_CLAUSES or not _has_keyword(clause) or _is_sign(clause[-1]):
        return False
    said = [str(node) for node in clause]
    keyword = next(each for each in said if each in FORM_CLAUSES)
    if word == "home" and keyword == "in":  # `in home to V`, `in major home | V`
        return False
    last = said[len(said) - said[::-1].index(OR) :] if OR in said else said
    again = word == keyword or (word in OF_LENGTH and keyword in OF_LENGTH)
    return not again or any(each in FORM_CLAUSES for each in last)  # `2 bars | 3 bars` is one clause


def _has_keyword(clause: Sequence[Node]) -> bool:
    return any(str(node) in FORM_CLAUSES for node in clause)


def _is_sign(node: Node) -> bool:
    return isinstance(node, Lexeme) and (node.type == "SIGN" or str(node) == OR)


def _clause(nodes: Sequence[Node]) -> Setting:
    place = next((index for index, node in enumerate(nodes) if str(node) in FORM_CLAUSES), 0)
    number_first = isinstance(nodes[0], Lexeme) and nodes[0].type == "NUMBER" and place > 0
    keyword = nodes[place] if number_first else nodes[0]
    rest = [node for node in nodes if node is not keyword]
    span = Span(span_of(nodes[0]).start, span_of(nodes[-1]).end)
    return Setting(name_of(keyword), words_of(rest), span)
