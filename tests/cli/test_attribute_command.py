"""``neuronaut attribute`` beside a recording of a table and one of images."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_runs import Run

import neuronaut as naut

MODELS = """
import torch
from torch import nn

torch.manual_seed(0)
table = nn.Sequential(nn.Linear(2, 40), nn.ReLU(), nn.Linear(40, 1))
images = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neuronaut: Run) -> Path:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"age": rng.normal(size=64), "fare": rng.normal(size=64), "who": ["ann", "bob"] * 32, "won": [0, 1] * 32}
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    np.savez(tmp_path / "digits.npz", images=rng.normal(size=(30, 1, 6, 6)).astype(np.float32), y=np.arange(30) % 3)
    (tmp_path / "attributedmodels.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "attributedmodels", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ("record", "attributedmodels:table", "people.csv", "--to", "people.naut", "--no-influence")
    neuronaut(*words, "--features", "age,fare", "--labels", "won")
    words = ("record", "attributedmodels:images", "digits.npz", "--to", "digits.naut", "--no-influence")
    neuronaut(*words, "--labels", "y")
    return tmp_path


TABLE = ("attribute", "people.naut", "won", "--model", "attributedmodels:table")


def test_features_are_named_with_interval_and_what_they_sum_to(neuronaut: Run, folder: Path) -> None:
    ran = neuronaut(*TABLE)
    lines = ran.out.splitlines()
    assert lines[0] == "input to 2:0, integrated from mean, on 64 samples (all)"
    assert "95% interval" in lines[1] and {line.split()[1] for line in lines[2:4]} == {"age", "fare"}
    assert "the attributions sum to" in " ".join(ran.out.split())


def test_json_holds_what_python_gives(neuronaut: Run, folder: Path) -> None:
    words = ("--layer", "0", "--method", "patching", "--where", "who == 'ann'", "--baseline", "0", "--json")
    found = neuronaut(*TABLE, *words).json
    import attributedmodels

    rec = naut.open(folder / "people.naut")
    same = naut.attribute(attributedmodels.table, rec, "2:0", "0", "patching", "who == 'ann'", baseline=0.0)
    np.testing.assert_allclose(found["values"]["attribution"], same["attribution"])
    assert found["n"] == {'who == "ann"': 32} and found["values"]["rank_correlation"] == float(same["rank_correlation"])


def test_channels_of_images_go_to_a_table_of_comma_separated_values(neuronaut: Run, folder: Path) -> None:
    words = ("attribute", "digits.naut", "3:1", "--layer", "0", "--method", "lrp", "--model", "attributedmodels:images")
    assert "--data" in neuronaut(*words, code=2).err
    table = list(csv.DictReader(io.StringIO(neuronaut(*words, "--data", "digits.npz", "--csv").out)))
    assert [row["unit"] for row in table] == ["0:0", "0:1", "0:2", "0:3"]
    assert all(float(row["low"]) <= float(row["attribution"]) <= float(row["high"]) for row in table)


def test_the_places_of_a_map_add_up_to_their_channel_and_the_farthest_is_named(neuronaut: Run, folder: Path) -> None:
    words = ("attribute", "digits.naut", "3:1", "--layer", "0", "--model", "attributedmodels:images")
    whole = neuronaut(*words, "--data", "digits.npz", "--json").json
    channels = dict(zip(whole["coords"]["unit"], whole["values"]["attribution"], strict=True))
    mapped = (*words, "--data", "digits.npz", "--positions")
    table = list(csv.DictReader(io.StringIO(neuronaut(*mapped, "--csv").out)))
    places = {unit: [row for row in table if row["unit"] == unit] for unit in channels}
    assert {unit: len(rows) for unit, rows in places.items()} == dict.fromkeys(channels, 16)
    for unit, total in channels.items():
        assert sum(float(row["map"]) for row in places[unit]) == pytest.approx(total, abs=1e-5)
    shown = {line.split()[0]: line.split() for line in neuronaut(*mapped).out.splitlines() if line[:2] == "0:"}
    for unit, rows in places.items():
        farthest = max(rows, key=lambda row: abs(float(row["map"])))
        assert f"@{farthest['y']},{farthest['x']}" in shown[unit]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--positions",), "Leave out --positions"),
        (("--method", "magic"), "no method 'magic'"),
        (("--baseline", "median"), "no baseline 'median'"),
        (("--method", "lrp", "--baseline", "zero"), "Leave out --baseline, or take --method integrated"),
        (("--layer", "2"), "is the layer of '2:0' itself"),
        (("--layer", "fc"), "no layer 'fc'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_the_words_of_the_shell(
    neuronaut: Run, folder: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(neuronaut(*TABLE, *words, code=2).err.split())


def test_an_output_that_is_not_there_is_named(neuronaut: Run, folder: Path) -> None:
    words = ("attribute", "people.naut", "2:3", "--model", "attributedmodels:table")
    assert "its units are 0 to 0" in " ".join(neuronaut(*words, code=2).err.split())
