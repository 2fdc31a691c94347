"""Clustered samples: by how much groups widen an AUROC's spread, and the information that shuffled groups give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neuronaut.analysis.measures.entropy import AT_ONCE, EDGES, information
from neuronaut.analysis.measures.ordered import ordered
from neuronaut.analysis.shapes import Bool, Float, Int, Num

PARTS = 3
"""All samples, and either half of them."""
MOST_HELD = 64 << 20
"""Bytes of shuffled groups that are held for all units, class by class."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Samples in groups: ``groups`` are numbered from 0, ``labels`` are twice the class plus the half.

    ``shuffled`` are shuffles of the classes: of the groups where each group lies in one class whole (``whole``), else
    of the samples, exchanged within each group only.

    Reference: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, section 3.1.
    """

    groups: Int[np.ndarray, "sample"]
    labels: Int[np.ndarray, "sample"]
    classes: int
    count: int
    whole: bool
    shuffled: Int[np.ndarray, "shuffle place"]

    @classmethod
    def of(
        cls,
        groups: Int[np.ndarray, "sample"],
        labels: Int[np.ndarray, "sample"],
        classes: int,
        shuffles: int,
        seed: int,
    ) -> Clusters:
        """The groups of labelled samples, and so many seeded shuffles."""
        _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
        codes = codes.reshape(-1)
        names = (labels >> 1).astype(np.int16)
        own = names[first]
        whole = bool((own[codes] == names).all())
        random = np.random.default_rng(seed)
        found = np.empty((shuffles, len(own) if whole else len(names)), np.int16)
        order = np.argsort(codes, kind="stable")
        for number in range(shuffles):
            if whole:
                found[number] = random.permutation(own)
            else:
                within = np.lexsort((random.random(len(codes)), codes))
                found[number, order] = names[within]
        return cls(codes, labels, classes, len(own), whole, found)

    def inflation(
        self, rank: Float[np.ndarray, "value"], inside: Bool[np.ndarray, "sample"]
    ) -> Float[np.ndarray, "class part"]:
        """By how much groups multiply the variance of each class's AUROC, when no class differs.

        Then an AUROC is the difference of mean ranks, so that its variance is that of sums of ranks about their class's
        mean, weighted by 1 / n of the class, or -1 / n of the others: summed by group and squared, over the same with
        every sample a group. 1 with groups of one sample. ``inside`` are the samples that have a rank.

        Reference: the sums by cluster of Obuchowski, Nonparametric analysis of clustered ROC curve data, 1997, with
        ranks for placement values; the ratio as in Rao and Scott, A simple method for the analysis of clustered binary
        data, 1992.
        """
        cells, labels, counts = self._cells, self.labels, self._counts
        if not inside.all():
            cells, labels = cells[inside], labels[inside]
            counts = self._counted(cells)
        found = np.ones((self.classes, PARTS))
        if not len(rank):
            return found
        rank = rank - rank.mean()
        sums = np.bincount(cells, rank, counts.size).reshape(counts.shape)
        squares = np.bincount(labels, rank**2, 2 * self.classes).reshape(self.classes, 2)
        found[:, 0] = _inflation(sums.sum(2), squares.sum(1), counts.sum(2))
        for half in (0, 1):
            found[:, 1 + half] = _inflation(sums[:, :, half], squares[:, half], counts[:, :, half])
        return found

    @cached_property
    def _cells(self) -> Int[np.ndarray, "sample"]:
        """Group, class and half of each sample as one number."""
        return np.asarray(self.groups.astype(np.int64) * (2 * self.classes) + self.labels)

    @cached_property
    def _counts(self) -> Int[np.ndarray, "group class half"]:
        return self._counted(self._cells)

    def _counted(self, cells: Int[np.ndarray, "value"]) -> Int[np.ndarray, "group class half"]:
        size = self.count * self.classes * 2
        return np.bincount(cells, minlength=size).reshape(self.count, self.classes, 2)

    def against_chance(
        self, bins: Int[np.ndarray, "value"], inside: Bool[np.ndarray, "sample"]
    ) -> tuple[float, float, float]:
        """The information of a unit's bins on the class, its mean under the shuffles, and the p-value."""
        own = np.bincount(bins * self.classes + (self.labels[inside] >> 1), minlength=(EDGES - 1) * self.classes)
        observed = float(information(own.reshape(EDGES - 1, self.classes)))
        if not len(self.shuffled):
            return observed, np.nan, np.nan
        found = np.concatenate([information(tables) for tables in self._tables(bins, inside)])
        reached = int((found >= observed - 1e-12).sum())
        return observed, float(found.mean()), (1 + reached) / (1 + len(found))

    def _tables(
        self, bins: Int[np.ndarray, "value"], inside: Bool[np.ndarray, "sample"]
    ) -> Iterator[Num[np.ndarray, "shuffle bin class"]]:
        """Samples in each bin and class, for some shuffles at a time."""
        if self.whole:
            yield from self._of_groups(bins, inside)
            return
        cells = (EDGES - 1) * self.classes
        # Narrow numbers: adding them is most of the work.
        places = (bins * self.classes).astype(np.int16 if cells < 1 << 15 else np.int32)
        whole = bool(inside.all())
        for start in range(0, len(self.shuffled), AT_ONCE):
            rows = self.shuffled[start : start + AT_ONCE]
            counts = [np.bincount(places + (row if whole else row[inside]), minlength=cells) for row in rows]
            yield np.stack(counts).reshape(len(rows), EDGES - 1, self.classes)

    def _of_groups(
        self, bins: Int[np.ndarray, "value"], inside: Bool[np.ndarray, "sample"]
    ) -> Iterator[Num[np.ndarray, "shuffle bin class"]]:
        groups = self.groups if inside.all() else self.groups[inside]
        by_group = np.bincount(bins * self.count + groups, minlength=(EDGES - 1) * self.count)
        by_group = by_group.reshape(EDGES - 1, self.count).astype(self._exact)
        for shuffles in self._kept or self._one_by_one():
            # One small product for each shuffle: a large one is worked on by threads that wait for each other.
            yield (by_group @ shuffles).astype(np.float64)

    @property
    def _exact(self) -> type[np.floating[Any]]:
        """The narrower type in which sums of so many samples are exact."""
        return np.float32 if len(self.groups) < 1 << 24 else np.float64

    @cached_property
    def _kept(self) -> list[Num[np.ndarray, "shuffle group class"]]:
        """What ``_one_by_one`` gives, where it is small enough to be held for all units."""
        return list(self._one_by_one()) if 8 * self.shuffled.size * self.classes <= MOST_HELD else []

    def _one_by_one(self) -> Iterator[Num[np.ndarray, "shuffle group class"]]:
        """For some shuffles at a time: 1 where a group has the class."""
        names = np.arange(self.classes, dtype=np.int16)
        for start in range(0, len(self.shuffled), AT_ONCE):
            rows = self.shuffled[start : start + AT_ONCE]
            yield (rows[:, :, None] == names).astype(self._exact)


