"""Scores as bytes, by the format that a name's ending or `--format` says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from rulegen.errors import OutputError
from rulegen.score.events import Score

ENDINGS = {
    ".musicxml": "musicxml",
    ".xml": "musicxml",
    ".mxl": "mxl",
    ".mid": "midi",
    ".midi": "midi",
    ".txt": "txt",
    ".png": "png",
    ".svg": "svg",
    ".pdf": "pdf",
    ".rntxt": "rntxt",
    ".ly": "ly",
    ".abc": "abc",
    ".wav": "wav",
    ".flac": "flac",
    ".ogg": "ogg",
    ".mp3": "mp3",
}
SOUND = ("wav", "flac", "ogg", "mp3")
FORMATS = tuple(dict.fromkeys(ENDINGS.values()))
ENDING_OF = {"musicxml": ".musicxml", "mxl": ".mxl", "midi": ".mid", "txt": ".txt"} | {
    each: f".{each}" for each in ("png", "svg", "pdf", "rntxt", "ly", "abc", *SOUND)
}
NEEDS = {
    "svg": {"verovio": "verovio"},
    "png": {"verovio": "verovio", "resvg_py": "resvg-py"},
    "pdf": {"verovio": "verovio", "resvg_py": "resvg-py", "PIL": "pillow"},
}
IS_TEXT = frozenset({"musicxml", "txt", "svg", "rntxt", "ly", "abc"})


def need(kind: str) -> None:
    """Raises OutputError where a format needs what is not installed."""
    from importlib.util import find_spec

    missing = [name for module, name in NEEDS.get(kind, {}).items() if find_spec(module) is None]
    if kind in SOUND:
        _need_sound(kind)
    if missing:
        raise OutputError(
            f"scores as {kind.upper()} need {' and '.join(missing)}, which rulegen does not bring along: "
            f"pip install {' '.join(missing)}, or write .musicxml and open it in a notation program"
        )


def _need_sound(kind: str) -> None:
    """Raises OutputError where there is nothing that makes sound; all of it comes with rulegen, save where a
    machine has no wheel for it.
    """
    from importlib.util import find_spec

    from rulegen.sound.synthesis import is_there

    missing = [name for name in ("soundfile", "pyloudnorm") if find_spec(name) is None]
    missing += [] if is_there() else ["midirenderer"]
    if missing:
        raise OutputError(
            f"sound as {kind.upper()} needs {' and '.join(missing)}: pip install {' '.join(missing)}; where "
            "there is no wheel of midirenderer, a program called fluidsynth does; or write .mid"
        )


def pages_of(score: Score, kind: str, sound_font: Path | None = None) -> list[bytes]:
    """A score in a format: one file, or one a page where it is a picture. Raises OutputError."""
    if kind in SOUND:
        from rulegen.face.sound import sound_of_score

        return [sound_of_score(score, kind, sound_font)]
    if kind not in _WRITERS:
        raise OutputError(f"{kind} is no format that rulegen writes: there are {', '.join(FORMATS)}")
    return _WRITERS[kind](score)


def _musicxml(score: Score) -> list[bytes]:
    from rulegen.io.musicxml import musicxml_text

    return [musicxml_text(score).encode()]


def _mxl(score: Score) -> list[bytes]:
    from rulegen.io.musicxml import write_musicxml

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "score.mxl"
        write_musicxml(score, place)
        return [place.read_bytes()]


def _midi(score: Score) -> list[bytes]:
    from rulegen.io.midi import midi_bytes

    return [midi_bytes(score)]


def _txt(score: Score) -> list[bytes]:
    from rulegen.score.notation import format_score

    return [format_score(score).encode()]


def _rntxt(score: Score) -> list[bytes]:
    from rulegen.io.romantext import romantext

    return [romantext(score).encode()]


def _ly(score: Score) -> list[bytes]:
    from rulegen.io.lilypond import lilypond

    return [lilypond(score).encode()]


def _abc(score: Score) -> list[bytes]:
    from rulegen.io.abc import abc

    return [abc(score).encode()]


def _svg(score: Score) -> list[bytes]:
    from rulegen.io.musicxml import musicxml_text
    from rulegen.io.render import to_svg

    return [page.encode() for page in to_svg(musicxml_text(score))]


def _png(score: Score) -> list[bytes]:
    from rulegen.io.musicxml import musicxml_text
    from rulegen.io.render import to_png

    return to_png(musicxml_text(score))


def _pdf(score: Score) -> list[bytes]:
    import io

    from PIL import Image

    from rulegen.io.musicxml import musicxml_text
    from rulegen.io.render import to_png

    images = [Image.open(io.BytesIO(page)).convert("RGB") for page in to_png(musicxml_text(score), zoom=2.0)]
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", save_all=True, append_images=images[1:], resolution=200.0)
    return [buffer.getvalue()]


_WRITERS: dict[str, Callable[[Score], list[bytes]]] = {
    "musicxml": _musicxml,
    "mxl": _mxl,
    "midi": _midi,
    "txt": _txt,
    "rntxt": _rntxt,
    "ly": _ly,
    "abc": _abc,
    "svg": _svg,
    "png": _png,
    "pdf": _pdf,
}
