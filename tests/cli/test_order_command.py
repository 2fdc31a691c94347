"""``neuronaut order`` as a person, a script and a spreadsheet see it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from command_runs import Run

from neuronaut.analysis.ordering.crossings import crossings
from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec


@pytest.fixture
def crossed(tmp_path: Path) -> Path:
    """Two features into three neurons, the first feature mostly into the last neuron."""
    weight = np.array([[1, 100], [1, 1], [100, 1]], np.float32)
    attributes = {"weight_axes": ["out", "in"]}
    layers = (
        Layer("input", "input", 2, "input", 0, unit_names=("age", "fare")),
        Layer("fc", "dense", 3, "linear", 1, parameters={"weight": "w"}, attributes=attributes),
    )
    card = RecordingCard(Graph(layers, (Edge("input", "fc", "linear", Take(((0, 2, 1),))),)))
    specs = [
        ArraySpec(f"activations/{one.name}/post", "float32", (one.unit_count,), ("sample", "unit")) for one in layers
    ]
    path = tmp_path / "crossed.naut"
    with create(path, card, specs, static={"parameters/w": weight}) as writer:
        writer.append({spec.path: np.ones((4, *spec.shape), np.float32) for spec in specs})
    assert crossings(weight.T) == 10_200
    return path


def test_a_person_sees_what_the_order_saves(neuronaut: Run, crossed: Path) -> None:
    ran = neuronaut("order", crossed)
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0] == "weighted crossings: 10,200 in index order, 3 in this one (−100.0%)"
    assert lines[1] == "0.1% of what random orders have on average, 5,102"
    assert lines[3:] == ["input      2      0  0 1", "fc         3      2  2 1 0"]
    assert "note: crossings are counted in input → fc." in ran.err


def test_json_holds_a_permutation_for_each_layer_and_the_totals(neuronaut: Run, crossed: Path) -> None:
    values = neuronaut("order", crossed, "--json").json["values"]
    assert values["permutation\tfc"] == [2, 1, 0]
    assert (values["crossings_before"], values["crossings_after"]) == (10_200, 3)


def test_csv_has_a_row_for_each_unit_in_drawn_order(neuronaut: Run, crossed: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(neuronaut("order", crossed, "--inputs", "--csv").out)))
    assert [row["unit"] for row in rows if row["layer"] == "input"] in (["input:0", "input:1"], ["input:1", "input:0"])
    assert {row["index"]: row["name"] for row in rows[:2]} == {"0": "age", "1": "fare"}
    assert [int(row["place"]) for row in rows] == [0, 1, 0, 1, 2]


def test_a_column_alone_asks_for_an_order_by_class(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("order", recording, "--column", "kind")
    assert "first the units that prefer kind a, last those that prefer b" in " ".join(ran.err.split())
    assert ran.out.splitlines()[0] == "weighted crossings: unknown, as no weights are"


def test_an_empty_slice_is_exit_code_1_with_the_reason(neuronaut: Run, recording: Path) -> None:
    assert "no sample is in row > 99" in neuronaut("order", recording, "--by", "mean", "-w", "row > 99", code=1).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--column", "knd"), "no column 'knd'; closest: 'kind'"),
        (("--by", "clas"), "no order 'clas'; closest: 'class'"),
        (("--by", "class"), "needs a column"),
        (("--layer", "fc1"), "no layer 'fc1'; closest: 'fc'"),
        (("--passes", "-1"), "--passes"),
    ],
)
def test_bad_input_is_refused_with_the_reason(
    neuronaut: Run, recording: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(neuronaut("order", recording, *words, code=2).err.split())


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]], ids=["text", "json", "csv"])
def test_nothing_hostile_reaches_the_terminal(neuronaut: Run, recording: Path, form: list[str]) -> None:
    ran = neuronaut("order", recording, "--by", "together", *form)
    if form != ["--csv"]:
        assert not any(sign in ran.out + ran.err for sign in "\x1b\u202e\x9b")
    cells = [cell for row in csv.reader(io.StringIO(ran.out)) for cell in row]
    assert form != ["--csv"] or not any(cell.startswith("=") for cell in cells)
