"""Running a wrapped model: what is captured, edited and refused while it runs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch_zoo import ZOO, OneDict, zoo

from neuronaut.core.errors import DataError, LayerNeverFired, UnknownName, UnsupportedModel
from neuronaut.core.model import Edit, Model, Site
from neuronaut.models.torch import to_batch, wrap


def leaves(output: Any) -> list[torch.Tensor]:
    if isinstance(output, dict):
        return [leaf for branch in output.values() for leaf in leaves(branch)]
    return [leaf for branch in output for leaf in leaves(branch)] if isinstance(output, tuple) else [output]


def plainly(net: nn.Module, batch: Any) -> list[torch.Tensor]:
    """The outputs of the model as its owner runs it."""
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        if isinstance(batch, dict):
            return leaves(net(batch) if isinstance(net, OneDict) else net(**batch))
        return leaves(net(*batch) if isinstance(batch, tuple) else net(batch))


@pytest.mark.parametrize("name", ZOO)
def test_outputs_are_bit_identical_whatever_is_captured(name: str) -> None:
    net, batch = zoo(name)
    model = wrap(net, batch)
    expected = plainly(net, batch)
    for sites in ((), model.sites()):
        found = model.run(batch, sites).outputs.values()
        assert all(np.array_equal(one, other.numpy()) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ZOO)
def test_all_random_states_are_untouched(name: str) -> None:
    net, batch = zoo(name)
    before = torch.get_rng_state()
    model = wrap(net, batch)
    model.run(batch, model.sites())
    assert torch.equal(torch.get_rng_state(), before)


class Written(nn.Module):
    """Everything captured is written over later."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.relu(self.a(x))
        y = self.b(h)
        y += h
        y[:, 0] = 7.0
        h.clamp_(max=0.1)
        z = self.c(y)
        y.zero_()
        return z


def test_values_are_those_at_the_place_whatever_is_written_later() -> None:
    torch.manual_seed(3)
    net, x = Written(), torch.randn(5, 3)
    captured = wrap(net, x).run(x, [Site("a", "pre"), Site("a"), Site("b")]).captured
    with torch.no_grad():
        a = net.a(x)
        assert np.array_equal(captured[Site("a", "pre")]["value"], a.numpy())
        assert np.array_equal(captured[Site("a")]["value"], a.relu().numpy())
        assert np.array_equal(captured[Site("b")]["value"], net.b(a.relu()).numpy())


def test_each_call_of_a_layer_used_again_has_its_own_values() -> None:
    net, x = zoo("reused")
    captured = wrap(net, x).run(x, [Site("cell"), Site("cell~2")]).captured
    with torch.no_grad():
        first = torch.tanh(net.cell(x))
        second = torch.tanh(net.cell(x + first))
    assert np.array_equal(captured[Site("cell")]["value"], first.numpy())
    assert np.array_equal(captured[Site("cell~2")]["value"], second.numpy())


