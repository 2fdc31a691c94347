"""Drawing: the pictures of a layer that a page has no room to draw from, as many pixels as can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.statistics.moments import single, strips
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.result import Result
from neuronaut.explorer.maps import has_maps, mean_maps, shrunk
from neuronaut.explorer.server.reading import layer_values
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWN = 512
"""Rows that the quantiles are of, at most: evenly drawn."""
LOOKED = 256
"""Rows that the direction of likeness is found on, and rounds of the power method."""
ROUNDS = 12
ROWS = 8_192
"""Rows that one picture is made of, at most; the page draws them evenly along its order, and says so."""
SIDE = 8_192
"""Pixels of a picture along one side, at most."""

Array = npt.NDArray[Any]


def heat(
    rec: Recording,
    layer: str,
    rows: Sequence[int],
    units: Sequence[int],
    height: int,
    width: int,
    site: str = "post",
    reduction: str = "mean",
) -> Result:
    """Samples down, units across, in the order given: ``value`` [y, x] is the mean of the finite values in a pixel.

    ``quantile`` [quantile, x] are 5, 25, 50, 75 and 95 % of the values of at most 512 of these rows, evenly drawn. NaN
    where nothing is finite. At most 8,192 rows at a time.
    """
    card, array = layer_values(rec, layer, site, reduction)
    places, columns = _within(rows, rec.n, "rows"), _within(units, card.unit_count, "units")
    if not 0 < len(places) <= ROWS:
        raise DataError(f"a picture is made of 1 to {ROWS:,} rows; got {len(places):,}.")
    if not 0 < height <= min(SIDE, len(places)) or not 0 < width <= min(SIDE, len(columns)):
        raise DataError(f"{height:,} by {width:,} pixels for {len(places):,} rows of {len(columns):,} units.")
    wanted, columns = np.unique(columns, return_inverse=True)
    drawing = _Drawing(len(places), len(columns), height, width)
    for inside in _pieces(array, places):
        found = array.read(places[inside], None if len(wanted) == card.unit_count else wanted)
        drawing.add(inside, single(found).astype(np.float32, copy=False)[:, columns])
    table = {"value": drawing.values(), "quantile": drawing.quantiles()}
    coords = {"quantile": list(QUANTILES)}
    return Result("heat", table, {"value": ("y", "x"), "quantile": ("quantile", "x")}, coords, n={"rows": len(places)})


def scores(rec: Recording, layer: str, by: str = "mean", site: str = "post", reduction: str = "mean") -> Result:
    """A number for each sample to sort it by, ``value`` [sample]: its mean over the units (``by="mean"``), or how it
    lies along the first principal direction of 256 evenly drawn samples (``by="likeness"``). What is not finite counts
    as 0.
    """
    if by not in ("mean", "likeness"):
        raise DataError(f"no order by {by!r}. There are: 'mean', 'likeness'.")
    card, array = layer_values(rec, layer, site, reduction)
    weights = np.full(card.unit_count, 1 / card.unit_count) if by == "mean" else _direction(array, rec.n)
    parts = [_along(strip, weights.astype(np.float32)) for _, block in array.blocks() for strip in strips(block)]
    value = np.concatenate([np.zeros(0, np.float32), *parts])
    return Result("scores", {"value": value}, {"value": ("sample",)}, n={"all": rec.n})


def maps(rec: Recording, layer: str) -> Result:
    """The mean map of each channel, ``map`` [channel, y, x], at most 14 by 14; NaN where no sample is finite.

    ``full`` is the size as recorded, [axis]. Empty, with a note, where the positions were not kept.
    """
    layer_values(rec, layer, "post", "mean")
    kept = has_maps(rec, layer)
    notes = () if kept else (f"the maps of {layer!r} were not kept. Record with position='keep'.",)
    mean, n = mean_maps(rec, layer) if kept else (np.zeros((0, 0, 0)), 0)
    table = {"map": np.moveaxis(shrunk(mean), -1, 0).astype(np.float32), "full": np.array(mean.shape[:2])}
    return Result("maps", table, {"map": ("channel", "y", "x"), "full": ("axis",)}, n={"all": n}, notes=notes)


class _Drawing:
    """Sums of the pixels of one picture; rows come in any order."""

    def __init__(self, rows: int, units: int, height: int, width: int) -> None:
        self._starts = _first(np.arange(width), width, units)
        self._widths = np.diff(self._starts, append=units)
        self._pixels = np.arange(rows) * height // rows
        self._sums, self._counts = np.zeros((height, width)), np.zeros((height, width))
        self._drawn = _evenly(rows, DRAWN)
        self._looked = np.empty((len(self._drawn), units), np.float32)

    def add(self, places: Array, values: Array) -> None:
        """Count in the values [row, unit] of these of the rows."""
        at = np.searchsorted(self._drawn, places).clip(max=len(self._drawn) - 1)
        taken = self._drawn[at] == places
        self._looked[at[taken]] = values[taken]
        finite = np.isfinite(values)
        if finite.all():
            sums, counts = self._across(values), np.broadcast_to(self._widths, (len(values), len(self._widths)))
        else:
            sums, counts = self._across(np.where(finite, values, np.float32(0))), self._across(finite)
        order = np.argsort(self._pixels[places], kind="stable")
        pixels = self._pixels[places[order]]
        starts = np.flatnonzero(np.diff(pixels, prepend=-1))
        self._sums[pixels[starts]] += np.add.reduceat(sums[order], starts, axis=0, dtype=np.float64)
        self._counts[pixels[starts]] += np.add.reduceat(counts[order], starts, axis=0, dtype=np.float64)

    def values(self) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray((self._sums / self._counts).astype(np.float32))

    def quantiles(self) -> Array:
        """Of the finite values in each column of pixels, as numpy.quantile has them."""
        found = np.full((len(QUANTILES), len(self._starts)), np.nan, np.float32)
        for x, (start, many) in enumerate(zip(self._starts, self._widths, strict=True)):
            values = self._looked[:, start : start + many]
            finite = values[np.isfinite(values)]
            if finite.size:
                found[:, x] = np.quantile(finite.astype(np.float64), QUANTILES)
        return found

    def _across(self, values: Array) -> Array:
        if len(self._starts) == values.shape[1]:
            return values
        return np.asarray(np.add.reduceat(values, self._starts, axis=1, dtype=np.float64))


DRAWING: Mapping[str, Any] = {one.__name__: one for one in (heat, scores, maps)}


def _within(given: Sequence[int], size: int, what: str) -> npt.NDArray[np.int64]:
    numbers = np.asarray(list(given), np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= size):
        raise UnknownName(f"{what} {numbers.min()} to {numbers.max()} were asked for; there are 0 to {size - 1}.")
    return numbers


def _first(at: Array, pixels: int, many: int) -> Array:
    """First of ``many`` that falls into each of these of ``pixels``."""
    return np.asarray(-(-at * many // pixels))


def _evenly(many: int, most: int) -> Array:
    return np.arange(many) if many <= most else _first(np.arange(most), most, many)


def _pieces(array: Activations, rows: Array) -> list[Array]:
    """Places in ``rows``, those of one file of the store together."""
    order = np.argsort(rows, kind="stable")
    files = rows[order] // array.array.shard_rows
    return np.split(order, np.flatnonzero(np.diff(files)) + 1)


def _along(values: Array, weights: Array) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        found = single(values) @ weights
    return found if np.isfinite(found).all() else _finite(values) @ weights


def _finite(values: Array) -> Array:
    return np.nan_to_num(single(values).astype(np.float32, copy=False), posinf=0, neginf=0)


def _direction(array: Activations, rows: int) -> Array:
    """First principal direction of evenly drawn samples, by the power method; as the page finds it."""
    places = _evenly(rows, LOOKED)
    table = np.concatenate([_finite(array.read(rows=places[piece])) for piece in _pieces(array, places)])
    table = table.astype(np.float64) - table.mean(0, dtype=np.float64)
    direction = 1 + (np.arange(table.shape[1]) % 7) / 7
    for _ in range(ROUNDS):
        following = table.T @ (table @ direction)
        size = np.sqrt(following @ following)
        direction = following / size if size > 0 else direction
    return np.asarray(direction)
