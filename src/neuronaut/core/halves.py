"""Halves: which samples a claim is found on (0) and which it must hold on again (1)."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import Columns, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.core.filters.text import number_text


def half_of(ids: npt.ArrayLike, groups: npt.ArrayLike | None = None, *, seed: int = 0) -> npt.NDArray[np.uint8]:
    """0 or 1 for each sample: one bit of a hash of its group, or of its own id where it has none.

    Samples of one group (a patient, a video) land in the same half. The bit depends on nothing but the id, so more
    samples never move the earlier ones; 3, 3.0 and "3" are the same id.

    >>> half_of([0, 1, 2, 3, 4, 5]).tolist()
    [0, 0, 1, 0, 1, 1]
    >>> half_of([7, 8], groups=["a", "a"]).tolist()
    [0, 0]

    Raises DataError when there are not as many groups as ids.
    Reference: BLAKE2b, RFC 7693; digest of one byte, key ``half <seed>``, lowest bit.
    """
    own = _bits(ids, seed)
    if groups is None:
        return own[0]
    shared = _bits(groups, seed)
    if len(shared[0]) != len(own[0]):
        raise DataError(f"{len(own[0])} samples but {len(shared[0])} groups; give one group per sample.")
    return np.where(shared[1], own[0], shared[0])


def group_codes(groups: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """A number for each group, so that distinct numbers can be counted; a sample without a group gets one of its own.

    As in ``half_of``, 3, 3.0 and "3" are the same group.

    >>> group_codes(["b", "a", None, "b", None]).tolist()
    [1, 0, 2, 1, 3]
    """
    column = _column(groups)
    if isinstance(column, TextColumn):
        codes, null = column.codes.astype(np.int32), column.null
        known = len(column.values)
    else:
        null = column.null
        distinct, place = np.unique(column.values[~null], return_inverse=True)
        codes, known = np.zeros(len(null), np.int32), len(distinct)
        codes[~null] = place
    codes[null] = known + np.arange(int(null.sum()), dtype=np.int32)
    return codes


def _bits(ids: npt.ArrayLike, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """A bit per row, and which rows are null; each distinct id is hashed once."""
    array = np.asarray(ids)
    if array.ndim == 1 and np.issubdtype(array.dtype, np.integer):
        return _hashed([str(one) for one in array.tolist()], seed), np.zeros(len(array), bool)
    column = _column(ids)
    null = column.null
    if isinstance(column, TextColumn):
        return np.append(_hashed(list(column.values), seed), np.uint8(0))[column.codes], null
    values = column.values.astype(np.float64)
    distinct, place = np.unique(np.where(null, 0.0, values) + 0.0, return_inverse=True)
    return _hashed([number_text(one) for one in distinct.tolist()], seed)[place], null


def _column(ids: npt.ArrayLike) -> Any:
    import pandas as pd

    return Columns.from_frame(pd.DataFrame({"id": pd.Series(ids)}))["id"]


def _hashed(texts: list[str], seed: int) -> npt.NDArray[np.uint8]:
    keyed = hashlib.blake2b(digest_size=1, key=f"half {seed}".encode())

    def digest(text: str) -> bytes:
        own = keyed.copy()  # taking in the key again would cost as much as the text
        own.update(text.encode())
        return own.digest()

    digests = b"".join(map(digest, texts))
    return np.asarray(np.frombuffer(digests, np.uint8) & 1)
