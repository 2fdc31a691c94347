"""Which sites names and patterns mean, and the graph between chosen layers."""

from __future__ import annotations

import numpy as np
import pytest
from torch_zoo import zoo

from neuronaut.core.errors import UnknownName
from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.core.model import Site
from neuronaut.core.selection import restrict, select_layers
from neuronaut.models.torch import wrap


def graph() -> Graph:
    """Two layers, their sum, a layer named like a pattern and one like a site."""
    return Graph(
        (
            Layer("input", "input", 3, "input", 0),
            Layer("fc1", "dense", 4, "linear", 1, sites=("pre", "post"), activation="relu"),
            Layer("fc2", "dense", 4, "linear", 2),
            Layer("add_1", "junction", 4, "add", 3, selected=False),
            Layer("fc*", "dense", 2, "linear", 4),
            Layer("a.pre", "dense", 2, "linear", 5),
        ),
        (
            Edge("input", "fc1", "linear", Take(((0, 3, 1),))),
            Edge("fc1", "fc2", "linear", Take(((0, 4, 1),))),
            Edge("fc1", "add_1", "linear", Take(((0, 4, 1),))),
            Edge("fc2", "add_1", "linear", Take(((0, 4, 1),))),
            Edge("add_1", "fc*", "linear", Take(((3, 1, 1), (2, 1, 1), (1, 1, 1), (0, 1, 1)))),
            Edge("fc*", "a.pre", "linear", Take(((0, 2, 1),))),
        ),
    )


def names(*patterns: str) -> list[str]:
    return [f"{site.layer}|{site.name}" for site in select_layers(graph(), list(patterns))]


def test_the_star_takes_what_is_selected_in_execution_order() -> None:
    assert [site.layer for site in select_layers(graph())] == ["input", "fc1", "fc2", "fc*", "a.pre"]


def test_an_exact_name_wins_over_a_pattern() -> None:
    assert names("fc*") == ["fc*|post"]


def test_patterns_take_what_they_fit_and_junctions_too() -> None:
    assert names("fc[12]", "add_*") == ["fc1|post", "fc2|post", "add_1|post"]


def test_a_site_may_be_asked_for_by_name() -> None:
    assert names("fc1.pre") == ["fc1|pre"]
    assert names("fc1.pre", "fc1") == ["fc1|pre", "fc1|post"]
    assert names("a.pre") == ["a.pre|post"]


def test_a_layer_that_folds_nothing_gives_its_only_site() -> None:
    both = select_layers(graph(), ["fc1", "fc2"], ("pre",))
    assert both == (Site("fc1", "pre"), Site("fc2", "post"))


def test_a_name_that_fits_nothing_names_the_closest() -> None:
    with pytest.raises(UnknownName, match="no layer 'fc3'; closest: 'fc"):
        select_layers(graph(), ["fc3"])


def test_edges_through_a_layer_left_out_are_put_together() -> None:
    between = restrict(graph(), ["input", "fc1", "fc2", "fc*"])
    found = {(edge.source, edge.target): edge for edge in between.edges}
    assert set(found) == {("input", "fc1"), ("fc1", "fc2"), ("fc1", "fc*"), ("fc2", "fc*")}
    assert found["fc2", "fc*"].take is not None
    assert found["fc2", "fc*"].take.decode().tolist() == [3, 2, 1, 0]
    assert found["fc2", "fc*"].kind == "linear"
    assert found["fc2", "fc*"].via == ("add",)


def test_ranks_are_counted_anew_between_the_layers_that_stay() -> None:
    between = restrict(graph(), ["input", "fc2", "a.pre"])
    assert [layer.rank for layer in between.layers] == [0, 1, 2]
    assert all(edge.kind == "nonlinear" and edge.take is None for edge in between.edges)


def test_two_ways_to_the_same_units_are_one_edge_with_a_factor() -> None:
    straight = Edge("a", "s", "linear", Take(((0, 2, 1),)))
    layers = (
        Layer("a", "dense", 2, "linear", 1),
        Layer("s", "junction", 2, "add", 2),
        Layer("t", "junction", 2, "add", 3),
    )
    both = Graph(layers, (straight, Edge("a", "t", "linear", straight.take), Edge("s", "t", "linear", straight.take)))
    (edge,) = restrict(both, ["a", "t"]).edges
    assert edge.kind == "scaled"
    assert edge.take == straight.take


def test_skip_connections_survive_the_junctions_between_them() -> None:
    unet = wrap(*zoo("unet")).graph
    between = restrict(unet, [layer.name for layer in unet.layers if layer.selected])
    takes = {edge.source: edge.take.decode() for edge in between.into("last") if edge.take is not None}
    assert np.array_equal(takes["down"], [0, 1, 2, -1, -1])
    assert np.array_equal(takes["up"], [-1, -1, -1, 0, 1])
    assert all(edge.kind == "linear" for edge in between.into("last"))


def test_a_gate_between_two_layers_mixes_their_units() -> None:
    raw = wrap(*zoo("raw parameters")).graph
    (edge,) = restrict(raw, ["w_in", "w_mid"]).edges
    assert (edge.kind, edge.take) == ("nonlinear", None)
