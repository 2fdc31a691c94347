"""The plan of one recording: everything that is decided from the first batch, before anything is written."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from neuronaut import __version__
from neuronaut.capture.arrays import site_arrays, specs
from neuronaut.capture.batch import leaves, to_numpy
from neuronaut.capture.chunk import Chunk
from neuronaut.capture.intake import Intake
from neuronaut.capture.judge import judge
from neuronaut.capture.labels import look, nulls
from neuronaut.capture.metadata import table_digest
from neuronaut.capture.names import named
from neuronaut.capture.options import Options
from neuronaut.capture.preview import Preview, preview_of
from neuronaut.capture.tally import Tally
from neuronaut.capture.task import Task, decide
from neuronaut.core.axes import SAMPLE
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Graph
from neuronaut.core.model import Model, Run, Site
from neuronaut.store.card import RecordingCard
from neuronaut.store.layout import ArraySpec
from neuronaut.store.naming import GROUP

Truth = npt.NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is recorded of each batch, and how."""

    intake: Intake
    sites: tuple[Site, ...]
    batch_size: int
    graph: Graph
    task: Task
    preview: Preview | None
    dtype: np.dtype[Any] | None
    label_kind: str | None
    """What kind of label is kept beside the metadata; None when there is none, or it is one of its columns."""

    def labels(self, chunk: Chunk) -> Truth:
        """The labels of these samples as given; None when there are none."""
        if self.intake.labels is not None:
            return np.asarray(self.intake.labels[chunk.ids])
        return chunk.labels

    def truth(self, chunk: Chunk) -> Truth:
        """Class numbers or targets of these samples. Raises DataError naming a sample whose label does not fit."""
        labels = self.labels(chunk)
        if labels is None or self.task.kind == "none":
            return None
        if self.task.classes is not None:
            return self.task.classes.encode(labels, chunk.ids)
        try:
            return np.where(nulls(labels), np.nan, labels).astype(np.float64)
        except (ValueError, TypeError) as error:
            raise DataError(
                f"the labels of samples {chunk.ids[0]} to {chunk.ids[-1]} are no numbers: {error}"
            ) from error

    def arrays(self, chunk: Chunk, run: Run, truth: Truth, tally: Tally) -> dict[str, npt.NDArray[Any]]:
        """All arrays of one batch, by the names of the store."""
        found = site_arrays(run.captured, self.sites, self.dtype, tally)
        if self.task.kind != "none":
            judged = judge(self.task, run.outputs[self.task.output], truth)
            found |= {f"outputs/{name}": values for name, values in judged.items()}
        if self.preview is not None:
            found["samples/preview"] = self.preview.draw(chunk.inputs)
        if self.intake.group_numbers is not None:
            found[GROUP] = self.intake.group_numbers[chunk.ids]
        return found

    def metadata(self, chunk: Chunk) -> pa.Table | None:
        """The metadata rows of one batch, with the label beside them where it was no column yet."""
        table = self.intake.rows(chunk.ids)
        if self.label_kind is None:
            return table
        labels = np.asarray(self.labels(chunk))
        columns = labels.T if labels.ndim == 2 else [labels]
        for name, values in zip(self.label_names, columns, strict=True):
            label = label_column(self.task, values, self.label_kind)
            table = pa.table({name: label}) if table is None else table.append_column(name, label)
        return table

    @property
    def target_columns(self) -> tuple[str, ...]:
        """The metadata columns that hold what each output of a regression with several should be."""
        if not self.task.targets or (self.label_kind is None and not self.intake.in_metadata):
            return ()
        return self.task.targets if self.intake.in_metadata else self.label_names

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels' own columns that the metadata do not use yet."""
        taken = set() if self.intake.metadata is None else set(self.intake.metadata.column_names)
        if not self.task.targets:
            return (_free(self.task.label or "label", taken),)
        own = self.intake.targets is not None
        return tuple(_free(name if own else f"label_{name}", taken) for name in self.task.targets)


