"""Statistics of two groups of samples, unit by unit: pure functions of arrays.

What is written here is computed by the page as well; tests/conformance/stats.json holds both to the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from neuronaut.analysis.measures.ordered import ordered
from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.moments import Centre, transposed

Z95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""
SIGNIFICANT = 0.05
"""A q-value below this is a discovery."""
FEWEST = 20
"""Samples per group below which nothing is claimed (algorithms.md 4.12)."""


def hedges_g(
    a: Centre, b: Centre, design: Float[np.ndarray, "unit"] | float = 1.0
) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """How many pooled standard deviations a is above b, corrected for small samples, with its 95 % interval.

    g = J d, d = (mean_a - mean_b) / s, J = 1 - 3 / (4 df - 1), df = n_a + n_b - 2. The interval is g -+ 1.96 J sqrt(v),
    v = (sd_a^2/n_a + sd_b^2/n_b)/s^2 + d^2 ((n_a-1) sd_a^4 + (n_b-1) sd_b^4) / (2 df^2 s^4): the delta method for
    normal samples of unequal spread, so that it agrees with Welch's test; with equal spreads v is Hedges and Olkin's
    1/n_a + 1/n_b + d^2/(2 df). Without any spread g is infinite, or NaN when the means agree too.

    ``design`` multiplies v: how many times the variance of independent samples the samples' grouping makes of it.

    Reference: Hedges, Distribution theory for Glass's estimator of effect size, 1981; Hedges and Olkin, Statistical
    Methods for Meta-Analysis, 1985; the variance is Bonett's (Confidence intervals for standardized linear contrasts,
    Psychological Methods 2008) with the pooled standard deviation; the design effect is Kish's (Survey Sampling, 1965).
    """
    df = a.n + b.n - 2
    difference = a.mean - b.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = ((a.n - 1) * a.sd**2 + (b.n - 1) * b.sd**2) / df
        d = difference / np.sqrt(pooled)
        correction = 1 - 3 / (4 * df - 1)
        means = (a.sd**2 / a.n + b.sd**2 / b.n) / pooled
        spreads = ((a.n - 1) * a.sd**4 + (b.n - 1) * b.sd**4) / (2 * df**2 * pooled**2)
        g = correction * d
        half_width = Z95 * correction * np.sqrt((means + d**2 * spreads) * design)
        return g, g - half_width, g + half_width


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How well a difference of means is known: its variance, degrees of freedom, and the independent pieces behind it.

    A piece is a sample, or a group of samples that belong together.
    """

    variance: Float[np.ndarray, "unit"]
    df: Float[np.ndarray, "unit"]
    pieces_a: Int[np.ndarray, "unit"]
    pieces_b: Int[np.ndarray, "unit"]


def independent(a: Centre, b: Centre) -> Uncertainty:
    """The uncertainty of the difference of means when every sample counts, spreads not assumed equal.

    Reference: Welch, The generalization of Student's problem, Biometrika 1947.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        va, vb = a.sd**2 / a.n, b.sd**2 / b.n
        df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))
    return Uncertainty(va + vb, df, a.n, b.n)


def t_test(difference: Float[np.ndarray, "unit"], known: Uncertainty) -> Float[np.ndarray, "unit"]:
    """Two-sided p-value of a difference of means; NaN where nothing varies and the means agree."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(known.variance)
        p = np.asarray(2 * special.stdtr(known.df, -np.abs(t)))
    return np.where(np.isinf(t), 0.0, p)


def t_interval(
    difference: Float[np.ndarray, "unit"], known: Uncertainty
) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """The 95 % interval of a difference of means; NaN where it cannot be known, as without any spread."""
    with np.errstate(invalid="ignore"):
        half_width = special.stdtrit(known.df, 0.975) * np.sqrt(known.variance)
    return difference - half_width, difference + half_width


def welch(a: Centre, b: Centre) -> Float[np.ndarray, "unit"]:
    """Two-sided p-value of equal means, spreads not assumed equal.

    NaN where a group has fewer than two values, and where neither group varies and the means agree.

    Reference: Welch, The generalization of Student's problem, Biometrika 1947.
    """
    return t_test(a.mean - b.mean, independent(a, b))


def auroc(a: Num[np.ndarray, "sample_a unit"], b: Num[np.ndarray, "sample_b unit"]) -> Float[np.ndarray, "unit"]:
    """Chance that a sample of a has the higher value than one of b, ties counted half: U / (n_a n_b), mid-ranks.

    NaN and infinity are left out; NaN where a group has no finite value.

    >>> import numpy as np
    >>> auroc(np.array([[1.0], [2.0]]), np.array([[0.0], [1.0]])).tolist()
    [0.875]

    Reference: Mann and Whitney 1947; Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
    """
    return auroc_of(transposed(np.concatenate([a, b])), np.arange(len(a) + len(b)) < len(a))


