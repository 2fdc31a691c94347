"""Layouts: in which order samples lie where the sample axis is folded with another, found by swapping two samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from neuronaut.core.model import Batch, Site
from neuronaut.models.torch.batches import take_rows
from neuronaut.models.torch.look import look
from neuronaut.models.torch.places import Layout
from neuronaut.models.torch.tape import replace as replace_leaves

if TYPE_CHECKING:
    from neuronaut.models.torch.trace import Found


def settle(found: Found) -> None:
    """Set the layout of every folded site: ``x.view(B * T, D)`` is major, ``cat([a, b])`` of two batches minor."""
    traced = found.traced
    folded = [site for site, place in traced.places.items() if place.layout != "plain"]
    if not folded:
        return
    example = _different(found.example)
    straight, swapped = _seen(found, folded, example), _seen(found, folded, take_rows(example, (1, 0)))
    for site in folded:
        place = traced.places[site]
        one = straight[site].movedim(place.sample_axis, 0)
        other = swapped[site].movedim(place.sample_axis, 0)
        layout = _layout(one, other)
        if layout is None:
            del traced.places[site]
            traced.refused[site.layer] = "the order of its samples is not clear"
        else:
            traced.places[site] = replace(place, layout=layout)


def _layout(one: torch.Tensor, other: torch.Tensor) -> Layout | None:
    """The order under which swapping the samples swaps the values."""
    rest = one.shape[1:]
    if torch.allclose(one.reshape(2, -1, *rest).flip(0), other.reshape(2, -1, *rest), equal_nan=True):
        return "major"
    if torch.allclose(one.reshape(-1, 2, *rest).flip(1), other.reshape(-1, 2, *rest), equal_nan=True):
        return "minor"
    return None


def _different(example: Batch) -> Batch:
    """Two samples that differ: where the example holds one sample twice, the second gets a little noise."""
    generator = torch.Generator().manual_seed(0)

    def apart(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point() or not tensor.ndim or not torch.equal(tensor[0], tensor[1]):
            return tensor
        noise = torch.randn(tensor[1].shape, generator=generator).to(tensor)
        return torch.stack([tensor[0], tensor[1] + 0.1 * noise])

    return replace_leaves(example, torch.Tensor, apart)


def _seen(found: Found, sites: list[Site], batch: Batch) -> dict[Site, torch.Tensor]:
    seen: dict[Site, torch.Tensor] = {}

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site] = tensor.detach().float().clone()

    reads = {site: found.traced.places[site].reading for site in sites}
    look(found, reads, batch, see)
    return seen
