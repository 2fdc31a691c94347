"""Bit sets: which rows are in a set, 64 to a word, so that sizes of intersections are a few instructions a word."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Bool, Int, Num

BLOCK_WORDS = 1 << 16
"""Words worked on at a time; they stay in the cache."""


def pack(mask: Bool[np.ndarray, "row"]) -> Num[np.ndarray, "word"]:
    """The rows of a mask as words; the last word is filled up with rows that are in no set.

    >>> import numpy as np
    >>> pack(np.array([True, False, True])).tolist()
    [5]
    """
    words = np.zeros(words_of(len(mask)) * 8, np.uint8)
    packed = np.packbits(mask, bitorder="little")
    words[: len(packed)] = packed
    return words.view("<u8").astype(np.uint64, copy=False)


def words_of(rows: int) -> int:
    """Words that hold so many rows."""
    return -(-rows // 64)


def unpack(words: Num[np.ndarray, "word"], rows: int) -> Bool[np.ndarray, "row"]:
    """The mask that was packed."""
    octets = words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, count=rows, bitorder="little").view(bool)


def size(words: Num[np.ndarray, "word"]) -> int:
    """How many rows are in the set."""
    return int(np.bitwise_count(words).sum(dtype=np.int64))


def overlaps(sets: Num[np.ndarray, "set word"], others: Num[np.ndarray, "other word"]) -> Int[np.ndarray, "other set"]:
    """How many rows each set shares with each of the others.

    >>> import numpy as np
    >>> overlaps(np.array([[5], [7]], np.uint64), np.array([[4]], np.uint64)).tolist()
    [[1, 1]]
    """
    counts = np.empty((len(others), len(sets)), np.int64)
    height = max(1, BLOCK_WORDS // max(sets.shape[1], 1))
    shared = np.empty((height, sets.shape[1]), np.uint64)
    ones = np.empty((height, sets.shape[1]), np.uint8)
    for start in range(0, len(sets), height):
        block = sets[start : start + height]
        both, bits = shared[: len(block)], ones[: len(block)]
        for place, other in enumerate(others):
            np.bitwise_and(block, other, out=both)
            np.bitwise_count(both, out=bits)
            counts[place, start : start + len(block)] = bits.sum(1, dtype=np.uint32)
    return counts
