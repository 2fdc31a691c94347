"""The model's inputs for rows of a recording: from the data, or from the recording alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, UnsupportedModel
from neuronaut.live.inputs import inputs_of
from neuronaut.live.wrapped import as_model, recorded_model

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
IMAGES = np.random.default_rng(1).random((12, 1, 4, 4)).astype(np.float32)


def small(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def pictures() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))


def as_dataset(x: np.ndarray) -> list[tuple[np.ndarray, int]]:
    return [(row, 1) for row in x]


def as_loader(x: np.ndarray) -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.from_numpy(x)), batch_size=7)


@pytest.mark.parametrize("form", [None, np.asarray, torch.from_numpy, pd.DataFrame, as_dataset, as_loader])
def test_the_inputs_of_a_table_come_back_whole_and_in_the_order_of_the_rows(form: Any) -> None:
    rec = naut.record(small(), X, influence=False)
    data = None if form is None else form(X)
    assert np.array_equal(np.asarray(inputs_of(rec, data)), X)
    assert np.array_equal(np.asarray(inputs_of(rec, data, [7, 3, 19])), X[[7, 3, 19]])
    mask = X[:, 0] > 0
    assert np.array_equal(np.asarray(inputs_of(rec, data, mask)), X[mask])


def test_images_need_the_data_and_get_them() -> None:
    rec = naut.record(pictures(), IMAGES, influence=False)
    with pytest.raises(DataError, match=r"of its images only summaries were recorded.*data="):
        inputs_of(rec)
    assert np.array_equal(inputs_of(rec, IMAGES, [5, 2]), IMAGES[[5, 2]])


def test_samples_that_were_skipped_are_matched_by_their_number() -> None:
    items = [np.full(3, k, np.float32) if k != 2 else np.full(4, k, np.float32) for k in range(6)]
    rec = naut.record(small(), items, on_error="skip", batch_size=1, influence=False)
    assert rec.sample_ids.tolist() == [0, 1, 3, 4, 5]
    assert inputs_of(rec, items, [2, 4])[:, 0].tolist() == [3.0, 5.0]


def test_of_a_limited_recording_the_whole_data_fit() -> None:
    rec = naut.record(small(), X, limit=5, influence=False)
    assert np.array_equal(inputs_of(rec, X), X[:5])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (X[::-1].copy(), "sample 0 of the data is not what was recorded"),
        (X[:10], "hold 10 samples, but .* was recorded from 20"),
        (np.concatenate([X, X]), "hold 40 samples, but .* was recorded from 20"),
        (X[:, :2].copy(), "sample 0 of the data is not what was recorded"),
    ],
)
def test_other_data_than_were_recorded_are_refused(other: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        inputs_of(naut.record(small(), X, influence=False), other)


def test_narrowed_inputs_and_rows_beyond_the_end_are_refused() -> None:
    with pytest.raises(DataError, match="narrowed to float16"):
        inputs_of(naut.record(small(), X, dtype="float16", influence=False))
    with pytest.raises(DataError, match="holds 0 to 19"):
        inputs_of(naut.record(small(), X, influence=False), X, [20])


def test_a_table_with_more_columns_gives_those_that_the_model_takes() -> None:
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(name="x")
    rec = naut.record(small(), table, features=["c", "a", "b"], influence=False)
    assert np.array_equal(inputs_of(rec, table, [4]), X[[4]][:, [2, 0, 1]])


def test_another_model_is_told_from_the_recorded_one() -> None:
    rec = naut.record(small(), X, influence=False)
    assert recorded_model(small(), rec, X[:2]).graph.names == ("input", "0", "2")
    with pytest.raises(DataError, match=r"its structure or weights are others \(fingerprint .* recorded"):
        recorded_model(small(1), rec, X[:2])
    with pytest.raises(DataError, match="it has no layer '2'"):
        recorded_model(nn.Sequential(nn.Linear(3, 4)), rec, X[:2])
    with pytest.raises(UnsupportedModel, match=r"builtins\.int cannot be"):
        as_model(3, X)
