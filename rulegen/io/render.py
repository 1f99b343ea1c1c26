"""Scores as pictures, by verovio and resvg; both are extras, imported when a picture is asked for."""

from __future__ import annotations

import re
from html import escape, unescape

from rulegen.io.musicxml import SOFTWARE
from rulegen.io.numerals import typeset

_OPTIONS = {
    "smuflTextFont": "embedded",
    "header": "none",  # its own title is misplaced: this module sets the title
    "footer": "none",
    "adjustPageHeight": True,
    "breaks": "auto",
    "pageMarginTop": 180,
    "xmlIdSeed": 1,  # else each run names its elements anew
    "pageMarginLeft": 120,  # else a long name of a part is cut off
}
_ROOM_FOR_COMPOSER = 240  # the margin at the top with a line more than the title

_HIDDEN = re.compile(r'<root-alter print-object="no">[^<]*</root-alter>')  # verovio shows it all the same

_FONT = "DejaVu Serif"
_TITLE = re.compile(r"<(?:movement-title|work-title)>(.*?)</", re.DOTALL)
_COMPOSER = re.compile(r'<creator type="composer">(.*?)</', re.DOTALL)
_SIZE = re.compile(r'<svg[^>]*?width="([\d.]+)px"')
_SIGN = r"&#xEC[AB][0-9A-F];|[\ueca0-\uecbf]|\s"
_GLYPH = re.compile(rf'<tspan[^>]*font-family="Leipzig"[^>]*>((?:{_SIGN})+)</tspan>', re.IGNORECASE)
# Signs of the metronome that a text font has.
_NOTES = {0xECA5: "♩", 0xECA7: "♪", 0xECA3: "\u2002", 0xECA2: "\u2002", 0xECB7: "."}
_MARK = re.compile(r'<text x="(-?\d+)" y="(-?\d+)"[^>]*>.*?</text>', re.DOTALL)
_HEAD = (
    '<ellipse cx="115" cy="-75" rx="100" ry="66" transform="translate({x} {y}) rotate(-25 115 -75)" '
    'fill="none" stroke="black" stroke-width="36"/>'
)
_STEM = '<rect x="{x}" y="{y}" width="24" height="450" fill="black"/>'


def to_svg(musicxml_text: str, page_width: int = 2100, scale: int = 40) -> list[str]:
    """The pages of a MusicXML text as SVG, the title on the first. Raises ValueError where verovio cannot
    read it.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)  # what it writes to stderr says nothing of the style
    toolkit = verovio.toolkit()
    title, composer = (_said(words, musicxml_text) for words in (_TITLE, _COMPOSER))
    composer = "" if composer == SOFTWARE else composer
    room = {"pageMarginTop": _ROOM_FOR_COMPOSER} if composer else {}
    toolkit.setOptions({**_OPTIONS, **room, "pageWidth": page_width, "scale": scale})
    if not toolkit.loadData(_HIDDEN.sub("", musicxml_text)):
        raise ValueError("verovio cannot read this MusicXML")
    pages = [typeset(toolkit.renderToSVG(page)) for page in range(1, toolkit.getPageCount() + 1)]
    return [_headed(pages[0], title, composer, scale), *pages[1:]] if pages else pages


def _said(words: re.Pattern[str], musicxml_text: str) -> str:
    found = words.search(musicxml_text)
    return unescape(found.group(1).strip()) if found else ""


def _headed(page: str, title: str, composer: str, scale: int) -> str:
    """The page with its title in the middle above the music, and the composer below it at the right."""
    found = _SIZE.search(page)
    place = page.rfind("</svg>")
    if found is None or place < 0:
        return page
    width, size = float(found.group(1)), 0.55 * scale
    heads = ((title, width / 2, 1.9, "middle", 1.0), (composer, width - 1.5 * scale, 3.2, "end", 0.7))
    words = "".join(
        f'<text x="{x:.1f}" y="{size * line:.1f}" text-anchor="{anchor}" '
        f'font-family="Times, serif" font-size="{size * share:.1f}px">{escape(text)}</text>'
        for text, x, line, anchor, share in heads
        if text
    )
    return page[:place] + words + page[place:]


def to_png(musicxml_text: str, page_width: int = 2100, scale: int = 40, zoom: float = 1.5) -> list[bytes]:
    """The pages of a MusicXML text as PNG, on white."""
    return [to_pixels(_plain_notes(page), zoom) for page in to_svg(musicxml_text, page_width, scale)]


def to_pixels(svg: str, zoom: float = 1.5) -> bytes:
    """A picture as PNG, on white."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, background="white", font_family=_FONT, serif_family=_FONT, zoom=zoom
        )
    )


def _plain_notes(page: str) -> str:
    """The metronome's note in a text font: resvg does not read the music font that the page carries."""

    def replaced(found: re.Match[str]) -> str:
        signs = "".join(_NOTES.get(ord(sign), "♩") for sign in unescape(found.group(1)) if not sign.isspace())
        return found.group(0).replace(found.group(1), signs).replace("Leipzig", _FONT)

    return _GLYPH.sub(replaced, _MARK.sub(_with_open_note, page))


def _with_open_note(found: re.Match[str]) -> str:
    """A tempo mark of half or whole notes, which text fonts have none of: they are drawn where it begins."""
    x, y, text = int(found[1]), int(found[2]), unescape(found[0])
    half, whole = (chr(sign) in text for sign in (0xECA3, 0xECA2))
    head = _HEAD.format(x=x, y=y) if half or whole else ""
    return found[0] + head + (_STEM.format(x=x + 198, y=y - 555) if half else "")
