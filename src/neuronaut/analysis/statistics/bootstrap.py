"""Bootstrap: an interval of a difference of means that leans on no distribution, for all units at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from neuronaut.analysis.shapes import Bool, Float, Int, Num, Shaped
from neuronaut.analysis.statistics.pieces import common, sums_by

CHUNK_BYTES = 32 << 20
"""Bytes of one chunk of redrawn weights."""
KEPT_BYTES = 256 << 20
"""Bytes of weights that are kept for the next units, rather than drawn again."""


class Redraws:
    """How often each piece is drawn in each resample, the same for every unit; drawn with replacement, seeded.

    >>> [chunk.sum(1).tolist() for chunk in Redraws(3, 2, seed=0).chunks()]
    [[3.0, 3.0]]
    """

    def __init__(self, pieces: int, resamples: int, *, seed: int) -> None:
        self.pieces = pieces
        self.resamples = resamples
        self.seed = seed
        self.height = max(1, min(resamples, CHUNK_BYTES // (8 * max(pieces, 1))))
        self._kept: dict[int, Num[np.ndarray, "resample piece"]] = {}

    def chunks(self) -> Iterator[Float[np.ndarray, "resample piece"]]:
        for start in range(0, self.resamples, self.height):
            counts = self._kept.get(start)
            if counts is None:
                counts = self._drawn(start)
                if self.pieces * self.resamples <= KEPT_BYTES:
                    self._kept[start] = counts
            yield counts.astype(np.float64)

    def _drawn(self, start: int) -> Num[np.ndarray, "resample piece"]:
        height = min(self.height, self.resamples - start)
        random = np.random.default_rng((self.seed, self.pieces, start))
        drawn = random.integers(0, self.pieces, (height, self.pieces))
        drawn += np.arange(height)[:, None] * self.pieces
        counts = np.bincount(drawn.ravel(), minlength=height * self.pieces)
        return counts.astype(np.uint8).reshape(height, self.pieces)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Sums and counts of the finite values of each independent piece; one column of counts where all are finite."""

    sums: Float[np.ndarray, "piece unit"]
    counts: Float[np.ndarray, "piece columns"]

    @property
    def mean(self) -> Float[np.ndarray, "unit"]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.sums.sum(0) / self.counts.sum(0))

    def left_out(self) -> Float[np.ndarray, "piece unit"]:
        """The mean without each piece in turn."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self.sums.sum(0) - self.sums) / (self.counts.sum(0) - self.counts))

    def redrawn(self, weights: Float[np.ndarray, "resample piece"]) -> Float[np.ndarray, "resample unit"]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((weights @ self.sums) / (weights @ self.counts))


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Which resamples are drawn for a comparison; ``groups_a`` and ``groups_b`` number the pieces of the samples.

    Pieces of a and of b are drawn apart, as many as there are of each; when a group has samples in both, the groups of
    both are drawn together.
    """

    redraws: tuple[Redraws, ...]
    codes_a: Int[np.ndarray, "sample_a"]
    codes_b: Int[np.ndarray, "sample_b"]

    @property
    def together(self) -> bool:
        return len(self.redraws) == 1

    @classmethod
    def plan(
        cls,
        a: int,
        b: int,
        groups_a: Int[np.ndarray, "sample_a"] | None,
        groups_b: Int[np.ndarray, "sample_b"] | None,
        *,
        resamples: int,
        seed: int,
    ) -> Bootstrap:
        """Draws for groups of ``a`` and ``b`` samples."""
        if groups_a is None or groups_b is None:
            apart = (Redraws(a, resamples, seed=2 * seed), Redraws(b, resamples, seed=2 * seed + 1))
            return cls(apart, np.arange(a), np.arange(b))
        codes_a, codes_b, count = common(groups_a, groups_b)
        if np.intersect1d(codes_a, codes_b).size:
            return cls((Redraws(count, resamples, seed=2 * seed),), codes_a, codes_b)
        own_a, places_a = np.unique(codes_a, return_inverse=True)
        own_b, places_b = np.unique(codes_b, return_inverse=True)
        sizes = (len(own_a), len(own_b))
        apart = (Redraws(sizes[0], resamples, seed=2 * seed), Redraws(sizes[1], resamples, seed=2 * seed + 1))
        return cls(apart, places_a, places_b)

    def bca(
        self, a: Num[np.ndarray, "sample_a unit"], b: Num[np.ndarray, "sample_b unit"]
    ) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
        """The 95 % BCa interval of the difference of means of each unit.

        NaN for a unit that does not vary, or so few of whose values are finite that a resample held none.

        Reference: Efron, Better bootstrap confidence intervals, JASA 1987; for two samples as in Efron and Tibshirani,
        An Introduction to the Bootstrap, 1993, chapter 14.
        """
        middle = _pivot(a, b)
        counts = [redraws.pieces for redraws in self.redraws]
        first = _pieces(a, middle, self.codes_a, counts[0])
        second = _pieces(b, middle, self.codes_b, counts[-1])
        spread = self._spread(first, second)
        difference = first.mean - second.mean
        return bca_interval(spread, difference, acceleration(self._left_out(first, second)))

    def _spread(self, first: Pieces, second: Pieces) -> Float[np.ndarray, "resample unit"]:
        if self.together:
            parts = [first.redrawn(weights) - second.redrawn(weights) for weights in self.redraws[0].chunks()]
            return np.concatenate(parts)
        sides = [
            np.concatenate([pieces.redrawn(weights) for weights in redraws.chunks()])
            for pieces, redraws in zip((first, second), self.redraws, strict=True)
        ]
        return np.asarray(sides[0] - sides[1])

    def _left_out(self, first: Pieces, second: Pieces) -> list[Float[np.ndarray, "_ unit"]]:
        if self.together:
            return [first.left_out() - second.left_out()]
        return [first.left_out() - second.mean, first.mean - second.left_out()]


