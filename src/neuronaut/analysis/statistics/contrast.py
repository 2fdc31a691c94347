"""Contrast: what each unit tells, by itself, about two groups of samples; pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.cells import centres
from neuronaut.analysis.statistics.moments import Centre, moments, transposed
from neuronaut.analysis.statistics.pieces import uncertainty
from neuronaut.analysis.statistics.two_groups import (
    Uncertainty,
    auroc_of,
    benjamini_hochberg,
    guarded,
    hedges_g,
    independent,
    replicated,
    t_interval,
    t_test,
)

Table = dict[str, Any]
"""Arrays of one number for each unit, by name."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Two groups of samples, the half (0 or 1) that each sample is in, and the pieces that samples come in, if any."""

    a: Bool[np.ndarray, "sample"]
    b: Bool[np.ndarray, "sample"]
    half: Num[np.ndarray, "sample"]
    groups: Int[np.ndarray, "sample"] | None = None

    @property
    def either(self) -> Bool[np.ndarray, "sample"]:
        return np.asarray(self.a | self.b, bool)

    @property
    def ordered(self) -> Int[np.ndarray, "sample_chosen"]:
        """The samples of either group, so that those of a group lie side by side in each half."""
        rows = np.flatnonzero(self.either)
        place = 3 * (self.half[rows] == 1) + self.b[rows] + (self.b & ~self.a)[rows]
        return np.asarray(rows[np.argsort(place, kind="stable")])

    def within(self, rows: Bool[np.ndarray, "sample"] | Int[np.ndarray, "sample_chosen"]) -> Halves:
        return Halves(self.a[rows], self.b[rows], self.half[rows], self.groups_of(rows))

    def groups_of(
        self, rows: Bool[np.ndarray, "sample"] | Int[np.ndarray, "sample_chosen"]
    ) -> Int[np.ndarray, "sample_chosen"] | None:
        return None if self.groups is None else self.groups[rows]


def contrast(columns: Num[np.ndarray, "sample unit"], halves: Halves) -> Table:
    """What each unit tells by itself about two groups, on all samples and on either half."""
    halved = halves.half == 0, halves.half == 1
    *found_in, of_all = centres(columns, [[group & rows for group in (halves.a, halves.b)] for rows in halved])
    whole = _Pair.of(columns, halves, halves.either, of_all)
    difference, known = whole.difference, whole.known
    low, high = t_interval(difference, known)
    g, g_low, g_high = hedges_g(whole.in_a, whole.in_b, whole.design)
    found = {
        "n_a": whole.in_a.n.astype(np.float64),
        "n_b": whole.in_b.n.astype(np.float64),
        "mean_a": whole.in_a.mean,
        "mean_b": whole.in_b.mean,
        "sd_a": whole.in_a.sd,
        "sd_b": whole.in_b.sd,
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "hedges_g": g,
        "g_low": g_low,
        "g_high": g_high,
        "auroc": _auroc(columns, halves),
        "p": t_test(difference, known),
        "claim": whole.claim,
    }
    for half in (0, 1):
        part = _Pair.of(columns, halves, halved[half], found_in[half])
        found[f"g_half{half}"] = hedges_g(part.in_a, part.in_b)[0]
        found[f"difference_half{half}"] = part.difference
        found[f"claim_half{half}"] = part.claim
    return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two groups of samples, or the parts of them that lie in one half."""

    in_a: Centre
    in_b: Centre
    known: Uncertainty

    @classmethod
    def of(
        cls,
        columns: Num[np.ndarray, "sample unit"],
        halves: Halves,
        rows: Bool[np.ndarray, "sample"],
        found: Sequence[Centre],
    ) -> _Pair:
        in_a, in_b = found
        if halves.groups is None:
            return cls(in_a, in_b, independent(in_a, in_b))
        a, b = halves.a & rows, halves.b & rows
        groups = halves.groups_of(a), halves.groups_of(b)
        return cls(in_a, in_b, uncertainty(columns[a], columns[b], *groups, (in_a, in_b)))

    @property
    def difference(self) -> Float[np.ndarray, "unit"]:
        return np.asarray(self.in_a.mean - self.in_b.mean)

    @property
    def design(self) -> Float[np.ndarray, "unit"]:
        """How many times the variance of independent samples; 1 where there is none."""
        alone = independent(self.in_a, self.in_b).variance
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(alone > 0, self.known.variance / alone, 1.0)

    @property
    def claim(self) -> Float[np.ndarray, "unit"]:
        return guarded(t_test(self.difference, self.known), self.known.pieces_a, self.known.pieces_b)


def _auroc(columns: Num[np.ndarray, "sample unit"], halves: Halves) -> Float[np.ndarray, "unit"]:
    turned = transposed(columns)
    if (halves.a != halves.b).all():
        return auroc_of(turned, halves.a)
    rows = np.concatenate([np.flatnonzero(halves.a), np.flatnonzero(halves.b)])
    return auroc_of(turned, np.arange(len(rows)) < halves.a.sum(), rows)


def effects(columns: Num[np.ndarray, "sample unit"], halves: Halves) -> Float[np.ndarray, "unit"]:
    """Hedges' g of each unit, and nothing else."""
    return hedges_g(moments(columns[halves.a]), moments(columns[halves.b]))[0]


def corrected(found: Table) -> dict[str, np.ndarray]:
    """What only all units together tell: q-values of the three families, and replication."""
    q = benjamini_hochberg(found["claim"])
    halves = [benjamini_hochberg(found[f"claim_half{half}"]) for half in (0, 1)]
    held = replicated(found["difference_half0"], halves[0], found["difference_half1"], halves[1])
    kept = {name: column for name, column in found.items() if not name.startswith(("claim", "difference_half"))}
    counts = {name: kept[name].astype(np.int64) for name in ("n_a", "n_b")}
    return {**kept, **counts, "q": q, "q_half0": halves[0], "q_half1": halves[1], "replicated": held}
