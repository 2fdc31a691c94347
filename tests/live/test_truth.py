"""What is right for each sample of a regression with several outputs, read back from its recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.live.truth import recorded_truth, task_of

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 4)).astype(np.float32)
TARGETS = pd.DataFrame(RNG.normal(size=(50, 2)), columns=["left", "right"])


def made() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))


@pytest.fixture
def model() -> nn.Sequential:
    return made()


@pytest.fixture(scope="module")
def rec(tmp_path_factory: pytest.TempPathFactory) -> naut.Recording:
    to: Path = tmp_path_factory.mktemp("truth") / "two.naut"
    return naut.record(made(), X, metadata=TARGETS, labels=["left", "right"], influence=False, to=to)


def test_the_columns_that_were_kept_are_the_truth(rec: naut.Recording) -> None:
    task = task_of(rec)
    assert task.targets == ("left", "right")
    np.testing.assert_array_equal(recorded_truth(rec, task), TARGETS.to_numpy())


def test_labels_that_came_with_the_data_are_found_in_their_own_columns(tmp_path: Path, model: nn.Sequential) -> None:
    rec = naut.record(model, X, labels=TARGETS.to_numpy(), influence=False, to=tmp_path / "own.naut")
    np.testing.assert_array_equal(recorded_truth(rec, task_of(rec)), TARGETS.to_numpy())


@pytest.mark.parametrize("labels", [None, ["right", "left"], "array"])
def test_the_loss_that_a_unit_costs_is_measured_on_every_output(
    rec: naut.Recording, model: nn.Sequential, labels: object
) -> None:
    order = ["right", "left"] if isinstance(labels, list) else ["left", "right"]
    given = TARGETS.to_numpy() if labels == "array" else labels
    with torch.no_grad():
        hidden = model[1](model[0](torch.tensor(X)))
        whole = model[2](hidden).numpy()
        hidden[:, 2] = hidden[:, 2].mean()
        without = model[2](hidden).numpy()
    truth = TARGETS[order].to_numpy()
    expected = ((without - truth) ** 2).mean() - ((whole - truth) ** 2).mean()
    found = naut.ablate(model, rec, "0:2", labels=given, resamples=9)
    place = list(found.coords["metric"]).index("loss")
    assert found["effect"][place] == pytest.approx(expected, rel=1e-4)


def test_labels_of_another_width_and_columns_that_are_not_there_are_refused(
    rec: naut.Recording, model: nn.Sequential
) -> None:
    with pytest.raises(DataError, match="labels of 1 for each sample, but the regression has 2 outputs: left, right"):
        naut.ablate(model, rec, "0:2", labels="left")
    with pytest.raises(UnknownName, match="no column 'rihgt'; closest: 'right'"):
        naut.ablate(model, rec, "0:2", labels=["left", "rihgt"])


def test_columns_that_disagree_with_the_recorded_loss_are_not_believed(tmp_path: Path, model: nn.Sequential) -> None:
    rec = naut.record(model, X, metadata=TARGETS, labels=["left", "right"], influence=False, to=tmp_path / "a.naut")
    rec.__dict__["metadata"] = TARGETS.sample(frac=1, random_state=0).reset_index(drop=True)
    assert recorded_truth(rec, task_of(rec)) is None