def acceleration(left_out: list[Float[np.ndarray, "_ unit"]]) -> Float[np.ndarray, "unit"]:
    """How fast the spread of the estimate changes with its value, from the estimates without one piece of each sample.

    Reference: Efron and Tibshirani 1993, equation 14.15, summed over the samples.
    """
    above = np.zeros(left_out[0].shape[1])
    below = np.zeros_like(above)
    for estimates in left_out:
        n = len(estimates)
        with np.errstate(invalid="ignore"):
            influence = (n - 1) * (estimates.mean(0) - estimates)
            above += (influence**3).sum(0) / n**3
            below += (influence**2).sum(0) / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / (6 * below**1.5))


def bca_interval(
    spread: Float[np.ndarray, "resample unit"], seen: Float[np.ndarray, "unit"], acceleration: Float[np.ndarray, "unit"]
) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """The bias-corrected, accelerated 95 % interval from the estimates of all resamples."""
    ordered = np.sort(spread, axis=0)
    shift = special.ndtri(((spread < seen).mean(0) + (spread <= seen).mean(0)) / 2)
    ends = []
    for tail in special.ndtri([0.025, 0.975]):
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = shift + tail
            ends.append(_quantile(ordered, special.ndtr(shift + moved / (1 - acceleration * moved))))
    return ends[0], ends[1]


def _quantile(
    ordered: Float[np.ndarray, "resample unit"], share: Float[np.ndarray, "unit"]
) -> Float[np.ndarray, "unit"]:
    """Another quantile of each column, linear between neighbours; NaN where the share or a value is."""
    known = np.isfinite(share) & np.isfinite(ordered).all(0)
    place = np.where(known, share, 0.0) * (len(ordered) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(ordered) - 1)
    units = np.arange(ordered.shape[1])
    below, above = ordered[low, units], ordered[high, units]
    with np.errstate(invalid="ignore"):
        return np.where(known, below + (above - below) * (place - low), np.nan)


def _pivot(a: Num[np.ndarray, "sample_a unit"], b: Num[np.ndarray, "sample_b unit"]) -> Float[np.ndarray, "unit"]:
    """One finite value of each unit, so that a large offset costs no digits; 0 where there is none."""
    both = np.concatenate([a[:1], b[:1]]).astype(np.float64)
    return np.asarray(np.where(np.isfinite(both), both, 0.0).mean(0))


def _pieces(
    values: Num[np.ndarray, "sample unit"],
    middle: Float[np.ndarray, "unit"],
    codes: Int[np.ndarray, "sample"],
    count: int,
) -> Pieces:
    finite: Bool[np.ndarray, "sample unit"] = np.isfinite(values)
    centred: Shaped[np.ndarray, "sample unit"] = np.where(finite, values - middle, 0.0)
    counted = np.ones((len(values), 1), bool) if finite.all() else finite
    return Pieces(sums_by(codes, count, centred), sums_by(codes, count, counted))
