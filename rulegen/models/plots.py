"""A comparison as an SVG: for each feature the histogram of the set beside that of the corpus."""

from __future__ import annotations

from rulegen.models.compare import Comparison, Distance, Share
from rulegen.models.svg import GREY, OURS, THEIRS, sheet, text

COLUMNS, MOST = 2, 12  # plots in a row; symbols in a plot
_WIDTH, _HEIGHT, _EDGE, _TOP = 560, 250, 44, 56  # pixels: a plot, its margin, what stands above all plots
_LETTER = 8  # pixels, the width of a letter at most
_DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
_BY_DEGREES = ("pitch class", "phrase ending")


def plotted(comparison: Comparison, corpus: str) -> str:
    """The SVG; of many symbols those that are met most are drawn."""
    rows = -(-len(comparison.distances) // COLUMNS)
    drawn = [
        text(f"the set, {comparison.pieces} in all", _EDGE, 28, colour=OURS),
        text(f"{corpus}, {comparison.corpus_pieces} pieces", _EDGE + 140, 28, colour=THEIRS),
        text("shares of what is counted", COLUMNS * _WIDTH - _EDGE, 28, "end"),
    ]
    for place, distance in enumerate(comparison.distances):
        row, column = divmod(place, COLUMNS)
        drawn += _plot(distance, column * _WIDTH + _EDGE, _TOP + row * _HEIGHT)
    return sheet(COLUMNS * _WIDTH, _TOP + rows * _HEIGHT, drawn)


def _plot(distance: Distance, left: float, top: float) -> list[str]:
    bars = _most_met(distance.bars)
    highest = max(max(bar.ours, bar.corpus) for bar in bars)
    width, bottom = _WIDTH - 2 * _EDGE, top + _HEIGHT - 2 * _EDGE
    each, tall = width / len(bars), bottom - top - 24
    itself = "" if distance.itself is None else f", the corpus from itself {distance.itself:.3f}"
    found = [
        text(f"{distance.feature}: {distance.distance:.3f}{itself}", left, top + 8),
        f'<path d="M{left:g},{top + 24:g} V{bottom:g} H{left + width:g}" fill="none" stroke="{GREY}"/>',
        text(f"{highest:.2f}", left - 4, top + 30, "end"),
        *_others(distance.bars, bars, left + width, bottom + 46),
    ]
    names = [_named(distance.feature, bar.symbol) for bar in bars]
    crowded = any(_LETTER * len(name) > each for name in names)
    for place, (bar, name) in enumerate(zip(bars, names, strict=True)):
        start = left + each * place
        for side, (share, colour) in enumerate(((bar.ours, OURS), (bar.corpus, THEIRS))):
            high = tall * share / highest
            found.append(
                f'<rect x="{start + each * (0.12 + 0.38 * side):.1f}" y="{bottom - high:.1f}" '
                f'width="{each * 0.38:.1f}" height="{high:.1f}" fill="{colour}"/>'
            )
        lower = 14 if crowded and place % 2 else 0  # long names take turns in two lines
        found.append(text(name, round(start + each / 2, 1), bottom + 16 + lower, "middle"))
    return found


def _most_met(bars: tuple[Share, ...]) -> list[Share]:
    """The bars that are met most, in their order."""
    kept = sorted(bars, key=lambda bar: -(bar.ours + bar.corpus))[:MOST]
    return [bar for bar in bars if bar in kept]


def _others(bars: tuple[Share, ...], drawn: list[Share], right: float, down: float) -> list[str]:
    """What is said of the bars that are not drawn."""
    if len(bars) == len(drawn):
        return []
    ours = 1 - sum(bar.ours for bar in drawn)
    corpus = 1 - sum(bar.corpus for bar in drawn)
    said = f"{len(bars) - len(drawn)} others: {abs(ours):.2f} of the set, {abs(corpus):.2f} of the corpus"
    return [text(said, right, down, "end")]


def _named(feature: str, symbol: str) -> str:
    if feature in _BY_DEGREES:
        return " ".join(_DEGREES[int(part)] for part in symbol.split())
    return symbol
