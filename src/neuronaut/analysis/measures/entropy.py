"""Mutual information of a unit and a class, in bins of the unit's values, beside what shuffled classes give."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from neuronaut.analysis.measures.ordered import Ordered
from neuronaut.analysis.shapes import Float, Int, Num

BINS = 16
EDGES = BINS + 2
"""Places of edges at most: the bins, one that zeros part in two, and the end."""
AT_ONCE = 32
"""Classes counted at a time, and shuffles kept at a time, so that memory does not grow with their number."""
THREADS = 2


def bin_edges(unit: Ordered) -> Int[np.ndarray, "edge"]:
    """Where bins begin among the sorted samples, and the end, filled up to a fixed length with the end.

    Bins of equal frequency, min(16, floor(n^(1/3)) + 1) of them; equal values never part, so that a bin ends where a
    value does, as near as can be. Where more samples are exactly 0 than fit in a bin (as after a ReLU), they are a bin
    of their own and the others share the rest. With no more different values than bins, each value is a bin.
    """
    total = len(unit.labels)
    bins = min(BINS, int(np.floor(total ** (1 / 3) + 1e-9)) + 1)
    if len(unit.starts) <= bins:
        return _filled(unit.starts, total)
    low, high = unit.zeros
    zeros = high - low
    if zeros * bins <= total:
        return _filled(_snapped(np.arange(bins) * total / bins, unit), total)
    places = np.arange(bins - 1) * (total - zeros) / (bins - 1)
    cuts = _snapped(places + np.where(places >= low, zeros, 0), unit)
    return _filled(np.append(cuts, [low, high]), total)


def _snapped(places: Float[np.ndarray, "cut"], unit: Ordered) -> Int[np.ndarray, "cut"]:
    """Each place moved to where a value ends, the nearest."""
    after = np.searchsorted(unit.starts, places).clip(1, len(unit.starts))
    lower = unit.starts[after - 1]
    upper = lower + unit.sizes[after - 1]
    return np.asarray(np.where(places - lower <= upper - places, lower, upper))


def _filled(begins: Int[np.ndarray, "cut"], total: int) -> Int[np.ndarray, "edge"]:
    distinct = sorted({0, *begins.tolist()})
    return np.array(distinct + [total] * (EDGES - len(distinct)), np.int64)


def table(unit: Ordered, edges: Int[np.ndarray, "edge"]) -> Int[np.ndarray, "bin class"]:
    """Samples in each bin and class."""
    cells = (EDGES - 1) * unit.classes
    bins = np.repeat(np.arange(EDGES - 1) * unit.classes, np.diff(np.maximum(edges, unit.lowest)))
    bins += unit.rest >> 1
    found = np.bincount(bins, minlength=cells).reshape(EDGES - 1, unit.classes)
    found[0] += unit.at_lowest.sum(1)
    return found


def entropy(counts: Num[np.ndarray, "*axes cell"]) -> Float[np.ndarray, "*axes"]:
    """Entropy in nats over the last axis, corrected for the cells that few samples leave empty: plug-in entropy
    + (occupied cells - 1) / (2 n).

    >>> entropy(np.array([5, 5, 0])).round(4).item()
    0.7431

    Reference: Miller, Note on the bias of information estimates, 1955.
    """
    total = counts.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / total
        plain = -np.where(counts > 0, share * np.log(share), 0.0).sum(-1)
        found = plain + ((counts > 0).sum(-1) - 1) / (2 * total[..., 0])
    return np.asarray(np.where(total[..., 0] > 0, found, np.nan))


def information(counts: Num[np.ndarray, "*axes bin class"]) -> Float[np.ndarray, "*axes"]:
    """Mutual information of bins and classes in nats: H(bin) + H(class) - H(bin, class), each corrected.

    >>> information(np.array([[5, 0], [0, 5]])).round(4).item()
    0.7431
    """
    joint = counts.reshape(*counts.shape[:-2], -1)
    return np.asarray(entropy(counts.sum(-1)) + entropy(counts.sum(-2)) - entropy(joint))


def against_chance(
    observed: Float[np.ndarray, "unit"],
    edges: Int[np.ndarray, "unit edge"],
    counts: Int[np.ndarray, "class"],
    permutations: int,
    seed: int,
) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """The mean information under shuffled classes, and the p-value (1 + #{shuffled >= observed}) / (permutations + 1).

    Reference: Phipson and Smyth, Permutation p-values should never be zero, 2010.
    """
    if not permutations or not counts.sum():
        return np.full(len(observed), np.nan), np.full(len(observed), np.nan)
    total, reached = np.zeros(len(observed)), np.ones(len(observed))
    for first in range(0, permutations, AT_ONCE):
        found = shuffled_information(edges, counts, range(first, min(first + AT_ONCE, permutations)), seed)
        total += found.sum(0)
        reached += (found >= observed - 1e-12).sum(0)
    return total / permutations, reached / (permutations + 1)


def shuffled_information(
    edges: Int[np.ndarray, "unit edge"], counts: Int[np.ndarray, "class"], numbers: Sequence[int], seed: int
) -> Float[np.ndarray, "permutation unit"]:
    """Mutual information of each unit with classes that are shuffled over the samples; ``numbers`` name the shuffles.

    A shuffled class knows nothing of any unit, so that one shuffled row of classes stands for the sorted samples of
    every unit, and only its counts between a unit's edges are needed. Each column is that unit's exact permutation
    null; columns are not independent of each other.
    """
    total = int(counts.sum())
    codes = np.repeat(np.arange(len(counts), dtype=np.int16), counts)
    distinct, place = np.unique(edges, axis=0, return_inverse=True)
    sizes = np.diff(distinct, axis=1)
    margins = entropy(sizes) + entropy(counts)
    weighted = np.arange(total + 1, dtype=np.float64)
    weighted[1:] *= np.log(weighted[1:])

    def one(number: int) -> Float[np.ndarray, "unit"]:
        row = np.random.default_rng([seed, number]).permutation(codes)
        plain, occupied = _joint(row, len(counts), distinct, weighted)
        joint = np.log(total) - plain / total + (occupied - 1) / (2 * total)
        return np.asarray((margins - joint)[place.reshape(-1)])

    with ThreadPoolExecutor(THREADS) as pool:
        return np.stack(list(pool.map(one, numbers)))


def _joint(
    row: Int[np.ndarray, "sample"],
    classes: int,
    edges: Int[np.ndarray, "unit edge"],
    weighted: Float[np.ndarray, "count"],
) -> tuple[Float[np.ndarray, "unit"], Int[np.ndarray, "unit"]]:
    """Sum of c log c over the cells of bin and class, and how many cells hold samples."""
    plain, occupied = np.zeros(len(edges)), np.zeros(len(edges), np.int64)
    for first in range(0, classes, AT_ONCE):
        chosen = np.arange(first, min(first + AT_ONCE, classes), dtype=np.int16)
        below = np.zeros((len(row) + 1, len(chosen)), np.int32)
        np.cumsum(row[:, None] == chosen, axis=0, dtype=np.int32, out=below[1:])
        cells = np.diff(below[edges], axis=1).reshape(len(edges), -1)
        plain += weighted[cells].sum(1)
        occupied += (cells > 0).sum(1)
    return plain, occupied
