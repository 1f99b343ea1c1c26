"""Where hard rules look in finished music, as one file for a frame: see `proof`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.plain import Expressions, NotStorable, read_expressions
from rulegen.folds.proof import Proof, Proofs, Sight
from rulegen.lattice.arrays import AnyArray, Arrays, Json, read
from rulegen.lattice.store import Cache
from rulegen.rules.draft import Draft

_MAGIC = b"rulegen proofs 1\n"  # the number changes with the layout or meaning of what is stored
_MOST_USES = 512  # of one file
_LARGEST = 1 << 24  # bytes of arrays: more is not kept


def recall_proofs(draft: Draft, cache: Cache) -> None:
    """Takes up what is kept of a draft's proofs, where nothing is known of them yet."""
    if draft.proofs:
        return
    found = cache.find(f"{draft.digest}.proofs", partial(read, magic=_MAGIC))
    try:
        draft.proofs.update({} if found is None else _read(*found))
    except (ValueError, KeyError, IndexError, TypeError):
        return  # damaged


def remember_proofs(draft: Draft, cache: Cache, before: int) -> None:
    """Keeps a draft's proofs, where there are more than those `before` that were recalled."""
    if len(draft.proofs) == before:
        return
    arrays, nodes, sights = Arrays(), Expressions(), dict[Sight, int]()
    uses: dict[str, Json] = {}
    for name, proofs in [*draft.proofs.items()][-_MOST_USES:]:
        try:
            uses[name] = None if proofs is None else [_plain(proof, nodes, sights) for proof in proofs]
        except NotStorable:
            continue
    looks = [[arrays.add(_narrow(each.component)), arrays.add(_narrow(each.moment))] for each in sights]
    header = {"uses": uses, "nodes": nodes.nodes, "sights": looks}
    if arrays.size <= _LARGEST:
        cache.keep(f"{draft.digest}.proofs", lambda path: arrays.write(path, _MAGIC, header))


def _plain(proof: Proof, nodes: Expressions, sights: dict[Sight, int]) -> Json:
    numbers = [sights.setdefault(each, len(sights)) for each in proof.sights]
    return [nodes.add(proof.event), numbers, proof.places]


def _narrow(places: NDArray[np.int64]) -> AnyArray:
    return places.astype(np.min_scalar_type(int(places.max(initial=0))))


def _read(header: Mapping[str, Json], arrays: Sequence[AnyArray]) -> dict[str, Proofs]:
    nodes = read_expressions(header["nodes"])
    sights = [Sight(*(arrays[number].astype(np.int64) for number in each)) for each in header["sights"]]
    return {
        name: None
        if proofs is None
        else tuple(
            [Proof(nodes[event], tuple([sights[i] for i in own]), places) for event, own, places in proofs]
        )
        for name, proofs in header["uses"].items()
    }
