"""Tallies: how many recorded values are NaN or infinite, and how many a narrower type could not hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt


class Tally:
    """Counts by array, kept while the recording runs."""

    def __init__(self) -> None:
        self.nonfinite: Counter[str] = Counter()
        self.overflow: Counter[str] = Counter()
        self.warned = False

    def add(self, name: str, values: npt.NDArray[Any]) -> None:
        """Count what is NaN or infinite among ``values``."""
        if values.dtype.kind != "f":
            return
        with np.errstate(all="ignore"):
            # One NaN or infinity makes the sum non-finite; so does an overflow, which the exact count then clears.
            if not np.isfinite(np.add.reduce(values, axis=None, dtype=np.float32 if values.itemsize < 4 else None)):
                self.nonfinite[name] += int(values.size - np.count_nonzero(np.isfinite(values)))

    def narrow(self, name: str, values: npt.NDArray[Any], dtype: np.dtype[Any] | None) -> npt.NDArray[Any]:
        """``values`` in ``dtype`` (None and whole numbers: as they are); finite values that become infinite count."""
        if dtype is None or values.dtype.kind != "f" or values.dtype == dtype:
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            narrowed: npt.NDArray[Any] = values.astype(dtype)
        if dtype.itemsize < values.itemsize:
            infinite = np.isinf(narrowed)
            if infinite.any():
                self.overflow[name] += int(np.count_nonzero(infinite & np.isfinite(values)))
        return narrowed
