"""Seeds: some units of one site of one batch, each shifted by its own activation at every position."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from neuronaut.core.model import Site
from neuronaut.models.torch.batches import take_rows
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.reduce import canonical
from neuronaut.models.torch.watch import Change, See

Effects = dict[Site, torch.Tensor]
"""``[seed, sample, unit]`` by site."""
Runner = Callable[[Any, Sequence[Site], See, Sequence[Site], Change], Any]
"""``run(batch, observe, see, changed, change)``: one forward pass."""

CHUNK = 1 << 24
"""Activations held at once while many seeds run together: 64 MB of float32."""
FALLS_BACK = (RuntimeError, NotImplementedError, TypeError)
"""What torch raises where an operation has no derivative of the kind asked for."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """``units`` of the site ``site``, which lies at ``place``, for ``samples`` samples; ``run`` runs the model."""

    run: Runner
    batch: Any
    samples: int
    site: Site
    place: Place
    units: Sequence[int]

    def wide(self) -> Any:
        """The batch once for each unit, one after the other."""
        return take_rows(self.batch, list(range(self.samples)) * len(self.units))

    @property
    def rows(self) -> int:
        return self.samples * len(self.units)

    def tangent(self, tensor: torch.Tensor) -> torch.Tensor:
        """In a wide batch: each unit's own activation in its copy of the samples, 0 elsewhere."""
        result = torch.zeros_like(tensor)
        values = canonical(tensor.detach(), self.place, self.rows)
        held = canonical(result, self.place, self.rows)
        for number, unit in enumerate(self.units):
            rows = slice(number * self.samples, (number + 1) * self.samples)
            held[rows, ..., unit] = values[rows, ..., unit]
        return result

    def shift(self, tensor: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
        """The tensor moved by ``delta`` so that every later use of it sees the move."""
        return tensor.add_(delta) if self.place.inplace else tensor + delta

    def folded(self, seen: Effects) -> Effects:
        """A wide batch taken apart again: ``[seed, sample, unit]``."""
        shape = (len(self.units), self.samples, -1)
        return {site: value.detach().reshape(shape).cpu() for site, value in seen.items()}


def averaged(tensor: torch.Tensor, place: Place, samples: int) -> torch.Tensor:
    """The site as ``[sample, unit]``, averaged over positions, in memory of its own."""
    found = canonical(tensor, place, samples)
    if not found.is_floating_point():
        return torch.zeros((), device=found.device).expand(found.shape[0], found.shape[-1])
    return found.clone() if found.ndim == 2 else found.flatten(1, -2).mean(1)


@contextmanager
def quietly() -> Iterator[None]:
    """torch warns of operations that it batches one by one, and of numbers read while gradients are on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="There is a performance drop")
        warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad=True to a scalar")
        yield
