"""Re-initialise: the same network with weights that learned nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn


def reinitialised(module: nn.Module, *, seed: int = 0) -> tuple[nn.Module, list[str]]:
    """A copy of the module with weights drawn anew, and what must be said about those that could not be.

    Every part draws its parameters (and running statistics) as when it was made, by its ``reset_parameters``. A
    parameter that this leaves as it was, as of a part without one, has its numbers shuffled: the same values, in places
    that mean nothing. The module itself and the global random state stay as they are.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> twin, notes = reinitialised(net, seed=1)
    >>> bool((twin[0].weight == net[0].weight).any()), notes
    (False, [])

    Reference: Adebayo et al., Sanity checks for saliency maps, 2018 (the randomisation of a model's parameters).
    """
    twin = copy.deepcopy(module)
    devices = {tensor.device.index for tensor in twin.parameters() if tensor.device.type == "cuda"}
    with torch.random.fork_rng(devices=[index for index in devices if index is not None]), torch.no_grad():
        torch.manual_seed(seed)
        before = {name: parameter.detach().clone() for name, parameter in twin.named_parameters()}
        for part in _resettable(twin):
            part()
        kept = [(name, parameter) for name, parameter in twin.named_parameters() if _same(parameter, before[name])]
        shuffled = [name for name, parameter in kept if _shuffle(parameter)]
    notes = []
    if shuffled:
        some = ", ".join(shuffled[:4]) + (f" and {len(shuffled) - 4} more" if len(shuffled) > 4 else "")
        notes.append(f"{some} cannot be drawn anew (no reset_parameters); in the twin the numbers are shuffled.")
    return twin, notes


def _resettable(module: nn.Module) -> Iterator[Callable[[], Any]]:
    """How each part with parameters or running statistics of its own is drawn anew, where it can be."""
    for part in module.modules():
        own = [*part.parameters(recurse=False), *part.buffers(recurse=False)]
        for name in ("reset_parameters", "_reset_parameters"):
            reset = getattr(part, name, None)
            if own and callable(reset):
                yield reset
                break


def _same(parameter: torch.Tensor, before: torch.Tensor) -> bool:
    return parameter.shape == before.shape and bool(torch.equal(parameter, before))


def _shuffle(parameter: torch.Tensor) -> bool:
    """Whether there was anything to shuffle: numbers that are not all the same."""
    numbers = parameter.detach().flatten()
    if numbers.numel() < 2 or bool((numbers == numbers[0]).all()):
        return False
    order = torch.randperm(numbers.numel()).to(numbers.device)
    parameter.copy_(numbers[order].reshape(parameter.shape))
    return True
