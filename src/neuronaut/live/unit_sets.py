"""Unit sets: the units that are ablated together, and random sets of as many units of the same layers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import AddressError, UnknownName, unknown
from neuronaut.core.layer import Graph
from neuronaut.core.model import Site


@dataclass(frozen=True, slots=True)
class UnitSet:
    """Units by the site they are replaced at; sites in execution order, units rising."""

    units: tuple[tuple[Site, tuple[int, ...]], ...]

    @property
    def addresses(self) -> list[str]:
        return [str(Address(site.layer, site.name, unit)) for site, units in self.units for unit in units]

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(site for site, _ in self.units)

    @property
    def count(self) -> int:
        return sum(len(units) for _, units in self.units)


def unit_set(graph: Graph, units: str | Sequence[str]) -> UnitSet:
    """The units that addresses name; a layer stands for all of its units.

    >>> from neuronaut.core.layer import Layer
    >>> graph = Graph((Layer("fc1", "dense", 4, "linear", 1), Layer("fc2", "dense", 2, "linear", 2)))
    >>> unit_set(graph, ["fc2", "fc1:3", "fc1:0"]).addresses
    ['fc1:0', 'fc1:3', 'fc2:0', 'fc2:1']

    Raises AddressError for a position or an empty list, UnknownName for what the model does not have.
    """
    found: dict[Site, set[int]] = {}
    for text in [units] if isinstance(units, str) else units:
        address = parse_address(text, graph.names)
        layer = graph[address.layer]
        if address.position is not None:
            raise AddressError(
                f"{text!r} names one position; whole units are ablated: '{replace(address, position=None)}'."
            )
        if address.site not in layer.sites:
            raise unknown(f"site of {layer.name!r}", address.site, layer.sites)
        if address.unit is not None and address.unit >= layer.unit_count:
            raise UnknownName(
                f"no unit {address.unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}."
            )
        chosen = range(layer.unit_count) if address.unit is None else (address.unit,)
        found.setdefault(Site(layer.name, address.site), set()).update(chosen)
    if not found:
        raise AddressError("no units to ablate. Write layer:unit, a list of those, or a layer, for example 'fc1:11'.")
    order = {name: place for place, name in enumerate(graph.names)}
    sites = sorted(found, key=lambda site: (order[site.layer], site.name == "post"))
    return UnitSet(tuple((site, tuple(sorted(found[site]))) for site in sites))


def random_sets(graph: Graph, chosen: UnitSet, number: int, seed: int) -> list[UnitSet]:
    """Distinct random sets of as many units of the same layers, none of them ``chosen``; all there are, if fewer.

    >>> from neuronaut.core.layer import Layer
    >>> graph = Graph((Layer("fc1", "dense", 3, "linear", 1),))
    >>> [one.addresses for one in random_sets(graph, unit_set(graph, "fc1:1"), 20, seed=0)]
    [['fc1:0'], ['fc1:2']]
    """
    sizes = [(graph[site.layer].unit_count, len(units)) for site, units in chosen.units]
    others = math.prod(math.comb(all_units, size) for all_units, size in sizes) - 1
    if others <= number:
        ways = itertools.product(*(itertools.combinations(range(all_units), size) for all_units, size in sizes))
        sets = [UnitSet(tuple(zip(chosen.sites, way, strict=True))) for way in ways] if number else []
        return [one for one in sets if one != chosen]
    rng = np.random.default_rng(seed)
    found: dict[UnitSet, None] = {}
    while len(found) < number:
        drawn = [tuple(sorted(rng.choice(all_units, size, replace=False).tolist())) for all_units, size in sizes]
        one = UnitSet(tuple(zip(chosen.sites, drawn, strict=True)))
        if one != chosen:
            found[one] = None
    return list(found)
