"""Commands that run the user's model beside a recording."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_runs import Run

import neuronaut as naut
from neuronaut.store.results import list_results

MODELS = """
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
other = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
images = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neuronaut: Run) -> Path:
    """A folder with models, the recording of a table and the recording of images."""
    rng = np.random.default_rng(0)
    age = rng.normal(size=64).round(3)
    frame = pd.DataFrame(
        {"age": age, "fare": rng.normal(size=64).round(3), "who": ["ann", "bob"] * 32, "won": [0, 1] * 32}
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    np.savez(tmp_path / "digits.npz", images=rng.normal(size=(30, 1, 6, 6)).astype(np.float32), y=np.arange(30) % 3)
    (tmp_path / "livemodels.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "livemodels", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ("record", "livemodels:net", "people.csv", "--to", "people.naut")
    neuronaut(*words, "--features", "age,fare", "--labels", "won", "--influence")
    neuronaut("record", "livemodels:images", "digits.npz", "--to", "digits.naut", "--labels", "y", "--no-influence")
    return tmp_path


def test_influence_that_was_stored_is_printed_both_ways_without_a_model(neuronaut: Run, folder: Path) -> None:
    lines = neuronaut("influence", "people.naut", "0:1").out.splitlines()
    assert lines[0] == "0:1 moves, on 64 samples (all)"
    assert lines[3] == "0:1 is moved by, on 64 samples (all)"
    assert {line.split()[1] for line in lines[5:7]} == {"age", "fare"}


def test_influence_on_a_filter_is_measured_on_the_model(neuronaut: Run, folder: Path) -> None:
    words = ("influence", "people.naut", "2:0", "--direction", "backward", "--where", "who == 'ann'")
    found = neuronaut(*words, "--model", "livemodels:net", "--json").json
    assert found["n"] == {'who == "ann"': 32}
    rec = naut.open(folder / "people.naut")
    weight = np.asarray(rec.parameters["2.weight"])[0]
    expected = weight * rec["0"].where("who == 'ann'").read().mean(0)
    place = [found["coords"]["unit"].index(f"0:{unit}") for unit in range(3)]
    np.testing.assert_allclose(np.array(found["values"]["effect"])[place], expected, atol=1e-6)
    assert "--model" in neuronaut(*words, code=2).err


def test_influence_of_a_channel_takes_the_images_that_were_recorded(neuronaut: Run, folder: Path) -> None:
    words = ("influence", "digits.naut", "0:2", "--model", "livemodels:images", "-d", "forward")
    assert "--data" in neuronaut(*words, code=2).err
    table = list(csv.DictReader(io.StringIO(neuronaut(*words, "--data", "digits.npz", "--csv").out)))
    assert sorted(row["unit"] for row in table) == ["3:0", "3:1", "3:2"]
    assert all(row["forwards"] == "true" for row in table)


def test_another_model_than_was_recorded_is_refused(neuronaut: Run, folder: Path) -> None:
    ran = neuronaut("influence", "people.naut", "0:1", "--model", "livemodels:other", code=2)
    assert "its structure or weights are others" in " ".join(ran.err.split())


def test_ablate_prints_effects_with_interval_null_and_verdict(neuronaut: Run, folder: Path) -> None:
    words = ("ablate", "people.naut", "0:1", "--model", "livemodels:net")
    lines = neuronaut(*words).out.splitlines()
    assert lines[0] == "0:1 replaced by its mean, on 64 samples (all)"
    assert " ".join(lines[1].split()) == "metric before effect 95% interval random units causal"
    assert [line.split()[0] for line in lines[2:6]] == ["loss", "accuracy", "logits", "kl"]
    assert all(line.rstrip().endswith("–") for line in lines[2:6])
    said = " ".join(" ".join(lines[6:]).split())
    assert said.startswith("no verdict: 2 other units are too few to tell 5%, it takes 19; the layer has no more.")
    assert "no p can be below 1/3." in said
    place = lines.index("On the held-out half")
    assert lines[place + 1].split() == ["metric", "effect", "95%", "interval", "replicated"]
    assert [line.split()[0] for line in lines[place + 2 : place + 6]] == ["loss", "accuracy", "logits", "kl"]


def test_ablate_as_json_is_what_python_says(neuronaut: Run, folder: Path) -> None:
    from livemodels import net

    words = ("ablate", "people.naut", "0:0", "0:2", "--model", "livemodels:net", "--how", "zero", "-w", "who == 'ann'")
    found = neuronaut(*words, "--json").json
    expected = naut.ablate(net, naut.open("people.naut"), ["0:0", "0:2"], "zero", where="who == 'ann'")
    np.testing.assert_allclose(found["values"]["effect"], expected["effect"])
    assert found["params"]["units"] == ["0:0", "0:2"]
    table = list(csv.DictReader(io.StringIO(neuronaut(*words, "--csv", "--metric", "loss").out)))
    assert [row["metric"] for row in table] == ["loss"]


def test_ablate_scales_by_the_factor_it_is_given(neuronaut: Run, folder: Path) -> None:
    from livemodels import net

    words = ("ablate", "people.naut", "0:1", "--model", "livemodels:net", "--how", "scale", "--scale", "2")
    assert "0:1 multiplied by 2, on" in neuronaut(*words).out
    found = neuronaut(*words, "--json").json
    expected = naut.ablate(net, naut.open("people.naut"), "0:1", "scale", scale=2)
    np.testing.assert_allclose(found["values"]["effect"], expected["effect"])


def test_ablate_is_kept_for_the_page_only_when_asked(neuronaut: Run, folder: Path) -> None:
    words = ("ablate", "people.naut", "0:1", "--model", "livemodels:net")
    before = list_results(naut.open("people.naut"))
    neuronaut(*words)
    assert list_results(naut.open("people.naut")) == before
    assert "Kept in people.naut" in neuronaut(*words, "--keep").err
    assert [name for name, _ in list_results(naut.open("people.naut"))] == ["ablate", *(name for name, _ in before)]


def test_ablate_of_images_takes_them_from_the_file(neuronaut: Run, folder: Path) -> None:
    words = ("ablate", "digits.naut", "0:2", "--model", "livemodels:images", "--null", "3")
    assert "--data" in neuronaut(*words, code=2).err
    out = neuronaut(*words, "--data", "digits.npz").out
    assert "Accuracy by class" in out
    assert "Outputs" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--how", "median"),
            "no way to ablate 'median'; closest: 'mean'. There are: 'mean', 'zero', 'resample', 'scale'.",
        ),
        (("--scale", "2"), "how='mean' and scale=2.0; give both how='scale' and scale=2, or neither."),
        (("--metric", "f1"), "no metric 'f1'. There are: 'loss', 'accuracy', 'logits', 'kl', 'all'."),
        (("0:99",), "no unit 99 in layer '0': its units are 0 to 2."),
    ],
)
def test_what_cannot_be_ablated_is_refused_before_the_model_is_loaded(
    neuronaut: Run, folder: Path, words: tuple[str, ...], said: str
) -> None:
    ran = neuronaut("ablate", "people.naut", "0:1", *words, "--model", "nowhere:net", code=2)
    assert said in " ".join(ran.err.split())


