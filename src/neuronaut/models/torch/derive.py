"""Derive: the first-order effect of units on units, forwards or backwards, whichever is cheaper.

The seed is the unit's own activation at every position; values at targets are averaged over positions. Samples are
taken to be independent of each other, as they are in evaluation mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from neuronaut.core.errors import NeuronautError
from neuronaut.core.model import Site
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.pull import pull
from neuronaut.models.torch.push import push
from neuronaut.models.torch.seeds import FALLS_BACK, Effects, Seeds

_DEARER = 2
"""A pull costs about two to three times a push (measured on dense and convolutional networks)."""

Way = Callable[[Seeds, Mapping[Site, Place]], Effects]


def effects(seeds: Seeds, others: Mapping[Site, Place], *, forward: bool) -> Effects:
    """Effects of the seeds on all units of the others (``forward``), or of those on the seeds."""
    found = {site: torch.zeros(len(seeds.units), seeds.samples, place.units) for site, place in others.items()}
    others = {site: place for site, place in others.items() if place.floating}
    if not seeds.place.floating or not others or not len(seeds.units):
        return found
    total = sum(place.units for place in others.values())
    pushes, pulls = (len(seeds.units), total) if forward else (total, len(seeds.units))
    sealed = seeds.place.sealed or any(place.sealed for place in others.values())
    if _DEARER * pulls <= pushes and not sealed:
        try:
            return found | (_turned(pull, seeds, others) if forward else pull(seeds, others))
        except NeuronautError:
            raise
        except FALLS_BACK:
            pass  # no gradient through this model as it is written: forwards then
    return found | (push(seeds, others) if forward else _turned(push, seeds, others))


def _turned(way: Way, seeds: Seeds, others: Mapping[Site, Place]) -> Effects:
    """The same effects from the other end: all units of each other site, of which only the seeds' units stay."""
    found: Effects = {}
    for site, place in others.items():
        ends = replace(seeds, site=site, place=place, units=range(place.units))
        whole = way(ends, {seeds.site: seeds.place})[seeds.site]
        found[site] = whole[:, :, list(seeds.units)].permute(2, 1, 0)
    return found
