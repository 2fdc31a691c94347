"""Neighbours: for each unit the most similar others, never holding the similarity of all pairs at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num

BLOCK_VALUES = 1 << 24
"""Similarities held at a time."""
ROUNDING = 1e-6
"""A centred column no longer than this share of the column itself is constant but for rounding."""


def directions(columns: Num[np.ndarray, "number unit"], *, centre: bool) -> Float[np.ndarray, "length unit"]:
    """Columns of length 1, so that products are cosines, or with ``centre`` Pearson correlations.

    NaN where a column has no direction: all 0, constant when centred, or not finite somewhere.

    >>> directions(np.array([[3.0, 1.0], [4.0, 1.0]]), centre=False)[:, 0].tolist()
    [0.6, 0.8]
    """
    values = columns.astype(np.float64)
    if not len(values):
        return np.full((1, values.shape[1]), np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        before = np.sqrt((values**2).sum(0))
        if centre:
            values -= values.mean(0)
        length = np.sqrt((values**2).sum(0))
        usable = np.isfinite(length) & (length > (ROUNDING * before if centre else 0.0))
        return np.asarray(values / np.where(usable, length, np.nan))


def along(
    columns: Num[np.ndarray, "sample unit"], joint: Bool[np.ndarray, "sample unit"], *, centre: bool
) -> Float[np.ndarray, "sample unit"]:
    """Columns of length 1 on the samples that are named for each, 0 elsewhere; NaN where there is no direction."""
    values = np.where(joint, columns, 0.0).astype(np.float64)
    shortest: Float[np.ndarray, "unit"] | float = 0.0
    if centre:
        shortest = ROUNDING * np.sqrt((values**2).sum(0))
        values -= joint * (values.sum(0) / np.maximum(joint.sum(0), 1))
    length = np.sqrt((values**2).sum(0))
    return np.asarray(values / np.where(length > shortest, length, np.nan))


Likeness = Callable[[np.ndarray], np.ndarray]
"""How alike some of the units are to each: their rows of the matrix of all pairs."""


def likeness_of(columns: Num[np.ndarray, "number unit"], *, centre: bool) -> Likeness:
    """Cosines, or with ``centre`` Pearson correlations; where values are not finite, on the rows where both are."""
    if np.isfinite(columns).all():
        return products(directions(columns, centre=centre))
    return products_known(columns, centre=centre)


def products(columns: Float[np.ndarray, "number unit"]) -> Likeness:
    """Products of columns of length 1; NaN where a column has no direction.

    >>> alike = products(directions(np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), centre=False))
    >>> alike(np.array([0])).round(3).tolist()
    [[1.0, 0.707, 0.0]]
    """
    known = ~np.isnan(columns).any(0)
    clean = np.where(known, columns, 0.0)

    def likeness(mine: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row unit"]:
        # A matrix times itself turned takes half as many steps.
        whole = np.array_equal(mine, np.arange(len(known)))
        found = clean.T @ clean if whole else clean[:, mine].T @ clean
        found[:, ~known] = np.nan
        found[~known[mine]] = np.nan
        return np.asarray(found)

    return likeness


def products_known(columns: Num[np.ndarray, "number unit"], *, centre: bool) -> Likeness:
    """The same from columns some of whose values are not finite: each two on the rows where both are.

    Two columns with less than half of the rows in common are not compared.

    >>> column = np.arange(6.0)
    >>> alike = products_known(np.stack([np.where(column == 2, np.nan, column), 3 * column], 1), centre=True)
    >>> alike(np.array([0])).round(9).tolist()
    [[1.0, 1.0]]
    """
    known = np.isfinite(columns)
    there = known.astype(np.float64)
    values = np.where(known, columns, 0.0).astype(np.float64)
    if centre:
        values -= there * (values.sum(0) / np.maximum(there.sum(0), 1))
    squares = values**2

    def likeness(mine: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row unit"]:
        n = there[:, mine].T @ there
        product, own, other = values[:, mine].T @ values, squares[:, mine].T @ there, there[:, mine].T @ squares
        whole = [own.copy(), other.copy()]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if centre:
                mean, others = values[:, mine].T @ there / n, there[:, mine].T @ values / n
                product, own, other = product - n * mean * others, own - n * mean**2, other - n * others**2
            enough = 2 * n >= max(len(columns), 4)
            for left, all_of in zip((own, other), whole, strict=True):
                enough &= np.isfinite(left) & (left > ROUNDING**2 * all_of)
            return np.asarray(np.where(enough, product / np.sqrt(own * other), np.nan))

    return likeness


def ranked(
    likeness: Likeness,
    units: int,
    k: int,
    *,
    opposite: bool = False,
    of: Int[np.ndarray, "asked"] | None = None,
    beside: Sequence[Likeness] = (),
) -> tuple[Int[np.ndarray, "asked rank"], list[Float[np.ndarray, "asked rank"]]]:
    """For each unit (or each in ``of``) the k others most alike, in order, ties by lower number; NaN is like none.

    ``opposite`` asks for the least. Beside their likeness comes what other likenesses say of the same pairs. The place
    is -1 and the likeness NaN where there are no more.

    >>> columns = directions(np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), centre=False)
    >>> place, (value,) = ranked(products(columns), 3, 1)
    >>> place.tolist()
    [[1], [0], [1]]
    """
    asked = np.arange(units) if of is None else of
    place = np.full((len(asked), k), -1, np.int64)
    values = [np.full((len(asked), k), np.nan) for _ in (likeness, *beside)]
    height = max(1, BLOCK_VALUES // max(units, 1))
    for start in range(0, len(asked), height):
        rows, mine = slice(start, start + height), asked[start : start + height]
        alike = likeness(mine)
        scores = -alike if opposite else alike.copy()
        scores[np.isnan(scores)] = -np.inf
        scores[np.arange(len(mine)), mine] = -np.inf
        best = _largest(scores, min(k, units))
        found = np.isfinite(np.take_along_axis(scores, best, axis=1))
        place[rows, : best.shape[1]] = np.where(found, best, -1)
        for value, of_pairs in zip(values, (None, *beside), strict=True):
            pairs = np.take_along_axis(alike if of_pairs is None else of_pairs(mine), best, axis=1)
            value[rows, : best.shape[1]] = np.where(found, pairs, np.nan)
    return place, [value.clip(-1.0, 1.0) for value in values]


def _largest(scores: Float[np.ndarray, "row unit"], k: int) -> Int[np.ndarray, "row rank"]:
    """Places of the k largest of each row, in order; of equal ones the first."""
    if k < scores.shape[1] // 4:
        edge = np.partition(scores, scores.shape[1] - k, axis=1)[:, -k]
        return np.stack([_of_row(row, least, k) for row, least in zip(scores, edge, strict=True)])
    return np.asarray(np.argsort(-scores, axis=1, kind="stable")[:, :k])


def _of_row(row: Float[np.ndarray, "unit"], least: float, k: int) -> Int[np.ndarray, "rank"]:
    candidates = np.flatnonzero(row >= least)
    return np.asarray(candidates[np.argsort(-row[candidates], kind="stable")[:k]])
