"""Attribution: by hand, against Captum, complete where it should be, with its evidence beside every number."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, LayerConductance
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, UnsupportedModel
from neuronaut.core.model import Edit, Site
from neuronaut.live.attribute import METHODS
from neuronaut.live.attribution.agreement import agreement
from neuronaut.live.attribution.among import among_others
from neuronaut.live.interval import null_p, null_range, percentile
from neuronaut.models.torch import wrap

PATHS = ("integrated", "expected", "conductance")


def seeded(make: Callable[[], nn.Module], seed: int = 0) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().double().eval()


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def relu_net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 30), nn.ReLU(), nn.Linear(30, 8), nn.ReLU(), nn.Linear(8, 3))


def smooth_net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 6), nn.GELU(), nn.Linear(6, 3))


def pictures() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(5, 3),
    )  # fmt: skip


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer, self.last = nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.inner(x))
        x = x + self.outer(h).relu_()
        out: torch.Tensor = self.last(x)
        return out


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.head = nn.Linear(3, 5), nn.Linear(2, 5), nn.Linear(10, 2)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(torch.cat([torch.relu(self.left(a)), torch.tanh(self.right(b))], 1))
        return out


class Product(nn.Module):
    """The product of its two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(2, 2, bias=False), nn.Linear(1, 1, bias=False)
        nn.init.eye_(self.first.weight)
        nn.init.ones_(self.last.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.first(x)
        out: torch.Tensor = self.last(h[:, :1] * h[:, 1:])
        return out


def product() -> Any:
    return Product().double()


@pytest.mark.parametrize("method", METHODS)
def test_in_a_linear_network_every_method_gives_the_weight_times_the_move(method: str) -> None:
    net = seeded(lambda: nn.Sequential(nn.Linear(4, 6, bias=False), nn.Linear(6, 3, bias=False)))
    X = rows(30, 4)
    weight = (net[1].weight @ net[0].weight)[1].detach().numpy()
    baseline = None if method in ("lrp", "expected") else "zero"
    options: dict[str, Any] = {"steps": 29, "epsilon": 1e-13, "per_sample": True, "resamples": 50}
    found = naut.attribute(net, X, "1:1", method=method, baseline=baseline, **options)
    others = (X.sum(0) - X) / 29  # 29 draws are every other sample once
    moved = {"patching": -X, "expected": X - others}.get(method, X)
    np.testing.assert_allclose(found["sample_attribution"], moved * weight, atol=1e-9)
    np.testing.assert_allclose(found["attribution"], (moved * weight).mean(0), atol=1e-9)
    assert abs(float(found["error"])) < 1e-9


def test_of_a_product_the_path_gives_each_factor_half_and_first_order_gives_each_the_whole() -> None:
    X = np.array([[2.0, 3.0]])

    def attributed(method: str, **options: Any) -> list[float]:
        found = naut.attribute(product(), X, "last:0", method=method, resamples=9, **options)
        return [round(float(one), 9) for one in found["attribution"]]

    assert attributed("integrated", baseline="zero") == [3.0, 3.0]
    assert attributed("gradient") == [6.0, 6.0]
    assert attributed("patching", baseline="zero") == [-6.0, -6.0]
    assert attributed("conductance", baseline="zero", layer="first") == [3.0, 3.0]
    # From (1, 1): x0 moves by 1 while x1 is 2 on average, x1 by 2 while x0 is 1.5.
    assert attributed("integrated", baseline=[1.0, 1.0]) == [2.0, 3.0]


def test_expected_gradients_of_a_product_are_the_mean_over_all_other_samples() -> None:
    """From x' to x the factor x0 moves by x0 - x0' while x1 is (x1 + x1') / 2 on average."""
    X = rows(40, 2)
    found = naut.attribute(product(), X, "last:0", method="expected", steps=39 * 20, per_sample=True, resamples=9)
    others = ~np.eye(40, dtype=bool)
    moves, middles = X[:, None] - X[None], (X[:, None] + X[None]) / 2
    expected = np.stack([(moves[..., i] * middles[..., 1 - i] * others).sum(1) / 39 for i in (0, 1)], 1)
    assert np.abs(found["sample_attribution"] - expected).max() < 0.05
    products = X.prod(1)
    start = (products.sum() - products) / 39
    np.testing.assert_allclose(found["sample_start"], start, atol=1e-9)


@pytest.mark.parametrize("layer", ["input", "0"])
def test_integrated_gradients_are_captums(layer: str) -> None:
    net, X = seeded(smooth_net), rows(6, 4)
    found = naut.attribute(net, X, "4:2", layer, baseline="zero", per_sample=True, resamples=9)
    x = torch.from_numpy(X)
    if layer == "input":
        expected = IntegratedGradients(net).attribute(x, target=2, n_steps=64, method="gausslegendre")
    else:
        hidden = net[:2](x).detach()
        expected = IntegratedGradients(net[2:]).attribute(hidden, target=2, n_steps=64, method="gausslegendre")
    np.testing.assert_allclose(found["sample_attribution"], expected.detach().numpy(), atol=1e-9)


def test_conductance_is_captums() -> None:
    net, X = seeded(smooth_net), rows(6, 4)
    found = naut.attribute(net, X, "4:2", "0", "conductance", baseline="zero", steps=200, per_sample=True, resamples=9)
    expected = LayerConductance(net, net[1]).attribute(torch.from_numpy(X), target=2, n_steps=800)
    np.testing.assert_allclose(found["sample_attribution"], expected.detach().numpy(), atol=2e-4)


@pytest.mark.parametrize("method", ["integrated", "conductance"])
@pytest.mark.parametrize("layer", ["input", "0", "0.pre", "2", "2.pre"])
def test_at_64_steps_the_sum_is_within_one_percent_of_the_difference(layer: str, method: str) -> None:
    net, X = seeded(smooth_net), rows(60, 4)
    found = naut.attribute(net, X, "4:1", layer, method, baseline="zero", resamples=9)
    answers = net(torch.from_numpy(np.vstack([X, np.zeros((1, 4))])))[:, 1].detach().numpy()
    if layer == "input" or method == "conductance":
        np.testing.assert_allclose(found["sample_difference"], answers[:-1] - answers[-1])
    assert float(found["relative_error"]) < (1e-9 if method == "integrated" else 0.01)
    assert found["attribution"].sum() == pytest.approx(float(found["total"]))


@pytest.mark.parametrize("method", ["integrated", "conductance"])
@pytest.mark.parametrize(
    ("make", "shape", "to", "layer"),
    [
        (relu_net, (40, 4), "4:1", "0"),
        (pictures, (20, 2, 6, 6), "7:1", "0.pre"),
        (pictures, (20, 2, 6, 6), "7:1", "4.pre"),
        (Residual, (40, 4), "last:0", "input"),
    ],
)
def test_where_the_slope_jumps_more_steps_come_as_near_as_one_likes(
    make: Any, shape: tuple[int, ...], to: str, layer: str, method: str
) -> None:
    net, X = seeded(make), rows(*shape)
    errors = [
        float(naut.attribute(net, X, to, layer, method, baseline="mean", steps=steps, resamples=9)["relative_error"])
        for steps in (4, 160)
    ]
    assert errors[1] < 0.02 and errors[1] < errors[0] / 6


def test_conductance_of_a_layer_that_ways_lead_around_is_its_part_and_says_so() -> None:
    net, X = seeded(Residual), rows(50, 4)
    found = naut.attribute(net, X, "last:0", "outer", "conductance", baseline="zero", resamples=9)
    around = naut.attribute(net, X, "last:0", "input", "conductance", baseline="zero", resamples=9)
    assert any("ways lead around outer" in note for note in found.notes)
    assert not any("ways lead around" in note for note in around.notes)
    x = torch.from_numpy(X)
    weight = net.last.weight[0]
    part = (net.outer(torch.relu(net.inner(x))).relu() - net.outer(torch.relu(net.inner.bias)).relu()) * weight
    np.testing.assert_allclose(found["attribution"], part.mean(0).detach().numpy(), atol=1e-9)


class Sequence(nn.Module):
    """A part that cannot be recorded itself, attention or recurrent, between layers that can."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.embed, self.inner, self.head = nn.Linear(4, 6), inner, nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.embed(x))
        mixed = self.inner(h, h, h)[0] if isinstance(self.inner, nn.MultiheadAttention) else self.inner(h)[0]
        out: torch.Tensor = self.head(mixed.mean(1))
        return out


@pytest.mark.parametrize(
    "inner", [lambda: nn.MultiheadAttention(6, 2, batch_first=True), lambda: nn.LSTM(6, 6, batch_first=True)]
)
def test_what_lies_before_attention_and_recurrence_can_be_asked(inner: Callable[[], nn.Module]) -> None:
    net, X = seeded(lambda: Sequence(inner())), rows(30, 5, 4)
    rec = naut.record(net, X, layers=["embed", "head"], influence=False)
    for layer, method in (("input", "integrated"), ("embed", "integrated"), ("embed", "conductance")):
        found = naut.attribute(net, rec, "head:0", layer, method, data=X, resamples=9)
        assert float(found["relative_error"]) < 0.01
    with pytest.raises(UnsupportedModel, match=r"no rule for (multi_head_attention_forward|lstm)"):
        naut.attribute(net, rec, "head:0", "embed", "lrp", data=X)


def test_several_inputs_move_together_and_one_can_be_named() -> None:
    net = seeded(TwoInputs)
    data = (rows(30, 3), rows(30, 2, seed=1))
    both = naut.attribute(net, data, "head:0", baseline="zero", inputs=2, resamples=9)
    assert both.coords["unit"] == [*(f"input.a:{unit}" for unit in range(3)), "input.b:0", "input.b:1"]
    assert float(both["relative_error"]) < 0.01
    one = naut.attribute(net, data, "head:0", "input.b", baseline="zero", inputs=2, resamples=9)
    alone = np.stack([net(torch.from_numpy(data[0]), torch.from_numpy(b)).detach().numpy()[:, 0]
                      for b in (data[1], 0 * data[1])])  # fmt: skip
    np.testing.assert_allclose(one["sample_difference"], alone[0] - alone[1], atol=1e-12)
    np.testing.assert_allclose(one["attribution"], both["attribution"][3:], atol=1e-9)  # the inputs do not interact
    given = naut.attribute(net, data, "head:0", baseline=(np.zeros(3), np.zeros(2)), inputs=2, resamples=9)
    np.testing.assert_array_equal(given["attribution"], both["attribution"])


def test_relevance_and_what_biases_took_sum_to_the_answer() -> None:
    net, X = seeded(pictures), rows(30, 2, 6, 6)
    for layer in ("input", "0", "4"):
        found = naut.attribute(net, X, "7:1", layer, "lrp", resamples=9)
        whole = float(found["total"] + found["absorbed"] + found["around"])
        assert whole == pytest.approx(float(found["value"]), abs=1e-9)
        assert float(found["relative_error"]) < 1e-6 and found.params["baseline"] is None
        assert found["attribution"].sum() == pytest.approx(float(found["total"]))


@pytest.mark.parametrize(
    ("make", "shape", "to", "at"), [(relu_net, (60, 4), "4:1", "0"), (pictures, (30, 2, 6, 6), "7:1", "4")]
)
def test_true_patching_is_what_an_edit_does_and_attribution_ranks_as_it(
    make: Any, shape: tuple[int, ...], to: str, at: str
) -> None:
    net, X = seeded(make), rows(*shape)
    found = naut.attribute(net, X, to, at, "patching", baseline="zero", verify=30, resamples=9)
    model = wrap(net, X[:2])
    plain = model.run(X).outputs["output"][:, 1]
    for unit, change in enumerate(found["patched"]):
        after = model.run(X, (), [Edit(Site(at), (unit,), "zero")]).outputs["output"][:, 1]
        assert change == pytest.approx((after - plain).mean(), abs=1e-12)
    assert float(found["rank_correlation"]) > 0.9
    few = naut.attribute(net, X, to, at, "patching", verify=4, resamples=9)
    assert np.isfinite(few["patched"]).sum() == 4


def test_patching_takes_the_values_of_another_sample() -> None:
    X = np.array([[1.0, 5.0], [2.0, 7.0]])
    net = nn.Sequential(nn.Linear(2, 1, bias=False)).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 10.0]]))
    found = naut.attribute(net, X, "0:0", method="patching", per_sample=True, resamples=9)
    assert found["sample_attribution"].tolist() == [[1.0, 20.0], [-1.0, -20.0]]


def test_the_rank_correlation_is_spearmans_and_shuffled_pairs_give_its_p() -> None:
    scipy = pytest.importorskip("scipy.stats")
    one, other = rows(7), rows(7, seed=1)
    found = agreement(one, other)
    assert found.correlation == pytest.approx(scipy.spearmanr(one, other).statistic)
    exact = scipy.permutation_test((one,), lambda x: scipy.spearmanr(x, other).statistic,
                                   permutation_type="pairings", n_resamples=np.inf)  # fmt: skip
    assert found.p == pytest.approx(exact.pvalue, abs=0.02)
    assert agreement(one[:3], other[:3]).why == "3 units are too few to rank"
    assert agreement(np.ones(7), other).why == "all of them are alike"


def test_each_unit_is_placed_among_all_others_as_an_ablation_among_random_units() -> None:
    effects = np.round(rows(45), 1)
    found = among_others(effects)
    for unit, own in enumerate(effects):
        others = np.delete(effects, unit)[:, None]
        low, high = null_range(others)
        assert (found["null_low"][unit], found["null_high"][unit]) == pytest.approx((low[0], high[0]))
        assert found["percentile"][unit] == pytest.approx(percentile(np.array([own]), others)[0])
        assert found["null_p"][unit] == pytest.approx(null_p(np.array([own]), others)[0])
    assert np.isnan(among_others(np.array([1.0]))["null_p"]).all()


def planted() -> nn.Sequential:
    """Of 30 units only number 7 does much to the answer."""
    net: nn.Sequential = seeded(lambda: nn.Sequential(nn.Linear(4, 30), nn.ReLU(), nn.Linear(30, 1)))
    with torch.no_grad():
        net[2].weight.mul_(0.05)
        net[2].weight[0, 7] = 2
        net[0].weight[7] = 1
        net[0].bias[7] = 1
    return net


@pytest.mark.parametrize("method", METHODS)
def test_a_unit_that_does_most_of_it_stands_out_and_the_note_names_it(method: str) -> None:
    options = {} if method in ("lrp", "expected") else {"baseline": "zero"}
    found = naut.attribute(planted(), rows(100, 4) + 1, "2:0", "0", method, steps=16, **options)
    out = np.flatnonzero(found["stands_out"] == 1)
    assert out.tolist() == [7] or (method == "expected" and not len(out))
    if len(out):
        assert any(note.startswith("beyond 95%") and "0:7" in note for note in found.notes)
        assert found["low"][7] <= found["attribution"][7] <= found["high"][7]


def test_random_layers_have_no_more_outstanding_units_than_one_in_twenty() -> None:
    shares = []
    for seed in range(10):
        net = seeded(lambda: nn.Sequential(nn.Linear(4, 60), nn.ReLU(), nn.Linear(60, 1)), seed)
        found = naut.attribute(net, rows(100, 4, seed=seed), "2:0", "0", "gradient", resamples=200)
        shares.append((found["stands_out"] == 1).mean())
    assert np.mean(shares) <= 0.05


def test_few_samples_or_units_give_no_outstanding_unit_and_the_reason() -> None:
    few = naut.attribute(planted(), rows(10, 4), "2:0", "0", resamples=9)
    assert np.isnan(few["stands_out"]).all()
    assert any("10 samples are fewer than 20" in note for note in few.notes)
    small = naut.attribute(planted(), rows(50, 4), "2:0", "input", resamples=9)
    assert any("3 others in the layer are fewer than the 19" in note for note in small.notes)
    one = naut.attribute(planted(), rows(1, 4), "2:0", "0", baseline="zero", resamples=9)
    assert np.isnan(one["low"]).all() and np.isfinite(one["attribution"]).all()


def test_whole_groups_are_drawn_for_the_interval() -> None:
    X = np.repeat(rows(10, 4), 10, axis=0)
    alone = naut.attribute(planted(), X, "2:0", "0", "gradient")
    grouped = naut.attribute(planted(), X, "2:0", "0", "gradient", groups=np.repeat(np.arange(10), 10))
    width = [(found["high"] - found["low"])[7] for found in (alone, grouped)]
    assert width[1] > 2 * width[0]
    assert any("10 groups are fewer" in note for note in grouped.notes)


def test_a_recording_gives_slices_names_of_outputs_and_the_chosen_samples() -> None:
    net, X = seeded(relu_net), rows(300, 4)
    side, labels = {"side": np.where(X[:, 0] > 0, "up", "down")}, np.array(["a", "b", "c"] * 100)
    rec = naut.record(net, X, metadata=side, labels=labels, influence=False)
    found = naut.attribute(net, rec, "b", where="side == 'up'", baseline="zero", samples=60, resamples=9)
    assert found.params["to"] == "4:1" and found.n == {'side == "up"': 60}
    assert (X[list(found.coords["sample"]), 0] > 0).all()
    assert any("measured on 60 of the" in note for note in found.notes)
    same = naut.attribute(net, rec, "4:1", where="side == 'up'", baseline="zero", samples=60, resamples=9)
    np.testing.assert_array_equal(same["attribution"], found["attribution"])
    everything = naut.attribute(net, rec, "b", samples=None, resamples=9)
    assert everything.n == {"all": 300} and everything.params["baseline"] == "mean"
    sliced = naut.attribute(net, rec, "b", where="side == 'up'", resamples=9)
    middle = net(torch.from_numpy(X.mean(0, keepdims=True)))[0, 1].item()  # of all, whatever the slice
    assert float(sliced["start"]) == pytest.approx(middle) == pytest.approx(float(everything["start"]))


def test_the_same_seed_gives_the_same_numbers_and_the_model_and_the_random_state_are_left_alone() -> None:
    net, X = seeded(pictures).train(), rows(40, 2, 6, 6)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    random.seed(3)
    states = random.getstate(), torch.get_rng_state()
    for method in METHODS:
        once, again = (naut.attribute(net, X, "7:1", "4", method, steps=4, resamples=9) for _ in range(2))
        for name, value in once.values.items():
            np.testing.assert_array_equal(value, again[name])
    assert random.getstate() == states[0] and torch.equal(torch.get_rng_state(), states[1])
    assert net.training and all(one.requires_grad and one.grad is None for one in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_the_tables_hold_units_or_samples_and_json_holds_all() -> None:
    found = naut.attribute(planted(), rows(30, 4), "2:0", "0", "patching", per_sample=True, resamples=9)
    assert len(found.table()) == 30 and {"attribution", "error", "rank_correlation"} <= set(found.table().columns)
    assert len(found.table("sample")) == 30 and "sample_error" in found.table("sample")
    assert len(found.table("sample", "units")) == 900
    assert found.to_json()["values"]["rank_correlation"] == float(found["rank_correlation"])
    assert "attribution" in repr(found)


@pytest.mark.parametrize("method", ["gradient", "integrated", "expected", "patching", "lrp", "conductance"])
def test_maps_sum_over_their_places_to_the_attribution_of_the_channel(method: str) -> None:
    net, x = seeded(pictures), rows(12, 2, 6, 6)
    layer = "0" if method == "conductance" else "input"
    plain = naut.attribute(net, x, "7:1", layer, method, steps=8, verify=0)
    found = naut.attribute(net, x, "7:1", layer, method, steps=8, verify=0, positions=True, per_sample=True)
    channels = 4 if method == "conductance" else 2
    assert (found["map"].shape, found.dims["map"]) == ((channels, 6, 6), ("units", "y", "x"))
    assert found["sample_map"].shape == (12, channels, 6, 6)
    np.testing.assert_allclose(found["map"].sum((1, 2)), plain["attribution"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["sample_map"].sum((2, 3)), found["sample_attribution"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["sample_map"].mean(0), found["map"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["attribution"], plain["attribution"])
    assert "sample_map" not in naut.attribute(net, x, "7:1", layer, method, steps=2, verify=0, positions=True).values


def test_a_map_stands_where_the_weights_look() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 1, bias=False)).double().eval()
    net[1].weight.data = torch.arange(9.0).double()[None]
    found = naut.attribute(net, np.ones((4, 1, 3, 3)), "1:0", method="gradient", positions=True)
    np.testing.assert_allclose(found["map"][0], np.arange(9.0).reshape(3, 3))


def test_a_map_is_refused_where_there_are_no_positions() -> None:
    with pytest.raises(DataError, match="no positions"):
        naut.attribute(seeded(relu_net), rows(9, 4), "4:0", positions=True)
    with pytest.raises(DataError, match="one layer"):
        naut.attribute(seeded(TwoInputs), {"a": rows(9, 3), "b": rows(9, 2)}, "head:0", positions=True)


def test_a_difference_that_cancels_out_is_said_and_one_that_does_not_is_not() -> None:
    net, x = seeded(relu_net), rows(200, 4)
    said = "small beside how 4:0 varies"
    assert any(said in note for note in naut.attribute(net, x, "4:0", "2", baseline="mean").notes)
    one_side = x + 3
    assert not any(said in note for note in naut.attribute(net, one_side, "4:0", baseline="zero").notes)


def test_with_a_slice_a_linear_head_is_measured_from_the_mean_of_all_samples(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(2, 1, bias=False)).eval()
    x = np.random.default_rng(1).normal(size=(100, 2)).astype(np.float32)
    with naut.record(net, x, metadata={"first": x[:, 0]}, to=tmp_path / "linear.naut") as rec:
        found = naut.attribute(net, rec, "0:0", where="first > 0", data=x)
    inside = x[:, 0] > 0
    weight = net[0].weight.detach().numpy()[0]
    np.testing.assert_allclose(found["attribution"], weight * (x[inside].mean(0) - x.mean(0)), rtol=1e-4, atol=1e-6)
