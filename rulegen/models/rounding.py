"""Weights as a file holds them in one byte each: whole numbers to 127, and a scale for each row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rulegen.models.base import Array
from rulegen.models.cells import Weights, weights_in

_LARGEST = 127
_SCALE = ".scale"  # after the name of an array that is rounded


def rounded(weights: Mapping[str, Weights], plain: frozenset[str]) -> dict[str, Array]:
    """The arrays of a file: those named in `plain` as float16, others as int8 with float16 scales, one for
    each row along the last axis.
    """
    found: dict[str, Array] = {name: weights[name].astype(np.float16) for name in plain}
    for name in weights.keys() - plain:
        own = weights[name]
        scale = (np.abs(own).max(axis=-1, keepdims=True) / _LARGEST).astype(np.float16)
        steps = np.divide(own, scale, out=np.zeros_like(own), where=np.isfinite(scale) & (scale > 0))
        found[name] = np.clip(np.rint(steps), -_LARGEST, _LARGEST).astype(np.int8)
        found[name + _SCALE] = scale[..., 0]
    return found


def restored(arrays: Mapping[str, Array], plain: frozenset[str]) -> dict[str, Weights]:
    """What was rounded, float32. Raises KeyError, TypeError and ValueError where it does not fit together."""
    found = weights_in({name: arrays[name] for name in plain})
    for name in {each.removesuffix(_SCALE) for each in arrays.keys() - plain}:
        own, scale = arrays[name], weights_in({name: arrays[name + _SCALE]})[name]
        if own.dtype != np.int8:
            raise TypeError("weights of another kind")
        if scale.shape != own.shape[:-1] or not np.isfinite(scale).all():
            raise ValueError("scales of other rows, or none")
        found[name] = own.astype(np.float32) * scale[..., None]
    return found
