"""Statistics: what is found where there is nothing, and where something was planted; the time of an inverse query."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from torch import nn

import neuronaut as naut
from benchmarks.row import Row, seconds
from neuronaut.analysis.search.atoms import atoms_of
from neuronaut.analysis.statistics.contrast import Halves, contrast, corrected

GROUP = 200
"""Samples in each of two groups."""
NULL_RUNS, PLANTED_RUNS = 400, 20
ROWS = 100_000
OWN = 5
QUERIES, OWN = 25, 5


def compared(units: int, planted: int, seed: int) -> dict[str, np.ndarray]:
    """Two groups of normal samples, the first units of the one higher by 0.8, as ``compare`` sees them."""
    random = np.random.default_rng((seed, units))
    values = random.normal(size=(2 * GROUP, units)).astype(np.float32)
    is_a = np.arange(2 * GROUP) < GROUP
    values[is_a, :planted] += 0.8
    half = random.permutation(2 * GROUP) % 2
    return corrected(contrast(values, Halves(is_a, ~is_a, half)))


def nulls() -> list[Row]:
    found = [compared(2000, 0, seed) for seed in range(NULL_RUNS)]
    any_found = float(np.mean([(one["q"] < 0.05).any() for one in found]))
    held = float(np.mean([(one["replicated"] == 1).any() for one in found]))
    how = f"2,000 null units, {GROUP} samples per group, {NULL_RUNS} runs; chance alone gives 5 %"
    return [
        Row("runs with any discovery at q < .05", 5, 100 * any_found, "%", how),
        Row("runs with any discovery that replicates", 5, 100 * held, "%", "the same runs, found on one half and held"),
    ]


def planted() -> list[Row]:
    power, false = [], []
    for seed in range(PLANTED_RUNS):
        found = compared(1000, 100, 10_000 + seed)["q"] < 0.05
        power.append(found[:100].mean())
        false.append(found[100:].sum() / max(found.sum(), 1))
    how = f"100 of 1,000 units with d = .8, {GROUP} samples per group, mean of {PLANTED_RUNS} runs"
    return [
        Row("power at q < .05", 0.95, float(np.mean(power)), "", how, at_least=True),
        Row("share of false discoveries", 0.07, float(np.mean(false)), "", how),
    ]


def inverse_query(scratch: Path) -> Row:
    random = np.random.default_rng(0)
    columns = {f"kind{n}": random.choice([f"value {k}" for k in range(25)], ROWS) for n in range(10)}
    columns |= {f"number{n}": random.normal(size=ROWS).round(3) for n in range(14)}
    X = random.normal(size=(ROWS, 8)).astype(np.float32)
    rec = naut.record(
        nn.Sequential(nn.Linear(8, 64), nn.ReLU()), X, metadata=pd.DataFrame(columns), to=scratch, influence=False
    )
    prepared = seconds(lambda: atoms_of(rec))
    first = seconds(lambda: naut.drivers(rec, "0:0"))
    times = [seconds(lambda unit=unit: naut.drivers(rec, f"0:{unit}")) for unit in range(1, QUERIES + 1)]
    # Another share is another number of samples at the top, of which no unit before has shuffled copies.
    shares = [0.04 + number / 1000 for number in range(OWN)]
    own = [seconds(lambda share=share: naut.drivers(rec, "0:63", top=share)) for share in shares]
    predicates = len(atoms_of(rec).nodes)
    rec.close()
    how = (
        f"{predicates:,} predicates x {ROWS:,} rows, depth 3, beam 10, {QUERIES} units, median, with reading the unit; "
        f"once for all units: {prepared:.2f} s bit sets, {first:.2f} s the first unit with its 20 shuffled copies; "
        f"{median(own):.2f} s a later unit whose copies no other shares"
    )
    return Row("inverse query (`drivers`), a unit", 100, 1e3 * median(times), "ms", how)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        return [*nulls(), *planted(), inverse_query(Path(scratch) / "wide.naut")]
