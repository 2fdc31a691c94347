"""Models of every kind: hostile names, branches, other dimensions, and no framework at all."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from oracle import hooked, mlp, rows
from torch import nn

import neuronaut as naut
from neuronaut.capture.live import _on
from neuronaut.core.errors import DataError, LayerNeverFired, UnsupportedModel
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.model import Batch, Edit, PositionMode, Run, Site
from neuronaut.models.torch import wrap

X = rows(40)


def test_hostile_layer_names_are_recorded_under_those_names(tmp_path: Path) -> None:
    names = ["</script>", "__proto__", "constructor", "🧠", "x" * 300, "a:1", "CON", "Con", "a/b", "a\\b", " "]
    sizes = (5, *[4] * len(names))
    linear = [nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
    model = nn.Sequential(OrderedDict(zip(names, linear, strict=True)))
    rec = naut.record(model, X, to=tmp_path / "a.naut", batch_size=16, influence=False)
    assert list(rec.layers) == ["input", *names]
    seen = hooked(model, X, names, 16)
    for name in names:
        assert np.array_equal(rec[name].read(), seen[name])
    assert rec.verify() == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.naut"]


class Sometimes(nn.Module):
    """Takes a side road only for small inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.a(x)
        if float(x.abs().max()) < 100:
            h = torch.relu(self.b(h))
        return self.c(h)


def test_a_layer_that_does_not_run_for_some_samples_is_named_and_earlier_ones_are_kept(tmp_path: Path) -> None:
    odd = X.copy()
    odd[30:] = 1000
    with pytest.raises(LayerNeverFired, match="b did not run") as caught:
        naut.record(Sometimes(), odd, to=tmp_path / "a.naut", batch_size=8)
    assert "while running samples 24 to 31" in caught.value.__notes__
    assert naut.open(tmp_path / "a.naut").n == 24
    rec = naut.record(Sometimes(), odd, to=tmp_path / "b.naut", batch_size=8, on_error="skip")
    assert rec.sample_ids.tolist() == list(range(30))


def test_layers_that_every_sample_passes_are_recorded_whatever_the_others_do(tmp_path: Path) -> None:
    odd = X.copy()
    odd[30:] = 1000
    model = Sometimes()
    with pytest.warns(RuntimeWarning, match="^b did not run for some samples as it did when the model was traced"):
        rec = naut.record(
            model, odd, to=tmp_path / "a.naut", batch_size=10, layers=["input", "a", "c"], influence=False
        )
    assert rec.sample_ids.tolist() == list(range(40))
    seen = hooked(model, odd, ["a", "c"], 10)
    for name in ("a", "c"):
        assert np.allclose(rec[name].read(), seen[name], rtol=1e-5)
    for layers in (["a", "b"], ["b"], ["*"]):
        with pytest.raises(LayerNeverFired, match=r"b did not run .* name only layers that every sample passes"):
            naut.record(model, odd, layers=layers, batch_size=10)


def quarters(values: np.ndarray) -> np.ndarray:
    """Values whose sums of products are exact in single precision, in whatever order the cores add them."""
    return (np.round(values * 4) / 4).astype(np.float32)