def _inflation(
    sums: Float[np.ndarray, "group class"],
    squares: Float[np.ndarray, "class"],
    counts: Int[np.ndarray, "group class"],
) -> Float[np.ndarray, "class"]:
    """From sums of ranks by group and class, of their squares by class, and how many there are."""
    n, present = counts.sum(0), int(np.count_nonzero(counts.sum(1)))
    whole = int(n.sum())
    if not whole:
        return np.ones(len(n))
    middle = sums.sum() / whole
    squares = squares - 2 * middle * sums.sum(0) + n * middle**2
    sums = sums - counts * middle
    total, others = sums.sum(0), whole - n
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, rest = total / n, (total.sum() - total) / others
        in_class = sums - counts * mean
        outside = sums.sum(1, keepdims=True) - sums - (counts.sum(1, keepdims=True) - counts) * rest
        by_group = ((in_class / n - outside / others) ** 2).sum(0) * present / (present - 2)
        single = (squares - n * mean**2) / n**2 + (squares.sum() - squares - others * rest**2) / others**2
        ratio = by_group / (single * whole / (whole - 2))
    return np.asarray(np.where(np.isfinite(ratio) & (ratio >= 0), np.maximum(ratio, 1e-6), 1.0))


def ranks_and_bins(
    values: Num[np.ndarray, "value"], edges: Int[np.ndarray, "edge"]
) -> tuple[Float[np.ndarray, "value"], Int[np.ndarray, "value"]]:
    """The mid-rank and the bin of each value; ``edges`` are where bins begin among the sorted values.

    >>> rank, bins = ranks_and_bins(np.array([5.0, 1.0, 5.0]), np.array([0, 1, 3]))
    >>> rank.tolist(), bins.tolist()
    ([2.5, 1.0, 2.5], [1, 0, 1])
    """
    places = np.arange(len(values), dtype=np.int32)
    unit = ordered(values, places, np.zeros((0, 2), np.int64))
    rank, bins = np.empty(len(values)), np.empty(len(values), np.int64)
    rank[unit.labels] = np.repeat(unit.starts + (unit.sizes + 1) / 2, unit.sizes)
    bins[unit.labels] = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    return rank, bins
