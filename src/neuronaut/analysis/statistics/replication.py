"""Replication: how a comparison's discoveries fared, all together, on the half they were not made on."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Bool, Float
from neuronaut.analysis.statistics.two_groups import SIGNIFICANT


def replication_rate(
    q_found: Float[np.ndarray, "unit"], replicated: Float[np.ndarray, "unit"]
) -> tuple[float, int, int]:
    """The share of the discoveries of half 0 that half 1 shows again; how many that are, and of how many.

    NaN without any discovery that could be checked.

    >>> import numpy as np
    >>> replication_rate(np.array([0.01, 0.02, 0.9]), np.array([1.0, 0.0, 0.0]))
    (0.5, 1, 2)
    """
    checked = _discovered(q_found) & ~np.isnan(replicated)
    found, again = int(checked.sum()), int((replicated[checked] == 1).sum())
    return (again / found if found else np.nan), again, found


def shrinkage(
    q_found: Float[np.ndarray, "unit"], g_found: Float[np.ndarray, "unit"], g_held: Float[np.ndarray, "unit"]
) -> float:
    """How large the effects of half 0's discoveries are on half 1: the slope, through the origin, of g on g.

    1 means as large as they were found; below 1 they were found too large (the winner's curse), near 0 they were noise.
    NaN without any discovery of a finite effect.

    >>> import numpy as np
    >>> shrinkage(np.array([0.01, 0.02, 0.9]), np.array([1.0, -2.0, 9.0]), np.array([0.5, -1.0, 9.0]))
    0.5
    """
    usable = _discovered(q_found) & np.isfinite(g_found) & np.isfinite(g_held)
    x, y = g_found[usable], g_held[usable]
    return float(x @ y / (x @ x)) if x.size and (x @ x) > 0 else np.nan


def _discovered(q: Float[np.ndarray, "unit"]) -> Bool[np.ndarray, "unit"]:
    return np.asarray(q < SIGNIFICANT)
