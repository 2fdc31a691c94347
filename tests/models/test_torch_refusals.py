"""Models that cannot be followed are refused by name, with what can be done."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from neuronaut.core.errors import LayerNeverFired, UnsupportedModel
from neuronaut.models.torch import wrap


class Around(nn.Module):
    """A layer before and one after something that is not followed."""

    def __init__(self, middle: nn.Module) -> None:
        super().__init__()
        self.before, self.middle, self.after = nn.Linear(3, 8), middle, nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        found = self.middle(F.relu(self.before(x)))
        return self.after(found[0] if isinstance(found, tuple) else found)


class SelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x)[0]


class Dotted(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x)


class Cell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        state = None
        for token in x.unbind(1):
            state = self.cell(token, state)
        return state


def encoder() -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)


UNFOLLOWED = {
    "middle (LSTM)": lambda: nn.LSTM(8, 8, batch_first=True),
    "middle (GRU)": lambda: nn.GRU(8, 8, batch_first=True),
    "middle (RNN)": lambda: nn.RNN(8, 8, batch_first=True),
    "middle.cell (GRUCell)": Cell,
    "middle.attention (MultiheadAttention)": SelfAttention,
    "middle (TransformerEncoder)": encoder,
    "middle.scaled_dot_product_attention (scaled_dot_product_attention)": Dotted,
}


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_recurrent_and_attention_layers_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedModel) as caught:
        wrap(Around(UNFOLLOWED[name]()).eval(), torch.randn(2, 5, 3))
    text = str(caught.value)
    assert text.startswith(f"{name} cannot be recorded yet")
    assert "Pass layers=[...] without it, for example layers=['before', 'after']." in text


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_the_layers_around_them_are_followed_when_asked_for(name: str) -> None:
    net, x = Around(UNFOLLOWED[name]()).eval(), torch.randn(2, 5, 3)
    model = wrap(net, x, layers=["before", "after"])
    run = model.run(x, model.sites())
    with torch.no_grad():
        assert np.array_equal(run.outputs["output"], net(x).numpy())
    assert {"input", "before", "after"} <= set(model.graph.names)
    assert next(note for note in model.graph.notes if "is not followed" in note).startswith(name)


def test_asking_for_an_attention_layer_by_name_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match=r"middle \(LSTM\) cannot be recorded yet"):
        wrap(Around(nn.LSTM(8, 8, batch_first=True)), torch.randn(2, 5, 3), layers=["before", "middle"])


def test_scripted_modules_are_refused_by_name() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(nn.Linear(3, 2))
    with pytest.raises(UnsupportedModel, match=r"^1 is a TorchScript module: .* Pass the nn.Module it was scripted"):
        wrap(nn.Sequential(nn.Linear(3, 3), scripted), torch.zeros(2, 3))


def test_modules_compiled_in_place_are_refused_by_name() -> None:
    inner = nn.Linear(3, 2)
    inner.compile(backend="eager")
    with pytest.raises(UnsupportedModel, match=r"^0 was compiled in place \(Module.compile\). Rebuild it"):
        wrap(nn.Sequential(inner), torch.zeros(2, 3))


def test_modules_without_shapes_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModel, match=r"^0 has parameters without a shape yet"):
        wrap(nn.Sequential(nn.LazyLinear(3)), torch.zeros(2, 3))


def test_a_model_without_weights_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="No parametrised operation ran inside ReLU: nothing to record"):
        wrap(nn.ReLU(), torch.zeros(2, 3))


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match=r"function is no torch\.nn\.Module"):
        wrap(lambda x: x, torch.zeros(2, 3))


class ThroughNumPy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(torch.from_numpy(np.tanh(self.a(x).numpy())))


def test_values_that_leave_torch_are_noticed() -> None:
    with pytest.raises(UnsupportedModel, match="The values reaching b could not be followed"):
        wrap(ThroughNumPy(), torch.zeros(2, 3))


def test_layers_behind_values_that_left_torch_are_recorded_when_named() -> None:
    model = wrap(ThroughNumPy(), torch.zeros(2, 3), layers=["a", "b"])
    assert [(edge.source, edge.target) for edge in model.graph.edges] == [("input", "a")]
    assert any("b reads a tensor made outside torch" in note for note in model.graph.notes)


class Idle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used, self.idle = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.used(x)


def test_a_layer_that_never_runs_is_an_error_when_asked_for() -> None:
    assert wrap(Idle(), torch.zeros(2, 3)).graph.names == ("input", "used")
    with pytest.raises(LayerNeverFired, match="idle did not run when the model was traced"):
        wrap(Idle(), torch.zeros(2, 3), layers=["idle"])


class Pairs(nn.Module):
    """Every sample beside every other."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.pair = nn.Linear(3, 4), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.each(x)
        return self.pair(h[:, None] - h[None])


def test_samples_on_two_axes_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModel, match="pair cannot be recorded: axes 0 and 1 both grow with the batch"):
        wrap(Pairs(), torch.randn(2, 3))
    model = wrap(Pairs(), torch.randn(2, 3), layers=["each"])
    with pytest.raises(UnsupportedModel, match="pair cannot be recorded"):
        model.place_of(type(model.sites()[0])("pair"))


@pytest.mark.parametrize(
    "normed",
    [
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)),
        lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2)),
        lambda: nn.utils.parametrizations.orthogonal(nn.Linear(3, 2)),
    ],
)
def test_weights_made_of_parameters_are_one_layer_with_the_weight_that_acts(normed: Any) -> None:
    net = nn.Sequential(normed(), nn.ReLU()).eval()
    model = wrap(net, torch.randn(2, 3))
    assert model.graph.names == ("input", "0")
    path = model.graph["0"].parameters["weight"]
    np.testing.assert_allclose(model.parameters()[path], net[0].weight.detach().numpy(), atol=1e-6)


def test_a_model_that_is_itself_refused_is_called_so() -> None:
    with pytest.raises(UnsupportedModel, match=r"^the model itself \(LSTM\) cannot be recorded yet"):
        wrap(nn.LSTM(3, 8, batch_first=True), torch.randn(2, 5, 3))
