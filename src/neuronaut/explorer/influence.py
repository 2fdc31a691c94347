"""The stored influence of a page: whole where it is small, else the strongest of each unit both ways."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.influence import BETWEEN, stored_influence
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import InfluenceCard, Strongest
from neuronaut.explorer.network import SMALL, rounded

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

WHOLE = 8192
"""Effects of one layer on another up to which all are shipped."""
STRONGEST = 16
_BITS, _WHOLE_BITS = 8, 12
"""Significant bits of an effect in a table of the strongest, and in a whole one that is not small: 0.2 %, 0.01 %."""

Array = npt.NDArray[Any]


def influence_cards(rec: Recording, shown: Collection[str], pack: Packer) -> list[InfluenceCard]:
    """Effects between the shown layers. Raises NeedsModel when the recording holds none."""
    stored = stored_influence(rec)
    values, n = stored.values, sum(stored.n.values())
    pairs = dict.fromkeys(tuple(name.split(BETWEEN)[:2]) for name in values)
    return [_card(source, target, n, values, pack) for source, target in pairs if source in shown and target in shown]


def _card(source: str, target: str, n: int, values: Any, pack: Packer) -> InfluenceCard:
    name = f"{source}{BETWEEN}{target}"
    whole = values.get(name)
    if whole is not None and whole.size <= WHOLE:
        exact = np.asarray(whole, np.float32)
        full = pack.add(exact if exact.size <= SMALL else rounded(exact, _WHOLE_BITS), "influence")
        return InfluenceCard(source=source, target=target, n=n, full=full, forward=None, backward=None)
    if whole is not None:
        forward, backward = _largest(whole), _largest(whole.T)
    else:
        forward, backward = (
            (values[f"{name}{BETWEEN}{way}.index"], values[f"{name}{BETWEEN}{way}.value"])
            for way in ("forward", "backward")
        )
    return InfluenceCard(
        source=source, target=target, n=n, full=None, forward=_table(*forward, pack), backward=_table(*backward, pack)
    )


def _largest(effects: Array) -> tuple[Array, Array]:
    k = min(STRONGEST, effects.shape[1])
    index = np.argpartition(-np.abs(effects), k - 1, axis=1)[:, :k]
    return index, np.take_along_axis(effects, index, axis=1)


def _table(index: Array, value: Array, pack: Packer) -> Strongest:
    """By rising index, -1 (no unit) last: neighbours that are alike compress well."""
    last = np.where(index < 0, np.iinfo(np.int32).max, index)
    order = np.argsort(last, axis=1, kind="stable")
    index, value = np.take_along_axis(index, order, axis=1), np.take_along_axis(value, order, axis=1)
    return Strongest(
        k=index.shape[1],
        index=pack.add(index.astype(np.int32), "influence"),
        value=pack.add(rounded(value.astype(np.float32), _BITS), "influence"),
    )
