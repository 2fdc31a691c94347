"""Rank: how many directions the answers of each layer take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.measures.matrices import centred_blocks, heaped, row_blocks, sound, thinned, usable
from neuronaut.analysis.measures.spectrum import effective_rank, from_gram, participation_ratio, srank, stable_rank
from neuronaut.analysis.recorded import chosen, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import fewer_samples, named_units, without
from neuronaut.analysis.shapes import Bool, Float
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

WORK = 1e11
"""Products of two numbers that one layer may take; larger ones are looked at on fewer samples, and that is said."""
HELD = 1 << 25
"""Numbers of a layer that are held at once; of a larger one the samples are read twice."""
SIDE = 8192
"""The longer side of a square matrix at most."""
MEASURES = {
    "effective_rank": effective_rank,
    "srank": srank,
    "stable_rank": stable_rank,
    "participation_ratio": participation_ratio,
}


@analysis(version=2)
def rank(
    rec: Recording,
    where: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    seed: int = 0,
) -> Result:
    """How many directions each layer's answers take: effective rank, srank, stable rank and participation ratio.

    Along the axis ``layers``, with ``units`` and ``samples``, the numbers that bound them. Each unit's mean is taken
    off. A layer too large to be looked at whole is looked at on samples drawn by ``seed``, and that is said. A layer in
    which nothing varies has no rank: NaN.

    Formulas and their sources: ``neuronaut.analysis.measures.spectrum``.
    """
    group = group_of(rec, where)
    arrays = chosen(rec, layers, site, reduction)
    found: dict[str, list[float]] = {name: [] for name in ("units", "samples", *MEASURES)}
    notes = notes_on([group])
    for array in arrays:
        inside = thinned(group.mask, _most(units_of(array), group.n), seed)
        looked = int(inside.sum())
        values, broken = _singular_values(array, inside)
        if broken.any():
            inside = sound([array], inside)
            values, broken = _singular_values(array, inside)
        n = int(inside.sum())
        if n < looked:
            notes.append(f"{array.layer}: {without(looked - n)}")
        found["units"].append(units_of(array))
        found["samples"].append(n)
        for name, measure in MEASURES.items():
            found[name].append(measure(values))
        if group.n:
            notes += _notes(array, looked, group.n, values, named_units(broken, unit_coords(rec, [array])["unit"]))
    counts = {name: np.array(found.pop(name), np.int64) for name in ("units", "samples")}
    measured = {**counts, **{name: np.array(column) for name, column in found.items()}}
    return Result(
        "rank",
        measured,
        dict.fromkeys(measured, ("layers",)),
        {"layers": [array.layer for array in arrays]},
        n={group.name: group.n},
        seed=seed,
        notes=tuple(notes),
    )


def _most(units: int, n: int) -> int:
    """Samples on which a layer of so many units may be looked at."""
    if n * units * min(n, units) <= WORK and min(n, units) <= SIDE:
        return n
    wide = int(WORK / units**2)
    return wide if units <= SIDE and wide >= units else min(SIDE, int(np.sqrt(WORK / units)))


def _singular_values(
    array: Activations, mask: Bool[np.ndarray, "sample"]
) -> tuple[Float[np.ndarray, "value"], Bool[np.ndarray, "unit"]]:
    """Singular values of the centred layer, by the smaller of its two square products; and the units left out."""
    n, units = int(mask.sum()), units_of(array)
    if n * units <= HELD or units > n:
        whole = np.concatenate([np.zeros((0, units)), *row_blocks([array], mask)])
        finite = np.isfinite(whole).all(0)
        whole[:, ~finite] = 0.0
        whole -= whole.mean(0) if n else 0.0
        return from_gram(whole.T @ whole if units <= n else whole @ whole.T), ~finite
    mean, finite = usable([array], mask)
    gram = np.zeros((units, units))
    for block in heaped(centred_blocks([array], mask, mean, finite)):
        gram += block.T @ block
    return from_gram(gram), ~finite


def _notes(array: Activations, n: int, of: int, values: Float[np.ndarray, "value"], broken: str) -> list[str]:
    notes = []
    if n < of:
        notes.append(f"{array.layer}: {fewer_samples(n, of, 'it')}")
    if broken:
        notes.append(f"{array.layer}: NaN or infinite activations; left out: {broken}.")
    if not values.any():
        notes.append(f"{array.layer}: nothing varies over the {n:,} samples, so that it has no rank.")
    elif n <= units_of(array):
        notes.append(
            f"{array.layer}: {n:,} samples of {units_of(array):,} units show at most {n - 1:,} directions; "
            "more samples may show more."
        )
    return notes
