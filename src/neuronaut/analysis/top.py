"""Top: the samples that drive one unit most, or least."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.recorded import reduced
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Int, Num
from neuronaut.core.address import parse_address
from neuronaut.core.axes import REDUCTIONS
from neuronaut.core.errors import AddressError, DataError, UnknownName
from neuronaut.core.layer import Layer
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording


@analysis(version=1, kept=False)
def top(rec: Recording, at: str, k: int = 10, by: str = "max", largest: bool = True, *, where: Where = None) -> Result:
    """The k samples where a unit is highest (or lowest), with their values; signed, ties by sample id.

    ``at`` is an address such as ``"fc1:11"``. ``by`` says what stands for the positions of a channel: ``max``, ``mean``
    or ``min``; a neuron without positions has one value. ``largest=False`` gives the most negative. The axis ``rank``
    runs from 1; ``sample`` is the sample's id, ``row`` its row in the recording; with ``by="max"`` and positions,
    ``position`` is where in the layer (flat index). ``where`` restricts the samples. NaN and infinity are left out.

    Raises AddressError when ``at`` names no unit, UnknownName for a layer or unit that was not recorded.
    """
    address = parse_address(at, list(rec.layers))
    layer = rec.layers[address.layer]
    unit = known_unit(layer, address.unit, at)
    if by not in REDUCTIONS:
        raise DataError(f"no order by {by!r}. There are: {', '.join(map(repr, REDUCTIONS))}.")
    if k < 1:
        raise DataError(f"asked for {k} samples. Ask for at least 1.")
    group = group_of(rec, where)
    rows = np.flatnonzero(group.mask)
    array = reduced(rec, layer.name, address.site, by)
    column = array.read(units=unit)[rows]
    finite = np.isfinite(column)
    order = ranked(column[finite], rec.sample_ids[rows[finite]], k, largest=largest)
    chosen = rows[finite][order]
    values: dict[str, Any] = {"value": column[finite][order], "sample": rec.sample_ids[chosen], "row": chosen}
    if by == "max" and layer.position_axes:
        values["position"] = rec.at(address).argmax.read(rows=chosen)
    left_out = int((~finite).sum())
    notes = [f"{left_out:,} samples with NaN or infinite values are left out."] if left_out else []
    return Result(
        "top",
        values,
        dict.fromkeys(values, ("rank",)),
        {"rank": list(range(1, len(chosen) + 1))},
        n={group.name: group.n},
        notes=(*notes_on([group]), *notes),
    )


def known_unit(layer: Layer, unit: int | None, at: str) -> int:
    """The unit's number, once it is known to be one of the layer's. Raises AddressError or UnknownName."""
    if unit is None:
        raise AddressError(f"{at!r} names a layer of {layer.unit_count} units; name one of them, as in '{at}:0'.")
    if unit >= layer.unit_count:
        raise UnknownName(f"no unit {unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}.")
    return unit


def ranked(
    values: Num[np.ndarray, "sample"], ids: Int[np.ndarray, "sample"], k: int, *, largest: bool
) -> Int[np.ndarray, "rank"]:
    """Places of the k largest (or smallest) values, in order; equal values by rising sample id.

    >>> import numpy as np
    >>> ranked(np.array([1.0, 3.0, -5.0, 3.0]), np.array([7, 9, 1, 8]), 3, largest=True).tolist()
    [3, 1, 0]
    """
    keys = values.astype(np.float64)
    order: Int[np.ndarray, "sample"] = np.lexsort((ids, -keys if largest else keys))
    return order[:k]
