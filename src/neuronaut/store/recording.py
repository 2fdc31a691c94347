"""Recordings: what a model did on samples, read from the disk without the model or its framework."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuronaut.core.accessors import accessor
from neuronaut.core.address import Address, parse_address
from neuronaut.core.axes import SAMPLE
from neuronaut.core.errors import CorruptRecording, UnknownName, unknown
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.slices import where as slice_where
from neuronaut.store.activations import Activations
from neuronaut.store.array import StoredArray
from neuronaut.store.card import RecordingCard
from neuronaut.store.damage import damage_in
from neuronaut.store.fs import Fs
from neuronaut.store.layout import offsets_name
from neuronaut.store.manifest import COMMIT, MANIFEST, Commit, Manifest
from neuronaut.store.naming import GROUP, split_name
from neuronaut.store.resume import read_head
from neuronaut.store.samples import HALF, SAMPLE_ID, join, read_part, to_frame, user_table
from neuronaut.store.zarr_json import groups

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.columns import Columns
    from neuronaut.core.slices import Slice
    from neuronaut.explorer.plot.accessor import Plots
    from neuronaut.store.verify import Damage

_SHARED = ("_table", "metadata", "sample_ids", "half", "groups", "layers", "columns")


def open(path: str | os.PathLike[str], *, writable: bool = False) -> Recording:
    """Open a recording, finished or not: everything up to its last commit.

    ``writable`` keeps Results inside the recording instead of the user's cache directory. A recording that is still
    being written may be read; open it again to see more.

    >>> import tempfile
    >>> from neuronaut.store import ArraySpec, RecordingCard, create
    >>> folder = tempfile.TemporaryDirectory()
    >>> fc1 = ArraySpec("activations/fc1/post", "float32", (2,), ("sample", "unit"))
    >>> with create(f"{folder.name}/a.naut", RecordingCard(Graph(())), [fc1]) as writer:
    ...     writer.append({"activations/fc1/post": np.eye(2, dtype=np.float32)}, pa.table({"age": [22, 38]}))
    >>> rec = open(f"{folder.name}/a.naut")
    >>> rec
    <Recording a.naut 1 layer, 2 samples, finished>
    >>> rec["fc1:0"].where("age > 30").read()
    array([0.], dtype=float32)
    >>> folder.cleanup()

    Raises NotARecording, CorruptRecording, or NewerFormat.
    """
    return open_on(Fs(path), writable=writable)


def open_on(fs: Fs, *, writable: bool = False) -> Recording:
    """``open`` on a given disk."""
    manifest, commit = read_head(fs)
    return Recording(fs, manifest, commit, writable=writable)


class Recording:
    """What a model did on samples, as of one commit; arrays are read only when asked.

    ``rec["fc1"]``, ``rec["conv1.pre"]``, ``rec["fc1:11"]`` are activations; ``rec.metadata`` is the user's table;
    ``rec.outputs`` and ``rec.parameters`` are arrays by name.
    """

    def __init__(self, fs: Fs, manifest: Manifest, commit: Commit, *, writable: bool = False) -> None:
        self._fs = fs
        self._manifest = manifest
        self._commit = commit
        self.writable = writable
        self._arrays = {entry.name: StoredArray(fs, entry, entry.rows(commit.counts)) for entry in manifest.entries}
        self._sites = _sites(self._arrays)

    # What it says about itself

    @property
    def path(self) -> Path:
        return self._fs.root

    @property
    def fs(self) -> Fs:
        """The disk it is read from; for the store's own use."""
        return self._fs

    @property
    def id(self) -> str:
        return self._manifest.id

    @property
    def card(self) -> RecordingCard:
        return self._manifest.card

    @property
    def sequence(self) -> int:
        """Number of the commit that is read; it rises with every commit."""
        return self._commit.sequence

    @property
    def finished(self) -> bool:
        return self._commit.finished

    @property
    def rows(self) -> int:
        """Committed rows of the axis that grows: samples, or steps of a training."""
        return self._commit.counts[self._manifest.append_axis]

    @property
    def n(self) -> int:
        """Samples."""
        return self.rows if self._manifest.append_axis == SAMPLE else sum(part.rows for part in self._commit.parts)

    @property
    def graph(self) -> Graph:
        """All layers that were traced, and the edges between them."""
        return self.card.graph

    @property
    def samples(self) -> Mapping[str, Any]:
        """What the samples are: kind, features."""
        return self.card.samples

    @property
    def task(self) -> Mapping[str, Any]:
        """What the model was asked: kind, classes, label."""
        return self.card.task

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        files = [MANIFEST, COMMIT, "zarr.json", *(part.file for part in self._commit.parts)]
        files += [f"{path}/zarr.json" for path in groups(self._manifest.entries)]
        for entry in self._manifest.entries:
            shards = -(-entry.rows(self._commit.counts) // entry.height)
            files += [f"{entry.path}/zarr.json", *(entry.file(shard) for shard in range(shards))]
        return sum(self._fs.size(file) or 0 for file in files)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about it: of the model, of the task, of how the recording went."""
        from neuronaut.store.results import CAPTURE, STORED, read_result

        kept = read_result(self, STORED, name=CAPTURE)
        said = (*self.graph.notes, *self.card.options.get("notes", ()), *(() if kept is None else kept.notes))
        return tuple(map(str, said))

    @property
    def slices(self) -> Mapping[str, Slice]:
        """The slices that were saved in the recording, by name. Raises CorruptRecording when their file is damaged."""
        from neuronaut.store.saved import read_saved

        return {name: slice_where(text).named(name) for name, text in read_saved(self._fs).slices.items()}

    @property
    def labels(self) -> Mapping[str, str]:
        """What people wrote beside addresses. Raises CorruptRecording when their file is damaged."""
        from neuronaut.store.saved import read_saved

        return read_saved(self._fs).labels

    def through(self, fs: Fs) -> Recording:
        """The same commit read through another view of its disk; the table of samples is shared."""
        other = Recording(fs, self._manifest, self._commit, writable=self.writable)
        other.__dict__.update({name: self.__dict__[name] for name in _SHARED if name in self.__dict__})
        return other

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished"
        layers = "1 layer" if len(self.layers) == 1 else f"{len(self.layers)} layers"
        return f"<Recording {self.path.name} {layers}, {self.n:,} samples, {state}>"

    # Arrays

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The recorded layers by name, in the order they ran, inputs first."""
        known = {layer.name: layer for layer in self.graph.layers if layer.name in self._sites}
        return known | {name: _bare(name, self._sites[name]) for name in self._sites if name not in known}

    @cached_property
    def outputs(self) -> Mapping[str, StoredArray]:
        """What the model answered: prediction, probability, loss, correct."""
        return self._group("outputs")

    @cached_property
    def parameters(self) -> Mapping[str, StoredArray]:
        """The model's parameters by their path in it, in their own shape."""
        return self._group("parameters")

    @property
    def arrays(self) -> Mapping[str, StoredArray]:
        """Every stored array by its full name, such as ``samples/preview``."""
        return self._arrays

    def __getitem__(self, address: str) -> Activations:
        """Activations at an address. Raises UnknownName naming the closest layer, NeedsModel for what was not kept."""
        try:
            return self.at(parse_address(address, self.layers))
        except UnknownName as error:
            left_out = self._left_out(address)
            if left_out is None:
                raise
            raise UnknownName(left_out) from error

    def _left_out(self, address: str) -> str | None:
        """What is said of a layer that the model has and the recording has not."""
        try:
            name = parse_address(address, self.graph.names).layer
        except UnknownName:
            return None
        if name in self.layers:
            return None
        listed = ", ".join(map(repr, list(self.layers)[:8])) + (" …" if len(self.layers) > 8 else "")
        return f"layer {name!r} was not recorded; recorded are {listed}. Record with layers=[{name!r}, ...]."

    def at(self, address: Address) -> Activations:
        """Activations at an address that is read already. Raises as ``rec[...]`` does."""
        if address.layer not in self._sites:
            raise unknown("layer", address.layer, self.layers)
        return Activations(self, self._sites[address.layer], address)

    def offsets(self, axis: str) -> npt.NDArray[np.int64] | None:
        """Where each sample's rows of a ragged axis start, and where the last ones end; None for other axes."""
        stored = self._arrays.get(offsets_name(axis))
        return None if stored is None else stored.read()

    def _group(self, group: str) -> dict[str, StoredArray]:
        return {name.partition("/")[2]: array for name, array in self._arrays.items() if name.startswith(f"{group}/")}

    # Samples

    @cached_property
    def metadata(self) -> pd.DataFrame:
        """The user's columns, one row for each sample."""
        with damage_in(self._fs):
            return to_frame(user_table(self._table))

    @cached_property
    def sample_ids(self) -> npt.NDArray[np.int64]:
        """The original id of each sample."""
        return self._table.column(SAMPLE_ID).to_numpy()

    @cached_property
    def half(self) -> npt.NDArray[np.uint8]:
        """0 or 1 for each sample: found on one half, replicated on the other."""
        return self._table.column(HALF).to_numpy()

    @cached_property
    def groups(self) -> npt.NDArray[np.int32] | None:
        """The number of each sample's group; None when samples do not come in groups. Equal numbers, same group."""
        stored = self._arrays.get(GROUP)
        return None if stored is None else stored.read()

    @cached_property
    def columns(self) -> Columns:
        """What filters can ask: metadata, sample, half, and the outputs that are one value for each sample."""
        from neuronaut.store.columns import columns_of

        return columns_of(self)

    def mask(self, where: Any = None) -> npt.NDArray[np.bool_]:
        """True for the samples that a filter selects: text, dict, Slice, boolean mask, or None for all.

        Raises FilterError when the filter cannot be read or does not fit the columns.
        """
        return slice_where(where).mask(self.columns)

    @cached_property
    def _table(self) -> pa.Table:
        with damage_in(self._fs):
            return self._read_parts()

    def _read_parts(self) -> pa.Table:
        commit = self._commit
        for _ in range(8):
            try:
                tables = [read_part(self._fs, part) for part in commit.parts]
                break
            except FileNotFoundError as error:
                # The writer has merged small parts meanwhile; later commits begin with the same rows.
                later = read_head(self._fs)[1]
                if later.recording != commit.recording or later.sequence <= commit.sequence:
                    raise CorruptRecording(f"{error.filename}: the metadata file is missing.") from error
                commit = later
        else:
            raise CorruptRecording("metadata files change too fast to be read. Try again.")
        empty = pa.table({SAMPLE_ID: pa.array([], pa.int64()), HALF: pa.array([], pa.uint8())})
        return join(tables).slice(0, self.n) if tables else empty

    @cached_property
    def plot(self) -> Plots:
        """Figures with their evidence underneath: ``rec.plot.network(a, b)`` and others; needs ``neuronaut[plot]``."""
        plots: Plots = accessor("plot", self)
        return plots

    # Care

    def verify(self) -> list[Damage]:
        """Check every byte; an empty list means that all is as it was written."""
        from neuronaut.store.verify import verify_on

        return verify_on(self._fs)

    def close(self) -> None:
        """Nothing is held open; for use as a context manager."""

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _sites(arrays: Mapping[str, StoredArray]) -> dict[str, dict[str, StoredArray]]:
    table: dict[str, dict[str, StoredArray]] = {}
    for name, array in arrays.items():
        group, layer, leaf = split_name(name)
        if group == "activations":
            table.setdefault(layer, {})[leaf] = array
    return table


def _bare(name: str, sites: Mapping[str, StoredArray]) -> Layer:
    """A layer that the graph does not know: what its arrays tell."""
    return Layer(name, "junction", next(iter(sites.values())).shape[-1], "unknown", 0)
