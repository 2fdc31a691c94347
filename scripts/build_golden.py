"""Build the golden recordings of the present format: one of each kind, kilobytes each, checked in and opened for ever.

    python scripts/build_golden.py            writes tests/golden/<format version>/*.naut, where missing

A golden recording is never built again once it is released: a new format version gets a new folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import neuronaut.store as store
from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.core.result import Result
from neuronaut.store import ArraySpec, RecordingCard
from neuronaut.store.manifest import VERSION

Arrays = dict[str, np.ndarray[Any, Any]]
GOLDEN = Path(__file__).parent.parent / "tests" / "golden" / ".".join(map(str, VERSION))
CREATED = "2026-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Golden:
    """What a golden recording holds: every number follows from a formula."""

    card: RecordingCard
    specs: tuple[ArraySpec, ...]
    arrays: Arrays
    static: Arrays = field(default_factory=dict)
    metadata: pa.Table | None = None
    lengths: np.ndarray[Any, Any] | None = None
    commits: tuple[int, ...] = (3, 8)
    finished: bool = True
    result: Result | None = None


def numbers(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray[Any, Any]:
    """Small whole numbers and halves, the same on every machine; floats begin with NaN and infinity."""
    flat = (np.arange(int(np.prod(shape, dtype=int))) * 37 + seed * 11) % 101
    if np.dtype(dtype).kind != "f":
        return flat.reshape(shape).astype(dtype)
    values = (flat - 50).astype(dtype) / 2
    values[:2] = np.array([np.nan, -np.inf], dtype)[: values.size]
    return values.reshape(shape).astype(dtype)


def filled(specs: tuple[ArraySpec, ...], rows: int, odd: Arrays | None = None) -> Arrays:
    made = {spec.path: numbers((rows, *spec.shape), spec.dtype, seed) for seed, spec in enumerate(specs)}
    return made | (odd or {})


def table() -> Golden:
    """A small network on a table: hostile layer name, metadata with nulls, parameters, a stored Result."""
    hostile = "</script>/.."
    graph = Graph(
        (
            Layer("input", "input", 2, "input", 0, unit_names=("age", "fare")),
            Layer(
                hostile, "dense", 3, "linear", 1, activation="relu", sites=("pre", "post"), parameters={"weight": "w"}
            ),
            Layer("out", "dense", 2, "linear", 2, unit_names=("no", "yes"), output=True),
        ),
        (Edge("input", hostile, "linear", Take(((0, 2, 1),))), Edge(hostile, "out", "linear", Take(((0, 3, 1),)))),
    )
    specs = (
        ArraySpec("activations/input/post", "float32", (2,), ("sample", "unit")),
        ArraySpec(f"activations/{hostile}/post", "float16", (3,), ("sample", "unit")),
        ArraySpec("activations/out/post", "float32", (2,), ("sample", "unit")),
        ArraySpec("outputs/prediction", "int32", (), ("sample",)),
        ArraySpec("outputs/probability", "float32", (2,), ("sample", "class")),
        ArraySpec("outputs/correct", "uint8", (), ("sample",)),
        ArraySpec("outputs/loss", "float32", (), ("sample",)),
    )
    odd = {
        "outputs/prediction": (np.arange(11) % 2).astype(np.int32),
        "outputs/correct": np.uint8([0, 1, 255] * 4)[:11],
    }
    card = RecordingCard(
        graph,
        model={"name": "golden", "framework": "none", "fingerprint": "0" * 64},
        samples={"kind": "table", "features": ["age", "fare"]},
        task={"kind": "binary", "classes": ["no", "yes"], "label": "survived"},
        options={"seed": 0},
        versions={"neuronaut": "0.1.0"},
        id="00000000000000000000000000000001",
        created=CREATED,
    )
    metadata = pa.table(
        {
            "age": pa.array([None if row % 4 == 1 else row / 2 for row in range(11)], pa.float64()),
            "survived": ["yes" if row % 3 else "no" for row in range(11)],
            "__proto__": pa.array(range(11), pa.int64()),
        }
    )
    result = Result(
        "influence",
        {"input\tout": numbers((2, 2), "float32", 5)},
        {"input\tout": ("source", "target")},
        params={"probes": 11, "seed": 0},
        n={"all": 11},
    )
    static = {"parameters/w": numbers((3, 2), "float32", 1), "parameters/count": np.array(7)}
    return Golden(card, specs, filled(specs, 11, odd), static, metadata, result=result)


def images() -> Golden:
    """A layer with positions, reduced and whole, previews; not finished."""
    layer = Layer("conv", "conv", 2, "conv2d", 0, ("y", "x"), (2, 3), sites=("pre", "post"))
    specs = (
        ArraySpec("activations/conv/post", "float32", (3, 2), ("sample", "reduction", "unit")),
        ArraySpec("activations/conv/post.argmax", "int32", (2,), ("sample", "unit")),
        ArraySpec("activations/conv/post.full", "float16", (2, 3, 2), ("sample", "y", "x", "unit")),
        ArraySpec("activations/conv/pre", "bfloat16", (3, 2), ("sample", "reduction", "unit")),
        ArraySpec("samples/preview", "uint8", (2, 2, 1), ("sample", "y", "x", "channel")),
    )
    words = (numbers((11, 3, 2), "float32", 3).view(np.uint32) >> 16).astype(np.uint16)
    card = RecordingCard(
        Graph((layer,)), samples={"kind": "images"}, id="00000000000000000000000000000002", created=CREATED
    )
    plain = tuple(spec for spec in specs if spec.dtype != "bfloat16")
    return Golden(card, specs, filled(plain, 11, {"activations/conv/pre": words}), finished=False)


def training() -> Golden:
    """A training: step is what grows, weights by step, a scalar."""
    specs = (
        ArraySpec("activations/fc/post", "float32", (4, 3), ("step", "sample", "unit")),
        ArraySpec("parameters/fc", "float32", (2, 3), ("step", "unit_in", "unit")),
        ArraySpec("scalars/loss", "float64", (), ("step",)),
    )
    card = RecordingCard(
        Graph((Layer("fc", "dense", 3, "linear", 0),)),
        append_axis="step",
        id="00000000000000000000000000000003",
        created=CREATED,
    )
    return Golden(card, specs, filled(specs, 11), metadata=pa.table({"digit": [3, 1, 4, 1]}))


def texts() -> Golden:
    """Texts of different lengths: rows of tokens and offsets."""
    specs = (
        ArraySpec("activations/h.0/post", "float32", (3,), ("token", "unit")),
        ArraySpec("samples/token_ids", "int32", (), ("token",)),
        ArraySpec("outputs/loss", "float32", (), ("sample",)),
    )
    lengths = np.array([2, 0, 3, 1, 1, 4, 0, 0, 2, 1, 5])
    rows = {spec.path: int(lengths.sum()) if spec.dims[0] == "token" else 11 for spec in specs}
    arrays = {spec.path: numbers((rows[spec.path], *spec.shape), spec.dtype, 1) for spec in specs}
    card = RecordingCard(
        Graph((Layer("h.0", "dense", 3, "linear", 0, ("token",)),)),
        samples={"kind": "texts"},
        id="00000000000000000000000000000004",
        created=CREATED,
    )
    return Golden(card, specs, arrays, lengths=lengths)


def empty() -> Golden:
    """No samples at all, which is valid."""
    spec = ArraySpec("outputs/loss", "float32", (), ("sample",))
    card = RecordingCard(Graph(()), id="00000000000000000000000000000005", created=CREATED)
    return Golden(card, (spec,), filled((spec,), 0), metadata=pa.table({"age": pa.array([], pa.int64())}), commits=())


KINDS: dict[str, Callable[[], Golden]] = {
    "table": table,
    "images": images,
    "training": training,
    "texts": texts,
    "empty": empty,
}


def build(golden: Golden, path: Path) -> None:
    """Write a golden recording in a few commits."""
    by_step = golden.card.append_axis == "step"
    writer = store.create(
        path,
        golden.card,
        golden.specs,
        static=golden.static,
        samples=golden.metadata if by_step else None,
        metadata_schema=None if by_step or golden.metadata is None else golden.metadata.schema,
    )
    start = 0
    for count in golden.commits:
        append(writer, golden, start, start + count)
        writer.commit()
        start += count
    if golden.finished:
        writer.finish()
    else:
        writer.close()
    (path / ".lock").unlink()  # names this machine
    if golden.result is not None:
        store.write_result(store.open(path, writable=True), golden.result, "stored")


def append(writer: store.Writer, golden: Golden, start: int, stop: int) -> None:
    """Append some samples (or steps), with their tokens where there are any."""
    lengths = {} if golden.lengths is None else {"token": golden.lengths}
    ends = {axis: np.r_[0, np.cumsum(length)] for axis, length in lengths.items()}
    arrays = {}
    for spec in golden.specs:
        low, high = (int(ends[spec.dims[0]][row]) if spec.dims[0] in ends else row for row in (start, stop))
        arrays[spec.path] = golden.arrays[spec.path][low:high]
    grows = golden.card.append_axis == "sample" and golden.metadata is not None
    metadata = golden.metadata.slice(start, stop - start) if grows and golden.metadata is not None else None
    writer.append(arrays, metadata, lengths={axis: length[start:stop] for axis, length in lengths.items()})


def main() -> int:
    for name, make in KINDS.items():
        path = GOLDEN / f"{name}.naut"
        if path.exists():
            print(f"{path} is there and stays.")
            continue
        build(make(), path)
        print(f"{path}: {sum(file.stat().st_size for file in path.rglob('*') if file.is_file()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
