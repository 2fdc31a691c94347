"""The strongest few numbers of each row of a matrix that comes in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class Strongest:
    """The ``k`` entries of largest size in each row, strongest first; equal ones by column. NaN counts as weakest.

    ``index`` and ``value`` are [row k], complete once at least ``k`` columns were seen.
    """

    def __init__(self, rows: int, k: int) -> None:
        self.index = np.full((rows, k), np.iinfo(np.int32).max, np.int32)
        self.value = np.full((rows, k), np.nan, np.float32)

    def see(self, block: npt.NDArray[Any], rows: range, columns: Sequence[int]) -> None:
        """Take in ``block``, which stands at ``rows`` and ``columns`` of the matrix.

        >>> best = Strongest(1, 2)
        >>> best.see(np.array([[1.0, -5.0, 3.0]]), range(1), [7, 8, 9])
        >>> best.index.tolist(), best.value.tolist()
        ([[8, 9]], [[-5.0, 3.0]])
        """
        here = slice(rows.start, rows.stop)
        k = self.value.shape[1]
        names = np.broadcast_to(np.asarray(columns, np.int32), block.shape)
        index = np.concatenate([self.index[here], names], 1)
        value = np.concatenate([self.value[here], block.astype(np.float32)], 1)
        size = np.nan_to_num(np.abs(value), nan=-1, posinf=np.inf)
        order = np.lexsort((index, -size), axis=1)[:, :k]
        self.index[here] = np.take_along_axis(index, order, 1)
        self.value[here] = np.take_along_axis(value, order, 1)
