"""Counts: how many rows the sets of a search share with others; asked again, they are remembered."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.search.bitsets import overlaps, unpack, words_of
from neuronaut.analysis.shapes import Int, Num

MOST_TURNED = 64 << 20
"""Bytes of sets up to which they are also held row by row."""
MOST_KEPT = 64 << 20
"""Bytes of counts that are remembered."""
FEW = 8
"""A target of less than an 8th of the rows is worth putting together anew, without the rows between."""
STRIP = 4096
"""Rows that are turned at a time."""


class Counts:
    """Sets over the same rows. Many targets are asked of them; what does not depend on the target is counted once."""

    def __init__(self, sets: Num[np.ndarray, "set word"]) -> None:
        self.sets = sets
        self._kept: dict[bytes, Int[np.ndarray, "set"]] = {}
        self._turned: Num[np.ndarray, "row octet"] | None = None

    def shared(self, others: Num[np.ndarray, "other word"]) -> Int[np.ndarray, "other set"]:
        """How many rows each set shares with each of the others."""
        keys = [other.tobytes() for other in others]
        new = [place for place, key in enumerate(keys) if key not in self._kept]
        if (len(self._kept) + len(new)) * 8 * len(self.sets) > MOST_KEPT:
            self._kept.clear()
            new = list(range(len(keys)))
        for place, counts in zip(new, overlaps(self.sets, others[new]), strict=True):
            self._kept[keys[place]] = counts
        return np.stack([self._kept[key] for key in keys])

    def within(self, target: Num[np.ndarray, "word"]) -> Within:
        """The same, of the rows of a target only."""
        return Within(self, target)

    def among(self, places: Int[np.ndarray, "place"]) -> Num[np.ndarray, "set word"]:
        """The sets over these rows alone."""
        if self._turned is None:
            self._turned = self._turn()
        bits = np.unpackbits(self._turned[places], axis=1, count=len(self.sets), bitorder="little")
        return _packed(bits.T)

    def _turn(self) -> Num[np.ndarray, "row octet"]:
        octets = self.sets.astype("<u8", copy=False).view(np.uint8)
        turned = np.empty((8 * octets.shape[1], -(-len(octets) // 8)), np.uint8)
        for start in range(0, len(turned), STRIP):
            bits = np.unpackbits(octets[:, start // 8 : (start + STRIP) // 8], axis=1, bitorder="little")
            turned[start : start + STRIP] = np.packbits(np.ascontiguousarray(bits.T), axis=1, bitorder="little")
        return turned


class Within:
    """Counts inside one target: by its few rows, where they are few, else by words."""

    def __init__(self, counts: Counts, target: Num[np.ndarray, "word"]) -> None:
        self._counts, self._target = counts, target
        self._places: Int[np.ndarray, "place"] | None = None
        places = np.flatnonzero(unpack(target, 64 * len(target)))
        if len(places) * FEW < 64 * len(target) and counts.sets.nbytes <= MOST_TURNED:
            self._places, self._sets = places, counts.among(places)

    def shared(self, others: Num[np.ndarray, "other word"]) -> Int[np.ndarray, "other set"]:
        """How many rows of the target each set shares with each of the others."""
        if self._places is None:
            return overlaps(self._counts.sets, others & self._target)
        octets = others.astype("<u8", copy=False).view(np.uint8)
        return overlaps(self._sets, _packed(np.unpackbits(octets, axis=1, bitorder="little")[:, self._places]))


def _packed(bits: Num[np.ndarray, "set place"]) -> Num[np.ndarray, "set word"]:
    octets = np.packbits(np.ascontiguousarray(bits), axis=1, bitorder="little")
    whole = np.zeros((len(bits), 8 * words_of(bits.shape[1])), np.uint8)
    whole[:, : octets.shape[1]] = octets
    return whole.view("<u8").astype(np.uint64, copy=False)