def test_a_column_of_other_labels_is_answered_with_the_classes(neuronaut: Run, folder: Path) -> None:
    ran = neuronaut("ablate", "people.naut", "0:1", "--model", "livemodels:net", "--labels", "who", code=2)
    said = " ".join(ran.err.split())
    assert "'who' of sample 0 is 'ann', which is none of '0', '1'." in said
    assert "Give labels that hold the model's classes (recorded with --labels won)." in said


def test_several_columns_are_the_right_answers_of_several_outputs(neuronaut: Run, folder: Path) -> None:
    (folder / "twomodels.py").write_text(MODELS.replace("nn.Linear(3, 1)", "nn.Linear(3, 2)"), encoding="utf-8")
    words = ("record", "twomodels:net", "people.csv", "--to", "two.naut", "--features", "age,fare")
    neuronaut(*words, "--labels", "age,fare", "--no-influence")
    kept = neuronaut("ablate", "two.naut", "0:1", "--model", "twomodels:net", "--json").json["values"]
    words = ("ablate", "two.naut", "0:1", "--model", "twomodels:net", "--json", "--labels")
    assert neuronaut(*words, "age,fare").json["values"] == kept
    assert neuronaut(*words, "fare,age").json["values"]["effect"][0] != kept["effect"][0] is not None
    assert "the regression has 2 outputs: age, fare" in " ".join(neuronaut(*words, "age", code=2).err.split())
