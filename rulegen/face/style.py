"""A style: what it composes, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from rulegen.errors import Diagnostic, Source, StyleError
from rulegen.face.judging import Judging
from rulegen.face.numbers import fresh_seed, whole
from rulegen.face.piece import Piece, Report
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.compose import Composition, Prepared, PreparedForms
    from rulegen.face.explanation import Explanation
    from rulegen.plan.tune import Tune
    from rulegen.score.events import Score
    from rulegen.style.model import Style as CheckedStyle

Given = Mapping[str, "str | PathLike[str] | Piece | Score"]
"""What is given: a voice → a file (`tune.musicxml`, `hymn.mxl:2` for its second part), or a piece."""

_EXACTLY = "a larger --budget keeps it exactly"
_BATCH = 16  # pieces drawn together, once the first few are out
_MOST_PREPARED = 4  # of one style: with and without what is given, for drawing and for the best


@dataclass(eq=False, repr=False)
class Style(Judging):
    """A checked style. It says how likely every score is; what is drawn comes from just that distribution.

    meaning: all that its text says. budget, particles, cached: as `rulegen.load` takes them.
    """

    meaning: CheckedStyle
    budget: int | None = None
    particles: int = 64
    cached: bool = True
    _prepared: list[tuple[dict[str, Tune], bool, Prepared | PreparedForms]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.meaning.title

    @property
    def name(self) -> str:
        """The file that it was read from, `<text>` where it was none."""
        return self.meaning.source.name

    @property
    def text(self) -> str:
        """The text it was read from; a changed one is loaded anew, `rulegen.load(style.text.replace(…))`."""
        return self.meaning.source.text

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of its voices, in their order."""
        return tuple(voice.name for voice in self.meaning.voices)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is no fault, and perhaps not meant; what is merely remarked on is for `rulegen check`."""
        return tuple(each for each in self.meaning.warnings if each.severity == "warning")

    @overload
    def compose(
        self, seed: int | None = None, *, given: Given | None = None, exact: bool = False
    ) -> Piece: ...

    @overload
    def compose(
        self, seed: int | None = None, *, count: int, given: Given | None = None, exact: bool = False
    ) -> Iterator[Piece]: ...

    def compose(
        self,
        seed: int | None = None,
        *,
        count: int | None = None,
        given: Given | None = None,
        exact: bool = False,
    ) -> Piece | Iterator[Piece]:
        """Draws a piece; with a count, yields as many as they are drawn, of seeds `seed`, `seed + 1` and on.

        seed: the same seed gives the same piece; a fresh one by default, which the piece then knows. given:
        voice → file or piece. exact: refuse to draw where draws would not be exact.
        Raises StyleError (too large, not exact, what is given does not fit), ScoreReadError, and
        Unsatisfiable, which names the lines that clash, where no score keeps all that the style demands.

        >>> style = rulegen.load("first_species")
        >>> piece = style.compose(seed=7)
        >>> [piece.seed for piece in style.compose(seed=1, count=3)]
        [1, 2, 3]
        >>> tune = rulegen.read("examples/tune.musicxml")
        >>> rulegen.load("chorale").compose(seed=2, given={"soprano": tune}).grade().is_clean
        True
        """
        first = fresh_seed() if seed is None else whole(seed, "a seed", 0)
        wanted = 1 if count is None else whole(count, "a count", 1)
        prepared = self.prepared(given)
        if exact:
            self._refuse_inexact(prepared)
        pieces = self._drawn(prepared, first, wanted, exact)
        return next(pieces) if count is None else pieces

    def _drawn(
        self, prepared: Prepared | PreparedForms, first: int, count: int, exact: bool
    ) -> Iterator[Piece]:
        from rulegen.compose import compose

        done, batch = 0, 1
        while done < count:
            seeds = range(first + done, first + min(done + batch, count))
            for each in compose(prepared, seeds, self.particles):
                if exact and not each.is_exact:
                    said = dict(each.score.metadata).get("form", "")
                    message = (
                        f"a rule left the lattice in a form, so that pieces are not drawn exactly: {said}"
                    )
                    raise StyleError((Diagnostic("not-exact", message, help=_EXACTLY),))
                yield self._piece(each)
            done, batch = done + len(seeds), min(2 * batch, _BATCH)

    def best(self, count: int = 1, *, given: Given | None = None, exact: bool = False) -> list[Piece]:
        """The scores of greatest weight, proved, the best first; of a style with alternatives of form the
        best score of each form, that of the likeliest form first. Raises what `compose` raises; StyleError
        where a rule's memory left the lattice, so that nothing can be proved.

        With models that particles consult, they are the best that were found (`report.is_exact` says so), or
        with `exact` refused.

        >>> best, second = rulegen.load("first_species").best(2)
        >>> best.report.log_weight >= second.report.log_weight
        True
        """
        from rulegen.compose import PreparedForms, best
        from rulegen.face.forms import best_in_forms

        count = whole(count, "a count", 1)
        prepared = self.prepared(given, for_best=True)
        if exact:
            self._refuse_inexact(prepared)
        if isinstance(prepared, PreparedForms):
            of_forms = best_in_forms(prepared, count, self.particles)
            return [self._piece(each, place, chance) for place, (each, chance) in enumerate(of_forms, 1)]
        found = best(prepared, count, self.particles)
        return [self._piece(each, place) for place, each in enumerate(found, 1)]

    def count(self, *, given: Given | None = None) -> int:
        """How many scores keep all that the style demands, in all its forms, exactly, models left out.

        Raises what `compose` raises; StyleError where a rule's memory left the lattice.

        >>> rulegen.load("first_species").count()
        998
        """
        from rulegen.compose import PreparedForms
        from rulegen.face.forms import ready_forms

        prepared = self.without_models().prepared(given)
        if isinstance(prepared, PreparedForms):
            return sum(self._counted(each) for _, each in ready_forms(prepared))
        return self._counted(prepared)

    def _counted(self, prepared: Prepared) -> int:
        from rulegen.lattice.count import count

        self._refuse_inexact(prepared)
        return count(prepared.lattice)

    def chances(
        self, bar: int, beat: int | str | Fraction = 1, *, given: Given | None = None
    ) -> dict[str, dict[str, float]]:
        """How likely each note is at a beat of a bar: voice → pitch → probability, the likeliest first;
        `harmony` → chord where there is a harmony. They are those of all scores of the style, models left
        out.

        beat: from 1, as 3, "5/2" or Fraction(5, 2). Raises what `compose` raises; ValueError where the piece
        has no such bar.

        >>> chances = rulegen.load("first_species").chances(1)
        >>> [(pitch, round(chance, 3)) for pitch, chance in chances["counterpoint"].items()]
        [('D5', 0.63), ('A4', 0.26), ('D4', 0.111)]
        """
        from rulegen.compose import PreparedForms
        from rulegen.explain import chances, moment_at
        from rulegen.face.forms import chances_in_forms

        prepared = self.without_models().prepared(given)
        if isinstance(prepared, PreparedForms):
            found = chances_in_forms(prepared, whole(bar, "a bar", 0), Fraction(beat))
            if found is None:
                raise ValueError(f"no form of the style has a bar {bar}, beat {beat}")
            return found
        moment = moment_at(prepared.plan, whole(bar, "a bar", 0), Fraction(beat))
        if moment is None:
            raise ValueError(f"the piece has no bar {bar}, beat {beat}")
        return {name: dict(ranked) for name, ranked in chances(prepared, moment).items()}

    def explain(
        self,
        *,
        seconds: float = 10.0,
        given: Given | None = None,
        progress: Callable[[str], None] = lambda text: None,
    ) -> Explanation:
        """What the style comes to: states and arcs, how many scores, and what each rule takes away; printed,
        the table of `rulegen inspect`.

        seconds: how long rules may be measured, each by leaving it out alone, when they are asked for.
        Raises what `compose` raises.

        >>> explained = rulegen.load("first_species").explain(seconds=0)
        >>> explained.scores, explained.is_exact
        (998, True)
        """
        from rulegen.compose import PreparedForms
        from rulegen.face.explanation import Explanation, explanation_of_forms

        prepared = self.without_models().prepared(given)
        consulting = self.prepared(given) if self.meaning.models else None
        if isinstance(prepared, PreparedForms):
            return explanation_of_forms(prepared, consulting, self.most_arcs, seconds, progress)
        assert not isinstance(consulting, PreparedForms)
        return Explanation(prepared, consulting, self.most_arcs, seconds, progress)

    @property
    def most_arcs(self) -> int:
        """How many arcs a layer of its lattice may have."""
        from rulegen.compose import BUDGET

        return self.budget or BUDGET

    def prepared(self, given: Given | None = None, for_best: bool = False) -> Prepared | PreparedForms:
        """The style laid out in time, with its lattice, or its forms, each with its own: what all answers
        are read from. It is kept.
        """
        from rulegen.compose import prepare

        sources, tunes = self._sources(given), self._tunes(given)
        for known, purpose, prepared in self._prepared:
            if known == tunes and purpose == for_best:
                return prepared
        prepared = prepare(self.meaning, tunes, self._cache(), self.most_arcs, for_best, sources)
        self._prepared = [(tunes, for_best, prepared), *self._prepared[: _MOST_PREPARED - 1]]
        return prepared

    def _sources(self, given: Given | None) -> dict[str, Path | Score]:
        return {name: _source(name, each) for name, each in (given or {}).items()}

    def _tunes(self, given: Given | None) -> dict[str, Tune]:
        from rulegen.plan.given import tunes_of

        return tunes_of(self.meaning, self._sources(given))

    def without_models(self) -> Style:
        """The style whose scores are counted: rules and harmony alone."""
        if not self.meaning.models:
            return self
        return replace(self, meaning=replace(self.meaning, models=()), _prepared=[])

    def _cache(self) -> Any:
        from rulegen.lattice.store import users_cache

        return users_cache() if self.cached else None

    def _refuse_inexact(self, prepared: Prepared | PreparedForms) -> None:
        """Raises StyleError where draws are not exact; of several forms, each is judged where it is drawn."""
        from rulegen.compose import PreparedForms
        from rulegen.explain import relaxation

        if isinstance(prepared, PreparedForms):
            return
        warning = relaxation(prepared)
        if warning is not None:
            raise StyleError((replace(warning, severity="error", help=_EXACTLY),))
        if prepared.companions:
            message = "models are consulted on the way: pieces are drawn by particles, not exactly"
            help = "a Markov model, or a hidden Markov model at weight 1, can join the lattice"
            raise StyleError((Diagnostic("not-exact", message, help=help),))

    def _composed(self, seed: int) -> Score:
        return self.compose(seed).score

    def _piece(self, drawn: Composition, place: int | None = None, chance: float | None = None) -> Piece:
        is_exact, said = self._exactness(drawn, place is not None, chance is not None)
        sizes = drawn.log_weight, drawn.effective_size, drawn.returns
        form = dict(drawn.score.metadata).get("form", "")
        report = Report(drawn.seed, said, is_exact, *sizes, place, drawn.again, form, chance)
        return Piece(drawn.score, report, self)

    def _exactness(self, drawn: Composition, is_best: bool, is_of_forms: bool) -> tuple[bool, str]:
        """Whether pieces are exact, and why they are not."""
        if is_best and drawn.is_walked:
            why = "models are consulted on the way"
            return False, f"not proved: the best that particles found, since {why}"
        if is_best and self.meaning.markings:
            best = "the best marks on the best notes"
            return True, f"proved: {best}; no other notes of the style have a greater weight"
        if is_of_forms:
            return True, "proved: no score of the same form has a greater weight; the likeliest forms first"
        if is_best:
            first = "no score of the style has a greater weight than the first"
            return True, f"proved: {first}, and none is left out between"
        if drawn.is_exact:
            return True, "exact: drawn from just the style's distribution"
        why = "models are consulted on the way" if drawn.is_walked else "a rule left the lattice"
        particles = f"drawn with {self.particles} particles"
        return False, f"not exact, {why}: {particles}; every hard rule is kept all the same"

    def heading(self, given: Given | None = None) -> str:
        """Its title, key, length and voices on one line; on another why the key of a tune that says it is not
        that of its signature. Raises what `compose` raises.
        """
        from rulegen.compose import PreparedForms

        prepared, voices = self.prepared(given), counted(len(self.voices), "voice")
        if isinstance(prepared, PreparedForms):
            return f"{self.title}: a form for each piece, {voices}"
        timeline = prepared.plan.schedule.timeline
        bars = timeline.spans("bar")[-1].number
        said = f"{self.title}: {timeline.key.name}, {counted(bars, 'bar')}, {voices}"
        teller = prepared.plan.tunes.get(self.meaning.key_from or "")
        return f"{said}\n{teller.key_reason}" if teller is not None and teller.key_reason else said

    def relaxation(self, given: Given | None = None) -> Diagnostic | None:
        """A warning that names the rules whose memory left the lattice; None where all are in it, and where
        each form has its own. Raises what `compose` raises.
        """
        from rulegen.compose import PreparedForms
        from rulegen.explain import relaxation

        prepared = self.prepared(given)
        return None if isinstance(prepared, PreparedForms) else relaxation(prepared)

    def files(self, given: Given | None = None) -> frozenset[Path]:
        """The files that its pieces are made from."""
        here = Path(self.name)
        own = [here.parent / each.file for each in self.meaning.givens if each.file is not None]
        said = [Path(each) for each in (given or {}).values() if isinstance(each, (str, PathLike))]
        return frozenset(path.resolve() for path in (here, *own, *said))

    def __reduce__(self) -> tuple[Any, ...]:
        """Goes to another process as its text, which is read again there."""
        settings = {"budget": self.budget, "particles": self.particles, "cached": self.cached}
        return _again, (self.meaning.source, self.voices, settings)

    def __str__(self) -> str:
        hard = sum(use.hard for use in self.meaning.uses)
        rules = f"{counted(hard, 'hard rule')}, {counted(len(self.meaning.uses) - hard, 'soft rule')}"
        said = f"{self.title}: {counted(len(self.voices), 'voice')}, {rules}"
        return "\n".join([said, *(str(StyleError((each,))) for each in self.warnings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What it is, for a notebook: the title, and a row for each thing that it lays down."""
        meaning = self.meaning
        key = f"that of {meaning.key_from}" if meaning.key is None else meaning.key.name
        rows = {
            "voices": ", ".join(
                f"{each.name} {each.voice.low}..{each.voice.high}" for each in meaning.voices
            ),
            "form": " ".join(meaning.form.order) or f"that of {meaning.form.from_voice}",
            "key": key,
            **({"drawn": "the form, of its alternatives"} if meaning.alternatives is not None else {}),
            "rules": str(self).split("\n", 1)[0].removeprefix(f"{self.title}: "),
        }
        cells = "".join(f"<tr><th>{name}</th><td>{escape(said)}</td></tr>" for name, said in rows.items())
        warnings = "".join(f"<pre>{escape(str(StyleError((each,))))}</pre>" for each in self.warnings)
        return f"<strong>{escape(self.title)}</strong><table>{cells}</table>{warnings}"


def _source(voice: str, given: str | PathLike[str] | Piece | Score) -> Path | Score:
    """What a voice is read from. Raises TypeError."""
    from rulegen.score.events import Score

    if isinstance(given, Piece):
        return given.score
    if isinstance(given, Score):
        return given
    if isinstance(given, (str, PathLike)):
        return Path(given)
    raise TypeError(f"what is given for {voice} is a file or a piece, and no {type(given).__name__}")


def _again(source: Source, voices: tuple[str, ...], settings: dict[str, Any]) -> Style:
    """A style from another process."""
    from rulegen.face.sources import checked

    return Style(checked(source, voices), **settings)
