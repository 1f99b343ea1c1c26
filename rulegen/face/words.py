"""The words that a style may choose from, by topic, and the styles that come with rulegen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from rulegen.errors.nearest import nearest
from rulegen.io.staves import CLEFS
from rulegen.language.source import read_source
from rulegen.resources import library_names, model_names, style_names, style_path
from rulegen.score.events import ARTICULATIONS, DYNAMICS
from rulegen.style.facets import FACETS
from rulegen.style.vocabulary import AGGREGATES, FUNCTIONS, KIND_NAMES, WORDS
from rulegen.theory.duration import DURATION_NAMES
from rulegen.theory.instruments import instruments
from rulegen.theory.numeral import FIGURES, Figure
from rulegen.theory.scale import MODES
from rulegen.theory.symbol import KINDS

_DEGREES = {
    "I … VII": "a triad on a degree, major; b or # before it lowers or raises the root, as in bVII",
    "i … vii": "the same, minor; with o diminished (viio), with ø half-diminished (viiø7)",
    "V+": "the same, augmented",
    "V7/V": "a chord of another one, as in vii°7/ii: applied",
    "N, N6": "the Neapolitan",
    "It6, Fr43, Ger65": "the augmented sixths",
}
_INVERSIONS = ("in root position", "in first inversion", "in second inversion", "in third inversion")
_MELODIES = {
    "scale": "the notes of the key",
    "chord": "the notes of the chord",
    "chromatic": "all twelve",
}


class Listing(dict[str, str]):
    """Words, each with what it means; printed, a list."""

    def __str__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{word:<{width}}  {means}".rstrip() for word, means in self.items())

    __repr__ = __str__


def styles() -> Listing:
    """The styles that come with rulegen: their names with what they write.

    >>> rulegen.styles()["first_species"]
    'First species: Note against note, after Fux.'
    """
    return Listing({name: _described(read_source(style_path(name)).text) for name in style_names()})


def _described(text: str) -> str:
    """The title of a style, and the first sentence of its first comment."""
    title = re.search(r'^style "(.*)"', text, re.MULTILINE)
    comment = re.search(r"^# (.*(?:\n# .*)*)", text, re.MULTILINE)
    said = re.match(r".*?[.:;](?=\s|$)", re.sub(r"\n# ", " ", comment[1])) if comment else None
    return ": ".join(each for each in (title and title[1], said and f"{said[0][:-1]}.") if each)


def words(topic: str | None = None) -> Listing:
    """The words that a style may choose from for a topic; without one, the topics. Raises ValueError for an
    unknown one, with the nearest.

    >>> list(rulegen.words("dynamics"))
    ['ppp', 'pp', 'p', 'mp', 'mf', 'f', 'ff', 'fff']
    >>> "violin" in rulegen.words("instruments")
    True
    """
    if topic is None:
        return Listing({name: says for name, (says, _) in _TOPICS.items()})
    if topic not in _TOPICS:
        near = nearest(topic, _TOPICS)
        hint = f"; did you mean {near}?" if near else f": there are {', '.join(_TOPICS)}"
        raise ValueError(f"there are no words about {topic}{hint}")
    return Listing(_TOPICS[topic][1]())


def _chords() -> Mapping[str, str]:
    return {**_DEGREES, **{f"V{figures}": _said(figure) for figures, figure in FIGURES.items() if figures}}


def _said(figure: Figure) -> str:
    if figure.suspends:
        held = "the fourth" if figure.suspends == 4 else "the second"
        return f"{held} stands for the third" + (", with a seventh" if figure.top > 5 else "")
    kind = {5: "a triad", 7: "a seventh chord"}.get(figure.top, f"all thirds up to the {figure.top}th")
    sevenths = {"M7": ", its seventh major", "m7": ", its seventh minor"}
    return f"{kind} {_INVERSIONS[figure.inversion]}{sevenths.get(figure.seventh or '', '')}"


def _plain(*names: str) -> Callable[[], Mapping[str, str]]:
    return lambda: dict.fromkeys(names, "")


def _instruments() -> Mapping[str, str]:
    return {
        each.name: ", ".join((f"{each.program:3}, {each.low.name}..{each.high.name}", *_others(each.names)))
        for each in instruments()
    }


def _others(names: Sequence[str]) -> Iterator[str]:
    """The names that are another word than the first."""
    return (name for name in names[1:] if name.lower() != names[0].lower())


def _attributes() -> Mapping[str, str]:
    return {f"{owner}.{name}": facet.says for (owner, name), facet in FACETS.items()}


def _functions() -> Mapping[str, str]:
    calls = {
        f"{name}({', '.join(takes)})": KIND_NAMES.get(gives, gives)
        for name, signatures in FUNCTIONS.items()
        for takes, gives in signatures
    }
    return {
        **calls,
        **{f"{name}(…)": "over notes, windows of them, moments, chords or voices" for name in AGGREGATES},
    }


_TOPICS: Mapping[str, tuple[str, Callable[[], Mapping[str, str]]]] = {
    "chords": ("Roman numerals and their figures, of `harmony { chords … }`", _chords),
    "symbols": (
        "kinds of chord symbols, after the name of a root: `Cm7`",
        lambda: {f"C{kind}": f"{quality}: {tones}" for kind, (quality, tones) in KINDS.items()},
    ),
    "modes": ("of `key D dorian`", _plain(*MODES)),
    "cadences": ("of `form { A = 4 bars, cadence half … }`", _plain(*WORDS["cadence"][1:])),
    "durations": (
        "names of lengths; all others are written as 3/8",
        lambda: {name: str(length) for length, name in DURATION_NAMES.items()},
    ),
    "instruments": (
        'of `voices { soprano C4..A5 instrument "flute" }`: General MIDI program, what sounds, other names',
        _instruments,
    ),
    "clefs": ("of `voices { soprano C4..A5 clef treble }`", _plain(*CLEFS)),
    "melody": ("what `melody { notes … }` may draw on; or names of notes", lambda: _MELODIES),
    "articulations": ("marks of notes", _plain(*ARTICULATIONS)),
    "dynamics": ("levels of loudness, softest first", _plain(*DYNAMICS)),
    "attributes": ("what rules can ask of notes, chords and stretches of time", _attributes),
    "functions": ("what rules can call", _functions),
    "values": (
        "words that attributes are compared with, by kind",
        lambda: {kind: " ".join(values) for kind, values in WORDS.items()},
    ),
    "packs": ("of `use …`; `rulegen rules` lists their rules", _plain(*library_names())),
    "models": ("that come with rulegen, of `model …`", _plain(*model_names())),
}
