"""Layers, edges and unit maps of the zoo, as written out by hand."""

from __future__ import annotations

import pytest
from torch_zoo import zoo

from neuronaut.core.layer import ABSENT
from neuronaut.models.torch import wrap


def one_to_one(count: int) -> list[int]:
    return list(range(count))


def each(count: int, times: int) -> list[int]:
    return [unit for unit in range(count) for _ in range(times)]


def at(place: int, count: int, width: int) -> list[int]:
    return [unit - place if place <= unit < place + count else ABSENT for unit in range(width)]


LAYERS: dict[str, str] = {
    "mlp, one in-place relu": "input:6 0:8:relu 2:5:relu 4:3",
    "functional": "input:6 a:8:relu b:7:tanh c:5:sigmoid d:3:softmax",
    "batch norm, dropout": "input:6 0:8:relu 4:4:gelu 7:3",
    "lenet": "input:1 conv1:4:relu conv2:6:relu fc1:8:relu fc2:3",
    "residual": "input:3 stem:4:relu layer.0.conv1:4:relu layer.0.conv2:4 layer.0:4:relu layer.1.conv1:4:relu "
    "layer.1.conv2:4 layer.1:4:relu fc:3",
    "inception": "input:3 stem:4:relu mixed.one:2:relu mixed.three:2:relu mixed.pool:1:relu mixed:5 head:2",
    "mbconv": "input:3 expand:6:silu depthwise:6:silu reduce:2:silu restore:6:sigmoid mul_1:6 project:3",
    "unet": "input:1 down:3:relu deep:4:relu up:2 cat_1:5 last:1",
    "data path": "input:4 a:5:relu step:5:tanh step~2:5:tanh out:2",
    "structures": "input.a:3 input.b:2 left:4:relu right:4:relu add_1:4 mean:2 spread:2 logits:3",
    "one dict": "input.a:3 input.b:2 left:4 right:4 mul_1:4:relu out:2",
    "siamese": "input.a:3 input.b:3 encoder.0:4:relu encoder.0~2:4:relu sub_1:4:abs head:1",
    "raw parameters": "input:5 w_in:8 glu:4 w_mid:6:relu normed:6 w_mid~2:4",
    "aliases": "input:4 a:3 b:5 c:6 out:2",
    "conv1d": "input:2 0:3:elu 3:4:hardtanh 6:2",
    "conv3d": "input:1 0:2:leaky_relu 3:3 6:2",
    "shuffle": "input:4 a:6 b:4 fc:3",
    "categories": "input.kinds:2 input.numbers:2 color:3 size:2 cat_1:7 fc1:4:relu fc2:1",
    "reused": "input:4 cell:4:tanh add_1:4 cell~2:4:tanh add_2:4 cell~3:4:tanh add_3:4 out:2",
    "crelu": "input:4 a:3 cat_1:6 b:2",
    "tokens": "input:1 tok:4 pos:4 add_1:4 gate:6:silu up:6 mul_1:6 down:4 add_2:4 head:2",
    "folded": "input:3 each:4:relu all:2",
    "compiled": "input:6 0:8:relu 2:5:relu 4:3",
    "compiled child": "input:4 body.0:5:relu head:2",
    "data parallel": "input:1 conv1:4:relu conv2:6:relu fc1:8:relu fc2:3",
}

