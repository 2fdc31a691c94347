"""Intake: data, metadata, labels and groups, brought together and checked before the model is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from neuronaut.capture.chunk import Chunk, rebatch, upto
from neuronaut.capture.item import Split, label_array
from neuronaut.capture.metadata import check_order, check_rows, column_or_array, metadata_frame, metadata_table, rows_of
from neuronaut.capture.options import Options
from neuronaut.capture.reading import sources
from neuronaut.capture.source import Source
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.frames import clean_text
from neuronaut.core.halves import group_codes, half_of

HEAD = 2
"""Samples that the model is traced with."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything the caller knows about the samples.

    ``readings`` are the ways to read the data, ``labels`` all labels where they are known beforehand (else they come
    with the data), ``label`` what they are called, ``in_metadata`` whether they are one of its columns.
    """

    readings: tuple[Source, ...]
    metadata: pa.Table | None
    labels: npt.NDArray[Any] | None
    label: str | None
    in_metadata: bool
    groups: npt.NDArray[Any] | None
    limit: int | None
    skips: bool
    targets: tuple[str, ...] | None = None
    """What the numbers of each label are called, where it has several and their names are known."""
    group_name: str | None = None
    """What the groups are called; None when the samples come in none."""
    group_numbers: npt.NDArray[np.int32] | None = None

    def total(self, source: Source) -> int | None:
        """How many samples will be recorded; None when nobody knows."""
        known = [number for number in (source.total, self.limit) if number is not None]
        return min(known) if source.total is not None else None

    def head(self, source: Source) -> Chunk | None:
        """The first few samples; None when there are none."""
        skip = (lambda ids, error: None) if self.skips else None
        return next(rebatch(upto(source.chunks(HEAD, 0, skip), self.limit), HEAD), None)

    def check(self, ids: npt.NDArray[np.int64]) -> None:
        """Raise DataError when metadata, labels or groups end before these samples do."""
        for what, rows in self._lengths():
            if int(ids[-1]) >= rows:
                raise DataError(
                    f"the data hold at least {int(ids[-1]) + 1} samples, but there are {rows} {what}. "
                    "Give one for each sample, in order."
                )

    def check_end(self, seen: int) -> None:
        """Raise DataError when the data ended before metadata, labels or groups did."""
        for what, rows in self._lengths():
            if rows != seen and (self.limit is None or seen < self.limit):
                raise DataError(f"the data ended after {seen} samples, but there are {rows} {what}. Give one for each.")

    def rows(self, ids: npt.NDArray[np.int64]) -> pa.Table | None:
        """The metadata of these samples."""
        return None if self.metadata is None else rows_of(self.metadata, ids)

    def half(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The half of each of these samples: by its group, else by its number."""
        return half_of(ids, None if self.groups is None else self.groups[ids])

    @property
    def group_notes(self) -> list[str]:
        """How many samples have no group."""
        missing = 0 if self.groups is None else int(np.asarray(pd.isna(self.groups)).sum())
        if not missing or self.groups is None:
            return []
        have = "sample has" if missing == 1 else "samples have"
        return [
            f"{missing:,} of {len(self.groups):,} {have} no group ({self.group_name} is missing there): "
            "each counts as a group of its own."
        ]

    def _lengths(self) -> list[tuple[str, int]]:
        known: list[tuple[str, int]] = []
        if self.metadata is not None:
            known.append(("rows of metadata", self.metadata.num_rows))
        if self.labels is not None:
            known.append(("labels", len(self.labels)))
        if self.groups is not None:
            known.append(("groups", len(self.groups)))
        return known


