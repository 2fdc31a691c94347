"""Agreement: how well attributions rank units as the true changes of the answer do, against shuffled pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neuronaut.live.interval import Float64

SHUFFLES = 9_999
FEWEST_RANKED = 4
"""Units below which even the best order comes up by chance once in six times or more."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The rank correlation over ``count`` units, how often shuffled pairs reach its size, and why it is NaN."""

    correlation: float
    p: float
    count: int
    why: str = ""


def agreement(estimated: Float64, true: Float64, seed: int = 0) -> Agreement:
    """Spearman's correlation over the units where both are finite, with the p of shuffled pairs.

    >>> found = agreement(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 3.0, 9.0, 11.0, 12.0]))
    >>> round(found.correlation, 3), found.p < 0.05, found.count
    (1.0, True, 5)

    Reference: Phipson and Smyth, Permutation p-values should never be zero, 2010.
    """
    both = np.isfinite(estimated) & np.isfinite(true)
    count = int(both.sum())
    if count < FEWEST_RANKED:
        return Agreement(np.nan, np.nan, count, f"{count} units are too few to rank")
    one, other = stats.rankdata(estimated[both]), stats.rankdata(true[both])
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return Agreement(np.nan, np.nan, count, "all of them are alike")
    one, other = (ranks - ranks.mean() for ranks in (one, other))
    scale = np.sqrt((one @ one) * (other @ other))
    own = float(one @ other / scale)
    shuffled = np.random.default_rng(seed).permuted(np.tile(one, (SHUFFLES, 1)), axis=1) @ other / scale
    reached = int((np.abs(shuffled) >= abs(own) - 1e-12).sum())
    return Agreement(own, (1 + reached) / (SHUFFLES + 1), count)
