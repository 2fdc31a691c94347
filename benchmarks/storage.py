"""Reading back: a filter over a large layer, one unit's column, one sample's row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
from torch import nn

import neuronaut as naut
from benchmarks.row import Row, seconds

ROWS, UNITS = 50_000, 4_096


class Wide(nn.Module):
    """Eight numbers in, 4,096 ReLU units out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.fc = nn.Linear(8, UNITS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.fc(x) - 1.0)


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    work()
    return 1e3 * median(seconds(work) for _ in range(repeats))


def run() -> list[Row]:
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, 8)).astype(np.float32)
    metadata = pd.DataFrame({"age": random.integers(0, 90, ROWS), "sex": random.choice(["female", "male"], ROWS)})
    with tempfile.TemporaryDirectory() as scratch:
        rec = naut.record(Wide(), X, metadata=metadata, to=Path(scratch) / "wide.naut", influence=False)
        numbers = iter(range(10_000))

        def activity() -> object:
            return naut.activity(rec, f"age > {20 + next(numbers) % 40} and sex == 'female'", layers="fc")

        layer = rec["fc"]
        column = milliseconds(lambda: layer.read(units=int(next(numbers)) * 37 % UNITS), 25)
        row = milliseconds(lambda: layer.read(rows=slice(k := int(next(numbers)) * 997 % ROWS, k + 1)), 25)
        activity()
        whole = median(seconds(activity) for _ in range(5))
        rec.close()
    what = f"{ROWS:,} x {UNITS:,} float32, ReLU, warm"
    return [
        Row("`activity` for an arbitrary filter", 1.0, whole, "s", f"{what}; 5 different filters, median"),
        Row("one unit's column", 20, column, "ms", f"{what}; 25 units, median"),
        Row("one sample's row", 20, row, "ms", f"{what}; 25 rows, median"),
    ]
