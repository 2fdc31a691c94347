"""Another model than the recorded one is refused by every verb that runs it, whatever it makes of the samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def net(inputs: int = 3, hidden: int = 8) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 2)).eval()


@pytest.fixture
def rec(tmp_path: Path) -> naut.Recording:
    return naut.record(net(), X, labels=(X[:, 0] > 0).astype(int), influence=False, to=tmp_path / "small.naut")


VERBS: dict[str, Callable[[Any, naut.Recording], Any]] = {
    "show": lambda model, rec: naut.show(rec, model=model, open_browser=False, block=False, say=lambda text: None),
    "ablate": lambda model, rec: naut.ablate(model, rec, "0:1"),
    "influence": lambda model, rec: naut.influence(rec, "0:1", model=model),
    "attribute": lambda model, rec: naut.attribute(model, rec, "2:1"),
    "compare": lambda model, rec: naut.compare(rec, "prediction == 0", twin=True, model=model),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("other", "why"),
    [
        (lambda: net(5), "its parameter '0.weight' is 8 x 5, recorded 8 x 3"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3)), "it has no layer '2'"),
        (lambda: net(hidden=9), "its structure or weights are others"),
    ],
)
def test_it_is_said_that_it_is_another(
    rec: naut.Recording, verb: str, other: Callable[[], nn.Module], why: str
) -> None:
    with pytest.raises(DataError, match=f"is not the Sequential that small.naut was recorded with: {why}"):
        VERBS[verb](other(), rec)


def test_what_the_recorded_model_itself_raises_is_its_own(rec: naut.Recording) -> None:
    class Breaks(nn.Sequential):
        def forward(self, given: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no memory is left")

    broken = Breaks(*net())
    with pytest.raises(RuntimeError, match="no memory is left"):
        naut.ablate(broken, rec, "0:1")
