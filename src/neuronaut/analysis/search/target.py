"""Target: the samples at a unit's top, on the half where slices are searched and on the half where they are checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.search.atoms import Atoms
from neuronaut.analysis.search.bitsets import pack
from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.pieces import counted
from neuronaut.analysis.statistics.two_groups import FEWEST


@dataclass(frozen=True, slots=True)
class Part:
    """One half of the samples: a unit's values, which of them are at its top, and which are known at all."""

    values: Float[np.ndarray, "row"]
    top: Bool[np.ndarray, "row"]
    known: Bool[np.ndarray, "row"]
    groups: Int[np.ndarray, "row"] | None

    @property
    def top_bits(self) -> Num[np.ndarray, "word"]:
        return pack(self.top)

    @property
    def known_bits(self) -> Num[np.ndarray, "word"]:
        return pack(self.known)

    @property
    def fewest(self) -> int:
        """Independent samples (or groups of them) at the top or below it, whichever are fewer."""
        return min(counted(rows, self.groups) for rows in (self.top, self.known & ~self.top))


@dataclass(frozen=True, slots=True)
class Target:
    """What slices are to tell: which samples of either half are at the top, from ``threshold`` (of each half) on."""

    found: Part
    held: Part
    thresholds: tuple[float, float]

    @property
    def share(self) -> float:
        """Of the samples of the half that is searched, at the top."""
        return int(self.found.top.sum()) / int(self.found.known.sum())


def target_of(
    values: Float[np.ndarray, "sample"], atoms: Atoms, top: float, groups: Int[np.ndarray, "sample"] | None
) -> Target | str:
    """The samples at or above the ``1 - top`` quantile of half 0; in words, why there are none to be told.

    Half 1 has the same share of its own samples at its top, so that scores on either half can be compared.
    """
    halves = values[atoms.rows[0]], values[atoms.rows[1]]
    known = np.isfinite(halves[0]), np.isfinite(halves[1])
    finite = halves[0][known[0]], halves[1][known[1]]
    if min(part.size for part in finite) < 2 * FEWEST:
        return f"fewer than {2 * FEWEST} finite values on one half of the samples: nothing can be found and checked."
    for part, word in zip(finite, ("searched", "checked on"), strict=True):
        if part.min() == part.max():
            return f"it has the same value for every sample of the half that is {word}: there is no top."
    first = threshold_of(finite[0], top)
    second = threshold_of(finite[1], float((finite[0] >= first).mean()))
    parts = [
        Part(part, (part >= bound) & own, own, None if groups is None else groups[rows])
        for part, bound, own, rows in zip(halves, (first, second), known, atoms.rows, strict=True)
    ]
    return Target(parts[0], parts[1], (first, second))


def threshold_of(values: Float[np.ndarray, "row"], top: float) -> float:
    """The lowest value of the top.

    Where ties at the quantile would more than double the top (a unit that is mostly 0), it begins above them.

    >>> import numpy as np
    >>> threshold_of(np.arange(100.0), 0.05), threshold_of(np.array([0.0] * 97 + [2.0, 1.0, 3.0]), 0.05)
    (95.0, 1.0)
    """
    place = len(values) - max(1, round(top * len(values)))
    bound = float(np.partition(values, place)[place])
    if (values >= bound).mean() > 2 * top and bound < values.max():
        return float(values[values > bound].min())
    return bound
