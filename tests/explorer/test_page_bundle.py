"""What a page holds, against numbers computed here from the arrays that were recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from page_reader import Exporter
from passenger_recordings import SLICES, Net, forward, record_images, record_passengers
from passenger_recordings import passengers as table
from scipy import stats

import neuronaut as naut
from neuronaut.analysis.compare import compare
from neuronaut.core.errors import ExportError, FilterError, UnknownName
from neuronaut.core.layer import Graph
from neuronaut.core.slices import where
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

NET = Net()


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    data = table(NET.rows)
    values, weights = forward(NET, data["inputs"], data["survived"])
    return {**data, "values": dict(zip(NET.names, values, strict=True)), "weights": weights}


def test_per_sample_values_are_within_the_stated_error(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers)
    errors = {card["layer"]: card["error"] for card in page.manifest["activations"]}
    for name, values in data["values"].items():
        assert np.abs(page.values(name) - values).max() <= errors[name]
        assert errors[name] <= np.abs(values).max() / 127
        np.testing.assert_array_equal(np.sign(page.values(name)), np.sign(values))


@pytest.mark.parametrize(
    ("features", "precision", "exact"), [(6, "auto", True), (65, "auto", False), (6, "coarse", False)]
)
def test_the_features_of_a_table_come_as_they_were_recorded(
    tmp_path: Path, exported: Exporter, features: int, precision: str, exact: bool
) -> None:
    rows = np.random.default_rng(0).normal(size=(30, features)).astype(np.float32)
    rec = naut.record(torch.nn.Linear(features, 2), rows, to=tmp_path / "table.naut")
    page = exported(rec, precision=precision)
    card = next(card for card in page.manifest["activations"] if card["layer"] == "input")
    assert np.array_equal(page.values("input"), rows) == exact
    assert (card["scheme"], card["error"] == 0) == (("f32", True) if exact else ("i8", False))


@pytest.mark.parametrize(
    ("precision", "share"), [("fine", 0.008), ("medium", 0.06), ("coarse", 0.11), ("f16", 0.0005), ("f32", 0.0)]
)
def test_each_precision_keeps_its_word(
    passengers: Recording, exported: Exporter, data: dict[str, Any], precision: str, share: float
) -> None:
    page = exported(passengers, precision=precision)
    for name, values in data["values"].items():
        off = np.abs(page.values(name) - values) / np.maximum(np.abs(values).max(0), 1e-9)
        assert off.max() <= share


@pytest.mark.parametrize(("limits", "spread"), [((1e6, 2e6), 0.0), ((1, 1e6), 0.1), ((1, 1), 0.2)])
def test_the_more_values_the_wider_the_steps_of_their_codes(
    passengers: Recording,
    exported: Exporter,
    data: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[float, float],
    spread: float,
) -> None:
    monkeypatch.setattr("neuronaut.explorer.values.FINE_VALUES", limits[0])
    monkeypatch.setattr("neuronaut.explorer.values.MEDIUM_VALUES", limits[1])
    page = exported(passengers)
    values = data["values"]["0"].astype(np.float64)
    fires = values.max(0) > 0
    expected = np.maximum(values.max(0) / 254, spread * values.std(0))[fires]
    np.testing.assert_allclose(page.blob(page.manifest["activations"][1]["scale"])[fires], expected, rtol=1e-6)


def test_statistics_of_slices_are_exact(passengers: Recording, exported: Exporter, data: dict[str, Any]) -> None:
    page = exported(passengers, slices=SLICES)
    kinds = [card["kind"] for card in page.manifest["slices"]]
    assert kinds[:3] == ["all", "named", "named"]
    assert set(kinds[3:]) == {"category"}
    masks = [np.ones(891, bool), data["survived"], ~data["survived"]]
    for card, mask in zip(page.manifest["slices"], masks, strict=False):
        assert card["n"] == mask.sum()
        for name, values in data["values"].items():
            chosen = values[mask].astype(np.float64)
            expected = [
                np.full(chosen.shape[1], mask.sum()),
                chosen.mean(0),
                np.abs(chosen).mean(0),
                chosen.std(0, ddof=1),
                (chosen > 0).mean(0),
                chosen.max(0),
            ]
            np.testing.assert_allclose(page.blob(card["stats"][name]), expected, rtol=1e-6, atol=1e-7)


def test_categories_of_columns_with_few_values_are_exact_too(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    cards = {card["expression"]: card for card in exported(passengers).manifest["slices"]}
    assert cards["pclass == 3"]["n"] == (data["pclass"] == 3).sum()
    assert cards['sex == "female"']["n"] == data["female"].sum()
    assert "age" not in " ".join(cards)
    assert cards["correct == true"]["kind"] == "category"


def test_the_groups_are_compared_with_each_other_and_with_their_opposites(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers, slices=SLICES)
    pairs = [(card["a"], card["b"]) for card in page.manifest["comparisons"]]
    assert pairs == [(1, 2), (1, None), (2, None)]
    found = page.blob(page.manifest["comparisons"][0]["stats"]["0"])
    values = data["values"]["0"].astype(np.float64)
    a, b = values[data["survived"]], values[~data["survived"]]
    np.testing.assert_allclose(found[0], a.mean(0) - b.mean(0), rtol=1e-5, atol=1e-7)
    area = [stats.mannwhitneyu(a[:, unit], b[:, unit]).statistic / len(a) / len(b) for unit in range(values.shape[1])]
    np.testing.assert_allclose(found[4], area, rtol=1e-6)
    firing = values.std(0) > 0
    welch = stats.ttest_ind(a[:, firing], b[:, firing], equal_var=False).pvalue
    np.testing.assert_allclose(found[5][firing], welch, rtol=1e-4, atol=1e-30)


def test_chances_below_what_single_precision_can_say_keep_their_size(exported: Exporter, tmp_path: Path) -> None:
    x = np.zeros((400, 1), np.float32)
    x[:, 0] = np.r_[np.zeros(200), np.ones(200)] + np.random.default_rng(0).normal(0, 0.3, 400)
    net = torch.nn.Sequential(torch.nn.Linear(1, 2))
    with naut.record(net, x, metadata={"late": np.arange(400) >= 200}, to=tmp_path / "apart.naut") as rec:
        page = exported(rec, slices="late == true")
        found = page.blob(page.manifest["comparisons"][0]["stats"]["0"])
        expected = compare(rec, "late == true")
    q = np.asarray(expected["q"])[-2:]
    assert ((q > 0) & (q < 1e-60)).all()
    np.testing.assert_allclose(found[6], q, rtol=1e-6)
    np.testing.assert_allclose(found[1], np.asarray(expected["hedges_g"])[-2:], rtol=1e-6)


def test_the_opposite_of_a_group_leaves_out_the_samples_for_which_its_filter_is_unknown(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers, slices="age < 16")
    (card,) = page.manifest["comparisons"]
    young, older = data["age"] < 16, data["age"] >= 16
    values = data["values"]["0"].astype(np.float64)
    expected = values[young].mean(0) - values[older].mean(0)
    np.testing.assert_allclose(page.blob(card["stats"]["0"])[0], expected, rtol=1e-5, atol=1e-7)


def test_columns_are_what_was_given_then_what_the_model_answered(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers)
    sources = {card["name"]: card["source"] for card in page.manifest["samples"]["columns"]}
    assert [name for name, source in sources.items() if source == "metadata"] == [
        "survived",
        "sex",
        "pclass",
        "age",
        "fare",
        "adult",
    ]
    assert {"prediction", "p_no", "p_yes", "loss", "correct"} == {n for n, s in sources.items() if s == "output"}
    assert page.column("survived") == ["yes" if one else "no" for one in data["survived"]]
    known = [None if np.isnan(age) else age for age in data["age"]]
    assert page.column("age") == known
    assert page.column("adult") == [None if age is None else "yes" if age >= 18 else "no" for age in known]
    assert page.blob(page.manifest["samples"]["ids"]).tolist() == list(range(891))


def test_long_texts_travel_in_a_block(tmp_path: Path, exported: Exporter) -> None:
    names = [f"passenger number {row} </script>" for row in range(891)]
    rec = record_passengers(tmp_path / "r.naut", Net(extra={"name": names}))
    page = exported(rec)
    card = next(card for card in page.manifest["samples"]["columns"] if card["name"] == "name")
    assert card["values"] is None
    assert page.column("name") == names


def test_a_value_of_a_column_is_a_slice_named_as_its_filter(exported: Exporter, passengers: Recording) -> None:
    cards = [card for card in exported(passengers).manifest["slices"] if card["kind"] == "category"]
    assert {'survived == "yes"', "pclass == 1", 'sex == "female"'} <= {card["name"] for card in cards}
    assert all(card["name"] == card["expression"] == where(card["expression"]).name for card in cards)


def test_only_asked_for_columns_leave_the_house(passengers: Recording, exported: Exporter) -> None:
    page = exported(passengers, columns=["sex"])
    names = [card["name"] for card in page.manifest["samples"]["columns"] if card["source"] == "metadata"]
    assert names == ["sex"]
    assert "pclass" not in {card["name"].split(" == ")[0] for card in page.manifest["slices"]}
    page = exported(passengers, columns=["sex"], slices="pclass == 1")
    assert page.manifest["slices"][1]["expression"] == "`pclass == 1`"
    assert page.column("pclass == 1") == passengers.mask("pclass == 1").tolist()
    with pytest.raises(UnknownName, match="closest: 'sex'"):
        exported(passengers, columns=["sxe"])


def test_a_slice_given_as_rows_becomes_a_column_that_a_filter_can_name(
    passengers: Recording, exported: Exporter
) -> None:
    chosen = where(np.arange(891) % 3 == 0).named("my `own` pick")
    page = exported(passengers, slices=[chosen])
    card = page.manifest["slices"][1]
    assert page.column("my `own` pick") == [row % 3 == 0 for row in range(891)]
    assert (card["name"], card["n"]) == ("my `own` pick", 297)
    assert card["expression"] == page.manifest["view"]["a"]
    assert (passengers.mask(chosen) == np.array(page.column("my `own` pick"))).all()


@pytest.mark.parametrize("rows", [np.arange(891) < 10, list(range(10))], ids=["mask", "numbers"])
def test_one_slice_may_be_given_by_itself_as_rows(passengers: Recording, exported: Exporter, rows: Any) -> None:
    page = exported(passengers, slices=np.asarray(rows))
    assert [card["n"] for card in page.manifest["slices"][:2]] == [891, 10]


def test_a_recording_of_a_training_is_refused_by_name(tmp_path: Path, exported: Exporter) -> None:
    spec = ArraySpec("activations/a/post", "float32", (2, 1), ("step", "sample", "unit"))
    card = RecordingCard(Graph(()), append_axis="step")
    with create(tmp_path / "steps.naut", card, [spec], samples=pa.table({"x": [1, 2]})) as writer:
        writer.append({"activations/a/post": np.zeros((3, 2, 1), np.float32)})
    with pytest.raises(ExportError, match="steps of a training"):
        exported(open_recording(tmp_path / "steps.naut"))


def test_weights_are_the_recorded_ones_by_falling_size(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers)
    assert [(edge["source"], edge["target"]) for edge in page.manifest["model"]["edges"]] == [
        ("input", "0"),
        ("0", "3"),
        ("3", "5"),
        ("5", "7"),
    ]
    for edge, matrix in zip(page.manifest["model"]["edges"], data["weights"], strict=True):
        source, target, value = (page.blob(edge["weights"][part]) for part in ("source", "target", "value"))
        np.testing.assert_array_equal(matrix.T[source, target], value)
        assert (np.diff(np.abs(value)) <= 0).all()
        assert np.abs(matrix).max() == np.abs(value[0])


def test_influence_of_small_layers_is_whole(passengers: Recording, exported: Exporter, data: dict[str, Any]) -> None:
    page = exported(passengers)
    card = next(c for c in page.manifest["influence"] if (c["source"], c["target"]) == ("input", "0"))
    expected = data["inputs"].mean(0)[:, None] * data["weights"][0].T * (data["values"]["0"] > 0).mean(0)
    np.testing.assert_allclose(page.blob(card["full"]), expected, rtol=1e-5, atol=1e-12)


def test_influence_of_large_layers_is_the_sixteen_strongest_both_ways(tmp_path: Path, exported: Exporter) -> None:
    net = Net(sizes=(6, 100, 90, 8, 1))
    rec = record_passengers(tmp_path / "r.naut", net)
    data = table(net.rows)
    values, weights = forward(net, data["inputs"], data["survived"])
    effect = values[1].mean(0)[:, None] * weights[1].T * (values[2] > 0).mean(0)
    page = exported(rec)
    card = next(c for c in page.manifest["influence"] if (c["source"], c["target"]) == ("0", "3"))
    assert card["full"] is None
    for way, table_of in (("forward", effect), ("backward", effect.T)):
        index, value = page.blob(card[way]["index"]), page.blob(card[way]["value"])
        assert index.shape == (len(table_of), 16)
        shipped = np.take_along_axis(table_of, index, axis=1)
        np.testing.assert_allclose(value, shipped, rtol=0.005, atol=1e-9)
        most = np.sort(np.abs(table_of), axis=1)[:, -16:]
        np.testing.assert_allclose(np.sort(np.abs(shipped), axis=1), most, rtol=1e-5, atol=1e-9)


def test_layers_with_positions_ship_mean_and_maximum_and_pictures(tmp_path: Path, exported: Exporter) -> None:
    page = exported(record_images(tmp_path / "r.naut"))
    values = np.arange(30, dtype=float).reshape(5, 3, 2)
    assert [card["reduction"] for card in page.manifest["activations"]] == ["mean", "max"]
    np.testing.assert_allclose(page.values("conv", "mean"), values[:, 0], atol=0.1)
    np.testing.assert_allclose(page.values("conv", "max"), values[:, 1], atol=0.1)
    preview = page.manifest["samples"]["preview"]
    assert (preview["height"], preview["width"], preview["channels"]) == (4, 4, 3)
    assert page.blob(preview["blobs"][0]).ravel().tolist() == [value % 256 for value in range(5 * 4 * 4 * 3)]
    assert exported(record_images(tmp_path / "s.naut"), images=False).manifest["samples"]["preview"] is None


def test_pictures_that_are_too_large_are_shrunk(
    tmp_path: Path, exported: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuronaut.explorer.preview.MOST_BYTES", 5 * 16 * 16 * 3)
    preview = exported(record_images(tmp_path / "r.naut", side=32)).manifest["samples"]["preview"]
    assert (preview["height"], preview["width"]) == (16, 16)


def test_values_that_are_not_finite_are_counted_and_marked(tmp_path: Path, exported: Exporter) -> None:
    values = np.ones((5, 3, 2), np.float32)
    values[1, :, 0], values[2, :, 0], values[3, :, 1] = np.nan, np.inf, -np.inf
    page = exported(record_images(tmp_path / "r.naut", values=values))
    card = page.manifest["activations"][0]
    assert page.blob(card["nonfinite"]).tolist() == [2, 1]
    assert np.isnan(page.values("conv", "mean")).sum(0).tolist() == [2, 1]
    statistics = page.blob(page.manifest["slices"][0]["stats"]["conv"])
    assert statistics[0].tolist() == [3, 4]
    assert statistics[1].tolist() == [1, 1]
    assert any("NaN or infinite" in note for note in page.manifest["notes"])


def test_a_part_of_the_samples_is_said_and_statistics_stay_those_of_all(
    passengers: Recording, exported: Exporter, data: dict[str, Any]
) -> None:
    page = exported(passengers, max_rows=200)
    assert (page.manifest["samples"]["n"], page.manifest["samples"]["total"]) == (200, 891)
    assert page.manifest["samples"]["grouped"] is False
    assert "200 of 891 samples" in page.manifest["notes"][0]
    ids = page.blob(page.manifest["samples"]["ids"])
    assert page.column("sex") == ["female" if data["female"][row] else "male" for row in ids]
    assert page.manifest["slices"][0]["n"] == 891


def test_a_slice_that_selects_nothing_is_kept_and_said(passengers: Recording, exported: Exporter) -> None:
    with pytest.warns(UserWarning, match="the slice age > 200 selects no sample: no row has age > 200; it runs from"):
        page = exported(passengers, slices=["age > 200", "sex == 'male'"])
    assert page.manifest["slices"][1]["n"] == 0
    assert np.isnan(page.blob(page.manifest["slices"][1]["stats"]["0"])[1]).all()
    assert any(note.startswith("the slice age > 200 selects no sample") for note in page.manifest["notes"])


def test_a_wrong_slice_layer_or_empty_recording_is_refused(
    passengers: Recording, exported: Exporter, tmp_path: Path
) -> None:
    with pytest.raises(FilterError, match="survived"):
        exported(passengers, slices="survivd == 'yes'")
    with pytest.raises(UnknownName, match="layer"):
        exported(passengers, layers="fc9")
    spec = ArraySpec("activations/a/post", "float32", (1,), ("sample", "unit"))
    with create(tmp_path / "empty.naut", RecordingCard(Graph(())), [spec], metadata_schema=pa.schema([])):
        pass
    with pytest.raises(ExportError, match="holds no samples"):
        exported(open_recording(tmp_path / "empty.naut"))


def test_only_chosen_layers_are_shown(passengers: Recording, exported: Exporter) -> None:
    page = exported(passengers, layers=["input", "5"])
    assert [layer["name"] for layer in page.manifest["model"]["layers"]] == ["input", "5"]
    assert [(e["source"], e["target"], e["weights"]) for e in page.manifest["model"]["edges"]] == [("input", "5", None)]
    assert {card["layer"] for card in page.manifest["activations"]} == {"input", "5"}


def test_a_recording_without_influence_says_so(tmp_path: Path, exported: Exporter) -> None:
    page = exported(record_images(tmp_path / "r.naut"))
    assert page.manifest["influence"] == []
    assert any("no influence" in note for note in page.manifest["notes"])


def test_layer_names_that_javascript_knows_are_names_like_any_other(tmp_path: Path, exported: Exporter) -> None:
    names = ("input", "__proto__", "constructor", "a\tb</script>", "../x:3")
    page = exported(record_passengers(tmp_path / "r.naut", Net(names=names)))
    assert [layer["name"] for layer in page.manifest["model"]["layers"]] == list(names)
    assert list(page.manifest["slices"][0]["stats"]) == list(names)
