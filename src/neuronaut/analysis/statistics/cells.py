"""Cells: where two groups of samples lie, on all samples and on either half, from one look at each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.moments import STRIP_VALUES, Centre, Sums, pivot

CANCELLED = 1e-10
"""Squares about the mean that are no larger a share of those about the pivot have too few digits left."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Sums of some samples about a pivot."""

    rows: int
    centred: Float[np.ndarray, "unit"]
    squares: Float[np.ndarray, "unit"]

    def __add__(self, other: _Part) -> _Part:
        return _Part(self.rows + other.rows, self.centred + other.centred, self.squares + other.squares)

    def centre(self, near: Float[np.ndarray, "unit"]) -> tuple[Centre, Bool[np.ndarray, "unit"]]:
        """What the sums tell, and of which units they tell it badly: constant, or not finite throughout."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            offset = self.centred / np.float64(self.rows)
            spread = np.maximum(self.squares - self.centred * offset, 0.0)
            sd = np.sqrt(spread / np.float64(self.rows - 1)) if self.rows > 1 else np.full(near.size, np.nan)
            certain = (spread > CANCELLED * self.squares) | ((self.squares == 0) & (self.rows != 1))
        return Centre(np.full(near.size, self.rows), near + offset, sd), ~certain


def centres(
    columns: Num[np.ndarray, "sample unit"], cells: Sequence[Sequence[Bool[np.ndarray, "sample"]]]
) -> list[list[Centre]]:
    """For each half the centre of either group; then of both halves together. ``cells`` are [half][group].

    >>> rows = np.arange(4)
    >>> found = centres(np.array([[1.0], [2.0], [5.0], [9.0]]), [[rows == 0, rows == 2], [rows == 1, rows == 3]])
    >>> [one.mean.item() for one in found[2]], [one.n.item() for one in found[0]]
    ([1.5, 7.0], [1, 1])
    """
    near = pivot(columns)
    parts = [[_part(columns, mask, near) for mask in half] for half in cells]
    parts.append([first + second for first, second in zip(*parts, strict=True)])
    told = [[part.centre(near) for part in half] for half in parts]
    found = [[centre for centre, _ in half] for half in told]
    unsure = np.flatnonzero(np.logical_or.reduce([badly for half in told for _, badly in half]))
    if unsure.size:
        exact = _exact(columns[:, unsure], cells)
        for half, other in zip(found, exact, strict=True):
            for centre, known in zip(half, other, strict=True):
                centre.n[unsure], centre.mean[unsure], centre.sd[unsure] = known.n, known.mean, known.sd
    return found


def _part(
    columns: Num[np.ndarray, "sample unit"], mask: Bool[np.ndarray, "sample"], near: Float[np.ndarray, "unit"]
) -> _Part:
    inside = columns[_side_by_side(mask)]
    height = max(1, STRIP_VALUES // max(near.size, 1))
    centred, squares = np.zeros(near.size), np.zeros(near.size)
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, len(inside), height):
            deviations = np.subtract(inside[start : start + height], near, dtype=np.float64)
            centred += deviations.sum(0)
            squares += np.einsum("su,su->u", deviations, deviations)
    return _Part(len(inside), centred, squares)


def _side_by_side(mask: Bool[np.ndarray, "sample"]) -> slice | Int[np.ndarray, "chosen"]:
    """The samples of a mask: where they lie side by side, they need no copy."""
    places = np.flatnonzero(mask)
    if not places.size or places[-1] - places[0] + 1 > places.size:
        return places
    return slice(int(places[0]), int(places[-1]) + 1)


def _exact(
    columns: Num[np.ndarray, "sample unit"], cells: Sequence[Sequence[Bool[np.ndarray, "sample"]]]
) -> list[list[Centre]]:
    """The same, looking at every value."""
    near = pivot(columns)
    halves = [[Sums(near) for _ in half] for half in cells]
    for half, masks in zip(halves, cells, strict=True):
        for sums, mask in zip(half, masks, strict=True):
            sums.add_rows(columns[mask])
    found: list[list[Centre]] = [[sums.moments() for sums in half] for half in halves]
    for sums, others in zip(*halves, strict=True):
        sums.add(others)
    return [*found, [sums.moments() for sums in halves[0]]]
