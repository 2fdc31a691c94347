"""match: two recordings of one network whose units were planted in another order."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from command_runs import Run

from neuronaut.core.layer import Graph, Layer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec

N = 200
ORDER = [2, 0, 3, 1]


def write(path: Path, layers: dict[str, np.ndarray], column: str = "kind") -> Path:
    cards = tuple(Layer(name, "dense", values.shape[1], "linear", 1) for name, values in layers.items())
    arrays = {f"activations/{name}/post": values for name, values in layers.items()}
    specs = [ArraySpec(name, "float64", values.shape[1:], ("sample", "unit")) for name, values in arrays.items()]
    with create(path, RecordingCard(Graph(cards)), specs) as writer:
        writer.append(arrays, pa.table({column: np.array(["a", "b", "b", "a", "b"] * (N // 5))}))
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    x = np.random.default_rng(0).normal(size=(N, 4))
    y = np.column_stack([x[:, ORDER], np.ones(N)])
    return write(folder / "one.naut", {"fc": x, "deep": x}), write(folder / "two.naut", {"fc": y, "hidden": y})


def test_the_planted_partners_are_printed_with_how_surely(neuronaut: Run, pair: tuple[Path, Path]) -> None:
    ran = neuronaut("match", *pair, "--sort", "unit")
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["shared:", "200", "samples"]
    assert lines[2][:2] == ["fc", "fc"]
    assert [line[:3] for line in lines[5:9]] == [[f"fc:{unit}", f"fc:{ORDER.index(unit)}", "1.00"] for unit in range(4)]
    assert [line[-2:] for line in lines[5:9]] == [["yes", "yes"]] * 4
    words = " ".join(ran.out.split())
    assert "4 of 4 pairs replicated on the held-out half; 0 units here and 1 there have no partner" in words
    assert "1 unit (fc:4) of two.naut: constant; without a partner" in " ".join(ran.err.split())
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_json_and_csv_hold_the_same_partners(neuronaut: Run, pair: tuple[Path, Path]) -> None:
    found = neuronaut("match", *pair, "--json").json
    rows = list(csv.DictReader(io.StringIO(neuronaut("match", *pair, "--csv").out)))
    assert [row["partner"] for row in rows] == found["values"]["partner"]
    assert found["n"] == {"shared": N}
    assert found["params"]["other"]["recording"]


def test_layers_of_other_names_and_a_slice(neuronaut: Run, pair: tuple[Path, Path]) -> None:
    words = ("--layer", "deep", "--other-layer", "hidden", "--where", "kind == 'a'")
    ran = neuronaut("match", *pair, *words, "--sort", "auroc_change")
    assert ran.out.splitlines()[3].split()[:2] == ["deep", "hidden"]
    assert "change" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_what_cannot_be_matched_is_refused_in_words(neuronaut: Run, pair: tuple[Path, Path], tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(N, 4))
    foreign = write(tmp_path / "other.naut", {"fc": x}, column="colour")
    assert "other.naut are of different data" in " ".join(neuronaut("match", pair[0], foreign, code=2).err.split())
    assert "matched with itself" in " ".join(neuronaut("match", pair[0], pair[0], code=2).err.split())
    assert "no column to sort by 'auroc_change'" in neuronaut("match", *pair, "--sort", "auroc_change", code=2).err
    lonely = write(tmp_path / "lonely.naut", {"body": x})
    said = " ".join(neuronaut("match", pair[0], lonely, code=2).err.split())
    advice = said[said.index("--layer") :].rstrip(".").replace(",", "")
    assert "deep" not in neuronaut("match", pair[0], lonely, *shlex.split(advice), code=1).out


def test_constants_alone_match_nothing_and_that_is_no_success(neuronaut: Run, tmp_path: Path) -> None:
    still = [write(tmp_path / f"{name}.naut", {"fc": np.ones((N, 2))}) for name in "ab"]
    assert "No unit has a partner." in neuronaut("match", *still, code=1).out


def test_layers_of_both_are_set_beside_each_other(neuronaut: Run, pair: tuple[Path, Path]) -> None:
    words = ("similarity", pair[0], "--layers", "--other", pair[1])
    ran = neuronaut(*words)
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["shared:", "200", "samples"]
    # The same units in another order are the same layer; a unit that never changes adds nothing.
    assert [line for line in lines if line[0] in ("layer", "fc", "deep")] == [
        ["layer", "fc", "hidden"],
        ["fc", "1.000", "1.000"],
        ["deep", "1.000", "1.000"],
    ]
    assert "95% of shuffled pairings stay below 0.0" in ran.out
    found = neuronaut(*words, "fc", "--json").json
    assert (found["coords"]["layers"], found["coords"]["others"]) == (["fc"], ["fc", "hidden"])
    assert found["values"]["p"] == [[0.005, 0.005]]
    table = list(csv.DictReader(io.StringIO(neuronaut(*words, "--csv").out)))
    assert [(row["layers"], row["others"]) for row in table] == [
        ("fc", "fc"), ("fc", "hidden"), ("deep", "fc"), ("deep", "hidden"),
    ]  # fmt: skip
    ran = neuronaut("similarity", pair[0], "--other", pair[1], code=2)
    assert "ask with --layers" in " ".join(ran.err.split())
