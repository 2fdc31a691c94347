"""Derive: the first-order effect of a unit on later units, forwards or backwards, whichever is cheaper.

The seed is the unit's own activation at every position; values at targets are averaged over positions. Forward mode
pushes one seed through everything that follows, reverse mode pulls one unit back through everything before it; samples
are taken to be independent of each other, as they are in evaluation mode.

Reference: Pearlmutter, Fast exact multiplication by the Hessian, 1994, for the product by two backward passes.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.autograd.graph import GradientEdge, get_gradient_edge

from neuronaut.core.errors import NeuronautError
from neuronaut.core.model import Site
from neuronaut.models.torch.batches import sample_count, take_rows
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.reduce import canonical
from neuronaut.models.torch.tape import tensors
from neuronaut.models.torch.watch import Change, See

Effects = dict[Site, torch.Tensor]
"""``[seed, sample, unit]`` by site."""
Runner = Callable[[Any, Sequence[Site], See, Sequence[Site], Change], Any]
"""``run(batch, observe, see, changed, change)``: one forward pass."""

_CHUNK_VALUES = 1 << 24
"""Activations held at once while many seeds run together: 64 MB of float32."""
_FALLS_BACK = (RuntimeError, NotImplementedError, TypeError)


def effects(
    run: Runner,
    batch: Any,
    seed: tuple[Site, Place],
    units: Sequence[int],
    others: Mapping[Site, Place],
    *,
    forward: bool,
) -> Effects:
    """Effects between ``units`` of the seed and all units of the others, the cheaper way round."""
    samples = sample_count(batch)
    found = {site: torch.zeros(len(units), samples, place.units) for site, place in others.items()}
    others = {site: place for site, place in others.items() if place.floating}
    if not seed[1].floating or not others:
        return found
    sealed = seed[1].sealed or any(place.sealed for place in others.values())
    total = sum(place.units for place in others.values())
    forwards, backwards = (len(units), total) if forward else (total, len(units))
    if 2 * forwards > backwards and not sealed:
        try:
            return found | (
                _turned(pull, run, batch, samples, seed, units, others)
                if forward
                else pull(run, batch, samples, seed, units, others)
            )
        except NeuronautError:
            raise
        except _FALLS_BACK:
            pass  # no gradient through this model as it is written: forwards then
    return found | (
        push(run, batch, samples, seed, units, others)
        if forward
        else _turned(push, run, batch, samples, seed, units, others)
    )


def _turned(
    way: Callable[..., Effects],
    run: Runner,
    batch: Any,
    samples: int,
    seed: tuple[Site, Place],
    units: Sequence[int],
    others: Mapping[Site, Place],
) -> Effects:
    """The same effects from the other end: all units of each other site, of which only ``units`` of the seed stay."""
    found: Effects = {}
    for site, place in others.items():
        whole = way(run, batch, samples, (site, place), range(place.units), dict([seed]))[seed[0]]
        found[site] = whole[:, :, list(units)].permute(2, 1, 0)
    return found


def averaged(tensor: torch.Tensor, place: Place, samples: int) -> torch.Tensor:
    """The site as ``[sample, unit]``, averaged over positions, in memory of its own."""
    found = canonical(tensor, place, samples)
    if not found.is_floating_point():
        return torch.zeros((), device=found.device).expand(found.shape[0], found.shape[-1])
    return found.clone() if found.ndim == 2 else found.flatten(1, -2).mean(1)


def pull(
    run: Runner,
    batch: Any,
    samples: int,
    target: tuple[Site, Place],
    units: Sequence[int],
    sources: Mapping[Site, Place],
) -> Effects:
    """Reverse mode: the effect of every unit of the sources on each of ``units`` of the target."""
    reached: dict[Site, tuple[torch.Tensor | GradientEdge, torch.Tensor]] = {}
    found: list[torch.Tensor] = []

    def see(site: Site, tensor: torch.Tensor) -> None:
        found.append(averaged(tensor, target[1], samples))

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        own = tensor.detach().clone()
        if tensor.requires_grad:
            reached[site] = (get_gradient_edge(tensor), own)
            return tensor
        leaf = torch.zeros_like(own, requires_grad=True)
        reached[site] = (leaf, own)
        return tensor.add_(leaf) if sources[site].inplace else tensor + leaf

    with torch.enable_grad(), _quiet():
        run(batch, [target[0]], see, list(sources), change)
    effects = {
        site: torch.zeros(len(units), samples, place.units, dtype=found[0].dtype) for site, place in sources.items()
    }
    if not reached or not found[0].requires_grad:
        return effects
    sites = list(reached)
    summed = found[0].sum(0)
    size = sum(own.numel() for _, own in reached.values())
    step = max(1, min(64, _CHUNK_VALUES // max(1, size)))
    for start in range(0, len(units), step):
        chosen = list(units[start : start + step])
        gradients = _gradients(summed, chosen, [reached[site][0] for site in sites])
        for site, gradient in zip(sites, gradients, strict=True):
            if gradient is not None:
                effects[site][start : start + len(chosen)] = _weighted(
                    gradient, reached[site][1], sources[site], samples
                ).cpu()
    return effects


def _gradients(summed: torch.Tensor, units: Sequence[int], reached: Sequence[Any]) -> list[torch.Tensor | None]:
    """The gradient of each unit, stacked, for everything reached."""
    seeds = torch.zeros(len(units), summed.numel(), dtype=summed.dtype, device=summed.device)
    seeds[torch.arange(len(units)), torch.as_tensor(units)] = 1
    options: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    if len(units) > 1:
        try:
            with _quiet():
                return list(torch.autograd.grad(summed, reached, seeds, is_grads_batched=True, **options))
        except _FALLS_BACK:
            pass  # an operation that cannot be batched: one unit at a time
    rows = [torch.autograd.grad(summed, reached, seed, **options) for seed in seeds]
    return [None if column[0] is None else torch.stack(list(column)) for column in zip(*rows, strict=True)]


def _weighted(gradient: torch.Tensor, own: torch.Tensor, place: Place, samples: int) -> torch.Tensor:
    """Gradient times activation, summed over positions: ``[seed, sample, unit]``."""
    product = gradient * own
    rows = [canonical(row, place, samples) for row in product]
    return torch.stack([row.reshape(samples, -1, row.shape[-1]).sum(1) for row in rows])


def push(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """Forward mode: the effect of each of ``units`` of the source on every unit of the targets."""
    _load_forward_mode()
    size = sum(_numel(place, samples) for place in (source[1], *targets.values()))
    step = max(1, min(len(units), 128, _CHUNK_VALUES // max(1, size)))
    parts: list[Effects] = []
    for start in range(0, len(units), step):
        chosen = list(units[start : start + step])
        parts.append(_push_chunk(run, batch, samples, source, chosen, targets))
    return {site: torch.cat([part[site] for part in parts]) for site in targets}


@functools.cache
def _load_forward_mode() -> None:
    """On first use torch compiles some formulas with its own deprecated torch.jit.script."""
    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)
        _dual(torch.zeros(1), torch.zeros(1))


@contextmanager
def _quiet() -> Iterator[None]:
    """torch warns of operations that it batches one by one, and of numbers read while gradients are on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="There is a performance drop")
        warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad=True to a scalar")
        yield


