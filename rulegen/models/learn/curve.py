"""The losses of a training as an SVG: two lines over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, EDGE = 640, 400, 56  # pixels
_GREY = "#444444"
_FONT = 'font-family="sans-serif" font-size="13"'
_COLOURS = {"training": "#b0560f", "validation": "#1f5f99"}


def curve(title: str, lines: dict[str, Sequence[float]]) -> str:
    """An SVG of losses by epoch, nats; the lines are named `training` and `validation`."""
    values = [value for line in lines.values() for value in line]
    low, high = min(values), max(values)
    high = high if high > low else low + 1
    longest = max(len(line) for line in lines.values())

    def point(epoch: int, value: float) -> str:
        across = EDGE + (WIDTH - 2 * EDGE) * epoch / max(longest - 1, 1)
        down = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / (high - low)
        return f"{across:.1f},{down:.1f}"

    drawn = []
    for place, (name, line) in enumerate(lines.items()):
        points = " ".join(point(epoch, value) for epoch, value in enumerate(line))
        colour = _COLOURS.get(name, _GREY)
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        least = f"{name}: least {min(line):.4f} in epoch {list(line).index(min(line)) + 1}"
        drawn.append(_text(least, WIDTH - EDGE, EDGE + 18 * place, "end", colour))
    bottom, right = HEIGHT - EDGE, WIDTH - EDGE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" {_FONT}>'
    return "\n".join(
        [
            head,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            _text(title, EDGE, 28),
            f'<path d="M{EDGE},{EDGE} V{bottom} H{right}" fill="none" stroke="{_GREY}"/>',
            _text(f"{high:.3f}", EDGE - 6, EDGE + 4, "end"),
            _text(f"{low:.3f}", EDGE - 6, bottom + 4, "end"),
            _text("nats", EDGE - 6, bottom - 14, "end"),
            _text("1", EDGE, bottom + 20),
            _text(f"epoch {longest}", right, bottom + 20, "end"),
            *drawn,
            "</svg>\n",
        ]
    )


def _text(text: str, across: int, down: int, anchor: str = "start", colour: str = _GREY) -> str:
    return f'<text x="{across}" y="{down}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
