"""recording.json and commit.json: read with every value checked before anything is allocated or opened by it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from neuronaut.core.axes import SiteName
from neuronaut.core.errors import CorruptRecording, DataError, NewerFormat
from neuronaut.core.layer import EdgeKind, LayerKind
from neuronaut.store.card import RecordingCard
from neuronaut.store.dtypes import TYPES
from neuronaut.store.layout import Entry, offsets_name
from neuronaut.store.naming import is_leaf, is_safe, split_name
from neuronaut.store.sealed import seal, unseal

FORMAT = "neuronaut-recording"
VERSION = (1, 0)
"""Readers refuse a larger first number and ignore fields they do not know under a larger second one."""
MANIFEST = "recording.json"
COMMIT = "commit.json"
LOCK = ".lock"

MAX_RANK = 16
MAX_SIZE = 1 << 40
MAX_CHUNK_BYTES = 1 << 30
MAX_CHUNKS = 1 << 22
MAX_HEIGHT = 1 << 24
MAX_TAKE = 1 << 28
_ID = re.compile(r"[0-9a-f-]{8,64}")
_PART = re.compile(r"samples-\d{6,12}\.parquet")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What recording.json holds: identity, card and the entries of all arrays."""

    card: RecordingCard
    entries: tuple[Entry, ...]

    @property
    def id(self) -> str:
        return self.card.id

    @property
    def append_axis(self) -> str:
        return self.card.append_axis

    @property
    def ragged(self) -> tuple[str, ...]:
        """Axes with their own number of rows for each sample, such as "token"."""
        return tuple(dict.fromkeys(e.axis for e in self.entries if e.axis not in ("", self.append_axis)))

    def to_bytes(self) -> bytes:
        body = {"format": FORMAT, "version": list(VERSION), "id": self.id, "append_axis": self.append_axis}
        return seal(body | {"arrays": [_entry_json(entry) for entry in self.entries], "card": self.card.to_json()})

    def check(self) -> None:
        """Raise DataError for what no reader would take."""
        try:
            Manifest.parse(self.to_bytes())
        except CorruptRecording as error:
            raise DataError(f"cannot be recorded: {error}") from error

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Raises CorruptRecording for anything that is not as a writer writes it, NewerFormat for a later format."""
        body = unseal(data, MANIFEST)
        _check_version(body)
        try:
            entries = tuple(_entry(card) for card in _list(body["arrays"]))
            axis = body["append_axis"]
            _require(axis in ("sample", "step"), f"an append axis {axis!r}")
            _require(isinstance(body["id"], str) and _ID.fullmatch(body["id"]) is not None, "no proper id")
            _check_entries(entries, axis)
            axis = cast("Literal['sample', 'step']", axis)
            card = RecordingCard.from_json(body["card"], id=body["id"], append_axis=axis)
            _check_graph(card, entries)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CorruptRecording(f"{MANIFEST}: {error}. The file is not as Neuronaut writes it.") from error
        return cls(card, entries)


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file with the metadata of ``rows`` further samples."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What commit.json holds: how many rows exist. Nothing beyond exists for a reader."""

    recording: str
    sequence: int
    counts: Mapping[str, int]
    finished: bool = False
    parts: tuple[Part, ...] = field(default=())

    def to_bytes(self, append_axis: str) -> bytes:
        ragged = {axis: count for axis, count in self.counts.items() if axis != append_axis}
        body = {"recording": self.recording, "sequence": self.sequence, "rows": self.counts[append_axis]}
        parts = [{"file": p.file, "rows": p.rows, "bytes": p.bytes, "sha256": p.sha256} for p in self.parts]
        return seal(body | {"ragged": ragged, "finished": self.finished, "metadata": parts})

    @classmethod
    def parse(cls, data: bytes, manifest: Manifest) -> Commit:
        """Raises CorruptRecording for anything that does not fit the recording."""
        body = unseal(data, COMMIT)
        try:
            _require(body["recording"] == manifest.id, "it belongs to another recording")
            _require(set(body["ragged"]) == set(manifest.ragged), "its ragged axes are not the recording's")
            counts = {manifest.append_axis: _count(body["rows"])}
            counts |= {axis: _count(body["ragged"][axis]) for axis in manifest.ragged}
            parts = tuple(_part(card) for card in _list(body["metadata"]))
            _require(len({part.file for part in parts}) == len(parts), "a metadata file occurs twice")
            if manifest.append_axis == "sample":
                _require(sum(part.rows for part in parts) == body["rows"], "metadata and arrays differ in rows")
            return cls(manifest.id, _count(body["sequence"]), counts, body["finished"] is True, parts)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CorruptRecording(f"{COMMIT}: {error}. The file is not as Neuronaut writes it.") from error


def _check_version(body: Mapping[str, Any]) -> None:
    version = body.get("version")
    if body.get("format") != FORMAT or not isinstance(version, list) or not version or type(version[0]) is not int:
        raise CorruptRecording(f"{MANIFEST}: no Neuronaut recording (format {body.get('format')!r}).")
    if version[0] > VERSION[0]:
        raise NewerFormat(
            f"this recording has format {'.'.join(map(str, version))}, this Neuronaut reads up to {VERSION[0]}. "
            "Upgrade Neuronaut to open it."
        )


def _entry_json(entry: Entry) -> dict[str, Any]:
    card: dict[str, Any] = {
        "name": entry.name,
        "path": entry.path,
        "dtype": entry.type.name,
        "shape": list(entry.shape),
        "dims": list(entry.dims),
        "chunk": list(entry.chunk),
        "shard_rows": entry.height,
    }
    if not entry.axis:
        return card | {"rows": entry.fixed, "scalar": entry.scalar}
    return card | {"axis": entry.axis, "lead": entry.lead}


