"""Features: how far the inputs of a table reach, and what their numbers are in the metadata column of their name."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuronaut.core.address import Address
from neuronaut.core.columns import Column, NumberColumn, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording

Float64 = npt.NDArray[np.float64]
MOST_VALUES = 8_000_000
"""Recorded numbers that are looked at: of more samples as many as that allows, evenly spread."""
EXACT = 1e-4
"""Of a feature's standard deviation: what single precision may add to a straight line."""
FEWEST = 3
"""Different values of a column through which a line is no accident."""
FEW = 6
"""Different values of a column that are still named one by one."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one feature."""

    slope: float = math.nan
    intercept: float = math.nan
    low: float = math.nan
    high: float = math.nan
    meanings: tuple[tuple[str, float], ...] = ()


def features(rec: Recording) -> Result:
    """What each feature of the first input layer is, beside the metadata column of the same name.

    Along ``unit``: ``slope`` and ``intercept`` where it is ``slope`` times the column plus ``intercept`` in every
    sample whose column is not null, NaN where it is not, has no such column, or is the column itself; ``low`` and
    ``high``, the smallest and the largest recorded value, of the column where there is a slope. Along ``meaning``, of
    columns with at most 6 values that always are one number: ``value``, that number, and ``of``, the unit; the texts
    label the axis. Where there are too many samples they are looked at evenly spread: a note says so, and ``low`` and
    ``high`` are NaN.

    Raises DataError when the recording has no layer of features.
    """
    layer = next((one for one in rec.layers.values() if one.kind == "input"), None)
    if layer is None or layer.position_axes or not layer.unit_count:
        raise DataError(f"{rec.path.name} is no recording of a table: it has no features.")
    count = layer.unit_count
    rows = _rows(rec.n, count)
    values = np.asarray(rec.at(Address(layer.name)).read(rows), np.float64)
    own = set(rec.metadata.columns)
    columns = [rec.columns[name] if name in own else None for name in layer.unit_names or (None,) * count]
    known = [_known(values[:, unit], column, rows, len(rows) == rec.n) for unit, column in enumerate(columns)]
    units = {name: np.array([getattr(one, name) for one in known]) for name in ("slope", "intercept", "low", "high")}
    meanings = [(unit, text, value) for unit, one in enumerate(known) for text, value in one.meanings]
    meant = {
        "of": np.array([unit for unit, _, _ in meanings], np.int64),
        "value": np.array([value for _, _, value in meanings], np.float64),
    }
    return Result(
        "features",
        {**units, **meant},
        {**dict.fromkeys(units, ("unit",)), **dict.fromkeys(meant, ("meaning",))},
        {
            "unit": [str(Address(layer.name, unit=unit)) for unit in range(count)],
            "layer": [layer.name] * count,
            "meaning": [text for _, text, _ in meanings],
        },
        n={"all": len(rows)},
        notes=() if len(rows) == rec.n else (f"Of {len(rows):,} of {rec.n:,} samples, evenly spread.",),
    )


def _known(feature: Float64, column: Column | None, rows: npt.NDArray[np.int64], whole: bool) -> _Known:
    line = None
    if isinstance(column, NumberColumn):
        line = _line(feature, column.values[rows])
    meanings = () if column is None or line else _meanings(feature, column, rows)
    low, high = (math.nan, math.nan)
    if whole:
        low, high = _reach(column.values if isinstance(column, NumberColumn) and line else feature)
    return _Known(*(line or (math.nan, math.nan)), low, high, tuple(meanings))


def _rows(n: int, units: int) -> npt.NDArray[np.int64]:
    most = max(1, MOST_VALUES // units)
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)


def _reach(values: Float64) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)


def _line(feature: Float64, column: Float64) -> tuple[float, float] | None:
    """The slope and the intercept by which a feature follows its column exactly; None where it does not.

    >>> _line(np.array([-1.0, 0.0, 2.0, 9.0]), np.array([10.0, 20.0, 40.0, np.nan]))
    (0.1, -2.0)
    >>> _line(np.array([1.0, 4.0, 9.0]), np.array([1.0, 2.0, 3.0]))
    """
    there = ~np.isnan(column)
    x, y = column[there], feature[there]
    if len(np.unique(x)) < FEWEST or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    with np.errstate(all="ignore"):  # columns may hold numbers whose squares are infinite
        off_x, off_y, allowed = x - x.mean(), y - y.mean(), EXACT * y.std()
        slope = (off_x @ off_y) / (off_x @ off_x)
        follows = np.abs(off_y - slope * off_x).max() < allowed
    if not follows or np.abs(y - x).max() < allowed:
        return None
    return float(slope), float(y.mean() - slope * x.mean())


def _meanings(feature: Float64, column: Column, rows: npt.NDArray[np.int64]) -> list[tuple[str, float]]:
    """Which number each of few values of a column is, rising; none where they are many, or one is several numbers."""
    null = np.asarray(column.null)[rows]
    values = (column.codes if isinstance(column, TextColumn) else column.values)[rows]
    known = np.unique(values[~null])
    if not 2 <= len(known) <= FEW:
        return []
    found = []
    for one in known:
        own = np.unique(feature[~null & (values == one)])
        if len(own) > 1 or not np.isfinite(own[0]):
            return []
        found.append((_text(column, one), float(own[0])))
    return sorted(found, key=lambda pair: pair[1])


def _text(column: Column, value: float) -> str:
    """A value of a column as the page says it."""
    if isinstance(column, TextColumn):
        return column.values[int(value)]
    if isinstance(column, NumberColumn):
        return f"{value:.6g}"
    return "true" if value else "false"
