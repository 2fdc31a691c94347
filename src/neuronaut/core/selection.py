"""Selection: which sites of a model are meant by names and patterns, and the graph between chosen layers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from neuronaut.core.axes import SiteName
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.layer import ABSENT, MIXED, Edge, EdgeKind, Graph, Layer, Take
from neuronaut.core.model import Site

_KINDS: tuple[EdgeKind, ...] = ("linear", "scaled", "nonlinear")


def select_layers(
    graph: Graph, patterns: str | Sequence[str] = "*", sites: Sequence[SiteName] = ("post",)
) -> tuple[Site, ...]:
    """The sites that names and patterns ask for, in execution order.

    ``"*"`` takes the input layers, the parametrised operations and the outputs of blocks. An exact name wins over a
    pattern; ``name.pre`` asks for that site besides ``sites``. A layer that folds nothing has one site, ``post``.
    Raises UnknownName, with the closest name, when a pattern fits nothing.

    >>> graph = Graph((Layer("fc1", "dense", 4, "linear", 1), Layer("add_1", "junction", 4, "add", 2, selected=False)))
    >>> select_layers(graph)
    (Site(layer='fc1', name='post'),)
    >>> [site.layer for site in select_layers(graph, ["add_*"])]
    ['add_1']
    """
    wanted: set[Site] = set()
    for pattern in patterns_of(patterns):
        wanted |= _matching(graph, pattern, sites)
    order: tuple[SiteName, ...] = ("pre", "post")
    return tuple(Site(layer.name, name) for layer in graph.layers for name in order if Site(layer.name, name) in wanted)


def patterns_of(layers: str | Sequence[str]) -> list[str]:
    """The names and patterns of a choice of layers. Raises DataError for what is neither a text nor texts."""
    given = [layers] if isinstance(layers, str) else list(layers) if isinstance(layers, Iterable) else [layers]
    if not all(isinstance(one, str) for one in given):
        raise DataError(f"layers={layers!r}. Give names or patterns, such as 'fc1' or ['conv*', 'fc1']; '*' takes all.")
    return given


def _matching(graph: Graph, pattern: str, sites: Sequence[SiteName]) -> set[Site]:
    if pattern == "*":
        return {site for layer in graph.layers if layer.selected for site in _sites_of(layer, sites)}
    exact = [layer for layer in graph.layers if layer.name == pattern]
    if exact:
        return set(_sites_of(exact[0], sites))
    found = {site for layer in graph.layers if fnmatchcase(layer.name, pattern) for site in _sites_of(layer, sites)}
    for layer in graph.layers:
        found |= {Site(layer.name, name) for name in layer.sites if fnmatchcase(f"{layer.name}.{name}", pattern)}
    if not found:
        raise unknown("layer", pattern, graph.names)
    return found


def _sites_of(layer: Layer, sites: Sequence[SiteName]) -> list[Site]:
    held = [name for name in sites if name in layer.sites]
    return [Site(layer.name, name) for name in held or layer.sites[-1:]]


def restrict(graph: Graph, names: Collection[str]) -> Graph:
    """The graph between some layers: edges through the others are put together, ranks counted anew.

    >>> a, b, c = (Layer(name, "dense", 2, "linear", rank) for rank, name in enumerate("abc"))
    >>> edges = (Edge("a", "b", "linear", Take(((0, 2, 1),))), Edge("b", "c", "linear", Take(((0, 2, 1),))))
    >>> [(edge.source, edge.target, edge.kind) for edge in restrict(Graph((a, b, c), edges), ["a", "c"]).edges]
    [('a', 'c', 'nonlinear')]
    """
    keep = set(names)
    reach: dict[str, dict[str, Edge]] = {}
    edges: list[Edge] = []
    for layer in graph.layers:
        arriving: dict[str, Edge] = {}
        for edge in graph.into(layer.name):
            for way in (
                [edge]
                if edge.source in keep
                else [_through(before, graph[edge.source], edge) for before in reach[edge.source].values()]
            ):
                known = arriving.get(way.source)
                arriving[way.source] = way if known is None else _beside(known, way)
        reach[layer.name] = arriving
        if layer.name in keep:
            edges += arriving.values()
    ranks: dict[str, int] = {}
    for layer in graph.layers:
        if layer.name in keep:
            before = [ranks[edge.source] for edge in edges if edge.target == layer.name]
            ranks[layer.name] = max(before) + 1 if before else 0 if layer.kind == "input" else 1
    layers = tuple(replace(layer, rank=ranks[layer.name]) for layer in graph.layers if layer.name in keep)
    return Graph(layers, tuple(edges), graph.notes)


def _worst(*kinds: EdgeKind) -> EdgeKind:
    return _KINDS[max(_KINDS.index(kind) for kind in kinds)]


def _through(first: Edge, layer: Layer, second: Edge) -> Edge:
    """Two edges with the layer between them left out; only a junction passes units on one by one."""
    own: EdgeKind = "nonlinear"
    take: Take | None = None
    if layer.kind in ("junction", "norm"):
        own = layer.attributes.get("fold", "nonlinear" if layer.activation else "linear")
        if first.take is not None and second.take is not None:
            take = _composed(first.take, second.take, layer.unit_count)
    via = tuple(dict.fromkeys((*first.via, layer.operator, *second.via)))
    return Edge(first.source, second.target, _worst(first.kind, own, second.kind), take, via, first.cut or second.cut)


def _composed(first: Take, second: Take, units: int) -> Take | None:
    inner, outer = first.decode(), second.decode()
    if inner.size != units:  # a gate reads two numbers for each unit it gives
        return None
    return Take.encode(np.where(outer >= 0, inner[np.maximum(outer, 0)], outer))


def _beside(one: Edge, other: Edge) -> Edge:
    """Two ways from the same source to the same target."""
    take = None
    kind = _worst(one.kind, other.kind)
    if one.take is not None and other.take is not None:
        a, b = one.take.decode(), other.take.decode()
        if a.size == b.size:
            both = (a != ABSENT) & (b != ABSENT)
            take = Take.encode(np.where(a == ABSENT, b, np.where((b == ABSENT) | (a == b), a, MIXED)))
            kind = _worst(kind, "scaled") if both.any() else kind
    via = tuple(dict.fromkeys((*one.via, *other.via)))
    return Edge(one.source, one.target, kind, take, via, one.cut or other.cut)
