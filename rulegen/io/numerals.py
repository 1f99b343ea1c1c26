"""Roman numerals in a picture as musicians write them: signs and figures raised, two figures stacked."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r'(class="harm">\s*<text[^>]*>\s*<tspan[^>]*>\s*<tspan font-size="(\d+)px">)([^<]+)(?=</tspan>)'
)
_PLAIN = r"([b#]*)([IViv]+|It|Fr|Ger|Cad)"
_NUMERAL = re.compile(rf"((?:[A-Ga-g][b#]*(?: [a-z]+)?: )?){_PLAIN}([oø+]?)([a-z]*)(\d*)((?:/.*)?)")
_STACKED = {"64", "65", "43", "42"}
_SMALL = 0.6  # the size of figures, as a part of that of the numeral
_RAISED, _DEEPER = 0.42, 0.5  # how far the upper figure stands above the line, the lower below it, in sizes
_FIGURE = 0.6  # the width of a figure in its own size, between those of the usual text fonts
_SIGNS = {"o": "°", "ø": "ø", "+": "+", "": ""}


def typeset(page: str) -> str:
    """The SVG with the figures of its numerals raised; chord symbols and other texts stay as they are."""
    return _LABEL.sub(lambda found: found[1] + _set(found[3], int(found[2])), page)


def _set(label: str, size: int) -> str:
    found = _NUMERAL.fullmatch(label)
    if found is None:
        return label
    key, accidentals, numeral, sign, word, figures, target = found.groups()
    small, up = _SMALL * size, _RAISED * size
    set_text = key + _accidentals(accidentals) + numeral
    raised = _SIGNS[sign] + word
    fall = up if raised or figures else 0.0  # back to the line after what is raised
    if figures in _STACKED:
        down = _DEEPER * size
        set_text += f'<tspan font-size="{small:.0f}px" dy="{-up:.0f}">{raised}{figures[0]}</tspan>'
        back = -_FIGURE * small
        set_text += f'<tspan font-size="{small:.0f}px" dx="{back:.0f}" dy="{down:.0f}">{figures[1]}</tspan>'
        fall = up - down
    elif raised or figures:
        set_text += f'<tspan font-size="{small:.0f}px" dy="{-up:.0f}">{raised}{figures}</tspan>'
    if not target:
        return set_text
    return set_text + f'<tspan dy="{fall:.0f}">/{_set(target[1:], size)}</tspan>'


def _accidentals(signs: str) -> str:
    return signs.replace("b", "♭").replace("#", "♯")
