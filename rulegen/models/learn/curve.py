"""The losses of a training as an SVG: two lines over the epochs."""

from __future__ import annotations

from collections.abc import Sequence

from rulegen.models.svg import GREY, OURS, THEIRS, sheet, text

WIDTH, HEIGHT, EDGE = 640, 400, 56  # pixels
_COLOURS = {"training": OURS, "validation": THEIRS}


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
        colour = _COLOURS.get(name, GREY)
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        least = f"{name}: least {min(line):.4f} in epoch {list(line).index(min(line)) + 1}"
        drawn.append(text(least, WIDTH - EDGE, EDGE + 18 * place, "end", colour))
    bottom, right = HEIGHT - EDGE, WIDTH - EDGE
    return sheet(
        WIDTH,
        HEIGHT,
        [
            text(title, EDGE, 28),
            f'<path d="M{EDGE},{EDGE} V{bottom} H{right}" fill="none" stroke="{GREY}"/>',
            text(f"{high:.3f}", EDGE - 6, EDGE + 4, "end"),
            text(f"{low:.3f}", EDGE - 6, bottom + 4, "end"),
            text("nats", EDGE - 6, bottom - 14, "end"),
            text("1", EDGE, bottom + 20),
            text(f"epoch {longest}", right, bottom + 20, "end"),
            *drawn,
        ],
    )
