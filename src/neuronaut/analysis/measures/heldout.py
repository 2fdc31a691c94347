"""Held out: the best class of each unit, found on one half of the samples and looked at again on the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.classes import Classes
from neuronaut.analysis.measures.ordered import rank_test
from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.two_groups import FEWEST, benjamini_hochberg, replicated

Found = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The samples that have a class, class after class, and how many independent pieces each side of it holds.

    ``starts`` are where each class begins; ``labels`` are twice the class plus the half, ``counts`` their samples.
    ``pieces`` are those of a class and of all others, of all samples and of either half; a piece is a sample, or a
    group where samples come in groups. ``groups`` are those of ``rows``, where samples come in groups.
    """

    rows: Int[np.ndarray, "sample"]
    labels: Int[np.ndarray, "sample"]
    starts: Int[np.ndarray, "class"]
    counts: Int[np.ndarray, "class half"]
    pieces: Int[np.ndarray, "side class part"]
    groups: Int[np.ndarray, "sample"] | None

    @property
    def grouped(self) -> bool:
        return self.groups is not None

    @property
    def classes(self) -> int:
        return len(self.starts)

    @property
    def degrees(self) -> tuple[float, float, float]:
        """Degrees of freedom behind an AUROC's spread: of all samples, and of either half."""
        if self.groups is None:
            return np.inf, np.inf, np.inf
        halves = self.labels & 1
        first, second = (_degrees(self.groups[halves == half]) for half in (0, 1))
        return _degrees(self.groups), first, second

    @classmethod
    def of(cls, classes: Classes, half: Num[np.ndarray, "sample"], groups: Int[np.ndarray, "sample"] | None) -> Design:
        inside = np.flatnonzero(classes.codes >= 0)
        rows = inside[np.argsort(classes.codes[inside], kind="stable")]
        codes, halves = classes.codes[rows].astype(np.int32), (half[rows] == 1).astype(np.int32)
        sizes = np.bincount(codes, minlength=len(classes.names))
        chosen = [np.ones(len(rows), bool), halves == 0, halves == 1]
        own = groups[rows] if groups is not None else None
        samples = np.stack([_sides(codes[part], len(classes.names), None) for part in chosen], axis=-1)
        pieces = samples
        if own is not None:
            pieces = np.stack([_sides(codes[part], len(classes.names), own[part]) for part in chosen], axis=-1)
        counts = np.bincount(2 * codes + halves, minlength=2 * len(sizes)).reshape(-1, 2)
        return cls(
            rows,
            2 * codes + halves,
            np.cumsum(sizes) - sizes,
            counts,
            pieces,
            own,
        )


def _degrees(groups: Int[np.ndarray, "sample"]) -> float:
    """Degrees of freedom: groups less 2; without end where each sample is a group of its own, as without groups."""
    found = len(np.unique(groups))
    return float(max(found - 2, 1)) if found < len(groups) else np.inf


def _sides(
    codes: Int[np.ndarray, "sample"], classes: int, groups: Int[np.ndarray, "sample"] | None
) -> Int[np.ndarray, "2 class"]:
    """How many pieces lie in each class, and how many in all the others."""
    if groups is None:
        inside = np.bincount(codes, minlength=classes)
        return np.stack([inside, len(codes) - inside])
    pairs = np.unique(np.stack([groups, codes]).astype(np.int64), axis=1)
    inside = np.bincount(pairs[1], minlength=classes)
    found, kinds = np.unique(pairs[0], return_counts=True)
    alone = np.bincount(pairs[1][kinds[np.searchsorted(found, pairs[0])] == 1], minlength=classes)
    return np.stack([inside, len(found) - alone])


def judged(found: Found, design: Design) -> Found:
    """Which class is each unit's best, with p and q; the same found on half 0 and checked on half 1.

    Classes are given by place, -1 for none. The p of the best class is multiplied by the number of classes it was
    chosen from (Bonferroni); with two classes there is one choice only. On half 1 nothing is chosen. ``inflation`` in
    what was found [class, part, unit] widens each AUROC's spread where samples come in groups; then t with as many
    degrees of freedom as groups less 2 stands for the normal.
    """
    counts, auroc, halves = found["counts"], found["auroc"], found["auroc_halves"]
    of_halves = [halves[:, half] for half in (0, 1)]
    able = np.asarray((design.pieces >= FEWEST).all(0))
    both = np.asarray(able[:, 1] & able[:, 2])
    best, choices = _best(auroc, able[:, 0])
    first, first_choices = _best(of_halves[0], both)
    grown = found.get("inflation", np.ones((len(auroc), 3, auroc.shape[1])))
    degrees = design.degrees
    whole = _test(best, auroc, counts.sum(1), found["ties"][0], grown[:, 0], able[:, 0], degrees[0])
    found0 = _test(first, of_halves[0], counts[:, 0], found["ties"][1], grown[:, 1], both, degrees[1])
    held1 = _test(first, of_halves[1], counts[:, 1], found["ties"][2], grown[:, 2], both, degrees[2])
    p = np.minimum(whole["p"] * choices, 1.0)
    q0 = benjamini_hochberg(np.minimum(found0["claim"] * first_choices, 1.0))
    q1 = benjamini_hochberg(held1["claim"])
    return {
        "best": best,
        "best_auroc": whole["auroc"],
        "p": p,
        "q": benjamini_hochberg(np.where(np.isnan(whole["claim"]), np.nan, p)),
        "heldout_class": first,
        "found_auroc": found0["auroc"],
        "heldout_auroc": held1["auroc"],
        "q_half0": q0,
        "q_half1": q1,
        "replicated": replicated(found0["auroc"] - 0.5, q0, held1["auroc"] - 0.5, q1),
    }


def _best(auroc: Float[np.ndarray, "class unit"], able: Bool[np.ndarray, "class"]) -> tuple[np.ndarray, int]:
    """The class farthest from chance (of two as far, the higher), among those large enough if any is."""
    if not len(auroc):
        return np.full(auroc.shape[1], -1), 1
    among = able if able.any() else np.ones(len(able), bool)
    score = np.where(np.isnan(auroc) | ~among[:, None], -1.0, np.abs(auroc - 0.5).round(12) + 1e-13 * (auroc > 0.5))
    best = np.where(score.max(0) > 0, score.argmax(0), -1)
    return best, int(among.sum()) if len(auroc) > 2 else 1


def _test(
    place: Int[np.ndarray, "unit"],
    auroc: Float[np.ndarray, "class unit"],
    counts: Int[np.ndarray, "class unit"],
    ties: Float[np.ndarray, "unit"],
    inflation: Float[np.ndarray, "class unit"],
    able: Bool[np.ndarray, "class"],
    degrees: float,
) -> Found:
    """AUROC and p of one class of each unit; ``claim`` is p where enough samples stand behind it."""
    if not len(auroc):
        return {name: np.full(len(place), np.nan) for name in ("auroc", "p", "claim")}
    at = np.maximum(place, 0)
    units = np.arange(len(place))
    chosen = np.where(place >= 0, auroc[at, units], np.nan)
    inside, total = counts[at, units], counts.sum(0)
    p = rank_test(chosen, inside, total, ties, inflation[at, units], degrees)
    enough = able[at] & (np.minimum(inside, total - inside) >= FEWEST)
    return {"auroc": chosen, "p": p, "claim": np.where(enough, p, np.nan)}
