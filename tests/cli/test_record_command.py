"""``record``, ``layers`` and ``export`` from the shell: a model by name, data by file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_runs import Run

import neuronaut as naut

LONG = "a_layer_with_a_long_name_of_its_own_number_"
MODELS = """
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))

def make_net():
    return net

def images():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3))

def broken():
    raise RuntimeError("weights.pt is not there")

def number():
    return 3

class Fragile(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.fc = nn.Linear(2, 1)

    def forward(self, x):
        if x.max() > 60:
            raise RuntimeError("too large for me")
        return self.fc(x)

class Stopped(Fragile):
    def forward(self, x):
        if x.max() > 40 and Path("stop").exists():
            raise KeyboardInterrupt
        return self.fc(x)

def deep():
    net = nn.Sequential()
    for k in range(3):
        net.add_module(f"a_layer_with_a_long_name_of_its_own_number_{k}", nn.Linear(2, 2))
    return net

def three():
    return nn.Sequential(nn.Linear(2, 3))

class Remembers(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.lstm, self.fc = nn.Linear(5, 6), nn.LSTM(6, 7, batch_first=True), nn.Linear(7, 3)

    def forward(self, x):
        return self.fc(self.lstm(torch.relu(self.fc1(x)))[0][:, -1])
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder of a user: a module of models, a table, arrays. The module has a name of its own for each test."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"age": np.arange(64.0), "fare": rng.normal(size=64).round(3), "who": ["ann", "bob"] * 32, "won": [0, 1] * 32}
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet")
    np.savez(tmp_path / "digits.npz", images=rng.normal(size=(12, 1, 6, 6)).astype(np.float32), y=np.arange(12) % 3)
    (tmp_path / "usermodels.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "usermodels", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


TABLE = ("--features", "age,fare", "--labels", "won")


@pytest.mark.parametrize("data", ["people.csv", "people.parquet"])
def test_a_table_is_recorded_with_all_its_columns_to_filter_by(neuronaut: Run, folder: Path, data: str) -> None:
    ran = neuronaut("record", "usermodels:make_net", data, "--to", "won.naut", *TABLE)
    assert ran.out.startswith("won.naut: 64 samples, 3 layers, 6 units, ")
    rec = naut.open(folder / "won.naut")
    assert list(rec.metadata) == ["age", "fare", "who", "won"]
    np.testing.assert_array_equal(rec["input"].read()[:, 0], np.arange(64))
    assert neuronaut("compare", "won.naut", "who == 'ann'", "--json").json["n"] == {
        'who == "ann"': 32,
        'not who == "ann"': 32,
    }


def test_arrays_of_images_are_recorded_channel_by_channel(neuronaut: Run, folder: Path) -> None:
    neuronaut(
        "record", "usermodels:images", "digits.npz", "--to", "d.naut", "--labels", "y", "--layer", "0", "--layer", "3"
    )
    rec = naut.open(folder / "d.naut")
    assert list(rec.layers) == ["0", "3"]
    assert rec["0"].shape == (12, 4)
    assert rec["0"].argmax.shape == (12, 4)


def test_a_model_itself_may_be_named_instead_of_its_maker(neuronaut: Run, folder: Path) -> None:
    assert neuronaut("record", "usermodels:net", "people.csv", "--to", "a.naut", *TABLE)


def test_recording_twice_is_refused_unless_asked_to_replace(neuronaut: Run, folder: Path) -> None:
    words = ("record", "usermodels:net", "people.csv", "--to", "a.naut", *TABLE)
    neuronaut(*words)
    assert "--overwrite" in neuronaut(*words, code=2).err
    assert neuronaut(*words, "--overwrite", "--json").json["samples"] == 64


def test_missing_values_of_a_feature_are_said(neuronaut: Run, folder: Path) -> None:
    frame = pd.read_csv("people.csv")
    frame.loc[3:5, "age"] = None
    frame.to_csv("gaps.csv", index=False)
    assert "age is missing for 3 samples" in neuronaut(
        "record", "usermodels:net", "gaps.csv", "--to", "gaps.naut", *TABLE
    ).err.replace("\n", " ")


def test_a_model_that_fails_in_the_middle_keeps_what_came_before(neuronaut: Run, folder: Path) -> None:
    ran = neuronaut("record", "usermodels:Fragile", "people.csv", "--to", "f.naut", "--batch-size", "8", *TABLE, code=2)
    said = " ".join(ran.err.split())
    assert "RuntimeError: too large for me (usermodels.py, line 30)" in said
    assert "56 of 64 samples are kept" in said
    assert naut.open(folder / "f.naut").n == 56


def test_control_c_keeps_what_is_done_and_resume_goes_on(neuronaut: Run, folder: Path) -> None:
    words = ("record", "usermodels:Stopped", "people.csv", "--to", "s.naut", "--batch-size", "8", *TABLE)
    (folder / "stop").touch()
    ran = neuronaut(*words, code=130)
    assert "interrupted" in ran.err
    assert "40 of 64 samples are kept" in ran.err
    assert "Go on with the same command and --resume." in ran.err
    (folder / "stop").unlink()
    neuronaut(*words, "--resume")
    rec = naut.open(folder / "s.naut")
    assert rec.finished
    np.testing.assert_array_equal(rec["input"].read()[:, 0], np.arange(64))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("usermodels", "names no model. Write MODULE:FACTORY"),
        ("usermodels.py:net", "is a file. Write the module's name, for example 'usermodels:net'"),
        ("nomodels:net", "no module 'nomodels' here or among the installed packages"),
        ("usermodels:make_nat", "no name in usermodels 'make_nat'; closest: 'make_net'"),
        ("usermodels:broken", "failed with RuntimeError: weights.pt is not there (usermodels.py, line 17)"),
        ("usermodels:number", "returned 3, not a torch.nn.Module"),
    ],
)
def test_a_model_that_cannot_be_had_is_explained(neuronaut: Run, folder: Path, model: str, said: str) -> None:
    ran = neuronaut("layers", model, "--input-shape", "2", code=2)
    assert said in " ".join(ran.err.split())


def test_layers_prints_what_runs_and_where_it_comes_from(neuronaut: Run, folder: Path) -> None:
    lines = neuronaut("layers", "usermodels:images", "--input-shape", "1,6,6").out.splitlines()
    assert lines[2].split() == ["0", "conv2d,", "relu", "4", "4", "×", "4", "the", "one", "above"]
    card = neuronaut("layers", "usermodels:net", "--data", "people.csv", "--features", "age,fare", "--json").json
    assert [layer["name"] for layer in card["layers"]] == ["input", "0", "2"]


def test_layers_can_be_chosen_and_are_csv_too(neuronaut: Run, folder: Path) -> None:
    words = ("layers", "usermodels:deep", "--input-shape", "2")
    whole = pd.read_csv(io.StringIO(neuronaut(*words, "--csv").out))
    assert whole["layer"].tolist() == ["input", *(f"{LONG}{k}" for k in range(3))]
    assert whole["from"].tolist()[1:] == whole["layer"].tolist()[:-1]
    assert (whole["operator"] == "linear").tolist() == [False, True, True, True]
    one = pd.read_csv(io.StringIO(neuronaut(*words, "--csv", "--layer", "*1").out))
    assert one["layer"].tolist() == [f"{LONG}1"]
    card = neuronaut(*words, "--json", "--layer", "*1", "-l", "*2").json
    assert [layer["name"] for layer in card["layers"]] == [f"{LONG}1", f"{LONG}2"]
    assert f"closest: '{LONG}1'" in " ".join(neuronaut(*words, "--layer", f"{LONG}11", code=2).err.split())


def test_long_names_of_layers_are_shown_whole(neuronaut: Run, folder: Path) -> None:
    lines = neuronaut("layers", "usermodels:deep", "--input-shape", "2", "--layer", "*1").out.splitlines()
    assert all(len(line) <= 80 for line in lines) and not any("…" in line for line in lines)
    ends = [(line[: len(line) // 3].split() or [""])[0] for line in lines[1:]]
    assert f"{LONG}1" in "".join(ends)


def test_what_cannot_be_recorded_is_advised_on_in_words_of_the_shell(neuronaut: Run, folder: Path) -> None:
    said = " ".join(neuronaut("layers", "usermodels:Remembers", "--input-shape", "4,5", code=2).err.split())
    assert said.endswith("Pass --layer without it, for example --layer fc1 --layer fc.")
    assert "fc1" in neuronaut("layers", "usermodels:Remembers", "--input-shape", "4,5", "-l", "fc1").out


def test_a_regression_of_several_outputs_is_recorded_by_columns_or_arrays(neuronaut: Run, folder: Path) -> None:
    neuronaut("record", "usermodels:three", "people.csv", "--to", "a.naut", "--features", "age,fare",
              "--labels", "age, fare,won")  # fmt: skip
    rec = naut.open(folder / "a.naut")
    assert rec.task["targets"] == ["age", "fare", "won"] and "prediction_fare" in rec.columns
    x = np.arange(8, dtype=np.float32).reshape(4, 2)
    np.savez(folder / "d.npz", X=x, y=np.c_[x, x[:, :1]])
    neuronaut("record", "usermodels:three", "d.npz", "--to", "b.naut", "--labels", "y")
    rec = naut.open(folder / "b.naut")
    assert rec.task["labels"] == ["y_0", "y_1", "y_2"]
    assert rec.metadata["y_2"].tolist() == x[:, 0].tolist()
    z = np.asarray(rec.outputs["prediction"])
    np.testing.assert_allclose(rec.outputs["loss"], ((z - np.c_[x, x[:, :1]]) ** 2).mean(1), rtol=1e-5)


def test_a_device_that_is_not_there_is_said(neuronaut: Run, folder: Path) -> None:
    for device in ("cuda:99", "toaster"):
        said = neuronaut(
            "record", "usermodels:net", "people.csv", "--to", "a.naut", *TABLE, "--device", device, code=2
        ).err
        assert f"no device '{device}' here" in said
    assert not (folder / "a.naut").exists()


def test_a_header_without_rows_is_said(neuronaut: Run, folder: Path) -> None:
    (folder / "empty.csv").write_text("age,fare,won\n", encoding="utf-8")
    ran = neuronaut("record", "usermodels:net", "empty.csv", "--to", "a.naut", *TABLE, code=2)
    assert ran.err == "error: 'empty.csv' has a header but no rows.\n"


def test_a_slice_that_selects_nothing_is_said_beside_the_page(neuronaut: Run, folder: Path) -> None:
    neuronaut("record", "usermodels:net", "people.csv", "--to", "won.naut", *TABLE)
    ran = neuronaut("export", "won.naut", "a.html", "-s", "who == 'anne'", "-s", "who == 'bob'")
    said = " ".join(ran.err.split())
    assert said == ('note: the slice who == "anne" selects no sample: no row of who holds "anne"; closest: "ann".')
    assert "a.html" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give --data FILE, or --input-shape"),
        (("--input-shape", "2,x"), "'2,x' is no shape"),
        (("--input-shape", "5"), "running the model failed with RuntimeError"),
        (("--input-shape", "2", "--input-dtype", "int8"), "no input type 'int8'"),
    ],
)
def test_an_input_that_does_not_fit_is_explained(
    neuronaut: Run, folder: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(neuronaut("layers", "usermodels:net", *words, code=2).err.split())


def test_export_writes_the_page_and_readable_json(neuronaut: Run, folder: Path) -> None:
    neuronaut("record", "usermodels:net", "people.csv", "--to", "a.naut", *TABLE)
    ran = neuronaut("export", "a.naut", "out/a.html", "-s", "who == 'ann'", "--json-dir", "out/json")
    page = (folder / "out" / "a.html").read_text(encoding="utf-8")
    assert f"a.html: {(folder / 'out' / 'a.html').stat().st_size:,} bytes" in ran.out
    assert "nn-manifest" in page
    told = neuronaut("export", "a.naut", "out/a.html", "--json").json
    assert (told["page"], told["slices"]) == ("out/a.html", [])
    assert sorted(file.name for file in (folder / "out" / "json").iterdir()) == ["network.json", "statistics.json"]
