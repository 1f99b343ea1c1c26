"""The outline of a style: what its text says of voices, time and form, one of each alternative taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rulegen.language.syntax import BlockStatement, File, Setting
from rulegen.perform.manner import FIELD
from rulegen.perform.timing import within_reach
from rulegen.score.timeline import Timeline
from rulegen.style.faults import Faults
from rulegen.style.forms import FormReader
from rulegen.style.layout import ANY_KEY, Base, timeline_of_form
from rulegen.style.model import Form, Harmony
from rulegen.style.patterns import read_patterns
from rulegen.style.performing import PERFORM, read_manner
from rulegen.style.regions import check_divisions, check_regions
from rulegen.style.settings import Settings, read_settings
from rulegen.style.text import Text
from rulegen.style.voices import VoiceReader


@dataclass(slots=True)
class Outline:
    """What is read. unfit: what hinders the form from being laid out though each of its lines is sound; the
    faults of the text themselves where it is the only form.
    """

    file: File
    text: Text
    settings: Settings
    voices: VoiceReader
    reader: FormReader
    form: Form | None
    unfit: Faults

    @property
    def timeline(self) -> Timeline | None:
        """The timeline of the style's own form, as far as it is sure."""
        form, settings = self.form, self.settings
        if form is None or not form.sections or form.from_voice is not None or settings.meter is None:
            return None
        return timeline_of_form(form, Base(settings.key or ANY_KEY, settings.meter, settings.tempo))

    def fit(self, harmony: Harmony | None, with_home: bool = False) -> None:
        """Finds what in the harmony and the rhythms hinders the form. with_home: the home key is one of
        several.
        """
        if self.form is not None:
            text = replace(self.text, faults=self.unfit)
            check_regions(self.form, harmony, self.settings, text, with_home)
            check_divisions(self.form, self.voices.all_rhythms, harmony, text)
            self._check_timing(text)

    def _check_timing(self, text: Text) -> None:
        """Reports times that no tempo of the range meets in this form, whatever the notes."""
        timeline, timing, span = self.timeline, self.settings.timing, self.settings.timing_span
        if timeline is None or span is None or not timing.times or self.text.faults:
            return
        manner = read_manner(
            blocks_of(self.file, PERFORM), self.settings.meter, replace(text, faults=Faults())
        )
        why = within_reach(timeline, ((FIELD, str(manner)),), timing, float(manner.fermatas))
        if why:
            help = "give the tempo a wider range, as in `tempo quarter = 60..90`, or the form alternatives"
            text.report("not-in-time", f"the times cannot be met: {why}", (span, "asked for here"), help=help)


def read_outline(file: File, text: Text, unfit: Faults) -> Outline:
    """Reads a text of which one of each alternative was taken; faults are reported."""
    settings = read_settings(tuple(_settings(file)), text)
    voices = VoiceReader(text)
    for block in blocks_of(file, "voices"):
        voices.block(block)
    if settings.key is None and voices.are_unpitched and not any(blocks_of(file, "harmony")):
        settings = replace(settings, key=ANY_KEY)
    patterns = read_patterns([each for each in _settings(file) if each.keyword.text == "pattern"], text)
    for word, read in (
        ("rhythm", lambda each: voices.rhythm(each, settings.meter, patterns)),
        ("melody", voices.melody),
    ):
        for block in sorted(blocks_of(file, word), key=lambda each: not each.subjects):
            read(block)
    reader = FormReader(text, settings, replace(text, faults=unfit))
    for block in blocks_of(file, "form"):
        reader.block(block)
    for setting in _settings(file):
        if setting.keyword.text in ("form", "pickup", "repeats"):
            reader.setting(setting, text.about(setting))
    return Outline(file, text, settings, voices, reader, reader.form(), unfit)


def _settings(file: File) -> Iterator[Setting]:
    return (each for each in file.statements if isinstance(each, Setting))


def blocks_of(file: File, word: str) -> Iterator[BlockStatement]:
    """The blocks of a file that begin with a word."""
    return (
        each for each in file.statements if isinstance(each, BlockStatement) and each.keyword.text == word
    )
