"""The cases of a rule, read before they are run: notes, chords, settings, voices, and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from rulegen.language import syntax
from rulegen.language.syntax import Case, CaseLine, NoteWord
from rulegen.score.tokens import ARTICULATION_SIGNS, SLURRED
from rulegen.style.faults import listing, suggestion
from rulegen.style.text import Text
from rulegen.style.vocabulary import CHORD, MOMENT, NOTE, PIECE, ROWS, SPANS, VOICE, WORDS
from rulegen.style.words import LONGEST, SHORTEST
from rulegen.theory.chord import parse_chord
from rulegen.theory.duration import parse_duration
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

HARMONY, IN_TURN, REST, HELD, BAR_LINE = "harmony", "voice", "r", "_", "|"
LOUDNESS = {"dynamics": "dynamic", "hairpins": "hairpin"}  # lines of all voices → the kinds of their words


def loudness_of(label: str) -> tuple[str | None, str | None]:
    """Of `dynamics` the line and None, for all voices, of `upper.dynamics` the line and its voice; of any
    other label of a case (None, None).
    """
    voice, _, line = label.rpartition(".")
    return (line, voice or None) if line in LOUDNESS else (None, None)


def check_cases(text: Text, statements: Iterable[syntax.Statement]) -> None:
    """Reports what cannot be read in the cases of a file's rules, or can never come true."""
    for statement in statements:
        if isinstance(statement, syntax.RuleStatement):
            here = text.about(statement)
            for case in statement.cases:
                _Reader(statement, case, here).check()


