"""Tuning: how unevenly a unit answers to classes or samples, from its moments in each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num

EPSILON = 1e-7


def selectivity_index(means: Float[np.ndarray, "class unit"]) -> Float[np.ndarray, "unit"]:
    """Class selectivity index: (largest class mean - mean of the other class means) / (their sum + 1e-7).

    For values of at least 0 only: the caller leaves signed units out. A legacy measure: it overstates (Gale et al.,
    Are there any object detectors in the hidden layers of CNNs trained to identify objects or scenes?, 2020).

    >>> selectivity_index(np.array([[3.0], [1.0], [1.0], [1.0]])).round(6).tolist()
    [0.5]

    Reference: Morcos et al., On the importance of single directions for generalization, ICLR 2018.
    """
    known = (~np.isnan(means)).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        largest = np.where(known, np.where(np.isnan(means), -np.inf, means).max(0, initial=-np.inf), np.nan)
        rest = (np.nansum(means, 0) - largest) / (known - 1)
        return np.asarray(np.where(known > 1, (largest - rest) / (largest + rest + EPSILON), np.nan))


def modality(means: Float[np.ndarray, "class unit"]) -> Float[np.ndarray, "unit"]:
    """How many classes a unit stands for: exp(entropy of p), p_c = max(mean_c - mean of means, 0) / their sum.

    1 for a unit above its average in one class only; NaN where all class means agree.

    >>> modality(np.array([[4.0], [4.0], [0.0], [0.0]])).round(6).tolist()
    [2.0]

    Reference: the effective number of categories is Hill's of order 1 (Diversity and evenness, 1973).
    """
    known = np.maximum((~np.isnan(means)).sum(0), 1)
    above = np.maximum(np.where(np.isnan(means), 0.0, means - np.nansum(means, 0) / known), 0.0)
    # What rounding leaves of equal means is no preference.
    above[above <= 1e-12 * np.nan_to_num(np.abs(means)).max(0, initial=0.0)] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        share = above / above.sum(0)
        return np.asarray(np.exp(-np.where(share > 0, share * np.log(share), share * 0.0).sum(0)))


def lifetime_sparseness(n: np.ndarray, mean: np.ndarray, mean_square: np.ndarray) -> Float[np.ndarray, "unit"]:
    """0 for a unit that answers alike to all samples, 1 for one that answers to a single one; values of at least 0.

    S = (1 - mean(r)^2 / mean(r^2)) / (1 - 1 / n).

    >>> lifetime_sparseness(np.array([4]), np.array([0.25]), np.array([0.25])).tolist()
    [1.0]

    Reference: Vinje and Gallant, Sparse coding and decorrelation in primary visual cortex, Science 2000.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip((1 - mean**2 / mean_square) / (1 - 1 / n), 0.0, 1.0))


