"""Separators: which units tell two groups of samples apart, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.compare import compare
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Float
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording


@analysis(version=1, kept=False)
def separators(
    rec: Recording,
    a: Where,
    b: Where = None,
    k: int = 10,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
) -> Result:
    """The k units that tell two groups of samples apart best: what ``compare`` says of them, in that order.

    Units whose difference was found on half 0 and replicated on half 1 come first, then those that could not be
    checked, then those that did not; among equals the larger effect on half 0, so that half 1 (``g_half1``) has no say
    in the order and its effect is not flattered by the choice. The axis ``unit`` has the order.

    Raises FilterError when a group cannot be read, DataError for k below 1.
    """
    if k < 1:
        raise DataError(f"asked for {k} units. Ask for at least 1.")
    whole = compare(rec, a, b, layers=layers, site=site, reduction=reduction)
    order = _order(whole["replicated"], whole["g_half0"], whole["hedges_g"])[:k]
    values = {name: array[order] if whole.dims[name] else array for name, array in whole.values.items()}
    coords = {axis: [labels[place] for place in order] for axis, labels in whole.coords.items()}
    return Result("separators", values, whole.dims, coords, n=whole.n, notes=whole.notes)


def _order(
    replicated: Float[np.ndarray, "unit"], found: Float[np.ndarray, "unit"], g: Float[np.ndarray, "unit"]
) -> list[int]:
    """Places, best first; units without any effect (NaN) come last."""
    standing = np.where(replicated == 1, 0, np.where(np.isnan(replicated), 1, 2))
    strength = np.where(np.isnan(found), np.abs(g), np.abs(found))
    absent = np.isnan(strength)
    order: list[int] = np.lexsort((np.where(absent, 0.0, -strength), np.where(absent, 3, standing))).tolist()
    return order
