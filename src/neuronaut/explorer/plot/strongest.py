"""The strongest weights of a layer's units."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def strongest(weights: Array, k: int) -> tuple[Array, Array, Array]:
    """Source, target and weight of the k largest absolute weights into each target, the weakest first; zeros are none.

    >>> source, target, value = strongest(np.array([[1.0, 0.0], [-3.0, 2.0]]), 1)
    >>> source.tolist(), target.tolist(), value.tolist()
    ([1, 1], [1, 0], [2.0, -3.0])
    """
    k = min(k, len(weights))
    source = np.argsort(-np.abs(weights), axis=0, kind="stable")[:k].T.ravel()
    target = np.repeat(np.arange(weights.shape[1]), k)
    value = weights[source, target]
    rising = np.argsort(np.abs(value), kind="stable")
    rising = rising[value[rising] != 0]
    return source[rising], target[rising], value[rising]