def hoyer(n: np.ndarray, mean_abs: np.ndarray, mean_square: np.ndarray) -> Float[np.ndarray, "unit"]:
    """0 when all samples give the same size of answer, 1 when a single one does: (sqrt n - L1 / L2) / (sqrt n - 1).

    >>> hoyer(np.array([4]), np.array([0.25]), np.array([0.25])).tolist()
    [1.0]

    Reference: Hoyer, Non-negative matrix factorization with sparseness constraints, JMLR 2004.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(n)
        return np.asarray(np.clip((root - root * mean_abs / np.sqrt(mean_square)) / (root - 1), 0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class ByClass:
    """What sums tell of the finite values of each unit in each class: 0 where a class has none, then ``n`` is 0.

    ``squares`` are summed squared deviations from the class's mean.
    """

    n: Float[np.ndarray, "class unit"]
    mean: Float[np.ndarray, "class unit"]
    squares: Float[np.ndarray, "class unit"]
    mean_abs: Float[np.ndarray, "class unit"]
    high: Float[np.ndarray, "class unit"]
    low: Float[np.ndarray, "class unit"]

    @property
    def means(self) -> Float[np.ndarray, "class unit"]:
        """The means, NaN where a class has no finite value."""
        return np.where(self.n > 0, self.mean, np.nan)

    @property
    def signed(self) -> Bool[np.ndarray, "unit"]:
        """Which units have a value below 0."""
        return np.asarray((np.where(self.n > 0, self.low, 0.0) < 0).any(0))

    def together(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """n, mean, mean of absolutes and mean of squares over all classes."""
        total = self.n.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (self.n * self.mean).sum(0) / total
            mean_square = (self.squares + self.n * self.mean**2).sum(0) / total
            return total, mean, (self.n * self.mean_abs).sum(0) / total, mean_square


def by_class(across: Num[np.ndarray, "unit sample"], starts: Int[np.ndarray, "class"]) -> ByClass:
    """Sums over samples that lie class after class, ``starts`` being where each class begins; none is empty.

    >>> found = by_class(np.array([[1.0, 3.0, np.nan, 5.0]]), np.array([0, 2]))
    >>> found.n.tolist(), found.mean.tolist(), found.squares.tolist()
    ([[2.0], [1.0]], [[2.0], [5.0]], [[2.0], [0.0]])
    """
    rows = [_class_sums(values, starts) for values in across]
    return ByClass(*np.stack(rows, axis=-1)) if rows else ByClass(*np.zeros((6, len(starts), 0)))


def _class_sums(values: Num[np.ndarray, "sample"], starts: Int[np.ndarray, "class"]) -> Float[np.ndarray, "6 class"]:
    whole = values.astype(np.float64)
    sizes = np.diff(starts, append=len(values)).astype(np.float64)
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        finite = np.isfinite(whole)
        sizes = np.add.reduceat(finite, starts, dtype=np.float64)
        low = np.minimum.reduceat(np.where(finite, whole, np.inf), starts)
        high = np.maximum.reduceat(np.where(finite, whole, -np.inf), starts)
        whole[~finite] = 0.0
    else:
        finite = None
    low, high = np.where(sizes > 0, low, 0.0), np.where(sizes > 0, high, 0.0)
    divisor = np.maximum(sizes, 1.0)
    mean = np.where(low == high, low, np.add.reduceat(whole, starts) / divisor)
    absolutes = np.add.reduceat(np.abs(whole), starts) / divisor if low.min() < 0 else mean
    whole -= np.repeat(mean, np.diff(starts, append=len(values)))
    if finite is not None:
        whole[~finite] = 0.0
    whole *= whole
    return np.stack([sizes, mean, np.add.reduceat(whole, starts), absolutes, high, low])


def d_prime(found: ByClass) -> Float[np.ndarray, "class unit"]:
    """How far a class is above all others, in standard deviations: (m - m') / sqrt((s^2 + s'^2) / 2).

    Infinite where neither varies and the means differ, NaN below two samples on a side.

    Reference: Green and Swets, Signal Detection Theory and Psychophysics, 1966.
    """
    n, mean, squares = found.n, found.mean, found.squares
    total = n.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (n * mean).sum(0) / total
        away = squares + n * (mean - centre) ** 2
        others = total - n
        mean_rest = centre - n * (mean - centre) / others
        spread_rest = (away.sum(0) - away - others * (mean_rest - centre) ** 2) / (others - 1)
        high, low = _rest_ends(found)
        spread_rest = np.where(high == low, 0.0, np.maximum(spread_rest, 0.0))
        difference = mean - np.where(high == low, high, mean_rest)
        pooled = np.sqrt((squares / (n - 1) + spread_rest) / 2)
        return np.asarray(np.where(np.minimum(n, others) >= 2, difference / pooled, np.nan))


def _rest_ends(found: ByClass) -> tuple[np.ndarray, np.ndarray]:
    """The highest and the lowest value in all classes but one."""
    return (
        _others(np.where(found.n > 0, found.high, -np.inf), np.maximum, -np.inf),
        _others(np.where(found.n > 0, found.low, np.inf), np.minimum, np.inf),
    )


def _others(values: np.ndarray, join: np.ufunc, empty: float) -> np.ndarray:
    """For each row the join of all the other rows; for a single row ``empty``."""
    edge = np.full((1, values.shape[1]), empty)
    before = np.concatenate([edge, join.accumulate(values, axis=0)[:-1]])
    after = np.concatenate([join.accumulate(values[::-1], axis=0)[::-1][1:], edge])
    return np.asarray(join(before, after))
