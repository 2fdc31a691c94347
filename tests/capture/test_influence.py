"""Stored influence against gradients taken by hand, whichever direction was cheaper."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracle import cnn, mlp, rows
from torch import nn

import neuronaut as naut
from neuronaut.capture import outcome
from neuronaut.capture.cost import ELEMENT, FORWARD, RATE, Cost, cost_of
from neuronaut.capture.influence import TooDear, influence, split_at
from neuronaut.capture.progress import Progress
from neuronaut.core.layer import Edge, Graph, Layer
from neuronaut.core.model import Site
from neuronaut.core.result import Result
from neuronaut.models.torch import wrap
from neuronaut.store.results import read_result


def stored(rec: naut.Recording) -> Result:
    found = read_result(rec, "stored", name="influence")
    assert found is not None
    return found


def effect(tail: nn.Module, at: torch.Tensor) -> np.ndarray:
    """Mean over samples of gradient times activation, [unit, target unit], by autograd one target at a time."""
    at = at.detach().clone().requires_grad_()
    out = tail(at)
    columns = []
    for unit in range(out.shape[1]):
        (gradient,) = torch.autograd.grad(out[:, unit].sum(), at, retain_graph=True)
        columns.append((gradient * at).mean(0).detach().numpy())
    return np.stack(columns, 1)


def test_every_pair_of_layers_is_gradient_times_activation() -> None:
    model, X = mlp(sizes=(5, 8, 6, 3)), rows(40)
    found = stored(naut.record(model, X, influence=True))
    x = torch.from_numpy(X)
    h1 = model[:2](x)
    h2 = model[2:4](h1)
    for key, expected in {
        "input\t0": effect(model[:2], x),
        "input\t2": effect(model[:4], x),
        "input\t4": effect(model, x),
        "0\t2": effect(model[2:4], h1),
        "0\t4": effect(model[2:], h1),
        "2\t4": effect(model[4:], h2),
    }.items():
        assert found[key].shape == expected.shape
        assert np.allclose(found[key], expected, atol=1e-5), key
    assert found.params["probes"] == 40


def test_a_linear_layer_moves_its_targets_by_weight_times_mean_activation() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, -2.0], [0.5, 4.0]]))
    found = stored(naut.record(model, np.array([[1.0, 2.0], [3.0, 6.0]]), influence=True))
    assert np.allclose(found["input\t0"], [[2.0, 1.0], [-8.0, 16.0]])


def test_large_pairs_keep_the_strongest_sixteen_each_way() -> None:
    model, X = mlp(sizes=(4, 300, 260, 2)), rows(12, 4)
    found = stored(naut.record(model, X, influence=True))
    h1 = model[:2](torch.from_numpy(X))
    whole = effect(model[2:4], h1)
    assert "0\t2" not in found.values
    assert found["0\t4"].shape == (300, 2)
    forward, backward = found["0\t2\tforward.index"], found["0\t2\tbackward.index"]
    assert forward.shape == (300, 16)
    assert backward.shape == (260, 16)
    assert np.allclose(np.take_along_axis(whole, forward, 1), found["0\t2\tforward.value"], atol=1e-5)
    assert np.allclose(np.take_along_axis(whole.T, backward, 1), found["0\t2\tbackward.value"], atol=1e-5)
    for values, table in ((whole, forward), (whole.T, backward)):
        strongest = -np.sort(-np.abs(values), 1)[:, :16]
        assert np.allclose(np.abs(np.take_along_axis(values, table, 1)), strongest, atol=1e-5)


def test_channels_of_images_have_influence_too() -> None:
    model, images = cnn(), rows(10, 64).reshape(10, 1, 8, 8)
    found = stored(naut.record(model, images, influence=True))
    maps = model[:5](torch.from_numpy(images)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(model[5:](maps)[:, 1].sum(), maps)
    assert np.allclose(found["3\t6"][:, 1], (gradient * maps).sum((2, 3)).mean(0).detach().numpy(), atol=1e-5)


class Linear:
    """A chain of matrices that pushes and pulls by multiplication, and tells the clock how long that took."""

    def __init__(self, sizes: Sequence[int], cost: float = 0.0) -> None:
        random = np.random.default_rng(0)
        self.layers = [Layer(f"l{k}", "dense", size, "linear", k) for k, size in enumerate(sizes)]
        self.weights = [random.normal(size=pair) for pair in itertools.pairwise(sizes)]
        self.spent, self.now, self.calls = cost, 0.0, [0, 0]

    def between(self, a: int, b: int) -> np.ndarray:
        total = np.eye(self.weights[a].shape[0]) if a < b else np.eye(1)
        for place in range(a, b):
            total = total @ self.weights[place]
        return total

    def values(self, batch: np.ndarray, place: int) -> np.ndarray:
        return batch @ self.between(0, place) if place else batch

    def _spend(self, units: Sequence[int], batch: np.ndarray, way: int) -> None:
        self.calls[way] += len(units)
        self.now += self.spent * len(units) * len(batch)

    def jvp(
        self, batch: np.ndarray, source: Site, units: Sequence[int], targets: Sequence[Site]
    ) -> Mapping[Site, np.ndarray]:
        self._spend(units, batch, 0)
        s = int(source.layer[1:])
        own = self.values(batch, s)[:, units]
        return {t: own.T[:, :, None] * self.between(s, int(t.layer[1:]))[units][:, None, :] for t in targets}

    def vjp(
        self, batch: np.ndarray, target: Site, units: Sequence[int], sources: Sequence[Site]
    ) -> Mapping[Site, np.ndarray]:
        self._spend(units, batch, 1)
        t = int(target.layer[1:])
        return {
            s: self.values(batch, int(s.layer[1:]))[None] * self.between(int(s.layer[1:]), t).T[units][:, None, :]
            for s in sources
        }


@pytest.mark.parametrize("sizes", [(3, 4, 5, 2), (2, 3), (4, 1500, 3)])
def test_both_directions_together_cover_every_pair(sizes: Sequence[int]) -> None:
    model, batch = Linear(sizes), np.random.default_rng(1).normal(size=(7, sizes[0]))
    found = influence(model, batch, model.layers)
    for t in range(len(sizes)):
        for s in range(t):
            expected = model.values(batch, s).mean(0)[:, None] * model.between(s, t)
            assert np.allclose(found[f"l{s}\tl{t}"], expected, rtol=1e-5, atol=1e-6)


def test_a_narrow_beginning_is_pushed_and_a_narrow_end_is_pulled() -> None:
    assert split_at([64, 512, 512, 256, 10]) == 0
    assert split_at([10, 4096, 4096]) == 1
    wide = Linear((4, 1500, 3))
    influence(wide, np.ones((2, 4)), wide.layers)
    assert wide.calls == [4, 3]


def test_the_cost_counts_steps_of_the_layers_that_a_run_passes() -> None:
    def layer(name: str, kind: Any, units: int, shape: tuple[int, ...] = (), weight: str = "") -> Layer:
        axes = ("y", "x")[: len(shape)]
        return Layer(name, kind, units, kind, 1, axes, shape, parameters={"weight": weight} if weight else {})

    graph = Graph(
        (layer("input", "input", 1, (8, 8)), layer("conv", "conv", 4, (6, 6), "conv.weight"), layer("fc", "dense", 10)),
        (Edge("input", "conv", "linear"), Edge("conv", "fc", "linear")),
    )
    cost = cost_of(graph, {"conv.weight": (4, 1, 3, 3)})
    pixels = ELEMENT * 64
    conv = 36 * 36 + ELEMENT * 4 * 36  # nine weights for each of four channels, at each of 36 positions
    fc = 4 * 10 + ELEMENT * 10  # no shape is known: as many weights as units on both sides ask for
    assert cost.total == pixels + conv + fc
    assert cost.run("conv", forward=False) == pixels + conv
    assert cost.run("conv", forward=True) == FORWARD * fc


def test_as_many_probes_are_used_as_steps_can_be_afforded() -> None:
    model = Linear((3, 40, 20))
    batch = np.random.default_rng(1).normal(size=(200, 3))
    cost = Cost({"l0": 1.0, "l1": 3.0, "l2": 10.0}, 10.0)
    # Split at the first layer: 40 units are pulled at 3 steps and 20 at 10, so that a probe costs 320.
    found = influence(model, batch, model.layers, cost=cost, budget=33 * 320.0)
    assert found.params["probes"] == 33
    assert influence(model, batch, model.layers, cost=cost, budget=1e9).params["probes"] == 200
    with pytest.raises(TooDear, match=r"it would take about 13 minutes on 200 samples"):
        influence(model, batch, model.layers, cost=Cost({"l0": RATE, "l1": RATE / 60, "l2": RATE / 6}, RATE))


def test_a_measurement_that_costs_far_more_than_was_counted_is_given_up() -> None:
    model = Linear((3, 4000, 20), cost=1.0)
    cost = Cost({"l0": 1.0, "l1": 1.0, "l2": 1.0}, 1.0)
    with pytest.raises(TooDear, match="given up after"):
        influence(model, np.ones((40, 3)), model.layers, cost=cost, clock=lambda: model.now)
    influence(model, np.ones((40, 3)), model.layers, clock=lambda: model.now)


def digits512() -> nn.Module:
    return mlp(sizes=(64, 512, 512, 256, 10))


def small_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(),
        nn.Linear(64, 10),
    )  # fmt: skip


def large_cnn() -> nn.Module:
    """Convolutions of 64 channels over 64 x 64 positions: a billion steps a sample."""
    parts: list[nn.Module] = [nn.Conv2d(1, 64, 3, padding=1)]
    for _ in range(6):
        parts += [nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1)]
    return nn.Sequential(*parts, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.parametrize(
    ("make", "shape", "probes"),
    [
        (lambda: mlp(sizes=(6, 32, 16, 8, 1)), (6,), 256),
        (digits512, (64,), 256),
        (small_cnn, (1, 16, 16), 256),
        (large_cnn, (1, 64, 64), None),
    ],
)
def test_which_networks_get_influence_is_a_count_of_steps(
    make: Callable[[], nn.Module], shape: tuple[int, ...], probes: int | None
) -> None:
    model = wrap(make(), np.zeros((2, *shape), np.float32))
    layers = [layer for layer in model.graph.layers if layer.selected]
    cost = cost_of(model.graph, {name: array.shape for name, array in model.parameters().items()})
    seen: list[int] = []

    class Counting:
        def vjp(self, batch: np.ndarray, target: Site, units: Sequence[int], sources: Sequence[Site]) -> Any:
            seen.append(len(batch))
            return {s: np.zeros((len(units), len(batch), model.graph[s.layer].unit_count), "f") for s in sources}

        jvp = vjp

    batch = np.zeros((256, *shape), np.float32)
    if probes is None:
        with pytest.raises(TooDear, match=r"about \d+ (minutes|hours) on 256 samples"):
            influence(Counting(), batch, layers, cost=cost)
        assert not seen
    else:
        assert influence(Counting(), batch, layers, cost=cost).params["probes"] == probes
        assert set(seen) == {probes}


def test_a_recording_says_that_its_influence_was_left_out_and_how_to_add_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[Progress] = []
    X, to = rows(40), tmp_path / "a.naut"
    with monkeypatch.context() as patch:
        patch.setattr(outcome, "cost_of", lambda graph, shapes: Cost(dict.fromkeys(graph.names, 1e12), 1e12))
        rec = naut.record(mlp(), X, to=to, progress=heard.append)
    (note,) = rec.notes
    assert note.startswith("no stored influence: it would take about ")
    assert "resume=True, influence=True (in the shell: --resume --influence)" in note
    assert note in heard[-1].message
    assert naut.open(to).notes == (note,)
    again = naut.record(mlp(), X, to=to, resume=True, influence=True)
    assert stored(again).params["probes"] == 40
    assert again.notes == () and again.verify() == []


def test_whoever_watches_hears_how_far_it_is() -> None:
    model, heard = Linear((3, 4, 5)), []
    influence(model, np.ones((2, 3)), model.layers, tell=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (9, 9)


def test_probes_are_stratified_by_label_and_do_not_depend_on_batches() -> None:
    X, y = rows(3000), np.arange(3000) % 100 // 97
    chosen = []
    for size in (64, 999):
        found = stored(naut.record(mlp(sizes=(5, 4, 2)), X, labels=y, batch_size=size, influence=True))
        assert found.params["probes"] <= 256
        chosen.append(found["input\t2"])
    assert np.allclose(chosen[0], chosen[1], rtol=1e-4)


def test_influence_that_cannot_be_had_is_said_and_only_an_error_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from neuronaut.models.torch import TorchModel

    def refuse(*args: Any) -> Iterator[Any]:
        raise RuntimeError("no derivative here")

    monkeypatch.setattr(TorchModel, "vjp", refuse)
    monkeypatch.setattr(TorchModel, "jvp", refuse)
    heard: list[Progress] = []
    rec = naut.record(mlp(), rows(20), progress=heard.append)
    assert any("no stored influence: no derivative here" in one.message for one in heard)
    assert rec.notes == ("no stored influence: no derivative here",)
    assert read_result(rec, "stored", name="influence") is None
    with pytest.raises(RuntimeError, match="no derivative here") as caught:
        naut.record(mlp(), rows(20), influence=True)
    assert "is complete without it" in caught.value.__notes__[0]
