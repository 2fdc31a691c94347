"""Watching changes nothing: training inside is bit-identical, and the model is as it was, whatever happens."""

from __future__ import annotations

import copy
import gc
import io
import weakref
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import _get_current_function_mode_stack
from torch.utils.checkpoint import checkpoint
from watched_models import hard, small

import neuronaut as naut


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, *, cast: bool = False) -> dict[str, Any]:
    """Everything that two epochs leave behind."""
    torch.manual_seed(7)
    losses = []
    for _ in range(2):
        model.train()
        for rows in torch.arange(len(x)).split(6):
            with torch.autocast("cpu", torch.bfloat16, enabled=cast):
                loss = functional.cross_entropy(model(x[rows]).float(), y[rows])
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.sub_(0.05 * parameter.grad)
            losses.append(loss.item())
        model.eval()
        with torch.inference_mode():
            losses.append(model(x).sum().item())
    grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {"losses": losses, "grads": grads, "random": torch.get_rng_state(), **model.state_dict()}


def bits(found: Any) -> Any:
    """The same, with the bytes of every tensor."""
    if isinstance(found, dict):
        return {name: bits(value) for name, value in found.items()}
    return found.detach().numpy().tobytes() if isinstance(found, torch.Tensor) else found


def look(model: nn.Module) -> list[Any]:
    """What must be as it was: attributes, hooks and modes of every module, and the stack of function modes."""
    held = []
    for module in model.modules():
        held.append([(name, id(value)) for name, value in module.__dict__.items()])
        held.append([list(value) for name, value in module.__dict__.items() if name.endswith("hooks")])
    return [*held, _get_current_function_mode_stack()]


# -- the run is what it would be


@pytest.mark.parametrize("cast", [False, True], ids=["float32", "autocast"])
@pytest.mark.parametrize("layers", ["*", ["conv", "again~2", "head"]])
def test_training_inside_the_block_is_bit_identical(layers: Any, cast: bool) -> None:
    plain, watched = hard(), hard()
    expected = train(*plain, cast=cast)
    before = look(watched[0])
    with naut.watch(watched[0], layers, sites=("pre", "post")) as acts:
        found = train(*watched, cast=cast)
    assert bits(found) == bits(expected)
    watched[0].train()
    assert look(watched[0]) == before
    assert (acts.calls, acts.samples, acts.unseen) == (2 * 5, 2 * 40, 0)