def _entry(card: Mapping[str, Any]) -> Entry:
    name, path, dtype = card["name"], card["path"], card["dtype"]
    _require(isinstance(name, str) and isinstance(path, str), "an array without a name")
    _require(dtype in TYPES, f"numbers of type {dtype!r}")
    shape = tuple(_count(size) for size in _list(card["shape"]))
    chunk = tuple(_count(size) for size in _list(card["chunk"]))
    dims = tuple(str(dim) for dim in _list(card["dims"]))
    axis = card.get("axis", "")
    entry = Entry(
        name,
        path,
        TYPES[dtype],
        shape,
        dims,
        chunk,
        _count(card["shard_rows"]),
        axis,
        lead=_count(card["lead"]) if axis else 0,
        fixed=0 if axis else _count(card["rows"]),
        scalar=card.get("scalar", False) is True,
    )
    _check_shape(entry)
    _check_place(entry)
    return entry


def _check_shape(entry: Entry) -> None:
    what = repr(entry.path)
    _require(len(entry.shape) < MAX_RANK, f"{what} has too many axes")
    _require(len(entry.chunk) == len(entry.dims) == len(entry.shape) + 1, f"{what} has axes that do not match")
    _require(len(set(entry.dims)) == len(entry.dims) and all(entry.dims), f"{what} has axes of one name")
    _require(min(entry.chunk) > 0, f"{what} has an empty chunk")
    _require(0 < entry.height <= MAX_HEIGHT and entry.height % entry.chunk[0] == 0, f"{what} has no proper shard")
    _require(entry.chunk_bytes <= MAX_CHUNK_BYTES, f"{what} has chunks of {entry.chunk_bytes:,} bytes")
    _require(math.prod(entry.grid) <= MAX_CHUNKS, f"{what} has {math.prod(entry.grid):,} chunks in a shard")
    _require(entry.lead in (0, 1), f"{what} has {entry.lead} leading rows")
    _require(isinstance(entry.axis, str), f"{what} has no axis")
    _require(not entry.scalar or (entry.shape == () and entry.fixed == 1), f"{what} is no scalar")


def _check_place(entry: Entry) -> None:
    group, _, leaf = split_name(entry.name)
    parts = entry.path.split("/")
    _require(parts[0] == group and len(parts) == (3 if leaf else 2), f"{entry.path!r} is no place for {entry.name!r}")
    _require(is_safe(parts[1]), f"{entry.path!r} is not a safe path")
    _require(not leaf or (parts[2] == leaf and is_leaf(leaf)), f"{entry.path!r} is not a safe path")


def _check_entries(entries: Sequence[Entry], append_axis: str) -> None:
    _distinct((entry.name for entry in entries), "array")
    _distinct((entry.path.lower() for entry in entries), "path")
    names = {entry.name: entry for entry in entries}
    for entry in entries:
        ragged = entry.axis not in ("", append_axis)
        _require(not ragged or offsets_name(entry.axis) in names, f"{entry.axis!r} has no offsets")
        _require(entry.lead == 0 or entry.axis == append_axis, f"{entry.path!r} has a leading row")
    for entry in entries:
        if entry.axis not in ("", append_axis):
            offsets = names[offsets_name(entry.axis)]
            _require(offsets.lead == 1 and offsets.type.name == "int64" and offsets.shape == (), "odd offsets")


def _check_graph(card: RecordingCard, entries: Sequence[Entry]) -> None:
    units = {layer.name: layer.unit_count for layer in card.graph.layers}
    _distinct((layer.name for layer in card.graph.layers), "layer")
    classes = card.task.get("classes")
    _require(classes is None or all(isinstance(one, (str, int, float)) for one in _list(classes)), "odd classes")
    for layer in card.graph.layers:
        _require(layer.kind in get_args(LayerKind), f"a layer of kind {str(layer.kind)[:40]!r}")
        _require(set(layer.sites) <= set(get_args(SiteName)), f"sites of layer {layer.name!r:.100}")
        texts = (layer.activation, layer.module, *layer.parameters.values())
        _require(all(text is None or isinstance(text, str) for text in texts), f"names in layer {layer.name!r:.100}")
        for size in (layer.unit_count, *layer.position_shape):
            _count(size)
        names = layer.unit_names
        _require(names is None or len(names) == layer.unit_count, f"layer {layer.name!r:.100} names other units")
    for edge in card.graph.edges:
        _require(edge.kind in get_args(EdgeKind), f"an edge of kind {str(edge.kind)[:40]!r}")
        total = 0
        for _, count, repeat in edge.take.runs if edge.take is not None else ():
            total += _count(count) * _count(repeat)
        _require(total <= MAX_TAKE, f"an edge from {edge.source!r:.100} takes {total:,} inputs")
    for entry in entries:
        group, name, _ = split_name(entry.name)
        if group == "activations" and name in units and entry.shape:
            _require(entry.shape[-1] == units[name], f"{entry.name!r:.100} has not the units of its layer")


def _part(card: Mapping[str, Any]) -> Part:
    file, check = card["file"], card["sha256"]
    _require(isinstance(file, str) and _PART.fullmatch(file) is not None, f"{file!r} is no metadata file")
    _require(isinstance(check, str) and len(check) == 64, f"{file} has no checksum")
    return Part(file, _count(card["rows"]), _count(card["bytes"]), check)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        raise ValueError(f"{str(value)[:40]} is not a size")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{str(value)[:40]} is not a list")
    return value


def _distinct(values: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        _require(value not in seen, f"the {what} {value[:100]!r} occurs twice")
        seen.add(value)


def _require(true: bool, otherwise: str) -> None:
    if not true:
        raise ValueError(otherwise)
