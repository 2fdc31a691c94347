"""Pull: reverse mode, one unit back through everything before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.autograd.graph import GradientEdge, get_gradient_edge

from neuronaut.core.model import Site
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.reduce import canonical
from neuronaut.models.torch.seeds import CHUNK, FALLS_BACK, Effects, Seeds, averaged, quietly


@dataclass(slots=True)
class _Reached:
    """The sources met on the way to the target: where gradients arrive, and the activation there."""

    places: Mapping[Site, Place]
    ends: dict[Site, tuple[torch.Tensor | GradientEdge, torch.Tensor]] = field(default_factory=dict)

    def meet(self, site: Site, tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        own = tensor.detach().clone()
        if tensor.requires_grad:
            # The edge stays right when the tensor is written to later; the tensor itself would not.
            self.ends[site] = (get_gradient_edge(tensor), own)
            return tensor
        leaf = torch.zeros_like(own, requires_grad=True)
        self.ends[site] = (leaf, own)
        return tensor.add_(leaf) if self.places[site].inplace else tensor + leaf


def pull(seeds: Seeds, sources: Mapping[Site, Place]) -> Effects:
    """The effect of every unit of the sources on each of the seeds' units."""
    reached, found = _Reached(sources), list[torch.Tensor]()

    def see(site: Site, tensor: torch.Tensor) -> None:
        found.append(averaged(tensor, seeds.place, seeds.samples))

    with torch.enable_grad(), quietly():
        seeds.run(seeds.batch, [seeds.site], see, list(sources), reached.meet)
    count, dtype = len(seeds.units), found[0].dtype
    effects = {site: torch.zeros(count, seeds.samples, place.units, dtype=dtype) for site, place in sources.items()}
    if not reached.ends or not found[0].requires_grad:
        return effects
    size = sum(own.numel() for _, own in reached.ends.values())
    step = max(1, min(64, CHUNK // max(1, size)))
    for start in range(0, count, step):
        chosen = seeds.units[start : start + step]
        gradients = _gradients(found[0].sum(0), chosen, [end for end, _ in reached.ends.values()])
        for (site, (_, own)), gradient in zip(reached.ends.items(), gradients, strict=True):
            if gradient is not None:
                effects[site][start : start + len(chosen)] = _weighted(gradient, own, sources[site], seeds.samples)
    return effects


def _gradients(summed: torch.Tensor, units: Sequence[int], ends: Sequence[Any]) -> list[torch.Tensor | None]:
    """The gradient of each unit, stacked, for everything reached."""
    directions = torch.zeros(len(units), summed.numel(), dtype=summed.dtype, device=summed.device)
    directions[torch.arange(len(units)), torch.as_tensor(units)] = 1
    options: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    if len(units) > 1:
        try:
            with quietly():
                return list(torch.autograd.grad(summed, ends, directions, is_grads_batched=True, **options))
        except FALLS_BACK:
            pass  # an operation that cannot be batched: one unit at a time
    rows = [torch.autograd.grad(summed, ends, direction, **options) for direction in directions]
    return [None if column[0] is None else torch.stack(list(column)) for column in zip(*rows, strict=True)]


def _weighted(gradient: torch.Tensor, own: torch.Tensor, place: Place, samples: int) -> torch.Tensor:
    """Gradient times activation, summed over positions: ``[seed, sample, unit]``."""
    product = gradient * own
    if place.layout == "plain" and place.sample_axis == 0:
        rows = canonical(product.flatten(0, 1), place, len(product) * samples)
        summed = rows if rows.ndim == 2 else rows.flatten(1, -2).sum(1)
        return summed.reshape(len(product), samples, -1).cpu()
    single = [canonical(row, place, samples) for row in product]
    return torch.stack([row.reshape(samples, -1, row.shape[-1]).sum(1) for row in single]).cpu()
