"""The weights of a style's preferences, learned from a corpus, and the style with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rulegen.errors import InternalError, Source, StyleError
from rulegen.face.fit_corpus import CorpusPhrases, read_corpus
from rulegen.face.fit_report import report
from rulegen.face.progress import Progress
from rulegen.face.sources import checked
from rulegen.fit.law import FitLimits
from rulegen.fit.rewrite import rewritten, within_voices, without_old_comments
from rulegen.fit.run import Fit, Options, fit
from rulegen.models.corpus import named
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.face.style import Style as Opened
    from rulegen.style.model import Style, Use


@dataclass(frozen=True, slots=True)
class FittedStyle:
    """What was read, what came of it, and the text of the style with its new weights; printed, the report."""

    style: Style
    read: CorpusPhrases
    fit: Fit
    text: str

    def __str__(self) -> str:
        return report(self.read, self.fit)

    @property
    def warnings(self) -> list[str]:
        """What was left out, and what is not fitted."""
        found = []
        if self.read.skipped:
            said = f"{counted(len(self.read.skipped), 'file')} could not be read"
            found.append(f"{said}:\n{named(self.read.skipped)}")
        if self.read.unfit:
            said = f"{counted(len(self.read.unfit), 'piece')} left out, of which the style does not speak"
            found.append(f"{said}:\n{named(self.read.unfit)}")
        if self.style.models:
            models = ", ".join(model.title for model in self.style.models)
            found.append(f"the rules are fitted as if there were no models: {models} left as it is")
        return found


@dataclass(frozen=True, slots=True)
class Fitting:
    """How weights are fitted.

    sigma: standard deviation of the prior of a weight, nats. count: phrases looked at, drawn by chance.
    budget: arcs a layer may have; phrases beyond are left out.
    """

    sigma: float
    count: int
    seed: int
    budget: int

    @property
    def options(self) -> Options:
        """The same as the fit takes it."""
        return Options(self.sigma, self.seed, FitLimits(self.budget, phrases=self.count))


def fitted(opened: Opened, corpus: str, fitting: Fitting, progress: Progress) -> FittedStyle:
    """The style with the weights that a corpus makes the most likely. Raises ModelError, StyleError."""
    style = _without_comments(opened)
    read = read_corpus(corpus, style, progress)
    found = fit(style, read.phrases, fitting.options, progress.say)
    text = rewritten(style, found.changes(read.name), found.head(read.name))
    _verify(style, found, text)
    return FittedStyle(style, read, found, text)


def _without_comments(opened: Opened) -> Style:
    """The style without what an earlier fit said in its comments."""
    text = without_old_comments(opened.text)
    return opened.meaning if text == opened.text else checked(Source(opened.name, text))


def _verify(style: Style, found: Fit, text: str) -> None:
    """What was written must be the style with its new weights, and nothing else: it is read once more."""
    try:
        written = checked(Source(style.source.name, text))
    except StyleError as error:
        raise InternalError(f"the fitted style has faults: {error}", style.title) from None
    meant = (within_voices(style, use) for use in found.fitted_uses())
    read = (within_voices(style, use) for use in written.uses)
    if sorted(_said(use) for use in read if use) != sorted(_said(use) for use in meant if use):
        raise InternalError("the fitted style says something else than was fitted", style.title)


def _said(use: Use) -> str:
    weight = "hard" if use.hard else f"{use.weight:.2f}"
    return f"{use.verb} {use.rule.name} {weight} {use.narrowings!r} {use.limit} {use.per} {use.rule.then!r}"