def take_in(data: Any, metadata: Any, options: Options) -> Intake:
    """Recognise the data and match metadata, labels and groups with it.

    Raises DataError and UnknownName, before anything is run or written.
    """
    frame = metadata_frame(metadata)
    if isinstance(data, pd.DataFrame):
        data, frame = _columns(data, frame, options)
    options = replace(options, labels=_named_columns(options.labels, frame))
    named = options.labels if isinstance(options.labels, str) else None
    targets = options.labels if isinstance(options.labels, Targets) else None
    in_metadata = targets is not None or (named is not None and frame is not None and named in frame.columns)
    split = Split(options.input_parts, None if in_metadata else named)
    features = None if options.features is None else tuple(options.features)
    readings = tuple(sources(data, split, features))
    total = readings[0].total
    if total == 0:
        raise DataError("the data hold no samples.")
    if frame is not None:
        check_rows(frame, total, data)
    beside = [given for given in (options.labels, options.groups) if given is not None and not isinstance(given, str)]
    if frame is not None or beside:
        check_order(data)
    labels, name = _labels(options, frame, total, in_metadata, readings[0])
    groups = None if options.groups is None else column_or_array(options.groups, frame, "groups", total)
    own = None if groups is None else pd.Series(groups).to_numpy()
    called = options.groups if isinstance(options.groups, str) else getattr(groups, "name", None)
    return Intake(
        readings,
        None if frame is None else metadata_table(frame),
        labels,
        name,
        in_metadata,
        own,
        options.limit,
        options.on_error == "skip",
        targets=_target_names(options.labels),
        group_name=None if own is None else str(called or "groups"),
        group_numbers=None if own is None else group_codes(own),
    )


class Targets(tuple[str, ...]):
    """The metadata columns that together are the label of each sample."""


def _named_columns(labels: Any, frame: pd.DataFrame | None) -> Any:
    """A list of texts that names metadata columns as Targets (one alone as its name); other labels as they are.

    Raises UnknownName when some of them are columns and one is not.
    """
    if frame is None or not isinstance(labels, (list, tuple)) or not all(isinstance(name, str) for name in labels):
        return labels
    known = [name for name in labels if name in frame.columns]
    if not known or (len(known) < len(labels) and len(labels) == len(frame)):
        return labels
    for name in labels:
        if name not in frame.columns:
            raise unknown("column", name, frame.columns, remedy="(labels=[...] names columns)")
    if len(set(labels)) < len(labels):
        raise DataError(f"labels={list(labels)!r} names a column twice.")
    return labels[0] if len(labels) == 1 else Targets(labels)


def _target_names(labels: Any) -> tuple[str, ...] | None:
    if isinstance(labels, Targets):
        return tuple(labels)
    if isinstance(labels, pd.DataFrame) and labels.shape[1] > 1:
        return tuple(clean_text(str(name)) for name in labels.columns)
    return None


def _columns(
    data: pd.DataFrame, frame: pd.DataFrame | None, options: Options
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The features of a table; without other metadata the whole table is that."""
    whole = metadata_frame(data)
    if options.features is None or whole is None:
        return data, frame
    for name in options.features:
        if name not in whole.columns:
            raise unknown("column", name, whole.columns)
    return whole[list(options.features)], whole if frame is None else frame


def _labels(
    options: Options, frame: pd.DataFrame | None, total: int | None, in_metadata: bool, source: Source
) -> tuple[npt.NDArray[Any] | None, str | None]:
    given = options.labels
    if given is None:
        own: npt.NDArray[Any] | None = getattr(source, "labels", None)
        return own, None if own is None else "label"
    if isinstance(given, str) and not in_metadata:
        own = getattr(source, "labels", None)
        if own is None and source.total is not None and not hasattr(source, "items"):
            raise unknown("column", given, [] if frame is None else frame.columns, remedy=f"(labels={given!r})")
        return own, given
    if isinstance(given, Targets):
        return label_array((pd.DataFrame() if frame is None else frame)[list(given)]), ", ".join(given)
    values = column_or_array(given, frame, "labels", total)
    name = given if isinstance(given, str) else getattr(given, "name", None)
    return label_array(values), str(name) if name is not None else "label"
