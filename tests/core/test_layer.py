from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuronaut.core.layer import Edge, Graph, Layer, Take


@given(arrays(np.int64, st.integers(0, 60), elements=st.integers(-2, 6)))
def test_a_take_decodes_to_what_was_encoded(units: np.ndarray) -> None:
    assert Take.encode(units).decode().tolist() == units.tolist()


def test_a_flatten_of_three_channels_is_one_run() -> None:
    assert Take.encode(np.repeat(np.arange(3), 4)).runs == ((0, 3, 4),)


def test_a_concatenation_is_a_run_and_its_absence() -> None:
    assert Take.encode(np.array([-1, -1, 0, 1, 2])).runs == ((-1, 1, 2), (0, 3, 1))


def test_a_graph_survives_json() -> None:
    graph = Graph(
        (
            Layer("input", "input", 2, "input", 0, unit_names=("age", "</script>")),
            Layer(
                "fc", "dense", 3, "linear", 1, sites=("pre", "post"), activation="relu", parameters={"weight": "fc.w"}
            ),
        ),
        (Edge("input", "fc", "linear", Take(((0, 2, 1),)), via=("flatten",)), Edge("input", "fc", "nonlinear", None)),
        ("a note",),
    )
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph


def test_edges_are_found_from_both_ends() -> None:
    graph = Graph((), (Edge("a", "b", "linear"), Edge("a", "c", "linear")))
    assert [edge.target for edge in graph.out_of("a")] == ["b", "c"]
    assert [edge.source for edge in graph.into("c")] == ["a"]
    with pytest.raises(KeyError):
        graph["z"]
