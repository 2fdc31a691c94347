"""The zarr.json files: what makes a recording a Zarr v3 hierarchy that zarr and xarray open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from neuronaut.store.layout import Entry


def array_json(entry: Entry, rows: int) -> dict[str, Any]:
    """Metadata of one array of which ``rows`` rows exist."""
    little = {"name": "bytes", "configuration": {"endian": "little"}}
    check = {"name": "crc32c"}
    inner = [little, {"name": "zstd", "configuration": {"level": 1, "checksum": False}}, check]
    padded = [size * step for size, step in zip(entry.grid[1:], entry.chunk[1:], strict=True)]
    sharding = {
        "chunk_shape": list(entry.chunk),
        "codecs": inner,
        "index_codecs": [little, check],
        "index_location": "end",
    }
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [rows, *entry.shape],
        "data_type": entry.type.zarr,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [entry.height, *padded]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": entry.type.fill_json,
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "attributes": {"bfloat16": True} if entry.type.name == "bfloat16" else {},
        "dimension_names": list(entry.dims),
        "storage_transformers": [],
    }


def group_json(attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes or {})}


def root_json(entries: Iterable[Entry], counts: Mapping[str, int]) -> dict[str, Any]:
    """The root group with the metadata of everything below it: one file says how many rows every array has."""
    entries = tuple(entries)
    empty = {"kind": "inline", "must_understand": False, "metadata": {}}
    nodes: dict[str, Any] = {path: group_json() | {"consolidated_metadata": empty} for path in groups(entries)}
    nodes |= {entry.path: array_json(entry, entry.rows(counts)) for entry in entries}
    nodes = dict(sorted(nodes.items()))  # zarr-python loses children that are not beside their siblings
    root = group_json({"neuronaut": {"rows": dict(counts)}})
    return root | {"consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": nodes}}


def groups(entries: Iterable[Entry]) -> list[str]:
    """Folders that are groups, parents first."""
    found: dict[str, None] = {}
    for entry in entries:
        parts = entry.path.split("/")
        for depth in range(1, len(parts)):
            found["/".join(parts[:depth])] = None
    return sorted(found)


def to_bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")