def test_a_first_call_inside_a_running_autocast_keeps_its_gradients() -> None:
    model = small()
    with torch.autocast("cpu", torch.bfloat16), naut.watch(model) as acts:
        model(torch.randn(4, 3)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert acts["0"].dtype == np.float32


def test_gradient_checkpointing_counts_each_call_once() -> None:
    class Saving(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(checkpoint(lambda h: functional.relu(self.a(h)), x, use_reentrant=False))

    model, x = Saving(), torch.randn(5, 3)
    with naut.watch(model) as acts:
        for _ in range(2):
            model(x).sum().backward()
    assert (acts.calls, acts.unseen) == (2, 0)
    assert acts["a"].statistics.n.tolist() == [10] * 4


def test_training_and_evaluation_may_take_turns() -> None:
    model, x, _ = hard()
    with naut.watch(model) as acts:
        for mode in (True, False, True):
            model.train(mode)
            output = model(x)
            np.testing.assert_array_equal(acts[list(acts)[-1]], output.detach())
    assert (acts.calls, acts.unseen) == (3, 0)


# -- whatever ends the block or a call


class Failing(nn.Module):
    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.a, self.rnn, self.b = nn.Linear(3, 4), nn.LSTM(4, 4, batch_first=True), nn.Linear(4, 2)
        self.error = error
        self.rnn.register_forward_pre_hook(self.fail)

    def fail(self, *_: Any) -> None:
        if self.error is not None:
            raise self.error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.relu(self.a(x))
        h = functional.relu(h + 1)
        return self.b(self.rnn(h[:, None])[0][:, 0])


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_call_that_raises_counts_for_nothing_and_the_next_is_seen(error: BaseException) -> None:
    model, x = Failing(), torch.randn(2, 3)
    before = look(model)
    with naut.watch(model, ["a", "b"]) as acts:
        model(x)
        model.error = error
        with pytest.raises(type(error)):
            model(torch.zeros(7, 3))
        assert _get_current_function_mode_stack() == []
        assert not any(module._forward_hooks for module in model.modules())
        model.error = None
        model(x)
    assert (acts.calls, acts.samples, acts["a"].shape) == (2, 4, (2, 4))
    assert look(model) == before


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_model_is_as_it_was_when_the_block_is_left_by_an_error(error: type[BaseException]) -> None:
    model = small()
    before, weights = look(model), bits(model.state_dict())
    with pytest.raises(error), naut.watch(model):
        model(torch.ones(2, 3))
        raise error
    assert look(model) == before
    assert bits(model.state_dict()) == weights


def test_what_the_model_says_of_a_bad_first_batch_comes_unchanged() -> None:
    model = small()
    with naut.watch(model) as acts:
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            model(torch.ones(2, 4))
        model(torch.ones(2, 3))
    assert acts.calls == 1


def test_passes_that_hold_no_numbers_are_counted_and_give_what_they_would() -> None:
    model, x = small(), torch.randn(4, 3)
    expected = torch.func.vmap(model)(x)
    with naut.watch(model) as acts:
        model(x)
        with pytest.warns(RuntimeWarning, match=r"could not be read: .*\. Further ones are only counted"):
            found = torch.func.vmap(model)(x)
    assert torch.equal(found, expected)
    assert (acts.calls, acts.unseen) == (1, 1)


# -- how much is held


def test_no_call_but_the_last_is_held_in_memory() -> None:
    model = small()
    alive: list[weakref.ref[Any]] = []
    with naut.watch(model, sites=("pre", "post")) as acts:
        for _ in range(5):
            x = torch.randn(4, 3)
            output = model(x)
            alive += [weakref.ref(x), weakref.ref(output), weakref.ref(acts["0"].read())]
        del x, output
        gc.collect()
        assert [reference() is not None for reference in alive[-3:]] == [False, False, True]
        assert not any(reference() is not None for reference in alive[:-3])


def test_a_copy_or_a_pickle_of_the_model_made_inside_is_not_watched() -> None:
    model = small()
    with naut.watch(model) as acts:
        model(torch.ones(2, 3))
        other = copy.deepcopy(model)
        file = io.BytesIO()
        torch.save(model, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=False)
        with torch.no_grad():
            other[0].weight.zero_()
        other(torch.ones(2, 3))
        loaded(torch.ones(2, 3))
    assert acts.calls == 1
    assert [list(one.__dict__) for one in other.modules()] == [list(one.__dict__) for one in model.modules()]


# -- beside other things


def test_watches_may_be_nested_and_recordings_made_inside_are_not_counted() -> None:
    model, x, _ = hard()
    before = look(model)
    with naut.watch(model) as outer:
        model(x)
        with naut.watch(model, "head") as inner:
            model(x[:3])
            rec = naut.record(model, x.numpy(), influence=False)
        model(x[:2])
    assert rec.n == 20
    assert (outer.samples, inner.samples, outer.unseen) == (25, 3, 0)
    np.testing.assert_array_equal(inner["head"].shape, (3, 3))
    assert look(model) == before


def test_a_wrapper_around_the_model_may_be_called() -> None:
    model, batch, _ = hard()
    wrapper = nn.DataParallel(model, device_ids=[])
    with naut.watch(wrapper) as acts:
        wrapper(batch)
    with naut.watch(model) as own:
        model(batch)
    assert list(acts) == list(own)


def test_a_layer_replaced_inside_the_block_is_seen_in_its_place() -> None:
    model = small()
    with naut.watch(model) as acts:
        model(torch.ones(2, 3))
        model[2] = nn.Linear(5, 2)
        output = model(torch.ones(2, 3))
    np.testing.assert_array_equal(acts["2"], output.detach())
    assert acts.unseen == 0
