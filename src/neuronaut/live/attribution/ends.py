"""Ends: the unit that is asked about, and the sites of the layer that it is attributed to."""

from __future__ import annotations

from dataclasses import replace

from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import AddressError, UnknownName, unknown
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.model import Site
from neuronaut.store.recording import Recording


def ends_of(graph: Graph, to: str, layer: str, rec: Recording | None = None) -> tuple[Address, tuple[Site, ...]]:
    """The unit that ``to`` names (by address, or by its name as an output of ``rec``), and the sites of ``layer``.

    Raises AddressError, UnknownName for what is not there.
    """
    return _unit(graph, to, {} if rec is None else _output_names(rec)), _sites(graph, layer)


def _output_names(rec: Recording) -> dict[str, str]:
    """Addresses of outputs by the names that they were recorded with."""
    outputs: list[Layer] = [layer for layer in rec.layers.values() if layer.output and layer.unit_names]
    return {name: f"{layer.name}:{unit}" for layer in outputs for unit, name in enumerate(layer.unit_names or ())}


def _unit(graph: Graph, to: str, names: dict[str, str]) -> Address:
    try:
        address = parse_address(to, graph.names)
    except (AddressError, UnknownName):
        if to not in names and names and ":" not in to:
            raise unknown("output or layer", to, [*names, *graph.names]) from None
        if to not in names:
            raise
        address = parse_address(names[to], graph.names)
    layer = graph[address.layer]
    _check_site(address, layer)
    if address.position is not None:
        whole = replace(address, position=None)
        raise AddressError(f"{to!r} names one position; attribution goes to the mean over all of them, '{whole}'.")
    if address.unit is None and layer.unit_count > 1:
        outputs = f" Its units are named {', '.join(map(repr, names))}." if layer.output and names else ""
        raise AddressError(f"{to!r} is a layer of {layer.unit_count} units; name one, as in '{to}:0'.{outputs}")
    unit = address.unit or 0
    if unit >= layer.unit_count:
        raise UnknownName(f"no unit {unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}.")
    return replace(address, unit=unit)


def _sites(graph: Graph, layer: str) -> tuple[Site, ...]:
    if layer == "input" and layer not in graph.names:
        return tuple(Site(one.name) for one in graph.layers if one.kind == "input")
    address = parse_address(layer, graph.names)
    _check_site(address, graph[address.layer])
    if address.unit is not None:
        raise AddressError(f"{layer!r} names a unit; all units of a layer are attributed: layer={address.layer!r}.")
    return (Site(address.layer, address.site),)


def _check_site(address: Address, layer: Layer) -> None:
    if address.site not in layer.sites:
        raise unknown(f"site of {layer.name!r}", address.site, layer.sites)
