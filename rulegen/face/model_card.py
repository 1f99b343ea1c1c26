"""What a model is and where it comes from, as text."""

from __future__ import annotations

from pathlib import Path

from rulegen.errors import ModelError
from rulegen.errors.nearest import nearest
from rulegen.face.learning import figures_of, printable
from rulegen.models.base import Alphabet
from rulegen.models.registry import BEATS, SURFACE
from rulegen.models.store import Model, load
from rulegen.models.struck import STRUCK
from rulegen.resources import model_names, model_path

_LEVELS = {"": "pieces as they sound", BEATS: "pieces on their beats alone", SURFACE: "the surface of pieces"}


def card_of(name: str) -> tuple[Path, dict[str, str], str]:
    """The file of a model, its card by titles, and its held-out figures. Raises ModelError."""
    path = find_model(name)
    model = load(path)
    card = model.card
    rows = {
        "kind": card.kind,
        "subject": card.subject,
        "alphabet": _alphabet(model.alphabet),
        "knows": "; ".join(_known(model)),
        "level": _LEVELS[card.level],
        "corpus": card.corpus,
        "terms": card.terms,
        "learned by": card.command,
        "seed": str(card.seed),
        "version": f"rulegen {card.version}",
        "size": f"{path.stat().st_size / 1024:.0f} KB",
    }
    return path, {title: printable(text) for title, text in rows.items()}, figures_of(card)


def find_model(name: str) -> Path:
    """The file of a model. Raises ModelError where it is neither a file nor one that rulegen brings."""
    path, known = Path(name), model_names()
    if path.is_file() or name not in known:
        if path.exists() or path.suffix == ".model" or path.parent != Path():
            return path  # reading it says what is wrong
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known) or 'none'}"
        raise ModelError(f"{name} is no file and no model that rulegen brings; {hint}")
    return model_path(name)


def _known(model: Model) -> list[str]:
    """What a file holds beside the probabilities of what comes next."""
    found = [] if model.view.knows is None else [model.view.knows]
    if model.law.hears_chords:
        found.append("hears the chord under each note, and can do without")
    if model.lines is not None:
        pieces = len(model.lines.pieces)
        found.append(f"the lines of {pieces} pieces, for guards against quotation")
    if model.stand_in is not None:
        found.append("what looks ahead in its place")
    return found or ["the place in the bar"]


def _alphabet(alphabet: Alphabet) -> str:
    first, last = alphabet.symbols[0], alphabet.symbols[-1]
    if alphabet.kind == "pitch":
        return f"{len(alphabet)} pitches, {first} to {last} semitones above the tonic"
    if alphabet.kind == "chord":
        return f"{len(alphabet)} chords"
    if alphabet == STRUCK:
        return f"{len(alphabet) - 2} pitches for each of four voices, silence, and what goes on"
    if alphabet.kind == "voicing":
        return f"{len(alphabet) - 1} pitches for each of four voices, and silence"
    return f"{len(alphabet)} pairs of pitch and length"
