"""A comparison as an SVG: for each feature the histogram of the set beside that of the corpus."""

from __future__ import annotations

from rulegen.models.compare import Bar, Comparison, Distance
from rulegen.models.svg import GREY, OURS, THEIRS, sheet, text

COLUMNS, MOST = 2, 12  # plots in a row; symbols in a plot
_WIDTH, _HEIGHT, _EDGE, _TOP = 560, 250, 44, 56  # pixels: a plot, its margin, what stands above all plots
_LONGEST = 8  # characters under a bar, all of which fit where there are few
_OTHERS = "others"
_DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
_BY_DEGREES = ("pitch class", "phrase ending")


def plotted(comparison: Comparison, corpus: str) -> str:
    """The SVG; of many symbols those that are met most are drawn, the others as one."""
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
    bars = _drawn(distance.bars)
    highest = max(max(bar.ours, bar.corpus) for bar in bars)
    width, bottom = _WIDTH - 2 * _EDGE, top + _HEIGHT - 2 * _EDGE
    each, tall = width / len(bars), bottom - top - 24
    itself = "" if distance.itself is None else f", the corpus from itself {distance.itself:.3f}"
    found = [
        text(f"{distance.feature}: {distance.distance:.3f}{itself}", left, top + 8),
        f'<path d="M{left:g},{top + 24:g} V{bottom:g} H{left + width:g}" fill="none" stroke="{GREY}"/>',
        text(f"{highest:.2f}", left - 4, top + 30, "end"),
    ]
    for place, bar in enumerate(bars):
        start = left + each * place
        for side, (share, colour) in enumerate(((bar.ours, OURS), (bar.corpus, THEIRS))):
            high = tall * share / highest
            found.append(
                f'<rect x="{start + each * (0.12 + 0.38 * side):.1f}" y="{bottom - high:.1f}" '
                f'width="{each * 0.38:.1f}" height="{high:.1f}" fill="{colour}"/>'
            )
        found.append(_label(_named(distance.feature, bar.symbol), start + each / 2, bottom, place))
    return found


def _label(said: str, across: float, bottom: float, place: int) -> str:
    """What stands under a bar; long names take turns in two lines."""
    lower = 14 if len(said) > _LONGEST // 2 and place % 2 else 0
    return text(said, round(across, 1), bottom + 16 + lower, "middle")


def _drawn(bars: tuple[Bar, ...]) -> list[Bar]:
    """The bars that are met most, in their order, and one for the others where there is any."""
    if len(bars) <= MOST:
        return list(bars)
    kept = sorted(bars, key=lambda bar: -(bar.ours + bar.corpus))[: MOST - 1]
    rest = [bar for bar in bars if bar not in kept]
    together = Bar(_OTHERS, sum(bar.ours for bar in rest), sum(bar.corpus for bar in rest))
    return [*(bar for bar in bars if bar in kept), together]


def _named(feature: str, symbol: str) -> str:
    if feature in _BY_DEGREES and symbol != _OTHERS:
        return " ".join(_DEGREES[int(part)] for part in symbol.split())
    return symbol