@pytest.mark.parametrize("size", [4, 7, 9, 14])
@pytest.mark.parametrize("units", [5, 40])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("threads", [1, 8])
def test_positions_are_reduced_as_numpy_reduces_them(
    size: int, units: int, memory: torch.memory_format, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    net = nn.Sequential(nn.Conv2d(2, units, 1), nn.ReLU()).to(memory_format=memory)
    x = torch.randn(3, 2, size, size).to(memory_format=memory)
    found = wrap(net, x).run(x, [Site("0")], position="keep").captured[Site("0")]
    with torch.no_grad():
        rows = net(x).contiguous().numpy().reshape(3, units, -1)
    np.testing.assert_allclose(found["mean"], rows.mean(2), rtol=1e-5, atol=1e-6)
    assert np.array_equal(found["max"], rows.max(2))
    assert np.array_equal(found["min"], rows.min(2))
    assert np.array_equal(found["argmax"], rows.argmax(2))
    assert found["argmax"].dtype == np.int32
    assert np.array_equal(found["full"], rows.reshape(3, units, size, size).transpose(0, 2, 3, 1))


@pytest.mark.parametrize("size", [3, 9])
@pytest.mark.parametrize("units", [1, 32])
def test_what_is_no_number_stays_none_in_the_reductions(size: int, units: int) -> None:
    net = nn.Sequential(nn.Conv2d(1, units, 1, bias=False))
    nn.init.ones_(net[0].weight)
    x = torch.zeros(2, 1, size, size)
    x[0, 0, 1, 2], x[1, 0, 0, 1] = float("nan"), float("inf")
    found = wrap(net, torch.zeros_like(x)).run(x, [Site("0")]).captured[Site("0")]
    assert np.isnan([found["mean"][0, 0], found["max"][0, 0], found["min"][0, 0]]).all()
    assert found["max"][1, 0] == np.inf
    assert found["min"][1, 0] == 0
    assert found["argmax"].tolist() == [[size + 2] * units, [1] * units]


def test_samples_folded_into_another_axis_are_unfolded() -> None:
    net, x = zoo("folded")
    found = wrap(net, x).run(x, [Site("each")], position="keep").captured[Site("each")]
    with torch.no_grad():
        assert np.array_equal(found["full"], torch.relu(net.each(x.reshape(20, 3))).reshape(4, 5, 4).numpy())


class Twins(nn.Module):
    """Two batches stacked one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = nn.Linear(3, 4), nn.Linear(4, 1)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        one, other = torch.relu(self.encoder(torch.cat([a, b]))).chunk(2)
        return self.head(one * other)


def test_batches_stacked_on_one_another_are_told_apart() -> None:
    torch.manual_seed(5)
    net, a, b = Twins(), torch.randn(5, 3), torch.randn(5, 3)
    found = wrap(net, (a, b)).run((a, b), [Site("encoder")], position="keep").captured[Site("encoder")]["full"]
    with torch.no_grad():
        expected = torch.stack([torch.relu(net.encoder(a)), torch.relu(net.encoder(b))], 1)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)


def test_inputs_are_a_layer_and_take_arrays_of_any_number_type() -> None:
    net, _ = zoo("structures")
    batch = {"a": np.ones((3, 3)), "b": np.arange(6, dtype=np.float64).reshape(3, 2)}
    run = wrap(net, batch).run(batch, [Site("input.b")])
    assert run.captured[Site("input.b")]["value"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert set(run.outputs) == {"code.0", "code.1", "logits"}


def test_an_input_named_like_a_module_steps_aside() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.input = nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.input(x)

    assert wrap(Named(), torch.zeros(2, 3)).graph.names == ("input_", "input")


def test_to_batch_keeps_integers_and_fits_floats() -> None:
    batch = to_batch({"x": np.ones((2, 3)), "ids": np.array([[1], [2]], np.int32)}, torch.float64)
    assert batch["x"].dtype == torch.float64
    assert batch["ids"].dtype == torch.int64


def test_bfloat16_arrives_as_float32() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).bfloat16()
    x = torch.randn(4, 3)
    run = wrap(net, x).run(x.numpy(), [Site("0")])
    with torch.no_grad():
        assert np.array_equal(run.captured[Site("0")]["value"], net(x.bfloat16()).float().numpy())


def test_a_batch_of_any_size_may_follow_the_traced_one() -> None:
    net, x = zoo("lenet")
    model = wrap(net, x[:1])
    with model.session():
        for count in (1, 3, 4):
            assert model.run(x[:count], [Site("fc1")]).captured[Site("fc1")]["value"].shape == (count, 8)


def test_inputs_that_do_not_agree_in_samples_are_refused() -> None:
    net, _ = zoo("siamese")
    model = wrap(net, (torch.zeros(2, 3), torch.zeros(2, 3)))
    with pytest.raises(DataError, match="inputs with \\[2, 3\\] samples"):
        model.run((torch.zeros(2, 3), torch.zeros(3, 3)))


def test_an_empty_batch_cannot_be_traced() -> None:
    with pytest.raises(DataError, match="at least one sample"):
        wrap(nn.Linear(3, 2), torch.zeros(0, 3))


def test_a_batch_that_takes_another_path_names_the_layer() -> None:
    net, x = zoo("data path")
    model = wrap(net, x)
    with pytest.raises(LayerNeverFired, match="step did not run for this batch as it did when the model was traced"):
        model.run(x - 1e7, [Site("out")])
    assert model.run(x, [Site("out")]).captured[Site("out")]["value"].shape == (4, 2)


def test_a_path_through_a_module_that_the_trace_never_met_is_noticed() -> None:
    net, x = zoo("data path")
    with pytest.raises(LayerNeverFired, match="other did not run for this batch as it did"):
        wrap(net, x).run(x + 1e4, [Site("out")])


def test_an_unknown_site_names_the_closest() -> None:
    net, x = zoo("lenet")
    with pytest.raises(UnknownName, match="no layer 'conv3'; closest: 'conv"):
        wrap(net, x).run(x, [Site("conv3")])


def test_a_layer_without_samples_is_refused_by_name_when_asked_for() -> None:
    net, ids = zoo("tokens")
    with pytest.raises(UnsupportedModel, match="pos cannot be recorded: none of its axes grows with the batch"):
        wrap(net, ids).run(ids, [Site("pos")])


def test_hooks_of_the_user_that_change_values_are_seen_where_they_act() -> None:
    net, x = zoo("functional")
    net.b.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    net.c.register_forward_hook(lambda module, args, output: 2 * output)
    captured = wrap(net, x).run(x, [Site("a"), Site("b", "pre"), Site("c")]).captured
    with torch.no_grad():
        a = torch.relu(nn.functional.linear(x, net.a.weight, net.a.bias))
        b = nn.functional.linear(a + 1, net.b.weight, net.b.bias)
        c = 2 * nn.functional.linear(b.tanh(), net.c.weight, net.c.bias)
    np.testing.assert_allclose(captured[Site("a")]["value"], (a + 1).numpy(), atol=1e-6)
    np.testing.assert_allclose(captured[Site("b", "pre")]["value"], b.numpy(), atol=1e-6)
    np.testing.assert_allclose(captured[Site("c")]["value"], (c * torch.sigmoid(c)).numpy(), atol=1e-6)


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.a(x + torch.randn_like(x) + random.random() + np.random.rand())


def test_a_model_that_draws_random_numbers_draws_the_same_ones() -> None:
    net, x = Noisy().eval(), torch.randn(4, 3)
    model = wrap(net, x)

    def seeded() -> None:
        torch.manual_seed(9), random.seed(9), np.random.seed(9)

    seeded()
    expected = plainly(net, x)[0]
    seeded()
    assert np.array_equal(model.run(x, model.sites()).outputs["output"], expected.numpy())


# -- edits


def test_zeroing_a_unit_of_a_linear_network_takes_away_weight_times_activation() -> None:
    torch.manual_seed(6)
    net, x = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), torch.randn(5, 3)
    model = wrap(net, x)
    before, after = model.run(x).outputs["output"], model.run(x, (), [Edit(Site("0"), (2,), "zero")]).outputs["output"]
    with torch.no_grad():
        taken = net[0](x)[:, 2:3] * net[1].weight[:, 2]
    np.testing.assert_allclose(before - after, taken.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["mlp, one in-place relu", "functional", "residual", "unet", "aliases"])
def test_edits_are_what_the_rest_of_the_network_sees(name: str) -> None:
    net, x = zoo(name)
    model = wrap(net, x)
    for site in model.sites():
        if site.name == "post" and not model.graph[site.layer].output:
            units = tuple(range(model.graph[site.layer].unit_count))
            means = np.arange(len(units), dtype=np.float32)
            run = model.run(x, [site], [Edit(site, units, "mean", means)])
            seen = run.captured[site]
            assert np.array_equal(seen["value"] if "value" in seen else seen["max"], np.tile(means, (4, 1)))
            assert np.ptp(run.outputs["output"], axis=0).max() < 1e-5 or name in ("residual", "unet", "aliases")


def test_resampling_takes_the_values_of_other_samples() -> None:
    net, x = zoo("lenet")
    model, order = wrap(net, x), np.array([1, 2, 3, 0])
    plain = model.run(x, [Site("conv2")], position="keep").captured[Site("conv2")]["full"]
    edited = model.run(x, [Site("conv2")], [Edit(Site("conv2"), (1, 4), "resample", order)], position="keep")
    found = edited.captured[Site("conv2")]["full"]
    assert np.array_equal(found[..., [1, 4]], plain[order][..., [1, 4]])
    assert np.array_equal(found[..., [0, 2, 3, 5]], plain[..., [0, 2, 3, 5]])


def test_an_edit_of_the_input_is_seen_by_the_first_layer() -> None:
    net, x = zoo("functional")
    run = wrap(net, x).run(x, [Site("a", "pre")], [Edit(Site("input"), tuple(range(6)), "zero")])
    assert np.array_equal(run.captured[Site("a", "pre")]["value"], np.tile(net.a.bias.detach().numpy(), (4, 1)))


def test_a_permutation_that_is_none_is_refused() -> None:
    net, x = zoo("functional")
    with pytest.raises(DataError, match="permutation of the 4 samples"):
        wrap(net, x).run(x, (), [Edit(Site("a"), (0,), "resample", np.array([0, 0, 1, 2]))])


# -- the whole


def test_parameters_are_copies_and_hold_weights_made_of_several() -> None:
    net, x = zoo("raw parameters")
    parameters = wrap(net, x).parameters()
    with torch.no_grad():
        assert np.array_equal(parameters["normed.weight"], net.normed.weight.numpy())
        parameters["w_in"][:] = 0
        assert net.w_in.abs().max() > 0


def test_a_fingerprint_tells_one_changed_weight() -> None:
    net, x = zoo("lenet")
    model = wrap(net, x)
    before = model.fingerprint
    assert wrap(*zoo("lenet")).fingerprint == before
    with torch.no_grad():
        net.fc2.weight[0, 0] += 1
    assert model.fingerprint != before


def test_a_wrapped_module_is_a_model() -> None:
    net, x = zoo("lenet")
    model = wrap(net, x, name="digits")
    assert isinstance(model, Model)
    assert model.name == "digits"
    assert model.framework == f"torch {torch.__version__}"


def test_a_real_network_in_the_wild_is_followed() -> None:
    class Preactivated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
            self.norm, self.head = nn.BatchNorm2d(4), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv1(x)
            x = x + self.conv2(F.relu(self.norm(x)))
            return self.head(F.relu(x).mean((2, 3)))

    graph = wrap(Preactivated().eval(), torch.randn(2, 2, 5, 5)).graph
    assert [(layer.name, layer.activation) for layer in graph.layers][1:] == [
        ("conv1", None), ("conv2", None), ("add_1", "relu"), ("head", None)
    ]  # fmt: skip
    assert {(edge.source, edge.target, edge.kind) for edge in graph.edges} == {
        ("input", "conv1", "linear"),
        ("conv1", "conv2", "nonlinear"),
        ("conv1", "add_1", "linear"),
        ("conv2", "add_1", "linear"),
        ("add_1", "head", "linear"),
    }


@pytest.mark.parametrize(
    "name", ["</script>", "__proto__", "a:1", "~2", "x" * 300, "\N{SPOUTING WHALE}", "\ud800", "*"]
)
def test_hostile_names_are_names(name: str) -> None:
    net = nn.Sequential()
    net.add_module(name, nn.Linear(3, 2))
    model = wrap(net, torch.zeros(2, 3))
    assert model.graph.names == ("input", name)
    assert model.run(torch.zeros(2, 3), [Site(name)]).captured[Site(name)]["value"].shape == (2, 2)
    assert len(model.fingerprint) == 32


class Named(nn.Module):
    """Takes one dict, whatever the keys are called, or refuses others by its signature."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)


class Whole(Named):
    def forward(self, batch: dict[str, torch.Tensor], scale: float = 1.0) -> torch.Tensor:
        return self.fc(batch["x"]) * scale


class Keywords(Named):
    def forward(self, x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        return self.fc(x) * scale


class Anything(Named):
    def forward(self, **inputs: torch.Tensor) -> torch.Tensor:
        return self.fc(inputs["x"])


class Two(Named):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.fc(x) + y


@pytest.mark.parametrize(("kind", "layer"), [(Whole, "input.x"), (Keywords, "input"), (Anything, "input")])
def test_the_signature_tells_whether_a_dict_is_one_argument_or_several(kind: type[Named], layer: str) -> None:
    net, x = kind(), torch.randn(4, 3)
    model = wrap(net, {"x": x})
    assert model.graph.names == (layer, "fc")
    found = model.run({"x": x.numpy()}, [Site(layer), Site("fc")])
    with torch.no_grad():
        assert np.array_equal(found.captured[Site("fc")]["value"], net.fc(x).numpy())
    assert np.array_equal(found.captured[Site(layer)]["value"], x.numpy())


def test_a_dict_that_fits_no_way_is_told_what_forward_takes() -> None:
    with pytest.raises(DataError, match="the data give 'x', but forward of Two takes 'x', 'y'"):
        wrap(Two(), {"x": torch.randn(4, 3)})
