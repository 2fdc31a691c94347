"""Activity: what each unit does over each slice of the samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, groups, notes_on
from neuronaut.analysis.recorded import chosen, shared_out, spans, unit_blocks, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Float, Num
from neuronaut.analysis.statistics.moments import STRIP_ROWS, Moments, Sums, pivot, single, strips
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

STATISTICS = ("n", "mean", "mean_abs", "sd", "firing_rate", "max", "min", "nonfinite")


@analysis(version=1)
def activity(
    rec: Recording,
    slices: Where | Sequence[Where] = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    quantiles: Sequence[float] = (),
) -> Result:
    """What each unit does over each slice: n, mean, mean of absolutes, sd, firing rate, max and min.

    Values have the axes ``slice`` and ``unit``. NaN and infinity are counted in ``nonfinite`` and left out of the rest;
    ``firing_rate`` is the share of values above 0. ``quantiles`` (numbers in 0..1) add ``quantile`` with the axes
    slice, quantile, unit, interpolated between neighbouring values. All slices and layers are read in one pass.

    Raises FilterError for a slice that cannot be read, UnknownName for a layer that was not recorded.
    """
    if not all(0 <= share <= 1 for share in quantiles):
        raise DataError(f"quantiles are shares between 0 and 1, not {list(quantiles)}. Write the median as 0.5.")
    wanted = groups(rec, slices)
    arrays = chosen(rec, layers, site, reduction)
    found = [_moments(array, wanted) for array in arrays]
    values: dict[str, Any] = {
        name: np.concatenate([np.stack([getattr(one, name) for one in layer]) for layer in found], axis=1)
        for name in STATISTICS
    }
    dims: dict[str, tuple[str, ...]] = dict.fromkeys(values, ("slice", "unit"))
    coords: dict[str, Sequence[Any]] = {"slice": [group.name for group in wanted], **unit_coords(rec, arrays)}
    if quantiles:
        shares = [float(share) for share in quantiles]
        values["quantile"] = np.concatenate([_quantiles(array, wanted, shares) for array in arrays], axis=2)
        dims["quantile"], coords["quantile"] = ("slice", "quantile", "unit"), shares
    notes = [*notes_on(wanted), *_nonfinite_note(values["nonfinite"], coords["unit"])]
    return Result("activity", values, dims, coords, n={group.name: group.n for group in wanted}, notes=tuple(notes))


def _moments(array: Activations, wanted: Sequence[Group]) -> list[Moments]:
    rows = max((group.last for group in wanted), default=0)
    centre = pivot(array.read(rows=slice(0, min(STRIP_ROWS, rows)))) if rows else np.zeros(units_of(array))
    parts = shared_out(spans(array, rows), lambda share: _sums(array, wanted, centre, share))
    for part in parts[1:]:
        for total, sums in zip(parts[0], part, strict=True):
            total.add(sums)
    return [sums.moments() for sums in parts[0]]


def _sums(
    array: Activations, wanted: Sequence[Group], centre: Float[np.ndarray, "unit"], pieces: Iterable[slice]
) -> list[Sums]:
    totals = [Sums(centre) for _ in wanted]
    for piece in pieces:
        masks = [group.mask[piece] for group in wanted]
        if not any(mask.any() for mask in masks):
            continue
        start = 0
        for strip in strips(array.read(rows=piece)):
            # Of several groups each value is widened once; of one, only the values in it are.
            values, stop = single(strip) if len(totals) > 1 else strip, start + len(strip)
            for total, mask in zip(totals, masks, strict=True):
                inside = mask[start:stop]
                if inside.any():
                    total.add_rows(values if inside.all() else values[inside])
            start = stop
    return totals


def _quantiles(
    array: Activations, wanted: Sequence[Group], quantiles: Sequence[float]
) -> Float[np.ndarray, "slice quantile unit"]:
    found = np.full((len(wanted), len(quantiles), units_of(array)), np.nan)
    for block in unit_blocks(array, len(wanted[0].mask)):
        columns = single(array.read(units=block)).astype(np.float64)
        for place, group in enumerate(wanted):
            found[place, :, block] = finite_quantiles(columns[group.mask], quantiles)
    return found


def finite_quantiles(
    columns: Num[np.ndarray, "sample unit"], quantiles: Sequence[float]
) -> Float[np.ndarray, "quantile unit"]:
    """Quantiles of the finite values of each unit; NaN where there is none.

    >>> import numpy as np
    >>> finite_quantiles(np.array([[1.0], [np.nan], [2.0], [4.0]]), [0.5, 1.0]).tolist()
    [[2.0], [4.0]]
    """
    shares = list(quantiles)
    if len(columns) and bool(np.isfinite(columns).all()):
        return np.asarray(np.quantile(columns, shares, axis=0), np.float64)
    found = np.full((len(shares), columns.shape[1]), np.nan)
    for unit in range(columns.shape[1]):
        finite = columns[np.isfinite(columns[:, unit]), unit]
        if finite.size:
            found[:, unit] = np.quantile(finite, shares)
    return found


def _nonfinite_note(nonfinite: Num[np.ndarray, "slice unit"], units: Sequence[str]) -> list[str]:
    worst = nonfinite.max(0, initial=0)
    broken = np.flatnonzero(worst)
    if not broken.size:
        return []
    first = units[int(broken[np.argmax(worst[broken])])]
    many = "1 unit has" if broken.size == 1 else f"{broken.size:,} units have"
    return [
        f"{many} NaN or infinite values, {first} most of all ({int(worst.max()):,}); "
        "they are counted in nonfinite and left out of the other statistics."
    ]