class Detour(Sometimes):
    """What enters ``c`` and what the model returns is not always what came from ``a`` and ``c``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.a(x))
        if float(x.abs().max()) > 100:
            h = self.b(h)
        y = self.c(h)
        return y if float(x.abs().max()) < 100 else h[:, :2]


def test_on_another_path_no_value_of_another_layer_is_taken_for_one() -> None:
    odd = quarters(X)
    odd[30:] = 1000
    model = Detour()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.from_numpy(quarters(parameter.numpy())))
    with pytest.warns(RuntimeWarning, match="^b did not run for some samples"):
        rec = naut.record(model, odd, layers=["c", "a.pre"], batch_size=10, influence=False, task="none")
    seen = hooked(model, odd, ["a", "c"], 10)
    assert np.array_equal(rec["c"].read(), seen["c"])
    assert np.array_equal(rec["a.pre"].read(), seen["a"])
    with pytest.raises(LayerNeverFired, match="b did not run for this batch"):
        naut.record(model, odd, layers=["a", "c"], batch_size=10, influence=False)


@pytest.mark.parametrize(
    ("conv", "shape", "dims"),
    [
        (nn.Conv1d(2, 3, 3), (6, 2, 9), ("sample", "x", "unit")),
        (nn.Conv2d(2, 3, 3), (6, 2, 9, 8), ("sample", "y", "x", "unit")),
        (nn.Conv3d(2, 3, 3), (6, 2, 5, 6, 7), ("sample", "z", "y", "x", "unit")),
    ],
)
def test_convolutions_of_every_dimension_keep_their_maps(
    conv: nn.Module, shape: tuple[int, ...], dims: tuple[str, ...]
) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    rec = naut.record(nn.Sequential(conv, nn.ReLU()), x, position="keep", batch_size=4, influence=False)
    expected = hooked(nn.Sequential(conv, nn.ReLU()), x, ["1"], 4)["1"]
    assert rec["0"].full.dims == dims
    assert np.array_equal(rec["0"].full.read(), np.moveaxis(expected, 1, -1))
    assert rec.samples["kind"] == "table"


def test_a_model_that_is_wrapped_already_is_taken_as_it_is() -> None:
    model = mlp()
    rec = naut.record(wrap(model, X[:2], name="passengers"), X, batch_size=16, influence=False)
    assert rec.card.model["name"] == "passengers"
    assert np.array_equal(rec["4"].read(), naut.record(model, X, batch_size=16, influence=False)["4"].read())


def test_a_parent_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    assert naut.record(mlp(), X, to=tmp_path / "some" / "where" / "a.naut").n == 40


class Halving:
    """A model without any framework: doubles, then halves and adds."""

    name, framework, fingerprint = "halving", "none 1.0", "f" * 32
    graph = Graph(
        (
            Layer("input", "input", 3, "input", 0),
            Layer("double", "dense", 3, "linear", 1),
            Layer("sum", "dense", 1, "linear", 2, output=True),
        )
    )

    def sites(self) -> Sequence[Site]:
        return [Site(layer.name) for layer in self.graph.layers]

    def parameters(self) -> dict[str, np.ndarray]:
        return {"factor": np.array(2.0)}

    def run(
        self,
        batch: Batch,
        observe: Sequence[Site] = (),
        edit: Sequence[Edit] = (),
        *,
        position: PositionMode = "reduce",
    ) -> Run:
        values = {"input": batch, "double": 2 * batch, "sum": batch.sum(1, keepdims=True)}
        return Run({"output": values["sum"]}, {site: {"value": values[site.layer]} for site in observe})


def test_a_model_without_a_framework_is_recorded_by_its_methods() -> None:
    x = rows(20, 3)
    rec = naut.record(Halving(), x, labels=["no", "yes"] * 10, influence=True)
    assert np.array_equal(rec["double"].read(), 2 * x)
    assert np.array_equal(np.asarray(rec.outputs["prediction"]), (x.sum(1) > 0).astype(int))
    assert rec.card.model["framework"] == "none 1.0"


def test_recording_such_a_model_imports_no_framework() -> None:
    script = (
        "import sys\n"
        "import numpy as np, neuronaut as naut\n"
        "from neuronaut.core.layer import Graph, Layer\n"
        "from neuronaut.core.model import Run, Site\n"
        "class Model:\n"
        "    name, framework, fingerprint = 'm', 'none', 'f'\n"
        "    graph = Graph((Layer('input', 'input', 2, 'input', 0),))\n"
        "    def sites(self): return [Site('input')]\n"
        "    def parameters(self): return {}\n"
        "    def run(self, batch, observe=(), edit=(), *, position='reduce'):\n"
        "        return Run({'output': batch}, {site: {'value': batch} for site in observe})\n"
        "rec = naut.record(Model(), np.ones((4, 2)))\n"
        "print(rec.n, [name for name in ('torch', 'tensorflow', 'keras') if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "4 []\n"


def test_a_model_that_is_on_its_device_is_not_copied() -> None:
    model = mlp()
    rec = naut.record(model, X, device="cpu", batch_size=16, influence=False)
    assert np.array_equal(rec["4"].read(), naut.record(model, X, batch_size=16, influence=False)["4"].read())
    with pytest.raises(DataError, match="device='cpu' moves torch modules"):
        naut.record(Halving(), rows(4, 3), device="cpu")


def test_a_model_elsewhere_is_copied_and_stays_where_it_is() -> None:
    model = mlp()
    moved = _on(model, "meta")
    assert {parameter.device.type for parameter in moved.parameters()} == {"meta"}
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
    assert _on(model, "cpu") is model


class TakesDict(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.out = nn.Linear(5, 4), nn.Linear(4, 2)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.out(torch.relu(self.fc(batch["x"])))


@pytest.mark.parametrize(
    "data",
    [
        {"x": X, "y": np.arange(40) % 2},
        [{"x": row, "y": k % 2} for k, row in enumerate(X)],
        "loader",
    ],
    ids=["dict of arrays", "list of dicts", "loader of dicts"],
)
def test_a_model_that_takes_one_dict_is_recorded(data: object) -> None:
    if data == "loader":
        items = [{"x": torch.from_numpy(row), "y": k % 2} for k, row in enumerate(X)]
        data = torch.utils.data.DataLoader(items, batch_size=7)
    torch.manual_seed(0)
    net = TakesDict()
    rec = naut.record(net, data, labels="y", influence=True, batch_size=7)
    assert list(rec.layers) == ["input.x", "fc", "out"]
    with torch.no_grad():
        expected = net({"x": torch.from_numpy(X)})
    assert rec.outputs["prediction"].read().tolist() == expected.argmax(1).tolist()
    assert np.array_equal(rec["input.x"].read(), X)
    assert np.allclose(rec["fc"].read(), torch.relu(net.fc(torch.from_numpy(X))).detach(), atol=1e-6)
    assert rec.notes == ()


def test_a_class_is_asked_to_be_made_one_of() -> None:
    with pytest.raises(UnsupportedModel, match=r"you passed the class TakesDict; make one of it: TakesDict\(\.\.\.\)"):
        naut.record(TakesDict, X)
    with pytest.raises(UnsupportedModel, match="you passed the class TakesDict"):
        wrap(TakesDict, X)
