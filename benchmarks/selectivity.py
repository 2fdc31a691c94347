"""Selectivity and health of a large layer: 4,096 units, 50,000 samples, 10 classes; and samples in groups."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from torch import nn

import neuronaut as naut
from benchmarks.row import Row, paired_ratio, seconds
from benchmarks.storage import ROWS, UNITS, Wide
from neuronaut.analysis.rank import rank

CLASSES, ROUNDS = 10, 3
GROUPS, FEW_UNITS = 2_000, 128


def grouped() -> list[Row]:
    """Against the same without groups: where each group has one class, and where groups hold several."""
    random = np.random.default_rng(0)
    X, groups = random.normal(size=(ROWS, 8)).astype(np.float32), random.integers(0, GROUPS, ROWS)
    metadata = pd.DataFrame(
        {"own": (groups % CLASSES).astype(str), "any": random.integers(0, CLASSES, ROWS).astype(str)}
    )
    net = nn.Sequential(nn.Linear(8, FEW_UNITS), nn.ReLU())
    seeds = iter(range(1000))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        plain = naut.record(net, X, metadata=metadata, to=Path(scratch) / "plain.naut", influence=False)
        rec = naut.record(net, X, metadata=metadata, groups=groups, to=Path(scratch) / "groups.naut", influence=False)
        for column, what in (("own", "each of one class"), ("any", "of several classes each")):

            def asked(rec: naut.Recording, column: str = column) -> object:
                return naut.selectivity(rec, column, layers="0", seed=next(seeds))

            seen = paired_ratio(lambda: asked(rec), lambda: asked(plain), ROUNDS)
            how = f"{ROWS:,} x {FEW_UNITS}, {GROUPS:,} groups, 100 permutations; against the same without groups"
            rows.append(Row(f"`selectivity` with groups {what}", 10.0, seen, "x", how))
        plain.close(), rec.close()
    return rows


def run() -> list[Row]:
    return [*large(), *grouped()]


def large() -> list[Row]:
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

        def directions() -> object:
            return rank(rec, layers="fc", seed=next(seeds))

        def alike() -> object:
            return naut.similarity(rec, "fc", seed=next(seeds))

        selectivity(), health()
        told = median(seconds(selectivity) for _ in range(ROUNDS))
        checked = median(seconds(health) for _ in range(ROUNDS))
        ranked, compared = seconds(directions), seconds(alike)
        rec.close()
    what = f"{ROWS:,} x {UNITS:,} float32, ReLU, warm; median of {ROUNDS}"
    return [
        Row("`selectivity` of a column", 5.0, told, "s", f"{what}; {CLASSES} classes, 100 permutations, every measure"),
        Row("`health` of a layer", 5.0, checked, "s", what),
        Row("rank of a layer", 15.0, ranked, "s", f"{UNITS:,} units, 5,960 of {ROWS:,} samples; once"),
        Row("`similarity` of all units of a layer", 15.0, compared, "s", f"{UNITS:,} units, 16,384 samples; once"),
    ]
