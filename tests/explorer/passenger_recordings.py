"""Recordings made by hand, without a framework: a small trained-looking network over a table of passengers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.datasets import load_digits

from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.core.result import Result
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.results import write_result

SLICES = ("survived == 'yes'", "survived == 'no'")
FEATURES = ("pclass", "sex", "age", "sibsp", "parch", "fare")


@dataclass
class Net:
    """A chain of dense layers: names, sizes, and what its texts are called."""

    names: Sequence[str] = ("input", "0", "3", "5", "7")
    sizes: Sequence[int] = (6, 32, 16, 8, 1)
    features: Sequence[str] = FEATURES
    classes: Sequence[str] = ("no", "yes")
    title: str = "titanic-mlp"
    label: str = "survived"
    extra: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    rows: int = 891
    broken_unit: int | None = None
    """A unit of the first hidden layer that gives NaN twice and infinity once."""


def passengers(n: int) -> dict[str, Any]:
    r = np.random.default_rng(0)
    pclass = r.choice([1, 2, 3], n, p=[0.24, 0.21, 0.55])
    female = r.random(n) < 0.354
    age = np.clip(r.normal(29.5, 14, n), 0.5, 80).round(1)
    sibsp, parch = r.poisson(0.52, n), r.poisson(0.38, n)
    fare = np.exp(r.normal(3.9 - 0.75 * (pclass - 1), 0.6, n)).round(2)
    z = 0.2 + 2.6 * female - 1.1 * (pclass - 1) - 0.02 * (age - 29) - 0.3 * sibsp
    X = np.stack([pclass, female, age, sibsp, parch, fare], 1).astype(float)
    return {
        "inputs": ((X - X.mean(0)) / X.std(0)).astype(np.float32),
        "survived": r.random(n) < 1 / (1 + np.exp(-z)),
        "female": female,
        "pclass": pclass,
        "age": np.where(r.random(n) < 0.2, np.nan, age),
        "fare": fare,
    }


def forward(net: Net, inputs: Any, target: Any) -> tuple[list[Any], list[Any]]:
    """Activations and weights [unit, input]: random layers with two silent units, the last one fitted."""
    r = np.random.default_rng(3)
    values, weights = [inputs], []
    for place, (before, size) in enumerate(pairwise(net.sizes)):
        W = r.normal(0, 1.1 / np.sqrt(before), (size, before)).astype(np.float32)
        last = place == len(net.sizes) - 2
        if last:
            W[0] = np.linalg.lstsq(values[-1], 4.0 * target - 2.0, rcond=None)[0]
        value = values[-1] @ W.T
        if not last:
            value = np.maximum(value + r.normal(0, 0.3, size), 0)
            value[:, [1, 5]] = 0.0
        values.append(value.astype(np.float32))
        weights.append(W)
    return values, weights


def graph_of(net: Net) -> Graph:
    last = len(net.names) - 1
    layers = [Layer(net.names[0], "input", net.sizes[0], "input", 0, unit_names=tuple(net.features))]
    for place in range(1, last + 1):
        layers.append(
            Layer(
                net.names[place],
                "dense",
                net.sizes[place],
                "linear",
                place,
                activation=None if place == last else "relu",
                module="Linear",
                parameters={"weight": f"w{place}"},
                attributes={"weight_axes": ["out", "in"]},
                unit_names=(net.label,) if place == last and net.sizes[-1] == 1 else None,
                output=place == last,
            )
        )
    edges = [
        Edge(before, after, "linear", Take.encode(np.arange(size)))
        for (before, after), size in zip(pairwise(net.names), net.sizes, strict=False)
    ]
    return Graph(tuple(layers), tuple(edges))


def record_passengers(path: Path, net: Net | None = None) -> Recording:
    """Write the recording of the passengers and open it."""
    net = net or Net()
    data = passengers(net.rows)
    values, weights = forward(net, data["inputs"], data["survived"])
    if net.broken_unit is not None:
        values[1][[2, 3, 5], net.broken_unit] = (np.nan, np.nan, np.inf)
    chance = 1 / (1 + np.exp(-values[-1][:, 0]))
    probability = np.stack([1 - chance, chance], 1)
    return record_chain(path, net, values, weights, probability, data["survived"].astype(int), metadata(net, data))


def record_digits(path: Path) -> Recording:
    """1,797 digits through 64-512-512-256-10 with random weights."""
    digits = load_digits()
    r = np.random.default_rng(0)
    classes = tuple("0123456789")
    features = [f"pixel {place}" for place in range(64)]
    net = Net(("input", "0", "2", "4", "6"), (64, 512, 512, 256, 10), features, classes, "digits-512", "digit")
    values, weights = [(digits.data / 16).astype(np.float32)], []
    for before, size in pairwise(net.sizes):
        weights.append(r.normal(0, np.sqrt(2 / before), (size, before)).astype(np.float32))
        value = values[-1] @ weights[-1].T
        values.append(value if size == 10 else np.maximum(value, 0))
    odds = np.exp(values[-1] - values[-1].max(1, keepdims=True))
    probability = odds / odds.sum(1, keepdims=True)
    table = pa.table({"digit": [str(label) for label in digits.target]})
    return record_chain(path, net, values, weights, probability, digits.target, table)


def record_chain(
    path: Path, net: Net, values: Sequence[Any], weights: Sequence[Any], probability: Any, truth: Any, table: pa.Table
) -> Recording:
    said = probability.argmax(1).astype(np.int32)
    arrays = {f"activations/{name}/post": value for name, value in zip(net.names, values, strict=True)}
    arrays |= {
        "outputs/prediction": said,
        "outputs/probability": probability.astype(np.float32),
        "outputs/loss": -np.log(np.take_along_axis(probability, truth[:, None], 1)[:, 0]).astype(np.float32),
        "outputs/correct": (said == truth).astype(np.uint8),
    }
    card = RecordingCard(
        graph_of(net),
        model={"name": net.title, "framework": "none", "fingerprint": "0"},
        samples={"kind": "table", "features": list(net.features)},
        task={
            "kind": "binary" if len(net.classes) == 2 else "classes",
            "classes": list(net.classes),
            "label": net.label,
        },
    )
    specs = [_spec(name, array) for name, array in arrays.items()]
    static = {f"parameters/w{place + 1}": W for place, W in enumerate(weights)}
    with create(path, card, specs, static=static) as writer:
        writer.append(arrays, table)
    rec = open_recording(path, writable=True)
    write_result(rec, influence(net, values, weights), "stored")
    return rec


def record_images(path: Path, side: int = 4, rows: int = 5, values: Any = None) -> Recording:
    """Five pictures through one convolution of two channels."""
    layer = Layer("conv", "conv", 2, "conv2d", 1, ("y", "x"), (side, side))
    ramp = np.arange(rows * 3 * 2, dtype=np.float32).reshape(rows, 3, 2)
    arrays = {
        "activations/conv/post": ramp if values is None else values,
        "samples/preview": np.arange(rows * side * side * 3, dtype=np.uint8).reshape(rows, side, side, 3),
    }
    specs = [
        ArraySpec("activations/conv/post", "float32", (3, 2), ("sample", "reduction", "unit")),
        ArraySpec("samples/preview", "uint8", (side, side, 3), ("sample", "y", "x", "channel")),
    ]
    with create(path, RecordingCard(Graph((layer,)), samples={"kind": "images"}), specs) as writer:
        writer.append(arrays)
    return open_recording(path)


def metadata(net: Net, data: Mapping[str, Any]) -> pa.Table:
    adult = np.where(np.isnan(data["age"]), None, np.where(data["age"] >= 18, "yes", "no"))
    table = {
        net.label: np.array(net.classes, object)[data["survived"].astype(int)],
        "sex": np.where(data["female"], "female", "male"),
        "pclass": data["pclass"],
        "age": pa.array(data["age"], from_pandas=True),
        "fare": data["fare"],
        "adult": pa.array(adult.tolist()),
    }
    table |= {name: pa.array(list(values)) for name, values in net.extra.items()}
    return pa.table(table)


def influence(net: Net, values: Sequence[Any], weights: Sequence[Any]) -> Result:
    """Effects as products of weights, gated by how often the units between fire."""
    found = {}
    for start in range(len(net.names)):
        effect = np.diag(values[start].mean(0)).astype(np.float32)
        for end in range(start + 1, len(net.names)):
            effect = effect @ weights[end - 1].T
            if end < len(net.names) - 1:
                effect = effect * (values[end] > 0).mean(0)
            found[f"{net.names[start]}\t{net.names[end]}"] = effect.astype(np.float32)
    return Result(
        "influence", found, dict.fromkeys(found, ("source", "target")), params={"probes": 256}, n={"all": 256}
    )


def _spec(name: str, array: Any) -> ArraySpec:
    dims = ("sample", "class") if name == "outputs/probability" else ("sample", "unit")[: array.ndim]
    return ArraySpec(name, str(array.dtype), array.shape[1:], dims)