def _dual(primal: torch.Tensor, tangent: torch.Tensor) -> torch.Tensor:
    dual: torch.Tensor = forward_ad.make_dual(primal, tangent)  # type: ignore[no-untyped-call]
    return dual


def _tangent(tensor: torch.Tensor) -> torch.Tensor:
    tangent: torch.Tensor | None = forward_ad.unpack_dual(tensor).tangent  # type: ignore[no-untyped-call]
    return torch.zeros_like(tensor) if tangent is None else tangent


def _numel(place: Place, samples: int) -> int:
    total = 1
    for size in place.shape:
        total *= size
    return total // 2 * samples


def _push_chunk(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    ways = [_by_vmap, _by_rows, _by_two_backwards, _by_rows_alone, _by_differences]
    if source[1].sealed or any(place.sealed for place in targets.values()):
        ways = ways[-1:]
    elif source[1].inplace:
        ways = ways[1:]
    for way in ways[:-1]:
        try:
            return way(run, batch, samples, source, units, targets)
        except NeuronautError:
            raise
        except _FALLS_BACK:
            continue  # an operation on the way has no such derivative
    return ways[-1](run, batch, samples, source, units, targets)


def _tangents(own: torch.Tensor, place: Place, samples: int, units: Sequence[int]) -> torch.Tensor:
    """For each unit the site's own activation there and 0 elsewhere: ``[seed, *site]``."""
    result = torch.zeros(len(units), *own.shape, dtype=own.dtype, device=own.device)
    values = canonical(own, place, samples)
    for row, unit in zip(result, units, strict=True):
        canonical(row, place, samples)[..., unit] = values[..., unit]
    return result


def _by_vmap(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """The part before the source runs once for all seeds."""
    own: list[torch.Tensor] = []

    def keep(site: Site, tensor: torch.Tensor) -> None:
        own.append(tensor.detach().clone())

    with torch.no_grad():
        run(batch, [source[0]], keep, (), _unchanged)

    def shifted(delta: torch.Tensor) -> tuple[torch.Tensor, ...]:
        seen: Effects = {}

        def see(site: Site, tensor: torch.Tensor) -> None:
            seen[site] = averaged(tensor, targets[site], samples)

        run(batch, list(targets), see, [source[0]], lambda site, tensor: tensor + delta)
        return tuple(seen[site] for site in targets)

    def product(tangent: torch.Tensor) -> Any:
        return torch.func.jvp(shifted, (torch.zeros_like(own[0]),), (tangent,))[1]

    with torch.no_grad(), _quiet():
        result = torch.func.vmap(product)(_tangents(own[0], source[1], samples, units))
    return {site: part.detach().cpu() for site, part in zip(targets, result, strict=True)}


def _by_rows(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """Every seed has its own copy of the samples in one large batch.

    Gradients are on, since without them torch passes an autograd.Function that has no jvp and drops the tangent.
    """
    with torch.enable_grad(), _quiet():
        return _rows(run, batch, samples, source, units, targets)


def _by_rows_alone(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """The same without gradients: writing into one of the parts of a split is then allowed."""
    with torch.no_grad():
        return _rows(run, batch, samples, source, units, targets)


def _rows(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    count = len(units) * samples
    wide = take_rows(batch, list(range(samples)) * len(units))
    seen: Effects = {}

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site] = averaged(_tangent(tensor), targets[site], count)

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        dual = _dual(torch.zeros_like(tensor), _row_tangent(tensor, source[1], samples, units))
        return tensor.add_(dual) if source[1].inplace else tensor + dual

    with forward_ad.dual_level():
        run(wide, list(targets), see, [source[0]], change)
    return {site: seen[site].detach().reshape(len(units), samples, -1).cpu() for site in targets}


def _row_tangent(tensor: torch.Tensor, place: Place, samples: int, units: Sequence[int]) -> torch.Tensor:
    result = torch.zeros_like(tensor)
    count = len(units) * samples
    values = canonical(tensor.detach(), place, count)
    held = canonical(result, place, count)
    for number, unit in enumerate(units):
        rows = slice(number * samples, (number + 1) * samples)
        held[rows, ..., unit] = values[rows, ..., unit]
    return result


def _by_two_backwards(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """For operations that have no forward mode: the gradient of a gradient by a seed that it is linear in."""
    count = len(units) * samples
    wide = take_rows(batch, list(range(samples)) * len(units))
    seen: Effects = {}
    leaves: list[torch.Tensor] = []
    tangents: list[torch.Tensor] = []

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site] = averaged(tensor, targets[site], count)

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        leaf = torch.zeros_like(tensor, requires_grad=True)
        leaves.append(leaf)
        tangents.append(_row_tangent(tensor, source[1], samples, units))
        return tensor.add_(leaf) if source[1].inplace else tensor + leaf

    effects: Effects = {}
    with torch.enable_grad(), _quiet():
        run(wide, list(targets), see, [source[0]], change)
        for site, value in seen.items():
            seed = torch.zeros_like(value, requires_grad=True)
            pulled = None
            if value.requires_grad:
                (pulled,) = torch.autograd.grad(
                    value, leaves, seed, create_graph=True, retain_graph=True, allow_unused=True
                )
            moved = None
            if pulled is not None and pulled.requires_grad:
                (moved,) = torch.autograd.grad(pulled, seed, tangents[0], retain_graph=True, allow_unused=True)
            product = torch.zeros_like(value) if moved is None else moved
            effects[site] = product.detach().reshape(len(units), samples, -1).cpu()
    return effects


def _by_differences(
    run: Runner,
    batch: Any,
    samples: int,
    source: tuple[Site, Place],
    units: Sequence[int],
    targets: Mapping[Site, Place],
) -> Effects:
    """Central differences, where nothing else is left."""
    count = len(units) * samples
    wide = take_rows(batch, list(range(samples)) * len(units))
    exact = all(tensor.dtype == torch.float64 for _, tensor in tensors(batch) if tensor.is_floating_point())
    h = 1e-6 if exact else 1e-2

    def side(sign: float) -> Effects:
        seen: Effects = {}

        def see(site: Site, tensor: torch.Tensor) -> None:
            seen[site] = averaged(tensor, targets[site], count)

        def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
            shift = sign * h * _row_tangent(tensor, source[1], samples, units)
            return tensor.add_(shift) if source[1].inplace else tensor + shift

        with torch.no_grad():
            run(wide, list(targets), see, [source[0]], change)
        return seen

    more, less = side(1.0), side(-1.0)
    return {site: ((more[site] - less[site]) / (2 * h)).reshape(len(units), samples, -1).cpu() for site in targets}


def _unchanged(site: Site, tensor: torch.Tensor) -> torch.Tensor:
    return tensor
