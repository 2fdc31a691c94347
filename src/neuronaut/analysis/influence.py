"""Influence: what a unit does to later units, and what earlier units do to it, as recorded from derivatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Float, Int
from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import AddressError, NeedsModel, UnknownName
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording
from neuronaut.store.results import read_result

STORED_KEY = "stored"
BETWEEN = "\t"


@analysis(version=1, kept=False)
def influence(rec: Recording, at: str, k: int | None = None) -> Result:
    """Units that this unit moves, and units that move it, by falling size of the effect.

    ``effect`` is signed: the first-order change that removing the source's own activation would undo, averaged over the
    probe samples; ``forwards`` is true for later units. Where only the strongest were stored, only those are given.

    Raises AddressError when ``at`` names no unit, NeedsModel when the recording holds no influence.

    Reference: algorithms as in Simonyan et al. 2014 (gradient x activation), pushed forward through the network.
    """
    address = parse_address(at, list(rec.layers))
    layer = rec.layers[address.layer]
    if address.unit is None:
        raise AddressError(f"{at!r} names a layer of {layer.unit_count} units; name one of them, as in '{at}:0'.")
    if address.unit >= layer.unit_count:
        raise UnknownName(f"no unit {address.unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}.")
    stored = stored_influence(rec)
    parts = [
        (name, units, effects, forwards)
        for forwards in (True, False)
        for name, units, effects in _related(stored, layer.name, address.unit, forwards=forwards)
    ]
    labels = [str(Address(name, unit=int(unit))) for name, units, _, _ in parts for unit in units]
    layers = [name for name, units, _, _ in parts for _ in units]
    effects = np.concatenate([effects for _, _, effects, _ in parts] or [np.zeros(0, np.float32)])
    forwards = np.concatenate([np.full(len(units), ahead) for _, units, _, ahead in parts] or [np.zeros(0, bool)])
    order = np.lexsort((np.arange(len(effects)), -np.abs(effects)))[:k]
    return Result(
        "influence",
        {"effect": effects[order], "forwards": forwards[order]},
        {"effect": ("unit",), "forwards": ("unit",)},
        {"unit": [labels[place] for place in order], "layer": [layers[place] for place in order]},
        n=stored.n,
        seed=stored.seed,
        notes=stored.notes,
    )


def stored_influence(rec: Recording) -> Result:
    """The influence of every recorded layer on every later one, as ``record`` stored it.

    Raises NeedsModel when it did not.
    """
    stored = read_result(rec, STORED_KEY, name="influence")
    if stored is None:
        raise NeedsModel(
            "this recording holds no influence, and only the live model can tell. "
            "Record again with influence=True (in the shell: --influence)."
        )
    return stored


def _related(
    stored: Result, layer: str, unit: int, *, forwards: bool
) -> Iterator[tuple[str, Int[np.ndarray, "k"], Float[np.ndarray, "k"]]]:
    """Layer, units and effects that are stored for one unit, in one direction."""
    for name, array in stored.values.items():
        source, _, rest = name.partition(BETWEEN)
        target, _, part = rest.partition(BETWEEN)
        mine, other = (source, target) if forwards else (target, source)
        if mine != layer:
            continue
        if not part:
            effects = array[unit] if forwards else array[:, unit]
            yield other, np.arange(effects.size), effects
        elif part == ("forward.index" if forwards else "backward.index"):
            value = stored.values[name.removesuffix("index") + "value"]
            kept = array[unit] >= 0
            yield other, array[unit][kept].astype(np.int64), value[unit][kept]
