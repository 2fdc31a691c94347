"""Percentile: where a value stands among others."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Float


def among(values: Float[np.ndarray, "value"], others: Float[np.ndarray, "other"]) -> Float[np.ndarray, "value"]:
    """The share, in %, of the others that are below each value, equal ones counted half; NaN is left out.

    >>> import numpy as np
    >>> among(np.array([2.0, np.nan, 9.0]), np.array([1.0, 2.0, 3.0, np.nan])).tolist()
    [50.0, nan, 100.0]
    """
    ordered = np.sort(others[~np.isnan(others)])
    if not ordered.size:
        return np.full(len(values), np.nan)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.where(np.isnan(values), np.nan, 50.0 * below / ordered.size)
