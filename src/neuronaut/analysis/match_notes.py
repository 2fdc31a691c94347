"""Match notes: what two recordings were matched on, which units can have no partner, which pairs are arbitrary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neuronaut.analysis.measures.neighbours import ROUNDING
from neuronaut.analysis.saying import named_units
from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.two_groups import FEWEST, SIGNIFICANT
from neuronaut.store.activations import Activations


def said(
    sizes: tuple[int, int],
    held: bool,
    half: Int[np.ndarray, "sample"],
    groups: Int[np.ndarray, "sample"] | None,
    inside: Bool[np.ndarray, "sample"],
    sliced: bool,
) -> list[str]:
    """On what was matched: shared samples of two recordings of these sizes, in halves and perhaps in groups."""
    notes = []
    if len(half) < max(sizes):
        notes.append(f"matched on the {len(half):,} samples that both hold, of {sizes[0]:,} and {sizes[1]:,}.")
    word = "samples" if groups is None else "groups of samples"
    if not held:
        notes.append(f"fewer than {FEWEST} {word} in a half: matched on all of them, and no match could be checked.")
    if groups is not None:
        notes.append("samples come in groups: whole groups are shuffled, and intervals count groups.")
    pieces = np.arange(len(half)) if groups is None else groups
    few = min(len(np.unique(pieces[side])) for side in (inside, ~inside))
    if sliced and few < FEWEST and inside.any():
        notes.append(f"{few} {word} on one side of the slice, fewer than {FEWEST}: no change is claimed from them.")
    return notes


def pairing_notes(units: Mapping[str, np.ndarray], pairs: Sequence[tuple[Activations, Activations]]) -> list[str]:
    """What stands between a correlation and a match: positions in one number, partners that others equal."""
    notes = []
    for one, two in pairs:
        kept = {array.reduction for array in (one, two)} - {"value", "full"}
        if kept:
            notes.append(
                f"{one.layer}: of all positions only their {' and '.join(sorted(kept))} is compared, so that what is "
                "where is not seen"
                + (", and channels that follow the whole sample are alike." if "mean" in kept else ".")
            )
    common = int(((units["q"] < SIGNIFICANT) & (units["distinct"] == 0)).sum())
    if common:
        notes.append(
            f"{common:,} of {int((units['q'] < SIGNIFICANT).sum()):,} pairs have q < .05 on the held-out half but "
            "are not distinct: another unit answers as well, so which is whose partner is arbitrary."
        )
    return notes


def alone_notes(
    name: str, addresses: Sequence[str], r: Float[np.ndarray, "unit other"], values: Num[np.ndarray, "sample unit"]
) -> list[str]:
    """Units that can have no partner, and why; and those compared on fewer samples."""
    finite = np.isfinite(values)
    few = 2 * finite.sum(0) < len(values)
    high, low = np.where(finite, values, -np.inf).max(0), np.where(finite, values, np.inf).min(0)
    none = np.isnan(r).all(1) & ~few
    with np.errstate(invalid="ignore"):
        still = none & (high - low <= ROUNDING * np.maximum(np.abs(high), np.abs(low)))
    said = {
        "dead, 0 for all samples; without a partner": still & (high == 0) & (low == 0),
        "constant; without a partner": still & ((high != 0) | (low != 0)),
        "NaN or infinite for more than half of the samples; without a partner": few,
        "NaN or infinite for some samples; compared on the others": ~few & ~finite.all(0),
    }
    return [f"{named_units(which, addresses)} of {name}: {reason}." for reason, which in said.items() if which.any()]
