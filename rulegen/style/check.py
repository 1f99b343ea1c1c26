"""From a parsed file to a checked style, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rulegen.errors import Diagnostic, Source, Span, StyleError
from rulegen.language import syntax
from rulegen.language.parser import ParseResult, parse
from rulegen.language.source import read_source
from rulegen.style.alternatives import covering
from rulegen.style.cases import check_cases
from rulegen.style.closes import cadence_warnings
from rulegen.style.definitions import check_definitions
from rulegen.style.embellishments import check_kinds, read_embellishments
from rulegen.style.facets import MARKS
from rulegen.style.faults import Faults, suggestion
from rulegen.style.foreign import FOREIGN, read_foreign, uses_of
from rulegen.style.givens import HARMONY, GivenReader
from rulegen.style.harmonies import HarmonyReader
from rulegen.style.library import (
    applied,
    families,
    load_pack,
    pack_that_has,
    read_imports,
    visible_definitions,
    visible_rules,
)
from rulegen.style.markings import read_markings
from rulegen.style.model import Given, Harmony, Marking, ModelUse, Rule, Style, Use
from rulegen.style.models import check_subjects, models_of, read_model
from rulegen.style.narrowings import FormExtent, check_place
from rulegen.style.open_forms import first_that_fits, forms_that_cover, with_forms
from rulegen.style.outline import Outline, blocks_of, read_outline
from rulegen.style.performing import PERFORM, read_manner
from rulegen.style.remarks import remarks_of
from rulegen.style.rules import read_definitions, read_rules
from rulegen.style.staves import STAVES, read_staves
from rulegen.style.text import Text
from rulegen.style.uses import UseScope, read_uses
from rulegen.style.vacuous import warnings_of

__all__ = ["check", "load_pack", "load_style"]


def load_style(path: Path, elsewhere: Collection[str] = ()) -> Style:
    """The style of a file; raises StyleError with all its faults at once. The files of voices that are given
    `elsewhere` do not matter.
    """
    source = read_source(path)
    style, diagnostics = check(parse(source), source, elsewhere)
    if style is None:
        raise StyleError(diagnostics)
    return style


def check(
    result: ParseResult, source: Source, elsewhere: Collection[str] = ()
) -> tuple[Style | None, tuple[Diagnostic, ...]]:
    """The style that a file says, and all faults, those of its packs too; no style where there are any."""
    faults = Faults(list(result.diagnostics))
    text = Text(source, source.name, faults, is_damaged=result.is_damaged, advise=pack_that_has)
    takings = list(covering(result.file, text))
    one, is_open = first_that_fits(takings, text), len(takings) > 1
    unfit = Faults() if is_open else faults
    style = _Checker(one.file, text, not result.diagnostics, elsewhere, unfit, is_open).style()
    if is_open:
        style = with_forms(style, result.file, takings, text)
    if style is not None and not text.faults:
        style = replace(style, warnings=_warnings(style))
        text.faults.extend(style.warnings)
    found = tuple(sorted(text.faults.found, key=lambda each: _order(each, source)))
    faulty = any(each.severity == "error" for each in found)
    return (None if faulty else style), found


def _warnings(style: Style) -> tuple[Diagnostic, ...]:
    """What may not be meant; of a style of several forms, what is so in each."""
    said: list[Diagnostic] | None = None
    for form in forms_that_cover(style):
        own = [*warnings_of(form), *cadence_warnings(form), *remarks_of(form)]
        said = own if said is None else [each for each in said if each in own]
        if not said:
            break
    return (*style.warnings, *(said or ()))


def _order(diagnostic: Diagnostic, source: Source) -> tuple[bool, str, int]:
    """The faults of the style first, each file's in the order of its text."""
    if not diagnostic.labels:
        return False, "", 0
    first = diagnostic.labels[0]
    return first.source.name != source.name, first.source.name, first.span.start


