"""Metadata: the user's columns as an Arrow table, one row a sample, exactly as given."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from neuronaut.core.errors import DataError, unknown
from neuronaut.core.frames import clean_text


def metadata_frame(metadata: Any) -> pd.DataFrame | None:
    """What the user gave as metadata, as a DataFrame; None when there is none.

    Raises DataError when it is no table, its columns differ in length, or a name stands twice.
    """
    if metadata is None:
        return None
    if isinstance(metadata, pa.Table):
        metadata = metadata.to_pandas()
    if isinstance(metadata, Mapping):
        for name, values in metadata.items():
            if isinstance(values, (str, bytes)) or not (hasattr(values, "__len__") and hasattr(values, "__iter__")):
                raise DataError(
                    f"metadata column {str(name)!r} is a single {type(values).__name__}. "
                    "Give one value for each sample: a list or an array."
                )
        lengths = {str(name): len(values) for name, values in metadata.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"metadata columns differ in length: {_lengths(lengths)}.")
        metadata = pd.DataFrame({name: _series(values) for name, values in metadata.items()})
    if not isinstance(metadata, pd.DataFrame):
        raise DataError(f"metadata is a {type(metadata).__name__}. Give a DataFrame, or a dict of columns.")
    names = [clean_text(str(name)) for name in metadata.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(f"two columns are named {twice[0]!r}. Rename one of them.")
    return metadata.set_axis(names, axis=1)


def metadata_table(frame: pd.DataFrame) -> pa.Table:
    """The columns in Arrow's types. Numbers, texts, truth values and times keep theirs; anything else becomes text.

    >>> metadata_table(pd.DataFrame({"a": [1, None], "b": ["x", 2]})).to_pylist()
    [{'a': 1.0, 'b': 'x'}, {'a': None, 'b': '2'}]
    """
    columns = [_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    if not columns:
        return pa.table({"": pa.nulls(len(frame))}).select([])
    return pa.table(columns, names=[str(name) for name in frame.columns])


def rows_of(table: pa.Table, ids: npt.NDArray[np.int64]) -> pa.Table:
    """The rows of these samples; consecutive ones are a view."""
    if len(ids) and int(ids[-1]) - int(ids[0]) == len(ids) - 1:
        return table.slice(int(ids[0]), len(ids))
    return table.take(ids)


def check_order(data: Any) -> None:
    """Rows given beside a DataLoader need its samples in the order of the dataset.

    Raises DataError for one that shuffles or draws at random.
    """
    torch_data = sys.modules.get("torch.utils.data")
    if torch_data is None or not isinstance(data, torch_data.DataLoader):
        return
    sampler = getattr(data.batch_sampler, "sampler", data.sampler)
    random = (torch_data.RandomSampler, torch_data.SubsetRandomSampler, torch_data.WeightedRandomSampler)
    if isinstance(sampler, random):
        raise DataError(
            f"the DataLoader draws its samples at random ({type(sampler).__name__}), so nobody can tell which row of "
            "metadata, labels or groups belongs to which sample. Pass DataLoader(..., shuffle=False), or give the "
            "labels with the samples and leave the metadata out."
        )


def check_rows(metadata: pd.DataFrame, total: int | None, data: Any) -> None:
    """Raise DataError when metadata and data cannot be the same samples in the same order."""
    if total is not None and len(metadata) != total:
        raise DataError(
            f"{total} samples, but {len(metadata)} rows of metadata. Give one row for each sample, in order."
        )
    if isinstance(data, pd.DataFrame) and data.index.is_unique and metadata.index.is_unique:
        same = data.index.equals(metadata.index)
        if not same and len(data.index) == len(metadata.index) and set(data.index) == set(metadata.index):
            raise DataError(
                "data and metadata hold the same index in another order, and rows are matched by place. "
                "Pass metadata.loc[data.index]."
            )


def column_or_array(value: Any, metadata: pd.DataFrame | None, what: str, total: int | None) -> Any:
    """The values that ``labels=`` or ``groups=`` stand for: a metadata column by name, or the array itself.

    Raises UnknownName for a column that is not there, DataError when an array's length does not fit.
    """
    if isinstance(value, str):
        if metadata is None or value not in metadata.columns:
            raise unknown("column", value, [] if metadata is None else metadata.columns, remedy=f"({what}={value!r})")
        return metadata[value]
    size = len(value) if hasattr(value, "__len__") else None
    if size is None:
        raise DataError(f"{what} is a {type(value).__name__}. Give a column's name, or one value per sample.")
    expected = total if total is not None else (None if metadata is None else len(metadata))
    if expected is not None and size != expected:
        raise DataError(f"{size} {what} for {expected} samples. Give one for each.")
    return value


def table_digest(table: pa.Table | None) -> str:
    """Hex digest of names, types and values, to know the same metadata again."""
    digest = hashlib.blake2b(digest_size=16)
    if table is not None:
        digest.update(str(table.schema.remove_metadata()).encode())
        for batch in table.to_batches(max_chunksize=1 << 16):
            digest.update(batch.replace_schema_metadata(None).serialize())
    return digest.hexdigest()


def _series(values: Any) -> Any:
    return values.reset_index(drop=True) if isinstance(values, pd.Series) else list(values)


def _column(series: pd.Series[Any]) -> pa.Array[Any]:
    try:
        column = pa.array(series, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return _texts(series)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if _plain(column.type) else _texts(series)


def _plain(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_large_string,
        pa.types.is_temporal, pa.types.is_decimal, pa.types.is_null,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _texts(series: pd.Series[Any]) -> pa.Array[Any]:
    missing = np.asarray(series.isna(), dtype=bool)
    values = [None if gone else clean_text(str(value)) for value, gone in zip(series, missing, strict=True)]
    return pa.array(values, pa.string())


def _lengths(lengths: Mapping[str, int]) -> str:
    items: Sequence[tuple[str, int]] = list(lengths.items())[:6]
    return ", ".join(f"{name!r} {length}" for name, length in items)
