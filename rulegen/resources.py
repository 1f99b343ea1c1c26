"""Finds grammars, ready styles, packs of the library, models and the sound font, in a checkout or a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CARRIED = _PACKAGE / "_data"  # only in a wheel: what lies beside the package in a checkout
_BESIDE = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent

_GRAMMARS = _BESIDE / "grammars"
_STYLES = _BESIDE / "styles"
_LIBRARY = _PACKAGE / "library"
_MODELS = _PACKAGE / "models" / "shipped"
_SOUND_FONT = _PACKAGE / "sound" / "font" / "sonivox.sf2"


def grammar_text(name: str) -> str:
    """The text of a grammar, named without its ending (`rules`, `notation`).

    Raises FileNotFoundError where there is no such grammar.
    """
    return _named(_GRAMMARS, name, ".lark").read_text(encoding="utf-8")


def page_template() -> str:
    """The frame of the page on which grades are shown, with `$title` and `$body`."""
    return (_PACKAGE / "grading" / "page.html").read_text(encoding="utf-8")


def style_path(name: str) -> Path:
    """The file of a ready style, named without its ending (`chorale`).

    Raises FileNotFoundError where there is no such style; `style_names` lists what there is.
    """
    return _named(_STYLES, name, ".rules")


def style_names() -> tuple[str, ...]:
    """The names of all ready styles, in alphabetical order."""
    return _names(_STYLES, ".rules")


def library_path(name: str) -> Path:
    """The file of a pack of the library, named as after `use` (`common_practice`).

    Raises FileNotFoundError where there is no such pack; `library_names` lists what there is.
    """
    return _named(_LIBRARY, name, ".rules")


def library_names() -> tuple[str, ...]:
    """The names of all packs of the library, in alphabetical order."""
    return _names(_LIBRARY, ".rules")


def model_path(name: str) -> Path:
    """The file of a model that ships, named without its ending (`bach-soprano.lstm`).

    Raises FileNotFoundError where there is no such model; `model_names` lists what there is.
    """
    return _named(_MODELS, name, ".model")


def model_names() -> tuple[str, ...]:
    """The names of all models that ship, in alphabetical order."""
    return _names(_MODELS, ".model")


def sound_font_path() -> Path:
    """The sound font that comes with rulegen."""
    return _SOUND_FONT


def _names(folder: Path, ending: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob(f"*{ending}")))


def _named(folder: Path, name: str, ending: str) -> Path:
    known = _names(folder, ending)
    if name not in known:  # asked of the list, not of the disk: a name is never a way out of the folder
        raise FileNotFoundError(f"no {name}{ending} among the {folder.name}: {', '.join(known) or 'none'}")
    return folder / f"{name}{ending}"
