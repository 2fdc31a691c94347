"""Predictions, probabilities, losses and correctness against PyTorch's own functions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from oracle import mlp, rows
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, UnknownName

record = functools.partial(naut.record, influence=False)
X = rows(60)
Y = np.arange(60) % 3
WORDS = np.array(["cat", "dog", "emu"])[Y]


def outputs(rec: naut.Recording) -> dict[str, np.ndarray]:
    return {name: np.asarray(array) for name, array in rec.outputs.items()}


def answers(model: nn.Module, x: np.ndarray = X) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.from_numpy(x))


def test_classes_get_softmax_cross_entropy_and_correctness() -> None:
    model = mlp()
    rec = record(model, X, labels=WORDS)
    z, y = answers(model), torch.from_numpy(Y)
    found = outputs(rec)
    assert rec.task == {"kind": "classes", "classes": ["cat", "dog", "emu"], "label": "label", "output": "output",
                        "scale": "logits"}  # fmt: skip
    assert found["prediction"].tolist() == z.argmax(1).tolist()
    assert np.allclose(found["probability"], z.softmax(1), atol=1e-6)
    assert np.allclose(found["loss"], nn.functional.cross_entropy(z, y, reduction="none"), atol=1e-6)
    assert found["correct"].tolist() == (z.argmax(1) == y).int().tolist()


def test_one_logit_is_a_sigmoid_with_threshold_one_half() -> None:
    model, y = mlp(sizes=(5, 8, 1)), np.arange(60) % 2
    rec = record(model, X, metadata={"survived": np.array(["no", "yes"])[y]}, labels="survived")
    z = answers(model)[:, 0]
    found = outputs(rec)
    assert (rec.task["kind"], rec.task["classes"]) == ("binary", ["no", "yes"])
    assert found["prediction"].tolist() == (torch.sigmoid(z) > 0.5).int().tolist()
    assert np.allclose(found["probability"][:, 1], torch.sigmoid(z), atol=1e-6)
    assert np.allclose(found["probability"].sum(1), 1)
    expected = nn.functional.binary_cross_entropy_with_logits(z, torch.from_numpy(y).float(), reduction="none")
    assert np.allclose(found["loss"], expected, atol=1e-6)
    assert rec.layers["2"].unit_names == ("survived",)


def test_regression_gets_values_and_squared_errors() -> None:
    model, y = mlp(sizes=(5, 8, 1)), rows(60, 1)[:, 0]
    found = outputs(record(model, X, labels=y))
    z = answers(model)[:, 0]
    assert set(found) == {"prediction", "loss"}
    assert np.array_equal(found["prediction"], z.numpy())
    assert np.allclose(found["loss"], (z - torch.from_numpy(y)) ** 2, atol=1e-5)


def test_regression_with_several_targets_averages_over_them() -> None:
    model, y = mlp(), rows(60, 3, seed=9)
    found = outputs(record(model, X, labels=y))
    assert found["prediction"].shape == (60, 3)
    assert np.allclose(found["loss"], ((answers(model) - torch.from_numpy(y)) ** 2).mean(1), atol=1e-5)


TARGETS = pd.DataFrame(rows(60, 3, seed=9).astype(float), columns=["x", "y", "angle"])
REGRESSIONS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "columns": ({"metadata": TARGETS.assign(city="Oslo"), "labels": ["x", "y", "angle"]}, list(TARGETS), list(TARGETS)),
    "frame": ({"labels": TARGETS}, list(TARGETS), list(TARGETS)),
    "array": ({"labels": TARGETS.to_numpy()}, ["0", "1", "2"], ["label_0", "label_1", "label_2"]),
    "frame beside columns of these names": (
        {"labels": TARGETS, "metadata": {"x": range(60)}}, list(TARGETS), ["x_2", "y", "angle"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", REGRESSIONS)
def test_each_output_of_a_regression_is_a_column_and_so_is_each_label(how: str) -> None:
    given, names, columns = REGRESSIONS[how]
    model = mlp()
    rec = record(model, X, **given)
    assert (rec.task["kind"], rec.task["targets"], rec.task["labels"]) == ("regression", names, columns)
    z = answers(model).numpy()
    for place, (name, column) in enumerate(zip(names, columns, strict=True)):
        assert np.array_equal(rec.columns[f"prediction_{name}"].values, z[:, place].astype(np.float64))
        assert np.allclose(rec.metadata[column], TARGETS.iloc[:, place])
    assert np.allclose(rec.columns["loss"].values, ((z - TARGETS.to_numpy()) ** 2).mean(1), atol=1e-5)
    assert "prediction" not in rec.columns
    assert rec.mask(f"prediction_{names[1]} > 0").sum() == (z[:, 1] > 0).sum()
    assert rec.layers["4"].unit_names == (None if names[0] == "0" else tuple(names))


def test_a_missing_target_leaves_that_sample_without_a_loss() -> None:
    targets = TARGETS.copy()
    targets.loc[7, "y"] = np.nan
    rec = record(mlp(), X, metadata=targets, labels=["x", "y", "angle"])
    assert np.flatnonzero(rec.columns["loss"].null).tolist() == [7]


def test_targets_of_a_stream_are_columns_too() -> None:
    items = [(x, y) for x, y in zip(X, TARGETS.to_numpy(np.float32), strict=True)]
    rec = record(mlp(), iter(items), batch_size=7)
    assert rec.task["labels"] == ["label_0", "label_1", "label_2"]
    assert np.allclose(rec.metadata["label_2"], TARGETS["angle"])


def test_many_outputs_are_one_array_and_no_columns() -> None:
    rec = record(mlp(sizes=(5, 8, 40)), X, labels=rows(60, 40))
    assert rec.outputs["prediction"].shape == (60, 40)
    assert list(rec.columns) == ["sample", "half", "loss"]


def test_targets_that_are_no_columns_or_no_targets_are_refused() -> None:
    with pytest.raises(UnknownName, match="no column 'z'"):
        record(mlp(), X, metadata=TARGETS, labels=["x", "y", "z"])
    with pytest.raises(DataError, match="names a column twice"):
        record(mlp(), X, metadata=TARGETS, labels=["x", "y", "y"])
    with pytest.raises(DataError, match="3 numbers a sample are the targets of a regression"):
        record(mlp(), X, labels=TARGETS, classes=["a", "b", "c"])


def test_a_list_of_labels_that_are_no_columns_are_labels() -> None:
    rec = record(mlp(sizes=(5, 1)), X[:2], metadata={"yes": [1, 2]}, labels=["no", "yes"])
    assert rec.columns["label"].values == ("no", "yes")
    rec = record(mlp(sizes=(5, 1)), X, metadata={"x": np.arange(60) % 2}, labels=["x"])
    assert (rec.task["kind"], rec.task["label"], list(rec.metadata)) == ("binary", "x", ["x"])


def test_predictions_of_numbered_classes_are_numbers() -> None:
    rec = record(mlp(), X, metadata={"digit": Y}, labels="digit")
    z = answers(mlp()).argmax(1).numpy()
    assert rec.columns["prediction"].kind == "number"
    assert rec.mask("prediction == 2").tolist() == (z == 2).tolist()
    assert rec.mask("prediction == digit").tolist() == (z == Y).tolist()
    assert rec.mask("correct == true").tolist() == (z == Y).tolist()
    years = record(mlp(), X, labels=1900 + 10 * Y)
    assert years.mask("prediction == 1920").tolist() == (z == 2).tolist()
    assert record(mlp(), X, labels=np.array(["00", "01", "02"])[Y]).columns["prediction"].kind == "text"
    assert record(mlp(), X, labels=Y, classes=["a", "b", "c"]).columns["prediction"].kind == "text"


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.LogSoftmax(1)])
def test_a_model_that_ends_in_softmax_gets_no_second_one(end: nn.Module) -> None:
    inner = mlp()
    model = nn.Sequential(*inner, end)
    found, plain = outputs(record(model, X, labels=Y)), outputs(record(inner, X, labels=Y))
    for name in plain:
        assert np.allclose(found[name], plain[name], atol=1e-5), name


def test_probabilities_are_noticed_and_said() -> None:
    rec = record(nn.Sequential(*mlp(), nn.Softmax(1)), X, labels=Y)
    assert rec.task["scale"] == "probability"
    assert "no softmax is added" in rec.card.options["notes"][0]
    rec = record(nn.Sequential(*mlp(sizes=(5, 4, 1)), nn.Sigmoid()), X, labels=Y > 1)
    assert rec.task["scale"] == "probability"
    assert "ends in a sigmoid" in rec.card.options["notes"][0]


def test_a_model_that_ends_in_a_sigmoid_gets_no_second_one() -> None:
    inner, y = mlp(sizes=(5, 8, 1)), Y > 1
    found = outputs(record(nn.Sequential(*inner, nn.Sigmoid()), X, labels=y))
    plain = outputs(record(inner, X, labels=y))
    for name in plain:
        assert np.allclose(found[name], plain[name], atol=1e-5), name


def test_logits_between_zero_and_one_are_still_logits() -> None:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(5, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.fc(x) * 0.001 + 0.5).clamp(0.1, 0.9)

    rec = record(Small(), X, labels=Y > 1)
    assert rec.task["scale"] == "logits"


def test_missing_labels_have_no_loss_and_no_correctness() -> None:
    labels = WORDS.astype(object)
    labels[[3, 8]] = None, np.nan
    rec = record(mlp(), X, metadata={"animal": labels}, labels="animal")
    assert np.flatnonzero(np.isnan(outputs(rec)["loss"])).tolist() == [3, 8]
    assert np.flatnonzero(rec.columns["correct"].null).tolist() == [3, 8]
    numbers = rows(60, 1)[:, 0].copy()
    numbers[5] = np.nan
    regression = record(mlp(sizes=(5, 1)), X, labels=numbers)
    assert np.flatnonzero(np.isnan(outputs(regression)["loss"])).tolist() == [5]


def test_an_output_that_is_nan_is_no_prediction() -> None:
    odd = X.copy()
    odd[4] = np.nan
    rec = record(mlp(), odd, labels=Y)
    assert rec.columns["prediction"].null.tolist() == [k == 4 for k in range(60)]
    assert rec.columns["correct"].null.tolist() == [k == 4 for k in range(60)]


def test_large_logits_do_not_overflow() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3, bias=False)
            nn.init.eye_(self.fc.weight)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(x)

    x = np.array([[1000.0, 0, -1000], [0, -500, 500]], np.float32)
    found = outputs(record(Wide(), x, labels=[0, 0]))
    assert found["loss"].tolist() == [0.0, 500.0]
    assert found["probability"].tolist() == [[1, 0, 0], [0, 0, 1]]


def test_outputs_become_columns_for_filters() -> None:
    model = mlp()
    rec = record(model, X, metadata={"animal": WORDS}, labels="animal")
    z = answers(model).softmax(1).numpy()
    assert np.array_equal(rec.mask("prediction == 'dog'"), z.argmax(1) == 1)
    assert np.array_equal(rec.mask("correct"), z.argmax(1) == Y)
    assert np.array_equal(rec.mask("p_emu > 0.3"), outputs(rec)["probability"][:, 2] > 0.3)
    assert np.array_equal(rec.mask("loss > 1"), outputs(rec)["loss"] > 1)


def test_labels_that_were_no_column_become_one() -> None:
    assert record(mlp(), X, labels=WORDS).metadata["label"].tolist() == WORDS.tolist()
    named = record(mlp(), X, labels=pd.Series(Y, name="digit"))
    assert named.metadata["digit"].tolist() == Y.tolist()
    assert named.task["label"] == "digit"
    taken = record(mlp(), X, metadata={"label": range(60)}, labels=Y)
    assert taken.metadata["label_2"].tolist() == Y.tolist()
    classes = record(mlp(), X, labels=Y, classes=["cat", "dog", "emu"])
    assert classes.metadata["label"].tolist() == WORDS.tolist()


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        (WORDS, None, ["cat", "dog", "emu"]),
        (Y, None, ["0", "1", "2"]),
        (Y.astype(float), None, ["0", "1", "2"]),
        (Y + 10, None, ["10", "11", "12"]),
        (np.minimum(Y, 1), None, ["0", "1", "2"]),
        (Y, ["a", "b", "c"], ["a", "b", "c"]),
        (np.where(Y > 1, "cat", "dog"), ["emu", "dog", "cat"], ["emu", "dog", "cat"]),
        (pd.Series(WORDS, dtype="category"), None, ["cat", "dog", "emu"]),
        (pd.Series(Y, dtype="Int64"), None, ["0", "1", "2"]),
    ],
)
def test_classes_stand_in_the_order_of_the_outputs(labels: Any, classes: Any, expected: list[str]) -> None:
    rec = record(mlp(), X, labels=labels, classes=classes)
    assert rec.task["classes"] == expected
    values = np.asarray(rec.outputs["loss"])
    given = np.asarray(labels).tolist()
    place = {name: number for number, name in enumerate(expected)}
    codes = [place[str(value)] if str(value) in place else int(value) for value in given]
    assert np.allclose(
        values, nn.functional.cross_entropy(answers(mlp()), torch.tensor(codes), reduction="none"), atol=1e-6
    )


def test_whole_numbers_given_as_classes_mean_themselves() -> None:
    rec = record(mlp(), X, labels=Y, classes=[2, 1, 0])
    expected = nn.functional.cross_entropy(answers(mlp()), torch.from_numpy(2 - Y), reduction="none")
    assert np.allclose(np.asarray(rec.outputs["loss"]), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "extra", "said"),
    [
        (np.where(Y > 1, "a", "b"), {}, "labels have 2 values .* tells 3 classes apart"),
        (np.arange(60), {}, "labels have 60 values"),
        (WORDS, {"classes": ["cat", "dog"]}, "2 classes were given .* tells 3 apart"),
        (WORDS, {"classes": ["cat", "dog", "owl"]}, "the label 'emu' is none of the classes"),
        (WORDS, {"classes": ["cat", "cat", "dog"]}, "a class is given twice"),
        (WORDS, {"task": "binary"}, "task='binary' needs one output unit, the model has 3"),
        (WORDS, {"task": "regression"}, "regression needs numbers as labels; these are text"),
        (rows(60, 2), {}, "each label has 2 numbers, but the model has 3 outputs"),
        (rows(60, 1)[:, 0], {}, "each label has 1 number, but the model has 3 outputs"),
        ([object()] * 60, {}, "labels are of type object"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_the_numbers(labels: Any, extra: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        record(mlp(), X, labels=labels, **extra)


def test_labels_of_a_stream_need_classes_when_they_are_text() -> None:
    with pytest.raises(DataError, match="Give classes= with the 3 classes"):
        record(mlp(), zip(X, WORDS.tolist(), strict=True), batch_size=8)
    rec = record(mlp(), zip(X, WORDS.tolist(), strict=True), batch_size=8, classes=["cat", "dog", "emu"])
    assert rec.metadata["label"].tolist() == WORDS.tolist()
    plain = record(mlp(), X, labels=WORDS)
    assert np.array_equal(np.asarray(rec.outputs["loss"]), np.asarray(plain.outputs["loss"]))


def test_a_label_that_comes_late_and_is_no_class_names_its_sample(tmp_path: Any) -> None:
    labels = Y.tolist()
    labels[45] = 7
    with pytest.raises(DataError, match="label of sample 45 is 7, which is none of 0, 1, 2"):
        record(mlp(), zip(X, labels, strict=True), to=tmp_path / "a.naut", batch_size=8)
    assert naut.open(tmp_path / "a.naut").n == 40


def test_without_labels_nothing_is_judged_unless_the_outputs_are_probabilities() -> None:
    assert record(mlp(), X).task["kind"] == "none"
    assert not record(mlp(), X).outputs
    found = record(nn.Sequential(*mlp(), nn.Softmax(1)), X)
    assert (found.task["kind"], set(found.outputs)) == ("classes", {"prediction", "probability"})
    asked = record(mlp(), X, classes=["a", "b", "c"])
    assert set(asked.outputs) == {"prediction", "probability"}
    assert record(mlp(), X, task="classes").task["classes"] == ["0", "1", "2"]


def test_task_none_judges_nothing_but_keeps_the_label() -> None:
    rec = record(mlp(), X, labels=WORDS, task="none")
    assert not rec.outputs
    assert rec.metadata["label"].tolist() == WORDS.tolist()


def test_of_several_outputs_the_logits_are_judged() -> None:
    class Many(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = mlp(sizes=(5, 4)), mlp(1, (4, 3))

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            h = torch.relu(self.body(x))
            return {"hidden": h, "logits": self.head(h)}

    rec = record(Many(), X, labels=Y)
    assert rec.task["output"] == "logits"
    assert np.asarray(rec.outputs["probability"]).shape == (60, 3)


def test_a_model_without_an_answer_a_sample_is_recorded_without_one() -> None:
    class Maps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x)

    images = rows(6, 64).reshape(6, 1, 8, 8)
    assert record(Maps(), images).task["kind"] == "none"
    with pytest.raises(DataError, match=r"no output of the model is one vector of numbers a sample \(output"):
        record(Maps(), images, task="classes", labels=[0, 1] * 3)


def test_a_label_beyond_the_outputs_is_refused_even_when_the_count_fits() -> None:
    beyond = np.where(Y == 2, 11, Y)
    with pytest.raises(DataError, match=r"the label 11 is no number of an output: the model has 3, 0 to 2"):
        record(mlp(), X, labels=beyond)
    with pytest.raises(DataError, match=r"the label 11 is no number of an output"):
        record(mlp(sizes=(5, 8, 10)), X, labels=beyond)
    rec = record(mlp(), X, labels=beyond, classes=[0, 1, 11])
    assert rec.columns["prediction"].values.max() <= 11
    assert rec.task["classes"] == ["0", "1", "11"]


def test_labels_that_number_outputs_from_one_on_are_taken_in_order_and_said() -> None:
    rec = record(mlp(), X, labels=Y + 1)
    assert rec.task["classes"] == ["1", "2", "3"]
    assert rec.notes == ("the labels 1, 2, 3 are taken for the model's classes 0, 1, 2, in this order",)
    assert record(mlp(), X, labels=Y).notes == ()
    assert record(mlp(), X, labels=WORDS).notes == ()
    plain = record(mlp(), X, labels=Y)
    assert outputs(rec)["correct"].tolist() == outputs(plain)["correct"].tolist()


def test_classes_that_are_numbers_are_labels_also_as_text() -> None:
    for classes in ([1, 2, 3], ["1", "2", "3"], [3, 1, 2]):
        rec = record(mlp(), X, labels=Y + 1, classes=classes)
        truth = np.array([[int(one) for one in classes].index(label) for label in Y + 1])
        assert outputs(rec)["correct"].tolist() == (outputs(rec)["prediction"] == truth).astype(int).tolist()
        with pytest.raises(DataError, match="the label 0 is none of the classes given"):
            record(mlp(), X, labels=Y, classes=classes)


def test_two_labels_are_the_two_classes_whatever_numbers_they_are() -> None:
    rec = record(mlp(sizes=(5, 8, 1)), X, labels=np.where(Y == 1, 1, -1))
    assert (rec.task["kind"], rec.task["classes"]) == ("binary", ["-1", "1"])
    assert rec.notes == ("the labels -1, 1 are taken for the model's classes 0, 1, in this order",)
    assert rec.mask("prediction == -1").sum() == (answers(mlp(sizes=(5, 8, 1)))[:, 0] <= 0).sum()
