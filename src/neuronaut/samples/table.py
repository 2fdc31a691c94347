"""Tables on disk: CSV, Parquet or npz in, model inputs and metadata out."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from neuronaut.core.errors import DataError, unknown

Labels = str | Sequence[str] | None
MOST_TARGETS = 32
"""Columns of labels with two axes up to which they are metadata."""
_INPUT_NAMES = ("X", "x", "inputs", "data", "images")
"""Arrays of an npz file that are taken for the inputs when none is named, in this order."""

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls the row labels of a table that it writes to Parquet: no column of anybody's."""


def read_table(
    path: str | Path, *, features: Sequence[str] | str | None = None, labels: Labels = None
) -> tuple[pd.DataFrame | npt.NDArray[Any], pd.DataFrame]:
    """The inputs and the metadata of a ``.csv``, ``.parquet`` or ``.npz`` file, one row per sample.

    ``features`` names the columns the model takes, in its order (of an npz file: the array); by default every numeric
    column except ``labels`` (one, or one for each output of a regression). The metadata holds every column of a table,
    and every one-dimensional array of an npz file; labels with two axes are columns named ``y_0``, ``y_1``. Missing
    values stay missing.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tiny.csv"
    >>> _ = file.write_text("age,fare,city\\n30,7.5,Bergen\\n,8.0,Oslo\\n")
    >>> inputs, metadata = read_table(file)
    >>> list(inputs), list(metadata), int(metadata["age"].isna().sum())
    (['age', 'fare'], ['age', 'fare', 'city'], 1)

    Raises DataError when the file cannot be read as what its name says, UnknownName for a column that is not there.
    """
    source = Path(path)
    if not source.is_file():
        raise DataError(f"no file {str(source)!r}. Give a .csv, .parquet or .npz file.")
    kind = source.suffix.lower()
    if kind == ".npz":
        return _read_arrays(source, features, labels)
    if kind not in {".csv", ".parquet", ".pq"}:
        raise DataError(f"cannot tell what {source.name!r} is by its name. Give a .csv, .parquet or .npz file.")
    frame = _read_csv(source) if kind == ".csv" else _read_parquet(source)
    if not len(frame):
        raise DataError(f"{source.name!r} has a header but no rows.")
    return _split_columns(frame, source, features, labels)


