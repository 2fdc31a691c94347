"""Permutation: the same shuffles of the labels for every unit, so that the largest effect of each is a null for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num

CHUNK_BYTES = 32 << 20
"""Bytes of one chunk of shuffled labels."""
KEPT_BYTES = 256 << 20
"""Bytes of shuffled labels that are kept for the next units, rather than drawn again."""
TOLERANCE = 1e-9
"""Two statistics this close, relatively, are equal: sums in another order differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Shuffles:
    """Labels (true: in a) and their shuffles, seeded.

    Without groups all labels are exchanged. With groups, labels that differ within groups are exchanged within each
    group only; where every group lies in one of a and b whole, the groups' labels are exchanged.

    Reference: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, section 3.1.
    """

    labels: Bool[np.ndarray, "sample"]
    groups: Int[np.ndarray, "sample"] | None
    resamples: int
    seed: int

    def chunks(self) -> Iterator[Bool[np.ndarray, "shuffle sample"]]:
        """All shuffles, in chunks that fit in memory."""
        height = max(1, CHUNK_BYTES // (8 * max(len(self.labels), 1)))
        for start in range(0, self.resamples, height):
            random = np.random.default_rng((self.seed, start))
            yield self._shuffled(random, min(height, self.resamples - start))

    def _shuffled(self, random: np.random.Generator, count: int) -> Bool[np.ndarray, "shuffle sample"]:
        if self.groups is None:
            return random.permuted(np.tile(self.labels, (count, 1)), axis=1)
        _, first, codes = np.unique(self.groups, return_index=True, return_inverse=True)
        whole = self.labels[first]
        if np.array_equal(whole[codes], self.labels):
            shuffled = random.permuted(np.tile(whole, (count, 1)), axis=1)
            return np.asarray(shuffled[:, codes])
        order = np.argsort(codes, kind="stable")
        within = np.argsort(codes[order] + random.random((count, len(codes))), axis=1)
        exchanged = np.empty((count, len(codes)), bool)
        exchanged[:, order] = self.labels[order][within]
        return exchanged


class MaxT:
    """Counts of shuffles that reach what was seen, unit by unit and by the largest of all units.

    Feed it blocks of units; then ``p`` is Phipson and Smyth's (1 + #) / (B + 1) of each unit, and ``adjusted`` that of
    the largest |t| of any unit in the shuffle: below .05 with a chance of 5 % at most when no unit differs at all.

    Reference: Phipson and Smyth, Permutation p-values should never be zero, 2010; Westfall and Young,
    Resampling-Based Multiple Testing, 1993 (single step max-T). The statistic is Welch's |t|, which keeps its level
    under unequal spreads (Janssen, Studentized permutation tests, 1997).
    """

    def __init__(self, shuffles: Shuffles) -> None:
        self.shuffles = shuffles
        self.largest = np.zeros(shuffles.resamples)
        self._packed: list[Num[np.ndarray, "shuffle octet"]] = []
        self._seen: list[Float[np.ndarray, "unit"]] = []
        self._reached: list[Int[np.ndarray, "unit"]] = []

    def add(self, columns: Num[np.ndarray, "sample unit"], claimable: Bool[np.ndarray, "unit"]) -> None:
        """The next units; only claimable ones are members of the family."""
        sums = _Labelled(columns)
        seen = sums.t(self.shuffles.labels[None])[0]
        reached = np.zeros(columns.shape[1], np.int64)
        start = 0
        for labels in self._chunks():
            t = sums.t(labels)
            reached += (t >= seen * (1 - TOLERANCE)).sum(0)
            highest = np.where(claimable & ~np.isnan(seen), np.nan_to_num(t, nan=0.0, posinf=np.inf), 0.0).max(1)
            place = slice(start, start + len(labels))
            self.largest[place] = np.maximum(self.largest[place], highest)
            start += len(labels)
        self._seen.append(np.where(claimable, seen, np.nan))
        self._reached.append(reached)

    def _chunks(self) -> Iterator[Bool[np.ndarray, "shuffle sample"]]:
        """All shuffles; drawn once and kept as bits, where that fits in memory."""
        samples = len(self.shuffles.labels)
        if self._packed:
            for packed in self._packed:
                yield np.unpackbits(packed, axis=1, count=samples).view(bool)
            return
        fits = self.shuffles.resamples * samples // 8 <= KEPT_BYTES
        kept = []
        for labels in self.shuffles.chunks():
            if fits:
                kept.append(np.packbits(labels, axis=1))
            yield labels
        self._packed = kept

    @property
    def p(self) -> Float[np.ndarray, "unit"]:
        seen, reached = np.concatenate(self._seen), np.concatenate(self._reached)
        return np.where(np.isnan(seen), np.nan, (1 + reached) / (self.shuffles.resamples + 1))

    @property
    def adjusted(self) -> Float[np.ndarray, "unit"]:
        seen = np.concatenate(self._seen)
        ordered = np.sort(self.largest)
        reached = len(ordered) - np.searchsorted(ordered, np.nan_to_num(seen) * (1 - TOLERANCE), "left")
        return np.where(np.isnan(seen), np.nan, (1 + reached) / (self.shuffles.resamples + 1))


class _Labelled:
    """Welch's |t| of many labellings of the same values, from products of matrices."""

    def __init__(self, columns: Num[np.ndarray, "sample unit"]) -> None:
        finite = np.isfinite(columns)
        clean = np.where(finite, columns, 0.0).astype(np.float64)
        n = np.maximum(finite.sum(0), 1)
        with np.errstate(invalid="ignore"):
            centred = np.where(finite, clean - clean.sum(0) / n, 0.0)
        spread = np.sqrt((centred**2).sum(0) / n)
        constant = np.where(finite, columns, -np.inf).max(0) == np.where(finite, columns, np.inf).min(0)
        self.constant = constant | (spread == 0)
        self.values = np.where(self.constant, 0.0, centred / np.where(spread == 0, 1.0, spread))
        self.squares = self.values**2
        self.finite = None if finite.all() else finite.astype(np.float64)
        self.n = finite.sum(0).astype(np.float64)

    def t(self, labels: Bool[np.ndarray, "shuffle sample"]) -> Float[np.ndarray, "shuffle unit"]:
        chosen = labels.astype(np.float64)
        n_a = chosen.sum(1)[:, None] if self.finite is None else chosen @ self.finite
        in_a, squares_a = chosen @ self.values, chosen @ self.squares
        n_b = self.n - n_a
        in_b, squares_b = self.values.sum(0) - in_a, self.squares.sum(0) - squares_a
        with np.errstate(divide="ignore", invalid="ignore"):
            error = _error(in_a, squares_a, n_a) + _error(in_b, squares_b, n_b)
            t = np.abs(in_a / n_a - in_b / n_b) / np.sqrt(error)
        return np.where(self.constant | (np.minimum(n_a, n_b) < 2), np.nan, t)


def _error(
    total: Float[np.ndarray, "shuffle unit"],
    squares: Float[np.ndarray, "shuffle unit"],
    n: Float[np.ndarray, "shuffle columns"],
) -> Float[np.ndarray, "shuffle unit"]:
    """The variance of a mean; sums of squares below rounding count as none."""
    within = squares - total**2 / n
    return np.asarray(np.where(within > 1e-12 * squares, within, 0.0) / (n - 1) / n)
