"""CKA: its invariances, its unbiased form, and both ways of computing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import permutations, product

import numpy as np
import pytest
from made_recordings import Array, Made

from neuronaut.analysis import cka, linear_cka
from neuronaut.analysis.measures.alignment import alike, by_chance, seen
from neuronaut.analysis.measures.matching import Pairing, pairings
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording


def data(n: int = 60, units: int = 5, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(n, units)) * np.arange(1, units + 1) + 3


def by_definition(x: Array, y: Array) -> float:
    x, y = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    return float(norm(x.T @ y) ** 2 / (norm(x.T @ x) * norm(y.T @ y)))


def unbiased_by_definition(x: Array, y: Array) -> float:
    """Song's HSIC of the kernels as they are, nothing centred."""

    def hsic(a: Array, b: Array) -> float:
        n = len(a)
        k, m = a @ a.T, b @ b.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        ones = np.ones(n)
        first = np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return float((first - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3)))

    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


def assert_as_defined(found: Result, mine: Mapping[str, Array], theirs: Mapping[str, Array]) -> None:
    pairs = list(product(mine.values(), theirs.values()))
    shape = (len(mine), len(theirs))
    for name, definition in (("cka", by_definition), ("debiased", unbiased_by_definition)):
        assert found[name] == pytest.approx(np.reshape([definition(x, y) for x, y in pairs], shape))


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("units", [5, 90])
def test_rotation_and_one_scale_change_nothing_but_other_maps_do(units: int, unbiased: bool) -> None:
    rng = np.random.default_rng(1)
    x, y = data(units=units), np.tanh(data(units=units) @ rng.normal(size=(units, 7)) / 30)
    before = linear_cka(x, y, unbiased=unbiased)
    turn = np.linalg.qr(rng.normal(size=(units, units)))[0]
    assert linear_cka(x @ turn, y, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(x, -4 * y + 9, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(x, 2 * x @ turn, unbiased=unbiased) == pytest.approx(1)
    assert abs(linear_cka(x @ np.diag(np.geomspace(1, 1e3, units)), y, unbiased=unbiased) - before) > 0.01


@pytest.mark.parametrize(("n", "units"), [(60, 5), (20, 40)])
def test_both_values_are_their_definitions(n: int, units: int) -> None:
    x, y = data(n, units), data(n, 4, seed=2) + data(n, units)[:, :4]
    assert linear_cka(x, y) == pytest.approx(by_definition(x, y))
    assert linear_cka(x, y, unbiased=True) == pytest.approx(unbiased_by_definition(x, y))


def test_unrelated_layers_of_many_units_look_alike_only_to_the_plain_value() -> None:
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=(40, 400)), rng.normal(size=(40, 400))) for _ in range(5)]
    assert min(linear_cka(x, y) for x, y in pairs) > 0.85
    assert abs(np.mean([linear_cka(x, y, unbiased=True) for x, y in pairs])) < 0.02


def test_different_samples_are_refused() -> None:
    with pytest.raises(DataError, match="60 samples beside 50"):
        linear_cka(data(60), data(50))


@pytest.mark.parametrize("features", [4096, 0])
def test_the_layers_of_a_recording_are_compared_each_with_each(
    made: Made, monkeypatch: pytest.MonkeyPatch, features: int
) -> None:
    monkeypatch.setattr(sys.modules["neuronaut.analysis.cka"], "FEATURES", features)
    layers = {"a": data(300, 4), "b": data(300, 6, seed=1), "c": np.maximum(data(300, 4) - 3, 0)}
    found = cka(made(layers))
    assert_as_defined(found, layers, layers)
    assert np.diagonal(found["cka"]).tolist() == np.diagonal(found["debiased"]).tolist() == [1.0, 1.0, 1.0]
    assert found.coords["layers"] == found.coords["others"] == ["a", "b", "c"]


def test_large_networks_are_looked_at_on_fewer_samples_and_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["neuronaut.analysis.cka"]
    monkeypatch.setattr(module, "FEATURES", 0)
    monkeypatch.setattr(module, "SAMPLES", 1000)
    x = data(3000, 4)
    found = cka(made({"a": x, "b": x[:, :2]}))
    assert found["cka"][0, 1] == pytest.approx(by_definition(x, x[:, :2]), abs=0.03)
    assert "looked at on 1,000 of 3,000 samples" in found.notes[0]


