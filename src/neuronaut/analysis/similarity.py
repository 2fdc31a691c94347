"""Similarity: which units do the same, by what they answer or by how they are wired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, group_of, notes_on
from neuronaut.analysis.measures.matrices import row_blocks, thinned
from neuronaut.analysis.measures.neighbours import ROUNDING, directions, nearest, nearest_known
from neuronaut.analysis.measures.wiring import weights_in, weights_out
from neuronaut.analysis.recorded import chosen, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import fewer_samples, named_units
from neuronaut.analysis.shapes import Float
from neuronaut.core.address import parse_address
from neuronaut.core.errors import DataError, UnknownName, unknown
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

VALUES = 1 << 26
"""Numbers of a layer that are held at a time; a larger one is looked at on fewer samples, and that is said."""
BY = ("activation", "weight in", "weight out")
METRICS = ("pearson", "cosine")


@analysis(version=2)
def similarity(
    rec: Recording,
    at: str | None = None,
    *,
    by: str = "activation",
    metric: str | None = None,
    k: int = 10,
    opposite: bool = False,
    where: Where = None,
    site: str = "post",
    reduction: str = "mean",
    seed: int = 0,
) -> Result:
    """The k units of the same layer most similar to a unit, or to each unit of a layer or of all layers.

    ``at`` is a unit (``"fc1:11"``: values ``similar``, the addresses, and ``value`` along ``rank``), a layer, or
    nothing for all layers (``index``, the similar unit's number in the same layer, and ``value``, along ``unit`` and
    ``rank``).
    ``by`` compares activations over the samples, or the vectors of weights: ``"weight in"`` (also ``"weight"``) or
    ``"weight out"``. ``metric`` is pearson for activations and cosine for weights unless it is named; both are signed,
    from -1 to 1, and with ``opposite`` the most negative come first. Equal values come by number.

    A unit that is constant or all 0 is similar to none: -1, NaN, and a note. Where activations are NaN or infinite, two
    units are compared on the samples where both are finite, at least half of all, and that is said. A layer of more
    than 2^26 numbers is looked at on samples drawn by ``seed``, and that is said.

    Raises UnknownName for a layer or unit that is not there, DataError for weights of a layer that has none.
    Reference: Pearson 1895; cosines of weight vectors as in Olah et al., Zoom in: an introduction to circuits, 2020.
    """
    by = "weight in" if by == "weight" else by
    metric = metric or ("pearson" if by == "activation" else "cosine")
    _check(by, metric, k)
    group = group_of(rec, where)
    layers, unit = _asked(rec, at)
    arrays = chosen(rec, layers, site, reduction)
    notes = [] if by != "activation" else notes_on([group])
    parts = []
    for array in arrays:
        columns, said = _columns(rec, array, by, group, seed, alone=len(arrays) == 1)
        notes += said if by != "activation" or group.n else []
        if columns.size:
            notes += _silent_notes(columns, unit_coords(rec, [array])["unit"], by, metric)
        if columns.shape[1] == 1:
            notes.append(f"{array.layer} has a single unit: there is none to compare it with.")
        asked, centre = None if unit is None else np.array([unit]), metric == "pearson"
        if by == "activation" and not np.isfinite(columns).all():
            parts.append(nearest_known(columns, k, centre=centre, opposite=opposite, of=asked))
        else:
            parts.append(nearest(directions(columns, centre=centre), k, opposite=opposite, of=asked))
    index, value = (np.concatenate([part[which] for part in parts]) for which in (0, 1))
    coords: dict[str, Sequence[Any]] = {**unit_coords(rec, arrays), "rank": list(range(1, k + 1))}
    n = {group.name: group.n} if by == "activation" else {}
    if unit is None:
        dims = dict.fromkeys(("index", "value"), ("unit", "rank"))
        return Result("similarity", {"index": index, "value": value}, dims, coords, n=n, seed=seed, notes=tuple(notes))
    there = index[0] >= 0
    similar = np.array([coords["unit"][place] for place in index[0][there].tolist()], dtype=str)
    values = {"similar": similar, "value": value[0][there]}
    ranks = {"rank": list(range(1, len(similar) + 1))}
    return Result("similarity", values, dict.fromkeys(values, ("rank",)), ranks, n=n, seed=seed, notes=tuple(notes))


def _check(by: str, metric: str, k: int) -> None:
    if by not in BY:
        raise unknown("way to compare units", by, BY)
    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    if k < 1:
        raise DataError(f"asked for {k} similar units. Ask for at least 1.")


def _asked(rec: Recording, at: str | None) -> tuple[str | list[str], int | None]:
    """The layers to look at, and the unit of the only one if one was named."""
    if at is None:
        return "*", None
    address = parse_address(at, list(rec.layers))
    if address.layer not in rec.layers:
        raise unknown("layer", address.layer, rec.layers)
    count = rec.layers[address.layer].unit_count
    if address.unit is not None and address.unit >= count:
        raise UnknownName(f"no unit {address.unit} in layer {address.layer!r}: its units are 0 to {count - 1}.")
    return [address.layer], address.unit


def _columns(
    rec: Recording, array: Activations, by: str, group: Group, seed: int, *, alone: bool
) -> tuple[Float[np.ndarray, "number unit"], list[str]]:
    """What is compared, a column for each unit, and what must be said of it."""
    units = units_of(array)
    if by == "activation":
        inside = thinned(group.mask, max(2, VALUES // units), seed)
        n = int(inside.sum())
        fewer = f"{array.layer}: {fewer_samples(n, group.n, 'it')}"
        whole = np.concatenate([np.zeros((0, units)), *row_blocks([array], inside)])
        return whole, [fewer] if n < group.n else []
    layer = rec.layers[array.layer]
    found = weights_in(rec, layer) if by == "weight in" else weights_out(rec, layer)
    if found is not None:
        return found, []
    side = "into" if by == "weight in" else "out of"
    reason = f"{array.layer}: no weights {side} its units were recorded as a matrix"
    if alone:
        raise DataError(f"{reason}. Compare by activation.")
    return np.zeros((0, units)), [f"{reason}."]


def _silent_notes(
    columns: Float[np.ndarray, "number unit"], addresses: Sequence[str], by: str, metric: str
) -> list[str]:
    """Which units are similar to none, and which are compared on fewer samples, each with its reason."""
    if by != "activation":
        silent = named_units(np.isnan(directions(columns, centre=metric == "pearson")).any(0), addresses)
        return [f"{silent}: all weights are 0 or the same, or some are not finite; similar to none."] if silent else []
    known = np.isfinite(columns)
    counts = known.sum(0)
    few = 2 * counts < len(columns)
    if known.all():
        high, low = columns.max(0), columns.min(0)
    else:
        high, low = np.where(known, columns, -np.inf).max(0), np.where(known, columns, np.inf).min(0)
    largest = np.maximum(np.abs(high), np.abs(low))
    with np.errstate(invalid="ignore"):
        still = high - low <= ROUNDING * largest if metric == "pearson" else largest == 0
    said = {
        "constant" if metric == "pearson" else "0 for every sample": (still & ~few, "similar to none"),
        "NaN or infinite for more than half of the samples": (few, "similar to none"),
        "NaN or infinite for some samples": (~few & (counts < len(columns)), "compared on the others"),
    }
    named = {reason: (named_units(units, addresses), what) for reason, (units, what) in said.items()}
    return [f"{units}: {reason}; {what}." for reason, (units, what) in named.items() if units]
