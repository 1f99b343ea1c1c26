"""The forms that a style with alternatives leaves open, each as a style of that form alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import exp

from rulegen.errors import Diagnostic, Label, StyleError
from rulegen.language.syntax import File
from rulegen.style.alternatives import Decide, FormTaken, Told, along, covering, every, take
from rulegen.style.faults import Faults
from rulegen.style.layout import ANY_KEY, Base, timeline_of_form
from rulegen.style.model import Style
from rulegen.style.outline import Outline, read_outline
from rulegen.style.text import Text

MOST_FORMS = 10_000  # that are gone through one by one
MOST_TRIED = 1000  # to find one that can be laid out


@dataclass(eq=False)
class OpenForms:
    """The forms of a style with alternatives, each a style of that form alone, numbered as they are met.
    Paths of decisions that come to the same form are one.

    told: what given voices say of the form.
    """

    style: Style
    told: Told = Told()
    _forms: list[Style] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)  # by what tells forms apart
    _of_paths: dict[tuple[int, ...], int | None] = field(default_factory=dict)

    def __getitem__(self, number: int) -> Style:
        """The form of that number."""
        return self._forms[number]

    def taken(self, decide: Decide) -> int | None:
        """The number of the form that is decided for; None where it cannot be laid out."""
        assert self.style.alternatives is not None
        return self._number(take(self.style.alternatives, _text(self.style), decide, self.told))

    def listed(self) -> list[tuple[int, float]]:
        """All forms that can be laid out, the likeliest first, and how likely each is if all have pieces.
        Raises StyleError where they are too many to go through.
        """
        assert self.style.alternatives is not None
        found: dict[int, float] = {}
        for count, taken in enumerate(every(self.style.alternatives, _text(self.style), self.told)):
            if count == MOST_FORMS:
                raise StyleError((_too_many(self.style),))
            number = self._number(taken)
            if number is not None:
                found[number] = found.get(number, 0.0) + exp(taken.log_probability)
        whole = sum(found.values())
        return sorted(((n, each / whole) for n, each in found.items()), key=lambda item: (-item[1], item[0]))

    def _number(self, taken: FormTaken) -> int | None:
        if taken.path not in self._of_paths:
            try:
                form = one_form(self.style, taken)
            except StyleError:
                self._of_paths[taken.path] = None
                return None
            number = self._of_paths[taken.path] = self._numbers.setdefault(
                identity_of(form), len(self._forms)
            )
            if number == len(self._forms):
                self._forms.append(form)
        return self._of_paths[taken.path]


def identity_of(form: Style) -> object:
    """What tells a form from the others of its style."""
    key = form.key or ANY_KEY
    timeline = timeline_of_form(form.form, Base(key, form.meter, form.tempo))
    rhythms = tuple((voice.rhythm, voice.local_rhythms) for voice in form.voices)
    return timeline, form.form.repeats, form.form.fermatas, rhythms


def is_open(style: Style, told: Told) -> bool:
    """Whether given voices leave anything of the form open."""
    return style.alternatives is not None and bool(
        take(style.alternatives, _text(style), along(()), told).decisions
    )


def only_form(style: Style, told: Told) -> Style:
    """The form of a style where nothing of it is left open. Raises StyleError."""
    if style.alternatives is None:
        return style
    if told.form:
        return replace(style, alternatives=None)
    return one_form(style, take(style.alternatives, _text(style), along(()), told))


def forms_that_cover(style: Style) -> Iterator[Style]:
    """Forms in which each alternative is taken that fits somewhere, made as they are asked for; of a style
    without any, itself.
    """
    found = False
    for taken in covering(style.alternatives, _text(style)) if style.alternatives is not None else ():
        form = None
        with contextlib.suppress(StyleError):
            form = one_form(style, taken)
        if form is not None:
            found = True
            yield form
    if not found:
        yield style


def one_form(style: Style, taken: FormTaken) -> Style:
    """The style of one form alone. Raises StyleError where it cannot be laid out."""
    text = _text(style)
    outline = read_outline(taken.file, text, Faults())
    outline.fit(style.harmony, with_home=True)
    faults = (*text.faults.found, *outline.unfit.found)
    if faults:
        raise StyleError(faults)
    return replace(_styled(style, outline), alternatives=None, form_taken=taken.said)


def _styled(style: Style, outline: Outline) -> Style:
    """The style with the form of an outline."""
    settings, form = outline.settings, outline.form
    assert form is not None and settings.meter is not None
    made = {each.name: each for each in outline.voices.plans(style.harmony is not None)}
    voices = tuple(
        replace(each, rhythm=made[each.name].rhythm, local_rhythms=made[each.name].local_rhythms)
        for each in style.voices
    )
    return replace(
        style,
        meter=settings.meter,
        key=settings.key,
        tempo=settings.tempo,
        timing=settings.timing,
        voices=voices,
        form=form,
    )


def _text(style: Style) -> Text:
    return Text(style.source, style.source.name, Faults())


def _too_many(style: Style) -> Diagnostic:
    place = style.form.place
    labels = (Label(place.span, "this form", place.source),) if place is not None else ()
    message = f"the style has more than {MOST_FORMS:,} forms, too many to go through one by one"
    help = "pieces can be drawn all the same; to have all forms counted, give fewer alternatives"
    return Diagnostic("too-many-forms", message, labels, (), help)


def first_that_fits(takings: Sequence[FormTaken], text: Text) -> FormTaken:
    """The first form whose sections can be laid out one after another; the first of all where none can."""
    for taken in takings:
        faults = Faults()
        read_outline(taken.file, replace(text, faults=Faults()), faults)
        if not faults:
            return taken
    return takings[0]


def with_forms(style: Style | None, file: File, takings: Sequence[FormTaken], text: Text) -> Style | None:
    """The style with all its forms, which are those of a file; faults of each alternative are reported, and
    where no form can be laid out what hinders the first.
    """
    fit: list[tuple[FormTaken, Outline]] = []
    unfit: list[tuple[FormTaken, Diagnostic]] = []
    for taken in _enough(takings, file, text, fit):
        outline = read_outline(taken.file, text, Faults())
        if style is not None:
            outline.fit(style.harmony, with_home=True)
        if outline.unfit:
            unfit.append((taken, outline.unfit.found[0]))
        elif outline.form is not None:
            fit.append((taken, outline))
    if not fit:
        tried = len({taken.path for taken, _ in unfit})
        note = f"{tried:,} forms were tried, and none can be laid out"
        text.faults.extend(replace(each, notes=(*each.notes, note)) for _, each in unfit[:1])
        return None
    if style is None:
        return None
    left_out = tuple(_left_out([each for each, _ in fit], unfit))
    return replace(_styled(style, fit[0][1]), alternatives=file, warnings=left_out)


def _enough(
    takings: Sequence[FormTaken], file: File, text: Text, fit: Sequence[object]
) -> Iterator[FormTaken]:
    """The forms that are tried: those that cover all alternatives, and where none of them fits others too."""
    yield from takings
    if not fit and not text.faults:
        for taken in islice(every(file, replace(text, faults=Faults())), MOST_TRIED):
            yield taken
            if fit:
                return


def _left_out(
    fit: Sequence[FormTaken], unfit: Sequence[tuple[FormTaken, Diagnostic]]
) -> Iterator[Diagnostic]:
    """A warning for each form that is left out, where an alternative is in no other that was tried."""
    met = {(each.choice.span, each.taken) for taken in fit for each in taken.decisions}
    for taken, reason in unfit:
        alone = [each for each in taken.decisions if (each.choice.span, each.taken) not in met]
        if alone:
            note = f"the form is left out where that is so: {taken.said}"
            yield replace(reason, severity="warning", notes=(*reason.notes, note))
