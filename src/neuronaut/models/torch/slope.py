"""Slope: one unit as a function of whole sites, and its derivative (or relevance) by all of their values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt
import torch

from neuronaut.core.errors import DataError, UnsupportedModel
from neuronaut.core.model import Relevance, Site, Slope
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.reduce import canonical
from neuronaut.models.torch.relevance import NoRule, Rules
from neuronaut.models.torch.seeds import Runner, averaged, quietly
from neuronaut.models.torch.session import to_numpy

Gradients = dict[Site | None, torch.Tensor]
"""By site; under None that of the rules' constant."""


@dataclass(frozen=True, slots=True)
class Number:
    """The number that is asked of each sample: a unit of a site, averaged over positions."""

    site: Site
    place: Place
    unit: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the pass is cut: the sites asked for, the other inputs, and the sites that get values of their own."""

    sites: Mapping[Site, Place]
    inputs: Mapping[Site, Place]
    given: Mapping[Site, Place]
    values: Mapping[Site, npt.NDArray[Any]]


@dataclass(slots=True)
class _Leaves:
    """Puts leaves of their own at sites, so that what is computed from them can be told from what led to them."""

    samples: int
    asked: Mapping[Site, Place]
    places: Mapping[Site, Place]
    values: Mapping[Site, npt.NDArray[Any]]
    held: dict[Site, torch.Tensor] = field(default_factory=dict)

    def at(self, site: Site, tensor: torch.Tensor) -> torch.Tensor:
        place = self.places[site]
        with torch._C.DisableTorchFunction():
            value = self._value(site, tensor, place)
            if site in self.asked:
                self.held[site] = value.requires_grad_(place.floating)
                value = value.clone()  # the model may write into it, as it may not into a leaf
            return tensor.copy_(value) if place.inplace else value

    def _value(self, site: Site, tensor: torch.Tensor, place: Place) -> torch.Tensor:
        if site not in self.values:
            return tensor.detach().clone()
        result = torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device)
        seat = canonical(result, place, self.samples)
        given = torch.as_tensor(self.values[site])
        if given.shape != seat.shape:
            raise DataError(f"{site.layer} takes values of shape {tuple(seat.shape)}; got {tuple(given.shape)}.")
        seat.copy_(given)
        return result


def slope(run: Runner, batch: Any, samples: int, number: Number, cuts: Cuts, rule: Relevance | None) -> Slope:
    """The number on one batch, and its slope at the sites of ``cuts``; parameters must not ask for gradients.

    With a rule the other inputs catch the relevance that comes to them without passing the sites.
    """
    _refuse(number, cuts.sites)
    others = {} if rule is None else cuts.inputs
    asked = {**others, **cuts.sites}
    leaves = _Leaves(samples, asked, {**cuts.given, **asked}, cuts.values)
    found: list[torch.Tensor] = []

    def see(site: Site, tensor: torch.Tensor) -> None:
        with torch._C.DisableTorchFunction():
            found.append(averaged(tensor, number.place, samples)[:, number.unit])
        if rules is not None:
            rules.rests = True  # what comes later does not lead to the number

    rules = None if rule is None else Rules(rule)
    try:
        with torch.set_grad_enabled(bool(cuts.sites)), quietly(), rules or contextlib.nullcontext():
            run(batch, [number.site], see, list(leaves.places), leaves.at)
    except NoRule as refusal:
        raise UnsupportedModel(str(refusal)) from None
    value = found[0]
    if not cuts.sites:
        return Slope(to_numpy(value))
    gradients = _gradients(value, leaves.held, rules)
    absorbed = gradients.get(None)
    return Slope(
        to_numpy(value.detach()),
        dict(_read(leaves.held, cuts.sites, samples)),
        dict(_read(gradients, cuts.sites, samples)),
        0.0 if absorbed is None else float(absorbed),
        None if rule is None else to_numpy(_around(value, leaves.held, gradients, others, samples)),
    )


def _refuse(number: Number, sites: Mapping[Site, Place]) -> None:
    for site, place in ((number.site, number.place), *sites.items()):
        if place.sealed:
            raise UnsupportedModel(
                f"{site.layer} lies inside an autograd.Function, where derivatives do not pass. Take another layer."
            )
    for site, place in sites.items():
        if not place.floating:
            raise DataError(f"{site.layer} holds whole numbers: nothing lies between two of them. Take a later layer.")
    if not number.place.floating:
        raise DataError(f"{number.site.layer} holds whole numbers, which have no derivative. Name an earlier unit.")


def _gradients(value: torch.Tensor, leaves: Mapping[Site, torch.Tensor], rules: Rules | None) -> Gradients:
    """The gradient of each leaf that the value depends on."""
    ends: Gradients = {site: leaf for site, leaf in leaves.items() if leaf.requires_grad}
    if rules is not None and rules.constant is not None:
        ends[None] = rules.constant
    if not value.requires_grad:
        return {}
    try:
        with quietly():
            found = torch.autograd.grad(value.sum(), list(ends.values()), allow_unused=True)
    except RuntimeError as error:
        why = str(error).strip().partition("\n")[0]
        raise UnsupportedModel(f"torch has no derivative of this model as it is written: {why}") from error
    return {site: one for site, one in zip(ends, found, strict=True) if one is not None}


def _read(
    held: Mapping[Any, torch.Tensor], sites: Mapping[Site, Place], samples: int
) -> Iterator[tuple[Site, npt.NDArray[Any]]]:
    """The sites' tensors as arrays [sample, *position, unit]."""
    for site, place in sites.items():
        if site in held:
            yield site, to_numpy(canonical(held[site].detach(), place, samples))


def _around(
    value: torch.Tensor,
    leaves: Mapping[Site, torch.Tensor],
    gradients: Gradients,
    others: Mapping[Site, Place],
    samples: int,
) -> torch.Tensor:
    """The relevance [sample] that came to inputs without passing the sites."""
    total = torch.zeros(samples, dtype=value.dtype)
    for site, place in others.items():
        if site in gradients:
            relevance = canonical((leaves[site] * gradients[site]).detach(), place, samples)
            total += relevance.reshape(samples, -1).sum(1).cpu()
    return total
