"""Which samples a page carries: all, or a stratified part when all are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import NumberColumn, TextColumn

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

MOST_VALUES = 32_000_000
"""Activation values that a page carries unless told otherwise: about 20 MB of page."""
_MOST_STRATA = 256

Rows = npt.NDArray[np.int64]


def choose_rows(rec: Recording, units: int, max_rows: int | None) -> Rows:
    """Row numbers, rising: at most ``max_rows``, or as many as fit when that is None."""
    limit = max(1, MOST_VALUES // max(units, 1)) if max_rows is None else max(0, max_rows)
    if rec.n <= limit:
        return np.arange(rec.n)
    return stratified(_strata(rec, limit), limit)


def stratified(strata: npt.NDArray[Any], size: int, seed: int = 0) -> Rows:
    """``size`` row numbers, rising: one of every stratum, the rest in proportion to its rows (largest remainders).

    Where ``size`` is less than the strata, the largest ones give a row each.

    >>> stratified(np.array([0, 0, 0, 0, 1, 1]), 3).size
    3
    """
    _, of_row, counts = np.unique(strata, return_inverse=True, return_counts=True)
    shares = np.ones(len(counts), np.int64)
    if size < len(counts):
        shares[np.argsort(-counts, kind="stable")[size:]] = 0
    rest = size - int(shares.sum())
    exact = (counts - shares) * rest / max(1, int((counts - shares).sum()))
    shares += np.floor(exact).astype(np.int64)
    shares[np.argsort(np.floor(exact) - exact, kind="stable")[: size - int(shares.sum())]] += 1
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    by_stratum = shuffled[np.argsort(of_row[shuffled], kind="stable")]
    starts = np.cumsum(counts) - counts
    return np.sort(
        np.concatenate([by_stratum[start : start + share] for start, share in zip(starts, shares, strict=True)])
    )


def _strata(rec: Recording, size: int) -> npt.NDArray[Any]:
    """Label (or prediction) and half of each row; without the half where not every class could give a row of both."""
    half = np.asarray(rec.half).astype(np.int64)
    for name in (rec.task.get("label"), "prediction"):
        column = rec.columns.get(name) if name else None
        if isinstance(column, TextColumn):
            codes, distinct = column.codes.astype(np.int64), len(column.values)
        elif isinstance(column, NumberColumn):  # classes that are called by numbers
            values, codes = np.unique(column.values, return_inverse=True)
            distinct = len(values)
        else:
            continue
        if distinct <= _MOST_STRATA:
            both = np.asarray(codes * 2 + half)
            return both if len(np.unique(both)) <= size else np.asarray(codes)
    return half
