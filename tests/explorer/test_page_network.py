from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.explorer.network import layer_cards, operator_name, rounded, strongest, visible_edges
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

weights = arrays(np.float32, (5, 7), elements=st.integers(-9, 9).map(float))


def chain(path: Path, edges: list[Edge], recorded: list[str]) -> Recording:
    names = list(dict.fromkeys(name for edge in edges for name in (edge.source, edge.target)))
    graph = Graph(tuple(Layer(name, "dense", 2, "linear", rank) for rank, name in enumerate(names)), tuple(edges))
    specs = [ArraySpec(f"activations/{name}/post", "float32", (2,), ("sample", "unit")) for name in recorded]
    with create(path, RecordingCard(graph), specs) as writer:
        writer.append({spec.path: np.zeros((1, 2), np.float32) for spec in specs})
    return open_recording(path)


@pytest.mark.parametrize(
    ("operator", "norm", "said"),
    [
        ("linear", "batch_norm", "linear with BatchNorm"),
        ("conv2d", "native_layer_norm", "conv2d with LayerNorm"),
        ("linear", "rms_norm", "linear with RMSNorm"),
        ("batch_norm", "batch_norm", "batch_norm"),
        ("linear", None, "linear"),
    ],
)
def test_a_normalisation_that_is_part_of_a_layer_is_named_with_it(operator: str, norm: str | None, said: str) -> None:
    layer = Layer("0", "dense", 2, operator, 0, attributes={} if norm is None else {"norm": norm})
    assert operator_name(layer) == said


@given(weights, st.integers(1, 8))
def test_the_strongest_are_those_among_the_k_largest_of_their_row_or_column(matrix: Any, k: int) -> None:
    rows, columns = strongest(matrix, k)
    size = np.abs(matrix)
    assert (np.diff(size[rows, columns]) <= 0).all()
    assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == len(rows)
    kept = np.zeros(matrix.shape, bool)
    kept[rows, columns] = True
    assert not (kept & (size == 0)).any()
    for axis in (0, 1):
        larger = np.sort(size, axis=axis)[::-1] if axis == 0 else np.sort(size, axis=1)[:, ::-1]
        bound = np.take(larger, [min(k, matrix.shape[axis]) - 1], axis=axis)
        # Whatever is strictly among the k largest must be there.
        assert (kept | (size <= bound) | (size == 0)).all()


@given(st.floats(-1e30, 1e30), st.sampled_from([8, 12]))
def test_rounding_keeps_so_many_significant_bits(value: float, bits: int) -> None:
    exact = np.array([value], np.float32)
    near = rounded(exact, bits)
    assert abs(float(near[0]) - float(exact[0])) <= abs(float(exact[0])) * 2.0**-bits + 1e-38
    assert near.view(np.uint32)[0] % (1 << (24 - bits)) == 0


def test_edges_through_layers_that_are_not_shown_are_structure_of_the_worst_kind(tmp_path: Path) -> None:
    take = Take.encode(np.arange(2))
    edges = [
        Edge("a", "hidden", "linear", take),
        Edge("hidden", "add", "nonlinear", take),
        Edge("a", "add", "linear", take),
        Edge("add", "out", "linear", take),
    ]
    rec = chain(tmp_path / "r.naut", edges, ["a", "add", "out"])
    seen = [(edge.source, edge.target, edge.kind, direct) for edge, direct in visible_edges(rec, {"a", "add", "out"})]
    assert seen == [("a", "add", "linear", True), ("a", "add", "nonlinear", False), ("add", "out", "linear", True)]


def test_a_layer_that_is_not_shown_is_no_end_of_an_edge(tmp_path: Path) -> None:
    edges = [Edge("a", "b", "linear"), Edge("b", "c", "linear"), Edge("c", "d", "linear")]
    rec = chain(tmp_path / "r.naut", edges, ["a", "d"])
    assert [(edge.source, edge.target, edge.kind) for edge, _ in visible_edges(rec, {"a", "d"})] == [
        ("a", "d", "scaled")
    ]


def test_a_hidden_concatenation_hands_its_units_on(tmp_path: Path) -> None:
    graph = Graph(
        (
            Layer("left", "dense", 2, "linear", 1),
            Layer("right", "dense", 1, "linear", 1),
            Layer("cat", "junction", 3, "cat", 2),
            Layer("head", "dense", 1, "linear", 3),
        ),
        (
            Edge("left", "cat", "linear", Take.encode(np.array([0, 1, -1]))),
            Edge("right", "cat", "linear", Take.encode(np.array([-1, -1, 0]))),
            Edge("cat", "head", "linear", Take.encode(np.array([2, 0, 1]))),
        ),
    )
    shown = ["left", "right", "head"]
    sizes = {name: (graph[name].unit_count,) for name in shown}
    specs = [ArraySpec(f"activations/{name}/post", "float32", size, ("sample", "unit")) for name, size in sizes.items()]
    with create(tmp_path / "r.naut", RecordingCard(graph), specs) as writer:
        writer.append({spec.path: np.zeros((1, *spec.shape), np.float32) for spec in specs})
    seen = list(visible_edges(open_recording(tmp_path / "r.naut"), shown))
    assert [(edge.source, direct) for edge, direct in seen] == [("left", True), ("right", True)]
    takes = [edge.take.decode().tolist() for edge, _ in seen if edge.take is not None]
    assert takes == [[-1, 0, 1], [0, -1, -1]]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["input", "0", "2"], ["input", "dense 1", "output"]),
        (["fc1", "block.fc", "head"], ["fc1", "block.fc", "head"]),
        (["dense 1", "0", "fc"], ["dense 1", "dense 2", "fc"]),
        (["dense 2", "0", "fc"], ["dense 2", "0", "fc"]),
    ],
)
def test_labels_are_friendlier_than_numbers_and_never_the_same_twice(names: list[str], labels: list[str]) -> None:
    kinds = ["input" if name == "input" else "dense" for name in names]
    layers = [Layer(name, kind, 1, "x", 0, output=name == names[-1]) for name, kind in zip(names, kinds, strict=True)]
    cards = layer_cards(layers, dict.fromkeys(names, False))
    assert [card.label for card in cards] == labels
    assert [card.name for card in cards] == names
