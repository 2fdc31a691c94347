"""Order: what is drawn first, what it saves, and a reason for everything that cannot be ordered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_recordings import Array, Made
from torch import nn

import neuronaut as naut
from neuronaut.analysis.order import ORDERS, order, permutations
from neuronaut.analysis.ordering.crossings import crossings, random_crossings
from neuronaut.analysis.ordering.together import fire_together
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.layer import Edge, Layer, Take
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording

KIND = ["a", "b"] * 30


def network(
    made: Made,
    *weights: Array,
    values: dict[str, Array] | None = None,
    metadata: object = None,
    skip: Array | None = None,
) -> Recording:
    """A chain x, h1, h2, ... y of dense layers with these weights [source target], and a skip from x to y."""
    sizes = [len(weights[0]), *(matrix.shape[1] for matrix in weights)]
    names = ["x", *(f"h{number}" for number in range(1, len(weights))), "y"]
    layers, edges, parameters = [Layer("x", "input", sizes[0], "input", 0)], [], {}
    for number, matrix in enumerate(weights):
        before = [number] if skip is None or number < len(weights) - 1 else [number, 0]
        attributes = {"weight_axes": ["out", "in"]}
        name, last = names[number + 1], number == len(weights) - 1
        layers.append(
            Layer(name, "dense", sizes[number + 1], "linear", number + 1, parameters={"weight": f"w{number}"},
                  attributes=attributes, output=last)
        )  # fmt: skip
        parts = [matrix, *([skip] if len(before) > 1 else [])]
        parameters[f"w{number}"] = np.concatenate(parts).T.astype(np.float32)
        for place, source in enumerate(before):
            take = np.full(sum(map(len, parts)), -1)
            start = 0 if place == 0 else len(matrix)
            take[start : start + sizes[source]] = np.arange(sizes[source])
            edges.append(Edge(names[source], name, "linear", Take.encode(take)))
    rng = np.random.default_rng(0)
    seen = {name: rng.normal(size=(60, size)).astype(np.float32) for name, size in zip(names, sizes, strict=True)}
    return made(seen | (values or {}), metadata, layers=layers, edges=edges, parameters=parameters)


def totals(result: Result) -> tuple[float, float, float]:
    before, after, random = (float(result[f"crossings_{name}"]) for name in ("before", "after", "random"))
    return before, after, random


def random_network(made: Made, **more: object) -> tuple[Recording, list[Array]]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=size).astype(np.float32) for size in ((5, 12), (12, 9), (9, 3))]
    return network(made, *weights, **more), weights


def test_totals_are_those_of_the_weights_in_both_orders(made: Made) -> None:
    rec, weights = random_network(made)
    found = order(rec)
    drawn = permutations(found)
    sides = [drawn[name] for name in ("x", "h1", "h2", "y")]
    sizes = [np.abs(matrix.astype(float)) for matrix in weights]
    after = [matrix[np.ix_(a, b)] for matrix, a, b in zip(sizes, sides, sides[1:], strict=False)]
    before, now, random = totals(found)
    assert before == pytest.approx(sum(map(crossings, sizes)))
    assert now == pytest.approx(sum(map(crossings, after)))
    assert random == pytest.approx(sum(map(random_crossings, sizes)))
    assert now < before


def test_inputs_and_outputs_stay_unless_they_are_freed(made: Made) -> None:
    rec, _ = random_network(made)
    still, free = permutations(order(rec)), permutations(order(rec, inputs=True, outputs=True))
    assert still["x"].tolist() == list(range(5))
    assert still["y"].tolist() == list(range(3))
    assert totals(order(rec, inputs=True, outputs=True))[1] <= totals(order(rec))[1]
    for drawn in (still, free):
        assert [sorted(units.tolist()) for units in drawn.values()] == [list(range(size)) for size in (5, 12, 9, 3)]


def test_the_outputs_of_a_model_are_the_same_with_its_units_in_the_new_order(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 11), nn.GELU(), nn.Linear(11, 3)).eval()
    X = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    with naut.record(model, X, to=tmp_path / "m.naut") as rec:
        found = naut.order(rec, inputs=True, outputs=True)
    drawn = list(permutations(found).values())
    with torch.no_grad():
        expected = model(torch.from_numpy(X)).numpy()
        dense = [model[0], model[2], model[4]]
        for linear, before, after in zip(dense, drawn[:-1], drawn[1:], strict=True):
            linear.weight.copy_(linear.weight[torch.from_numpy(after)][:, torch.from_numpy(before)])
            linear.bias.copy_(linear.bias[torch.from_numpy(after)])
        again = model(torch.from_numpy(X[:, drawn[0]])).numpy()
    np.testing.assert_allclose(again, expected[:, drawn[-1]], atol=1e-5)
    assert totals(found)[1] < totals(found)[0]


def test_edges_that_skip_layers_count_and_are_named(made: Made) -> None:
    rng = np.random.default_rng(1)
    skip = 5 * np.fliplr(np.eye(4))
    rec = network(made, rng.random((4, 6)), rng.random((6, 4)), skip=skip)
    found = order(rec, outputs=True)
    assert "x → h1, h1 → y, x → y" in found.notes[0]
    assert permutations(found)["y"].tolist() == [3, 2, 1, 0]


def test_a_sum_ties_each_unit_to_its_own(made: Made) -> None:
    layers = [Layer(name, "dense", 4, "linear", rank) for rank, name in ((1, "a"), (1, "b"))]
    layers.append(Layer("sum", "junction", 4, "add", 2))
    edges = [Edge(name, "sum", "linear", Take.encode(np.arange(4))) for name in "ab"]
    rec = made({name: np.zeros((2, 4), np.float32) for name in ("a", "b", "sum")}, layers=layers, edges=edges)
    found = order(rec)
    assert totals(found) == (0, 0, pytest.approx(2 * 3))
    assert permutations(found)["sum"].tolist() == [0, 1, 2, 3]


def test_weights_times_activity_count_a_line_by_what_runs_along_it(made: Made) -> None:
    values = {"x": np.tile(np.array([1, -2, 0.5], np.float32), (60, 1))}
    weights = np.abs(np.random.default_rng(2).normal(size=(3, 5)))
    rec = network(made, weights, values=values)
    found = order(rec, weights="weight x activity")
    scaled = weights.astype(np.float32) * np.array([[1], [2], [0.5]])
    assert totals(found)[0] == pytest.approx(crossings(scaled), rel=1e-6)
    assert dict(found.n) == {"all": 60}


def test_by_a_class_of_two_the_units_go_from_one_to_the_other(made: Made) -> None:
    is_b = np.array(KIND) == "b"
    noise = np.random.default_rng(0).normal(size=(60, 4))
    values = (noise + np.outer(is_b, [9, -9, 3, 0])).astype(np.float32)
    rec = made({"fc": values}, {"kind": KIND})
    assert permutations(order(rec, by="class", column="kind"))["fc"].tolist() == [1, 3, 2, 0]


def test_by_many_classes_units_stand_by_the_class_they_prefer_strongest_first(made: Made) -> None:
    codes = np.arange(90) % 3
    values = np.random.default_rng(0).normal(size=(90, 6))
    for unit, (prefers, strength) in enumerate([(2, 9), (0, 3), (1, 5), (0, 9), (2, 3), (1, 9)]):
        values[codes == prefers, unit] += strength
    for column in (codes, np.array(["x", "y", "z"])[codes]):
        found = order(made({"fc": values.astype(np.float32)}, {"c": column}), by="class", column="c")
        assert permutations(found)["fc"].tolist() == [3, 1, 5, 2, 0, 4]


def test_by_a_number_units_stand_by_how_they_follow_it(made: Made) -> None:
    age = np.linspace(0, 80, 60) + 0.5
    noise = np.random.default_rng(0).normal(size=(60, 3))
    values = (np.outer(age, [1, -1, 0.02]) + noise).astype(np.float32)
    found = order(made({"fc": values}, {"age": age}), by="class", column="age")
    assert permutations(found)["fc"].tolist() == [1, 2, 0]
    assert "first the units that fall as age rises" in found.notes[-2]


def test_by_rate_and_mean_the_highest_come_first_and_ties_stay(made: Made) -> None:
    values = np.array([[9, -1, 1, 1], [-1, -1, 1, 1]], np.float32)
    rec = made({"fc": values}, {"g": ["u", "v"]})
    assert permutations(order(rec, by="mean"))["fc"].tolist() == [0, 2, 3, 1]
    assert permutations(order(rec, by="firing_rate"))["fc"].tolist() == [2, 3, 0, 1]
    assert permutations(order(rec, by="mean", where="g == 'v'"))["fc"].tolist() == [2, 3, 0, 1]
    assert permutations(order(rec, by="index"))["fc"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("units", [40, 600])
def test_units_that_fire_together_stand_together(units: int) -> None:
    """Units at points along a line, each answering to what is near: their order along it comes back."""
    rng = np.random.default_rng(0)
    samples, centres = rng.random((800, 1)), np.linspace(0, 1, units)
    values = np.exp(-((samples - centres) ** 2) / (2 * 0.3**2))
    shuffled = rng.permutation(units)
    found = shuffled[fire_together(values[:, shuffled])]
    assert np.array_equal(found, np.arange(units)) or np.array_equal(found[::-1], np.arange(units))


def test_groups_of_correlated_units_are_not_torn_apart(made: Made) -> None:
    signals = np.random.default_rng(0).normal(size=(60, 3))
    member = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    values = (signals[:, member] + 0.1 * np.random.default_rng(1).normal(size=(60, 9))).astype(np.float32)
    found = member[permutations(order(made({"fc": values}), by="together"))["fc"]]
    assert np.count_nonzero(np.diff(found)) == 2


@pytest.mark.parametrize("by", ["class", "together", "mean", "firing_rate"])
def test_units_that_are_nan_come_last_and_are_counted(made: Made, by: str) -> None:
    values = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    values[:, 1] = np.nan
    found = order(made({"fc": values}, {"kind": KIND}), by=by, column="kind" if by == "class" else None)
    assert permutations(found)["fc"][-1] == 1
    assert any("1 of 4 units of fc do not vary, or have no finite values" in note for note in found.notes)


@pytest.mark.parametrize("by", ORDERS)
def test_ties_everywhere_and_layers_of_one_unit_keep_index_order(made: Made, by: str) -> None:
    rec = made({"fc": np.ones((60, 4), np.float32), "one": np.ones((60, 1), np.float32)}, {"kind": KIND})
    found = permutations(order(rec, by=by, column="kind" if by == "class" else None))
    assert {name: units.tolist() for name, units in found.items()} == {"fc": [0, 1, 2, 3], "one": [0]}


def test_without_weights_totals_are_nan_and_a_note_says_why(made: Made) -> None:
    found = order(made({"a": np.zeros((2, 3), np.float32), "b": np.zeros((2, 3), np.float32)}))
    assert np.isnan(totals(found)).all()
    assert "no weights between these layers are known" in found.notes[-1]
    assert any("no weights lead into or out of a, b" in note for note in found.notes)


def test_weights_that_are_nan_count_as_nothing_and_are_said(made: Made) -> None:
    weights = np.array([[1.0, 2.0], [3.0, np.nan]])
    found = order(network(made, weights))
    assert totals(found)[0] == 6
    assert any("NaN or infinite count as 0: 1 of x → y" in note for note in found.notes)


def test_a_source_without_finite_activations_weighs_nothing_and_is_said(made: Made) -> None:
    values = np.ones((60, 2), np.float32)
    values[:, 1] = np.nan
    found = order(network(made, np.ones((2, 2)), values={"x": values}), weights="weight x activity")
    assert totals(found)[0] == 0
    assert any("lines that leave x:1 count as 0" in note for note in found.notes)


def test_an_empty_slice_leaves_index_order_and_says_so(made: Made) -> None:
    found = order(made({"fc": np.eye(4, dtype=np.float32)[::-1].copy()}, {"x": range(4)}), by="mean", where="x > 9")
    assert permutations(found)["fc"].tolist() == [0, 1, 2, 3]
    assert any("no sample is in x > 9" in note for note in found.notes)


def test_an_order_by_weights_alone_says_that_a_filter_has_no_say(made: Made) -> None:
    rec, _ = random_network(made)
    assert any("the filter has no say" in note for note in order(rec, where="sample < 3").notes)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"] * 60, "is 'a' for all 60 samples"),
        ([None] * 60, "is null for all 60 samples"),
        ([f"name {n}" for n in range(101)] + ["x"] * 9, "102 different values; an order by class takes at most 100"),
        ([3] * 60, "is '3' for all 60"),
        ([0.5] * 60, "fewer than two different finite numbers"),
    ],
    ids=["one class", "null", "many", "one number", "constant"],
)
def test_a_column_that_cannot_order_is_refused_with_the_reason(made: Made, values: list[object], said: str) -> None:
    column = pd.Series(values, dtype="object" if values[0] is None else None)
    rec = made({"fc": np.random.default_rng(0).normal(size=(len(values), 3)).astype(np.float32)}, {"c": column})
    with pytest.raises(DataError, match=said):
        order(rec, by="class", column="c")


def test_what_is_not_there_is_refused_with_the_closest(made: Made) -> None:
    rec = made({"fc": np.zeros((60, 2), np.float32)}, {"kind": KIND})
    with pytest.raises(UnknownName, match="no column 'knd'; closest: 'kind'"):
        order(rec, by="class", column="knd")
    with pytest.raises(UnknownName, match="no order 'crossing'; closest: 'crossings'"):
        order(rec, by="crossing")
    with pytest.raises(UnknownName, match="'weight x activity'"):
        order(rec, weights="activity")
    with pytest.raises(UnknownName, match="no layer 'fc9'"):
        order(rec, layers="fc9")
    with pytest.raises(DataError, match="by='class'"):
        order(rec, column="kind")
    with pytest.raises(DataError, match="needs a column, as column='sex'"):
        order(rec, by="class")
    with pytest.raises(DataError, match="-1 passes"):
        order(rec, passes=-1)


def test_classes_of_few_samples_are_said(made: Made) -> None:
    values = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    found = order(made({"fc": values}, {"c": ["rare"] * 3 + ["often"] * 57}), by="class", column="c")
    assert any("speak for rare (3)" in note for note in found.notes)


def test_the_same_seed_gives_the_same_result_and_passes_0_leaves_the_start(made: Made) -> None:
    rec, _ = random_network(made)
    ask = order.__wrapped__
    first, second = ask(rec, seed=5), ask(rec, seed=5)
    assert all(np.array_equal(first[name], second[name]) for name in first.values)
    before, after, _ = totals(order(rec, passes=0))
    assert before == after


def test_only_the_layers_asked_for_are_ordered_and_counted(made: Made) -> None:
    rec, weights = random_network(made)
    found = order(rec, layers=["h1", "h2"])
    assert list(permutations(found)) == ["h1", "h2"]
    assert totals(found)[0] == pytest.approx(crossings(np.abs(weights[1].astype(float))))
