"""Look: one forward pass of a traced model on a few rows, seen at some places."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from neuronaut.core.errors import UnsupportedModel
from neuronaut.core.model import Batch, Site
from neuronaut.models.torch.places import Reading
from neuronaut.models.torch.preserve import preserved
from neuronaut.models.torch.tape import tensors
from neuronaut.models.torch.watch import See, Watch

if TYPE_CHECKING:
    from neuronaut.models.torch.trace import Found


def look(found: Found, reads: Mapping[Site, Reading], batch: Batch, see: See) -> None:
    """Run ``batch`` once and hand the tensor at each place to ``see``."""
    watch = Watch(found.modules, found.traced.tape, found.opaque, reads, strayed=set())
    watch.see = see
    args, kwargs = found.arguments(batch)
    with preserved(found.module, evaluate=found.evaluate), torch.no_grad(), found.uncompiled():
        try:
            watch.install()
            watch.call(found.module, args, kwargs)
        finally:
            watch.remove()


def check_unseen(name: str, found: Found, watch: Watch) -> None:
    """On two rows: every site is reached and the outputs are bit-identical with and without looking.

    Raises LayerNeverFired or UnsupportedModel where they are not.
    """
    args, kwargs = found.arguments(found.example)
    kept = functools.partial(preserved, found.module, evaluate=found.evaluate)
    with kept(), torch.no_grad(), found.uncompiled():
        plain = found.module(*args, **kwargs)
    with kept(), torch.no_grad(), found.uncompiled():
        try:
            watch.install()
            seen = watch.call(found.module, args, kwargs)
        finally:
            watch.remove()
    if not all(_same_bits(one, other) for (_, one), (_, other) in zip(tensors(plain), tensors(seen), strict=True)):
        raise UnsupportedModel(
            f"{name} gives other outputs when it is observed: it takes another kernel or draws random numbers while "
            "evaluating. Leave out functional sites with layers=[...], or fix its random draws."
        )


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.equal(one, other) or bool(((one == other) | (one.isnan() & other.isnan())).all())


def computed_weights(found: Found) -> dict[str, torch.Tensor]:
    """The weights that the model computes from its parameters (weight norm), as they act now, by their path."""
    seen: dict[str, torch.Tensor] = {}

    def see(site: Site, tensor: torch.Tensor) -> None:
        seen[site.layer] = tensor.detach().clone()

    reads = {Site(path): reading for path, reading in found.traced.derived.items()}
    if reads:
        look(found, reads, found.example, see)
    return seen