def test_what_does_not_vary_is_like_nothing_and_broken_units_are_left_out(made: Made) -> None:
    x = data(50, 3)
    found = cka(made({"a": x, "still": np.ones((50, 2)), "b": np.c_[x, np.full(50, np.inf)]}))
    assert np.isnan(found["cka"][1]).all()
    assert np.isnan(found["debiased"][:, 1]).all()
    assert found["cka"][0, 2] == pytest.approx(1)
    assert any("nothing varies in 'still'" in note for note in found.notes)
    assert any("1 unit (b:3)" in note for note in found.notes)


def test_too_few_samples_have_no_debiased_value(made: Made) -> None:
    found = cka(made({"a": data(3, 2), "b": data(3, 2, seed=1)}))
    assert np.isfinite(found["cka"]).all()
    assert np.isnan(found["debiased"]).all()
    assert "too few" in found.notes[-1]
    nobody = cka(made({"a": data(9, 2)}, {"x": range(9)}), "x > 99")
    assert np.isnan(nobody["cka"]).all()


def two(made: Made, n: int = 80, order: Array | None = None) -> tuple[Recording, Recording]:
    """Two networks on the same samples: the second has the first's layer "a" turned, and one that is noise."""
    mine, theirs = layers_of(n)
    rows = np.arange(n) if order is None else order
    table = {"row": np.arange(n).astype(float), "kind": np.where(np.arange(n) % 3 == 0, "a", "b")}
    there = {name: values[rows] for name, values in theirs.items()}
    return made(mine, table), made(there, {key: column[rows] for key, column in table.items()}, ids=rows)


def layers_of(n: int = 80) -> tuple[dict[str, Array], dict[str, Array]]:
    rng = np.random.default_rng(5)
    x, turn = data(n), np.linalg.qr(rng.normal(size=(5, 5)))[0]
    return {"a": x, "b": np.tanh(x[:, :3])}, {"turned": 2 * x @ turn, "noise": rng.normal(size=(n, 4)), "c": x[:, :1]}


def test_layers_of_two_recordings_are_compared_over_the_samples_that_both_hold(made: Made) -> None:
    order = np.random.default_rng(3).permutation(80)[:60]
    first, second = two(made, order=order)
    found = cka(first, other=second)
    assert (found.coords["layers"], found.coords["others"]) == (["a", "b"], ["turned", "noise", "c"])
    assert dict(found.n) == {"shared": 60}
    assert found["cka"][0, 0] == pytest.approx(1)
    kept = np.sort(order)
    mine, theirs = ({name: values[kept] for name, values in layers.items()} for layers in layers_of())
    assert_as_defined(found, mine, theirs)
    assert found["p"][0, 0] == pytest.approx(1 / 200)
    one = cka(first, "kind == 'a'", other=second, layers="b", other_layers="noise")
    inside = kept[kept % 3 == 0]
    assert dict(one.n) == {'kind == "a"': len(inside)}
    mine, theirs = ({name: values[inside] for name, values in layers.items()} for layers in layers_of())
    assert_as_defined(one, {"b": mine["b"]}, {"noise": theirs["noise"]})


def test_shuffled_pairings_have_mean_0_and_the_variance_that_theory_gives_for_any_two_layers() -> None:
    x, y = data(7, 2), np.abs(data(7, 3, seed=4))
    chance = np.array([unbiased_by_definition(x, y[list(order)]) for order in permutations(range(7))])
    assert chance.mean() == pytest.approx(0, abs=1e-12)
    assert chance.var() == pytest.approx(2 / (7 * 4))
    drawn = (Pairing(np.array([3, 0, 6, 1, 5, 2, 4]), np.arange(1, 7)),)
    one, other = (seen(each, np.arange(7), drawn) for each in (x, y))
    value = alike(one, other)[1]
    assert value == pytest.approx(unbiased_by_definition(x, y))
    order = drawn[0].order
    shifted = np.array([unbiased_by_definition(x[order], np.roll(y[order], -by, axis=0)) for by in range(1, 7)])
    null, p = by_chance(value, one, other, drawn)
    assert null == pytest.approx(np.quantile(shifted, 0.95))
    assert p == pytest.approx((1 + (shifted >= value).sum()) / 7)


