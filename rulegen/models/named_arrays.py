"""The numbers of a model as named arrays with a few plain facts, and back: what its file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rulegen.models import counted, evidence, hmm, lstm, markov, quartet, stand_ins
from rulegen.models.base import Alphabet

Prior = markov.Markov | hmm.Hidden | lstm.Recurrent | quartet.Quartet | counted.Counted
StandIn = markov.Markov | stand_ins.VoicingTable
Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
Told = dict[str, Any]

_MARKOV, _HMM = ("suffix", "prefix", "newest", "counts"), ("start", "transition", "emissions")
_EVIDENCE = {"contexts": np.uint64, "first": np.int32, "outcomes": np.uint8, "counts": np.int32}
_COUNTED = ("changes", "notes", "start", "transition")
_TABLE = ("own", "beside")
_STAND_IN = "stand_in."  # before the names of its arrays


def taken_apart(prior: Prior, stand_in: StandIn | None) -> tuple[Told, Arrays]:
    """What is told in words, by `prior` and `stand_in`, and the arrays; weights of four voices rounded."""
    plain, arrays = _prior_apart(prior)
    told: Told = {"prior": plain}
    if isinstance(stand_in, markov.Markov):
        told["stand_in"] = {"kind": "markov", "order": stand_in.order}
        arrays |= {_STAND_IN + name: getattr(stand_in, name) for name in _MARKOV}
    elif stand_in is not None:
        told["stand_in"] = {"kind": "table"}
        arrays |= {_STAND_IN + name: getattr(stand_in, name).astype(np.float16) for name in _TABLE}
    return told, arrays


def put_together(
    kind: str, alphabet: Alphabet, told: Mapping[str, Any], arrays: Arrays
) -> tuple[Prior, StandIn | None]:
    """The model and what stands in for it. Raises ValueError where the numbers do not fit together, and
    KeyError or TypeError where there are none or of another kind.
    """
    own = {name: array for name, array in arrays.items() if not name.startswith(_STAND_IN)}
    others = {
        name.removeprefix(_STAND_IN): array for name, array in arrays.items() if name.startswith(_STAND_IN)
    }
    prior = _prior(kind, alphabet, told["prior"], own)
    stand_in = _stand_in(prior, told["stand_in"], others) if "stand_in" in told else None
    if not _is_sound(prior) or (stand_in is not None and not _stands_soundly(stand_in)):
        raise ValueError("the numbers do not fit together")
    return prior, stand_in


def as_kept(prior: quartet.Quartet) -> quartet.Quartet:
    """A model of four voices as its file will hold it: its weights rounded."""
    plain, arrays = _prior_apart(prior)
    weights = {name: _floats(array) for name, array in arrays.items()}
    return quartet.from_weights(prior.alphabet, plain["cell"], weights)


def _prior_apart(prior: Prior) -> tuple[Told, Arrays]:
    match prior:
        case markov.Markov():
            return {"order": prior.order}, {name: getattr(prior, name) for name in _MARKOV}
        case hmm.Hidden():
            return {}, {name: getattr(prior, name) for name in _HMM}
        case lstm.Recurrent():
            return {"cell": prior.cell.kind}, dict(prior.weights)
        case quartet.Quartet():
            halves = {name: array.astype(np.float16) for name, array in prior.weights.items()}
            return {"cell": prior.cell.kind}, halves  # there are many, and nothing is lost that is heard
        case counted.Counted():
            known = {name: getattr(prior.evidence, name) for name in _EVIDENCE}
            return {}, known | {name: getattr(prior, name) for name in _COUNTED}


def _prior(kind: str, alphabet: Alphabet, plain: Mapping[str, Any], arrays: Arrays) -> Prior:
    if alphabet.kind == "voicing" and kind in ("markov", "hmm"):
        known = evidence.Evidence(*(_typed(arrays[name], own) for name, own in _EVIDENCE.items()))
        return counted.Counted(alphabet, known, *(_typed(arrays[name], np.float64) for name in _COUNTED))
    if kind == "markov":
        return _markov(alphabet, plain, arrays)
    if kind == "hmm":
        return hmm.Hidden(alphabet, *(_typed(arrays[name], np.float64) for name in _HMM))
    weights = {name: _floats(array) for name, array in arrays.items()}
    if alphabet.kind == "voicing":
        return quartet.from_weights(alphabet, str(plain["cell"]), weights)
    return lstm.from_weights(alphabet, str(plain["cell"]), weights)


def _markov(alphabet: Alphabet, plain: Mapping[str, Any], arrays: Arrays) -> markov.Markov:
    suffix, prefix, newest, counts = (_typed(arrays[name], np.int32) for name in _MARKOV)
    return markov.Markov(alphabet, int(plain["order"]), suffix, prefix, newest, counts)


def _stand_in(prior: Prior, plain: Mapping[str, Any], arrays: Arrays) -> StandIn:
    if plain["kind"] == "markov" and isinstance(prior, lstm.Recurrent):
        return _markov(prior.alphabet, plain, arrays)
    if plain["kind"] == "table" and isinstance(prior, quartet.Quartet):
        return stand_ins.from_weights({name: _floats(array) for name, array in arrays.items()})
    raise ValueError("it stands for another kind of model")


def _typed(array: np.ndarray[Any, np.dtype[Any]], kind: Any) -> np.ndarray[Any, np.dtype[Any]]:
    if array.dtype != kind:
        raise TypeError("an array of another kind")
    return array


def _floats(array: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Weights as float32; files may hold them as float16."""
    if array.dtype not in (np.float16, np.float32):
        raise TypeError("weights of another kind")
    return array.astype(np.float32)


def _is_sound(prior: Prior) -> bool:
    match prior:
        case markov.Markov():
            return markov.is_sound(prior)
        case hmm.Hidden():
            return hmm.is_sound(prior)
        case lstm.Recurrent():
            return lstm.is_sound(prior)
        case quartet.Quartet():
            return quartet.is_sound(prior)
        case counted.Counted():
            return counted.is_sound(prior)


def _stands_soundly(stand_in: StandIn) -> bool:
    return markov.is_sound(stand_in) if isinstance(stand_in, markov.Markov) else stand_ins.is_sound(stand_in)
