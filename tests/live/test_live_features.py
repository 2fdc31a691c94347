"""Features in the metadata's own units: slope and intercept as they were put in, and nothing where there is no line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.live import features as live_features
from neuronaut.live.questions import live_questions
from neuronaut.samples import load_titanic

AGES = [4.0, 18.0, 30.0, 45.0, 72.0, None]


def known(
    inputs: pd.DataFrame | np.ndarray, metadata: pd.DataFrame, to: Path, asked: str = "features"
) -> tuple[Result, Any]:
    net = nn.Linear(inputs.shape[1], 2).eval()
    rec = naut.record(net, inputs, metadata=metadata, influence=False, to=to / "table.naut")
    return live_questions(rec, net)[asked](rec), rec


def test_a_standardised_age_is_15_years_a_step_from_30_whatever_unknown_ages_became(tmp_path: Path) -> None:
    ages = pd.Series(AGES)
    inputs = pd.DataFrame({"age": ((ages - 30) / 15).fillna(9.5), "noise": [0.3, -1, 2, 0, 1, 4]}).astype(np.float32)
    found, _ = known(inputs, pd.DataFrame({"age": ages}), tmp_path)
    assert found["slope"][0] == pytest.approx(1 / 15, rel=1e-6)
    assert found["intercept"][0] == pytest.approx(-2, rel=1e-6)
    assert np.isnan([found["slope"][1], found["intercept"][1]]).all(), "noise is no column"
    assert found["low"].tolist() == [4, -1] and found["high"].tolist() == [72, 4], "an age from 4 to 72 years"
    assert found.coords["meaning"] == []


def test_a_falling_line_is_one_and_a_bent_one_is_not(tmp_path: Path) -> None:
    size = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    inputs = pd.DataFrame({"falls": 3 - size / 4, "bent": np.log(size), "nearly": size}).astype(np.float32)
    inputs.loc[3, "nearly"] += np.float32(0.05)
    found, _ = known(inputs, pd.DataFrame(dict.fromkeys(inputs, size)), tmp_path)
    assert (found["slope"][0], found["intercept"][0]) == (-0.25, 3)
    assert np.isnan(found["slope"][1:]).all()


def test_features_without_names_have_their_reach(tmp_path: Path) -> None:
    found, _ = known(np.array([[1.0, -2], [3, 5]], np.float32), pd.DataFrame({"age": [1.0, 2]}), tmp_path)
    assert (found["low"].tolist(), found["high"].tolist()) == ([1, -2], [3, 5])
    assert np.isnan(found["slope"]).all()


def test_a_feature_that_is_its_column_needs_no_other_units(tmp_path: Path) -> None:
    ages = pd.DataFrame({"age": [4.0, 18.0, 30.0, 45.5]})
    found, _ = known(ages.astype(np.float32), ages, tmp_path)
    assert np.isnan(found["slope"][0])


def test_texts_and_two_numbers_stand_for_what_they_always_are(tmp_path: Path) -> None:
    inputs = pd.DataFrame({"sex": [-0.5, 1.25, -0.5, 7], "flag": [1.0, 0, 1, 0], "twice": [1.0, 2, 3, 1]})
    metadata = pd.DataFrame(
        {"sex": ["male", "female", "male", None], "flag": [True, False, True, False], "twice": [5, 6, 5, 6]}
    )
    found, _ = known(inputs.astype(np.float32), metadata, tmp_path)
    meant = list(zip(found["of"].tolist(), found.coords["meaning"], found["value"].tolist(), strict=True))
    assert meant == [(0, "male", -0.5), (0, "female", 1.25), (1, "false", 0), (1, "true", 1)]
    assert np.isnan(found["slope"]).all(), "through two values every line goes"


def test_numbers_that_cannot_be_on_a_line_are_none(tmp_path: Path) -> None:
    huge = [1e200, -1e300, 1e308, 3.0]
    inputs = np.array([[1.0, 1.0], [2.0, 1.0], [np.nan, 1.0], [4.0, 1.0]], np.float32)
    table = pd.DataFrame(inputs, columns=["huge", "same"])
    found, _ = known(table, pd.DataFrame({"huge": huge, "same": [1.0, 2, 3, 4]}), tmp_path)
    assert np.isnan(found["slope"]).all()
    assert (found["low"].tolist(), found["high"].tolist()) == ([1, 1], [4, 1])


def test_of_many_samples_some_are_looked_at_and_no_end_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_features, "MOST_VALUES", 20)
    ages = pd.DataFrame({"age": np.arange(50.0)})
    found, _ = known((ages / 10).astype(np.float32), ages, tmp_path)
    assert found["slope"][0] == pytest.approx(0.1, rel=1e-6)
    assert np.isnan([found["low"][0], found["high"][0]]).all()
    assert found.n == {"all": 20} and found.notes == ("Of 20 of 50 samples, evenly spread.",)


def test_the_passengers_features_are_those_of_the_table_they_were_made_of(tmp_path: Path) -> None:
    inputs, people = load_titanic()
    found, rec = known(inputs, people, tmp_path)
    names = rec.layers["input"].unit_names
    for name in ("pclass", "age", "sibsp", "parch", "fare"):
        unit = names.index(name)
        back = (inputs[name].to_numpy(float) - found["intercept"][unit]) / found["slope"][unit]
        there = people[name].notna().to_numpy()
        np.testing.assert_allclose(back[there], people[name][there].to_numpy(float), atol=1e-3)
    assert found.coords["meaning"] == ["male", "female"]


def test_pictures_have_no_features_and_another_recording_is_refused(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).eval()
    pictures = torch.rand(6, 1, 4, 4).numpy()
    rec = naut.record(net, pictures, influence=False, to=tmp_path / "pictures.naut")
    with pytest.raises(DataError, match="no features"):
        live_questions(rec, net, pictures)["features"](rec)
    other = naut.record(nn.Linear(2, 2), np.zeros((4, 2), np.float32), influence=False, to=tmp_path / "other.naut")
    with pytest.raises(DataError, match=r"that of pictures\.naut"):
        live_questions(rec, net, pictures)["features"](other)