def auroc_of(
    turned: Num[np.ndarray, "unit sample"],
    in_a: Bool[np.ndarray, "chosen"],
    rows: Int[np.ndarray, "chosen"] | None = None,
) -> Float[np.ndarray, "unit"]:
    """The same of units that are rows; of all samples, or of ``rows``, each is in a or in b."""
    result = np.full(len(turned), np.nan)
    given, places = in_a.astype(np.int32), np.arange(1.0, len(in_a) + 1)
    for unit, whole in enumerate(turned):
        values = whole if rows is None else whole[rows]
        labels, finite = given, np.isfinite(values)
        if not finite.all():
            values, labels = values[finite], labels[finite]
        n_a = int(np.count_nonzero(labels))
        n_b = len(labels) - n_a
        if n_a and n_b:
            twice = _twice_above_single if values.dtype == np.float32 else _twice_above
            result[unit] = twice(values, labels, places[: len(labels)]) / (2.0 * n_a * n_b)
    return result


def _twice_above(
    values: Num[np.ndarray, "value"], labels: Int[np.ndarray, "value"], _: Float[np.ndarray, "value"]
) -> float:
    """Twice the pairs in which a value labelled 1 is above one labelled 0; ties count once."""
    found = ordered(values, labels, np.zeros((1, 2), np.int64))
    ones = np.add.reduceat(found.labels, found.starts)
    zeros = found.sizes - ones
    return float((ones * (2 * np.cumsum(zeros) - zeros)).sum())


def _twice_above_single(
    values: Float[np.ndarray, "value"], labels: Int[np.ndarray, "value"], places: Float[np.ndarray, "value"]
) -> float:
    """The same of float32, as the sum of the places of either label among ties last and among ties first.

    Bits of floats are made whole numbers of the same order, the label their last bit. float16 leaves that bit free.
    """
    bits = (values + np.float32(0)).view(np.int32)  # -0.0 is 0.0
    keys = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    if np.bitwise_or.reduce(bits) & 1:
        keys = keys.astype(np.int64) << 1
    else:
        keys &= np.int32(-2)
    keys |= labels
    keys.sort()
    last = _marked(keys, places)
    keys ^= 1
    keys.sort()
    n_a, n = int(np.count_nonzero(labels)), len(labels)
    first = n * (n + 1) / 2 - _marked(keys, places)
    return float(last + first - n_a * (n_a + 1))


def _marked(keys: Int[np.ndarray, "value"], places: Float[np.ndarray, "value"]) -> float:
    # Not a product of matrices: its threads would wait for each other.
    return float(np.einsum("v,v->", (keys & 1).astype(np.float64), places))


def benjamini_hochberg(p: Float[np.ndarray, "test"]) -> Float[np.ndarray, "test"]:
    """q-values: the smallest false discovery rate at which each test is a discovery. NaN is no member of the family.

    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, np.nan, 0.02])).tolist()
    [0.02, nan, 0.02]

    Reference: Benjamini and Hochberg, Controlling the false discovery rate, 1995: q_(i) = min_{k >= i} m p_(k) / k.
    """
    q = np.full(p.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    steps = p[order] * order.size / np.arange(1, order.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q


def guarded(
    p: Float[np.ndarray, "unit"], n_a: Int[np.ndarray, "unit"], n_b: Int[np.ndarray, "unit"]
) -> Float[np.ndarray, "unit"]:
    """p where both groups have at least 20 finite values, NaN where nothing may be claimed."""
    return np.where(np.minimum(n_a, n_b) >= FEWEST, p, np.nan)


def replicated(
    difference_found: Float[np.ndarray, "unit"],
    q_found: Float[np.ndarray, "unit"],
    difference_held: Float[np.ndarray, "unit"],
    q_held: Float[np.ndarray, "unit"],
) -> Float[np.ndarray, "unit"]:
    """1 where a discovery of one half has the same sign and q < .05 in the held-out half, else 0; NaN if unchecked."""
    same: Bool[np.ndarray, "unit"] = np.sign(difference_found) == np.sign(difference_held)
    held = (q_found < SIGNIFICANT) & (q_held < SIGNIFICANT) & same
    return np.where(np.isnan(q_found) | np.isnan(q_held), np.nan, held.astype(np.float64))
