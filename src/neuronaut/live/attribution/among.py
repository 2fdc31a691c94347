"""Among the others: where each unit of a layer stands beside all other units of it, as good as random ones."""

from __future__ import annotations

import numpy as np

from neuronaut.live.interval import Float64


def among_others(effects: Float64) -> dict[str, Float64]:
    """For each unit the same numbers that an ablation has for its random units, the others here being all of the layer.

    ``null_low`` and ``null_high`` (the central 95 % of the others), ``percentile`` and ``null_p``; NaN where the effect
    is not finite or there is no other unit.

    >>> found = among_others(np.array([0.0, 1.0, 2.0, 9.0]))
    >>> found["percentile"].round(1).tolist(), found["null_p"].tolist(), found["null_high"].tolist()
    ([0.0, 33.3, 66.7, 100.0], [0.5, 1.0, 1.0, 0.25], [9.0, 9.0, 9.0, 2.0])

    Reference: as ``null_range``, ``percentile`` and ``null_p`` of ``neuronaut.live.interval``.
    """
    known = np.flatnonzero(np.isfinite(effects))
    found = {name: np.full(len(effects), np.nan) for name in ("null_low", "null_high", "percentile", "null_p")}
    count = len(known)
    if count < 2:
        return found
    values = effects[known]
    ordered = np.sort(values)
    below, upto = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    found["percentile"][known] = 100 * (below + upto - 1) / 2 / (count - 1)
    far = np.abs(values - np.median(values))
    found["null_p"][known] = 1 - np.searchsorted(np.sort(far), far, "left") / count
    for name, share in (("null_low", 0.025), ("null_high", 0.975)):
        found[name][known] = _without(ordered, below, share)
    return found


def _without(ordered: Float64, own: np.ndarray, share: float) -> Float64:
    """A quantile (Weibull's plotting positions) of ``ordered`` without the value at each of the places ``own``."""
    place = float(np.clip(share * len(ordered) - 1, 0, len(ordered) - 2))
    low, high = int(np.floor(place)), int(np.ceil(place))
    below, above = ordered[low + (low >= own)], ordered[high + (high >= own)]
    return np.asarray(below + (place - low) * (above - below))
