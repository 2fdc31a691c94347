"""What cannot be attributed is refused by name, and numbers that are not finite are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import AddressError, DataError, UnknownName, UnsupportedModel


def net() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)).eval()


def rows(n: int = 30, width: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, width)).astype(np.float32)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"to": "2:7"}, UnknownName, "no unit 7 in layer '2': its units are 0 to 1"),
        ({"to": "fc:0"}, UnknownName, "no layer 'fc'"),
        ({"to": "survived"}, UnknownName, "no layer 'survived'"),
        ({"to": "2"}, AddressError, "name one, as in '2:0'"),
        ({"to": 2}, AddressError, "is no address"),
        ({"to": "2:0@1"}, AddressError, "names one position"),
        ({"layer": "fc"}, UnknownName, "no layer 'fc'"),
        ({"layer": "0:1"}, AddressError, "all units of a layer are attributed: layer='0'"),
        ({"layer": "2"}, DataError, "'2' is the layer of '2:0' itself"),
        ({"to": "0:1", "layer": "2"}, DataError, "'2' does not reach 0:1"),
        ({"method": "shap"}, UnknownName, "no method 'shap'"),
        ({"baseline": "median"}, UnknownName, "no baseline 'median'"),
        ({"baseline": [1.0, 2.0]}, DataError, r"wrong shape: \(2,\) in place of \(3,\)"),
        ({"baseline": [1.0, float("nan"), 0.0]}, DataError, "NaN or infinity"),
        ({"baseline": float("inf")}, DataError, "not finite"),
        ({"baseline": ["a", "b", "c"]}, DataError, "a number or an array of numbers"),
        ({"layer": "0", "baseline": np.zeros(4)}, DataError, r"wrong shape: \(4,\); 0 takes \(5,\)"),
        ({"method": "lrp", "baseline": "zero"}, DataError, "starts from no baseline"),
        ({"method": "expected", "baseline": "zero"}, DataError, "draw their baselines from the data"),
        ({"steps": 0}, DataError, "steps=0; give at least 1"),
        ({"samples": 0}, DataError, "samples=0; give at least 1, or None"),
        ({"verify": -1}, DataError, "verify=-1"),
        ({"seed": -1}, DataError, "seed=-1; give at least 0"),
        ({"gamma": float("nan")}, DataError, "gamma=nan; give numbers of at least 0"),
        ({"where": "sample > 99"}, DataError, "no sample is in"),
        ({"data": rows()}, DataError, "the data are given already"),
        ({"groups": np.zeros(3)}, DataError, "3 groups for 30 samples"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_there_is(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        naut.attribute(net(), rows(), **{"to": "2:0", **options})


def test_the_recording_and_the_model_are_told_apart(tmp_path: Path) -> None:
    module = net()
    rec = naut.record(module, rows(), to=tmp_path / "a.naut", influence=False)
    with pytest.raises(DataError, match="the model comes first"):
        naut.attribute(rec, module, "2:0")
    with pytest.raises(DataError, match=r"is a path\. Open it first"):
        naut.attribute(module, tmp_path / "a.naut", "2:0")
    with pytest.raises(DataError, match="structure or weights are others"):
        naut.attribute(nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)), rec, "2:0")


def test_one_sample_cannot_take_the_values_of_another() -> None:
    with pytest.raises(DataError, match="there is only one"):
        naut.attribute(net(), rows(1), "2:0", method="patching")


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(7, 4), nn.Linear(4, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.embed(ids).mean(1))
        return out


class Both(Words):
    def forward(self, ids: torch.Tensor, more: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.embed(ids).mean(1) * more)
        return out


IDS = np.random.default_rng(0).integers(0, 7, size=(30, 5))


@pytest.mark.parametrize("method", ["integrated", "conductance", "lrp"])
def test_inputs_of_whole_numbers_are_refused_and_a_layer_named_that_can_be_asked(method: str) -> None:
    layer = "embed" if method == "conductance" else "input"
    with pytest.raises(DataError, match=r"input holds whole numbers: .*'embed'"):
        naut.attribute(Words(), IDS, "head:0", layer, method)
    found = naut.attribute(Words(), IDS, "head:0", "embed", resamples=9)
    assert float(found["relative_error"]) < 1e-3 and len(found["attribution"]) == 4


def test_of_several_inputs_those_of_whole_numbers_stay_and_a_note_says_so() -> None:
    found = naut.attribute(Both(), (IDS, rows(30, 4)), "head:0", inputs=2, resamples=9)
    assert found.coords["layer"] == ["input.more"] * 4 and float(found["relative_error"]) < 1e-3
    assert any("'input.ids' stays as it is: it holds whole numbers" in note for note in found.notes)


def test_samples_that_are_not_finite_are_left_out_and_counted() -> None:
    X = rows()
    clean = naut.attribute(net(), X[2:], "2:0", baseline="zero", resamples=9)
    X[0, 1], X[1, 2] = np.nan, np.inf
    for method in ("integrated", "gradient", "conductance", "patching"):
        found = naut.attribute(net(), X, "2:0", method=method, baseline="zero", resamples=9)
        assert any("2 samples are left out" in note for note in found.notes)
        assert np.isfinite(found["attribution"]).all() and np.isnan(found["sample_value"][:2]).all()
        if method == "integrated":
            np.testing.assert_allclose(found["attribution"], clean["attribution"], rtol=1e-6)
    X[:] = np.nan
    nothing = naut.attribute(net(), X, "2:0", baseline="zero", resamples=9)
    assert np.isnan(nothing["attribution"]).all() and "no sample has" in nothing.notes[0]


def test_gradients_that_are_not_finite_are_left_out_and_counted() -> None:
    """The root has an infinite slope at 0, where the first sample is."""

    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(2, 2, bias=False), nn.Linear(2, 1)
            nn.init.eye_(self.a.weight)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.b(torch.sqrt(self.a(x)))
            return out

    X = np.random.default_rng(0).uniform(1, 2, size=(30, 2)).astype(np.float32)
    X[0] = 0
    found = naut.attribute(Root(), X, "b:0", method="gradient", baseline=1.0, resamples=9)
    assert any("1 sample is left out" in note for note in found.notes)
    assert np.isfinite(found["attribution"]).all()


def test_a_dead_layer_gets_nothing_and_is_complete() -> None:
    module = net()
    with torch.no_grad():
        module[0].bias.fill_(-100)
    for method in ("integrated", "conductance", "gradient", "lrp", "patching"):
        found = naut.attribute(module, rows(), "2:0", "0", method, resamples=9)
        assert not found["attribution"].any() and not np.isnan(found["share"]).any()
    assert any("all of them are alike" in note for note in found.notes)


def test_pictures_of_several_sizes_have_no_mean() -> None:
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    X = np.random.default_rng(0).normal(size=(20, 1, 6, 6)).astype(np.float32)
    with pytest.raises(DataError, match=r"wrong shape: \(1, 5, 5\) in place of \(1, 6, 6\)"):
        naut.attribute(module, X, "4:0", baseline=np.zeros((1, 5, 5)))
    found = naut.attribute(module, X, "4:0", baseline=np.zeros((1, 6, 6)), resamples=9)
    zero = naut.attribute(module, X, "4:0", baseline="zero", resamples=9)
    np.testing.assert_array_equal(found["attribution"], zero["attribution"])


def test_relevance_through_an_operation_without_a_rule_is_refused_by_its_name() -> None:
    module = nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.Linear(5, 2))
    with pytest.raises(UnsupportedModel, match="no rule for layer_norm"):
        naut.attribute(module, rows(), "2:0", method="lrp")
    soft = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2), nn.Softmax(1))
    with pytest.raises(UnsupportedModel, match="no rule for softmax"):
        naut.attribute(soft, rows(), "2:0", method="lrp")
    assert float(naut.attribute(soft, rows(), "2.pre:0", method="lrp", resamples=9)["relative_error"]) < 1e-5


def test_a_model_that_cannot_be_differentiated_says_so() -> None:
    from neuronaut.models.torch import wrap

    live = wrap(net(), rows())

    class Bare:
        """A Model without derivatives."""

        def __getattr__(self, name: str) -> Any:
            if name == "slope":
                raise AttributeError(name)
            return getattr(live, name)

        name = property(lambda self: live.name)
        framework = property(lambda self: live.framework)
        graph = property(lambda self: live.graph)
        fingerprint = property(lambda self: live.fingerprint)
        sites, parameters, run = live.sites, live.parameters, live.run

    with pytest.raises(UnsupportedModel, match="cannot be differentiated, so nothing can be attributed"):
        naut.attribute(Bare(), rows(), "2:0")
