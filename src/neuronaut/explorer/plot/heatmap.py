"""A layer's samples by units as a heat map."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.order import order
from neuronaut.core.address import Address, parse_address
from neuronaut.core.columns import NumberColumn, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.core.numerals import number
from neuronaut.core.slices import Where
from neuronaut.explorer.plot.style import Within, begin, diverging, finish, key, magnitude, said
from neuronaut.explorer.rows import stratified
from neuronaut.store.recording import Recording

MOST_ROWS = 2000
NAMED = 48
UNITS = ("index", "together", "crossings", "class", "rate", "mean")
Array = npt.NDArray[Any]


def heatmap(
    rec: Recording,
    layer: str,
    *,
    sort: str | None = None,
    units: str = "together",
    where: Where = None,
    theme: str = "light",
    figure: Within = None,
) -> Any:
    name = parse_address(layer, rec.layers).layer
    inside = np.flatnonzero(rec.mask(where))
    if not len(inside):
        raise DataError("no sample is selected, so there is nothing to draw.")
    strata = _keys(rec, _label(rec))[inside]
    rows = inside[stratified(strata, MOST_ROWS)] if len(inside) > MOST_ROWS else inside
    sort = sort or _label(rec) or "activity"
    values = np.asarray(rec.at(Address(name)).read(rows), np.float64)
    rows_order, blocks = _rows(rec, name, rows, values, sort)
    columns = _columns(rec, name, units)
    shown = values[rows_order][:, columns]
    figure, ax, ink = begin(theme, (7.2, 5.6), figure)
    signed = bool(np.nanmin(shown) < 0)
    top = float(np.nanpercentile(np.abs(shown), 99.5)) or 1.0
    picture = ax.imshow(
        shown, aspect="auto", interpolation="none", cmap=diverging(theme) if signed else magnitude(theme),
        vmin=-top if signed else 0, vmax=top, gid=name,
    )  # fmt: skip
    for edge, _, _ in blocks[1:]:
        ax.axhline(edge - 0.5, color=ink.text, linewidth=0.8)
    ax.set_yticks([(start + stop - 1) / 2 for start, stop, _ in blocks], [said(text)[:24] for _, _, text in blocks])
    if len(columns) <= NAMED:
        given = rec.layers[name].unit_names or tuple(map(str, range(len(columns))))
        turned = 90 if len(columns) > 12 else 0
        labels = [said(given[unit])[:18] for unit in columns.tolist()]
        ax.set_xticks(range(len(columns)), labels, rotation=turned, fontsize=7.5)
    else:
        ax.set_xticks([])
    ax.set_xlabel(f"{len(columns):,} units of {said(name)}, order: {units}")
    ax.spines[:].set_visible(False)
    key(figure, picture, ax, ink, "activation")
    part = "" if len(rows) == len(inside) else f" of {len(inside):,}, drawn in proportion to the classes"
    evidence = [
        f"n = {len(rows):,} samples{part}; sorted by {sort}. The colours end at the 99.5th percentile of absolute "
        f"values ({number(top)})."
    ]
    return finish(figure, ink, f"{name}: samples by units", evidence)


def _label(rec: Recording) -> str | None:
    label = rec.task.get("label")
    return str(label) if label and label in rec.columns else None


def _keys(rec: Recording, name: str | None) -> Array:
    """A whole number for each sample: the class it is of."""
    column = rec.columns.get(name) if name else None
    if isinstance(column, TextColumn):
        return np.asarray(column.codes, np.int64)
    if isinstance(column, NumberColumn):
        distinct, codes = np.unique(column.values, return_inverse=True)
        return codes if len(distinct) <= 256 else np.zeros(rec.n, np.int64)
    return np.zeros(rec.n, np.int64)


def _rows(
    rec: Recording, layer: str, rows: Array, values: Array, sort: str
) -> tuple[Array, list[tuple[int, int, str]]]:
    """The order of the rows, and which stretch of it is which class."""
    activity = -np.nan_to_num(np.abs(values)).mean(1)
    whole = [(0, len(rows), "")]
    if sort == "none":
        return np.arange(len(rows)), whole
    if sort == "activity":
        return np.argsort(activity, kind="stable"), whole
    if sort in rec.columns:
        return _by_column(rec, sort, rows, activity)
    unit = parse_address(sort, rec.layers)
    column = np.asarray(rec.at(unit).read(rows), np.float64)
    if column.ndim != 1:
        raise DataError(
            f"rows cannot be sorted by the whole layer {sort!r}. Name a unit, a column, 'activity' or 'none'."
        )
    return np.argsort(-np.nan_to_num(column), kind="stable"), whole


def _by_column(rec: Recording, name: str, rows: Array, activity: Array) -> tuple[Array, list[tuple[int, int, str]]]:
    column = rec.columns[name]
    if not isinstance(column, TextColumn):
        numbers = np.asarray(column.values, np.float64)[rows]
        return np.argsort(numbers, kind="stable"), [(0, len(rows), "")]
    codes = np.asarray(column.codes)[rows]
    places = np.lexsort((activity, codes))
    found, starts = np.unique(codes[places], return_index=True)
    stops = [*starts[1:].tolist(), len(rows)]
    names = ["null" if code < 0 else column.values[code] for code in found.tolist()]
    return places, list(zip(starts.tolist(), stops, names, strict=True))


def _columns(rec: Recording, layer: str, units: str) -> Array:
    if units not in UNITS:
        raise DataError(f"units cannot be ordered by {units!r}. There are: {', '.join(UNITS)}.")
    if units == "index":
        return np.arange(rec.layers[layer].unit_count)
    by = {"rate": "firing_rate"}.get(units, units)
    whole = "*" if by == "crossings" else [layer]
    return np.asarray(order(rec, by, layers=whole, inputs=True, outputs=True)[f"permutation\t{layer}"])
