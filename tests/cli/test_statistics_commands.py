"""compare with its options, and drivers: what they print, in which form, with which exit code."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from command_runs import Run

import neuronaut as naut
from neuronaut.core.layer import Graph, Layer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec

HOSTILE = "\x1b[2J[red]\u202e=cmd"
MODEL = """
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 12), nn.ReLU(), nn.Linear(12, 1))
"""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 samples; fc:0 is high for young people of a port with a name that means harm; fc:1 is noise."""
    rng = np.random.default_rng(0)
    port, age = rng.choice([HOSTILE, "Q", "S"], 2000), rng.integers(1, 80, 2000)
    values = rng.normal(size=(2000, 2)).astype(np.float32)
    values[(port == HOSTILE) & (age <= 40), 0] += 4
    layers = (Layer("fc", "dense", 2, "linear", 1),)
    path = tmp_path_factory.mktemp("drivers") / "people.naut"
    spec = ArraySpec("activations/fc/post", "float32", (2,), ("sample", "unit"))
    with create(path, RecordingCard(Graph(layers)), [spec]) as writer:
        table = pa.table({"port": port, "age": age, "number": np.arange(2000)})
        writer.append({"activations/fc/post": values}, table, half=rng.integers(0, 2, 2000))
    return path


def test_drivers_prints_whole_slices_and_the_verdict(neuronaut: Run, people: Path) -> None:
    ran = neuronaut("drivers", people, "fc:0")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["n", "precision", "lift", "recall", "found", "held-out", "beats", "slice"]
    row = lines[1].split()
    assert row[6] == "yes"
    (chance,) = re.findall(r"of which ([\d.]+) is at the top by chance", " ".join(ran.out.split()))
    chance = float(chance)
    found = [float(line.split()[4]) for line in lines if "yes" in line.split()[6:7]]
    assert found == sorted(found, reverse=True)
    assert float(row[2]) == pytest.approx(float(row[1]) / chance, rel=0.02)
    assert "and age <= " in " ".join(ran.out.split())
    assert "fc:0 is highest for port ==" in ran.out
    assert "left out: number" in ran.err
    assert all(len(line) <= 80 for line in lines)
    assert not any(sign in ran.out + ran.err for sign in "\x1b\u202e")


def test_drivers_says_when_nothing_beats_shuffles(neuronaut: Run, people: Path) -> None:
    assert "fc:1: nothing beats shuffles" in " ".join(neuronaut("drivers", people, "fc:1").out.split())


def test_drivers_as_json_and_csv_agree_and_every_filter_can_be_used(neuronaut: Run, people: Path) -> None:
    words = ("drivers", people, "fc:0", "--column", "age", "--top", "0.1", "--score", "f1")
    found = neuronaut(*words, "--json").json
    rows = list(csv.DictReader(io.StringIO(neuronaut(*words, "--csv").out)))
    assert [float(row["heldout"]) for row in rows] == found["values"]["heldout"]
    rec = naut.open(people)
    assert [int(rec.mask(text).sum()) for text in found["coords"]["slice"]] == found["values"]["n"]
    assert all("port" not in text for text in found["coords"]["slice"])


def test_drivers_of_a_unit_without_questions_is_exit_code_1_with_the_reason(neuronaut: Run, people: Path) -> None:
    ran = neuronaut("drivers", people, "fc:0", "--beam", "1", "--depth", "1", "--limit", "1")
    assert len([line for line in ran.out.splitlines() if " yes " in line]) == 1
    assert "no column 'prot'; closest: 'port'" in neuronaut("drivers", people, "fc:0", "-c", "prot", code=2).err
    assert "its units are 0 to 1" in neuronaut("drivers", people, "fc:7", code=2).err


def test_compare_with_a_bootstrap_and_max_t_fits_the_screen(neuronaut: Run, people: Path) -> None:
    words = ("compare", people, "age < 40", "--interval", "bca", "--max-t", "99")
    lines = neuronaut(*words).out.splitlines()
    assert lines[2].split() == ["unit", "difference", "bca_low", "bca_high", "g", "q", "p_max", "replicated"]
    assert lines[3].startswith("fc:0")
    assert all(len(line) <= 80 for line in lines)
    rows = list(csv.DictReader(io.StringIO(neuronaut(*words, "--csv").out)))
    assert float(rows[0]["p_max"]) == 0.01
    assert "shrinkage" not in rows[0]
    assert neuronaut(*words, "--json").json["values"]["shrinkage"] > 0
    assert "no interval 'bcc'" in neuronaut("compare", people, "age < 40", "--interval", "bcc", code=2).err


def test_compare_with_a_twin_runs_the_model_anew(
    neuronaut: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twinmodels.py").write_text(MODEL, encoding="utf-8")
    rng = np.random.default_rng(1)
    lines = ["x,y,kind", *(f"{a:.3f},{b:.3f},{'pq'[int(a > 0)]}" for a, b in rng.normal(size=(120, 2)))]
    (tmp_path / "points.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ("record", "twinmodels:net", "points.csv", "--to", "points.naut", "--features", "x,y", "--no-influence")
    neuronaut(*words)
    ran = neuronaut("compare", "points.naut", "kind == 'q'", "--twin", "--model", "twinmodels:net")
    assert "twin %" in ran.out
    assert "layer input is the input, which no weights change" in " ".join(ran.err.split())
    assert "Pass model=" in neuronaut("compare", "points.naut", "kind == 'q'", "--twin", code=2).err
