"""Selectivity and health of a large layer: 4,096 units, 50,000 samples, 10 classes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

import neuronaut as naut
from benchmarks.row import Row, seconds
from benchmarks.storage import ROWS, UNITS, Wide

CLASSES, ROUNDS = 10, 3


def run() -> list[Row]:
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, 8)).astype(np.float32)
    metadata = pd.DataFrame({"kind": random.integers(0, CLASSES, ROWS).astype(str)})
    with tempfile.TemporaryDirectory() as scratch:
        rec = naut.record(Wide(), X, metadata=metadata, to=Path(scratch) / "wide.naut", influence=False)
        seeds = iter(range(100))

        # Another seed, another tau: what is kept of an earlier round is no answer to this one.
        def selectivity() -> object:
            return naut.selectivity(rec, "kind", layers="fc", seed=next(seeds))

        def health() -> object:
            return naut.health(rec, layers="fc", tau=0.02 + next(seeds) / 1e6)

        selectivity(), health()
        told = median(seconds(selectivity) for _ in range(ROUNDS))
        checked = median(seconds(health) for _ in range(ROUNDS))
        rec.close()
    what = f"{ROWS:,} x {UNITS:,} float32, ReLU, warm; median of {ROUNDS}"
    return [
        Row("`selectivity` of a column", 5.0, told, "s", f"{what}; {CLASSES} classes, 100 permutations, every measure"),
        Row("`health` of a layer", 5.0, checked, "s", what),
    ]