@dataclass(slots=True)
class _Checker:
    file: syntax.File
    text: Text
    is_whole: bool  # without faults of syntax: what is missing then is missing indeed
    elsewhere: Collection[str]  # voices that the command line gives
    unfit: Faults  # what hinders the form from being laid out
    is_open: bool  # whether there are other forms
    packs: tuple[Source, ...] = ()
    applied: tuple[str, ...] = ()

    def style(self) -> Style | None:
        if self.file.kind == "pack":
            span = self.file.title.span if self.file.title else Span(0, 0)
            help = 'a style begins with `style "…"`'
            message = "a pack is used by styles: it has no music of its own"
            self.text.report("not-a-style", message, (span, "a pack"), help=help)
            return None
        outline = read_outline(self.file, self.text, self.unfit)
        settings = outline.settings
        harmony_reader = HarmonyReader(self.text, None if self.is_open else settings.key, settings.meter)
        for block in self._blocks("harmony"):
            harmony_reader.block(block)
        givens = self._givens(outline)
        harmony = harmony_reader.harmony() or _harmony_of(givens.of(HARMONY))
        outline.fit(harmony, self.is_open)
        self._blocks_not_known()
        self._check_places(self._ground(outline))
        markings = self._markings(outline)
        staves = read_staves(
            (block for word in STAVES for block in self._blocks(word)), outline.voices.names, self.text
        )
        manner = read_manner(self._blocks(PERFORM), settings.meter, self.text)
        rules, uses = self._rules(outline)
        kinds = read_foreign(self._blocks(FOREIGN), outline.voices.names, harmony is not None, self.text)
        embellishments = read_embellishments(self._blocks("embellish"), outline.voices.names, self.text)
        if harmony is None:
            check_kinds(embellishments, self.text)
        models = self._models(outline, harmony is not None)
        self._report_missing(outline)
        self._report_sources(givens, outline)
        style = self._assembled(outline, harmony, givens, (rules, uses))
        if style is None:
            return None
        plans = tuple(replace(each, kinds=kinds.get(each.name, ())) for each in style.voices)
        of_kinds = (use for each in plans for use in uses_of(each))
        numbered = (replace(use, index=index) for index, use in enumerate((*uses, *of_kinds)))
        found = replace(style, models=models, markings=markings, staves=staves, manner=manner)
        return replace(found, voices=plans, uses=tuple(numbered), embellishments=embellishments)

    def _all(self, kind: type[syntax.Setting]) -> Iterator[syntax.Setting]:
        return (each for each in self.file.statements if isinstance(each, kind))

    def _blocks(self, word: str) -> Iterator[syntax.BlockStatement]:
        return blocks_of(self.file, word)

    def _givens(self, outline: Outline) -> GivenReader:
        settings, voices, form = outline.settings, outline.voices, outline.reader
        reader = GivenReader(
            self.text,
            voices.names,
            voices.voices,
            settings.meter,
            settings.key,
            form.sections if form.is_sure and not self.is_open else None,
            self.elsewhere,
            outline.timeline,
        )
        for statement in self.file.statements:
            if isinstance(statement, syntax.GivenStatement):
                reader.read(statement)
        return reader

    def _models(self, outline: Outline, has_harmony: bool) -> tuple[ModelUse, ...]:
        """The models that the style consults, those of blocks and those that stand by themselves."""
        voices = outline.voices
        found: list[ModelUse] = []
        for setting in self._all(syntax.Setting):
            if setting.keyword.text == "model":
                found += read_model(setting, self.text.about(setting), ())
        for block in (*self._blocks("melody"), *self._blocks("harmony")):
            about = [name.text for name in block.subjects] or list(voices.ranges)
            subjects = [HARMONY] if block.keyword.text == "harmony" else about
            for setting in models_of(block):
                found += read_model(setting, self.text.about(block), subjects)
        check_subjects(found, voices.names, has_harmony, any(self._blocks("embellish")), self.text)
        return tuple(found)

    def _markings(self, outline: Outline) -> tuple[Marking, ...]:
        """The marks that are drawn: what is said of single voices first."""
        blocks = [block for word in MARKS for block in self._blocks(word)]
        return read_markings(
            sorted(blocks, key=lambda each: not each.subjects), outline.voices.names, self.text
        )

    def _blocks_not_known(self) -> None:
        known = (
            "voices",
            "form",
            "harmony",
            "rhythm",
            "melody",
            "embellish",
            FOREIGN,
            PERFORM,
            *MARKS,
            *STAVES,
        )
        for statement in self.file.statements:
            if not isinstance(statement, syntax.BlockStatement) or statement.keyword.text in known:
                continue
            keyword = statement.keyword
            help = suggestion(keyword.text, known)
            message = f"nothing is called `{keyword.text}` here"
            self.text.report("unknown-setting", message, (keyword.span, "here"), help=help)

    def _check_places(self, ground: FormExtent) -> None:
        """Sees to it that blocks speak of sections and phrases that there are, and that they may."""
        for block in self.file.statements:
            if not isinstance(block, syntax.BlockStatement) or block.where is None:
                continue
            if block.keyword.text == "rhythm":
                check_place(block.where, self.text.about(block), ground)
            else:
                message = f"a `{block.keyword.text}` is that of the whole piece"
                help = "a `rhythm` can be said of sections and phrases"
                self.text.report("unknown-setting", message, (block.where.span, "here"), help=help)

    def _rules(self, outline: Outline) -> tuple[dict[str, Rule | None], tuple[Use, ...]]:
        statements, text = self.file.statements, self.text
        text.voices = outline.voices.names
        packs = read_imports(text, statements)
        for pack in families(packs):
            text.faults.extend(pack.diagnostics)
        own = read_definitions(text, statements)
        text.definitions = visible_definitions(packs, own)
        rules = visible_rules(text, packs, read_rules(text, statements))
        check_definitions(text, own.values())
        check_cases(text, statements)
        self.packs = tuple(pack.source for pack in families(packs))
        ground = self._ground(outline)
        inherited = applied(packs)
        self.applied = tuple(dict.fromkeys(use.rule.name for use in inherited))
        return rules, read_uses(statements, UseScope(text, rules, inherited, ground=ground))

    def _ground(self, outline: Outline) -> FormExtent:
        timeline, meter, reader = outline.timeline, outline.settings.meter, outline.reader
        meters = [meter] if meter else []
        bars = phrases = None
        if timeline is not None and not self.is_open:
            bars, phrases = timeline.spans("bar")[-1].number, len(timeline.phrases)
            meters = [change.meter for change in timeline.meters]
        sections = tuple(reader.sections) if reader.sections and reader.is_sure else None
        return FormExtent(
            voices=outline.voices.names,
            sections=None if self.is_open else sections,
            bars=bars,
            phrases=phrases,
            beats=None if self.is_open else max((len(each.beats) for each in meters), default=None),
            has_pickup=reader.pickup > 0 or self.is_open,
        )

    def _report_missing(self, outline: Outline) -> None:
        if not self.is_whole:
            return
        voices, form = outline.voices, outline.reader
        said = {
            each.keyword.text
            for each in self.file.statements
            if isinstance(each, (syntax.Setting, syntax.BlockStatement))
        }
        wanted = (
            (
                "no-voices",
                "voices" in said and bool(voices.ranges),
                "voices",
                "`voices { soprano C4..A5 … }`",
            ),
            ("no-meter", "meter" in said, "meter", "`meter 4/4`"),
            ("no-key", "key" in said or outline.settings.key is not None, "key", "`key G major`"),
            (
                "no-form",
                form.is_said or form.from_voice is not None,
                "form",
                "`form { A = 4 bars, cadence authentic  piece = A }`",
            ),
        )
        for code, is_said, what, example in wanted:
            if not is_said:
                span = self.file.title.span if self.file.title else Span(0, 0)
                self.text.report(
                    code, f"the style has no {what}", (span, "this style"), help=f"add {example}"
                )

    def _report_sources(self, givens: GivenReader, outline: Outline) -> None:
        """Sees to it that key and form come from voices that there are, a key from notes that have one."""
        settings, form = outline.settings, outline.reader
        sources = [(settings.key_from, settings.key_from_span)]
        sources += [(form.from_voice.text, form.from_voice.span)] if form.from_voice is not None else []
        for voice, place in sources:
            known = outline.voices.names or ()
            if voice is not None and place is not None and known and voice not in known:
                help = suggestion(voice, known) or "voices are declared in `voices { … }`"
                self.text.report(
                    "unknown-voice", f"there is no voice called `{voice}`", (place, "here"), help=help
                )
        name, span = settings.key_from, settings.key_from_span
        given = givens.of(name) if name is not None else ()
        if given and span is not None and given[0].file is None:
            message = f"the notes of `{name}` stand here without a key: only a file has one"
            self.text.report(
                "no-key", message, (span, "here"), help="write the key itself, as in `key G major`"
            )

    def _assembled(
        self,
        outline: Outline,
        harmony: Harmony | None,
        givens: GivenReader,
        rules: tuple[dict[str, Rule | None], tuple[Use, ...]],
    ) -> Style | None:
        settings, voices, form = outline.settings, outline.voices, outline.form
        if form is None or settings.meter is None or not voices.ranges:
            return None
        return Style(
            title=settings.title or (self.file.title.value if self.file.title else self.text.source.name),
            source=self.text.source,
            meter=settings.meter,
            key=settings.key,
            key_from=settings.key_from,
            tempo=settings.tempo,
            voices=voices.plans(harmony is not None),
            form=form,
            harmony=harmony,
            uses=rules[1],
            rules=tuple(each for each in rules[0].values() if each is not None),
            givens=tuple(givens.givens.values()),
            rhythm_first=settings.rhythm_first,
            timing=settings.timing,
            composer=settings.composer,
            packs=self.packs,
            applied=self.applied,
        )


def _harmony_of(given: Sequence[Given]) -> Harmony | None:
    """The harmony that given chords make where the style says nothing else of it."""
    chords = [each for part in given for each in part.labels]
    if not chords:
        return None
    labels = tuple(dict.fromkeys(label for label, _ in chords))
    shortest = min((length for _, length in chords if length is not None), default=None)
    return Harmony(((None, labels),), shortest or "bar", tuple(each.place for each in given if each.place))
