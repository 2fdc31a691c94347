"""Similarity: the same as numpy's correlations and cosines, and planted twins."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from made_recordings import Array, Made

from neuronaut.analysis import similarity
from neuronaut.analysis.measures.against import Against
from neuronaut.core.errors import AddressError, DataError, UnknownName
from neuronaut.core.layer import Edge, Layer, Take

N = 80
HALF = np.arange(N) % 2


def values(units: int = 12, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, 4)) @ rng.normal(size=(4, units)) + rng.normal(size=(N, units)) + 2


def likeness(columns: Array, metric: str) -> Array:
    if metric == "pearson":
        return np.corrcoef(columns.T)
    length = np.linalg.norm(columns, axis=0)
    return columns.T @ columns / np.outer(length, length)


@pytest.mark.parametrize("opposite", [False, True])
@pytest.mark.parametrize("metric", ["pearson", "cosine"])
@pytest.mark.parametrize("k", [1, 3, 11])
def test_the_nearest_are_those_of_the_whole_matrix(made: Made, metric: str, opposite: bool, k: int) -> None:
    columns = values()
    found = similarity(made({"fc": columns}, half=HALF), "fc", metric=metric, k=k, opposite=opposite)
    whole, first, second = (likeness(part, metric) for part in (columns, columns[HALF == 0], columns[HALF == 1]))
    for unit in range(12):
        others = [other for other in range(12) if other != unit]
        expected = sorted(others, key=lambda other: first[unit, other] * (1 if opposite else -1))[:k]
        assert found["index"][unit].tolist() == expected
        for name, of in (("value", whole), ("found", first), ("heldout", second)):
            np.testing.assert_allclose(found[name][unit], of[unit, expected], atol=1e-12)
    assert (found["heldout_low"] < found["heldout"]).all()
    assert (found["heldout"] < found["heldout_high"]).all()
    assert (found["heldout_n"] == (HALF == 1).sum()).all()


@pytest.mark.parametrize("opposite", [False, True])
@pytest.mark.parametrize("metric", ["pearson", "cosine"])
def test_where_a_half_is_small_all_samples_choose_and_that_is_said(made: Made, metric: str, opposite: bool) -> None:
    columns = values()
    rec = made({"fc": columns}, half=np.arange(N) < 19)
    found = similarity(rec, "fc", metric=metric, k=3, opposite=opposite)
    whole = likeness(columns, metric)
    for unit in range(12):
        others = [other for other in range(12) if other != unit]
        expected = sorted(others, key=lambda other: whole[unit, other] * (1 if opposite else -1))[:3]
        assert found["index"][unit].tolist() == expected
        np.testing.assert_allclose(found["value"][unit], whole[unit, expected], atol=1e-12)
    for name in ("found", "heldout", "heldout_low", "heldout_high", "heldout_n"):
        assert np.isnan(found[name]).all()
    (note,) = found.notes
    assert note.startswith("fc: fewer than 20 samples in a half")
    assert similarity(rec, "fc:4", metric=metric, k=3, opposite=opposite).notes == found.notes


def test_chance_chooses_units_that_look_alike_and_the_held_out_half_says_they_are_not(made: Made) -> None:
    columns = np.random.default_rng(5).normal(size=(N, 300))
    found = similarity(made({"fc": columns}, half=HALF), "fc", k=1)
    assert found["found"].mean() > 0.4
    assert abs(found["heldout"].mean()) < 0.03
    outside = (found["heldout_low"] > 0) | (found["heldout_high"] < 0)
    assert outside.mean() < 0.08


def test_a_planted_pair_holds_on_the_other_half(made: Made) -> None:
    columns = np.random.default_rng(6).normal(size=(N, 50))
    columns[:, 9] = columns[:, 3] + 0.3 * np.random.default_rng(7).normal(size=N)
    found = similarity(made({"fc": columns}, half=HALF), "fc:3", k=2)
    assert found["similar"][0] == "fc:9"
    assert found["heldout_low"][0] > 0.85
    assert found["heldout_low"][1] < 0 < found["heldout_high"][1]


def test_the_interval_of_one_unit_is_that_of_its_layer_and_ranks_beyond_the_sixteenth_have_none(made: Made) -> None:
    columns = values(30)
    columns[5, 3] = np.nan
    rec = made({"fc": columns}, half=HALF)
    whole = similarity(rec, "fc", k=20)
    assert np.isnan(whole["heldout_low"][:, 16:]).all()
    assert np.isfinite(whole["heldout"]).all()
    for unit in (0, 3):
        alone = similarity(rec, f"fc:{unit}", k=20)
        assert np.isfinite(alone["heldout_low"]).all()
        for name in ("found", "value", "heldout"):
            np.testing.assert_allclose(alone[name], whole[name][unit], rtol=1e-9)
        for name in ("heldout_low", "heldout_high", "heldout_n"):
            np.testing.assert_allclose(alone[name][:16], whole[name][unit, :16], rtol=1e-9)


def test_a_slice_chooses_and_holds_out_within_itself(made: Made) -> None:
    columns = values()
    found = similarity(made({"fc": columns}, half=HALF), "fc:0", k=3, where="sample < 60")
    second = columns[:60][HALF[:60] == 1]
    other = int(found["similar"][0].rpartition(":")[2])
    assert found["heldout"][0] == pytest.approx(np.corrcoef(second[:, 0], second[:, other])[0, 1])
    assert found["heldout_n"].tolist() == [len(second)] * 3


def test_samples_in_groups_are_held_out_by_group(made: Made) -> None:
    groups = np.arange(N) // 2
    columns = np.repeat(values()[: N // 2], 2, axis=0)
    twice = similarity(made({"fc": columns}, half=groups % 2, groups=groups), "fc:0", k=3)
    once = similarity(made({"fc": columns[::2]}, half=groups[::2] % 2), "fc:0", k=3)
    assert twice["similar"].tolist() == once["similar"].tolist()
    assert "samples come in groups: intervals count groups." in twice.notes
    # A sample written twice tells nothing new: but for (G / (G - 1)), the interval stays as wide.
    for name in ("heldout", "heldout_low", "heldout_high"):
        np.testing.assert_allclose(twice[name], once[name], rtol=1e-9)
    few = similarity(made({"fc": columns}, half=groups % 2, groups=groups // 3), "fc:0", k=3)
    assert "fewer than 20 groups of samples in a half" in few.notes[0]
    assert np.isnan(few["heldout"]).all()


def test_a_unit_is_answered_by_addresses(made: Made) -> None:
    columns = values()
    rec = made({"fc": columns, "other": columns}, half=HALF)
    found = similarity(rec, "fc:4", k=3)
    whole = similarity(rec, k=3)
    assert found["similar"].tolist() == [f"fc:{unit}" for unit in whole["index"][4]]
    np.testing.assert_allclose(found["value"], whole["value"][4], rtol=1e-12)
    assert whole["index"].shape == (24, 3)
    assert whole["index"][12:].tolist() == whole["index"][:12].tolist()


@pytest.mark.parametrize("opposite", [False, True])
@pytest.mark.parametrize("metric", ["pearson", "cosine"])
@pytest.mark.parametrize("stored", [np.float16, np.float32, np.float64])
def test_one_unit_is_answered_as_numpy_answers_it(made: Made, stored: type, metric: str, opposite: bool) -> None:
    columns = (values(9) + 40).astype(stored)
    rec = made({"fc": columns}, half=HALF)
    whole, first = (likeness(part.astype(np.float64), metric)[4] for part in (columns, columns[HALF == 0]))
    expected = sorted(set(range(9)) - {4}, key=lambda other: first[other] * (1 if opposite else -1))[:5]
    found = similarity(rec, "fc:4", k=5, metric=metric, opposite=opposite)
    assert found["similar"].tolist() == [f"fc:{unit}" for unit in expected]
    np.testing.assert_allclose(found["value"], whole[expected], rtol=1e-11)


@pytest.mark.parametrize("metric", ["pearson", "cosine"])
def test_parts_of_the_samples_add_up_to_the_whole(metric: str) -> None:
    columns = values(7) + 5
    columns[2:9, 3] = np.nan
    columns[40, 5] = np.inf
    columns[:, 6] = columns[:, 0]
    near = columns[0] if metric == "pearson" else np.zeros(7)
    near = np.where(np.isfinite(near), near, 0.0)
    for unit in (0, 3, 5):
        first, second = Against(unit, near), Against(unit, near)
        first.add_rows(columns[:1])
        first.add_rows(columns[30:])
        second.add_rows(columns[1:30])
        first.add(second)
        found = first.likeness(centre=metric == "pearson")
        for other in range(7):
            pair = columns[:, [unit, other]]
            expected = likeness(pair[np.isfinite(pair).all(1)], metric)[0, 1]
            assert found[other] == pytest.approx(expected, rel=1e-11)
        assert first.finite.tolist() == [80, 80, 80, 73, 80, 79, 80]


def test_blocks_change_nothing(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    rec = made({"fc": values(30)})
    before = similarity(rec, "fc", k=4, metric="cosine")
    monkeypatch.setattr(sys.modules["neuronaut.analysis.measures.neighbours"], "BLOCK_VALUES", 70)
    after = similarity(rec, "fc", k=4, metric="cosine", where="sample >= 0")
    assert after["index"].tolist() == before["index"].tolist()


def test_twins_and_opposites_are_found_with_their_sign(made: Made) -> None:
    columns = np.random.default_rng(1).normal(size=(N, 6))
    columns[:, 3] = 5 * columns[:, 0] + 7
    columns[:, 5] = -columns[:, 1]
    rec = made({"fc": columns})
    assert similarity(rec, "fc:0", k=1)["similar"].tolist() == ["fc:3"]
    assert similarity(rec, "fc:0", k=1)["value"][0] == pytest.approx(1)
    assert similarity(rec, "fc:1", k=1, opposite=True)["similar"].tolist() == ["fc:5"]
    assert similarity(rec, "fc:1", k=1, opposite=True)["value"][0] == pytest.approx(-1)
    assert similarity(rec, "fc:1", k=5)["similar"][-1] == "fc:5"


def test_equal_values_come_by_number(made: Made) -> None:
    columns = np.repeat(np.random.default_rng(2).normal(size=(N, 1)), 40, axis=1)
    for k in (3, 20):
        found = similarity(made({"fc": columns}), "fc:2", k=k, metric="cosine")
        assert found["similar"].tolist() == [f"fc:{unit}" for unit in range(k + 1) if unit != 2][:k]


def test_units_that_say_nothing_are_similar_to_none_and_that_is_said(made: Made) -> None:
    columns = values(5)
    columns[:, 1] = 0.1
    columns[:60, 2] = np.nan
    found = similarity(made({"fc": columns}), "fc", k=4)
    assert found["index"][1].tolist() == found["index"][2].tolist() == [-1] * 4
    assert np.isnan(found["value"][1]).all()
    assert set(found["index"][0].tolist()) == {3, 4, -1}
    assert found.notes == (
        "1 unit (fc:1): constant; similar to none.",
        "1 unit (fc:2): NaN or infinite for more than half of the samples; similar to none.",
    )
    for silent in ("fc:1", "fc:2"):
        assert similarity(made({"fc": columns}), silent)["similar"].tolist() == []
    beside = similarity(made({"fc": columns}), "fc:0", k=4)
    assert sorted(beside["similar"].tolist()) == ["fc:3", "fc:4"]
    assert beside.notes == found.notes
    alone = similarity(made({"fc": columns[:, :1]}), "fc:0")
    assert alone["similar"].tolist() == []
    assert "fc has a single unit" in alone.notes[0]


@pytest.mark.parametrize("metric", ["pearson", "cosine"])
def test_units_with_missing_values_are_compared_where_both_are_finite(made: Made, metric: str) -> None:
    columns = values(6)
    columns[3, 2] = np.nan
    columns[10:30, 4] = np.inf
    rec = made({"fc": columns}, half=HALF)
    found = similarity(rec, "fc", k=5, metric=metric)
    for unit in range(6):
        expected = {}
        for other in set(range(6)) - {unit}:
            both = np.isfinite(columns[:, [unit, other]]).all(1)
            of = [both & (HALF == 0), both, both & (HALF == 1)]
            expected[other] = [likeness(columns[rows][:, [unit, other]], metric)[0, 1] for rows in of] + [of[2].sum()]
        order = sorted(expected, key=lambda other: -expected[other][0])
        assert found["index"][unit].tolist() == order
        for place, name in enumerate(("found", "value", "heldout", "heldout_n")):
            np.testing.assert_allclose(found[name][unit], [expected[other][place] for other in order], rtol=1e-9)
        alone = similarity(rec, f"fc:{unit}", k=5, metric=metric)
        assert alone["similar"].tolist() == [f"fc:{other}" for other in found["index"][unit]]
        np.testing.assert_allclose(alone["value"], found["value"][unit], rtol=1e-9)
        assert alone.notes == found.notes
    assert found.notes == ("2 units (fc:2, fc:4): NaN or infinite for some samples; compared on the others.",)


def layers_with_weights() -> dict[str, object]:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(5, 3)), rng.normal(size=(2, 5))
    first[4] = 2 * first[1]
    second[:, 3] = 0
    dense = {"weight_axes": ["out", "in"]}
    return {
        "layers": (
            Layer("input", "input", 3, "input", 0),
            Layer("a", "dense", 5, "linear", 1, parameters={"weight": "a.weight"}, attributes=dense),
            Layer("b", "dense", 2, "linear", 2, parameters={"weight": "b.weight"}, attributes=dense),
        ),
        "edges": (
            Edge("input", "a", "linear", Take.encode(np.arange(3))),
            Edge("a", "b", "linear", Take.encode(np.arange(5))),
        ),
        "parameters": {"a.weight": first, "b.weight": second},
    }


def test_weights_into_and_out_of_units_are_compared_by_cosine(made: Made) -> None:
    given = layers_with_weights()
    rec = made({"input": values(3), "a": values(5), "b": values(2)}, **given)
    first, second = given["parameters"].values()
    into = similarity(rec, "a", by="weight", k=4)
    whole = likeness(first.T, "cosine")
    assert into["index"][1, 0] == 4
    assert into["value"][1, 0] == pytest.approx(1)
    np.testing.assert_allclose(into["value"][0], np.sort(whole[0, 1:])[::-1], atol=1e-12)
    out = similarity(rec, "a", by="weight out", k=4)
    assert out["index"][3].tolist() == [-1] * 4
    np.testing.assert_allclose(out["value"][0, :3], np.sort(likeness(second[:, [0, 1, 2, 4]], "cosine")[0, 1:])[::-1])
    assert any("1 unit (a:3): all weights are 0" in note for note in out.notes)
    assert dict(into.n) == {}
    every = similarity(rec, by="weight")
    assert every.notes[0] == "input: no weights into its units were recorded as a matrix."
    assert (every["index"][:3] == -1).all()
    with pytest.raises(DataError, match="input: no weights into its units"):
        similarity(rec, "input", by="weight")


def test_kernels_are_compared_with_their_whole_window(made: Made) -> None:
    kernel = np.zeros((3, 1, 3))
    kernel[0, 0], kernel[1, 0], kernel[2, 0] = [1, 0, -1], [2, 0, -2], [0, 1, 0]
    conv = Layer("c", "conv", 3, "conv1d", 1, ("x",), (5,), parameters={"weight": "w"},
                 attributes={"weight_axes": ["out", "in", "window"]})  # fmt: skip
    maps = np.random.default_rng(4).normal(size=(N, 3, 3))
    found = similarity(made({"c": maps}, layers=[conv], parameters={"w": kernel}), "c", by="weight", k=2)
    assert found["index"][0].tolist() == [1, 2]
    np.testing.assert_allclose(found["value"][0], [1, 0], atol=1e-12)


def test_a_large_layer_is_looked_at_on_fewer_samples_and_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["neuronaut.analysis.similarity"], "VALUES", 12 * 40)
    rec = made({"fc": values()})
    found = similarity(rec, "fc", k=2)
    assert "looked at on 40 of 80 samples" in found.notes[0]
    alone = similarity(rec, "fc:7", k=2)
    assert alone.notes == found.notes
    np.testing.assert_allclose(alone["value"], found["value"][7], rtol=1e-12)


def test_what_cannot_be_asked_is_refused(made: Made) -> None:
    rec = made({"fc": values(3)})
    with pytest.raises(UnknownName, match="no unit 9 in layer 'fc'"):
        similarity(rec, "fc:9")
    with pytest.raises((UnknownName, AddressError), match="fd"):
        similarity(rec, "fd")
    with pytest.raises(UnknownName, match="closest: 'activation'"):
        similarity(rec, by="activations")
    with pytest.raises(UnknownName, match="metric"):
        similarity(rec, metric="euclid")
    with pytest.raises(DataError, match="at least 1"):
        similarity(rec, k=0)
    nobody = similarity(rec, "fc", where="sample > 900")
    assert (nobody["index"] == -1).all()
    assert similarity(rec, "fc:0", where="sample > 900")["similar"].tolist() == []
    assert nobody.notes[0].startswith("no sample is in sample > 900")