def _read_csv(path: Path) -> pd.DataFrame:
    if not path.stat().st_size:
        raise DataError(f"{path.name!r} is an empty file. Give one with a header and a row for each sample.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file), [])
        refuse_duplicates(header, path.name)
        return pd.read_csv(path, encoding="utf-8-sig")
    except (UnicodeDecodeError, csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"cannot read {path.name!r} as CSV in UTF-8: {error}") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            refuse_duplicates(file.schema_arrow.names, path.name)
            table = file.read()
            table = table.drop_columns([name for name in table.column_names if _UNNAMED_INDEX.fullmatch(name)])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot read {path.name!r} as Parquet: {error}") from error
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


class _Archive(Mapping[str, npt.NDArray[Any]]):
    """The arrays of an npz file, each read when it is asked for."""

    def __init__(self, path: Path, opened: Any) -> None:
        self.path, self.opened = path, opened
        self.read: dict[str, npt.NDArray[Any]] = {}

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        if name not in self.opened.files:
            raise KeyError(name)
        if name not in self.read:
            self.read[name] = self._load(name)
        return self.read[name]

    def _load(self, name: str) -> npt.NDArray[Any]:
        try:
            array: npt.NDArray[Any] = self.opened[name]
        except ValueError as error:
            raise DataError(
                f"array {name!r} of {self.path.name!r} holds Python objects, which are never read from a file. "
                f"Save it as plain texts, {name}.astype(str), or as numbers."
            ) from error
        except (OSError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"array {name!r} of {self.path.name!r} cannot be read: {error}") from error
        return array

    def flat(self, needed: Collection[str]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """The arrays with one axis; of those that cannot be read only the needed ones are an error."""
        for name in self:
            try:
                array = self[name]
            except DataError as error:
                if name in needed:
                    raise
                warnings.warn(f"{error} It is left out.", stacklevel=4)
                continue
            if array.ndim == 1:
                yield name, array

    def deep(self, names: Iterable[str]) -> list[str]:
        """Those of the names whose arrays have two axes or more and can be read."""
        found = []
        for name in names:
            with contextlib.suppress(DataError, KeyError):
                if self[name].ndim >= 2:
                    found.append(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.opened.files)

    def __len__(self) -> int:
        return len(self.opened.files)


def _refuse_objects(arrays: _Archive) -> None:
    """Raise for the first array that cannot be read: it may well be the one that is missed."""
    for name in arrays:
        arrays[name]


def _read_arrays(
    path: Path, features: Sequence[str] | str | None, labels: Labels
) -> tuple[npt.NDArray[Any], pd.DataFrame]:
    try:
        opened = np.load(path, allow_pickle=False)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot read {path.name!r} as npz of plain arrays (no Python objects): {error}") from error
    if not isinstance(opened, np.lib.npyio.NpzFile):
        raise DataError(f"{path.name!r} is one array, not an npz of named ones. Write it with np.savez(file, X=array).")
    with opened:
        return _split_arrays(_Archive(path, opened), path, features, labels)


def refuse_duplicates(names: Sequence[str], where: str) -> None:
    """Raise DataError when a name stands twice, since one of the two columns could never be asked for."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"{where} has two columns named {name!r}. Rename one of them.")
        seen.add(name)


def label_columns(labels: str, columns: Sequence[str]) -> Labels:
    """The columns that a text at the shell names as labels: the one of that name, several with commas between them,
    or those that ``read_table`` made of an array.

    >>> label_columns("x,y", ["x", "y", "z"]), label_columns("x,y", ["x,y"]), label_columns("y", ["y_0", "y_1"])
    (['x', 'y'], 'x,y', ['y_0', 'y_1'])
    """
    if labels in columns:
        return labels
    if "," in labels:
        return [name.strip() for name in labels.split(",")]
    numbered = list(itertools.takewhile(columns.__contains__, (f"{labels}_{k}" for k in range(MOST_TARGETS))))
    return numbered or labels


def _split_columns(
    frame: pd.DataFrame, path: Path, features: Sequence[str] | str | None, labels: Labels
) -> tuple[pd.DataFrame, pd.DataFrame]:
    chosen = label_columns(labels, list(frame.columns)) if isinstance(labels, str) else labels
    truths = [] if chosen is None else [chosen] if isinstance(chosen, str) else list(chosen)
    for name in truths:
        if name not in frame.columns:
            raise unknown("column", name, frame.columns)
    if features is None:
        numeric = [name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
        wanted = [name for name in numeric if name not in truths]
    else:
        wanted = [features] if isinstance(features, str) else list(features)
    for name in wanted:
        if name not in frame.columns:
            raise unknown("column", name, frame.columns)
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise DataError(
                f"feature {name!r} of {path.name!r} holds {frame[name].dtype} values, a model takes numbers. "
                "Encode it, or leave it out of the features."
            )
    if not wanted:
        raise DataError(f"{path.name!r} has no numeric column to feed a model with: {', '.join(map(repr, frame))}.")
    return frame[wanted], frame


def _split_arrays(
    arrays: _Archive, path: Path, features: Sequence[str] | str | None, labels: Labels
) -> tuple[npt.NDArray[Any], pd.DataFrame]:
    if features is None:
        named = arrays.deep(_INPUT_NAMES)
        deep = named or arrays.deep(name for name in arrays if name != labels)
        if not deep:
            _refuse_objects(arrays)
        if not deep or (not named and len(deep) > 1):
            raise DataError(
                f"which array of {path.name!r} are the inputs? There are: {', '.join(map(repr, arrays))}. Name it."
            )
        chosen = deep[0]
    else:
        chosen = features if isinstance(features, str) else "".join(features)
    split = (
        [label.strip() for label in labels.split(",")] if isinstance(labels, str) and labels not in arrays else labels
    )
    truths = [] if split is None else [split] if isinstance(split, str) else list(split)
    for name in (chosen, *truths):
        if name not in arrays.opened.files:
            raise unknown("array", name, arrays)
    inputs = arrays[chosen]
    columns = {name: array for name, array in arrays.flat(truths) if name != chosen}
    for name in truths:
        if arrays[name].ndim == 2 and arrays[name].shape[1] <= MOST_TARGETS:
            columns |= {f"{name}_{k}": array for k, array in enumerate(arrays[name].T) if f"{name}_{k}" not in arrays}
    for name, array in columns.items():
        if len(array) != len(inputs):
            raise DataError(
                f"{path.name!r}: {chosen!r} has {len(inputs)} samples, but {name!r} has {len(array)} values."
            )
    return inputs, pd.DataFrame(columns, index=pd.RangeIndex(len(inputs)))
