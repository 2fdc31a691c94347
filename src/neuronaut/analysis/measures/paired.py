"""Paired: what changes between a unit and its partner on the same samples, with intervals."""

from __future__ import annotations

import numpy as np
from scipy import special

from neuronaut.analysis.shapes import Bool, Float, Int, Num

Table = dict[str, np.ndarray]
NAMES = ("level", "other_level", "level_change", "level_low", "level_high")
RANKED = ("auroc", "other_auroc", "auroc_change", "auroc_low", "auroc_high")


def changes(
    x: Num[np.ndarray, "sample pair"],
    y: Num[np.ndarray, "sample pair"],
    inside: Bool[np.ndarray, "sample"],
    groups: Int[np.ndarray, "sample"] | None,
) -> Table:
    """For each pair of units, a slice's activity and selectivity in either, and the change from the first to the other.

    ``level`` is the mean over the slice in standard deviations of the unit over all samples; ``auroc`` the chance that
    a sample of the slice is higher than another one. Both changes are paired, as the samples are the same; groups count
    as one where there are any. NaN where a unit is constant or a side has fewer than two samples.

    References: DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
    characteristic curves, 1988; Obuchowski, Nonparametric analysis of clustered ROC curve data, 1997.
    """
    codes = np.arange(len(inside)) if groups is None else np.unique(groups, return_inverse=True)[1]
    found = np.full((len(NAMES) + len(RANKED), x.shape[1]), np.nan)
    for pair in range(x.shape[1]):
        both = np.isfinite(x[:, pair]) & np.isfinite(y[:, pair])
        one, other, mask, code = x[both, pair], y[both, pair], inside[both], codes[both]
        if min(mask.sum(), (~mask).sum()) >= 2:
            found[: len(NAMES), pair] = _levels(one, other, mask, code)
            found[len(NAMES) :, pair] = _aurocs(one, other, mask, code)
        elif mask.sum() >= 2:
            found[: len(NAMES), pair] = _levels(one, other, mask, code)
    return dict(zip((*NAMES, *RANKED), found, strict=True))


def _levels(
    x: Num[np.ndarray, "sample"], y: Num[np.ndarray, "sample"], mask: Bool[np.ndarray, "sample"], code: np.ndarray
) -> tuple[float, ...]:
    scaled = []
    for each in (x.astype(np.float64), y.astype(np.float64)):
        spread = each.std(ddof=1)
        scaled.append((each - each.mean()) / spread if spread > 0 else np.full(len(each), np.nan))
    one, other = scaled[0][mask], scaled[1][mask]
    change = other - one
    error, pieces = _error((change - change.mean()) / len(change), code[mask])
    return one.mean(), other.mean(), *_interval(float(change.mean()), error, pieces)


def _aurocs(
    x: Num[np.ndarray, "sample"], y: Num[np.ndarray, "sample"], mask: Bool[np.ndarray, "sample"], code: np.ndarray
) -> tuple[float, ...]:
    if not np.ptp(x) or not np.ptp(y):
        return (np.nan,) * len(RANKED)
    one, other = placements(x, mask), placements(y, mask)
    found = [float(each[mask].mean()) for each in (one, other)]
    apart = other - one
    share = np.empty(len(apart))
    for side in (mask, ~mask):
        share[side] = (apart[side] - apart[side].mean()) / side.sum()
    error, pieces = _error(share, code)
    return *found, *_interval(found[1] - found[0], error, pieces)


def placements(values: Num[np.ndarray, "sample"], mask: Bool[np.ndarray, "sample"]) -> Float[np.ndarray, "sample"]:
    """Inside, the share of the samples outside that lie below; outside, that of those inside that lie above; ties half.

    The mean over either side is the AUROC.

    >>> placements(np.array([1.0, 2.0, 0.0, 1.0]), np.array([True, True, False, False])).tolist()
    [0.75, 1.0, 1.0, 0.75]
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    run = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    length = np.diff(np.r_[run, len(ordered)])
    above = np.cumsum(np.r_[0, mask[order]])
    within, upto = np.add.reduceat(mask[order].astype(np.float64), run), above[run]
    positives, negatives = mask.sum(), (~mask).sum()
    below = (run - upto + (length - within) / 2) / negatives
    over = (positives - upto - within / 2) / positives
    placed = np.empty(len(values))
    placed[order] = np.where(mask[order], np.repeat(below, length), np.repeat(over, length))
    return placed


def _error(shares: Float[np.ndarray, "sample"], code: Int[np.ndarray, "sample"]) -> tuple[float, int]:
    """The standard error of a sum of what each sample adds, and how many independent pieces it comes from."""
    _, dense = np.unique(code, return_inverse=True)
    sums = np.bincount(dense, weights=shares)
    pieces = len(sums)
    return (float(np.sqrt((sums**2).sum() * pieces / (pieces - 1))) if pieces > 1 else np.nan), pieces


def _interval(change: float, error: float, pieces: int) -> tuple[float, float, float]:
    half_width = float(special.stdtrit(pieces - 1, 0.975)) * error if pieces > 1 else np.nan
    return change, change - half_width, change + half_width
