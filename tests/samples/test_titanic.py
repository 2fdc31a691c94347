"""The demo's table against the file it comes from."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

import numpy as np
import torch

import neuronaut
from neuronaut.models.torch.titanic import train_titanic
from neuronaut.samples import load_titanic


def passengers() -> list[dict[str, str]]:
    path = Path(neuronaut.__file__).parent / "data" / "titanic.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_metadata_keep_the_passengers_as_they_were() -> None:
    _, metadata = load_titanic()
    rows = passengers()
    assert len(metadata) == len(rows) == 891
    for row, found in zip(rows, metadata.to_dict("records"), strict=True):
        assert found["survived"] == {"0": "no", "1": "yes"}[row["survived"]]
        assert (found["sex"], str(found["pclass"]), found["fare"]) == (row["sex"], row["pclass"], float(row["fare"]))
        if row["age"]:
            assert found["age"] == float(row["age"])
            assert found["adult"] == ("yes" if float(row["age"]) >= 18 else "no")
        else:
            assert np.isnan(found["age"])
            assert found["adult"] is None


def test_177_unknown_ages_get_the_median_of_the_training_rows() -> None:
    inputs, metadata = load_titanic()
    training = metadata["split"] == "train"
    ages = [float(row["age"]) for row, used in zip(passengers(), training, strict=True) if used and row["age"]]
    filled = [float(row["age"] or statistics.median(ages)) for row in passengers()]
    seen = np.array(filled)[training.to_numpy()]
    unknown = metadata["age"].isna().to_numpy()
    assert unknown.sum() == 177
    assert np.allclose(inputs["age"], (np.array(filled) - seen.mean()) / seen.std(), atol=1e-6)
    assert len(set(inputs["age"][unknown])) == 1


def test_inputs_are_standardised_over_the_training_rows_only() -> None:
    inputs, metadata = load_titanic()
    training = inputs[metadata["split"] == "train"].astype(np.float64)
    assert list(inputs) == ["pclass", "sex", "age", "sibsp", "parch", "fare"]
    assert np.allclose(training.mean(), 0, atol=1e-6)
    assert np.allclose(training.std(ddof=0), 1, atol=1e-6)
    assert inputs["sex"][metadata["sex"] == "female"].min() > inputs["sex"][metadata["sex"] == "male"].max()


def test_four_fifths_train_and_the_split_never_changes() -> None:
    first, second = load_titanic()[1]["split"], load_titanic()[1]["split"]
    assert (first == "train").sum() == 712
    assert (first == "test").sum() == 179
    assert first.equals(second)


def test_the_network_is_the_seeds_and_training_it_again_gives_the_same() -> None:
    before = torch.get_rng_state()
    network, accuracy = train_titanic(*load_titanic())
    again, _ = train_titanic(*load_titanic())
    assert torch.equal(torch.get_rng_state(), before)
    assert [tuple(weight.shape) for name, weight in network.named_parameters() if name.endswith("weight")] == [
        (32, 6), (32,), (16, 32), (8, 16), (1, 8),
    ]  # fmt: skip
    assert not network.training
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())
    assert accuracy > 0.8


def test_tested_accuracy_is_that_of_the_tested_rows() -> None:
    inputs, metadata = load_titanic()
    network, accuracy = train_titanic(inputs, metadata)
    tested = (metadata["split"] == "test").to_numpy()
    with torch.no_grad():
        says = network(torch.tensor(inputs.to_numpy()[tested]))[:, 0].numpy() > 0
    assert accuracy == np.mean(says == (metadata["survived"][tested] == "yes").to_numpy())
