"""Clustered samples: by how much groups widen an AUROC's spread, and the information that shuffled groups give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.entropy import AT_ONCE, EDGES, information
from neuronaut.analysis.shapes import Bool, Float, Int, Num

PARTS = 3
"""All samples, and either half of them."""


@dataclass(frozen=True, slots=True, eq=False)
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
        groups, labels = self.groups[inside], self.labels[inside]
        halves = labels & 1
        found = np.ones((self.classes, PARTS))
        for part, chosen in enumerate((halves >= 0, halves == 0, halves == 1)):
            found[:, part] = self._inflation(rank[chosen], groups[chosen], labels[chosen] >> 1)
        return found

    def _inflation(
        self, rank: Float[np.ndarray, "value"], groups: Int[np.ndarray, "value"], codes: Int[np.ndarray, "value"]
    ) -> Float[np.ndarray, "class"]:
        if not len(rank):
            return np.ones(self.classes)
        size = self.count * self.classes
        cell = groups * self.classes + codes
        rank = rank - rank.mean()
        sums = np.bincount(cell, rank, size).reshape(self.count, self.classes)
        counts = np.bincount(cell, minlength=size).reshape(self.count, self.classes)
        n, total, squares = counts.sum(0), sums.sum(0), np.bincount(codes, rank**2, self.classes)
        others = len(rank) - n
        present = int(np.count_nonzero(counts.sum(1)))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, rest = total / n, (total.sum() - total) / others
            in_class = sums - counts * mean
            outside = sums.sum(1, keepdims=True) - sums - (counts.sum(1, keepdims=True) - counts) * rest
            by_group = ((in_class / n - outside / others) ** 2).sum(0) * present / (present - 2)
            single = (squares - n * mean**2) / n**2 + (squares.sum() - squares - others * rest**2) / others**2
            ratio = by_group / (single * len(rank) / (len(rank) - 2))
        return np.asarray(np.where(np.isfinite(ratio) & (ratio >= 0), np.maximum(ratio, 1e-6), 1.0))

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
        by_group = np.bincount(bins * self.count + self.groups[inside], minlength=(EDGES - 1) * self.count).reshape(
            EDGES - 1, self.count
        )
        names = np.arange(self.classes, dtype=np.int16)
        for start in range(0, len(self.shuffled), AT_ONCE):
            rows = self.shuffled[start : start + AT_ONCE]
            if self.whole:
                yield by_group.astype(np.float64) @ (rows[:, :, None] == names).astype(np.float64)
                continue
            cells = (EDGES - 1) * self.classes
            places = np.arange(len(rows))[:, None] * cells + bins * self.classes + rows[:, inside]
            yield np.bincount(places.ravel(), minlength=len(rows) * cells).reshape(len(rows), EDGES - 1, self.classes)


def ranks_and_bins(
    values: Num[np.ndarray, "value"], edges: Int[np.ndarray, "edge"]
) -> tuple[Float[np.ndarray, "value"], Int[np.ndarray, "value"]]:
    """The mid-rank and the bin of each value; ``edges`` are where bins begin among the sorted values.

    >>> rank, bins = ranks_and_bins(np.array([5.0, 1.0, 5.0]), np.array([0, 1, 3]))
    >>> rank.tolist(), bins.tolist()
    ([2.5, 1.0, 2.5], [1, 0, 1])
    """
    level = np.sort(values)
    low, high = np.searchsorted(level, values, "left"), np.searchsorted(level, values, "right")
    return (low + high + 1) / 2, np.searchsorted(edges, low, "right") - 1