def make_plan(
    intake: Intake, options: Options, model: Model, sites: tuple[Site, ...], batch: int, first: tuple[Chunk, Run]
) -> Plan:
    """Decide the task, the names and the previews from the first batch that ran.

    Raises DataError when labels, classes, features and outputs do not fit together.
    """
    chunk, run = first
    known = intake.labels if intake.labels is not None else chunk.labels
    if known is None and intake.label is not None and chunk.labels is None:
        raise DataError(f"labels={intake.label!r}, but neither the metadata nor the data have it.")
    seen = None if known is None else look(known, whole=intake.labels is not None)
    label = intake.label or (None if known is None else "label")
    task = decide(
        run.outputs, seen, model.graph, task=options.task, classes=options.classes, label=label, targets=intake.targets
    )
    reading = intake.readings[0]
    features = tuple(options.features) if options.features is not None else reading.features
    given = options.features is not None
    graph = named(model.graph, task, features, given=given)
    inputs = [layer for layer in graph.layers if layer.kind == "input"]
    preview = preview_of(chunk.inputs, inputs)
    beside = known is not None and not intake.in_metadata and (known.ndim == 1 or bool(task.targets))
    kind = None if not beside or seen is None else seen.kind
    return Plan(intake, sites, batch, graph, task, preview, options.stored_type, kind)


def array_specs(arrays: Mapping[str, npt.NDArray[Any]], graph: Graph) -> list[ArraySpec]:
    """How the store must lay out all arrays of a plan."""
    rest = specs({name: array for name, array in arrays.items() if name != GROUP}, graph)
    return rest + [ArraySpec(name, array.dtype.name, (), (SAMPLE,)) for name, array in arrays.items() if name == GROUP]


def _free(name: str, taken: Collection[str]) -> str:
    return name if name not in taken else next(f"{name}_{k}" for k in range(2, 10_000) if f"{name}_{k}" not in taken)


def label_column(task: Task, labels: Truth, kind: str) -> pa.Array[Any]:
    """The labels as a column whose type does not change between batches: class names where those were given."""
    values = np.asarray(labels, dtype=object)
    missing = nulls(values)
    if task.classes is not None and task.classes.names != tuple(map(str, task.classes.values)):
        codes = task.classes.encode(values, np.arange(len(values)))
        return pa.array([None if code < 0 else task.classes.names[code] for code in codes.tolist()], pa.string())
    types = {"text": pa.string(), "bool": pa.bool_(), "integer": pa.int64() if task.classes else pa.float64()}
    plain = [None if gone else value for value, gone in zip(values.tolist(), missing.tolist(), strict=True)]
    if kind == "integer" and task.classes:
        plain = [None if value is None else int(value) for value in plain]
    return pa.array(plain, types.get(kind, pa.float64()))


def card_of(plan: Plan, model: Model, options: Options, fingerprint: str, total: int | None) -> RecordingCard:
    """What the recording says about itself."""
    samples: dict[str, Any] = {"kind": "images" if plan.preview is not None else "table"}
    inputs = [layer for layer in plan.graph.layers if layer.kind == "input"]
    samples["features"] = next((list(layer.unit_names) for layer in inputs if layer.unit_names), None)
    if plan.preview is not None:
        samples["preview"] = plan.preview.to_json()
    return RecordingCard(
        plan.graph,
        model={"name": model.name, "framework": model.framework, "fingerprint": model.fingerprint},
        samples=samples,
        task=plan.task.to_json() | ({"labels": list(plan.target_columns)} if plan.target_columns else {}),
        options={
            "sites": [[site.layer, site.name] for site in plan.sites],
            "position": options.position,
            "dtype": options.dtype,
            "batch_size": plan.batch_size,
            "limit": options.limit,
            "seed": options.seed,
            "groups": plan.intake.group_name,
            "data": fingerprint,
            "total": total,
            "notes": [*([plan.task.note] if plan.task.note else []), *plan.intake.group_notes],
        },
        versions={
            "neuronaut": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "framework": model.framework,
        },
    )


def data_fingerprint(intake: Intake, head: Chunk) -> str:
    """Hex digest by which the same data are known again: the first samples, their labels, all metadata, the length."""
    digest = hashlib.blake2b(digest_size=16)
    for leaf in leaves(head.inputs):
        values = np.ascontiguousarray(to_numpy(leaf))
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    for labels in (intake.labels, head.labels, intake.groups):
        if labels is not None:
            hashed = pd.util.hash_array(np.asarray(labels).reshape(-1), categorize=False)
            digest.update(hashed.tobytes())
    digest.update(table_digest(intake.metadata).encode())
    digest.update(repr([source.total for source in intake.readings]).encode())
    return digest.hexdigest()
