"""A model is left exactly as it was found, whatever happens while it runs."""

from __future__ import annotations

import linecache
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import _get_current_function_mode_stack

import neuronaut as naut
from neuronaut.core.model import Edit, Site
from neuronaut.models.torch import session, wrap
from neuronaut.models.torch.preserve import preserved, undo


class Lived(nn.Module):
    """A model with a life of its own: hooks, a frozen part, gradients, a buffer and an attribute that change."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm, self.act = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True)
        self.drop, self.fc1, self.fc2 = nn.Dropout(), nn.Linear(3, 4), nn.Linear(4, 2)
        self.register_buffer("seen", torch.zeros(()))
        self.last: Any = None
        self.fail: type[BaseException] | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += len(x)
        h = self.act(self.norm(self.stem(x))).mean((2, 3))
        self.last = h
        if self.fail is not None:
            raise self.fail("in the middle")
        return self.fc2(torch.tanh(self.fc1(self.drop(h))))


def lived() -> tuple[Lived, torch.Tensor]:
    torch.manual_seed(0)
    model, x = Lived(), torch.randn(4, 2, 5, 5)
    model.stem.register_forward_hook(_quiet_hook)
    model.fc1.register_forward_pre_hook(_quiet_hook)
    model.fc1.register_full_backward_hook(_quiet_hook)
    model(x).sum().backward()
    model.train()
    model.norm.eval()
    model.fc2.weight.requires_grad_(False)
    model.last = None
    return model, x


def _quiet_hook(*given: Any) -> None:
    return None


def state(model: nn.Module) -> dict[str, Any]:
    """Everything that must be the same afterwards, by identity where there is one."""
    found: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": [str(part) for part in np.random.get_state()],
        "torch": torch.get_rng_state().tolist(),
        "grad": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "mkldnn": torch.backends.mkldnn.enabled,
        "modes": torch._C._len_torch_function_stack(),
    }
    for path, module in model.named_modules():
        found[f"{path} attributes"] = [(name, id(held)) for name, held in module.__dict__.items()]
        for name, held in module.__dict__.items():
            if isinstance(held, dict):
                found[f"{path} {name}"] = [(key, id(value)) for key, value in held.items()]
    for path, parameter in model.named_parameters():
        found[f"{path} gradient"] = (id(parameter.grad), parameter.requires_grad)
        found[f"{path} value"] = parameter.detach().tolist()
    for path, buffer in model.named_buffers():
        found[f"{path} value"] = buffer.tolist()
    return found


def everything(model: Lived, x: torch.Tensor) -> None:
    """Trace, run, edit, push and pull."""
    wrapped = wrap(model, x)
    wrapped.run(x, wrapped.sites(), [Edit(Site("stem"), (0,), "zero")])
    wrapped.run(x, wrapped.sites(), position="keep")
    wrapped.jvp(x, Site("fc1"), [0], [Site("fc2")])
    wrapped.vjp(x, Site("fc2"), [1], [Site("stem")])


def test_nothing_of_the_model_changes() -> None:
    model, x = lived()
    before = state(model)
    everything(model, x)
    assert state(model) == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_changes_when_the_model_fails_in_the_middle(error: type[BaseException]) -> None:
    model, x = lived()
    wrapped = wrap(model, x)
    model.fail = error
    before = state(model)
    with pytest.raises(error, match="in the middle"):
        wrapped.run(x, wrapped.sites())
    with pytest.raises(error, match="in the middle"):
        wrap(model, x)
    with pytest.raises(error, match="in the middle"):
        wrapped.jvp(x, Site("stem"), [0], [Site("fc2")])
    assert state(model) == before


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_nothing_changes_when_the_copying_fails(error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = lived()
    wrapped = wrap(model, x)

    def full(*given: Any, **said: Any) -> Any:
        raise error

    monkeypatch.setattr(session, "taken", full)
    before = state(model)
    with pytest.raises(error):
        wrapped.run(x, wrapped.sites())
    assert state(model) == before


def test_a_hook_of_the_user_that_fails_is_not_swallowed() -> None:
    model, x = lived()
    wrapped = wrap(model, x)

    def failing(*given: Any) -> None:
        raise ValueError("mine")

    model.fc2.register_forward_hook(failing)
    before = state(model)
    with pytest.raises(ValueError, match="mine"):
        wrapped.run(x, wrapped.sites())
    assert state(model) == before


def interrupted(work: Callable[[], Any], at: int) -> int:
    """Press Ctrl-C at the ``at``-th line that runs in the adapter or the model, or right after it where that line is a
    with statement; the number of lines that ran.
    """
    lines, pressed = 0, False
    home = str(Path(session.__file__).parent)

    def local(frame: FrameType, event: str, given: Any) -> Any:
        nonlocal lines, pressed
        if event == "line":
            lines += 1
            # A with statement is told of again before it leaves its block: there Python itself looks for no Ctrl-C.
            leaving = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")
            if 0 < at <= lines and not pressed and not leaving:
                pressed = True
                raise KeyboardInterrupt
        return local

    def start(frame: FrameType, event: str, given: Any) -> Any:
        name = frame.f_code.co_filename
        ours = name.startswith(home) and not name.endswith("preserve.py")
        return local if ours or name == __file__ else None

    sys.settrace(start)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    return lines


def test_ctrl_c_at_any_line_leaves_the_model_as_it_was() -> None:
    model, x = lived()
    wrapped = wrap(model, x)
    sites = wrapped.sites()

    def work() -> None:
        wrapped.run(x, sites)

    work()
    before = state(model)
    total = interrupted(work, -1)
    assert total > 200
    for at in range(1, total, 3):
        interrupted(work, at)
        assert wrapped._session is None, at
        assert state(model) == before, at


def test_ctrl_c_during_the_trace_leaves_the_model_as_it_was() -> None:
    model, x = lived()
    before = state(model)
    total = interrupted(lambda: wrap(model, x), -1)
    for at in range(1, total, total // 60):
        interrupted(lambda: wrap(model, x), at)
        assert state(model) == before, at


def test_ctrl_c_at_any_line_of_a_watched_pass_leaves_the_model_as_it_was() -> None:
    model, x = lived()
    before = state(model)

    def work() -> None:
        with naut.watch(model, sites=("pre", "post")):
            model(x)
            model(x)

    def put_back() -> None:
        model.last = None
        model.load_state_dict(weights)
        torch.set_rng_state(random)

    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    random = torch.get_rng_state()
    total = interrupted(work, -1)
    for at in range(1, total, total // 80):
        interrupted(work, at)
        assert _get_current_function_mode_stack() == [], at
        put_back()
        assert state(model) == before, at


def test_ctrl_c_while_putting_back_does_not_stop_the_putting_back() -> None:
    taken: list[str] = []
    pressed = iter([KeyboardInterrupt])

    def second() -> None:
        for error in pressed:
            raise error
        taken.append("second")

    with pytest.raises(KeyboardInterrupt):
        undo([lambda: taken.append("first"), second, lambda: taken.append("third")])
    assert taken == ["first", "first", "second", "third"]


def test_each_module_gets_its_own_mode_back() -> None:
    model, _ = lived()
    with preserved(model):
        assert not any(module.training for module in model.modules())
    assert model.training
    assert not model.norm.training


def test_what_the_model_moves_or_rebinds_is_put_back() -> None:
    model, x = lived()
    weight, mean = model.fc1.weight, model.norm.running_mean
    with preserved(model):
        model.fc1.weight = nn.Parameter(torch.zeros(4, 3))
        model.norm.running_mean.add_(1)
        model.extra = nn.Linear(1, 1)
        model.last = x
        torch.set_default_dtype(torch.float64)
    assert model.fc1.weight is weight
    assert model.norm.running_mean is mean
    assert float(mean.detach().abs().max()) < 1
    assert not hasattr(model, "extra")
    assert model.last is None
    assert torch.get_default_dtype() is torch.float32


def test_nothing_of_a_batch_is_held_once_it_is_done() -> None:
    import gc
    import weakref

    model, x = lived()
    wrapped = wrap(model, x)
    with wrapped.session():
        run = wrapped.run(x, wrapped.sites())
        held = weakref.ref(run.captured[Site("stem")]["mean"])
        del run
        gc.collect()
        assert held() is None
