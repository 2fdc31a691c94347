"""Subject: the model, the samples and the right answers that an experiment is made on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.analysis.groups import group_of
from neuronaut.capture.batch import copied
from neuronaut.capture.batch_size import batch_rows
from neuronaut.capture.intake import take_in
from neuronaut.capture.item import label_array
from neuronaut.capture.labels import look
from neuronaut.capture.live import live_model
from neuronaut.capture.options import Options
from neuronaut.capture.source import Arrays
from neuronaut.capture.task import Task, decide
from neuronaut.core.address import parse_address
from neuronaut.core.columns import Columns
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.halves import group_codes, half_of
from neuronaut.core.model import Model
from neuronaut.core.slices import Where
from neuronaut.core.slices import where as slice_where
from neuronaut.live.inputs import Feed, GivenFeed, Rows, feed_of
from neuronaut.live.truth import Truth, encoded, recorded_truth, task_of
from neuronaut.live.wrapped import recorded_model
from neuronaut.store.recording import Recording


@dataclass(frozen=True, slots=True)
class Subject:
    """``rows`` of the feed, with their ``truth``, ``groups`` and ``half``; ``batch`` is how many run at a time."""

    model: Model
    feed: Feed
    rows: Rows
    task: Task
    truth: Truth
    groups: npt.NDArray[np.int64] | None
    half: npt.NDArray[np.uint8]
    name: str
    batch: int


def recorded_subject(
    model: Any, rec: Recording, where: Where, *, data: Any, labels: Any, groups: Any, inputs: Any
) -> Subject:
    """The samples of a recording that are in a slice, and the model that was recorded.

    Raises DataError when no sample is in the slice, or model, data, labels or groups do not fit the recording.
    """
    group = group_of(rec, where)
    if not group.n:
        raise DataError(f"no sample is in {group.name}: {group.emptiness}. There is nothing to measure on.")
    rows = np.flatnonzero(group.mask)
    feed = feed_of(rec, data, inputs=inputs)
    first = next(iter(feed.batches(rows[:2], 2)))
    live = recorded_model(model, rec, first.inputs)
    task = task_of(rec)
    if not task.output:
        task = replace(task, output=decide(live.run(copied(first.inputs)).outputs, None, live.graph).output)
    truth = recorded_truth(rec, task, labels)
    if isinstance(groups, str):
        if groups not in rec.metadata:
            raise unknown("column", groups, rec.metadata.columns)
        groups = rec.metadata[groups]
    codes = rec.groups if groups is None else _codes(groups, rec.n)
    size = batch_rows(live.graph, first.inputs, len(first))
    own = None if truth is None else truth[rows]
    half = rec.half if groups is None else half_of(rec.sample_ids, groups)
    return Subject(live, feed, rows, task, own, _dense(codes, rows), half[rows], group.name, size)


def given_subject(
    model: Any,
    data: Any,
    where: Where,
    *,
    units: Sequence[str],
    labels: Any,
    classes: Sequence[Any] | None,
    groups: Any,
    inputs: Any,
) -> Subject:
    """Samples as the user hands them in, with their labels; ``where`` is a mask, row numbers or a filter on sample.

    Raises DataError when no sample is chosen, or labels or groups do not fit.
    """
    intake = take_in(data, None, Options(inputs=inputs))
    live, source, head = live_model(model, intake, [parse_address(text).layer for text in units], None)
    feed = GivenFeed(source)
    known = label_array(labels) if labels is not None else source.labels if isinstance(source, Arrays) else None
    total = source.total
    if total is None or (known is None and not isinstance(source, Arrays)):
        total, known = _read_through(feed, known)
    if known is not None and len(known) != total:
        raise DataError(f"{len(known)} labels for {total} samples; one each is needed.")
    chosen = slice_where(where)
    rows = np.flatnonzero(chosen.mask(Columns.from_frame(pd.DataFrame({"sample": np.arange(total)}))))
    if not len(rows):
        raise DataError(f"no sample is in {chosen.name}. There is nothing to measure on.")
    seen = None if known is None else look(known, whole=True)
    outputs = live.run(copied(head.inputs)).outputs
    task = decide(outputs, seen, live.graph, classes=classes, label=None if known is None else "label")
    codes = None if groups is None else _codes(groups, total)
    size = batch_rows(live.graph, head.inputs, len(head))
    truth = None if known is None or task.kind == "none" else _true(task, known)
    own = None if truth is None else truth[rows]
    half = half_of(np.arange(total), groups)
    return Subject(live, feed, rows, task, own, _dense(codes, rows), half[rows], chosen.name, size)


def _true(task: Task, labels: npt.NDArray[Any]) -> Truth:
    ids = np.arange(len(labels))
    return encoded(task, labels, ids) if task.classes is None else task.classes.encode(labels, ids)


def _read_through(feed: GivenFeed, labels: npt.NDArray[Any] | None) -> tuple[int, npt.NDArray[Any] | None]:
    """How many samples there are, and the labels that come with them."""
    total, parts = 0, []
    for chunk in feed.source.chunks(256):
        total += len(chunk)
        if chunk.labels is not None:
            parts.append(chunk.labels)
    found = np.concatenate(parts) if parts and labels is None else labels
    return total, found


def _codes(groups: Any, samples: int) -> npt.NDArray[np.int32]:
    if isinstance(groups, str):
        raise DataError(f"groups={groups!r} names a column, but these samples have none. Give one group per sample.")
    codes = group_codes(groups)
    if len(codes) != samples:
        raise DataError(f"{len(codes)} groups for {samples} samples; one each is needed.")
    return codes


def _dense(codes: npt.NDArray[np.int32] | None, rows: Rows) -> npt.NDArray[np.int64] | None:
    return None if codes is None else np.unique(codes[rows], return_inverse=True)[1].astype(np.int64)
