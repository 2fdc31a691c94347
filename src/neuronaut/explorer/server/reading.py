"""Reading queries: parts of a recording as it is, each as a Result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.groups import group_of, groups
from neuronaut.analysis.influence import effects_of, stored_influence, unit_address
from neuronaut.analysis.recorded import reduced
from neuronaut.analysis.statistics.moments import moments, single
from neuronaut.analysis.top import known_unit
from neuronaut.core.address import Address, parse_address
from neuronaut.core.axes import REDUCTIONS
from neuronaut.core.columns import BoolColumn, Column, TextColumn
from neuronaut.core.errors import DataError, NeedsModel, UnknownName, unknown
from neuronaut.core.layer import Layer
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.explorer.maps import has_maps, maps_asked, sample_maps
from neuronaut.explorer.preview import PREVIEW
from neuronaut.explorer.server.limits import LIMITS
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

STATISTICS = ("n", "mean", "mean_abs", "sd", "firing_rate", "max", "min", "nonfinite")
MOST_BITS = 1_000_000
Array = npt.NDArray[Any]


def values(
    rec: Recording,
    layer: str,
    unit: int | Sequence[int] | None = None,
    site: str = "post",
    reduction: str = "mean",
    rows: Sequence[int] | None = None,
) -> Result:
    """What was recorded of one unit, of some, or of all of a layer; of all samples or of ``rows``.

    ``value`` is [sample] for one unit, [sample, chosen] for a list of them, [sample, unit] for a layer: stored numbers,
    at most 4 MiB. Raises UnknownName for what is not there, DataError for more than that.
    """
    card, array = layer_values(rec, layer, site, reduction)
    wanted = None if rows is None else _rows(rec, rows)
    count = rec.n if wanted is None else len(wanted)
    units = [unit] if isinstance(unit, int) else list(range(card.unit_count)) if unit is None else list(unit)
    for one in units if unit is not None else ():
        _known(card, one)
    if count * len(units) * array.dtype.itemsize > LIMITS.tile:
        raise DataError(
            f"{count:,} samples of {len(units):,} units are more than {LIMITS.tile >> 20} MiB. Ask for fewer."
        )
    found = array.read(wanted, unit if isinstance(unit, int) else None if unit is None else np.asarray(units, np.int64))
    if isinstance(unit, int):
        return Result("values", {"value": found}, {"value": ("sample",)}, n={"all": count})
    if unit is None:
        return Result("values", {"value": found}, {"value": ("sample", "unit")}, _units([card]), n={"all": count})
    return Result("values", {"value": found}, {"value": ("sample", "chosen")}, {"chosen": units}, n={"all": count})


def row(rec: Recording, row: int, site: str = "post", reduction: str = "mean", maps: list[str] | None = None) -> Result:
    """What all layers did on one sample: ``value`` [unit], one layer after the other.

    Of the layers in ``maps`` whose positions were kept also ``map\\tLAYER`` [unit, y, x], at most 14 by 14.
    """
    (place,) = _rows(rec, [row])
    held = [card for name, card in rec.layers.items() if f"activations/{name}/{site}" in rec.arrays]
    if not held:
        raise DataError(f"the site {site!r} of no layer was recorded.")
    parts = [layer_values(rec, card.name, site, reduction)[1].read(int(place)) for card in held]
    kept = [name for name in maps_asked(rec, maps or ()) if has_maps(rec, name)]
    table, dims = sample_maps({name: single(rec.at(Address(name)).full.read(int(place))) for name in kept})
    values = {"value": np.concatenate(parts), "sample": np.asarray(rec.sample_ids[place]), **table}
    return Result("row", values, {"value": ("unit",), "sample": (), **dims}, _units(held), n={"all": 1})


def unit(rec: Recording, at: str, slices: list[Where] | None = None, reduction: str = "mean") -> Result:
    """What one unit does over each slice (all samples without ``slices``): the statistics of ``activity`` [slice].

    Sums are taken in another order than ``activity`` takes them, so the last digits of float64 may differ.
    """
    address = parse_address(at, list(rec.layers))
    card, array = layer_values(rec, address.layer, address.site, reduction)
    number = known_unit(card, address.unit, at)
    column = array.read(units=number)[:, None]
    wanted = groups(rec, slices)
    found = [moments(column[group.mask]) for group in wanted]
    table: dict[str, Array] = {name: np.array([getattr(one, name)[0] for one in found]) for name in STATISTICS}
    names = [group.name for group in wanted]
    n = {group.name: group.n for group in wanted}
    return Result("unit", table, dict.fromkeys(table, ("slice",)), {"slice": names}, n=n)


def effects(rec: Recording, at: str) -> Result:
    """The stored effect of one unit on every other, and theirs on it: ``forward`` and ``backward`` [unit].

    0 where nothing was stored; a note says when nothing was at all.
    """
    address = unit_address(rec, at)
    try:
        stored = stored_influence(rec)
    except NeedsModel as error:
        return effects_table(rec, (), notes=(str(error),))
    found = [
        (layer, units, values, forwards)
        for forwards in (True, False)
        for layer, units, values in effects_of(stored, address.layer, address.unit or 0, forwards=forwards)
    ]
    return effects_table(rec, found, n=stored.n, notes=stored.notes)


def effects_table(rec: Recording, found: Iterable[tuple[str, Any, Any, bool]], **told: Any) -> Result:
    """Effects given as layer, units, values and whether forwards, as ``forward`` and ``backward`` over all units."""
    cards = list(rec.layers.values())
    starts = dict(zip(rec.layers, np.cumsum([0, *(card.unit_count for card in cards)]).tolist(), strict=False))
    table = {name: np.zeros(sum(card.unit_count for card in cards), np.float32) for name in ("forward", "backward")}
    for layer, units, values, forwards in found:
        table["forward" if forwards else "backward"][starts[layer] + units] = values
    return Result("effects", table, dict.fromkeys(table, ("unit",)), _units(cards), **told)


def mask(rec: Recording, expression: str) -> Result:
    """How many samples a filter selects, and which: ``mask`` [byte], 8 samples in each, the first in the highest bit.

    Notes say what in the filter looks like a mistake.
    """
    group = group_of(rec, expression)
    said = [hint.message for hint in group.slice.hints(rec.columns)]
    packed = {"mask": np.packbits(group.mask)} if rec.n <= MOST_BITS else {}
    return Result(
        "mask", packed, dict.fromkeys(packed, ("byte",)), n={"selected": group.n, "all": rec.n}, notes=tuple(said)
    )


def rows(
    rec: Recording,
    where: Where = None,
    sort: str | None = None,
    descending: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> Result:
    """A page of the table of samples: ``row`` and ``sample`` [place]; nulls come last, equal values by row."""
    if not 0 <= limit <= LIMITS.rows or offset < 0:
        raise DataError(f"a page has 0 to {LIMITS.rows:,} rows, from row 0 on; got {limit:,} from {offset:,}.")
    group = group_of(rec, where)
    found = np.flatnonzero(group.mask)
    if sort is not None:
        if sort not in rec.columns:
            raise unknown("column", sort, rec.columns)
        found = found[_order(rec.columns[sort], found, descending)]
    page = found[offset : offset + limit]
    table = {"row": page, "sample": np.asarray(rec.sample_ids)[page]}
    n = {"selected": group.n, "all": rec.n}
    return Result("rows", table, dict.fromkeys(table, ("place",)), n=n)


def pictures(rec: Recording, rows: Sequence[int]) -> Result:
    """The recorded pictures of some samples at full size: ``picture`` [place, y, x, channel], at most 4 MiB."""
    stored = rec.arrays.get(PREVIEW)
    if stored is None or len(stored.shape) != 4:
        raise DataError("no pictures were recorded.")
    wanted = _rows(rec, rows)
    if len(wanted) * int(np.prod(stored.shape[1:])) > LIMITS.tile:
        raise DataError(f"{len(wanted):,} pictures are more than {LIMITS.tile >> 20} MiB. Ask for fewer.")
    picture = stored.read(wanted).astype(np.uint8)
    return Result("pictures", {"picture": picture}, {"picture": ("place", "y", "x", "channel")}, n={"all": len(wanted)})


def column(rec: Recording, name: str) -> Result:
    """One column of the table of samples; it comes as a card beside the Result."""
    if name not in rec.columns:
        raise unknown("column", name, rec.columns)
    return Result("column", {}, {}, n={"all": rec.n})


READING: Mapping[str, Any] = {one.__name__: one for one in (values, row, unit, effects, mask, rows, pictures, column)}


def layer_values(rec: Recording, layer: str, site: str, reduction: str) -> tuple[Layer, Activations]:
    if layer not in rec.layers:
        raise unknown("layer", layer, rec.layers)
    if site not in ("post", "pre"):
        raise unknown("site", site, ("post", "pre"))
    if reduction not in ("value", *REDUCTIONS):
        raise unknown("reduction", reduction, REDUCTIONS)
    return rec.layers[layer], reduced(rec, layer, site, "mean" if reduction == "value" else reduction)


def _known(layer: Layer, unit: int) -> None:
    if not 0 <= unit < layer.unit_count:
        raise UnknownName(f"no unit {unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}.")


def _rows(rec: Recording, rows: Sequence[int]) -> npt.NDArray[np.int64]:
    wanted = np.asarray(list(rows), np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= rec.n):
        raise UnknownName(f"rows {wanted.min()} to {wanted.max()} were asked for; there are 0 to {rec.n - 1}.")
    return wanted


def _units(layers: Sequence[Layer]) -> dict[str, Sequence[Any]]:
    names = [layer.name for layer in layers for _ in range(layer.unit_count)]
    return {"unit": range(len(names)), "layer": names}


def _order(column: Column, rows: npt.NDArray[np.int64], descending: bool) -> npt.NDArray[np.int64]:
    null = np.asarray(column.null)[rows]
    if isinstance(column, TextColumn):
        ranks = np.argsort(np.argsort(np.array(column.values, object), kind="stable"), kind="stable")
        key = np.where(null, 0, ranks[np.maximum(column.codes[rows], 0)] if len(ranks) else 0).astype(np.float64)
    elif isinstance(column, BoolColumn):
        key = np.where(null, 0, column.values[rows]).astype(np.float64)
    else:
        key = np.where(null, 0.0, column.values[rows])
    return np.lexsort((rows, -key if descending else key, null))
