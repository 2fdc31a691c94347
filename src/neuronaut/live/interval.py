"""Intervals and nulls of an effect that was measured sample by sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.statistics.bootstrap import Pieces, Redraws
from neuronaut.analysis.statistics.pieces import sums_by
from neuronaut.analysis.statistics.two_groups import FEWEST

Float64 = npt.NDArray[np.float64]
FEWEST_DRAWN = 3
"""Samples (or groups) below which nothing can be drawn again: one gives an interval of no width, two hardly more."""
RELIABLE = 5
"""Samples (or groups) below which an interval is given, but is too narrow to be relied on."""
_COLUMNS = 64
"""Columns whose resamples are held at a time."""


def finite_mean(values: Float64) -> Float64:
    """The mean of the finite values of each column; NaN where there is none."""
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(finite, values, 0.0).sum(0) / finite.sum(0))


def paired_interval(
    changes: Float64, groups: npt.NDArray[np.int64] | None = None, *, resamples: int = 2000, seed: int = 0
) -> tuple[Float64, Float64]:
    """The 95 % bootstrap interval of the mean of each column of ``changes`` [sample, column].

    Each row is the difference of one sample with and without the change, so that samples are drawn in pairs; with
    ``groups`` (numbered from 0) whole groups are drawn. Values that are not finite are left out; NaN for a column
    whose finite values lie in fewer than 3 samples (or groups), or in so few that a resample held none.

    >>> low, high = paired_interval(np.tile([[0.0], [1.0]], (50, 1)))
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (0.4, 0.6)

    Reference: Efron, Bootstrap methods: another look at the jackknife, 1979 (percentile interval); groups as in Davison
    and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8 (only the groups are drawn).
    """
    low, high = np.full(changes.shape[1], np.nan), np.full(changes.shape[1], np.nan)
    if not len(changes):
        return low, high
    count = len(changes) if groups is None else int(groups.max()) + 1
    redraws = Redraws(count, resamples, seed=seed)
    for start in range(0, changes.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        pieces = _pieces(changes[:, columns], groups, count)
        spread = np.concatenate([pieces.redrawn(weights) for weights in redraws.chunks()])
        low[columns], high[columns] = np.quantile(spread, (0.025, 0.975), axis=0)
    few = observations(changes, groups) < FEWEST_DRAWN
    low[few], high[few] = np.nan, np.nan
    return low, high


def replicated(
    changes: Float64,
    half: npt.NDArray[np.uint8],
    groups: npt.NDArray[np.int64] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Float64]:
    """The mean of each column on half 1 of the samples with its interval, and whether half 0 had shown the same.

    ``replicated``: 1 where the interval of each half excludes 0 on the same side, else 0; NaN where a half has fewer
    than 20 samples (or groups).

    >>> change = np.tile([[0.0], [1.0]], (50, 1))
    >>> replicated(change, np.repeat([0, 1], 50).astype(np.uint8))["replicated"].tolist()
    [1.0]
    """
    sides, few = [], np.zeros(changes.shape[1], bool)
    for number in (0, 1):
        inside = half == number
        own = None if groups is None else np.unique(groups[inside], return_inverse=True)[1].astype(np.int64)
        low, high = paired_interval(changes[inside], own, resamples=resamples, seed=seed)
        few |= observations(changes[inside], own) < FEWEST
        sides.append(np.sign(low) * (low * high > 0))
    agree = (sides[0] == sides[1]) & (sides[1] != 0)
    return {
        "heldout_effect": finite_mean(changes[half == 1]),
        "heldout_low": low,
        "heldout_high": high,
        "replicated": np.where(few, np.nan, agree.astype(np.float64)),
    }


def observations(changes: Float64, groups: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int64]:
    """In how many samples, or groups of them, each column has a finite value.

    >>> observations(np.array([[1.0, 2.0], [np.nan, 3.0], [5.0, 6.0]]), np.array([0, 1, 1])).tolist()
    [2, 2]
    """
    finite = np.isfinite(changes)
    if groups is None or not len(changes):
        return np.asarray(finite.sum(0))
    return np.asarray((sums_by(groups, int(groups.max()) + 1, finite) > 0).sum(0))


def few_notes(name: str, labels: Sequence[str], counts: npt.NDArray[np.int64], *, grouped: bool) -> list[str]:
    """What must be said of intervals that rest on few samples or groups; of none where there is nothing at all.

    >>> few_notes("accuracy of class", ["cat", "dog"], np.array([2, 40]), grouped=True)
    ["accuracy of class 'cat': 2 groups of samples are too few for an interval; it needs 3."]
    """
    word, notes = "groups of samples" if grouped else "samples", []
    for count in sorted({int(count) for count in counts if 0 < count < RELIABLE}):
        held = [label for label, own in zip(labels, counts.tolist(), strict=True) if own == count]
        shown = ", ".join(map(repr, held[:4])) + (", …" if len(held) > 4 else "")
        one = "is" if count == 1 else "are"
        some = word.replace("groups", "group") if grouped else "sample"
        what = f"{name} {shown}: {count} {word if count > 1 else some} {one}"
        if count < FEWEST_DRAWN:
            notes.append(f"{what} too few for an interval; it needs {FEWEST_DRAWN}.")
        else:
            notes.append(f"{what} too few for an interval to rely on: it is too narrow.")
    return notes


def _pieces(values: Float64, groups: npt.NDArray[np.int64] | None, count: int) -> Pieces:
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    if groups is None:
        return Pieces(known, finite.astype(np.float64))
    return Pieces(sums_by(groups, count, known), sums_by(groups, count, finite))


def null_range(others: Float64) -> tuple[Float64, Float64]:
    """Between which values the central 95 % of random effects [set, metric] lie; from fewer than 39 all of them do.

    Reference: Weibull's plotting positions, k / (R + 1): a next draw lies outside in at most 5 % of cases from R = 39.
    """
    if not len(others):
        nothing = np.full(others.shape[1], np.nan)
        return nothing, nothing.copy()
    low, high = np.quantile(others, (0.025, 0.975), axis=0, method="weibull")
    return np.asarray(low), np.asarray(high)


def null_p(effect: Float64, others: Float64) -> Float64:
    """The chance that one of R + 1 random sets lies as far from their middle as this one, by metric: at least 1/(R+1).

    The middle is the median of all R + 1 effects, so that the test is exact when the set is as good as random.
    Reference: Phipson and Smyth, Permutation p-values should never be zero, 2010.

    >>> null_p(np.array([5.0]), np.arange(-1.0, 2.0)[:, None]).tolist()
    [0.25]
    """
    if not len(others):
        return np.full(len(effect), np.nan)
    far = np.abs(np.vstack([effect, others]) - np.median(np.vstack([effect, others]), axis=0))
    p = (far >= far[0]).mean(0)
    return np.where(np.isnan(far).any(0), np.nan, p)


def percentile(effect: Float64, others: Float64) -> Float64:
    """How many percent of the random effects lie below this one, ties counted half."""
    if not len(others):
        return np.full(len(effect), np.nan)
    share = ((others < effect).mean(0) + (others <= effect).mean(0)) / 2
    return np.where(np.isnan(others).any(0) | np.isnan(effect), np.nan, 100 * share)
