"""Preserve: a model, and the random states of the process, are left exactly as they were found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

Step = Callable[[], None]


@contextmanager
def preserved(model: nn.Module, *also: Step, evaluate: bool = True) -> Iterator[None]:
    """Run the block with every module in evaluation mode; put back everything, whatever happens inside.

    ``also``: further steps to take when the block has ended. ``evaluate=False`` leaves each module in its own mode.
    What stands before the modules' calls is passed by: a run in here is none of the user's.

    That is: the mode of each module, its attributes, hooks, parameters and gradients by identity, buffers also by
    value, random states of Python, NumPy and torch, grad mode, default dtype and the switches of the back ends.
    """
    steps = [*_snapshot(model), *also]
    try:
        for module in model.modules():
            module.__dict__.pop("_compiled_call_impl", None)
            if evaluate:
                module.__dict__["training"] = False
        yield
    finally:
        undo(steps)


def undo(steps: list[Step]) -> None:
    """Take every step, from the start again if Ctrl-C comes meanwhile: each may safely be taken twice."""
    try:
        for step in steps:
            step()
    except KeyboardInterrupt:
        undo(steps)
        raise


def _snapshot(model: nn.Module) -> list[Step]:
    steps = [_attributes(module) for module in model.modules()]
    steps += [_gradient(parameter) for parameter in model.parameters()]
    steps += [_content(buffer) for buffer in model.buffers() if not _lazy(buffer)]
    return [*steps, *random_states(), *_switches()]


def _attributes(module: nn.Module) -> Step:
    """The module's attributes, and what its registries (parameters, buffers, children, hooks) hold, in order."""
    attributes = dict(module.__dict__)
    registries = {
        name: dict(held) for name, held in attributes.items() if name.startswith("_") and type(held) in _DICTS
    }

    def restore() -> None:
        _put_back(module.__dict__, attributes)
        for name, held in registries.items():
            _put_back(attributes[name], held)

    return restore


def _put_back(now: dict[Any, Any], before: dict[Any, Any]) -> None:
    if list(now) != list(before) or any(now[key] is not before[key] for key in before):
        now.clear()
        now.update(before)


_DICTS = (dict, type(nn.Module().__dict__["_forward_hooks"]))


def _gradient(parameter: nn.Parameter) -> Step:
    gradient, wanted = parameter.grad, parameter.requires_grad

    def restore() -> None:
        if parameter.grad is not gradient:
            parameter.grad = gradient
        if parameter.requires_grad != wanted:
            parameter.requires_grad_(wanted)

    return restore


def _lazy(tensor: torch.Tensor) -> bool:
    return bool(nn.parameter.is_lazy(tensor))


def _content(buffer: torch.Tensor) -> Step:
    version, kept = buffer._version, buffer.detach().clone()

    def restore() -> None:
        # Batch norm writes its running statistics without a new version.
        if buffer._version != version or not torch.equal(buffer, kept):
            with torch.no_grad():
                buffer.copy_(kept)

    return restore


def random_states() -> list[Step]:
    """Steps that put the random states of Python, NumPy and torch back to what they are now."""
    python, numbers, states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    steps: list[Step] = [
        lambda: random.setstate(python),
        lambda: np.random.set_state(numbers),
        lambda: torch.set_rng_state(states),
    ]
    if torch.cuda.is_available():
        devices = torch.cuda.get_rng_state_all()
        steps.append(lambda: torch.cuda.set_rng_state_all(devices))
    return steps


def _switches() -> list[Step]:
    grad, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn = torch.is_deterministic_algorithms_warn_only_enabled()
    flags: list[tuple[Any, str, Any]] = [
        (holder, name, getattr(holder, name))
        for holder, name in (
            (torch.backends.cudnn, "enabled"),
            (torch.backends.cudnn, "benchmark"),
            (torch.backends.cudnn, "deterministic"),
            (torch.backends.mkldnn, "enabled"),
        )
    ]

    def restore() -> None:
        if torch.is_grad_enabled() != grad:
            torch.set_grad_enabled(grad)
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        if torch.are_deterministic_algorithms_enabled() != deterministic:
            torch.use_deterministic_algorithms(deterministic, warn_only=warn)
        for holder, name, value in flags:
            if getattr(holder, name) != value:
                setattr(holder, name, value)

    return [restore]