class _Reader:
    def __init__(self, rule: syntax.RuleStatement, case: Case, text: Text) -> None:
        self.rule, self.case, self.text = rule, case, text
        self.key, self.meter = Key.parse("C major"), Meter.parse("4/4")

    def check(self) -> None:
        before = len(self.text.faults)
        for word, value in self.case.settings:
            self._setting(word, value)
        for line in self.case.lines:
            self._line(line)
        if not self._sounding and len(self.text.faults) == before:
            self._report("empty-case", "nothing sounds in this case", self.case.span)
        if len(self.text.faults) == before:
            self._places()

    def _report(self, code: str, message: str, span: syntax.Span, help: str | None = None) -> None:
        self.text.report(code, message, (span, "here"), help=help)

    def _setting(self, word: syntax.Name, value: syntax.Quoted) -> None:
        said = value.value
        if word.text == "ornaments":
            self._report("not-yet", "`ornaments` of a case are not in this version of rulegen", word.span)
        elif word.text == "cadence":
            if said not in WORDS["cadence"]:
                help = suggestion(said, WORDS["cadence"]) or f"one of {listing(WORDS['cadence'], 'or')}"
                self._report("bad-case", f"there is no kind of cadence called `{said}`", value.span, help)
        else:
            try:
                if word.text == "key":
                    self.key = Key.parse(said)
                elif word.text == "meter":
                    self.meter = Meter.parse(said)
                else:
                    parse_duration(said)
            except ValueError as error:
                self._report("bad-case", str(error), value.span)

    def _line(self, line: CaseLine) -> None:
        loudness, voice = loudness_of(line.name.text)
        if voice is not None:
            end = line.name.span.start + len(voice)
            self._voice(syntax.Name(voice, syntax.Span(line.name.span.start, end)))
        elif loudness is None and line.name.text != HARMONY:
            self._voice(line.name)
        sounds = False
        for word in line.words:
            if word.duration is not None and not SHORTEST <= word.duration <= LONGEST:
                message = f"a duration lies between {SHORTEST} and {LONGEST} whole notes"
                self._report("bad-duration", message, word.span)
            if word.text == HELD and not sounds:
                self._report("bad-note", "`_` holds what stands before it, and here is nothing", word.span)
            elif word.text not in (BAR_LINE, HELD):
                sounds = True
                self._word(word, line.name.text)
            if word.marks:
                self._marks(word, line.name.text)

    def _word(self, word: NoteWord, line: str) -> None:
        loudness, _ = loudness_of(line)
        if loudness is not None:
            kind = LOUDNESS[loudness]
            if word.text not in WORDS[kind]:
                help = suggestion(word.text, WORDS[kind]) or f"one of {listing(WORDS[kind], 'or')}"
                self._report("bad-mark", f"there is no {kind} called `{word.text}`", word.span, help)
            return
        try:
            if line == HARMONY:
                parse_chord(word.text, self.key)
            elif word.text != REST:
                Pitch.parse(word.text)
        except ValueError as error:
            self._report("bad-chord" if line == HARMONY else "bad-note", str(error), word.span)

    def _marks(self, word: NoteWord, line: str) -> None:
        if line == HARMONY or loudness_of(line)[0] is not None or word.text in (REST, HELD, BAR_LINE):
            self._report("bad-mark", "only notes bear marks", word.span)
            return
        for sign in dict.fromkeys(word.marks):
            if sign != SLURRED and sign not in ARTICULATION_SIGNS.values():
                known = [f"`{sign}` {name}" for name, sign in ARTICULATION_SIGNS.items()]
                help = f"a note of a case bears {', '.join(known)}, or `{SLURRED}`, a slur to the next"
                self._report("bad-mark", f"a case knows no mark `{sign}`", word.span, help)

    def _voice(self, name: syntax.Name) -> None:
        bound = dict.fromkeys(_voices(self.rule))
        if not bound:
            return  # it speaks of all that sounds, whatever its name
        known = (*bound, IN_TURN, *self.text.scope().context.voice_names)
        if name.text not in known:
            help = suggestion(name.text, known) or f"it speaks of {listing(bound)}"
            message = f"`{self.rule.name.text}` knows no voice called `{name.text}`"
            self._report("unknown-voice", message, name.span, help)

    def _places(self) -> None:
        kind = _row(self.rule)
        if self.case.at and self.case.verdict == "right":
            self._report(
                "bad-case", "in what is right there is no place to be reported", self.case.at[0][0].span
            )
            return
        most = {NOTE: self._notes, MOMENT: self._moments, CHORD: self._chords}
        for name, number in self.case.at:
            if name.text != kind:
                message = f"`{self.rule.name.text}` finds its places at {kind}s, not at {name.text}s"
                self._report("bad-case", message, name.span, f"write `at {kind} {number}`")
            elif number < 1:
                self._report("bad-case", f"{kind}s are counted from 1", name.span)
            elif kind in most and number > (count := most[kind]()):
                has = f"{count} {kind}{'' if count == 1 else 's'}"
                self._report("bad-case", f"there is no {kind} {number}: the case has {has}", name.span)

    def _notes(self) -> int:
        lines = [list(_timed(line)) for line in self._sounding if line.name.text != HARMONY]
        return max((sum(word.text != REST for word, _ in line) for line in lines), default=0)

    def _moments(self) -> int:
        return len({onset for line in self._sounding for _, onset in _timed(line)})

    def _chords(self) -> int:
        return sum(len(list(_timed(line))) for line in self._sounding if line.name.text == HARMONY)

    @property
    def _sounding(self) -> list[CaseLine]:
        return [line for line in self.case.lines if loudness_of(line.name.text)[0] is None]


def _timed(line: CaseLine) -> Iterator[tuple[NoteWord, Fraction]]:
    """Each note, rest or chord with its onset."""
    now, duration = Fraction(0), Fraction(1, 4)
    for word in line.words:
        if word.text != BAR_LINE:
            duration = word.duration or duration
            if word.text != HELD:
                yield word, now
            now += duration


def _voices(rule: syntax.RuleStatement) -> Iterator[str]:
    """The voices that a rule binds, and those whose notes it binds."""
    for binder in rule.binders:
        if binder.kind.text == VOICE:
            yield from (name.text for name in binder.names)
        elif binder.kind.text == NOTE:
            yield from (owner.text for owner in binder.owners)


def _row(rule: syntax.RuleStatement) -> str:
    """What the places of a rule are counted by."""
    kinds = (binder.kind.text for binder in rule.binders)
    return next((kind for kind in kinds if kind in (*ROWS, *SPANS)), PIECE)
