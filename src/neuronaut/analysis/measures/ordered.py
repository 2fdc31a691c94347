"""One unit's samples in the order of their values: sorted once, shared by every statistic of ranks and every class."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from neuronaut.analysis.shapes import Float, Int, Num

_HIGH = 1 if sys.byteorder == "little" else 0
"""Which of two int32 is the upper half of an int64."""
FEW = 8
"""Ties that are looked at one by one."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """Labels of samples by rising value; ``starts`` are where a new value begins, ``zeros`` the samples that are 0.

    A label is twice the sample's class plus its half (0 or 1).
    """

    labels: Int[np.ndarray, "sample"]
    starts: Int[np.ndarray, "tie"]
    zeros: tuple[int, int]
    counts: Int[np.ndarray, "class half"]

    @property
    def classes(self) -> int:
        return len(self.counts)

    @cached_property
    def sizes(self) -> Int[np.ndarray, "tie"]:
        """Samples that share a value."""
        return np.diff(self.starts, append=len(self.labels))

    @property
    def lowest(self) -> int:
        """How many samples have the lowest value."""
        return int(self.sizes[0]) if len(self.sizes) else 0

    @cached_property
    def rest(self) -> Int[np.ndarray, "sample"]:
        """The labels above the lowest value."""
        return self.labels[self.lowest :]

    @cached_property
    def at_lowest(self) -> Int[np.ndarray, "class half"]:
        """The samples of each label that have the lowest value: after a ReLU most of them, and quickly counted."""
        return self.counts - np.bincount(self.rest, minlength=self.counts.size).reshape(self.counts.shape)


def ordered(
    values: Num[np.ndarray, "sample"], labels: Int[np.ndarray, "sample"], counts: Int[np.ndarray, "class half"]
) -> Ordered:
    """Sort one unit's finite values; -0.0 and 0.0 are the same. ``counts`` are the samples of each label.

    float32 and its label are packed into one whole number, so that plain sorting carries the label along; other types
    are sorted by place.

    >>> found = ordered(np.array([2.0, 0.0, -0.0], np.float32), np.array([1, 2, 3]), np.array([[0, 1], [1, 1]]))
    >>> found.labels[2].item(), found.starts.tolist(), found.zeros
    (1, [0, 2], (0, 2))
    """
    if values.dtype == np.float32:
        bits = (values + np.float32(0)).view(np.int32)
        packed = np.empty((len(bits), 2), np.int32)
        # The sign of a float is apart from its size: turning the other bits of a negative makes order of bits order of
        # values.
        np.bitwise_xor(bits, (bits >> 31) & np.int32(0x7FFFFFFF), out=packed[:, _HIGH])
        packed[:, 1 - _HIGH] = labels
        keys = packed.reshape(-1).view(np.int64)
        keys.sort()
        level, found = packed[:, _HIGH], packed[:, 1 - _HIGH].astype(np.intp)
    else:
        places = np.argsort(values, kind="stable")
        level, found = values[places], labels[places].astype(np.intp)
    starts = np.flatnonzero(np.concatenate([[len(level) > 0], level[1:] != level[:-1]]))
    low, high = (
        np.searchsorted(level, level.dtype.type(0), "left"),
        np.searchsorted(level, level.dtype.type(0), "right"),
    )
    return Ordered(found, starts, (int(low), int(high)), counts)


def tie_term(sizes: Num[np.ndarray, "tie"]) -> float:
    """Sum of t^3 - t over ties of t samples: what ties take from the variance of a rank sum."""
    large = sizes[sizes > 1].astype(np.float64)
    return float((large**3 - large).sum())


@dataclass(frozen=True, slots=True, eq=False)
class RankSums:
    """Rank sums of each class, and the tie term: of all samples, and of each half by itself."""

    whole: Float[np.ndarray, "class"]
    ties: float
    halves: Float[np.ndarray, "class half"]
    half_ties: tuple[float, float]


def rank_sums(unit: Ordered) -> RankSums:
    """Sums of mid-ranks of each class.

    Ranks are kept doubled, as whole numbers: where a sample's tie starts + where it ends + 1, counted among all samples
    and among those of its half. The lowest value, of which there are many after a ReLU, is counted apart.
    """
    lowest, cells = unit.lowest, 2 * unit.classes
    labels, at_lowest = unit.rest, unit.at_lowest.reshape(-1)
    ones_below = int(at_lowest[1::2].sum())
    starts, sizes = unit.starts[1:] - lowest, unit.sizes[1:]
    second = (labels & 1).astype(np.int32)
    ones = np.cumsum(second, dtype=np.int32) + np.int32(ones_below)
    tied = np.flatnonzero(sizes > 1) if len(starts) < len(labels) else starts[:0]
    starts, sizes = starts[tied], sizes[tied]
    ones_before, ones_after = ones[starts] - second[starts], ones[starts + sizes - 1]
    whole = np.arange(2 * lowest + 2, 2 * (lowest + len(labels)) + 2, 2, dtype=np.int32)
    first = 2 * ones + 1 - second
    if len(tied) <= FEW:
        for start, size, low, high in zip(starts.tolist(), sizes.tolist(), ones_before, ones_after, strict=True):
            whole[start : start + size] = 2 * (lowest + start) + size + 1
            first[start : start + size] = low + high + 1
    else:
        inside = _within(starts, sizes)
        whole[inside] = np.repeat(2 * (lowest + starts) + sizes + 1, sizes)
        first[inside] = np.repeat(ones_before + ones_after + 1, sizes)
    other = whole - first + 1
    within = (other + second * (first - other)).astype(np.float64)
    halves = np.bincount(labels, within, cells) + at_lowest * np.where(
        np.arange(cells) % 2, ones_below + 1, lowest - ones_below + 1
    )
    plain = np.bincount(labels, whole.astype(np.float64), cells) + at_lowest * (lowest + 1)
    sizes1 = np.append(ones_after - ones_before, ones_below)
    sizes = np.append(sizes, lowest)
    return RankSums(
        plain.reshape(-1, 2).sum(1) / 2,
        tie_term(sizes),
        halves.reshape(-1, 2) / 2,
        (tie_term(sizes - sizes1), tie_term(sizes1)),
    )


def _within(starts: Int[np.ndarray, "tie"], sizes: Int[np.ndarray, "tie"]) -> Int[np.ndarray, "sample"]:
    """The places of all samples of some ties, in order."""
    first = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(sizes.sum()) + np.repeat(starts - first, sizes))


def average_precision(unit: Ordered) -> Float[np.ndarray, "class"]:
    """Average precision of each class against the others, high values first; equal values share one threshold.

    The sum over thresholds of (recall_k - recall_{k-1}) precision_k; NaN for a class without samples or others.

    >>> one = ordered(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 2, 2]), np.array([[2, 0], [2, 0]]))
    >>> average_precision(one).round(4).tolist()
    [0.5, 0.8333]

    Reference: step-wise, without interpolation, as in Davis and Goadrich, The relationship between precision-recall and
    ROC curves, 2006.
    """
    total, counts = len(unit.labels), unit.counts.sum(1)
    # The lowest value lets everything through: recall 1, precision the class's share.
    lowest = unit.at_lowest.sum(1)
    share = counts / max(total, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = _precisions(unit.rest >> 1, unit.starts[1:] - unit.lowest, counts - lowest)
        found = (above + lowest * share) / counts
    return np.where(counts < total, found, np.nan)


def _precisions(
    codes: Int[np.ndarray, "sample"], starts: Int[np.ndarray, "tie"], counts: Int[np.ndarray, "class"]
) -> Float[np.ndarray, "class"]:
    """For each class, the sum over its samples of the precision at their value."""
    total, found, there = len(codes), np.zeros(len(counts)), np.flatnonzero(counts)
    if not total:
        return found
    ends = np.cumsum(counts)
    edges = (ends - counts)[there]
    by_class = np.argsort(codes.astype(np.uint8 if len(counts) <= 256 else np.uint16), kind="stable")
    inside = np.repeat(ends, counts) - np.arange(total, dtype=np.float64)
    above = np.repeat((total - starts).astype(np.float64), np.diff(starts, append=total))[by_class]
    if len(starts) == total:
        terms = inside / above
    else:
        begins = np.ones(total, bool)
        np.not_equal(above[1:], above[:-1], out=begins[1:])
        begins[edges] = True
        first = np.flatnonzero(begins)
        terms = np.diff(first, append=total) * (inside[first] / above[first])
        edges = np.searchsorted(first, edges)
    found[there] = np.add.reduceat(terms, edges)
    return found


def precision_at(unit: Ordered, k: int) -> float:
    """Share of the commonest class among the k highest samples; of samples tied at the edge each counts in part.

    NaN with fewer samples than k, or of a single class.

    >>> one = ordered(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 2, 2]), np.array([[2, 0], [2, 0]]))
    >>> precision_at(one, 2), precision_at(one, 3)
    (1.0, 0.6666666666666666)

    Reference: Zhou et al., Object detectors emerge in deep scene CNNs, ICLR 2015 (k = 60).
    """
    total = len(unit.labels)
    if total < k or np.count_nonzero(unit.counts.sum(1)) < 2:
        return float("nan")
    edge = int(np.searchsorted(unit.starts, total - k, side="right")) - 1
    low, high = int(unit.starts[edge]), int(unit.starts[edge] + unit.sizes[edge])
    inside = np.bincount(unit.labels[high:] >> 1, minlength=unit.classes)
    tied = np.bincount(unit.labels[low:high] >> 1, minlength=unit.classes)
    return float((inside + tied * ((k - (total - high)) / (high - low))).max() / k)


def from_sums(
    sums: Float[np.ndarray, "..."], inside: Num[np.ndarray, "..."], total: Num[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """AUROC of a class against the others from its rank sum: (R - n (n + 1) / 2) / (n (N - n)).

    >>> from_sums(np.array([7.0]), np.array([2]), np.array([4])).tolist()
    [1.0]

    Reference: Mann and Whitney 1947; Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((sums - inside * (inside + 1) / 2) / (inside * (total - inside)))


def rank_test(
    auroc: Float[np.ndarray, "unit"],
    inside: Num[np.ndarray, "unit"],
    total: Num[np.ndarray, "unit"],
    ties: Float[np.ndarray, "unit"],
    inflation: Float[np.ndarray, "unit"],
    degrees: float = np.inf,
) -> Float[np.ndarray, "unit"]:
    """Two-sided p-value of an AUROC of .5: the normal approximation with the variance that ties leave.

    var = (N + 1 - sum(t^3 - t) / (N (N - 1))) / (12 n (N - n)), times ``inflation`` where samples come in groups, then
    against t with ``degrees`` of freedom; NaN where nothing varies.

    Reference: Mann and Whitney 1947; the correction for ties as in Lehmann, Nonparametrics, 1975.
    """
    inside, total = inside.astype(np.float64), total.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = total + 1 - ties / (total * (total - 1))
        spread = np.sqrt(inflation * np.where(left > 1e-9 * total, left, np.nan) / (12 * inside * (total - inside)))
        far = -np.abs(auroc - 0.5) / spread
        return np.asarray(2 * (special.ndtr(far) if degrees == np.inf else special.stdtr(degrees, far)))
