"""Recordings made of given numbers, so that every answer is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from neuronaut.core.axes import GRID_AXES, REDUCTIONS
from neuronaut.core.layer import Edge, Graph, Layer
from neuronaut.core.result import Result
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.naming import GROUP
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.results import write_result

Array = np.ndarray[Any, Any]
Made = Callable[..., Recording]


def make_recording(
    path: Path,
    activations: Mapping[str, Array],
    metadata: Mapping[str, Sequence[Any]] | None = None,
    *,
    half: Sequence[int] | Array | None = None,
    ids: Sequence[int] | Array | None = None,
    groups: Sequence[int] | Array | None = None,
    layers: Sequence[Layer] = (),
    edges: Sequence[Edge] = (),
    parameters: Mapping[str, Array] | None = None,
    argmax: Mapping[str, Array] | None = None,
    influence: Mapping[str, Array] | None = None,
    options: Mapping[str, Any] | None = None,
    writable: bool = False,
) -> Recording:
    """A finished recording of ``layer: values``: [sample unit], or [sample reduction unit] beside its argmax."""
    arrays = {f"activations/{name}/post": values for name, values in activations.items()}
    arrays |= {f"activations/{name}/post.argmax": values for name, values in (argmax or {}).items()}
    arrays |= {} if groups is None else {GROUP: np.asarray(groups, np.int32)}
    known = {layer.name for layer in layers}
    bare = [layer_of(name, values) for name, values in activations.items() if name not in known]
    named = options or ({} if groups is None else {"groups": "patient"})
    card = RecordingCard(Graph((*layers, *bare), tuple(edges)), options=named)
    table = None if metadata is None else pa.Table.from_pandas(pd.DataFrame(metadata), preserve_index=False)
    static = {f"parameters/{name}": values for name, values in (parameters or {}).items()}
    with create(path, card, [spec_of(name, values) for name, values in arrays.items()], static=static) as writer:
        writer.append(arrays, table, samples=ids, half=half)
    if influence is not None:
        dims = {name: (f"{name}.row", f"{name}.column") for name in influence}
        with open_recording(path, writable=True) as rec:
            write_result(rec, Result("influence", influence, dims, params={"probes": 2}), "stored")
    return open_recording(path, writable=writable)


def layer_of(name: str, values: Array) -> Layer:
    axes = 2 if values.ndim == 3 else 0
    return Layer(name, "conv" if axes else "dense", values.shape[-1], "linear", 1, GRID_AXES[axes], (4, 4)[:axes])


def spec_of(name: str, values: Array) -> ArraySpec:
    if values.ndim == 1:
        return ArraySpec(name, values.dtype.name, (), ("sample",))
    middle = ("reduction",) if values.ndim == 3 else ()
    assert not middle or values.shape[1] == len(REDUCTIONS)
    return ArraySpec(name, values.dtype.name, values.shape[1:], ("sample", *middle, "unit"))
