"""Compare: what tells two groups of samples apart, unit by unit, and whether the held-out half agrees."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, notes_on, two_groups
from neuronaut.analysis.moments import Moments, moments, single
from neuronaut.analysis.recorded import chosen, unit_blocks, unit_coords
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Bool, Float, Num
from neuronaut.analysis.statistics import (
    FEWEST,
    auroc,
    benjamini_hochberg,
    guarded,
    hedges_g,
    replicated,
    welch,
)
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

THREADS = 2


@analysis(version=1)
def compare(
    rec: Recording,
    a: Where,
    b: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
) -> Result:
    """How each unit differs between two groups: effect size with interval, AUROC, p, q and held-out replication.

    Without ``b`` the group is compared with its opposite, ``not (a)``; samples for which a is unknown are in neither.
    Per unit: ``n_a n_b mean_a mean_b sd_a sd_b difference``; ``hedges_g`` with its 95 % interval ``g_low g_high``;
    ``auroc``, the chance that a sample of a is higher than one of b; Welch's ``p``; ``q`` over all units of this
    comparison. ``replicated``: found on half 0 of the samples (q < .05) and again, with the same sign, on half 1
    (``g_half0 g_half1 q_half0 q_half1``); NaN where that could not be checked. With fewer than 20 samples in a group
    nothing is claimed: q is NaN, and a note says so.

    Formulas and their sources: ``neuronaut.analysis.statistics``.
    """
    pair = two_groups(rec, a, b)
    arrays = chosen(rec, layers, site, reduction)
    halves = Halves(pair[0].mask, pair[1].mask, np.asarray(rec.half))
    values = _corrected(_measure(arrays, halves))
    return Result(
        "compare",
        values,
        dict.fromkeys(values, ("unit",)),
        unit_coords(rec, arrays),
        n={group.name: group.n for group in pair},
        notes=(
            *notes_on(pair),
            *_unknown_note(rec, b, pair),
            *_overlap_note(*pair),
            *_grouped_note(rec),
            *_guard_notes(pair, halves),
        ),
    )


@dataclass(frozen=True, slots=True)
class Halves:
    """Two groups of samples, and the half (0 or 1) that each sample is in."""

    a: Bool[np.ndarray, "sample"]
    b: Bool[np.ndarray, "sample"]
    half: Num[np.ndarray, "sample"]

    @property
    def either(self) -> Bool[np.ndarray, "sample"]:
        return np.asarray(self.a | self.b, bool)

    def within(self, rows: Bool[np.ndarray, "sample"]) -> Halves:
        return Halves(self.a[rows], self.b[rows], self.half[rows])


def _measure(arrays: Sequence[Activations], halves: Halves) -> dict[str, Float[np.ndarray, "unit"]]:
    """Everything that a unit tells by itself, for all units of all arrays."""
    rows = halves.either
    inside = halves.within(rows)
    blocks = [(array, units) for array in arrays for units in unit_blocks(array, len(rows))]

    def one(block: tuple[Activations, slice]) -> dict[str, Float[np.ndarray, "unit"]]:
        array, units = block
        return contrast(single(array.read(units=units)[rows]), inside)

    if len(blocks) == 1:
        return one(blocks[0])
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(one, blocks))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]} if found else {}


def contrast(columns: Num[np.ndarray, "sample unit"], halves: Halves) -> dict[str, Float[np.ndarray, "unit"]]:
    """What each unit tells by itself about two groups, on all samples and on either half."""
    a, b = columns[halves.a], columns[halves.b]
    in_a, in_b = moments(a), moments(b)
    g, low, high = hedges_g(in_a, in_b)
    found = {
        "n_a": in_a.n.astype(np.float64),
        "n_b": in_b.n.astype(np.float64),
        "mean_a": in_a.mean,
        "mean_b": in_b.mean,
        "sd_a": in_a.sd,
        "sd_b": in_b.sd,
        "difference": in_a.mean - in_b.mean,
        "hedges_g": g,
        "g_low": low,
        "g_high": high,
        "auroc": auroc(a, b),
        "p": welch(in_a, in_b),
        "claim": _claim(in_a, in_b),
    }
    for half in (0, 1):
        of_a, of_b = moments(a[halves.half[halves.a] == half]), moments(b[halves.half[halves.b] == half])
        found[f"g_half{half}"] = hedges_g(of_a, of_b)[0]
        found[f"difference_half{half}"] = of_a.mean - of_b.mean
        found[f"claim_half{half}"] = _claim(of_a, of_b)
    return found


def _claim(a: Moments, b: Moments) -> Float[np.ndarray, "unit"]:
    return guarded(welch(a, b), a.n, b.n)


def _corrected(found: dict[str, Float[np.ndarray, "unit"]]) -> dict[str, Any]:
    """What only all units together tell: q-values of the three families, and replication."""
    q = benjamini_hochberg(found["claim"])
    halves = [benjamini_hochberg(found[f"claim_half{half}"]) for half in (0, 1)]
    held = replicated(found["difference_half0"], halves[0], found["difference_half1"], halves[1])
    kept = {name: column for name, column in found.items() if not name.startswith(("claim", "difference_half"))}
    counts = {name: kept[name].astype(np.int64) for name in ("n_a", "n_b")}
    return {**kept, **counts, "q": q, "q_half0": halves[0], "q_half1": halves[1], "replicated": held}


def _unknown_note(rec: Recording, b: Where, pair: tuple[Group, Group]) -> list[str]:
    neither = 0 if b is not None else int((~(pair[0].mask | pair[1].mask)).sum())
    return [f"{neither:,} samples are in neither group, as {pair[0].name} is unknown for them."] if neither else []


def _overlap_note(a: Group, b: Group) -> list[str]:
    both = int((a.mask & b.mask).sum())
    if not both:
        return []
    return [f"{both:,} samples are in both groups; they pull the groups together, and p is only a guide."]


def _grouped_note(rec: Recording) -> list[str]:
    if not rec.card.options.get("groups"):
        return []
    return [
        "the samples come in groups, but p and q count each sample as independent; "
        "replication is the safer sign, as a group lies in one half whole."
    ]


def _guard_notes(pair: Sequence[Group], halves: Halves) -> list[str]:
    small = [group for group in pair if 0 < group.n < FEWEST]
    if small:
        said = " and ".join(f"{group.name} has {group.n}" for group in small)
        return [f"{said}: with fewer than {FEWEST} samples in a group nothing is claimed, q is left empty."]
    fewest = min(int((group.mask & (halves.half == half)).sum()) for group in pair for half in (0, 1))
    if fewest < FEWEST <= min(group.n for group in pair):
        return [
            f"one half of the samples holds only {fewest} of a group, fewer than {FEWEST}: "
            "replication could not be checked."
        ]
    return []