def test_unrelated_layers_reach_the_chance_line_as_often_as_they_should() -> None:
    above, certain, asked = 0, 0, 0
    for seed in range(16):
        rng, drawn = np.random.default_rng(seed), pairings(np.arange(60), 199, seed)
        layers = [seen(rng.normal(size=(60, units)), np.arange(60), drawn) for units in (3, 2) for _ in range(8)]
        for one, other in product(layers[:8], layers[8:]):
            value = alike(one, other)[1]
            null, p = by_chance(value, one, other, drawn)
            above, certain, asked = above + (value > null), certain + (p <= 0.05), asked + 1
    assert above / asked == pytest.approx(0.05, abs=0.02)
    assert certain / asked == pytest.approx(0.05, abs=0.02)


def test_large_recordings_are_looked_at_on_some_samples_and_chance_on_fewer_still(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["neuronaut.analysis.beside"]
    monkeypatch.setattr(module, "SAMPLES", 50)
    monkeypatch.setattr(module, "SHUFFLED", 30)
    first, second = two(made)
    found = cka(first, other=second)
    assert found["debiased"][0, 0] == pytest.approx(1)
    assert dict(found.n) == {"shared": 80}
    assert any("50 of 80 samples" in note for note in found.notes)
    assert "chance is that of 30 shuffled samples; of all 50 it would be lower." in found.notes


def test_what_two_recordings_cannot_say_is_said(made: Made) -> None:
    first, second = two(made)
    empty = cka(first, "row > 1000", other=second)
    assert np.isnan(empty["debiased"]).all()
    assert "no sample is in row > 1000" in empty.notes[0]
    odd = np.where(np.arange(80) == 3, np.nan, 1.0)[:, None]
    still = made({"still": np.ones((80, 2)), "odd": odd}, {"row": range(80)})
    found = cka(made({"a": data(80)}, {"row": range(80)}), other=still)
    assert np.isnan(found["debiased"]).all() and np.isnan(found["p"]).all()
    assert any("nothing varies in 'still'" in note for note in found.notes)
    assert any("NaN or infinite activations; left out: 1 unit (odd:0)" in note for note in found.notes)
    with pytest.raises(DataError, match="beside itself"):
        cka(first, other=first)
    with pytest.raises(DataError, match="give it as other"):
        cka(first, other_layers="a")
    with pytest.raises(DataError, match="cannot give a p below"):
        cka(first, other=second, shuffles=5)
    with pytest.raises(DataError, match="share 10 samples"):
        cka(first, other=two(made, order=np.arange(10))[1])


def test_groups_are_shuffled_whole(made: Made) -> None:
    # Twenty groups of five samples that are all alike: shuffled one by one, chance would be far lower.
    rng = np.random.default_rng(1)
    codes, table = np.repeat(np.arange(20), 5), {"row": range(100)}
    x, y = (rng.normal(size=(20, 4))[codes] for _ in range(2))
    apart = cka(made({"a": x}, table), other=made({"a": y}, table))
    whole = cka(made({"a": x}, table, groups=codes), other=made({"a": y}, table, groups=codes))
    assert whole["debiased"] == pytest.approx(apart["debiased"])
    assert whole["null"][0, 0] > 2 * apart["null"][0, 0]
    assert whole["p"][0, 0] > apart["p"][0, 0]
    assert "samples come in groups: whole groups are shuffled." in whole.notes


def test_a_few_samples_that_are_not_finite_are_left_out_and_not_all_units(made: Made) -> None:
    random = np.random.default_rng(3)
    a, b = random.normal(size=(200, 6)), random.normal(size=(200, 4))
    broken = a.copy()
    broken[[7, 90]] = np.nan
    broken[11, 2] = np.inf
    found = cka(made({"a": broken, "b": b, "gone": np.full((200, 2), np.nan)}))
    rest = np.delete(np.arange(200), [7, 11, 90])
    assert found["cka"][0, 1] == pytest.approx(linear_cka(a[rest], b[rest]))
    assert "3 samples with NaN or infinite activations are left out." in found.notes
    assert not any("nothing varies" in note for note in found.notes)
    assert any("left out: 2 units (gone:0, gone:1)" in note for note in found.notes)
