"""Push: forward mode, one unit through everything that follows, with ways round operations that lack it.

Reference for the product by two backward passes: Pearlmutter, Fast exact multiplication by the Hessian, 1994.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch.autograd import forward_ad

from neuronaut.core.errors import NeuronautError
from neuronaut.core.model import Site
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.reduce import canonical
from neuronaut.models.torch.seeds import CHUNK, FALLS_BACK, Effects, Seeds, averaged, quietly
from neuronaut.models.torch.tape import tensors

Targets = Mapping[Site, Place]


def push(seeds: Seeds, targets: Targets) -> Effects:
    """The effect of each of the seeds' units on every unit of the targets."""
    _load_forward_mode()
    size = sum(_numel(place, seeds.samples) for place in (seeds.place, *targets.values()))
    step = max(1, min(len(seeds.units), 128, CHUNK // max(1, size)))
    parts = [
        _push_some(replace(seeds, units=seeds.units[start : start + step]), targets)
        for start in range(0, len(seeds.units), step)
    ]
    return {site: torch.cat([part[site] for part in parts]) for site in targets}


def _numel(place: Place, samples: int) -> int:
    """Activations of a site, from its shape for two samples."""
    return int(torch.Size(place.shape).numel()) // 2 * samples


def _push_some(seeds: Seeds, targets: Targets) -> Effects:
    ways: list[Callable[[Seeds, Targets], Effects]] = [by_vmap, by_rows, by_two_backwards, by_rows_alone]
    if seeds.place.sealed or any(place.sealed for place in targets.values()):
        ways = []
    elif seeds.place.inplace:
        ways = ways[1:]
    for way in ways:
        try:
            return way(seeds, targets)
        except NeuronautError:
            raise
        except FALLS_BACK:
            continue  # an operation on the way has no such derivative
    return by_differences(seeds, targets)


@functools.cache
def _load_forward_mode() -> None:
    """On first use torch compiles some formulas with its own deprecated torch.jit.script."""
    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)
        _dual(torch.zeros(1), torch.zeros(1))


def _dual(primal: torch.Tensor, tangent: torch.Tensor) -> torch.Tensor:
    make: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = forward_ad.make_dual
    return make(primal, tangent)


def _tangent(tensor: torch.Tensor) -> torch.Tensor:
    unpack: Callable[[torch.Tensor], forward_ad.UnpackedDualTensor] = forward_ad.unpack_dual
    tangent = unpack(tensor).tangent
    return torch.zeros_like(tensor) if tangent is None else tangent


def by_vmap(seeds: Seeds, targets: Targets) -> Effects:
    """The part before the source runs once for all seeds."""
    own: list[torch.Tensor] = []

    def keep(site: Site, tensor: torch.Tensor) -> None:
        own.append(tensor.detach().clone())

    def moved(delta: torch.Tensor) -> tuple[torch.Tensor, ...]:
        seen: Effects = {}

        def see(site: Site, tensor: torch.Tensor) -> None:
            seen[site] = averaged(tensor, targets[site], seeds.samples)

        seeds.run(seeds.batch, list(targets), see, [seeds.site], lambda site, tensor: tensor + delta)
        return tuple(seen[site] for site in targets)

    def product(tangent: torch.Tensor) -> Any:
        return torch.func.jvp(moved, (torch.zeros_like(own[0]),), (tangent,))[1]

    with torch.no_grad(), quietly():
        seeds.run(seeds.batch, [seeds.site], keep, (), _unchanged)
        result = torch.func.vmap(product)(_stacked(seeds, own[0]))
    return {site: part.detach().cpu() for site, part in zip(targets, result, strict=True)}


def _stacked(seeds: Seeds, own: torch.Tensor) -> torch.Tensor:
    """For each unit the site's own activation there and 0 elsewhere: ``[seed, *site]``."""
    result = own.new_zeros(len(seeds.units), *own.shape)
    values = canonical(own, seeds.place, seeds.samples)
    for row, unit in zip(result, seeds.units, strict=True):
        canonical(row, seeds.place, seeds.samples)[..., unit] = values[..., unit]
    return result


def _unchanged(site: Site, tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def by_rows(seeds: Seeds, targets: Targets) -> Effects:
    """Every seed has its own copy of the samples in one large batch.

    Gradients are on, since without them torch passes an autograd.Function that has no jvp and drops the tangent.
    """
    with torch.enable_grad(), quietly():
        return _rows(seeds, targets)


def by_rows_alone(seeds: Seeds, targets: Targets) -> Effects:
    """The same without gradients: writing into one of the parts of a split is then allowed."""
    with torch.no_grad():
        return _rows(seeds, targets)


def _rows(seeds: Seeds, targets: Targets) -> Effects:
    seen: Effects = {}

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site] = averaged(_tangent(tensor), targets[site], seeds.rows)

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        return seeds.shift(tensor, _dual(torch.zeros_like(tensor), seeds.tangent(tensor)))

    with forward_ad.dual_level():
        seeds.run(seeds.wide(), list(targets), see, [seeds.site], change)
        return seeds.folded(seen)


def by_two_backwards(seeds: Seeds, targets: Targets) -> Effects:
    """For operations without forward mode: the gradient of a gradient by the direction that it is linear in."""
    seen: Effects = {}
    held: list[tuple[torch.Tensor, torch.Tensor]] = []

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site] = averaged(tensor, targets[site], seeds.rows)

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        leaf = torch.zeros_like(tensor, requires_grad=True)
        held.append((leaf, seeds.tangent(tensor)))
        return seeds.shift(tensor, leaf)

    with torch.enable_grad(), quietly():
        seeds.run(seeds.wide(), list(targets), see, [seeds.site], change)
        return seeds.folded({site: _product(value, *held[0]) for site, value in seen.items()})


def _product(value: torch.Tensor, leaf: torch.Tensor, tangent: torch.Tensor) -> torch.Tensor:
    """The derivative of ``value`` by ``leaf`` along ``tangent``, by two backward passes."""
    if not value.requires_grad:
        return torch.zeros_like(value)
    direction = torch.zeros_like(value, requires_grad=True)
    options: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    (pulled,) = torch.autograd.grad(value, leaf, direction, create_graph=True, **options)
    if pulled is None or not pulled.requires_grad:
        return torch.zeros_like(value)
    (moved,) = torch.autograd.grad(pulled, direction, tangent, **options)
    return torch.zeros_like(value) if moved is None else moved


def by_differences(seeds: Seeds, targets: Targets) -> Effects:
    """Central differences, where nothing else is left."""
    exact = all(tensor.dtype == torch.float64 for _, tensor in tensors(seeds.batch) if tensor.is_floating_point())
    h = 1e-6 if exact else 1e-2

    def side(sign: float) -> Effects:
        seen: Effects = {}

        def see(site: Site, tensor: torch.Tensor) -> None:
            seen[site] = averaged(tensor, targets[site], seeds.rows)

        def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
            return seeds.shift(tensor, sign * h * seeds.tangent(tensor))

        with torch.no_grad():
            seeds.run(seeds.wide(), list(targets), see, [seeds.site], change)
        return seen

    more, less = side(1.0), side(-1.0)
    return seeds.folded({site: (more[site] - less[site]) / (2 * h) for site in targets})