Edges = dict[str, tuple[str, list[int] | None]]
LENET: Edges = {
    "input>conv1": ("linear", [0]),
    "conv1>conv2": ("linear", one_to_one(4)),
    "conv2>fc1": ("linear", each(6, 4)),
    "fc1>fc2": ("linear", one_to_one(8)),
}
MLP: Edges = {
    "input>0": ("linear", one_to_one(6)),
    "0>2": ("linear", one_to_one(8)),
    "2>4": ("linear", one_to_one(5)),
}
FOUR = ("linear", one_to_one(4))
EDGES: dict[str, Edges] = {
    "mlp, one in-place relu": MLP,
    "functional": {
        "input>a": ("linear", one_to_one(6)),
        "a>b": ("linear", one_to_one(8)),
        "b>c": ("linear", one_to_one(7)),
        "c>d": ("linear", one_to_one(5)),
    },
    "batch norm, dropout": {
        "input>0": ("linear", one_to_one(6)),
        "0>4": ("linear", one_to_one(8)),
        "4>7": FOUR,
    },
    "lenet": LENET,
    "residual": {
        "input>stem": ("linear", one_to_one(3)),
        "stem>layer.0.conv1": FOUR,
        "layer.0.conv1>layer.0.conv2": FOUR,
        "layer.0.conv2>layer.0": FOUR,
        "stem>layer.0": FOUR,
        "layer.0>layer.1.conv1": FOUR,
        "layer.1.conv1>layer.1.conv2": FOUR,
        "layer.1.conv2>layer.1": FOUR,
        "layer.0>layer.1": FOUR,
        "layer.1>fc": FOUR,
    },
    "inception": {
        "input>stem": ("linear", one_to_one(3)),
        "stem>mixed.one": FOUR,
        "stem>mixed.three": FOUR,
        "stem>mixed.pool": FOUR,
        "mixed.one>mixed": ("linear", at(0, 2, 5)),
        "mixed.three>mixed": ("linear", at(2, 2, 5)),
        "mixed.pool>mixed": ("linear", at(4, 1, 5)),
        "mixed>head": ("linear", one_to_one(5)),
    },
    "mbconv": {
        "input>expand": ("linear", one_to_one(3)),
        "expand>depthwise": ("linear", one_to_one(6)),
        "depthwise>reduce": ("linear", one_to_one(6)),
        "reduce>restore": ("linear", one_to_one(2)),
        "depthwise>mul_1": ("nonlinear", one_to_one(6)),
        "restore>mul_1": ("nonlinear", one_to_one(6)),
        "mul_1>project": ("linear", one_to_one(6)),
    },
    "unet": {
        "input>down": ("linear", [0]),
        "down>deep": ("nonlinear", one_to_one(3)),
        "deep>up": FOUR,
        "down>cat_1": ("linear", at(0, 3, 5)),
        "up>cat_1": ("linear", at(3, 2, 5)),
        "cat_1>last": ("linear", one_to_one(5)),
    },
    "data path": {
        "input>a": FOUR,
        "a>step": ("linear", one_to_one(5)),
        "step>step~2": ("linear", one_to_one(5)),
        "step~2>out": ("linear", one_to_one(5)),
    },
    "structures": {
        "input.a>left": ("linear", one_to_one(3)),
        "input.b>right": ("linear", one_to_one(2)),
        "left>add_1": FOUR,
        "right>add_1": FOUR,
        "add_1>mean": FOUR,
        "add_1>spread": FOUR,
        "add_1>logits": FOUR,
    },
    "one dict": {
        "input.a>left": ("linear", one_to_one(3)),
        "input.b>right": ("linear", one_to_one(2)),
        "left>mul_1": ("nonlinear", one_to_one(4)),
        "right>mul_1": ("nonlinear", one_to_one(4)),
        "mul_1>out": FOUR,
    },
    "siamese": {
        "input.a>encoder.0": ("linear", one_to_one(3)),
        "input.b>encoder.0~2": ("linear", one_to_one(3)),
        "encoder.0>sub_1": ("scaled", one_to_one(4)),
        "encoder.0~2>sub_1": ("scaled", one_to_one(4)),
        "sub_1>head": FOUR,
    },
    "raw parameters": {
        "input>w_in": ("linear", one_to_one(5)),
        "w_in>glu": ("nonlinear", one_to_one(8)),
        "glu>w_mid": FOUR,
        "w_mid>normed": ("linear", one_to_one(6)),
        "normed>w_mid~2": ("linear", one_to_one(6)),
    },
    "aliases": {
        "input>a": FOUR,
        "input>b": FOUR,
        "a>c": ("linear", at(0, 3, 8)),
        "b>c": ("linear", at(3, 5, 8)),
        "c>out": ("nonlinear", one_to_one(6)),
    },
    "conv1d": {
        "input>0": ("linear", one_to_one(2)),
        "0>3": ("linear", one_to_one(3)),
        "3>6": ("linear", each(4, 2)),
    },
    "conv3d": {
        "input>0": ("linear", [0]),
        "0>3": ("nonlinear", one_to_one(2)),
        "3>6": ("linear", one_to_one(3)),
    },
    "shuffle": {
        "input>a": FOUR,
        "a>b": ("nonlinear", [0, 3, 1, 4, 2, 5]),
        "b>fc": ("linear", [0, 2]),
    },
    "categories": {
        "input.kinds>color": ("nonlinear", None),
        "input.kinds>size": ("nonlinear", None),
        "color>cat_1": ("linear", at(0, 3, 7)),
        "size>cat_1": ("linear", at(3, 2, 7)),
        "input.numbers>cat_1": ("linear", at(5, 2, 7)),
        "cat_1>fc1": ("linear", one_to_one(7)),
        "fc1>fc2": FOUR,
    },
    "reused": {
        "input>cell": FOUR,
        "input>add_1": FOUR,
        "cell>add_1": FOUR,
        "add_1>cell~2": FOUR,
        "add_1>add_2": FOUR,
        "cell~2>add_2": FOUR,
        "add_2>cell~3": FOUR,
        "add_2>add_3": FOUR,
        "cell~3>add_3": FOUR,
        "add_3>out": FOUR,
    },
    "crelu": {
        "input>a": FOUR,
        "a>cat_1": ("nonlinear", [0, 1, 2, 0, 1, 2]),
        "cat_1>b": ("linear", one_to_one(6)),
    },
    "tokens": {
        "input>tok": ("nonlinear", None),
        "tok>add_1": FOUR,
        "pos>add_1": FOUR,
        "add_1>gate": FOUR,
        "add_1>up": FOUR,
        "gate>mul_1": ("nonlinear", one_to_one(6)),
        "up>mul_1": ("nonlinear", one_to_one(6)),
        "mul_1>down": ("linear", one_to_one(6)),
        "add_1>add_2": FOUR,
        "down>add_2": FOUR,
        "add_2>head": FOUR,
    },
    "folded": {"input>each": ("linear", one_to_one(3)), "each>all": FOUR},
    "compiled": MLP,
    "compiled child": {"input>body.0": FOUR, "body.0>head": ("linear", one_to_one(5))},
    "data parallel": LENET,
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_layers_are_those_written_by_hand(name: str) -> None:
    graph = wrap(*zoo(name)).graph
    found = [":".join(filter(None, (one.name, str(one.unit_count), one.activation))) for one in graph.layers]
    assert found == LAYERS[name].split()


@pytest.mark.parametrize("name", EDGES)
def test_the_edges_and_their_unit_maps_are_those_written_by_hand(name: str) -> None:
    graph = wrap(*zoo(name)).graph
    found = {
        f"{edge.source}>{edge.target}": (edge.kind, None if edge.take is None else edge.take.decode().tolist())
        for edge in graph.edges
    }
    assert found == EDGES[name]


def test_the_star_takes_weights_and_block_outputs_and_leaves_bare_junctions() -> None:
    residual, gated = wrap(*zoo("residual")).graph, wrap(*zoo("mbconv")).graph
    assert residual["layer.0"].selected
    assert residual["layer.0"].kind == "junction"
    assert not gated["mul_1"].selected


def test_positions_are_named_by_the_grid_they_lie_on() -> None:
    assert wrap(*zoo("lenet")).graph["conv2"].position_axes == ("y", "x")
    assert wrap(*zoo("conv1d")).graph["3"].position_axes == ("x",)
    assert wrap(*zoo("conv3d")).graph["3"].position_axes == ("z", "y", "x")
    assert wrap(*zoo("tokens")).graph["up"].position_axes == ("token",)
    assert wrap(*zoo("lenet")).graph["conv1"].position_shape == (6, 6)


def test_ranks_are_the_longest_way_from_an_input() -> None:
    graph = wrap(*zoo("unet")).graph
    assert [layer.rank for layer in graph.layers] == [0, 1, 2, 3, 4, 5]
    assert [layer.rank for layer in wrap(*zoo("siamese")).graph.layers] == [0, 0, 1, 1, 2, 3]


def test_layers_that_are_returned_are_outputs_and_say_under_which_name() -> None:
    graph = wrap(*zoo("structures")).graph
    returned = {layer.name: layer.attributes["outputs"] for layer in graph.layers if layer.output}
    assert returned == {"mean": ["code.0"], "spread": ["code.1"], "logits": ["logits"]}


def test_a_layer_that_folds_nothing_has_one_site() -> None:
    graph = wrap(*zoo("batch norm, dropout")).graph
    assert graph["0"].sites == ("pre", "post")
    assert graph["0"].attributes["norm"] == "batch_norm"
    assert graph["7"].sites == ("post",)


def test_a_layer_that_no_sample_changes_is_listed_and_not_recorded() -> None:
    graph = wrap(*zoo("tokens")).graph
    assert not graph["pos"].selected
    assert graph.notes == ("pos cannot be recorded: none of its axes grows with the batch",)


def test_wrappers_are_taken_off_and_said() -> None:
    assert "DataParallel was taken off" in wrap(*zoo("data parallel")).graph.notes[0]
    assert "OptimizedModule was taken off" in wrap(*zoo("compiled")).graph.notes[0]


def test_a_graph_survives_json() -> None:
    graph = wrap(*zoo("unet")).graph
    assert type(graph).from_json(graph.to_json()) == graph
